"""The folder as a whole: several processes, a full disk, a lost index, a database from the future."""

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from support.served import eventually

from tocsin.banks.batch import HashBatch
from tocsin.banks.importing import ImportOptions, import_file
from tocsin.banks.model import EntryDraft, Policy
from tocsin.hashing.signals import Signal, SignalType
from tocsin.index import HammingIndex, IndexLockedError
from tocsin.storage import schema
from tocsin.storage.database import Database
from tocsin.storage.errors import (
    FutureSchemaError,
    NoHomeError,
    StoreAccessError,
    StoreDamagedError,
    StoreFullError,
)
from tocsin.storage.home import DATABASE, INDEX, Home

sys.path.insert(0, str(Path(__file__).parent))
from child import value  # beside this file, which is in no package

pytestmark = pytest.mark.slow  # many real databases, each with its syncs

CHILD = str(Path(__file__).parent / "child.py")


def pdq(number: int) -> Signal:
    return Signal(SignalType.PDQ, value(number, SignalType.PDQ))


def draft(number: int) -> EntryDraft:
    return EntryDraft((pdq(number),))


def found(home: Home, number: int) -> int:
    return len(home.near([pdq(number).value], 31))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with Home.open(tmp_path / "home", create=True) as home:
        home.create_bank("known", Policy())
        yield home


def test_a_folder_without_banks_is_not_made_unasked(tmp_path: Path) -> None:
    with pytest.raises(NoHomeError):
        Home.open(tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_a_new_home_is_for_its_owner_only(home: Home) -> None:
    assert home.folder.stat().st_mode & 0o077 == 0


def test_what_was_written_is_there_after_opening_again(home: Home) -> None:
    home.add_entries("known", [draft(1)])
    home.close()
    with Home.open(home.folder) as again:
        assert found(again, 1) == 1


def test_a_place_that_cannot_hold_a_home_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreAccessError):
        Home.open(tmp_path / "file" / "home", create=True)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_text("x" * 5000)
    with pytest.raises(StoreDamagedError):
        Home.open(tmp_path)


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize("tables", ["", "CREATE TABLE other (a)", "CREATE TABLE schema_version (version)"])
def test_a_database_without_its_tables_is_damaged_and_never_taken_for_a_new_one(
    home: Home, tables: str, *, create: bool
) -> None:
    home.close()
    path = home.folder / DATABASE
    for left in home.folder.glob(f"{DATABASE}*"):
        left.unlink()
    path.write_bytes(b"")
    if tables:
        with sqlite3.connect(path) as connection:
            connection.execute(tables)
        connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreDamagedError, match=DATABASE) as caught:
        Home.open(home.folder, create=create)
    assert "backup" in caught.value.advice
    assert path.read_bytes() == before


def test_no_database_is_made_under_the_log_of_one_that_is_gone(home: Home) -> None:
    home.add_entries("known", [draft(1)])
    (home.folder / DATABASE).unlink()
    with pytest.raises(StoreDamagedError, match="-wal"):
        Home.open(home.folder, create=True)


def test_what_a_killed_making_of_a_database_left_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / f"{DATABASE}.new").write_bytes(b"half")
    (tmp_path / f"{DATABASE}.new-journal").write_bytes(b"half")
    with Home.open(tmp_path, create=True) as home:
        assert home.banks() == []
    assert [path.name for path in tmp_path.iterdir()] == [DATABASE]


def test_a_home_made_by_many_at_once_is_one_home(tmp_path: Path) -> None:
    barrier = threading.Barrier(6)

    def make(number: int) -> None:
        barrier.wait()
        with Home.open(tmp_path, create=True) as home:
            home.create_bank(f"bank {number}", Policy())

    threads = [threading.Thread(target=make, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Home.open(tmp_path) as home:
        assert len(home.banks()) == 6


def test_a_database_from_the_future_is_refused_and_left_alone(home: Home) -> None:
    home.close()
    path = home.folder / DATABASE
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE schema_version SET version = ?", (schema.NEWEST + 1,))
    connection.close()
    before = path.read_bytes()
    with pytest.raises(FutureSchemaError, match=str(schema.NEWEST + 1)):
        Home.open(home.folder)
    assert path.read_bytes() == before


def test_only_what_needs_the_index_imports_numpy(home: Home) -> None:
    home.add_entries("known", [draft(1)])
    script = f"""
        import sys
        from tocsin.banks.model import Policy
        from tocsin.storage.home import Home
        from tocsin.hashing.signals import Signal, SignalType
        with Home.open({str(home.folder)!r}) as home:
            home.create_bank("other", Policy())
            home.banks(), home.counts("known"), list(home.entries("known"))
            home.withdraw([1], ""), home.reinstate([1])
            home.exact([Signal(SignalType.MD5, bytes(16))])
        print(sorted(set(sys.modules) & {{"numpy", "numba", "sqlalchemy"}}))
    """
    said = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    )
    assert said.stdout == "[]\n"


def test_every_open_home_sees_what_another_has_done(home: Home) -> None:
    with Home.open(home.folder) as other:
        assert found(other, 1) == 0
        (one,) = home.add_entries("known", [draft(1)]).entry_ids
        assert found(other, 1) == 1
        home.withdraw([one], "why")
        assert found(other, 1) == 0
        other.reinstate([one])
        assert found(home, 1) == 1
        other.remove_bank("known")
        assert found(home, 1) == 0
        assert home.banks() == []


def test_the_index_is_searched_past_a_writer_that_holds_it(home: Home) -> None:
    home.add_entries("known", [draft(1)])
    with HammingIndex.open(home.folder / INDEX) as held, Home.open(home.folder) as other:
        ids = home.add_entries("known", [draft(number) for number in range(2, 300)]).entry_ids
        assert len(held) == 1
        for one in (home, other):
            assert [found(one, number) for number in (0, 1, 2, 150, 299, 300)] == [0, 1, 1, 1, 1, 0]
        home.withdraw(ids[:1], "why")
        assert found(other, 2) == 0
        home.add_entries("known", [draft(300)])
        assert found(other, 300) == 1
    assert found(home, 299) == 1
    with HammingIndex.open(home.folder / INDEX, readonly=True) as index:
        assert len(index) == 300


@pytest.mark.slow
def test_a_reader_goes_on_while_another_process_imports(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text("".join(pdq(number).hex + "\n" for number in range(30_000)))
    command = [sys.executable, CHILD, "import", str(home.folder), str(path), "3000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            known = int(line.split()[0]) if line[0] != "d" else 30_000
            hits = home.near([pdq(number).value for number in range(0, known, max(1, known // 5))], 31)
            assert len(hits) == len(range(0, known, max(1, known // 5)))
    assert child.returncode == 0


@pytest.mark.slow
def test_two_processes_add_at_once(home: Home) -> None:
    commands = [[sys.executable, CHILD, "add", str(home.folder), str(first), "40"] for first in (0, 20, 40)]
    children = [subprocess.Popen(command, stdout=subprocess.PIPE) for command in commands]
    for child in children:
        child.communicate()
        assert child.returncode == 0
    assert home.counts("known").entries == len(list(home.entries("known"))) == 80
    assert all(found(home, number) == 1 for number in range(80))


def test_threads_share_a_home(home: Home) -> None:
    problems: list[BaseException] = []

    def work(first: int) -> None:
        try:
            for number in range(first, first + 20):
                home.add_entries("known", [draft(number)])
                assert found(home, number) == 1
        except BaseException as error:  # noqa: BLE001  # told below
            problems.append(error)

    threads = [threading.Thread(target=work, args=(first,)) for first in (0, 20, 40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert home.counts("known").entries == 60


def lose(folder: Path) -> None:
    shutil.rmtree(folder)


def damage_manifest(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_bytes(path.read_bytes()[:-5])


def exchange_for_another(folder: Path) -> None:
    shutil.rmtree(folder)
    with Home.open(folder.parent.parent / "another", create=True) as another:
        another.create_bank("other", Policy())
        another.add_entries("other", [draft(number) for number in range(500, 900)])
    shutil.copytree(folder.parent.parent / "another" / INDEX, folder)


@pytest.mark.parametrize("harm", [lose, damage_manifest, exchange_for_another])
@pytest.mark.parametrize("opened_before", [True, False])
def test_an_index_that_is_lost_damaged_or_foreign_is_built_again(
    home: Home, harm: "object", caplog: pytest.LogCaptureFixture, *, opened_before: bool
) -> None:
    home.add_entries("known", [draft(number) for number in range(300)])
    if opened_before:
        assert found(home, 7) == 1
    else:
        home.close()
    assert callable(harm)
    harm(home.folder / INDEX)
    with Home.open(home.folder) as again:
        assert [found(again, number) for number in (0, 299, 300, 500)] == [1, 1, 0, 0]
        again.add_entries("known", [draft(300)])
        assert found(again, 300) == 1
    with HammingIndex.open(home.folder / INDEX, readonly=True) as index:
        assert len(index) == 301
    assert ("again" in caplog.text) == (harm is not lose)
    if opened_before:
        assert [found(home, number) for number in (0, 299, 300, 500)] == [1, 1, 1, 0]


def test_what_an_index_being_built_anew_does_not_hold_yet_is_still_found(home: Home) -> None:
    home.add_entries("known", [draft(number) for number in range(300)])
    assert found(home, 7) == 1
    lose(home.folder / INDEX)
    with HammingIndex.open(home.folder / INDEX):  # by another process, which has only just begun
        assert [found(home, number) for number in (0, 7, 299, 300)] == [1, 1, 1, 0]
        home.add_entries("known", [draft(300)])
        assert [found(home, number) for number in (0, 7, 299, 300)] == [1, 1, 1, 1]
    assert [found(home, number) for number in (0, 7, 299, 300)] == [1, 1, 1, 1]


def a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("x")


def a_file_above(folder: Path) -> None:
    shutil.rmtree(folder.parent)
    folder.parent.write_text("x")


def a_dangling_link(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.symlink_to("nowhere")


@pytest.mark.parametrize("harm", [a_file, a_file_above, a_dangling_link])
def test_what_is_in_the_place_of_the_index_costs_time_and_one_warning(
    home: Home, harm: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    home.add_entries("known", [draft(number) for number in range(10)])
    assert found(home, 7) == 1
    harm(home.folder / INDEX)
    assert [found(home, number) for number in (0, 9, 10)] == [1, 1, 0]
    home.add_entries("known", [draft(10)])
    assert [found(home, number) for number in (0, 9, 10)] == [1, 1, 1]
    assert caplog.text.count("could not be brought up to date") == 1


def test_a_database_restored_from_a_backup_gets_its_own_index(home: Home) -> None:
    home.add_entries("known", [draft(number) for number in range(10)])
    home.close()
    backup = (home.folder / DATABASE).read_bytes()
    with Home.open(home.folder) as later:
        later.add_entries("known", [draft(number) for number in range(10, 20)])
    (home.folder / DATABASE).write_bytes(backup)
    with Home.open(home.folder) as restored:
        assert [found(restored, number) for number in (9, 10)] == [1, 0]
        restored.add_entries("known", [draft(number) for number in range(100, 150)])
        assert [found(restored, number) for number in (9, 10, 100, 149)] == [1, 0, 1, 1]


def test_a_restored_database_that_has_grown_since_is_told_from_the_one_indexed(home: Home) -> None:
    home.add_entries("known", [draft(number) for number in range(10)])
    home.close()
    backup = (home.folder / DATABASE).read_bytes()
    with Home.open(home.folder) as later:
        later.add_entries("known", [draft(number) for number in range(10, 20)])
    (home.folder / DATABASE).write_bytes(backup)
    index = (home.folder / INDEX).rename(home.folder / "kept")
    with Home.open(home.folder) as restored:
        restored.add_entries("known", [draft(number) for number in range(100, 150)])
    shutil.rmtree(home.folder / INDEX)
    index.rename(home.folder / INDEX)
    with Home.open(home.folder) as restored:
        assert [found(restored, number) for number in (9, 10, 100, 149)] == [1, 0, 1, 1]


def test_removing_a_bank_empties_the_index(home: Home) -> None:
    home.create_bank("other", Policy())
    for number in range(5):
        home.add_entries("known", [draft(number)])
        home.add_entries("other", [draft(number + 10)])
    home.remove_bank("known")
    assert [found(home, number) for number in (0, 4, 10, 14)] == [0, 0, 1, 1]
    with HammingIndex.open(home.folder / INDEX, readonly=True) as index:
        assert len(index) == 5


def test_new_entries_are_told_of_in_the_transaction_that_adds_them(
    database: Database, tmp_path: Path
) -> None:
    told: list[tuple[str, list[int]]] = []

    def tell(name: str, ids: Sequence[int]) -> None:
        assert database.inside
        told.append((name, list(ids)))

    home = Home(tmp_path, database, added=tell)
    home.create_bank("known", Policy())
    first = home.add_entries("known", [draft(1), draft(2)]).entry_ids
    second = home.add_entries("known", [draft(2), draft(3), draft(1), draft(4)]).entry_ids
    home.add_entries("known", [draft(1)])
    home.withdraw(first, "why")
    home.reinstate(first[1:])
    assert told == [("known", list(first)), ("known", [second[1], second[3]]), ("known", [first[1]])]


def test_who_is_told_of_new_entries_can_refuse_them(database: Database, tmp_path: Path) -> None:
    def refuse(_name: str, _ids: Sequence[int]) -> None:
        raise LookupError

    home = Home(tmp_path, database, added=refuse)
    home.create_bank("known", Policy())
    with pytest.raises(LookupError):
        home.add_entries("known", [draft(1)])
    assert home.counts("known").entries == 0
    assert found(home, 1) == 0


def test_the_index_follows_when_the_outermost_transaction_is_over(database: Database, tmp_path: Path) -> None:
    home = Home(tmp_path, database)
    with database.writing():
        home.create_bank("known", Policy())
        home.add_entries("known", [draft(1)])
        assert not (tmp_path / INDEX).exists()
        with pytest.raises(RuntimeError, match="newest state"):
            home.near([pdq(1).value], 31)
    with HammingIndex.open(tmp_path / INDEX, readonly=True) as index:
        assert len(index) == 1
    assert found(home, 1) == 1
    home.close()


def test_an_open_home_merges_its_index_in_the_background_and_lets_others_write_after(
    database: Database, tmp_path: Path
) -> None:
    """Not the one call that adds: that would wait for a merge of millions."""
    with Home(tmp_path, database) as home:
        home.create_bank("known", Policy())
        for part in range(3):
            values = b"".join(
                value(number, SignalType.PDQ) for number in range(part * 5000, part * 5000 + 5000)
            )
            home.add_batches("known", [HashBatch(SignalType.PDQ, values)], None, [])
        with HammingIndex.open(tmp_path / INDEX, readonly=True) as index:
            assert index.stats().segments == (5000, 5000, 5000)
            eventually(lambda: index.stats().segments == (15_000,))
        eventually(lambda: writable(tmp_path / INDEX))
        home.add_entries("known", [draft(15_000)])
        assert [found(home, number) for number in (0, 14_999, 15_000, 15_001)] == [1, 1, 1, 0]
        assert home.lag() == 0


def writable(folder: Path) -> bool:
    """Whether nobody holds the index open for writing."""
    try:
        HammingIndex.open(folder, merging=False).close()
    except IndexLockedError:
        return False
    return True


def test_a_home_closed_before_its_index_is_merged_leaves_no_thread(
    database: Database, tmp_path: Path
) -> None:
    """As a command that adds a little does."""
    before = threading.active_count()
    with Home(tmp_path, database) as home:
        home.create_bank("known", Policy())
        for part in range(2):
            values = b"".join(
                value(number, SignalType.PDQ) for number in range(part * 5000, part * 5000 + 5000)
            )
            home.add_batches("known", [HashBatch(SignalType.PDQ, values)], None, [])
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
    assert writable(tmp_path / INDEX)


def test_opinions_and_notes_go_with_their_bank(database: Database, tmp_path: Path) -> None:
    tables = ("opinion", "hma_content", "hma_bank")
    home = Home(tmp_path, database)
    bank = home.create_bank("known", Policy())
    (entry,) = home.add_entries("known", [draft(1)]).entry_ids
    with database.writing():
        database.change(
            "INSERT INTO opinion (entry_id, time, author, verdict, reason) VALUES (?, 0, '', '', '')",
            (entry,),
        )
        database.change("INSERT INTO hma_content VALUES (?, 0, '', '')", (entry,))
        database.change("INSERT INTO hma_bank VALUES (?, '1.0', '')", (bank.id,))
    assert home.remove_bank("known") == 1
    with database.reading():
        left = [database.number(f"SELECT COUNT(*) FROM {table}") for table in tables]  # noqa: S608  # three above
    assert left == [0, 0, 0]
    home.close()


def test_a_bank_removed_before_the_index_had_it(home: Home) -> None:
    home.add_entries("known", [draft(1)])
    with HammingIndex.open(home.folder / INDEX):
        home.add_entries("known", [draft(2)])
        home.remove_bank("known")
    assert found(home, 1) == found(home, 2) == 0
    home.create_bank("known", Policy())
    home.add_entries("known", [draft(3)])
    with HammingIndex.open(home.folder / INDEX, readonly=True) as index:
        assert len(index) == 1


needs_mounts = pytest.mark.skipif(
    os.geteuid() != 0, reason="a file system of a fixed size takes root to mount"
)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["/bin/mount", "-t", "tmpfs", "-o", "size=3m", "none", str(folder)]
    done = subprocess.run(mount, check=False, capture_output=True)
    if done.returncode:
        pytest.skip(f"no mounting here: {done.stderr!r}")
    yield folder
    subprocess.run(["/bin/umount", folder], check=True)


@pytest.mark.slow
@needs_mounts
def test_a_full_disk_refuses_and_writes_nothing_by_halves(small_disk: Path, tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text("".join(pdq(number).hex + "\n" for number in range(50_000)))
    with Home.open(small_disk / "home", create=True) as home:
        home.create_bank("known", Policy())
        before = home.add_entries("known", [draft(number) for number in range(100)]).added
        with pytest.raises(StoreFullError) as error:
            import_file(home, "known", path, ImportOptions(type=SignalType.PDQ))
        assert str(small_disk) in error.value.message
        assert home.counts("known").entries == before == len(list(home.entries("known")))
        assert [found(home, number) for number in (0, 99, 100)] == [1, 1, 0]
    with Home.open(small_disk / "home") as again:
        assert again.counts("known").entries == before
        assert found(again, 99) == 1


@pytest.mark.slow
def test_a_limit_on_file_sizes_refuses_and_writes_nothing_by_halves(home: Home) -> None:
    home.add_entries("known", [draft(number) for number in range(100)])
    home.close()
    script = f"""
        import resource, sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from child import value
        from tocsin.banks.model import EntryDraft
        from tocsin.errors import Error
        from tocsin.hashing.signals import Signal, SignalType
        from tocsin.storage.home import Home
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
        with Home.open({str(home.folder)!r}) as home:
            values = (value(number, SignalType.PDQ) for number in range(100, 50_000))
            try:
                home.add_entries("known", [EntryDraft((Signal(SignalType.PDQ, one),)) for one in values])
            except Error as error:
                print(error.code, home.counts("known").entries)
    """
    said = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    )
    assert said.stdout in {"storage.full 100\n", "storage.io 100\n"}
    with Home.open(home.folder) as again:
        assert again.counts("known").entries == 100
        assert [found(again, number) for number in (0, 99, 100)] == [1, 1, 0]


def test_an_index_that_cannot_be_written_costs_no_entry(
    home: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_args: object, **_named: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    home.add_entries("known", [draft(1)])
    with monkeypatch.context() as patch:
        patch.setattr(HammingIndex, "add", full)
        assert home.add_entries("known", [draft(2)]).added == 1
        assert [found(home, number) for number in (1, 2, 3)] == [1, 1, 0]
    assert "could not be brought up to date" in caplog.text
    assert [found(home, number) for number in (1, 2, 3)] == [1, 1, 0]
    with HammingIndex.open(home.folder / INDEX, readonly=True) as index:
        assert len(index) == 2

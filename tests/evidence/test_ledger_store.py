"""The ledger in both databases: whole under threads and processes, and every altered row named."""

import json
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.evidence import COLUMNS, changed, keys
from support.evidence_processes import finished, started_child

from tocsin.evidence import chain
from tocsin.evidence.errors import InvalidEventError, MissingKeyError, NoKeysError
from tocsin.evidence.keys import LEDGER, Keys
from tocsin.evidence.ledger import Event
from tocsin.evidence.tip import FILE, read_tip
from tocsin.storage.database import Database
from tocsin.storage.home import Home
from tocsin.storage.ledger import LedgerStore
from tocsin.storage.verifying import Verification

__all__ = ["keys"]


def event(number: int = 0) -> Event:
    return Event("thing.done", "node", f"thing:{number}", {"number": number, "name": "é\0☃"})


def broken(database: Database, home: Path) -> list[str]:
    return [one.what for one in Verification(database, home).run()]


@pytest.fixture
def store(database: Database, keys: Keys) -> LedgerStore:
    return LedgerStore(database, keys)


def test_rows_are_numbered_and_told_as_they_were_recorded(
    store: LedgerStore, database: Database, tmp_path: Path
) -> None:
    assert [store.append(event(number)) for number in range(3)] == [2, 3, 4]
    introduced, first, *_ = store.rows()
    assert introduced.kind == chain.INTRODUCED
    assert (first.actor, first.kind, first.subject) == ("node", "thing.done", "thing:0")
    assert json.loads(first.detail) == {"number": 0, "name": "é\0☃"}
    assert [row.number for row in store.rows(after=1, limit=2)] == [2, 3]
    assert [row.number for row in store.rows_of("thing:1")] == [3]
    assert store.count() == 4
    assert broken(database, tmp_path) == []


def test_a_row_and_what_it_tells_of_commit_together(
    store: LedgerStore, database: Database, tmp_path: Path
) -> None:
    store.append(event())
    with pytest.raises(LookupError), database.writing():  # noqa: PT012  # a transaction of two parts
        store.append(event(1))
        database.number("SELECT number FROM ledger WHERE number = 99")
    tip = read_tip(tmp_path / FILE)
    assert tip is not None
    assert tip.number == 2 == store.count()
    with database.writing():
        store.append(event(2))
        store.append(event(3))
        before = read_tip(tmp_path / FILE)
        assert before is not None
        assert before.number == 2, "the tip is never ahead of the database"
    after = read_tip(tmp_path / FILE)
    assert after is not None
    assert after.number == 4
    assert broken(database, tmp_path) == []


def test_without_keys_it_can_be_read_and_not_written(store: LedgerStore, database: Database) -> None:
    store.append(event())
    reader = LedgerStore(database)
    assert len(list(reader.rows())) == 2
    with pytest.raises(NoKeysError):
        reader.append(event())


@pytest.mark.parametrize(
    "odd",
    [
        Event("", "node", "thing:1"),
        Event("thing.done", "a\0b", "thing:1"),
        Event("thing.done", "node", "\ud800"),
        Event("thing.done", "node", "thing:1", {"number": 0.5}),
    ],
)
def test_what_cannot_be_written_down_is_refused_and_nothing_recorded(store: LedgerStore, odd: Event) -> None:
    with pytest.raises(InvalidEventError):
        store.append(odd)
    assert store.count() == 0


@pytest.mark.parametrize("column", COLUMNS)
def test_each_column_changed_in_the_database_is_named(
    store: LedgerStore, database: Database, tmp_path: Path, column: str
) -> None:
    for number in range(5):
        store.append(event(number))
    store.sign_head()
    for row in list(store.rows()):
        value = getattr(row, column)
        other = changed(value) if column != "number" else value + 100
        set_column(database, column, row.number, other)
        named = broken(database, tmp_path)
        assert named
        assert named[0] == f"row {row.number}"
        set_column(database, column, row.number if column != "number" else value + 100, value)
    assert broken(database, tmp_path) == []


def set_column(database: Database, column: str, number: int, value: int | str | bytes) -> None:
    with database.writing():
        database.change(f"UPDATE ledger SET {column} = ? WHERE number = ?", (value, number))  # noqa: S608  # of COLUMNS


@pytest.mark.parametrize("number", [1, 2, 4, 6])
def test_each_row_deleted_from_the_database_is_named_also_after_more_were_appended(
    store: LedgerStore, database: Database, tmp_path: Path, number: int
) -> None:
    for place in range(5):
        store.append(event(place))
    with database.writing():
        database.change("DELETE FROM ledger WHERE number = ?", (number,))
    assert broken(database, tmp_path)[0] == f"row {number}"
    store.append(event(9))
    assert broken(database, tmp_path)[0] == f"row {number}"


@pytest.mark.parametrize("left", [0, 1, 3])
@pytest.mark.parametrize("hidden", ["nothing", "counter", "counter and tip", "counter and heads"])
def test_a_ledger_cut_off_is_named_whoever_is_left_to_tell(
    store: LedgerStore, database: Database, tmp_path: Path, left: int, hidden: str
) -> None:
    for place in range(5):
        store.append(event(place))
    store.sign_head()
    with database.writing():
        database.change("DELETE FROM ledger WHERE number > ?", (left,))
        if "counter" in hidden:
            database.change("UPDATE counter SET value = ? WHERE name = 'ledger'", (left,))
        if "heads" in hidden:
            database.change("DELETE FROM ledger_head")
    if "tip" in hidden:
        (tmp_path / FILE).unlink()
    assert broken(database, tmp_path) == [f"row {left + 1}"]


@pytest.mark.parametrize("count", [0, 2])
def test_a_counter_set_back_is_named(
    store: LedgerStore, database: Database, tmp_path: Path, count: int
) -> None:
    store.append(event())
    store.append(event())
    with database.writing():
        database.change("UPDATE counter SET value = ? WHERE name = 'ledger'", (count,))
    assert broken(database, tmp_path) == ["counter"]


def test_a_ledger_that_grows_while_it_is_verified_is_whole(
    store: LedgerStore, database: Database, tmp_path: Path
) -> None:
    store.append(event())
    found = list(Verification(database, tmp_path).run())
    writer = threading.Thread(target=lambda: [store.append(event(number)) for number in range(200)])
    writer.start()
    while writer.is_alive():
        found += list(Verification(database, tmp_path).run())
        store.sign_head()
    writer.join()
    assert found == []


def test_heads_are_signed_once_a_row_and_name_the_one_before(store: LedgerStore, database: Database) -> None:
    assert store.sign_head() is None
    store.append(event())
    first = store.sign_head()
    assert store.sign_head() == first
    store.append(event())
    second = store.sign_head()
    assert first is not None
    assert second is not None
    assert list(store.heads()) == [first, second]
    assert (first.number, second.number, second.previous) == (2, 3, 2)
    assert store.unstamped() == [second, first]
    store.note_failure(2, "no answer")
    assert store.failures() == [(2, "no answer")]
    store.note_time_stamp(2, b"stamp")
    assert store.failures() == []
    assert store.unstamped() == [second]
    with database.reading():
        assert database.number("SELECT COUNT(*) FROM ledger_head") == 2


def test_a_new_key_is_introduced_by_the_old_one(
    store: LedgerStore, database: Database, keys: Keys, tmp_path: Path
) -> None:
    store.append(event())
    old, new = keys.rotate(LEDGER)
    store.append(event(1))
    assert [(row.kind, row.key_id) for row in store.rows(after=2)] == [
        (chain.INTRODUCED, old),
        ("thing.done", new),
    ]
    LedgerStore(database, Keys.open(tmp_path)).append(event(2))
    assert [row.key_id for row in store.rows(after=4)] == [new]
    assert broken(database, tmp_path) == []


def test_a_machine_without_the_newest_key_records_nothing_and_says_so(
    store: LedgerStore, database: Database, keys: Keys, tmp_path: Path
) -> None:
    store.append(event())
    other = tmp_path / "other machine"
    shutil.copytree(keys.folder, other / "keys")
    keys.rotate(LEDGER)
    store.append(event(1))
    with pytest.raises(MissingKeyError):
        LedgerStore(database, Keys.open(other)).append(event(2))
    assert store.count() == 4
    assert broken(database, tmp_path) == []


def test_threads_append_to_one_chain(store: LedgerStore, database: Database, tmp_path: Path) -> None:
    start = threading.Barrier(8)

    def work(name: int) -> list[int]:
        start.wait()
        return [store.append(event(name)) for _ in range(15)]

    with ThreadPoolExecutor(8) as pool:
        numbers = [number for done in pool.map(work, range(8)) for number in done]
    assert sorted(numbers) == list(range(2, 122))
    assert broken(database, tmp_path) == []


@pytest.mark.slow  # starts processes
def test_processes_append_to_one_chain(home_folder: Path) -> None:
    running = [started_child(home_folder, "append", str(name), "40") for name in range(4)]
    numbers = [int(line) for child in running for line in finished(child)]
    with Home.open(home_folder) as home:
        assert len(set(numbers)) == 160
        assert home.ledger.count() == 161
        assert broken(home.database, home_folder) == []


@pytest.mark.slow  # starts and kills processes
def test_a_killed_process_leaves_a_whole_chain_with_all_it_acknowledged(home_folder: Path) -> None:
    acknowledged: list[int] = []
    for turn in range(4):
        child = started_child(home_folder, "append", str(turn), "100000")
        assert child.stdout is not None
        acknowledged += [int(child.stdout.readline()) for _ in range(5 + 3 * turn)]
        child.kill()
        acknowledged += [int(line) for line in finished(child, killed=True)]
    with Home.open(home_folder) as home:
        there = {row.number for row in home.ledger.rows()}
        assert set(acknowledged) <= there
        assert broken(home.database, home_folder) == []
        home.ledger.append(event())
        assert broken(home.database, home_folder) == []

"""The memory of scans: what is remembered comes back, what is damaged or of another file never does."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.known import digest, pdq

from tocsin.content.model import Content
from tocsin.errors import Refusal
from tocsin.hashing.signals import SignalType
from tocsin.matching.seen import ITSELF, MemberNote, SeenFile, SeenMember
from tocsin.matching.walk import Stamp
from tocsin.storage.errors import StoreAccessError
from tocsin.storage.seen import SeenDamagedError, SeenStore

pytestmark = pytest.mark.slow  # many real databases, each with its syncs

SIGNALS = (digest(SignalType.MD5, 1), digest(SignalType.SHA256, 2), pdq(1, 2, view="frame-3"))
CONTENT = Content("image", 10, SIGNALS, None, "png", b"\x89PNG")
REFUSED = Content("file", 3, (), Refusal("media.corrupt", "broken", "mend it"), "zip")
STAMP, OTHER = Stamp(10, 1, 2, 3, 4), Stamp(10, 1, 2, 3, 5)

unsigned = st.integers(0, (1 << 64) - 1)
stamps = st.builds(
    Stamp, unsigned, st.integers(-(1 << 63), 1 << 63), st.integers(-(1 << 63), 1 << 63), unsigned, unsigned
)
paths = st.binary(min_size=1, max_size=12).map(lambda raw: raw.decode("utf-8", "surrogateescape"))

seen_files = st.builds(SeenFile, stamps, st.sampled_from([CONTENT, REFUSED]), st.booleans())


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeenStore]:
    with SeenStore(tmp_path_factory.mktemp("seen") / "seen.db") as store:
        yield store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SeenStore]:
    with SeenStore(tmp_path / "seen.db") as opened:
        yield opened


def member(number: int, stamp: Stamp = STAMP, path: str = "a.zip") -> MemberNote:
    return MemberNote(path, stamp, number, SeenMember(f"member {number}", CONTENT))


def forget(store: SeenStore) -> None:
    connection = sqlite3.connect(store._path)
    with connection:
        connection.execute("DELETE FROM file")
        connection.execute("DELETE FROM member")
    connection.close()


@settings(max_examples=30, deadline=None)
@given(
    st.dictionaries(paths, st.builds(SeenFile, stamps, st.sampled_from([CONTENT, REFUSED]), st.booleans()))
)
def test_files_come_back_as_they_were_whatever_they_are_called(
    shared: SeenStore, files: dict[str, SeenFile]
) -> None:
    forget(shared)
    shared.remember(files)
    assert shared.recall([*files, "never seen"]) == files


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.integers(-2, (1 << 63) - 1), paths, max_size=5), stamps)
def test_members_come_back_in_order(shared: SeenStore, members: dict[int, str], stamp: Stamp) -> None:
    forget(shared)
    notes = [MemberNote("a", stamp, number, SeenMember(name, REFUSED)) for number, name in members.items()]
    shared.remember({}, notes)
    assert list(shared.members("a", stamp)) == [(n, SeenMember(members[n], REFUSED)) for n in sorted(members)]
    assert list(shared.members("b", stamp)) == []


def test_more_paths_than_a_statement_takes_are_recalled(store: SeenStore) -> None:
    files = {str(number): SeenFile(STAMP, CONTENT) for number in range(1201)}
    store.remember(files)
    assert store.recall(iter(files)) == files


def test_a_file_that_changed_takes_its_members_with_it(store: SeenStore) -> None:
    store.remember({"a.zip": SeenFile(STAMP, CONTENT, complete=False)}, [member(0), member(1)])
    store.remember({"a.zip": SeenFile(OTHER, CONTENT, complete=False)}, [member(0, OTHER)])
    assert [number for number, _ in store.members("a.zip", OTHER)] == [0]
    assert list(store.members("a.zip", STAMP)) == []


def test_a_scan_that_begins_anew_takes_nothing_from_one_under_way(store: SeenStore) -> None:
    begun = {"a.zip": SeenFile(STAMP, CONTENT, complete=False)}
    store.remember(begun, [member(0), member(1)])
    store.remember(begun)
    store.remember({}, [member(2)])
    store.complete("a.zip", STAMP, 3)
    assert [number for number, _ in store.members("a.zip", STAMP)] == [0, 1, 2]
    store.remember(begun)
    assert store.recall(["a.zip"])["a.zip"].complete


def test_an_archive_is_complete_only_if_all_its_members_are_there(store: SeenStore) -> None:
    begun = {"a.zip": SeenFile(STAMP, CONTENT, complete=False)}
    store.remember(begun, [member(0), member(1), member(ITSELF)])
    forget(store)  # by another scan, with --fresh
    store.remember(begun, [member(2), member(3), member(ITSELF)])
    store.complete("a.zip", STAMP, 4)
    assert not store.recall(["a.zip"])["a.zip"].complete
    store.complete("a.zip", OTHER, 2)
    assert not store.recall(["a.zip"])["a.zip"].complete
    store.remember({}, [member(0), member(1)])
    store.complete("a.zip", STAMP, 4)
    assert store.recall(["a.zip"])["a.zip"].complete


def test_another_stamp_is_never_complete_by_what_was_known_of_the_last(store: SeenStore) -> None:
    store.remember({"a.zip": SeenFile(STAMP, CONTENT)}, [])
    store.remember({"a.zip": SeenFile(OTHER, CONTENT, complete=False)}, [])
    assert not store.recall(["a.zip"])["a.zip"].complete


@pytest.mark.parametrize("answer", [b"", b"junk", b"x\x9c\x03\x00\x00\x00\x00\x01", bytes(4000)])
def test_a_damaged_row_is_as_if_it_were_not_there(store: SeenStore, answer: bytes) -> None:
    store.remember({"a.zip": SeenFile(STAMP, CONTENT), "b": SeenFile(STAMP, CONTENT)}, [member(0), member(1)])
    with sqlite3.connect(store._path) as connection:
        connection.execute("UPDATE file SET answer = ? WHERE path = ?", (answer, b"b"))
        connection.execute("UPDATE member SET answer = ? WHERE number = 0", (answer,))
    connection.close()
    assert set(store.recall(["a.zip", "b"])) == {"a.zip"}
    assert [found is None for _, found in store.members("a.zip", STAMP)] == [True, False]


def test_a_file_that_is_no_database_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "seen.db").write_bytes(b"not a database, certainly" * 100)
    with pytest.raises(SeenDamagedError, match=r"seen\.db") as caught:
        SeenStore(tmp_path / "seen.db")
    assert "Delete the file" in caught.value.advice


def test_damage_inside_the_file_is_an_error_or_harmless_but_never_a_wrong_answer(tmp_path: Path) -> None:
    path = tmp_path / "seen.db"
    files = {f"file {number}": SeenFile(STAMP, CONTENT) for number in range(300)}
    with SeenStore(path) as store:
        store.remember(files)
    whole = path.read_bytes()
    for at in range(100, len(whole), len(whole) // 40):
        path.write_bytes(whole[:at] + bytes(40) + whole[at + 40 :])
        try:
            with SeenStore(path) as store:
                assert store.recall(files).items() <= files.items()
        except SeenDamagedError:
            continue


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreAccessError):
        SeenStore(tmp_path / "nowhere" / "seen.db")


def test_a_memory_of_another_version_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "seen.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE file (path TEXT, other TEXT)")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    with SeenStore(path) as store:
        store.remember({"a": SeenFile(STAMP, CONTENT)})
    with SeenStore(path) as store:
        assert set(store.recall(["a"])) == {"a"}


OPENER = """
import sys
from pathlib import Path
from tocsin.content.model import Content
from tocsin.matching.seen import SeenFile
from tocsin.matching.walk import Stamp
from tocsin.storage.seen import SeenStore
sys.stdin.readline()
with SeenStore(Path(sys.argv[1])) as store:
    for number in range(20):
        store.remember({f"{sys.argv[2]} {number}": SeenFile(Stamp(1, 2, 3, 4, 5), Content("file", 1, ()))})
"""


@pytest.mark.slow
@pytest.mark.parametrize("_round", range(5))
def test_many_processes_open_a_new_memory_at_once_and_none_drops_what_another_noted(
    tmp_path: Path, _round: int
) -> None:
    path = tmp_path / "seen.db"
    openers = [
        subprocess.Popen([sys.executable, "-c", OPENER, str(path), str(who)], stdin=subprocess.PIPE)
        for who in range(6)
    ]
    for opener in openers:
        assert opener.stdin is not None
        opener.stdin.write(b"go\n")
        opener.stdin.flush()
    for opener in openers:
        opener.communicate(timeout=120)
    assert [opener.returncode for opener in openers] == [0] * 6
    with SeenStore(path) as store:
        assert len(store.recall(f"{who} {number}" for who in range(6) for number in range(20))) == 120

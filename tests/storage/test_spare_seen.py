"""A memory that fails costs time and a warning, never an answer."""

import os
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from tocsin.content.model import Content
from tocsin.matching.seen import ITSELF, MemberNote, SeenFile, SeenMember
from tocsin.matching.walk import Stamp
from tocsin.storage.spare_seen import SpareSeen

pytestmark = pytest.mark.slow  # many real databases, each with its syncs

CONTENT = Content("image", 10, ())
STAMP = Stamp(10, 1, 2, 3, 4)
FILES = {"a.zip": SeenFile(STAMP, CONTENT)}
MEMBERS = [MemberNote("a.zip", STAMP, number, SeenMember(f"member {number}", CONTENT)) for number in range(2)]


def test_what_is_remembered_comes_back_and_nothing_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    with SpareSeen(tmp_path / "seen.db", said.append) as seen:
        seen.remember({"a.zip": SeenFile(STAMP, CONTENT, complete=False)}, MEMBERS)
        seen.complete("a.zip", STAMP, 2)
    with SpareSeen(tmp_path / "seen.db", said.append) as seen:
        assert seen.recall(["a.zip", "b"]) == FILES
        assert [number for number, _ in seen.members("a.zip", STAMP)] == [0, 1]
    assert said == []


def not_a_database(path: Path) -> None:
    path.write_bytes(b"not a database, certainly" * 100)


def without_tables(path: Path) -> None:
    with SpareSeen(path, lambda _: None):
        pass
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE file")
    connection.execute("DROP TABLE member")
    connection.close()


def a_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("harm", [not_a_database, without_tables, a_folder])
def test_a_memory_that_cannot_be_used_is_told_once_and_done_without(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    path, said = tmp_path / "seen.db", list[str]()
    harm(path)
    with SpareSeen(path, said.append) as seen:
        for _ in range(2):
            assert seen.recall(["a.zip"]) == {}
            seen.remember(FILES, MEMBERS)
            seen.complete("a.zip", STAMP, 2)
    assert len(said) == 1
    assert "goes on without" in said[0]


def test_an_archive_recalled_before_its_memory_failed_counts_as_not_known(tmp_path: Path) -> None:
    said: list[str] = []
    with SpareSeen(tmp_path / "seen.db", said.append) as seen:
        seen.remember(FILES, MEMBERS)
        assert seen.recall(["a.zip"])["a.zip"].complete
        connection = sqlite3.connect(tmp_path / "seen.db")
        connection.execute("DROP TABLE member")
        connection.close()
        for _ in range(2):
            assert list(seen.members("a.zip", STAMP)) == [(ITSELF, None)]
    assert len(said) == 1


def test_a_full_disk_stops_no_scan(tmp_path: Path) -> None:
    script = f"""
        import resource, signal
        from pathlib import Path
        from tocsin.content.model import Content
        from tocsin.matching.seen import SeenFile
        from tocsin.matching.walk import Stamp
        from tocsin.storage.spare_seen import SpareSeen
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        with SpareSeen(Path({str(tmp_path / "seen.db")!r}), print) as seen:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
            for first in range(0, 9000, 3000):
                one = SeenFile(Stamp(1, 2, 3, 4, 5), Content("file", 1, ()))
                seen.remember({{str(number): one for number in range(first, first + 3000)}})
    """
    said = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
    )
    assert said.stdout.count("goes on without") == 1
    assert said.stderr == ""

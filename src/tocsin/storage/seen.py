"""Memory of scans in a SQLite file of its own, beside the banks: losing it costs time and nothing else."""

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tocsin.batches import batched
from tocsin.errors import Error
from tocsin.hashing.content import Content
from tocsin.matching.seen import SeenFile, SeenMember
from tocsin.matching.walk import Stamp
from tocsin.storage.errors import translated

VERSION = 1
"""Raised whenever examining a file would give other signals than before: older memories are then dropped."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS file (
    path BLOB PRIMARY KEY,
    size INTEGER NOT NULL, modified INTEGER NOT NULL, changed INTEGER NOT NULL,
    inode INTEGER NOT NULL, device INTEGER NOT NULL,
    complete INTEGER NOT NULL,
    answer BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS member (
    path BLOB NOT NULL,
    number INTEGER NOT NULL,
    name BLOB NOT NULL,
    answer BLOB NOT NULL,
    PRIMARY KEY (path, number)
) STRICT, WITHOUT ROWID;
"""
_REMEMBER_FILE = "INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_REMEMBER_MEMBER = "INSERT OR REPLACE INTO member VALUES (?, ?, ?, ?)"
_RECALL = "SELECT path, size, modified, changed, inode, device, complete, answer FROM file WHERE path IN "
_FORGET_MEMBERS = "DELETE FROM member WHERE path = ?"
_COMPLETE = "UPDATE file SET complete = 1 WHERE path = ?"
_MEMBERS = "SELECT number, name, answer FROM member WHERE path = ? ORDER BY number"
_AT_ONCE = 500


class SeenStore:
    """The `SeenFiles` of a home folder."""

    def __init__(self, path: Path) -> None:
        """Open or make the file at `path`. Raises an error of `tocsin.storage.errors`."""
        self._path = path
        with translated(path):
            self._connection = sqlite3.connect(path, timeout=60, isolation_level=None)
            if self._connection.execute("PRAGMA user_version").fetchone()[0] != VERSION:
                self._start_anew()
            self._connection.execute("PRAGMA journal_mode = WAL")
            # NORMAL may lose the last moments in a power cut, never damage the file: they are scanned again.
            self._connection.execute("PRAGMA synchronous = NORMAL")

    def _start_anew(self) -> None:
        self._connection.executescript(
            f"BEGIN IMMEDIATE; DROP TABLE IF EXISTS file; DROP TABLE IF EXISTS member; {_SCHEMA}"
            f"PRAGMA user_version = {VERSION}; COMMIT;"
        )

    def __enter__(self) -> Self:
        """The store itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self._connection.close()

    def recall(self, paths: Iterable[str]) -> Mapping[str, SeenFile]:
        """What is remembered of the files at `paths`."""
        found: dict[str, SeenFile] = {}
        with translated(self._path):
            for some in batched(paths, _AT_ONCE):
                marks = ",".join("?" * len(some))
                for path, *stamp, complete, answer in self._connection.execute(
                    f"{_RECALL} ({marks})", [_encoded(path) for path in some]
                ):
                    if content := _content(answer):
                        found[_decoded(path)] = SeenFile(Stamp(*stamp), content, bool(complete))
        return found

    def members(self, path: str) -> Iterator[tuple[int, SeenMember]]:
        """The members remembered of the archive at `path`, with their numbers, in order."""
        with translated(self._path):
            for number, name, answer in self._connection.execute(_MEMBERS, (_encoded(path),)):
                if content := _content(answer):
                    yield number, SeenMember(_decoded(name), content)

    def remember(
        self, files: Mapping[str, SeenFile], members: Sequence[tuple[str, int, SeenMember]] = ()
    ) -> None:
        """Remember files, forgetting what was known of the same paths and their members, then members."""
        file_rows = [
            (
                _encoded(path),
                *(seen.stamp.size, seen.stamp.modified_ns, seen.stamp.changed_ns),
                *(_signed(seen.stamp.inode), _signed(seen.stamp.device)),
                seen.complete,
                _answer(seen.content),
            )
            for path, seen in files.items()
        ]
        member_rows = [
            (_encoded(path), number, _encoded(seen.name), _answer(seen.content))
            for path, number, seen in members
        ]
        with translated(self._path), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(_FORGET_MEMBERS, [(row[0],) for row in file_rows])
            self._connection.executemany(_REMEMBER_FILE, file_rows)
            self._connection.executemany(_REMEMBER_MEMBER, member_rows)

    def forget(self) -> None:
        """Remember nothing any more."""
        with translated(self._path):
            self._start_anew()

    def complete(self, path: str) -> None:
        """Note that all members of the archive at `path` are remembered."""
        with translated(self._path):
            self._connection.execute(_COMPLETE, (_encoded(path),))


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _decoded(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _signed(number: int) -> int:
    """Inode and device numbers are unsigned in the system and signed in SQLite."""
    return number - (1 << 64) if number >= 1 << 63 else number


def _answer(content: Content) -> bytes:
    return zlib.compress(json.dumps(content.to_answer()).encode(), 1)


def _content(answer: bytes) -> Content | None:
    """The content, or None if the row is damaged: the file is then examined again."""
    try:
        return Content.from_answer(json.loads(zlib.decompress(answer)))
    except (ValueError, zlib.error, Error):
        return None

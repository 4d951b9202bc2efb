"""Memory of scans in a SQLite file of its own, beside the banks: losing it costs time and nothing else."""

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from types import TracebackType
from typing import Self

from tocsin.batches import batched
from tocsin.content.model import Content
from tocsin.errors import Error
from tocsin.matching.seen import MemberNote, SeenFile, SeenMember
from tocsin.matching.walk import Stamp
from tocsin.storage.engines.sqlite import log_ahead
from tocsin.storage.errors import StoreDamagedError, translated

VERSION = 3
"""Raised whenever examining a file would give other signals than before: older memories are then dropped."""
_ANEW = (
    "DROP TABLE IF EXISTS file",
    "DROP TABLE IF EXISTS member",
    """CREATE TABLE file (
        path BLOB PRIMARY KEY, stamp TEXT NOT NULL, complete INTEGER NOT NULL, answer BLOB NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE member (
        path BLOB NOT NULL, stamp TEXT NOT NULL, number INTEGER NOT NULL,
        name BLOB NOT NULL, answer BLOB NOT NULL,
        PRIMARY KEY (path, stamp, number)
    ) STRICT, WITHOUT ROWID""",
    f"PRAGMA user_version = {VERSION}",
)
# Another scan may have come to the end of the same archive already.
_REMEMBER_FILE = """
INSERT INTO file VALUES (?, ?, ?, ?) ON CONFLICT (path) DO UPDATE SET
    complete = excluded.complete OR (complete AND stamp = excluded.stamp),
    stamp = excluded.stamp, answer = excluded.answer
"""
_REMEMBER_MEMBER = "INSERT OR REPLACE INTO member VALUES (?, ?, ?, ?, ?)"
_RECALL = "SELECT path, stamp, complete, answer FROM file WHERE path IN "
_FORGET_MEMBERS = "DELETE FROM member WHERE path = ? AND stamp != ?"
# Counted, because another process may have forgotten some of them in the meantime.
_COMPLETE = """
UPDATE file SET complete = 1 WHERE path = :path AND stamp = :stamp AND :count =
    (SELECT count(*) FROM member WHERE path = :path AND stamp = :stamp AND number >= 0)
"""
_MEMBERS = "SELECT number, name, answer FROM member WHERE path = ? AND stamp = ? ORDER BY number"
_AT_ONCE = 500


class SeenDamagedError(Error):
    """The memory of earlier scans is damaged."""

    code = "storage.seen_damaged"
    advice = "Delete the file named here and scan again: it only saves the time of reading files twice."


class SeenStore:
    """The `SeenFiles` of a home folder."""

    def __init__(self, path: Path) -> None:
        """Open or make the file at `path`. Raises an error of `tocsin.storage.errors`."""
        self._path = path
        with _translated(path):
            self._connection = sqlite3.connect(path, timeout=60, isolation_level=None)
        try:
            with _translated(path):
                self._prepare()
        except BaseException:
            self.close()
            raise

    def _prepare(self) -> None:
        """Settings and tables."""
        log_ahead(self._connection)
        # NORMAL may lose the last moments in a power cut, never damage the file: they are scanned again.
        self._connection.execute("PRAGMA synchronous = NORMAL")
        if self._version() != VERSION:
            self._start_anew()

    def _version(self) -> int:
        version: int = self._connection.execute("PRAGMA user_version").fetchone()[0]
        return version

    def _start_anew(self) -> None:
        """Forget everything, but not what another process has begun to note with our version."""
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            if self._version() != VERSION:
                for statement in _ANEW:
                    self._connection.execute(statement)

    def __enter__(self) -> Self:
        """The store itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()

    def recall(self, paths: Iterable[str]) -> Mapping[str, SeenFile]:
        """What is remembered of the files at `paths`."""
        found: dict[str, SeenFile] = {}
        with _translated(self._path):
            for some in batched(paths, _AT_ONCE):
                marks = ",".join("?" * len(some))
                for path, stamp, complete, answer in self._connection.execute(
                    f"{_RECALL} ({marks})", [_encoded(path) for path in some]
                ):
                    if (content := _content(answer)) and (was := _stamp(stamp)):
                        found[_decoded(path)] = SeenFile(was, content, bool(complete))
        return found

    def members(self, path: str, stamp: Stamp) -> Iterator[tuple[int, SeenMember | None]]:
        """The members remembered of an archive, with their numbers, in order; None for a damaged memory."""
        with _translated(self._path):
            rows = self._connection.execute(_MEMBERS, (_encoded(path), _text(stamp)))
            for number, name, answer in rows:
                content = _content(answer)
                yield number, None if content is None else SeenMember(_decoded(name), content)

    def remember(self, files: Mapping[str, SeenFile], members: Sequence[MemberNote] = ()) -> None:
        """Remember files, forgetting members of the same paths under other stamps, then members."""
        file_rows = [
            (_encoded(path), _text(seen.stamp), seen.complete, _answer(seen.content))
            for path, seen in files.items()
        ]
        member_rows = [
            (
                *(_encoded(note.path), _text(note.stamp), note.number),
                *(_encoded(note.member.name), _answer(note.member.content)),
            )
            for note in members
        ]
        with _translated(self._path), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(_FORGET_MEMBERS, [row[:2] for row in file_rows])
            self._connection.executemany(_REMEMBER_FILE, file_rows)
            self._connection.executemany(_REMEMBER_MEMBER, member_rows)

    def complete(self, path: str, stamp: Stamp, count: int) -> None:
        """Note that an archive is known to its end, provided that all `count` members are remembered."""
        with _translated(self._path):
            self._connection.execute(
                _COMPLETE, {"path": _encoded(path), "stamp": _text(stamp), "count": count}
            )


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """As `translated`, but what can be done about damage is something else here."""
    try:
        with translated(path):
            yield
    except StoreDamagedError as error:
        raise SeenDamagedError(error.message) from error


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _decoded(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _text(stamp: Stamp) -> str:
    """As text, because inode and device numbers are unsigned and SQLite's integers are not."""
    return " ".join(map(str, astuple(stamp)))


def _stamp(text: str) -> Stamp | None:
    """The stamp, or None if the row is damaged."""
    try:
        return Stamp(*map(int, text.split(" ")))
    except (ValueError, TypeError):
        return None


def _answer(content: Content) -> bytes:
    return zlib.compress(json.dumps(content.to_answer()).encode(), 1)


def _content(answer: bytes) -> Content | None:
    """The content, or None if the row is damaged: the file is then examined again."""
    try:
        return Content.from_answer(json.loads(zlib.decompress(answer)))
    except (ValueError, TypeError, zlib.error, Error):
        return None

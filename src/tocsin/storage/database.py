"""The SQLite file: opening it, and transactions on it."""

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tocsin.storage import schema
from tocsin.storage import statements as sql
from tocsin.storage.errors import OldSqliteError, StoreDamagedError, translated

BUSY_SECONDS = 60.0
"""How long to wait for another process's transaction; an import's batch takes a few seconds."""
OLDEST_SQLITE = (3, 37, 0)
"""STRICT tables came with 3.37 (sqlite.org/stricttables.html)."""
_CACHE_KIB = 65536

Row = tuple[Any, ...]
"""A row as the driver gives it: the statement says which types stand where."""
Value = int | str | bytes | None


class Database:
    """One connection, which threads take turns on. Errors of SQLite come out as those of storage.errors."""

    def __init__(self, path: Path) -> None:
        """Open the database at `path` (see `create`), migrating its tables as needed.

        Raises FutureSchemaError, OldSqliteError, StoreAccessError, StoreDamagedError.
        """
        _refuse_old_sqlite()
        self.path = path
        self._turn = threading.RLock()
        self._writing = False
        with translated(path):
            self._connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        try:
            with translated(path):
                self._prepare()
        except BaseException:
            self.close()
            raise

    def _prepare(self) -> None:
        """Settings and schema. A database from the future is refused before anything in it changes."""
        found = schema.version(self._connection)
        schema.refuse_the_future(found, self.path)
        if found == 0:
            # Never taken for a new one: what is screened against it would all come out as "no match".
            message = f"the database holds none of Tocsin's tables: {self.path}"
            raise StoreDamagedError(message)
        self._use_wal()
        # FULL: a commit is on the disk when it returns; in WAL mode NORMAL would not promise that.
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._connection.execute(
            "PRAGMA journal_size_limit = 67108864"
        )  # after a large import, shrink the WAL
        if found < schema.NEWEST:
            with self.writing():
                schema.migrate(self._connection, self.path)

    def _use_wal(self) -> None:
        """Switch to write-ahead logging: readers go on while one process writes.

        Two processes switching a new file at once can fail without the busy timeout being honoured
        (sqlite.org/wal.html, "Sometimes Queries Return SQLITE_BUSY In WAL Mode"), hence the loop.
        """
        end = time.monotonic() + BUSY_SECONDS
        while self._connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction: durable when the block ends, without any effect when it fails.

        Inside another writing transaction it is part of that one: if it fails, all of it does, unless the
        failure is caught inside.
        """
        with self._turn, translated(self.path):
            if self._writing:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._writing = True
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._writing = False

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A transaction that sees one state of the database; inside another one, that one's state."""
        with self._turn, translated(self.path):
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("COMMIT")

    def rows(self, statement: str, values: Sequence[Value] = ()) -> list[Row]:
        """All rows of a query. Call it inside `reading` or `writing`."""
        return self._connection.execute(statement, values).fetchall()

    def row(self, statement: str, values: Sequence[Value] = ()) -> Row | None:
        """The first row of a query."""
        found: Row | None = self._connection.execute(statement, values).fetchone()
        return found

    def number(self, statement: str, values: Sequence[Value] = ()) -> int:
        """The one whole number that a query answers with."""
        (found,) = self._connection.execute(statement, values).fetchone()
        return int(found)

    def change(self, statement: str, values: Sequence[Value] = ()) -> int:
        """Run one statement; how many rows it changed."""
        return self._connection.execute(statement, values).rowcount

    def change_many(self, statement: str, rows: Iterable[Row]) -> int:
        """Run one statement for each row of values; how many rows changed in all."""
        return self._connection.executemany(statement, rows).rowcount

    def rows_among(self, statement: str, before: Sequence[Value], among: Sequence[Value]) -> Iterator[Row]:
        """Rows of a statement with an IN list (see statements.many), asked for in chunks of the list."""
        for start in range(0, len(among), sql.CHUNK):
            chunk = among[start : start + sql.CHUNK]
            yield from self._connection.execute(sql.many(statement, len(chunk)), [*before, *chunk])

    def take_numbers(self, counter: str, count: int) -> int:
        """The first of `count` numbers nobody else will get."""
        return self.number(sql.TAKE_NUMBERS, (count, counter)) - count + 1

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()


def create(path: Path) -> None:
    """Make a database with all tables at `path`, unless there is a file already.

    It comes to its name when it is whole, so that a file without tables there is always a damaged one. The
    lock on the folder keeps two processes from making it at once.

    Raises OldSqliteError, StoreAccessError, StoreDamagedError, StoreFullError, OSError.
    """
    _refuse_old_sqlite()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        if os.path.lexists(path):
            return
        if os.path.lexists(f"{path}-wal"):
            message = f"the database is gone, but its write-ahead log is there: {path}-wal"
            raise StoreDamagedError(message)
        new = path.with_name(f"{path.name}.new")
        for left in (new, new.with_name(f"{new.name}-journal")):  # by a process that was killed here
            left.unlink(missing_ok=True)
        _write_empty(new)
        new.rename(path)
        os.fsync(folder)
    finally:
        os.close(folder)


def _write_empty(path: Path) -> None:
    """A database with all tables and nothing in them."""
    with translated(path):
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            schema.migrate(connection, path)
            connection.execute("COMMIT")
        finally:
            connection.close()


def _refuse_old_sqlite() -> None:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        message = f"the SQLite library is {sqlite3.sqlite_version}"
        raise OldSqliteError(message)

"""Tables in one SQLite file, in WAL mode."""

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tocsin.errors import Error
from tocsin.storage import errors, schema
from tocsin.storage import statements as sql
from tocsin.storage.engines import BUSY_SECONDS, Connection, Mode, Row, Value
from tocsin.storage.errors import OldSqliteError, StoreDamagedError

OLDEST_SQLITE = (3, 37, 0)
"""STRICT tables came with 3.37 (sqlite.org/stricttables.html)."""
_WRITER_CACHE_KIB = 65536
"""An import touches a good part of the tree of keys with each batch."""
_READER_CACHE_KIB = 8192


class SqliteEngine:
    """One SQLite file (see `create`). Implements `tocsin.storage.engines.Engine`."""

    bare: type[Error] = StoreDamagedError  # a file is given its name when it has its tables
    most = 1000

    def __init__(self, path: Path) -> None:
        """Use the file at `path`. Raises OldSqliteError."""
        _refuse_old_sqlite()
        self.path = path
        self.place = str(path)

    def connect(self, *, writer: bool) -> Connection:
        """A new connection to the file."""
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=rw",  # a file that is gone is not made again
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,  # threads take turns
        )
        try:
            # FULL: a commit is on the disk when it returns; in WAL mode NORMAL would not promise that.
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute(f"PRAGMA cache_size = -{_WRITER_CACHE_KIB if writer else _READER_CACHE_KIB}")
            # After a large import, shrink the log.
            connection.execute("PRAGMA journal_size_limit = 67108864")
        except BaseException:
            connection.close()
            raise
        return connection

    def begin(self, connection: Connection, mode: Mode) -> None:
        """BEGIN takes its snapshot with the first statement that reads."""
        connection.execute("BEGIN" if mode is Mode.READING else "BEGIN IMMEDIATE")

    def alone(self, mode: Mode) -> bool:
        """SQLite has one writer at a time, whatever it writes."""
        return mode is not Mode.READING

    def usable(self, connection: Connection) -> bool:
        """Whether no transaction is left open."""
        return isinstance(connection, sqlite3.Connection) and not connection.in_transaction

    def translated(self, error: BaseException) -> Error | None:
        """Ours for SQLite's error about the file."""
        return errors.of_sqlite(error, self.path)

    def ddl(self, statement: str) -> str:
        """As it stands: our statements about tables are SQLite's."""
        return statement

    def has_tables(self, connection: Connection) -> bool:
        """Whether there is a table `schema_version`."""
        return connection.execute(sql.HAS_SCHEMA_VERSION).fetchone() is not None

    def rows_among(
        self, connection: Connection, statement: str, before: Sequence[Value], among: Sequence[Value]
    ) -> Iterator[Row]:
        """Rows of a statement with an IN list, asked for in chunks of the list."""
        for start in range(0, len(among), sql.CHUNK):
            chunk = among[start : start + sql.CHUNK]
            yield from connection.execute(sql.many(statement, len(chunk)), [*before, *chunk]).fetchall()

    def prepare(self, connection: Connection) -> None:
        """Switch to write-ahead logging: readers go on while one process writes."""
        log_ahead(connection)


def log_ahead(connection: Connection) -> None:
    """Switch a database to write-ahead logging.

    Two processes switching a new file at once can fail without the busy timeout being honoured
    (sqlite.org/wal.html, "Sometimes Queries Return SQLITE_BUSY In WAL Mode"), hence the loop.
    """
    end = time.monotonic() + BUSY_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)


def create(path: Path) -> None:
    """Make a database with all tables at `path`, unless there is a file already.

    It comes to its name when it is whole, so that a file without tables there is always a damaged one. The
    lock on the folder keeps two processes from making it at once.

    Raises OldSqliteError, StoreAccessError, StoreDamagedError, StoreFullError, OSError.
    """
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
    engine = SqliteEngine(path)
    with errors.translated(path):
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            engine.begin(connection, Mode.WRITING)
            schema.migrate(engine, connection)
            connection.commit()
        finally:
            connection.close()


def _refuse_old_sqlite() -> None:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        message = f"the SQLite library is {sqlite3.sqlite_version}"
        raise OldSqliteError(message)

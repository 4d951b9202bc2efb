"""What can go wrong with the folder and its database, and what to do about it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tocsin.errors import Error


class NoHomeError(Error):
    """There are no banks in this folder."""

    code = "storage.no_home"
    advice = (
        "Make a bank first (`tocsin bank create NAME`), start a node (`tocsin serve`), or name the right"
        " folder with --home or TOCSIN_HOME."
    )


class FutureSchemaError(Error):
    """The database was written by a newer version of Tocsin."""

    code = "storage.future_schema"
    advice = "Use that version or a newer one; this one changed nothing."


class OldSqliteError(Error):
    """The SQLite library is too old."""

    code = "storage.old_sqlite"
    advice = "Use a Python built with SQLite 3.37 or newer."


class StoreBusyError(Error):
    """Another process kept the database locked."""

    code = "storage.busy"
    advice = "Try again when the other process is done; nothing was changed."


class StoreFullError(Error):
    """There is no room left to write."""

    code = "storage.full"
    advice = "Make room on the disk (or raise the quota) and run the command again; nothing was half-written."


class StoreAccessError(Error):
    """The database cannot be opened or written."""

    code = "storage.access"
    advice = "Check that the folder exists, is on a local disk and may be read and written by you."


class OwnerError(Error):
    """The home belongs to another user, and root would leave files in it that they cannot read."""

    code = "storage.owner"
    advice = (
        "Run the command as the user who owns the folder, with `sudo --user=NAME` before it; or make root the"
        " owner if nobody else is to use it."
    )


class StoreUnreachableError(Error):
    """The database server cannot be reached."""

    code = "storage.unreachable"
    advice = (
        "Check that the server runs and that TOCSIN_DATABASE (or tocsin.toml in the home folder) names it;"
        " then try again. What was not acknowledged was not stored, unless the answer itself was lost."
    )


class NoPostgresError(Error):
    """The settings name a PostgreSQL database, and its driver is not installed."""

    code = "storage.no_postgres"
    advice = "Install it with `pip install 'tocsin[postgres]'`, or take the URL out of the settings."


class UnsuitableServerError(Error):
    """The database server cannot keep Tocsin's tables."""

    code = "storage.server"
    advice = "Use PostgreSQL 14 or newer and a database whose encoding is UTF8."


class StoreInputOutputError(Error):
    """The disk failed to read or write."""

    code = "storage.io"
    advice = "Check the disk and its quota; nothing was half-written."


class StoreDamagedError(Error):
    """The database is damaged, or is not one of Tocsin's."""

    code = "storage.damaged"
    advice = (
        "Restore the database from a backup; or begin with a new one (move tocsin.db away, or name another"
        " database), make the banks anew and import their lists again."
    )


_BY_CODE: dict[int, type[Error]] = {
    sqlite3.SQLITE_BUSY: StoreBusyError,
    sqlite3.SQLITE_LOCKED: StoreBusyError,
    sqlite3.SQLITE_FULL: StoreFullError,
    sqlite3.SQLITE_IOERR: StoreInputOutputError,
    sqlite3.SQLITE_READONLY: StoreAccessError,
    sqlite3.SQLITE_CANTOPEN: StoreAccessError,
    sqlite3.SQLITE_PERM: StoreAccessError,
    sqlite3.SQLITE_CORRUPT: StoreDamagedError,
    sqlite3.SQLITE_NOTADB: StoreDamagedError,
}


def of_sqlite(error: BaseException, path: Path) -> Error | None:
    """Ours for SQLite's error about the file at `path`; None for a mistake in a statement."""
    if not isinstance(error, sqlite3.Error):
        return None
    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest of the code is a detail
    if (ours := _BY_CODE.get(primary)) is None:
        return None
    return ours(f"{first_sentence(ours)}: {path} ({error})")


def first_sentence(kind: type[Error]) -> str:
    """What an error says by itself, to be followed by where it was."""
    return str(kind.__doc__).splitlines()[0].rstrip(".")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors about the file at `path` into ours; a mistake in a statement stays what it is."""
    try:
        yield
    except sqlite3.Error as error:
        if (ours := of_sqlite(error, path)) is None:
            raise
        raise ours from error

"""Which database a home has, and opening it."""

import os
import pwd
from pathlib import Path

from tocsin.config import database_url
from tocsin.storage.database import Database
from tocsin.storage.engines import Engine
from tocsin.storage.engines.sqlite import SqliteEngine
from tocsin.storage.engines.sqlite import create as create_file
from tocsin.storage.errors import NoHomeError, NoPostgresError, OwnerError, StoreAccessError

DATABASE = "tocsin.db"
"""The SQLite file in a home folder."""


def open_database(folder: Path, *, create: bool) -> Database:
    """The database of the home in `folder`; with `create`, made (readable by its owner only) if need be.

    Raises what `Home.open` names.
    """
    url = database_url(folder)
    try:
        _refuse_root(folder)
        if create or url is not None:  # the index of what is in PostgreSQL stands in the folder, too
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return _open_file(folder, create=create) if url is None else _open_server(url, create=create)
    except OSError as error:
        raise StoreAccessError(str(error)) from error


def _refuse_root(folder: Path) -> None:
    """Raises OwnerError: what root writes, a node that runs as the owner could not read."""
    if os.geteuid() == 0 and folder.exists() and (owner := folder.stat().st_uid) != 0:
        message = f"{folder} belongs to the user {_name(owner)}, and you are root"
        raise OwnerError(message)


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


def _open_file(folder: Path, *, create: bool) -> Database:
    path = folder / DATABASE
    if create:
        create_file(path)
    elif not path.exists():
        message = f"there are no banks in {folder}"
        raise NoHomeError(message)
    return Database(SqliteEngine(path))


def _open_server(url: str, *, create: bool) -> Database:
    return Database(_postgres(url), create=create)


def _postgres(url: str) -> Engine:
    try:
        from tocsin.storage.engines.postgres import PostgresEngine  # noqa: PLC0415  # psycopg: an extra, and slow
    except ImportError as error:
        raise NoPostgresError from error
    return PostgresEngine(url)

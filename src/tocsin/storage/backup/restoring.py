"""Restoring a backup into a new home: compared with the manifest first, and all of it or nothing."""

import json
import re
import shutil
import tomllib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from tocsin.config import SETTINGS
from tocsin.evidence.files import sync_folder, write_durably
from tocsin.media.answers import list_in
from tocsin.storage.backup.errors import BackupDamagedError, RestorePlaceError
from tocsin.storage.backup.files import check as check_file
from tocsin.storage.backup.files import listed, put_back
from tocsin.storage.backup.manifest import Manifest, TablePart
from tocsin.storage.backup.parts import check_part, damage, read_part
from tocsin.storage.backup.saving import Report
from tocsin.storage.backup.tables import Table, tables
from tocsin.storage.database import Database, Row
from tocsin.storage.engines.sqlite import SqliteEngine
from tocsin.storage.opening import open_database

SQLITE: Final = "sqlite"
"""In place of a URL: the file in the home."""
_SEEDED: Final = ("counter", "home")
"""Tables that have rows in a new database."""
_BATCH: Final = 10_000
_DATABASE_TABLE: Final = re.compile(r"^\[database\][^\n]*\n(?:(?!\[)[^\n]*\n?)*", re.MULTILINE)


def check(backup: Path, report: Report) -> Manifest:
    """Compare every part and file of a backup with its SHA-256. Raises NoBackupError, BackupDamagedError."""
    manifest = _checked(backup, report)
    for number, kept in enumerate(listed(backup, manifest.files), 1):
        check_file(backup, kept)
        report("files compared", number)
    return manifest


def restore(backup: Path, home: Path, *, database: str | None, report: Report) -> Manifest:
    """Restore a backup into the folder `home`, which must not exist or be empty, and into its database.

    `database` is the URL of an empty PostgreSQL database, SQLITE, or None for what the settings in the backup
    say. When this fails there is no home, and the database is as it was.

    Raises NoBackupError, BackupDamagedError, FutureBackupError, RestorePlaceError, OSError, and what the
    database raises.
    """
    manifest = _checked(backup, report)
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        message = f"there is something in {home} already"
        raise RestorePlaceError(message)
    new = home.with_name(f"{home.name}.restoring")
    shutil.rmtree(new, ignore_errors=True)  # left by a process that was killed
    new.mkdir(parents=True, mode=0o700)
    try:
        for number, kept in enumerate(listed(backup, manifest.files), 1):
            put_back(backup, kept, new)
            report("files", number)
        if database is not None:
            _point_at(new / SETTINGS, None if database == SQLITE else database)
        _restore_database(backup, manifest, new, report)
        # Last: without a home nothing works on the database. Killed just before this, the database is to be
        # emptied by hand; the other way round an empty node might be started.
        _settle(new, home)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    return manifest


def _checked(backup: Path, report: Report) -> Manifest:
    """The manifest of a backup whose tables are this version's, and whole."""
    manifest = Manifest.read(backup)
    if {one.name: one.columns for one in manifest.tables} != {one.name: one.columns for one in tables()}:
        message = f"its tables are not those of this version; it was made by Tocsin {manifest.tocsin}"
        raise BackupDamagedError(message)
    parts = [*(one.part for one in manifest.tables), manifest.files]
    for number, part in enumerate(parts, 1):
        check_part(backup, part)
        report("parts compared", number)
    return manifest


def _restore_database(backup: Path, manifest: Manifest, new: Path, report: Report) -> None:
    """Fill the database that the settings in `new` name, in one transaction."""
    database = open_database(new, create=True)
    try:
        with database.writing():
            _refuse_unless_empty(database)
            parts = {one.name: one for one in manifest.tables}
            for table in tables():
                _fill(database, table, backup, parts[table.name], report)
            if not isinstance(database.engine, SqliteEngine):
                database.change("ANALYZE")
    finally:
        database.close()


def _refuse_unless_empty(database: Database) -> None:
    for table in tables():
        if table.name not in _SEEDED and not table.is_empty(database):
            message = f"there is something in the database already: {database.engine.place}, {table.name}"
            raise RestorePlaceError(message)


def _fill(database: Database, table: Table, backup: Path, part: TablePart, report: Report) -> None:
    """Insert the rows of one table."""
    if table.name in _SEEDED:
        table.clear(database)
    rows, done = _rows(table, backup, part), 0
    while batch := list(islice(rows, _BATCH)):
        table.add(database, batch)
        done += len(batch)
        report(f"rows of {table.name}", done)
    if table.numbered:
        table.go_on_from(database, part.last_number)


def _rows(table: Table, backup: Path, part: TablePart) -> Iterator[Row]:
    for value in read_part(backup, part.part):
        with damage(part.part.path):
            yield table.from_text([_scalar(one) for one in list_in(value)])


def _scalar(value: object) -> int | str | None:
    if value is None or (isinstance(value, int | str) and not isinstance(value, bool)):
        return value
    message = "a number or a text is missing"
    raise TypeError(message)


def _settle(new: Path, home: Path) -> None:
    """Give the home its name."""
    if home.exists():
        home.rmdir()
    new.rename(home)
    sync_folder(home.parent)


def _point_at(settings: Path, url: str | None) -> None:
    """Let a home's settings name another database; None: the file in the home.

    Raises RestorePlaceError when they name it in a way that cannot be replaced here.
    """
    before = settings.read_text("utf-8") if settings.exists() else ""
    after = _DATABASE_TABLE.sub("", before)
    if url is not None:
        after = f"{after.rstrip()}\n\n[database]\nurl = {_quoted(url)}\n".lstrip()
    if not _same_but_for_the_database(before, after, url):
        message = (
            f"{SETTINGS} names its database in a way that cannot be replaced: use TOCSIN_DATABASE instead"
        )
        raise RestorePlaceError(message)
    if after != before:
        write_durably(settings, after.encode())


def _same_but_for_the_database(before: str, after: str, url: str | None) -> bool:
    """Whether the settings `after` are those `before`, with the database at `url`."""
    try:
        had, has = tomllib.loads(before), tomllib.loads(after)
    except tomllib.TOMLDecodeError:
        return False
    had.pop("database", None)
    return has.pop("database", {}) == ({} if url is None else {"url": url}) and had == has


def _quoted(text: str) -> str:
    """A text as TOML spells it: JSON's escapes are all TOML's too."""
    return json.dumps(text, ensure_ascii=False)

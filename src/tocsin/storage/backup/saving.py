"""Making a backup while the node runs: one state of the database first, then the files that it names."""

import fcntl
import os
import shutil
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tocsin import __version__
from tocsin.config import SETTINGS, detectors_folder, trust_folder
from tocsin.evidence import keys
from tocsin.evidence.folder import FOLDER
from tocsin.evidence.vault import place_of
from tocsin.media.answers import list_in, text_in
from tocsin.storage import statements as sql
from tocsin.storage.backup.errors import BackupBusyError, BackupFolderError, NoBackupError
from tocsin.storage.backup.files import FileKeeper, KeptFile, listed, sweep
from tocsin.storage.backup.manifest import Manifest, TablePart
from tocsin.storage.backup.parts import read_part, write_part
from tocsin.storage.backup.tables import Table, tables
from tocsin.storage.database import Database
from tocsin.storage.opening import open_database

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonValue

Report = Callable[[str, int], None]
"""Called now and then with what is being done, and how many of it are."""
MARK: Final = "tocsin-backup"
"""A file that says that a folder is ours to write and sweep in."""
_PARTS: Final = "parts"
_CONTENT: Final = "content"
_DESTRUCTION: Final = "destruction"


@dataclass(frozen=True, slots=True)
class Saved:
    """What a backup came to."""

    manifest: Manifest
    rows: int
    files: int
    copied: int
    """Bytes of files that were not in the folder before."""
    removed: int
    """Files of earlier backups that nothing names any more."""


def save(home: Path, to: Path, *, with_keys: bool, vault_in_home: bool, report: Report) -> Saved:
    """Back up a home into the folder `to`. What an earlier backup of it left there is used, and replaced.

    Until the new one is whole the earlier one is. A backup that has the keys once has them from then on.
    Without `vault_in_home` contents are left out: they are in an object store.

    Raises BackupFolderError, BackupBusyError, BackupDamagedError, OSError, and what opening a home raises.
    """
    with _ours(home, to):
        before = _before(to)
        run = f"{_PARTS}/{time.time_ns()}"
        identity, parts = _save_tables(home, to, run, before, report)
        with_keys = with_keys or (before is not None and before.keys)
        keeper = FileKeeper(home, to, () if before is None else listed(to, before.files))
        listing = _Listing(keeper, report, _destroyed(to, parts))
        paths = [*_settings(home), *(_below(home, home / keys.FOLDER) if with_keys else ())]
        contents = _contents(to, parts) if vault_in_home else iter(())
        files = write_part(to, f"{run}/files.ndjson.gz", listing.lines(paths, contents))
        made = datetime.now(UTC).isoformat(timespec="seconds")
        manifest = Manifest(
            made, __version__, identity, with_keys, parts, files, listing.contents, listing.missing
        )
        manifest.write(to)
        removed = _sweep(to, run, listing.digests)
    rows = sum(one.part.lines for one in parts)
    return Saved(manifest, rows, files.lines, keeper.copied, removed)


@contextmanager
def _ours(home: Path, to: Path) -> Iterator[None]:
    """The folder, made or known for a backup's, and nobody else's meanwhile."""
    if to.resolve().is_relative_to(home.resolve()):
        message = f"a backup inside the home would be lost with it: {to}"
        raise BackupFolderError(message)
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark = to / MARK
    if not mark.exists():
        if any(to.iterdir()):
            message = f"{to} holds something else than a backup"
            raise BackupFolderError(message)
        mark.touch(mode=0o600)
    with mark.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"another process is writing a backup into {to}"
            raise BackupBusyError(message) from error
        yield


def _before(to: Path) -> Manifest | None:
    try:
        return Manifest.read(to)
    except NoBackupError:
        return None


def _save_tables(
    home: Path, to: Path, run: str, before: Manifest | None, report: Report
) -> tuple[str, tuple[TablePart, ...]]:
    """Write one state of every table; the home's identity, and the parts."""
    database = open_database(home, create=False)
    try:
        with database.reading():
            identity = str((database.row(sql.IDENTITY) or ("",))[0])
            if before is not None and before.identity != identity:
                message = f"{to} holds a backup of another home"
                raise BackupFolderError(message)
            return identity, tuple(_table(database, table, to, run, report) for table in tables())
    finally:
        database.close()


def _table(database: Database, table: Table, to: Path, run: str, report: Report) -> TablePart:
    """Write the rows of one table."""

    def lines() -> Iterator["JsonValue"]:
        done = 0
        for page in table.rows(database):
            for row in page:
                yield [*table.to_text(row)]
            done += len(page)
            report(f"rows of {table.name}", done)

    last = table.last_number(database) if table.numbered else 0
    return TablePart(
        table.name, table.columns, last, write_part(to, f"{run}/{table.name}.ndjson.gz", lines())
    )


class _Listing:
    """Keeps files and lists them."""

    def __init__(self, keeper: FileKeeper, report: Report, destroyed: set[str]) -> None:
        self._keeper = keeper
        self._destroyed = destroyed
        self._report = report
        self.digests: set[str] = set()
        self.contents = 0
        self.missing = 0

    def lines(self, paths: list[str], contents: Iterator[str]) -> Iterator["JsonValue"]:
        """Keep files by their paths, then contents; what the list says of each."""
        for path in paths:
            if (kept := self._keeper.keep(path)) is not None:
                yield self._noted(kept)
        for path in contents:
            if (kept := self._keeper.keep(path)) is None:
                self.missing += path not in self._destroyed
                continue
            self.contents += 1
            if self.contents % 100 == 0:
                self._report("contents", self.contents)
            yield self._noted(kept)

    def _noted(self, kept: KeptFile) -> "JsonValue":
        self.digests.add(kept.sha256)
        return kept.to_json()


def _settings(home: Path) -> list[str]:
    """The settings, trust lists and detectors of a home."""
    return [SETTINGS, *_below(home, trust_folder(home)), *_below(home, detectors_folder(home))]


def _below(home: Path, folder: Path) -> list[str]:
    """Every file in a folder of the home, however deep."""
    found = [Path(top, name).relative_to(home) for top, _, names in os.walk(folder) for name in names]
    return sorted(one.as_posix() for one in found)


def _contents(to: Path, parts: tuple[TablePart, ...]) -> Iterator[str]:
    """The files of the contents that the database named when it was read: they were there before it did."""
    table = next(one for one in parts if one.name == _CONTENT)
    place = table.columns.index("sha256")
    for row in read_part(to, table.part):
        yield _file(list_in(row)[place])


def _destroyed(to: Path, parts: tuple[TablePart, ...]) -> set[str]:
    """The files of the contents that people had destroyed: they are not missed."""
    table = next(one for one in parts if one.name == _DESTRUCTION)
    place, state = table.columns.index("sha256"), table.columns.index("state")
    rows = (list_in(row) for row in read_part(to, table.part))
    return {_file(row[place]) for row in rows if row[state] == "destroyed"}


def _file(sha256: "JsonValue") -> str:
    """The file of a content, of which a part has the digest."""
    return f"{FOLDER}/{place_of(b64decode(text_in(sha256)))}"


def _sweep(to: Path, run: str, digests: set[str]) -> int:
    """Remove what earlier backups left, which nothing names any more."""
    for old in (to / _PARTS).iterdir():
        if old.name != Path(run).name:
            shutil.rmtree(old)
    return sweep(to, digests)

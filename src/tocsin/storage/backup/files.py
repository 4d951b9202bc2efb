"""Files in a backup: each kept once under its SHA-256, never written over, and a list of where it belongs."""

import hashlib
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Final, Self

from tocsin.evidence.files import sync_folder
from tocsin.media.answers import number_in, object_in, text_in
from tocsin.storage.backup.errors import BackupDamagedError
from tocsin.storage.backup.parts import CHUNK, Part, damage, read_part

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue

FOLDER: Final = "files"
_NEW: Final = ".new"
_DIGEST_LENGTH: Final = 64


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file of the home, as it was."""

    path: str
    """Relative to the home's folder, with slashes."""
    sha256: str
    size: int
    modified: int
    """In nanoseconds since 1970."""

    def to_json(self) -> "JsonObject":
        """As the list names it."""
        return {"path": self.path, "sha256": self.sha256, "size": self.size, "modified": self.modified}

    @classmethod
    def of(cls, value: "JsonValue") -> Self:
        """The file that `to_json` wrote. Raises TypeError, KeyError, ValueError."""
        found = object_in(value)
        path, digest = text_in(found["path"]), text_in(found["sha256"])
        pure = PurePosixPath(path)
        if pure.is_absolute() or ".." in pure.parts or not pure.parts or "\0" in path:
            message = f"a file would leave the home: {path!r}"
            raise ValueError(message)
        if len(digest) != _DIGEST_LENGTH or len(bytes.fromhex(digest)) != _DIGEST_LENGTH // 2:
            message = f"this is no SHA-256: {digest!r}"
            raise ValueError(message)
        return cls(path, digest.lower(), number_in(found["size"]), number_in(found["modified"]))


def listed(folder: Path, part: Part) -> Iterator[KeptFile]:
    """The files that a backup's list names. Raises BackupDamagedError."""
    for value in read_part(folder, part):
        with damage(part.path):
            kept = KeptFile.of(value)
        yield kept


class FileKeeper:
    """Takes files of a home into a backup, those only that have changed since the last one."""

    def __init__(self, home: Path, backup: Path, before: Iterable[KeptFile]) -> None:
        """Keep files of `home` in `backup`, which holds the files of `before`."""
        self._home = home
        self._backup = backup
        self._before = {one.path: one for one in before}
        self.copied = 0
        """Bytes that had to be copied."""
        for left in (backup / FOLDER / _NEW).glob("*"):  # by a process that was killed
            left.unlink(missing_ok=True)

    def keep(self, path: str) -> KeptFile | None:
        """Keep a file; None if there is none of that name, or it is no regular file. Raises OSError."""
        try:
            handle = os.open(self._home / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                return None
            before = self._before.get(path)
            if before is not None and (before.size, before.modified) == (found.st_size, found.st_mtime_ns):
                place = object_path(self._backup, before.sha256)
                if place.exists() and place.stat().st_size == before.size:
                    return before
            return KeptFile(path, *self._copy(file), found.st_mtime_ns)

    def _copy(self, source: IO[bytes]) -> tuple[str, int]:
        """The SHA-256 and length of a file, which is in the backup afterwards."""
        new = self._backup / FOLDER / _NEW / secrets.token_hex(16)
        new.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with new.open("xb") as file:
                digest, size = copied(source, file)
            place = object_path(self._backup, digest)
            if not (place.exists() and place.stat().st_size == size):
                place.parent.mkdir(mode=0o700, exist_ok=True)
                new.replace(place)
                sync_folder(place.parent)
                self.copied += size
        finally:
            new.unlink(missing_ok=True)
        return digest, size


def copied(source: IO[bytes], to: IO[bytes]) -> tuple[str, int]:
    """Copy a file durably; the SHA-256 and number of its bytes. Raises OSError."""
    sha256, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        sha256.update(chunk)
        size += len(chunk)
        to.write(chunk)
    to.flush()
    os.fsync(to.fileno())
    return sha256.hexdigest(), size


def object_path(backup: Path, digest: str) -> Path:
    """Where a file of that SHA-256 is in a backup."""
    return backup / FOLDER / digest[:2] / digest


def put_back(backup: Path, kept: KeptFile, home: Path) -> None:
    """Give a file its place in a home, compared with its SHA-256. Raises BackupDamagedError, OSError."""
    place = home / kept.path
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    source = object_path(backup, kept.sha256)
    if not source.is_file():
        message = f"a file of the backup is missing: {kept.path}"
        raise BackupDamagedError(message)
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with source.open("rb") as file, os.fdopen(handle, "wb") as to:
        digest, _ = copied(file, to)
    if digest != kept.sha256:
        message = f"a file of the backup is damaged: {kept.path} ({source})"
        raise BackupDamagedError(message)


def check(backup: Path, kept: KeptFile) -> None:
    """Compare a file of a backup with its SHA-256. Raises BackupDamagedError."""
    with damage(kept.path), object_path(backup, kept.sha256).open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() == kept.sha256:
            return
    message = f"a file of the backup is damaged: {kept.path}"
    raise BackupDamagedError(message)


def sweep(backup: Path, wanted: set[str]) -> int:
    """Remove the files that no list names any more; how many that were."""
    removed = 0
    for folder in (backup / FOLDER).glob("[0-9a-f][0-9a-f]"):
        for path in list(folder.iterdir()):
            if path.name not in wanted:
                path.unlink()
                removed += 1
    return removed

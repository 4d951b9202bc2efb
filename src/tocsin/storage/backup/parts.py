"""Parts of a backup: gzip files with one JSON value a line, each known by its SHA-256."""

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from tocsin.storage.backup.errors import BackupDamagedError

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue

CHUNK = 1 << 20
_ENCODE = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a backup."""

    path: str
    """Relative to the backup's folder."""
    sha256: str
    size: int
    lines: int

    def to_json(self) -> "JsonObject":
        """As the manifest names it."""
        return {"path": self.path, "sha256": self.sha256, "size": self.size, "lines": self.lines}


class _Hashing:
    """A file that is written, with the SHA-256 and number of the bytes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        """Write on."""
        self.sha256.update(data)
        self.size += len(data)
        return self._file.write(data)

    def flush(self) -> None:
        """To the system."""
        self._file.flush()


def write_part(folder: Path, path: str, values: Iterable["JsonValue"]) -> Part:
    """Write values, one a line, durably. Raises OSError."""
    lines = 0
    (folder / path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / path).open("wb") as file:
        hashing = _Hashing(file)
        # The fastest level: digests do not get smaller, and a node goes on serving meanwhile.
        with gzip.GzipFile("", "wb", compresslevel=1, fileobj=hashing, mtime=0) as packed:
            for value in values:
                packed.write(_ENCODE(value).encode("ascii") + b"\n")
                lines += 1
        file.flush()
        os.fsync(file.fileno())
    return Part(path, hashing.sha256.hexdigest(), hashing.size, lines)


def check_part(folder: Path, part: Part) -> None:
    """Compare a part with what the manifest says of it. Raises BackupDamagedError."""
    with damage(part.path), (folder / part.path).open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != part.sha256:
            message = f"it is not what it was when the backup was made: {part.path}"
            raise BackupDamagedError(message)


def read_part(folder: Path, part: Part) -> Iterator["JsonValue"]:
    """The values of a part. Raises BackupDamagedError."""
    lines = 0
    with damage(part.path), gzip.open(folder / part.path, "rb") as packed:
        for line in packed:
            yield json.loads(line)
            lines += 1
    if lines != part.lines:
        message = f"{part.path} has {lines:,} lines; the manifest says {part.lines:,}"
        raise BackupDamagedError(message)


@contextmanager
def damage(name: str) -> Iterator[None]:
    """What goes wrong while a part of a backup is read, as ours."""
    try:
        yield
    except FileNotFoundError as error:
        message = f"a part of the backup is missing: {name}"
        raise BackupDamagedError(message) from error
    except (OSError, EOFError, zlib.error, ValueError, TypeError, KeyError, IndexError) as error:
        message = f"a part of the backup cannot be read: {name}: {error}"
        raise BackupDamagedError(message) from error

"""Putting files on disk so that a crash leaves the old state or the new one, never a mixture."""

import mmap
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from tocsin.index.errors import IndexCorruptError
from tocsin.index.settings import Step

Buffer = bytes | memoryview


def sync_folder(folder: Path) -> None:
    """Make renames and removals in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomically(path: Path, fill: Callable[[BinaryIO], object], step: Step) -> None:
    """Have `fill` write `path` by way of a temporary file, a rename, and an fsync of file and folder."""
    kind = path.name.split("-", maxsplit=1)[0]
    temporary = path.with_name(path.name + ".tmp")
    try:
        with temporary.open("wb") as file:
            fill(file)
            file.flush()
            step(f"{kind}: written")
            os.fsync(file.fileno())
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    step(f"{kind}: synced")
    temporary.replace(path)
    step(f"{kind}: renamed")
    sync_folder(path.parent)
    step(f"{kind}: durable")


def map_file(path: Path) -> mmap.mmap:
    """Map a whole file for reading. Raises IndexCorruptError when it is empty."""
    with path.open("rb") as file:
        try:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:
            raise corrupt(path, "it is empty") from None


def checksum(piece: Buffer, start: int = 0) -> int:
    """CRC-32 as in zlib, gzip and PNG."""
    return zlib.crc32(piece, start)


def corrupt(path: Path, what: str) -> IndexCorruptError:
    """The error that names the damaged file and says what is wrong with it."""
    return IndexCorruptError(f"{path} is damaged: {what}")

"""Tars, plain or compressed, read strictly forward.

The standard library reads the headers (POSIX pax, GNU and old ones). It has run in circles on sizes below
zero (CVE-2019-20907, CVE-2025-8194) and takes a broken header for the end of the archive, so the file it
reads from only goes forward, and the block at which it stopped is looked at.
"""

import bz2
import gzip
import io
import lzma
import os
import tarfile
from collections.abc import Iterator
from typing import BinaryIO, cast

from tocsin.media._members import Budget, RawMember, archive_errors
from tocsin.media.errors import CorruptError, TruncatedError, UnsupportedError
from tocsin.media.identify import identify

_BLOCK = tarfile.BLOCKSIZE
_CHUNK_BYTES = 1 << 18


class Forward:
    """What `tarfile` reads from: goes forward only, counts, and remembers the last block read."""

    def __init__(self, inner: BinaryIO, budget: Budget | None = None, packed: BinaryIO | None = None) -> None:
        """`packed` is the file that `inner` decompresses, if it does; skipping then means reading."""
        self._inner = inner
        self._budget = budget
        self._packed = packed
        self._at = 0
        self.last_block = b""

    def tell(self) -> int:
        """Bytes passed so far."""
        return self._at

    def read(self, size: int) -> bytes:
        """Up to `size` bytes."""
        if size < 0:
            message = "a tar header states a size below zero"
            raise CorruptError(message)
        data = self._inner.read(size)
        self._at += len(data)
        if size == _BLOCK:
            self.last_block = data
        if self._budget and self._packed:
            self._budget.spend(len(data))
            self._budget.check_ratio(self._at, self._packed.tell())
        return data

    def seek(self, position: int, whence: int = os.SEEK_SET) -> int:
        """Forward to `position`, or as far as there is something."""
        if whence != os.SEEK_SET or position < self._at:
            message = "a tar header points backwards"
            raise CorruptError(message)
        if self._packed is None:
            self._at = self._inner.seek(position)
            return self._at
        while self._at < position and self.read(min(position - self._at, _CHUNK_BYTES)):
            pass
        return self._at


def tar_members(source: BinaryIO) -> Iterator[RawMember]:
    """The files of a plain tar."""
    source.seek(0)
    return _members(Forward(source))


def compressed_tar_members(source: BinaryIO, coding: str, budget: Budget) -> Iterator[RawMember]:
    """The files of a tar compressed with gzip, bzip2 or xz; UnsupportedError if there is no tar inside."""
    with archive_errors():
        if identify(_unpacked(source, coding).read(_BLOCK)).format != "tar":
            message = f"this is a {coding} file without a tar inside"
            raise UnsupportedError(message)
    return _members(Forward(_unpacked(source, coding), budget, source))


def _unpacked(source: BinaryIO, coding: str) -> BinaryIO:
    source.seek(0)
    match coding:
        case "gzip":
            return cast("BinaryIO", gzip.GzipFile(fileobj=source))
        case "bzip2":
            return cast("BinaryIO", bz2.BZ2File(source))
        case _:
            return cast("BinaryIO", lzma.LZMAFile(source))


def _members(forward: Forward) -> Iterator[RawMember]:
    with archive_errors():
        tar = tarfile.TarFile(fileobj=cast("BinaryIO", forward), errors="surrogateescape")
    while True:
        with archive_errors():
            info = tar.next()
        if info is None:
            _check_end(forward.last_block)
            return
        cast("list[tarfile.TarInfo]", vars(tar)["members"]).clear()  # it would keep all of them
        if info.isreg():
            name = info.name.encode("utf-8", "surrogateescape")
            yield RawMember(name, info.size, lambda info=info: _open(tar, info))  # type: ignore[misc]  # bound now


def _open(tar: tarfile.TarFile, info: tarfile.TarInfo) -> BinaryIO:
    if info.issparse():
        message = "sparse members cannot be read"
        raise UnsupportedError(message)
    with archive_errors():
        return cast("BinaryIO", tar.extractfile(info) or io.BytesIO())


def _check_end(block: bytes) -> None:
    """A tar ends with blocks of zeros (POSIX.1-2017, pax, ustar); anything else was no end."""
    if len(block) < _BLOCK:
        message = "the tar ends without its end mark; it may have been cut short"
        raise TruncatedError(message)
    if block.strip(b"\0"):
        message = "a tar header makes no sense; nothing behind it can be found"
        raise CorruptError(message)

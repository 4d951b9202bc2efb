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
from tocsin.media.errors import CorruptError, MediaError, TruncatedError, UnsupportedError
from tocsin.media.identify import identify

_BLOCK = tarfile.BLOCKSIZE
_CHUNK_BYTES = 1 << 18
_VOLUME_LABEL = b"V"  # of GNU tar; a name and nothing else


class Forward:
    """What `tarfile` reads from: goes forward only, counts, and remembers the last block read."""

    def __init__(self, inner: BinaryIO, budget: Budget | None = None, packed: BinaryIO | None = None) -> None:
        """`packed` is the file that `inner` decompresses, if it does; skipping then means reading."""
        self._inner = inner
        self._budget = budget
        self._packed = packed
        self._at = 0
        self._pushed = b""
        self.last_block = b""

    def tell(self) -> int:
        """Bytes passed so far."""
        return self._at

    def read(self, size: int) -> bytes:
        """Up to `size` bytes."""
        if size < 0:
            message = "a tar header states a size below zero"
            raise CorruptError(message)
        data, self._pushed = self._pushed[:size], self._pushed[size:]
        fresh = self._inner.read(size - len(data))
        data += fresh
        self._at += len(data)
        if size == _BLOCK:
            self.last_block = data
        if self._budget and self._packed:
            self._budget.spend(len(fresh))
            self._budget.check_ratio(self._at, self._packed.tell())
        return data

    def pass_zeros(self) -> bool:
        """Go on to the next block that is not all zeros; False if there is none. From a block's start."""
        while chunk := self.read(_CHUNK_BYTES):
            zeros = len(chunk) - len(chunk.lstrip(b"\0"))
            if zeros < len(chunk):
                rest = chunk[zeros - zeros % _BLOCK :]
                self._pushed = rest + self._pushed
                self._at -= len(rest)
                return True
        return False

    def seek(self, position: int, whence: int = os.SEEK_SET) -> int:
        """Forward to `position`, or as far as there is something."""
        if whence != os.SEEK_SET or position < self._at:
            message = "a tar header points backwards"
            raise CorruptError(message)
        if self._packed is None:
            self._pushed = b""
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
    """Of one tar, and of others behind its end mark: `cat` makes such files, GNU tar reads them by `-i`."""
    yield from _members_to_end_mark(forward)
    while True:
        with archive_errors():
            if not forward.pass_zeros():
                return
            begin = forward.tell()
        try:
            yield from _members_to_end_mark(forward)
        except MediaError as error:
            if forward.tell() > begin + _BLOCK:
                raise
            message = "behind the tar's end mark is data that is no tar"
            raise CorruptError(message) from error


def _members_to_end_mark(forward: Forward) -> Iterator[RawMember]:
    with archive_errors():
        tar = tarfile.TarFile(fileobj=cast("BinaryIO", forward), errors="surrogateescape")
    while True:
        with archive_errors():
            info = tar.next()
        if info is None:
            _check_end(forward.last_block)
            return
        cast("list[tarfile.TarInfo]", vars(tar)["members"]).clear()  # it would keep all of them
        if info.size < 0:
            message = "a tar header states a size below zero"
            raise CorruptError(message)
        if _is_file(info):
            name = info.name.encode("utf-8", "surrogateescape")
            yield RawMember(name, info.size, lambda info=info: _open(tar, info))  # type: ignore[misc]  # bound now


def _is_file(info: tarfile.TarInfo) -> bool:
    """Whether a member is a file; of a type that nobody knows, it is one (POSIX.1-2017, pax, typeflag)."""
    if info.isreg():
        return True
    is_label = info.type == _VOLUME_LABEL and not info.size
    return info.type not in tarfile.SUPPORTED_TYPES and not is_label


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

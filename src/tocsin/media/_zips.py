"""Zips by their central directory, or by what is left of a cut one (PKWARE's APPNOTE 6.3.10, section 4)."""

import struct
import zipfile
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO, cast

from tocsin.media._members import RawMember, archive_errors
from tocsin.media.errors import CorruptError, EncryptedError, TruncatedError, UnsupportedError

# Bits of the general purpose flag, 4.4.4.
_ENCRYPTED, _SIZES_FOLLOW, _PATCH, _STRONGLY_ENCRYPTED, _UTF8 = 1 << 0, 1 << 3, 1 << 5, 1 << 6, 1 << 11
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")  # 4.3.7
_LOCAL_SIGNATURE = b"PK\x03\x04"
_ENTRY = struct.Struct("<4s4xH18x3H12x")  # 4.3.12; of it the flags and three lengths
_ENTRY_SIGNATURE = b"PK\x01\x02"
_ZIP64 = 0xFFFFFFFF


def zip_members(source: BinaryIO) -> Iterator[RawMember]:
    """The files of a zip in the order of its central directory; of a cut one, those that are whole."""
    try:
        archive = _opened(source)
    except zipfile.BadZipFile as error:
        yield from _salvaged(source)
        message = f"the zip's directory is missing or broken ({error}); it may have been cut short"
        raise TruncatedError(message) from error
    except (NotImplementedError, OSError, ValueError, struct.error, OverflowError) as error:
        yield from _salvaged(source)
        message = f"the zip's directory makes no sense ({error})"
        raise CorruptError(message) from error
    infos = archive.infolist()
    overlapping = _overlapping(infos, archive.start_dir)
    for info in infos:
        if not info.is_dir():
            yield _raw(info, source, overlaps=info.header_offset in overlapping)


def _opened(source: BinaryIO) -> zipfile.ZipFile:
    """The zip; names that are not the UTF-8 they are said to be would hide all of it from `zipfile`."""
    try:
        return zipfile.ZipFile(source)
    except UnicodeDecodeError:
        return zipfile.ZipFile(cast("BinaryIO", _Mended(source)))


class _Mended:
    """A zip of whose directory entries none says without reason that its name is UTF-8."""

    def __init__(self, inner: BinaryIO) -> None:
        self._inner = inner
        self.seek, self.tell, self.seekable = inner.seek, inner.tell, inner.seekable

    def read(self, size: int = -1) -> bytes:
        data = self._inner.read(size)
        return _mended(data) if data.startswith(_ENTRY_SIGNATURE) else data


def _mended(directory: bytes) -> bytes:
    mended = bytearray(directory)
    at = 0
    while directory.startswith(_ENTRY_SIGNATURE, at) and len(directory) >= at + _ENTRY.size:
        _, flags, name_bytes, extra_bytes, comment_bytes = _ENTRY.unpack_from(directory, at)
        end = at + _ENTRY.size + name_bytes
        try:
            directory[at + _ENTRY.size : end].decode()
        except UnicodeDecodeError:
            mended[at + 8 : at + 10] = (flags & ~_UTF8).to_bytes(2, "little")
        at = end + extra_bytes + comment_bytes
    return bytes(mended)


def _raw(info: zipfile.ZipInfo, source: BinaryIO, *, overlaps: bool) -> RawMember:
    def opened() -> BinaryIO:
        if overlaps:
            message = "the member shares its bytes with another one, as decompression bombs do"
            raise CorruptError(message)
        with archive_errors():
            source.seek(info.header_offset)
            head = source.read(_LOCAL_HEADER.size)
            if len(head) < _LOCAL_HEADER.size or not head.startswith(_LOCAL_SIGNATURE):
                message = "there is no member where the zip's directory says"
                raise CorruptError(message)
            *_, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(head)
            # The name there may be another one; unzip warns and reads on, and so would whoever hides a file.
            return _reader(source, info.header_offset + len(head) + name_bytes + extra_bytes, info)

    name = _name(info.orig_filename, info.flag_bits)
    return RawMember(name, info.file_size, opened, info.compress_size)


def _reader(source: BinaryIO, begin: int, info: zipfile.ZipInfo) -> BinaryIO:
    if info.flag_bits & (_ENCRYPTED | _STRONGLY_ENCRYPTED):
        raise EncryptedError
    if info.flag_bits & _PATCH:
        message = "the member is a patch of another file"
        raise UnsupportedError(message)
    source.seek(begin)
    with archive_errors():
        return cast("BinaryIO", zipfile.ZipExtFile(source, "r", info))


def _name(name: str, flags: int) -> bytes:
    return name.encode("utf-8" if flags & _UTF8 else "cp437", "surrogateescape")


def _overlapping(infos: list[zipfile.ZipInfo], directory: int) -> set[int]:
    """Offsets of members whose bytes reach into the next one's or into the directory."""
    ordered = sorted(infos, key=lambda info: info.header_offset)
    ends = [info.header_offset for info in ordered[1:]] + [directory]
    found: set[int] = set()
    for info, end in zip(ordered, ends, strict=False):
        if info.header_offset + _LOCAL_HEADER.size + info.compress_size > end:
            found.add(info.header_offset)
    return found


def _salvaged(source: BinaryIO) -> Iterator[RawMember]:
    """Files whose local header states their size and whose bytes are all there, from the beginning on."""
    length = source.seek(0, 2)
    at = 0
    while True:
        source.seek(at)
        head = source.read(_LOCAL_HEADER.size)
        if len(head) < _LOCAL_HEADER.size or not head.startswith(_LOCAL_SIGNATURE):
            return
        _, _, flags, method, _, _, check, packed, size, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(head)
        name = source.read(name_bytes)
        begin = at + _LOCAL_HEADER.size + name_bytes + extra_bytes
        at = begin + packed
        if at > length or flags & _SIZES_FOLLOW or _ZIP64 in {packed, size}:
            return  # cut within this one, or only the missing directory knows where it ends
        info = zipfile.ZipInfo(name.decode("utf-8", "surrogateescape"))
        info.flag_bits, info.compress_type, info.CRC = flags, method, check
        info.compress_size, info.file_size = packed, size
        if not name.endswith(b"/"):
            yield RawMember(name, size, partial(_reader, source, begin, info), packed)

"""What the readers of metadata share: one list of fields, one list of problems, one budget for a file."""

import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin.provenance.fields import Field, Fields, Problem, Space

if TYPE_CHECKING:
    from tocsin.media.containers.segments import Segment
    from tocsin.provenance.opened import Opened

MAX_VALUE: Final = 8 << 20
"""Bytes of one value, or of one compressed text when unpacked."""
MAX_BYTES: Final = 64 << 20
"""Bytes of metadata that are read from one file in all."""
MAX_UNPACKED: Final = 32 << 20
"""Bytes that compressed texts of one file may unpack to in all."""
MAX_FIELDS: Final = 20_000
MAX_PARTS: Final = 100_000
"""Small parts of metadata, such as entries of directories and elements of XML, in one file."""
MAX_PROBLEMS: Final = 100
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class EnoughError(Exception):
    """A file has more metadata than are read; the problem is noted already."""


@dataclass(frozen=True, slots=True)
class Block:
    """Metadata bytes and where they stand."""

    data: bytes
    segment: "Segment"
    exact: bool = True
    """Whether data are the bytes of segment: false for what was unpacked or put together."""

    def where(self, start: int, length: int) -> "Segment":
        """The place of a stretch of data; all of the segment where there is no exact one."""
        return self.segment.part(start, length) if self.exact else self.segment

    def part(self, start: int, length: int | None = None) -> "Block":
        """A stretch of it, to its end if there is no length."""
        start = min(start, len(self.data))
        stop = len(self.data) if length is None else start + length
        return Block(self.data[start:stop], self.where(start, stop - start), self.exact)


class Gather:
    """Fields and problems of one file as they are read, and how much may still be read."""

    def __init__(self, file: "Opened") -> None:
        """Nothing is read yet."""
        self.file = file
        self._found: list[Field] = []
        self._problems: dict[Problem, None] = {}
        self._bytes_left = MAX_BYTES
        self._unpacked_left = MAX_UNPACKED
        self._parts_left = MAX_PARTS

    def fields(self) -> Fields:
        """What came together."""
        return Fields(tuple(self._found), tuple(self._problems))

    def problem(self, code: str, reason: str) -> None:
        """Note what could not be read, each reason once."""
        if len(self._problems) < MAX_PROBLEMS:
            self._problems.setdefault(Problem(code, reason))

    def take(self, size: int) -> None:
        """Count `size` bytes that are about to be read, or copied once more.

        Raises:
            EnoughError: there were too many.
        """
        self._bytes_left -= size
        if self._bytes_left < 0:
            self._enough(f"metadata of more than {MAX_BYTES >> 20} MB are not read further")

    def count(self, parts: int = 1) -> None:
        """Count small parts that are about to be read.

        Raises:
            EnoughError: there were too many.
        """
        self._parts_left -= parts
        if self._parts_left < 0:
            self._enough(f"metadata in more than {MAX_PARTS:,} parts are not read further")

    def _enough(self, reason: str) -> None:
        self.problem("provenance.too_much", reason)
        raise EnoughError

    def read(self, segment: "Segment") -> Block:
        """The segment's bytes, as many as are allowed.

        Raises:
            EnoughError: too many bytes of this file were read before.
        """
        size = min(segment.length, MAX_VALUE)
        if size < segment.length:
            where = f"{segment.name} at byte {segment.offset:,}"
            self.problem(
                "provenance.too_much", f"{where} is read only up to its {MAX_VALUE >> 20}th megabyte"
            )
        self.take(size)
        segment = segment.part(0, size)
        return Block(self.file.read(segment, size), segment)

    def add(self, space: Space, name: str, value: str, raw: bytes, where: "Segment") -> None:
        """One field more.

        Raises:
            EnoughError: there are too many.
        """
        if len(self._found) >= MAX_FIELDS:
            self._enough(f"only the first {MAX_FIELDS:,} fields are read")
        self._found.append(Field(space, name, value, raw, where))

    def add_text(self, space: Space, name: str, block: Block) -> None:
        """One field more: all of `block` as text."""
        self.add(space, name, decode(block.data), block.data, block.segment)

    def unpack(self, block: Block) -> Block | None:
        """What a zlib stream unpacks to; None, and a problem, where it is damaged or a bomb."""
        at = f"{block.segment.name} at byte {block.segment.offset:,}"
        most = min(MAX_VALUE, self._unpacked_left)
        unpacker = zlib.decompressobj()
        try:
            data = unpacker.decompress(block.data, most + 1)
        except zlib.error:
            self.problem("provenance.compressed_text", f"the compressed text in {at} is damaged")
            return None
        self._unpacked_left -= min(most, len(data))
        if len(data) > most:
            self.problem("provenance.metadata_bomb", f"the text in {at} unpacks to more than {most:,} bytes")
            return None
        if not unpacker.eof:
            self.problem("provenance.compressed_text", f"the compressed text in {at} breaks off")
        return Block(data, block.segment, exact=False)


def decode(raw: bytes) -> str:
    """Text as writers leave it: UTF-8 whatever the standard says, else Latin-1; without final zeros."""
    raw = raw.rstrip(b"\0")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def is_text(text: str) -> bool:
    """Whether there are no control characters in it but tabs and line ends."""
    return not _CONTROL.search(text)

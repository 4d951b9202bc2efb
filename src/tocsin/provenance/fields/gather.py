"""What the readers of metadata share: one list of fields, one list of problems, one budget for a file."""

import re
import zlib
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tocsin.provenance.fields import Field, Fields, Problem, Space

if TYPE_CHECKING:
    from collections.abc import Sequence

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
_CONTROLS_IN_TEXT: Final = 50
"""Of so many characters of a text one may be a control character; of bytes by chance a quarter are."""
_WORDS: Final = re.compile(r"[\t\n\r -~]{6}")
"""So many printable characters of ASCII in a row hardly come about by reading bytes in the wrong order."""
_BYTE_ORDERS: Final = {b"\xfe\xff": "utf-16-be", b"\xff\xfe": "utf-16-le"}
_UTF8_MARK: Final = b"\xef\xbb\xbf"
_BLANKS: Final = "\ufeff\0"
"""Some writers put them around texts; no reader of ours should have to expect them."""


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

    @classmethod
    def joined(cls, parts: "Sequence[Block]") -> "Block":
        """Parts as one; where there are several, the place is from the first of them to the last."""
        if len(parts) == 1:
            return parts[0]
        segments = [part.segment for part in parts]
        start = min(one.offset for one in segments)
        stop = max(one.offset + one.length for one in segments)
        around = replace(segments[0], offset=start, length=stop - start)
        return cls(b"".join(part.data for part in parts), around, exact=False)

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
        """One field more; byte order marks and zeros around the value are left out.

        Raises:
            EnoughError: there are too many.
        """
        if len(self._found) >= MAX_FIELDS:
            self._enough(f"only the first {MAX_FIELDS:,} fields are read")
        self._found.append(Field(space, name, value.strip(_BLANKS), raw, where))

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
    """Text as writers leave it: UTF-8 whatever the standard says, else Latin-1; without zeros around it.

    UTF-16 only with a byte order mark, and only where that makes it a text.
    """
    if order := _BYTE_ORDERS.get(raw[:2]):
        with suppress(UnicodeDecodeError):
            wide = raw[2:].decode(order).strip(_BLANKS)
            if is_text(wide):
                return wide
    raw = raw.strip(b"\0").removeprefix(_UTF8_MARK)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def decode_wide(raw: bytes) -> tuple[str, ...]:
    """UTF-16 in whichever byte order the writer used: standards leave it open, and writers differ.

    The likelier reading comes first; the other one, too, where it has words: a text can be made to look
    like one of the other order. The high bytes of a text are more often zero, or else fewer different
    ones, than the low bytes are.
    """
    marked = _BYTE_ORDERS.get(raw[:2])
    if marked is None:
        even, odd = raw[::2], raw[1::2]
        zeros = even.count(0) - odd.count(0)
        big = zeros > 0 if zeros else len(set(even)) <= len(set(odd))
        marked = "utf-16-be" if big else "utf-16-le"
    other = "utf-16-le" if marked == "utf-16-be" else "utf-16-be"
    first, second = (raw.decode(order, "replace").strip(_BLANKS + "\ufffe") for order in (marked, other))
    if not has_words(second):
        return (first,)
    return (second, first) if not is_text(first) and is_text(second) else (first, second)


def has_words(text: str) -> bool:
    """Whether several printable characters of ASCII stand in a row."""
    return _WORDS.search(text) is not None


def is_text(text: str) -> bool:
    """Whether there are hardly any control characters in it but tabs and line ends."""
    controls = len(text) - len(_CONTROL.sub("", text))
    return controls * _CONTROLS_IN_TEXT <= len(text)

"""TIFF: directories of tagged values (TIFF 6.0, section 2; BigTIFF), which Exif is made of as well."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tocsin.media.containers._reader import Reader
    from tocsin.media.containers.segments import Segment

MAX_ENTRIES: Final = 4096
"""Of one directory; no writer needs a tenth of it."""
MAX_DIRECTORIES: Final = 64
XMP_TAG, IPTC_TAG, PHOTOSHOP_TAG = 700, 33723, 34377
_NAMES: Final = {XMP_TAG: "XMP", IPTC_TAG: "IPTC", PHOTOSHOP_TAG: "Photoshop"}
SIZES: Final = {
    **dict.fromkeys((1, 2, 6, 7), 1),
    **dict.fromkeys((3, 8), 2),
    **dict.fromkeys((4, 9, 11, 13), 4),
    **dict.fromkeys((5, 10, 12, 16, 17, 18), 8),
}
"""Bytes of one value by the number of its type."""
Read = Callable[[int, int], bytes]
"""Bytes at an offset from the beginning of the TIFF; fewer where it ends."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a TIFF writes its numbers."""

    order: str
    """`<` or `>`, as `struct` has it."""
    big: bool
    first: int
    """Offset of the first directory."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One tagged value."""

    tag: int
    type: int
    count: int
    offset: int
    """Of the value's first byte, from the beginning of the TIFF."""
    size: int


@dataclass(frozen=True, slots=True)
class Directory:
    """An image file directory."""

    entries: tuple[Entry, ...]
    next: int
    """Offset of the next one; 0 after the last."""
    problem: str | None = None


def read_form(head: bytes) -> Form | None:
    """What the first 16 bytes say; None if no TIFF begins so."""
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 8:  # noqa: PLR2004  # the smaller header
        return None
    magic, first = struct.unpack_from(order + "HI", head, 2)
    if magic == 42:  # noqa: PLR2004  # TIFF 6.0
        return Form(order, big=False, first=first)
    if magic == 43 and len(head) >= 16:  # noqa: PLR2004  # BigTIFF
        return Form(order, big=True, first=struct.unpack_from(order + "Q", head, 8)[0])
    return None


def read_directory(read: Read, form: Form, at: int) -> Directory:
    """The directory at `at`. Values may lie anywhere: whoever reads them has to look where they end."""
    order, counter, word = form.order, *(("Q", "Q") if form.big else ("H", "I"))
    head = read(at, struct.calcsize(order + counter))
    if len(head) < struct.calcsize(order + counter):
        return Directory((), 0, "a directory lies outside")
    (promised,) = struct.unpack(order + counter, head)
    count, layout = min(promised, MAX_ENTRIES), struct.Struct(order + "HH" + word + word)
    start, inline = at + len(head), struct.calcsize(word)
    table = read(start, count * layout.size + inline)
    whole = min(count, len(table) // layout.size)
    problem = f"a directory of {promised:,} entries is cut short" if whole < promised else None
    entries = []
    for number, (tag, kind, items, offset) in enumerate(layout.iter_unpack(table[: whole * layout.size])):
        size = SIZES.get(kind, 0) * items
        if size <= inline:
            offset = start + (number + 1) * layout.size - inline  # noqa: PLW2901  # it stands in the entry
        entries.append(Entry(tag, kind, items, offset, size))
    following = table[whole * layout.size :][:inline]
    ends = problem is not None or len(following) < inline
    return Directory(tuple(entries), 0 if ends else struct.unpack(order + word, following)[0], problem)


def directories(read: Read, form: Form) -> Iterator[Directory]:
    """The chain of directories, none of them twice."""
    at, seen = form.first, set[int]()
    while at:
        if at in seen or len(seen) == MAX_DIRECTORIES:
            yield Directory((), 0, "its directories form a loop, or are too many")
            return
        seen.add(at)
        directory = read_directory(read, form, at)
        yield directory
        at = directory.next


def walk_tiff(file: "Reader") -> "Iterator[Segment]":
    """The whole file as `TIFF`, and what its directories name: `XMP`, `IPTC`, `Photoshop`."""
    yield file.segment("TIFF", 0, file.size)
    form = read_form(file.read(0, 16))
    if form is None:
        file.note("the TIFF has no header")
        return
    for directory in directories(file.read, form):
        if directory.problem:
            file.note(f"in the TIFF, {directory.problem}")
        for entry in directory.entries:
            if entry.tag in _NAMES:
                yield file.segment(_NAMES[entry.tag], entry.offset, entry.offset + entry.size)

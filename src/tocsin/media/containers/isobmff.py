"""Boxes of MP4, QuickTime, HEIF, AVIF, JPEG 2000 and JPEG XL (ISO/IEC 14496-12, 4.2)."""

from typing import TYPE_CHECKING, Final

from tocsin.media.containers._items import IN_EXTENTS, items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.media.containers._reader import Reader
    from tocsin.media.containers.segments import Segment

_CONTAINERS: Final = frozenset(
    {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"udta", b"meta", b"jp2h"},
)
_DEEPEST: Final = 10
_HEADER_BYTES: Final = 8
_LONG_HEADER_BYTES: Final = 16
ITEM_IN_EXTENTS: Final = IN_EXTENTS
"""How the names of the extents of items begin that have several."""
_ITEM_BOXES: Final = ("meta/iinf", "meta/iloc", "meta/idat")


def walk_isobmff(file: "Reader") -> "Iterator[Segment]":
    """The payload of every box under its path, such as `moov/udta/meta/ilst`; a container before its parts.

    The payload of `uuid` begins with the 16 bytes of its identifier. Behind the boxes come a picture file's
    items that hold metadata: `meta/item/Exif` and `meta/item/mime`. An item in several extents has a
    segment for each of them, one after the other, with its number in the name: `meta/item/extents/7/mime`.
    """
    tables: dict[str, Segment] = {}
    for segment in _boxes(file):
        if segment.name in _ITEM_BOXES:
            tables.setdefault(segment.name, segment)
        yield segment
    if "meta/iinf" in tables and "meta/iloc" in tables:
        yield from items(file, *map(tables.get, _ITEM_BOXES))


def _boxes(file: "Reader") -> "Iterator[Segment]":
    """Depth first, with a stack of (where to go on, where the container ends, its path)."""
    stack = [(0, file.size, "")]
    while stack:
        at, end, path = stack.pop()
        while at < end:
            head = file.read(at, _LONG_HEADER_BYTES)
            header = _header(head, end - at)
            if header is None:
                if any(file.read(at, min(end - at, _LONG_HEADER_BYTES))):  # QuickTime ends lists with zeros
                    file.note(f"there is no box where one should begin, at byte {at:,}")
                if not path:
                    yield from file.trailer(at)
                break
            kind, start, size = header
            name = path + kind.decode("latin-1")
            if at + size > end < file.size:
                file.note(f"{name} at byte {at:,} is longer than what it is in")
                size = end - at
            segment = file.segment(name, at + start, at + size)
            yield segment
            at += size
            if kind not in _CONTAINERS:
                continue
            if len(stack) == _DEEPEST:
                file.note(f"boxes are nested deeper than {_DEEPEST} at byte {segment.offset:,}")
                continue
            stack.append((at, end, path))
            at, end, path = segment.offset, segment.offset + segment.length, name + "/"
            if (
                kind == b"meta" and file.read(at + 4, 4) != b"hdlr"
            ):  # in QuickTime it has no version and flags
                at += 4


def _header(head: bytes, room: int) -> tuple[bytes, int, int] | None:
    """Type of the box, bytes of its header, bytes of the box; None if that is no header."""
    if min(len(head), room) < _HEADER_BYTES:
        return None
    size, kind, start = int.from_bytes(head[:4]), head[4:8], _HEADER_BYTES
    if size == 1:
        size, start = int.from_bytes(head[8:]), _LONG_HEADER_BYTES
    elif not size:
        size = room
    return (kind, start, size) if size >= start else None

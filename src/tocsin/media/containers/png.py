"""PNG: chunks (PNG specification, third edition, section 5.3)."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.media.containers._reader import Reader
    from tocsin.media.containers.segments import Segment

_SIGNATURE_BYTES: Final = 8
_HEADER_BYTES: Final = 8
_CRC_BYTES: Final = 4


def walk_png(file: "Reader") -> "Iterator[Segment]":
    """The data of every chunk by its type, and what follows IEND as `trailer`."""
    at = _SIGNATURE_BYTES
    while len(head := file.read(at, _HEADER_BYTES)) == _HEADER_BYTES:
        kind, start = head[4:], at + _HEADER_BYTES
        if not kind.isalpha():
            file.note(f"there is no chunk where one should begin, at byte {at:,}")
            yield from file.trailer(at)
            return
        stop = start + int.from_bytes(head[:4])
        yield file.segment(kind.decode("ascii"), start, stop)
        at = stop + _CRC_BYTES
        if kind == b"IEND":
            yield from file.trailer(at)
            return
    file.note("the PNG ends without an IEND chunk")

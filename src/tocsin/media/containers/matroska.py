"""Matroska and WebM: EBML elements (RFC 8794; RFC 9559 for Matroska's own)."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.media.containers._reader import Reader
    from tocsin.media.containers.segments import Segment

_SEGMENT, _CLUSTER = 0x18538067, 0x1F43B675
_NAMES: Final = {
    0x1A45DFA3: "EBML",
    0x4282: "DocType",
    _SEGMENT: "Segment",
    0x114D9B74: "SeekHead",
    0x1549A966: "Info",
    0x4D80: "MuxingApp",
    0x5741: "WritingApp",
    0x7BA9: "Title",
    0x4461: "DateUTC",
    0x73A4: "SegmentUUID",
    0x1654AE6B: "Tracks",
    _CLUSTER: "Cluster",
    0x1C53BB6B: "Cues",
    0x1941A469: "Attachments",
    0x1043A770: "Chapters",
    0x1254C367: "Tags",
    0x7373: "Tag",
    0x63C0: "Targets",
    0x67C8: "SimpleTag",
    0x45A3: "TagName",
    0x4487: "TagString",
    0x4485: "TagBinary",
    0xEC: "Void",
}
_CONTAINERS: Final = frozenset({"EBML", "Segment", "Info", "Tags", "Tag", "SimpleTag"})
_TOP: Final = frozenset({"EBML", "Segment", "SeekHead", "Info", "Tracks", "Cluster", "Cues"}) | {
    "Attachments",
    "Chapters",
    "Tags",
}
_DEEPEST: Final = 12
_MAX_BLOCKS: Final = 1_000_000
"""Parts of elements of unknown size, in the whole file."""
_HEADER_BYTES: Final = 12


def walk_matroska(file: "Reader") -> "Iterator[Segment]":
    """The data of elements under paths such as `Segment/Tags/Tag/SimpleTag/TagName`; clusters are leaves."""
    stack, steps = [(0, file.size, "")], iter(range(_MAX_BLOCKS))
    while stack:
        at, end, path = stack.pop()
        while at < end:
            header = _header(file.read(at, _HEADER_BYTES))
            if header is None:
                file.note(f"there is no element where one should begin, at byte {at:,}")
                break
            number, start, size = header
            kind = _NAMES.get(number, f"{number:#x}")
            stop = end if size is None else at + start + size
            if size is None and kind != "Segment":
                stop = _end_of_unknown(file, at + start, end, steps)
            if stop > end < file.size:
                file.note(f"{path}{kind} at byte {at:,} is longer than what it is in")
                stop = end
            yield file.segment(path + kind, at + start, stop)
            start += at
            at = stop
            if kind not in _CONTAINERS:
                continue
            if len(stack) == _DEEPEST:
                file.note(f"elements are nested deeper than {_DEEPEST} at byte {start:,}")
                continue
            stack.append((at, end, path))
            at, end, path = start, min(stop, file.size), f"{path}{kind}/"


def _header(head: bytes) -> tuple[int, int, int | None] | None:
    """Identifier, bytes of the header and bytes of the data, None where they are unknown."""
    width = 9 - head[0].bit_length() if head else 9
    if width > 4 or len(head) <= width:  # noqa: PLR2004  # identifiers have up to four bytes
        return None
    wide = 9 - head[width].bit_length()
    data = head[width : width + wide]
    if wide > 8 or len(data) < wide:  # noqa: PLR2004  # lengths have up to eight
        return None
    mask = (1 << 7 * wide) - 1
    size = int.from_bytes(data) & mask
    return int.from_bytes(head[:width]), width + wide, None if size == mask else size


def _end_of_unknown(file: "Reader", at: int, end: int, steps: "Iterator[int]") -> int:
    """Where an element of unknown size ends: at the next that cannot stand in it (RFC 8794, 6.2)."""
    for _ in steps:
        header = _header(file.read(at, _HEADER_BYTES))
        if at >= end or header is None:
            return min(at, end)
        number, start, size = header
        if _NAMES.get(number) in _TOP or size is None:
            return at
        at += start + size
    file.note("elements of unknown size have too many parts to find their end")
    return end

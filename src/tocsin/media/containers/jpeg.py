"""JPEG: marker segments before, between and behind the scans (ITU-T T.81, Annex B)."""

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.media.containers._reader import Reader
    from tocsin.media.containers.segments import Segment

_EOI: Final = 0xD9
_NAMES: Final = {
    **{0xC0 + number: f"SOF{number}" for number in range(16)},
    0xC4: "DHT",
    0xC8: "JPG",
    0xCC: "DAC",
    0xDA: "SOS",
    0xDB: "DQT",
    0xDC: "DNL",
    0xDD: "DRI",
    0xDE: "DHP",
    0xDF: "EXP",
    **{0xE0 + number: f"APP{number}" for number in range(16)},
    **{0xF0 + number: f"JPG{number}" for number in range(14)},
    0xFE: "COM",
}
# A marker with a meaning: not a stuffed byte, a restart, TEM or a reserved code, nor SOI, which has nothing
# behind it. In the entropy-coded data of a scan nothing else can follow 0xFF, so looking for this is what
# skips the scan.
_MARKER: Final = re.compile(rb"\xff([^\x00-\xbf\xd0-\xd8\xff])")
_CHUNK: Final = 1 << 18
_FIRST_CHUNK: Final = 1 << 12
"""Where stray bytes are few, the next marker is near; a file can have many such places."""


def walk_jpeg(file: "Reader") -> "Iterator[Segment]":
    """The payload of every marker segment, EOI with none, and what follows EOI as `trailer`."""
    at = 2
    while (marker := _next_marker(file, at)) is not None:
        code, at, head = marker
        if code == _EOI:
            yield file.segment("EOI", at, at)
            yield from file.trailer(at)
            return
        length = int.from_bytes(head)
        if len(head) < 2 or length < 2:  # noqa: PLR2004  # the length counts its own two bytes
            file.note(f"the length of the {_NAMES[code]} segment at byte {at:,} is impossible or cut off")
            return
        yield file.segment(_NAMES[code], at + 2, at + length)
        at += length
    file.note("the JPEG ends without an EOI marker")


def _next_marker(file: "Reader", at: int) -> tuple[int, int, bytes] | None:
    """The next marker from `at` on: its code, the offset behind it, and the two bytes that stand there.

    Mostly it stands at `at`; else behind stray bytes, as decoders allow, or behind entropy-coded data.
    """
    head = file.read(at, 4)
    if match := _MARKER.match(head):
        return head[1], at + 2, head[2:]
    size = _FIRST_CHUNK
    while at < file.size:
        chunk = file.read(at, min(size, _CHUNK))
        size *= 2
        if match := _MARKER.search(chunk):
            at += match.end()
            return match[1][0], at, file.read(at, 2)
        if len(chunk) < 2:  # noqa: PLR2004  # too short for a marker: the end
            return None
        at += len(chunk) - 1
    return None

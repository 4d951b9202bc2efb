"""What container walkers find."""

from dataclasses import dataclass
from typing import Final

MAX_SEGMENTS: Final = 20_000
"""Parts of one file that are listed; what lies beyond is a problem that is told."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a file: the payload of one part of its container, or a stretch of such a payload."""

    container: str
    """jpeg, png, webp, avi, gif, tiff, isobmff, matroska, jxl, or file for what is in no part."""
    name: str
    """Marker, chunk or path of boxes: APP1, tEXt, moov/udta/meta/ilst; `trailer` for what follows the end."""
    offset: int
    """Of the payload's first byte in the file."""
    length: int
    """Bytes of the payload that are there, even where its header promises more."""

    def part(self, start: int, length: int) -> "Segment":
        """The stretch of it from `start` on, cut at its end."""
        start = min(start, self.length)
        return Segment(self.container, self.name, self.offset + start, min(length, self.length - start))


@dataclass(frozen=True, slots=True)
class Walk:
    """The parts of a file in the order in which they stand."""

    segments: tuple[Segment, ...]
    problem: str | None = None
    """Why the walk ended before the file did, in one sentence."""
    walked: bool = True
    """False for a picture or film whose container has no walker here."""

    def named(self, *names: str) -> tuple[Segment, ...]:
        """The segments with one of these names."""
        return tuple(segment for segment in self.segments if segment.name in names)

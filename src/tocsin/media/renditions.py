"""The sandbox task that makes renditions of strangers' pictures, and what a rendition may keep of one.

A child answers with bare samples, never with a file: whoever asked writes the file that is delivered. So a
decoder that was taken over can at worst show another picture of the same few pixels.
"""

import base64
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, BinaryIO, Final, Self

from tocsin.errors import UsageError
from tocsin.media.answers import list_in, number_in
from tocsin.media.errors import NoSuchMemberError
from tocsin.media.limits import PictureLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tocsin.media.pixels import Pixels
    from tocsin.media.sandbox import JsonObject, JsonValue

TASK: Final = "tocsin.media.renditions:render"
"""The task by the name that a pool takes."""
BLUR_PIXELS: Final = 24
LINES_PIXELS: Final = 160
GREY_PIXELS: Final = 256
ORIGINAL_PIXELS: Final = 1600
"""Of a reveal, unless it is asked for otherwise."""
MOST_ORIGINAL_PIXELS: Final = 4096
LIMITS: Final = PictureLimits(walked_pixels=400_000_000)
"""Somebody waits, so less of a long animation is walked through than for its signals."""
CHUNK_BYTES: Final = 600_000
"""Samples in one answer: less than a message may hold once they are base64."""


class Rendition(StrEnum):
    """A filtered preview. All are grey; what is finer than the limit is gone, not hidden."""

    BLUR = "blur"
    LINES = "lines"
    GREY = "grey"

    @property
    def longest(self) -> int:
        """Most pixels across the longer side: what is delivered is no larger and holds no finer detail."""
        return _LONGEST[self]


_LONGEST: Final = {
    Rendition.BLUR: BLUR_PIXELS,
    Rendition.LINES: LINES_PIXELS,
    Rendition.GREY: GREY_PIXELS,
}


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a picture as it is seen upright, in fractions of its sides."""

    left: float
    top: float
    width: float
    height: float

    def __post_init__(self) -> None:
        """Raise UsageError unless it lies in the picture and has an area."""
        if not (
            0 <= self.left < 1
            and 0 <= self.top < 1
            and 0 < self.width <= 1
            and 0 < self.height <= 1
            and self.left + self.width <= 1 + _SLACK
            and self.top + self.height <= 1 + _SLACK
        ):
            message = "a region is left, top, width and height in fractions of the picture, from 0 to 1"
            raise UsageError(message)

    def within(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Left, top, right and bottom in a picture of that size: at least one pixel."""
        left, top = min(int(self.left * width), width - 1), min(int(self.top * height), height - 1)
        right = min(max(left + 1, round((self.left + self.width) * width)), width)
        bottom = min(max(top + 1, round((self.top + self.height) * height)), height)
        return left, top, right, bottom


_SLACK: Final = 1e-9
"""Sums of fractions may be a little over 1."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a job is to make."""

    rendition: Rendition | None = None
    """Without one, the original reduced to `longest` pixels."""
    still: int | None = 0
    """Its number; None for all of them."""
    member: int = 0
    """Of an archive, counted from 1; 0 for the content itself."""
    region: Region | None = None
    longest: int = ORIGINAL_PIXELS
    timeline: bool = False
    """Only which stills there are."""

    def options(self) -> "JsonObject":
        """As the options of a sandbox job."""
        at = self.region
        return {
            "rendition": None if self.rendition is None else self.rendition.value,
            "still": self.still,
            "member": self.member,
            "region": None if at is None else [at.left, at.top, at.width, at.height],
            "longest": self.longest,
            "timeline": self.timeline,
        }

    @classmethod
    def from_options(cls, options: "Mapping[str, JsonValue]") -> Self:
        """Read the options of a sandbox job."""
        rendition, still, region = options["rendition"], options["still"], options["region"]
        return cls(
            None if rendition is None else Rendition(str(rendition)),
            None if still is None else number_in(still),
            number_in(options["member"]),
            None if region is None else Region(*(float(str(one)) for one in list_in(region))),
            number_in(options["longest"]),
            bool(options["timeline"]),
        )

    @property
    def needed(self) -> int:
        """Pixels across the longer side of the whole picture that are enough to make it."""
        if self.rendition is not None:
            return max(self.rendition.longest, LINES_PIXELS)
        part = 1.0 if self.region is None else min(self.region.width, self.region.height)
        return min(int(self.longest / part), 1 << 30)


def render(source: BinaryIO, options: "JsonObject", emit: "Callable[[JsonObject], None]") -> None:
    """Sandbox task: make what `Wanted` says of one content.

    Answers `{"seconds": [...], "cut": ..., "frames": ...}` for a timeline; else, for each still, `still`,
    `width`, `height`, `channels` and, in one or several answers, its `samples`, row by row, as base64.
    """
    from PIL import Image  # noqa: PLC0415  # loaded beforehand in sandbox children

    from tocsin.media.stills import stills, timeline  # noqa: PLC0415  # this module is also read for its nouns

    Image.MAX_IMAGE_PIXELS = None  # `LIMITS` are the limits, checked on all headers
    wanted = Wanted.from_options(options)
    shown = member_of(source, wanted.member, emit) if wanted.member else source
    if wanted.timeline:
        emit(timeline(shown, LIMITS).to_answer())
        return
    for number, pixels in stills(shown, wanted.still, wanted.needed, LIMITS):
        for answer in _answers(number, _made(pixels, wanted)):
            emit(answer)


def _made(pixels: "Pixels", wanted: Wanted) -> "Pixels":
    from tocsin.media.filters import cut_out, filtered  # noqa: PLC0415  # as above

    if wanted.rendition is not None:
        return filtered(pixels, wanted.rendition)
    return cut_out(pixels, wanted.region, wanted.longest)


def _answers(number: int, pixels: "Pixels") -> "Iterator[JsonObject]":
    height, width, *channels = pixels.shape
    about: JsonObject = {
        "still": number,
        "width": width,
        "height": height,
        "channels": channels[0] if channels else 1,
    }
    samples = pixels.tobytes()
    for at in range(0, len(samples), CHUNK_BYTES):
        yield {**about, "samples": base64.b64encode(samples[at : at + CHUNK_BYTES]).decode("ascii")}


def member_of(source: BinaryIO, number: int, emit: "Callable[[JsonObject], None]") -> BinaryIO:
    """The content of a member of an archive, by its number from 1. Raises NoSuchMemberError."""
    from tocsin.media.archives import members  # noqa: PLC0415  # only for archives

    for member in members(source, start=number - 1, progress=lambda: emit({})):
        if member.index != number - 1 or member.opened is None:
            message = member.refusal.message if member.refusal is not None else None
            raise NoSuchMemberError(message)
        if not member.opened.seekable():
            message = f"the member has {member.size:,} bytes, too many to be decoded within an archive"
            raise NoSuchMemberError(message)
        return member.opened
    raise NoSuchMemberError

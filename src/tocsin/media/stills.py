"""Stills of what can be shown: one of a picture, up to eight of an animation, pages or a video."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from tocsin.errors import Refusal
from tocsin.media import jpeg
from tocsin.media.errors import NoStillError, NotShowableError, TooManyFramesError
from tocsin.media.identify import ARCHIVES
from tocsin.media.pictures import (
    check_length,
    check_size,
    head_of,
    large_picture_errors,
    named_errors,
    open_picture,
    orientation_in,
    orientation_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PIL.ImageFile import ImageFile

    from tocsin.media.identify import FileType
    from tocsin.media.limits import PictureLimits
    from tocsin.media.pixels import Pixels
    from tocsin.media.sandbox import JsonObject

MOST_STILLS: Final = 8
_MILLISECONDS: Final = 1000.0


@dataclass(frozen=True, slots=True)
class Timeline:
    """Which stills there are."""

    seconds: tuple[float | None, ...]
    """When each is shown, counted from the beginning; None in what has no time, as pictures and pages."""
    cut: Refusal | None = None
    """Why there are none from later on, where that is so."""
    frames: int = 0
    """Of how many frames or pages they are stills; 0 where that is not known, as of videos."""

    def to_answer(self) -> "JsonObject":
        """As a sandbox child answers."""
        cut = self.cut.to_json() if self.cut else None
        return {"seconds": list(self.seconds), "cut": cut, "frames": self.frames}


def timeline(source: BinaryIO, limits: "PictureLimits") -> Timeline:
    """The stills of the content in `source`.

    Raises:
        NotShowableError: it is neither picture nor video.
        MediaError: it cannot be read.
    """
    file_type = _shown(source)
    if file_type.kind == "video":
        from tocsin.media import video  # noqa: PLC0415  # only for videos

        return Timeline(video.seconds(source, file_type.format, MOST_STILLS))
    if file_type.format == "jpeg":
        return Timeline((None,), frames=1)
    image = open_picture(source, file_type, limits)
    numbers = _numbers(image, limits)
    total, cut = _frames(image), None
    if len(numbers) == 1:
        return Timeline((None,), frames=total)
    if total > (walked := limits.walkable(image.width * image.height)):
        cut = Refusal.of(TooManyFramesError(f"of {total:,} frames only the first {walked:,} are looked at"))
    return Timeline(_times(image, numbers), cut, total)


def stills(
    source: BinaryIO, wanted: int | None, least: int, limits: "PictureLimits"
) -> "Iterator[tuple[int, Pixels]]":
    """The wanted still, or all of them for None, with their numbers: upright, on white, 8-bit grey or RGB.

    They have at least `least` pixels across the longer side if the original has; they may have more.

    Raises:
        NotShowableError: it is neither picture nor video.
        NoStillError: it has no still of that number.
        MediaError: it cannot be decoded.
    """
    file_type = _shown(source)
    if file_type.kind == "video":
        from tocsin.media import video  # noqa: PLC0415  # only for videos

        yield from video.stills(source, file_type.format, MOST_STILLS, wanted, limits)
        return
    if file_type.format == "jpeg":
        _among(wanted, 1)
        yield 0, _jpeg(source, file_type, least, limits)
        return
    yield from _pictures(open_picture(source, file_type, limits), wanted, limits)


def spread(total: int, most: int) -> list[int]:
    """Numbers of at most `most` of `total` frames, evenly spaced, the first and the last among them."""
    if total <= most:
        return list(range(total))
    return [round(step * (total - 1) / (most - 1)) for step in range(most)]


def _shown(source: BinaryIO) -> "FileType":
    file_type = head_of(source)
    if file_type.format in ARCHIVES:
        message = "this is an archive: only its members can be shown, one by one"
        raise NotShowableError(message)
    if file_type.kind not in {"image", "video"}:
        message = f"this is neither picture nor video but {file_type.mime}"
        raise NotShowableError(message)
    return file_type


def _among(wanted: int | None, count: int) -> "Sequence[int]":
    """The numbers of the stills that are wanted of `count`."""
    if wanted is None:
        return range(count)
    if not 0 <= wanted < count:
        message = f"there is no still {wanted}; they are numbered from 0 to {count - 1}"
        raise NoStillError(message)
    return (wanted,)


def _jpeg(source: BinaryIO, file_type: "FileType", least: int, limits: "PictureLimits") -> "Pixels":
    """A JPEG, decoded no larger than need be."""
    from tocsin.media.pixels import oriented  # noqa: PLC0415  # numpy, only once there is a picture

    check_length(source, file_type, limits)
    with named_errors():
        data = source.read()
    header = jpeg.read_header(data)
    check_size(header.width, header.height, limits)
    with named_errors():
        pixels = jpeg.decode_plain(data, header, least)
    if pixels is not None:
        return oriented(pixels, orientation_in(header.exif))
    return _frame(open_picture(source, file_type, limits), 0, limits)


def _pictures(
    image: "ImageFile", wanted: int | None, limits: "PictureLimits"
) -> "Iterator[tuple[int, Pixels]]":
    numbers = _numbers(image, limits)
    for still in _among(wanted, len(numbers)):
        yield still, _frame(image, numbers[still], limits)


def _frame(image: "ImageFile", number: int, limits: "PictureLimits") -> "Pixels":
    from tocsin.media import pixels as convert  # noqa: PLC0415  # numpy, only once there is a picture

    with named_errors():
        if number:
            image.seek(number)
    check_size(image.width, image.height, limits)
    with large_picture_errors(image.width, image.height), named_errors():
        image.load()
    with named_errors():
        seen, _ = convert.visible(image)
        return convert.oriented(seen, orientation_of(image))


def _numbers(image: "ImageFile", limits: "PictureLimits") -> list[int]:
    """The frames that are stills."""
    return spread(min(_frames(image), limits.walkable(image.width * image.height)), MOST_STILLS)


def _frames(image: "ImageFile") -> int:
    with named_errors():
        return max(1, int(getattr(image, "n_frames", 1)))


def _times(image: "ImageFile", numbers: list[int]) -> tuple[float | None, ...]:
    """When these frames are shown, by how long those before them are; None where the format has no times."""
    shown: list[float] = []
    at = 0.0
    timed = False
    for number in range(numbers[-1] + 1):
        shown.append(at)
        with named_errors():
            image.seek(number)
            image.load()
        duration = image.info.get("duration")
        timed = timed or duration is not None
        at += max(0.0, float(duration or 0)) / _MILLISECONDS
    return tuple(round(shown[number], 3) if timed else None for number in numbers)

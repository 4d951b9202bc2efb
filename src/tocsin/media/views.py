"""One content, several views: every way of looking at a picture that a copy of it may have been made from.

Names of views, part of the interface:

- `picture`: the upright picture, colours converted to 8-bit grey or RGB. The first frame of an animation.
- `on-white` and `planes`, in place of `picture` where transparency makes them differ: what a viewer shows on
  a white page, and the stored colours without regard to transparency (what programs that drop the alpha
  channel hash).
- `borderless`: `picture` or `on-white` without its uniform border, if it has one; `borderless-2` and
  `borderless-3` without a second and third one of other colours inside it.
- `frame-N`: up to 8 frames after the first, evenly spaced, the last one among them; N counts from 0. A frame
  that looks exactly like an earlier view of this list is left out.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from tocsin.media import jpeg
from tocsin.media.errors import DamagedError, TooManyFramesError, UnsupportedError
from tocsin.media.limits import PictureLimits
from tocsin.media.pictures import (
    check_length,
    check_size,
    head_of,
    in_memory,
    jpeg_upright,
    large_picture_errors,
    named_errors,
    open_picture,
    orientation_of,
)

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

    from tocsin.media.pixels import Pixels, TakeStored

DEFAULT_LIMITS = PictureLimits()


@dataclass(frozen=True, slots=True)
class View:
    """One way of looking at a picture."""

    name: str
    pixels: "Pixels"
    """uint8, (h, w) grey or (h, w, 3) RGB, C-contiguous."""


def views(
    source: BinaryIO | bytes, limits: PictureLimits = DEFAULT_LIMITS, stored: "TakeStored | None" = None
) -> Iterator[View]:
    """The views of the picture in `source`, decoded one after the other to hold few at a time.

    An error may come after some views: those are good, the rest is missing. `stored` is called once, before
    the first view, with the first picture as it is stored, so that whoever wants that decodes nothing twice.

    Raises:
        EmptyError, UnsupportedError: there is no picture, or no decoder for it.
        TruncatedError, CorruptError: it cannot be decoded to its end.
        DamagedError: after the views; a part of them is the decoder's guess.
        TooManyPixelsError, TooManyFramesError, TooLargeError, OutOfMemoryError: a limit was passed.
    """
    file = in_memory(source)
    file_type = head_of(file)
    if file_type.kind != "image":
        message = f"this is not a picture but {file_type.mime}"
        raise UnsupportedError(message)
    if file_type.format == "jpeg":
        yield from _jpeg_views(file, limits, stored)
    else:
        yield from _pillow_views(open_picture(file, file_type, limits), limits, stored)


def decode_upright(data: bytes, limits: PictureLimits = DEFAULT_LIMITS) -> "Pixels":
    """Pixels of the first view of `data`, in this process: only for bytes that the caller trusts.

    Raises:
        MediaError: as `views`; damage counts as an error here.
    """
    first: Pixels | None = None
    for view in views(data, limits):
        if first is None:
            first = view.pixels
            break
    if first is None:
        raise UnsupportedError
    return first


def _jpeg_views(file: BinaryIO, limits: PictureLimits, stored: "TakeStored | None") -> Iterator[View]:
    file_type = head_of(file)
    check_length(file, file_type, limits)
    with named_errors():
        data = file.read()
    header = jpeg.read_header(data)
    pixels, _ = jpeg_upright(data, header, limits, stored)
    if pixels is not None:
        yield from _still_views(pixels)
        return
    yield from _pillow_views(open_picture(file, file_type, limits), limits, stored)
    if sentence := jpeg.damage(data, header):
        message = f"the picture was decoded, but a part of it is damaged ({sentence})"
        raise DamagedError(message)


def _still_views(pixels: "Pixels") -> Iterator[View]:
    yield View("picture", pixels)
    yield from _borderless(pixels)


def _borderless(visible: "Pixels") -> Iterator[View]:
    from tocsin.media.borders import without_borders  # noqa: PLC0415  # numpy, only once there are pixels

    for layer, inner in enumerate(without_borders(visible), 1):
        yield View("borderless" if layer == 1 else f"borderless-{layer}", inner)


def _pillow_views(
    image: "ImageFile", limits: PictureLimits, stored: "TakeStored | None" = None
) -> Iterator[View]:
    from tocsin.media import pixels as convert  # noqa: PLC0415  # numpy, only once there are pixels

    exact = stored is not None and convert.unconverted(image)
    with large_picture_errors(image.width, image.height), named_errors():
        image.load()
    with named_errors():
        orientation = orientation_of(image)
        seen, differs = convert.visible(image)
    if stored is not None:
        with named_errors():
            bare = convert.as_stored(image, seen)
        stored(bare, exact)
        del bare
    with named_errors():
        seen = convert.oriented(seen, orientation)
    if not differs and not _may_have_frames(image):
        del image  # as large as what was made of it
        yield from _still_views(seen)
        return
    known = {_fingerprint(seen)}
    yield View("on-white" if differs else "picture", seen)
    yield from _borderless(seen)
    del seen  # before more is decoded
    if differs:
        with named_errors():
            bare = convert.oriented(convert.planes(image), orientation)
        yield View("planes", bare)
        del bare
    yield from _later_views(image, limits, known)


def _later_views(image: "ImageFile", limits: PictureLimits, known: set[bytes]) -> Iterator[View]:
    """The sampled frames that look like none of those with the fingerprints `known`."""
    for number in _later_frames(image, limits):
        frame = _frame(image, number, limits)
        fingerprint = _fingerprint(frame)
        if fingerprint not in known:
            known.add(fingerprint)
            yield View(f"frame-{number}", frame)
    _check_frames(image, limits)


def _frame(image: "ImageFile", number: int, limits: PictureLimits) -> "Pixels":
    from tocsin.media import pixels as convert  # noqa: PLC0415  # as above

    with named_errors():
        image.seek(number)
        check_size(image.width, image.height, limits)
        image.load()
        seen, _ = convert.visible(image)
        return convert.oriented(seen, orientation_of(image))


def _may_have_frames(image: "ImageFile") -> bool:
    """Whether frames may follow; for GIF and TIFF the file would have to be walked to know."""
    return image.format in {"GIF", "TIFF"} or _frames(image) > 1


def _frames(image: "ImageFile") -> int:
    with named_errors():
        return int(getattr(image, "n_frames", 1))


def _later_frames(image: "ImageFile", limits: PictureLimits) -> list[int]:
    """Numbers of the frames to look at after the first, evenly spaced, the last allowed one included."""
    last = min(_frames(image), limits.walkable(image.width * image.height)) - 1
    count = min(limits.sampled, last)
    return [round(step * last / count) for step in range(1, count + 1)]


def _check_frames(image: "ImageFile", limits: PictureLimits) -> None:
    total, walked = _frames(image), limits.walkable(image.width * image.height)
    if total > walked:
        message = f"the file has {total:,} frames; only the first {walked:,} were sampled"
        raise TooManyFramesError(message)


def _fingerprint(pixels: "Pixels") -> bytes:
    digest = hashlib.blake2b(repr(pixels.shape).encode(), digest_size=16)
    digest.update(pixels.data)
    return digest.digest()

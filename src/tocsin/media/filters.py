"""What renditions keep of a picture: everything finer is averaged away before anything is delivered."""

from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageFilter

from tocsin.media.renditions import BLUR_PIXELS, GREY_PIXELS, LINES_PIXELS, Rendition

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tocsin.media.pixels import Pixels
    from tocsin.media.renditions import Region

    Levels = NDArray[np.float32]

_STRIP_PIXELS: Final = 1 << 21
"""Of a picture as decoded, converted at a time: Pillow holds 4 bytes for each."""
_SPARE: Final = 8
"""Pixels that are averaged, in each direction, for one of the blurred picture."""
_SIGMA: Final = 0.6
"""Of the Gaussian filter, in pixels of the blurred picture."""
_SMOOTH: Final = 1.2
"""Of the Gaussian filter before edges are sought, in pixels of the drawing."""
_STRONG: Final = 97
"""Percentile of slopes that is a strong edge: lines are relative to it, so dark pictures have some."""
_LEAST_STRONG: Final = 12.0
"""Levels, of 255: fainter slopes than these are no edges, even in a picture that has no stronger ones."""
_FAINT: Final = 0.2
"""Share of a strong edge from which a line begins to show."""
_FULL: Final = 0.7
"""Share from which it is black."""
_STEPS: Final = ((0, 1), (1, 1), (1, 0), (1, -1))
"""Rows and columns to the neighbour in the direction of a slope, by eighths of a turn."""
_WHITE: Final = 255


def filtered(pixels: "Pixels", rendition: Rendition) -> "Pixels":
    """The rendition of a picture, uint8 [h, w]; its longer side is at most the rendition's limit."""
    match rendition:
        case Rendition.BLUR:
            return _blurred(pixels)
        case Rendition.LINES:
            return _drawn(pixels)
        case Rendition.GREY:
            return np.asarray(_shrunk(pixels, GREY_PIXELS, "L"))


def cut_out(pixels: "Pixels", region: "Region | None", longest: int) -> "Pixels":
    """A region of the picture or all of it, reduced to at most `longest` pixels: uint8 [h, w, 3]."""
    if region is not None:
        height, width = pixels.shape[:2]
        left, top, right, bottom = region.within(width, height)
        pixels = pixels[top:bottom, left:right]
    return np.asarray(_shrunk(pixels, longest, "RGB"))


def _blurred(pixels: "Pixels") -> "Pixels":
    """Low-passed well below what the few pixels could hold, so that not even many stills tell more."""
    image = _shrunk(pixels, BLUR_PIXELS * _SPARE, "L")
    size = _fitting(image.size, BLUR_PIXELS)
    soft = image.filter(ImageFilter.GaussianBlur(_SIGMA * max(image.size) / max(size)))
    return np.asarray(soft.resize(size, Image.Resampling.LANCZOS))


def _drawn(pixels: "Pixels") -> "Pixels":
    """Dark lines on white where a smoothed picture changes most, in brightness or in a colour.

    The slopes' maxima across edges, as Canny has them (IEEE PAMI 8, 1986), without his following of faint
    lines; a median has taken texture away before.
    """
    image = _shrunk(pixels, LINES_PIXELS, "RGB").filter(ImageFilter.MedianFilter(5))
    slope, direction = _slopes(np.asarray(image.filter(ImageFilter.GaussianBlur(_SMOOTH)), np.float32))
    strong = max(float(np.percentile(slope, _STRONG)), _LEAST_STRONG)
    dark = np.clip((slope / strong - _FAINT) / (_FULL - _FAINT), 0, 1) * _crests(slope, direction)
    drawn: Pixels = np.rint(_WHITE * (1 - dark)).astype(np.uint8)
    return drawn


def _slopes(values: "Levels") -> "tuple[Levels, NDArray[np.int64]]":
    """The steepest slope among the colours at each pixel, and its direction in eighths of a turn, up to 3."""
    padded = np.pad(values, ((1, 1), (1, 1), (0, 0)), "edge")
    along = padded[1:-1, 2:] - padded[1:-1, :-2]
    down = padded[2:, 1:-1] - padded[:-2, 1:-1]
    slopes = np.hypot(along, down)
    steepest = slopes.argmax(2)[..., None]
    slope, along, down = (np.take_along_axis(one, steepest, 2)[..., 0] for one in (slopes, along, down))
    return slope, np.rint(np.arctan2(down, along) / (np.pi / 4)).astype(np.int64) % 4


def _crests(slope: "Levels", direction: "NDArray[np.int64]") -> "NDArray[np.bool_]":
    """Where a slope is steeper than before and behind it, in its direction."""
    height, width = slope.shape
    padded = np.pad(slope, 1)
    crests = np.zeros(slope.shape, np.bool_)
    for eighth, (down, along) in enumerate(_STEPS):
        behind = padded[1 + down : 1 + down + height, 1 + along : 1 + along + width]
        before = padded[1 - down : 1 - down + height, 1 - along : 1 - along + width]
        crests |= (direction == eighth) & (slope >= behind) & (slope > before)
    return crests


def _shrunk(pixels: "Pixels", longest: int, mode: str) -> Image.Image:
    """The picture in Pillow's `mode`, its longer side at most `longest`; smaller ones stay as they are."""
    image = _averaged(pixels, max(1, max(pixels.shape[:2]) // (2 * longest)), mode)
    size = _fitting((pixels.shape[1], pixels.shape[0]), longest)
    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)


def _averaged(pixels: "Pixels", factor: int, mode: str) -> Image.Image:
    """Each `factor` by `factor` pixels as one; strip by strip, for a large picture fits into memory once."""
    height, width = pixels.shape[:2]
    rows = max(1, _STRIP_PIXELS // (width * factor)) * factor
    parts: list[NDArray[np.uint8]] = []
    for top in range(0, height, rows):
        strip = Image.fromarray(np.ascontiguousarray(pixels[top : top + rows])).convert(mode)
        parts.append(np.asarray(strip.reduce(factor) if factor > 1 else strip))
    return Image.fromarray(np.concatenate(parts))


def _fitting(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """`size` (width, height) reduced so that its longer side is at most `longest`."""
    longer = max(size)
    if longer <= longest:
        return size
    width, height = (max(1, round(side * longest / longer)) for side in size)
    return width, height

"""What renditions keep of a picture: everything finer is averaged away before anything is delivered."""

from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageFilter

from tocsin.media.renditions import BLUR_PIXELS, GREY_PIXELS, LINES_PIXELS, Rendition

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tocsin.media.pixels import Pixels
    from tocsin.media.renditions import Region

_STRIP_PIXELS: Final = 1 << 21
"""Of a picture as decoded, converted at a time: Pillow holds 4 bytes for each."""
_SPARE: Final = 8
"""Pixels that are averaged, in each direction, for one of the blurred picture."""
_SIGMA: Final = 0.6
"""Of the Gaussian filter, in pixels of the blurred picture."""
_FINE: Final = 1.0
"""Of the finer of two Gaussian filters whose difference shows edges, in pixels of the drawing."""
_RATIO: Final = 1.6
"""Of the coarser to the finer one, as Marr and Hildreth have it (Proc. R. Soc. B 207, 1980)."""
_STEEPNESS: Final = 0.35
_LEVEL: Final = 1.5
"""Differences, of 255 levels, that count as no edge."""
_SPREAD: Final = (2, 98)
"""Percentiles that become black and white before edges are sought, so that dark pictures have some."""
_LEAST_CONTRAST: Final = 32.0
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
    """Dark lines on white where a smoothed picture gets brighter or darker.

    The difference of two Gaussian filters with a soft threshold, after Winnemöller and others ("XDoG",
    Computers & Graphics 36, 2012), on a picture from which a median has taken the texture.
    """
    image = _shrunk(pixels, LINES_PIXELS, "L").filter(ImageFilter.MedianFilter(5))
    values = np.asarray(image, np.float32)
    low, high = np.percentile(values, _SPREAD)
    values = (values - low) * (_WHITE / max(high - low, _LEAST_CONTRAST))
    levels = Image.fromarray(np.clip(values, 0, _WHITE).astype(np.uint8))
    fine, coarse = (
        np.asarray(levels.filter(ImageFilter.GaussianBlur(sigma)), np.float32)
        for sigma in (_FINE, _FINE * _RATIO)
    )
    dark = np.tanh(np.maximum(coarse - fine - _LEVEL, 0) * _STEEPNESS)
    drawn: Pixels = np.rint(_WHITE * (1 - dark)).astype(np.uint8)
    return drawn


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

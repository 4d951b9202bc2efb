"""From whatever mode a decoder chose to 8-bit grey or RGB arrays, the colours a viewer would show.

Conversion goes strip by strip: Pillow keeps 4 bytes for an RGB pixel and would otherwise copy all of them
once to convert and twice to hand them over, which a 100-megapixel picture cannot afford in the sandbox.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

Pixels = NDArray[np.uint8]
"""(h, w) grey or (h, w, 3) RGB, 8 bits, C-contiguous."""

TakeStored = Callable[[NDArray[np.uint8], bool], None]
"""Takes a picture as it is stored, and whether these are the file's very values.

The array is uint8, C-contiguous, (h, w) grey, (h, w, 3) RGB or (h, w, 4) RGBA, not turned upright, and not
to be changed: views may share its memory. Its values are the file's own where there are 8 bits a sample and
neither palette nor conversion of colours; what every JPEG and WebP decoder does counts as none.
"""

_STRIP_PIXELS = 1 << 20
_WHITE = 255
_SIXTEEN_BIT_SHIFT = 8
_ALPHA_MODES = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})
_EIGHT_BIT_MODES = frozenset({"L", "RGB", "RGBA"})
_TELLING_FORMATS = frozenset({"PNG", "TIFF", "BMP", "DIB", "JPEG", "WEBP"})
"""Those whose samples are known as they lie in the file; AVIF, HEIC and JPEG XL do not tell their depth."""
_EIGHT_BIT_LAYOUTS = frozenset({"L", "RGB", "RGBA", "RGBX", "BGR", "BGRX", "BGRA", "XBGR", "ABGR"})
"""Pillow's names ("raw modes") for 8-bit samples without conversion, in whatever order."""


def opaque(image: "Image") -> Pixels:
    """The picture without regard to transparency."""
    if image.mode in {"L", "1"}:
        return _gather(image, lambda strip: np.asarray(strip.convert("L")), 1)
    if image.mode.startswith("I;16"):
        return _gather(image, _high_byte, 1)
    if image.mode in {"I", "F"}:
        return _ranged(image)
    if image.mode == "LAB":
        return _gather(image, _lab_converter(), 3)
    return _gather(image, lambda strip: np.asarray(strip if strip.mode == "RGB" else strip.convert("RGB")), 3)


def visible(image: "Image") -> tuple[Pixels, bool]:
    """The picture as it looks on a white page, and whether transparency makes that differ from its planes."""
    if not _has_alpha(image):
        return opaque(image), False
    seen = np.empty((image.height, image.width, 3), np.uint8)
    differs = False
    for top, bottom, strip in _strips(image):
        rgba = np.asarray(strip.convert("RGBA"))
        differs = _put_on_white(rgba, seen[top:bottom]) or differs
    return seen, differs


def _put_on_white(rgba: NDArray[np.uint8], seen: Pixels) -> bool:
    """Write into `seen` what `rgba` looks like on a white page; whether that differs from its colours.

    Rounded like Pillow's alpha_composite: (c * a + 255 * (255 - a)) / 255 to the nearest. Without a division:
    n // 255 is (n + n // 256 + 1) // 256 for every n below 65535.
    """
    alpha = rgba[:, :, 3].astype(np.uint16)
    if alpha.min() == _WHITE:
        seen[:] = rgba[:, :, :3]
        return False
    white = (_WHITE - alpha) * np.uint16(_WHITE) + np.uint16(_WHITE // 2)
    differs = False
    for plane in range(3):
        mixed = rgba[:, :, plane] * alpha
        mixed += white
        mixed += (mixed >> 8) + 1
        mixed >>= 8
        seen[:, :, plane] = mixed
        differs = differs or not np.array_equal(seen[:, :, plane], rgba[:, :, plane])
    return differs


def planes(image: "Image") -> Pixels:
    """The colours of a picture with transparency as they are stored, even where nothing of them is seen."""
    return _gather(image, lambda strip: np.asarray(strip.convert("RGBA"))[:, :, :3], 3)


def unconverted(image: "ImageFile") -> bool:
    """Whether the pixels of an opened picture will be the file's very values; to be asked before `load`."""
    if image.mode not in _EIGHT_BIT_MODES or image.format not in _TELLING_FORMATS:
        return False
    layouts = {
        tile.args if isinstance(tile.args, str) else (*(tile.args or ()), "")[0] for tile in image.tile
    }
    return layouts <= _EIGHT_BIT_LAYOUTS


def as_stored(image: "Image", seen: Pixels) -> NDArray[np.uint8]:
    """The picture with its alpha channel if it has one; `seen` is what `visible` gave for it."""
    if not _has_alpha(image):
        return seen
    rgba = np.empty((image.height, image.width, 4), np.uint8)
    for top, bottom, strip in _strips(image):
        rgba[top:bottom] = np.asarray(strip.convert("RGBA"))
    return rgba


def _has_alpha(image: "Image") -> bool:
    if image.mode in _ALPHA_MODES:
        return True
    # One colour can be declared transparent in modes to which Pillow cannot give an alpha channel.
    return "transparency" in image.info and image.mode in {"1", "L", "P", "RGB"}


def oriented(pixels: Pixels, orientation: int) -> Pixels:
    """Turn the picture upright; `orientation` is Exif's tag 274, unknown values leave it as it is."""
    turned: Pixels
    match orientation:
        case 2:
            turned = pixels[:, ::-1]
        case 3:
            turned = pixels[::-1, ::-1]
        case 4:
            turned = pixels[::-1]
        case 5:
            turned = pixels.swapaxes(0, 1)
        case 6:
            turned = np.rot90(pixels, -1)
        case 7:
            turned = np.rot90(pixels, 2).swapaxes(0, 1)
        case 8:
            turned = np.rot90(pixels)
        case _:
            return pixels
    return np.ascontiguousarray(turned)


def _strips(image: "Image") -> Iterator[tuple[int, int, "Image"]]:
    rows = max(1, _STRIP_PIXELS // max(1, image.width))
    for top in range(0, image.height, rows):
        bottom = min(top + rows, image.height)
        yield top, bottom, image.crop((0, top, image.width, bottom))


def _gather(image: "Image", convert: Callable[["Image"], NDArray[np.uint8]], channels: int) -> Pixels:
    shape = (image.height, image.width) if channels == 1 else (image.height, image.width, channels)
    pixels = np.empty(shape, np.uint8)
    for top, bottom, strip in _strips(image):
        pixels[top:bottom] = convert(strip)
    return pixels


def _high_byte(strip: "Image") -> NDArray[np.uint8]:
    """16 bits to 8, by the high byte as libpng and Pillow do it for 16-bit RGB; Pillow itself would clip."""
    return (np.asarray(strip).astype(np.uint16) >> _SIXTEEN_BIT_SHIFT).astype(np.uint8)


def _ranged(image: "Image") -> Pixels:
    """32-bit integers and floats name no white, so it is told from the largest value.

    Values from 0 to 1 are fractions of white, to 255 they are 8-bit values, to 65535 16-bit ones; anything
    else is stretched from its smallest to its largest value. Values that are not numbers become black.
    """
    low, high = np.inf, -np.inf
    for _, _, strip in _strips(image):
        values = np.asarray(strip)
        values = values[np.isfinite(values)]
        if values.size:
            low, high = min(low, float(values.min())), max(high, float(values.max()))
    base, white = low, high
    for limit in (1 if image.mode == "F" else 255, 255, 65535):
        if low >= 0 and high <= limit:
            base, white = 0.0, float(limit)
            break
    span = white - base
    scale = 255 / span if np.isfinite(span) and span > 0 else 0.0

    def convert(strip: "Image") -> NDArray[np.uint8]:
        values = np.nan_to_num(np.asarray(strip).astype(np.float64), nan=base, posinf=white, neginf=base)
        return np.clip(np.rint((values - base) * scale), 0, _WHITE).astype(np.uint8)

    return _gather(image, convert, 1)


def _lab_converter() -> Callable[["Image"], NDArray[np.uint8]]:
    from PIL import ImageCms  # noqa: PLC0415  # loads LittleCMS, which only LAB needs

    transform = ImageCms.buildTransform(
        ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB"
    )

    def convert(strip: "Image") -> NDArray[np.uint8]:
        turned = ImageCms.applyTransform(strip, transform)
        return np.asarray(turned)

    return convert

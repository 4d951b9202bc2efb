"""The benign alterations that `bench.recall` measures: names, and functions from picture to file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from tocsin.simulators import encoders
from tocsin.simulators.alterations import bordered, resized, stored_turned

Make: TypeAlias = Callable[[Image.Image, np.random.Generator], bytes]
"""From an RGB picture and a source of chance to the bytes of a file."""
Change: TypeAlias = Callable[[Image.Image], Image.Image]

_SAVED_AT: Final = 85
"""JPEG quality of a copy whose alteration is another one."""
_EXIF_UPSIDE_DOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Alteration:
    """One row of the table."""

    name: str
    make: Make


def alterations() -> tuple[Alteration, ...]:
    """Every alteration, in the order of the table."""
    return tuple(
        Alteration(name, make)
        for rows in (_compression, _colours, _framing, _turns, _formats, _cameras, _together)
        for name, make in rows()
    )


def _compression() -> Iterator[tuple[str, Make]]:
    for quality in (90, 75, 50, 30):
        yield f"jpeg {quality}", _then(_same, quality)
    for factor in (0.75, 0.5, 0.25):
        yield f"resize {factor}", _lossless(partial(resized, factor=factor))
    for factor, quality in ((0.75, 75), (0.5, 50), (0.25, 30)):
        yield f"resize {factor}, jpeg {quality}", _then(partial(resized, factor=factor), quality)


def _colours() -> Iterator[tuple[str, Make]]:
    yield "grey", _then(lambda image: image.convert("L").convert("RGB"))
    for factor in (0.7, 1.3):
        yield f"brightness x {factor}", _then(partial(_brightness, factor=factor))
    for factor in (0.7, 1.3):
        yield f"contrast x {factor}", _then(partial(_contrast, factor=factor))


def _framing() -> Iterator[tuple[str, Make]]:
    for percent in (2, 5, 10):
        yield f"crop {percent} %", _then(partial(_cropped, share=percent / 100))
    for percent, colour, tint in (
        (5, "white", (255, 255, 255)),
        (10, "black", (0, 0, 0)),
        (15, "blue", (40, 70, 160)),
    ):
        yield (
            f"border {percent} % {colour}",
            _then(partial(bordered, tint=tint, sides=percent / 100, ends=percent / 100)),
        )
    yield "letterbox black", _then(partial(bordered, tint=(0, 0, 0), sides=0, ends=0.4))
    yield "letterbox grey", _then(partial(bordered, tint=(90, 90, 90), sides=0.5, ends=0))


def _turns() -> Iterator[tuple[str, Make]]:
    yield "mirror", _then(ImageOps.mirror)
    yield "rotate 90", _then(_turned(Image.Transpose.ROTATE_270))
    yield "rotate 180", _then(_turned(Image.Transpose.ROTATE_180))
    yield "rotate 270", _then(_turned(Image.Transpose.ROTATE_90))
    yield "rotate 90 by EXIF", lambda image, _: stored_turned(image)
    yield (
        "rotate 180 by EXIF",
        lambda image, _: encoders.jpeg_tagged(image.transpose(Image.Transpose.ROTATE_180), _EXIF_UPSIDE_DOWN),
    )


def _formats() -> Iterator[tuple[str, Make]]:
    for name, encode in (
        ("PNG", encoders.png),
        ("PNG palette", encoders.png_palette),
        ("PNG 16-bit RGB", encoders.png_rgb16),
        ("PNG 16-bit grey", encoders.png_grey16),
        ("PNG 1-bit dithered", encoders.png_bilevel),
        ("PNG white to alpha", lambda image: encoders.white_to_alpha(np.asarray(image))),
        ("GIF", encoders.gif),
        ("WebP", encoders.webp),
        ("AVIF", encoders.avif),
        ("TIFF", encoders.tiff),
        ("BMP", encoders.bmp),
        ("JPEG CMYK", encoders.jpeg_cmyk),
        ("JPEG progressive", encoders.jpeg_progressive),
    ):
        yield name, partial(_encoded, encode=encode)


def _cameras() -> Iterator[tuple[str, Make]]:
    for percent in (1, 2, 4):
        yield f"re-photographed, {percent} % askew", partial(_rephotographed, skew=percent / 100)


def _together() -> Iterator[tuple[str, Make]]:
    yield "mirror, half size, jpeg 50", _then(lambda image: resized(ImageOps.mirror(image), 0.5), 50)
    yield (
        "letterbox, half size, jpeg 50",
        _then(lambda image: resized(bordered(image, (0, 0, 0), 0, 0.4), 0.5), 50),
    )
    yield (
        "rotate 90, border 5 % white",
        _then(
            lambda image: bordered(image.transpose(Image.Transpose.ROTATE_270), (255, 255, 255), 0.05, 0.05)
        ),
    )


def _then(change: Change, quality: int = _SAVED_AT) -> Make:
    """The change, saved as a JPEG."""
    return lambda image, _: encoders.jpeg(change(image), quality)


def _lossless(change: Change) -> Make:
    """The change, saved as a PNG."""
    return lambda image, _: encoders.png(change(image))


def _encoded(image: Image.Image, _: np.random.Generator, encode: Callable[[Image.Image], bytes]) -> bytes:
    return encode(image)


def _same(image: Image.Image) -> Image.Image:
    return image


def _brightness(image: Image.Image, factor: float) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(factor)


def _contrast(image: Image.Image, factor: float) -> Image.Image:
    return ImageEnhance.Contrast(image).enhance(factor)


def _turned(how: Image.Transpose) -> Change:
    return lambda image: image.transpose(how)


def _cropped(image: Image.Image, share: float) -> Image.Image:
    """Without `share` of each side, half of it at either end."""
    across, down = round(image.width * share / 2), round(image.height * share / 2)
    return image.crop((across, down, image.width - across, image.height - down))


def _rephotographed(image: Image.Image, random: np.random.Generator, skew: float) -> bytes:
    """As taken off a screen by hand: corners off by up to `skew` of a side, soft, noisy, unevenly lit."""
    width, height = image.size
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)
    seen = corners + random.uniform(-skew, skew, (4, 2)) * (width, height)
    tilted = image.transform(
        image.size,
        Image.Transform.PERSPECTIVE,
        _homography(corners, seen),
        Image.Resampling.BICUBIC,
        fillcolor=(30, 30, 30),
    )
    soft = tilted.filter(ImageFilter.GaussianBlur(max(width, height) / 1200))
    pixels = np.asarray(soft).astype(np.float32) * _falloff(random, width, height)
    pixels += random.normal(0, 6, pixels.shape).astype(np.float32)
    return encoders.jpeg(Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)), 80)


def _falloff(random: np.random.Generator, width: int, height: int) -> NDArray[np.float32]:
    """Brightness falling from 1.05 to about 0.75 away from a point, [height, width, 1]."""
    x, y = random.uniform(0.2, 0.8, 2)
    across = (np.arange(width) / width - x) ** 2
    down = (np.arange(height) / height - y) ** 2
    light: NDArray[np.float32] = (1.05 - 0.3 * (down[:, None] + across[None, :])).astype(np.float32)
    return light[:, :, None]


def _homography(target: NDArray[np.float64], source: NDArray[np.float64]) -> list[float]:
    """The 8 coefficients that take each of four target points to its source point."""
    rows = []
    for (x, y), (u, v) in zip(target, source, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    solved: list[float] = np.linalg.solve(np.array(rows), source.reshape(8)).tolist()
    return solved

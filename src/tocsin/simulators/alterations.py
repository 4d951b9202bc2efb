"""The benign ways a copy comes to differ from its original: a table, and one short function for each."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

import numpy as np
from PIL import Image, ImageOps

from tocsin.hashing.signals import Orientation
from tocsin.simulators import encoders
from tocsin.simulators.pictures import picture

Tint = tuple[int, int, int]
"""A colour in RGB, 0 to 255 each."""

_BYSTANDER: Final = 7_000_000
"""Seeds from here on are the other frames of an animation."""
_MEMBER: Final = "pictures/holiday.jpg"
"""The name of a picture inside an archive."""


@dataclass(frozen=True, slots=True)
class Alteration:
    """One way to make a copy, and how a copy so made is found."""

    name: str
    suffix: str
    """The file name's ending, with its dot."""
    make: Callable[[Image.Image], bytes]
    view: str | None = "picture"
    """The view of the copy that matches the original best; None where that depends on the picture."""
    orientation: Orientation = Orientation.UPRIGHT
    """How the view must be turned to look like the original."""
    member: str = ""
    """The name inside the archive, if the file is one."""
    needs: str = ""
    """The optional module without which this format cannot be written."""

    @property
    def available(self) -> bool:
        """Whether what it needs is installed."""
        return not self.needs or find_spec(self.needs) is not None


def resized(image: Image.Image, factor: float) -> Image.Image:
    """The picture with its sides multiplied by `factor`."""
    width, height = image.size
    return image.resize(
        (max(1, round(width * factor)), max(1, round(height * factor))), Image.Resampling.LANCZOS
    )


def bordered(image: Image.Image, tint: Tint, sides: float, ends: float) -> Image.Image:
    """The picture between bars: `sides` left and right, `ends` above and below, as shares of its size."""
    across, down = round(image.width * sides), round(image.height * ends)
    framed = Image.new("RGB", (image.width + 2 * across, image.height + 2 * down), tint)
    framed.paste(image, (across, down))
    return framed


def stored_turned(image: Image.Image) -> bytes:
    """As a phone stores it: pixels turned, and a tag (6) that tells viewers to turn them back."""
    return encoders.jpeg_tagged(image.transpose(Image.Transpose.ROTATE_90), 6)


def _transparent_rim(image: Image.Image) -> bytes:
    """The picture inside a thin transparent rim whose colour planes hold noise."""
    height, width = image.height, image.width
    random = np.random.default_rng(0)
    alpha = np.full((height, width, 1), 255, np.uint8)
    rim = max(1, min(width, height) // 60)
    alpha[:rim] = alpha[-rim:] = 0
    alpha[:, :rim] = alpha[:, -rim:] = 0
    noise = random.integers(0, 256, (height, width, 3), np.uint8)
    planes = np.where(alpha > 0, np.asarray(image.convert("RGB")), noise)
    return encoders.png(Image.fromarray(np.concatenate([planes, alpha], axis=2)))


def _hidden(image: Image.Image) -> bytes:
    return encoders.hidden_under_alpha(np.asarray(image.convert("RGB")))


def _white_to_alpha(image: Image.Image) -> bytes:
    return encoders.white_to_alpha(np.asarray(image.convert("RGB")))


def _among_frames(image: Image.Image, place: int, count: int) -> list[Image.Image]:
    """An animation's frames: unrelated pictures, and at `place` this one."""
    small = resized(image, 0.6)
    frames = [Image.fromarray(picture(_BYSTANDER + index, *small.size)) for index in range(count)]
    frames[place] = small
    return frames


def in_zip(image: Image.Image) -> bytes:
    """A zip archive with the picture in a folder inside it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(_MEMBER, (2024, 1, 1, 0, 0, 0)), encoders.jpeg(image, 80))
    return buffer.getvalue()


def _in_tar(image: Image.Image) -> bytes:
    data, buffer = encoders.jpeg(image, 80), io.BytesIO()
    member = tarfile.TarInfo(_MEMBER)
    member.size = len(data)
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(member, io.BytesIO(data))
    return gzip.compress(buffer.getvalue(), mtime=0)  # a fixed date keeps the file the same from run to run


_BLACK: Final[Tint] = (0, 0, 0)
_TEAL: Final[Tint] = (24, 110, 120)

ALTERATIONS: Final = (
    Alteration("jpeg-q50", ".jpg", lambda image: encoders.jpeg(image, 50)),
    Alteration("jpeg-progressive", ".jpg", encoders.jpeg_progressive),
    Alteration("jpeg-grey", ".jpg", encoders.jpeg_grey),
    Alteration("jpeg-cmyk", ".jpg", encoders.jpeg_cmyk),
    Alteration("half-size", ".jpg", lambda image: encoders.jpeg(resized(image, 0.5), 80)),
    Alteration(
        "mirrored",
        ".jpg",
        lambda image: encoders.jpeg(ImageOps.mirror(image)),
        orientation=Orientation.MIRROR,
    ),
    Alteration(
        "upside-down", ".jpg", lambda image: encoders.jpeg(ImageOps.flip(image)), orientation=Orientation.FLIP
    ),
    Alteration(
        "turned-right",
        ".jpg",
        lambda image: encoders.jpeg(image.transpose(Image.Transpose.ROTATE_270)),
        orientation=Orientation.ROTATE270,
    ),
    Alteration(
        "turned-around",
        ".png",
        lambda image: encoders.png(image.transpose(Image.Transpose.ROTATE_180)),
        orientation=Orientation.ROTATE180,
    ),
    Alteration("turned-by-exif", ".jpg", stored_turned),
    Alteration("named-wrongly", ".png", encoders.jpeg),
    Alteration("png", ".png", encoders.png),
    Alteration("png-palette", ".png", encoders.png_palette),
    Alteration("png-16-bit-grey", ".png", encoders.png_grey16),
    Alteration("png-16-bit-rgb", ".png", encoders.png_rgb16),
    Alteration("png-1-bit", ".png", encoders.png_bilevel),
    Alteration("png-transparent-rim", ".png", _transparent_rim, view=None),
    Alteration("png-white-to-alpha", ".png", _white_to_alpha, view="on-white"),
    Alteration("png-hidden-under-alpha", ".png", _hidden, view="planes"),
    Alteration("gif", ".gif", encoders.gif),
    Alteration("bmp", ".bmp", encoders.bmp),
    Alteration("tiff", ".tif", encoders.tiff),
    Alteration("webp", ".webp", encoders.webp),
    Alteration("avif", ".avif", encoders.avif),
    Alteration("heic", ".heic", encoders.heic),
    Alteration("jpeg-xl", ".jxl", encoders.jxl, needs="pillow_jxl"),
    Alteration(
        "letterbox-black",
        ".jpg",
        lambda image: encoders.jpeg(bordered(image, _BLACK, 0, 0.4), 80),
        view="borderless",
    ),
    Alteration(
        "letterbox-colour",
        ".jpg",
        lambda image: encoders.jpeg(bordered(image, _TEAL, 0.3, 0), 80),
        view="borderless",
    ),
    Alteration(
        "webp-animated",
        ".webp",
        lambda image: encoders.webp_animated(_among_frames(image, 2, 5)),
        view="frame-2",
    ),
    Alteration(
        "gif-animated",
        ".gif",
        lambda image: encoders.gif_animated(_among_frames(image, 3, 4)),
        view="frame-3",
    ),
    Alteration("in-a-zip", ".zip", in_zip, member=_MEMBER),
    Alteration("in-a-tar", ".tar.gz", _in_tar, member=_MEMBER),
)
"""Every alteration the inbox shows; those whose format cannot be written here are not `available`."""

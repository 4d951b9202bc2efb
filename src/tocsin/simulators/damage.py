"""Files that cannot be read as what they claim to be; none of them harms a careful reader."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from tocsin.simulators import encoders
from tocsin.simulators.alterations import in_zip, resized

_KEPT: Final = 0.4
"""The share of a truncated file that is left."""
_BOMB_SIDE: Final = 60_000
"""10.8 GB of pixels, claimed by a file of 76 bytes."""


@dataclass(frozen=True, slots=True)
class Damage:
    """One way to make a file that cannot be read; `make` may start from a good picture."""

    name: str
    suffix: str
    make: Callable[[Image.Image], bytes]


def _truncated(data: bytes) -> bytes:
    return data[: int(len(data) * _KEPT)]


def _overwritten(data: bytes) -> bytes:
    """The file with 64 bytes in its middle set to 255."""
    middle = len(data) // 2
    return data[:middle] + b"\xff" * 64 + data[middle + 64 :]


def _garbage(_: Image.Image) -> bytes:
    return np.random.default_rng(0).bytes(20_000)


def _empty(_: Image.Image) -> bytes:
    return b""


def _text(_: Image.Image) -> bytes:
    return b"This is a note that somebody renamed.\n" * 40


def _bomb(_: Image.Image) -> bytes:
    return encoders.png_file(_BOMB_SIDE, _BOMB_SIDE, depth=8, colour_type=2, rows=bytes(1000))


DAMAGES: Final = (
    Damage("truncated-jpeg", ".jpg", lambda image: _truncated(encoders.jpeg(image))),
    Damage("truncated-png", ".png", lambda image: _truncated(encoders.png(image))),
    Damage("truncated-gif", ".gif", lambda image: _truncated(encoders.gif(image))),
    Damage("truncated-webp", ".webp", lambda image: _truncated(encoders.webp(image))),
    Damage("truncated-zip", ".zip", lambda image: _truncated(in_zip(resized(image, 0.5)))),
    Damage("overwritten-png", ".png", lambda image: _overwritten(encoders.png(image))),
    Damage("garbage", ".jpg", _garbage),
    Damage("empty", ".jpg", _empty),
    Damage("text", ".png", _text),
    Damage("pixel-bomb", ".png", _bomb),
)
"""Every kind of broken file the inbox shows."""

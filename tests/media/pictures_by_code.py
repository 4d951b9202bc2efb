"""Benign pictures for the tests of this room, all made by code."""

import io
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def scene(width: int = 128, height: int = 96, seed: int = 7) -> Image.Image:
    """A colourful, asymmetric picture of smooth blobs and a few hard-edged shapes."""
    random = np.random.default_rng(seed)
    coarse = random.integers(30, 226, (6, 8, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    for number in range(4):
        left, top = int(random.integers(0, width * 3 // 4)), int(random.integers(0, height * 3 // 4))
        box = (left, top, left + width // (6 + number), top + height // (5 + number))
        picture.paste(tuple(int(value) for value in random.integers(0, 256, 3)), box)
    return picture


@cache
def file_of(form: str) -> bytes:
    """A picture in the format Pillow calls `form`, with its default options."""
    return encoded(scene(), form)


def encoded(picture: Image.Image, form: str, **options: object) -> bytes:
    """`picture` as the bytes of a file."""
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def pixels(picture: Image.Image) -> NDArray[np.uint8]:
    """RGB of `picture` as the tests expect a view to hold it."""
    return np.asarray(picture.convert("RGB"))


def difference(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> float:
    """Mean absolute difference of two pictures' samples, after grey is spread over three channels."""
    first, second = (
        side if side.ndim == 3 else np.repeat(side[:, :, None], 3, axis=2) for side in (left, right)
    )
    assert first.shape == second.shape
    return float(np.abs(first.astype(np.int16) - second.astype(np.int16)).mean())

"""PDQ's reduction to 64x64 in NumPy: the reference beside the compiled kernel, and enough for a few files.

All functions take pixels as uint8, shape (height, width * channels) with the channels of a pixel beside each
other.
"""

import numpy as np
from numpy.typing import NDArray

from tocsin.hashing._pdq_tables import SIDE, Reduction, sample_positions, window_size

_Number = np.uint8 | np.float64
LUMA = (0.299, 0.587, 0.114)
"""ITU-R BT.601 weights of red, green and blue."""


def pick(
    pixels: NDArray[np.uint8], rows: NDArray[np.int64], columns: NDArray[np.int64], channels: int
) -> NDArray[np.uint8]:
    """The pixels at `rows` x `columns`, laid out as they were."""
    by_pixel = pixels.reshape(pixels.shape[0], -1, channels)
    return by_pixel[rows[:, None], columns[None, :]].reshape(len(rows), -1)


def reduce_rows(pixels: NDArray[np.uint8], channels: int, by: Reduction) -> NDArray[np.float64]:
    """The rows reduced to SIDE, as brightness of shape (SIDE, width)."""
    lines = _weighted_lines(pixels, by)
    return np.ascontiguousarray(_luma(lines.reshape(SIDE, -1, channels)))


def reduce_columns(luma: NDArray[np.float64], by: Reduction) -> NDArray[np.float64]:
    """The columns of `luma`, shape (SIDE, width), reduced to SIDE: the picture in 64x64."""
    return np.ascontiguousarray(_weighted_lines(luma.T, by).T)


def _weighted_lines(lines: NDArray[_Number], by: Reduction) -> NDArray[np.float64]:
    """Reduce the first axis of `lines` to SIDE."""
    reduced = np.empty((SIDE, lines.shape[1]))
    for i in range(SIDE):
        first, length = int(by.first[i]), int(by.length[i])
        reduced[i] = by.weights[i, :length] @ lines[first : first + length]
    return reduced


def _luma(pixels: NDArray[_Number]) -> NDArray[np.float64]:
    """Brightness of each pixel; grey counts as equal red, green and blue, as the peers make it."""
    red, green, blue = pixels[..., 0], pixels[..., min(1, pixels.shape[-1] - 1)], pixels[..., -1]
    luma: NDArray[np.float64] = red * LUMA[0] + green * LUMA[1] + blue * LUMA[2]
    return luma


def reduce_as_reference(pixels: NDArray[np.uint8], channels: int) -> NDArray[np.float32]:
    """The 64x64 picture by the reference's own steps, so that every rounding error is the same.

    pdqhash computes brightness in double precision, rounds it to single, and filters with a running sum in
    single precision; the order of additions and subtractions below is the order there.
    """
    height, width = pixels.shape[0], pixels.shape[1] // channels
    luma = _luma(pixels.reshape(height, width, channels)).astype(np.float32)
    for _ in range(2):
        luma = _box(luma.T).T
        luma = _box(luma)
    return luma[sample_positions(height)[:, None], sample_positions(width)[None, :]]


def _box(lines: NDArray[np.float32]) -> NDArray[np.float32]:
    """One pass of the box filter along the first axis, all columns at once."""
    extent = lines.shape[0]
    size = window_size(extent)
    ahead = (size + 2) // 2 - 1
    filtered = np.empty_like(lines)
    total = np.zeros(lines.shape[1], dtype=np.float32)
    count = 0
    for right in range(extent + ahead):
        if right < extent:
            total += lines[right]
            count += 1
        if right >= size:
            total -= lines[right - size]
            count -= 1
        if right >= ahead:
            filtered[right - ahead] = total / np.float32(count)
    return filtered

"""Embedding the mark of generators' reference code, to see whether it is found again.

Our own program after invisible-watermark 0.2.0 (imwatermark/maxDct.py), which itself needs PyTorch. It is for
benches and tests only and no part of what is shipped.
"""

import numpy as np
from numpy.typing import NDArray


def marked(rgb: NDArray[np.uint8], message: NDArray[np.uint8], *, swapped: bool = False) -> NDArray[np.uint8]:
    """`rgb` [h, w, 3] with the bits of `message` in it, as the reference embeds by its method dwtDct.

    The colours go through OpenCV's 8-bit YUV; of U the Haar transform's low band is taken in blocks of 4x4,
    and in each the largest value but for the first is moved to a quarter or three quarters of a step of 36.
    `swapped` hands red in for blue, as callers do who forget that OpenCV wants BGR.
    """
    luma, u, v = to_yuv(rgb[:, :, ::-1] if swapped else rgb)
    height, width = u.shape[0] // 4 * 4, u.shape[1] // 4 * 4
    u[:height, :width] = _moved(u[:height, :width].astype(np.float64), message)
    pixels = to_rgb(luma, u, v)
    return np.ascontiguousarray(pixels[:, :, ::-1]) if swapped else pixels


def to_yuv(rgb: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Y, U and V in OpenCV's fixed-point arithmetic (modules/imgproc/src/color_yuv.simd.hpp), 14 bits."""
    red, green, blue = (rgb[:, :, plane].astype(np.int64) for plane in range(3))
    luma = (4899 * red + 9617 * green + 1868 * blue + 8192) >> 14
    u, v = (
        np.clip((weight * (colour - luma) + (128 << 14) + 8192) >> 14, 0, 255)
        for weight, colour in ((8061, blue), (14369, red))
    )
    return luma, u, v


def to_rgb(luma: NDArray[np.int64], u: NDArray[np.int64], v: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The way back."""
    u, v = u - 128, v - 128
    red = luma + ((18678 * v + 8192) >> 14)
    green = luma + ((-6472 * u - 9519 * v + 8192) >> 14)
    blue = luma + ((33292 * u + 8192) >> 14)
    pixels: NDArray[np.uint8] = np.clip(np.stack((red, green, blue), axis=2), 0, 255).astype(np.uint8)
    return pixels


def _moved(u: NDArray[np.float64], message: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """U, [h, w] of multiples of 4, with the message; cut to whole numbers as the reference does."""
    quads = [u[row::2, column::2] for row in (0, 1) for column in (0, 1)]
    low = sum(quads[1:], quads[0]) / 2
    rows, columns = low.shape[0] // 4, low.shape[1] // 4
    changed = low.copy()
    blocks = changed[: rows * 4, : columns * 4].reshape(rows, 4, columns, 4).swapaxes(1, 2)
    values = blocks.reshape(rows * columns, 16)
    every, places = np.arange(rows * columns), np.abs(values[:, 1:]).argmax(axis=1) + 1
    bits = np.resize(message, rows * columns)
    values[every, places] = (values[every, places] // 36 + 0.25 + 0.5 * bits) * 36
    changed[: rows * 4, : columns * 4] = (
        values.reshape(rows, columns, 4, 4).swapaxes(1, 2).reshape(rows * 4, columns * 4)
    )
    shift = (changed - low) / 2
    result = u.copy()
    # The reference hands its inverse transform two bands in the wrong order, which turns each quad over.
    for target, source in zip(((0, 0), (1, 0), (0, 1), (1, 1)), quads, strict=True):
        result[target[0] :: 2, target[1] :: 2] = source + shift
    return (result + 1e-9).astype(np.int64).astype(np.uint8)

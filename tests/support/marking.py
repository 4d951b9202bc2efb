"""Writers of what generators hide in pixels, for pictures that have something to find."""

import gzip
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Stealth = Literal["stealth_pnginfo", "stealth_pngcomp", "stealth_rgbinfo", "stealth_rgbcomp"]


def stealthy(
    pixels: NDArray[np.uint8], text: str | bytes, kind: Stealth, *, appended: bytes = b""
) -> NDArray[np.uint8]:
    """`pixels` [h, w, 3] with `text` in their lowest bits; [h, w, 4] for the kinds that use transparency.

    `appended` follows with a length of its own, as NovelAI's error correction does.
    """
    content = text.encode() if isinstance(text, str) else text
    if kind.endswith("comp"):
        content = gzip.compress(content, mtime=0)
    block = kind.encode() + (len(content) * 8).to_bytes(4) + content
    if appended:
        block += (len(appended) * 8).to_bytes(4) + appended
    return stealthy_raw(pixels, block, colours="rgb" in kind)


def stealthy_raw(pixels: NDArray[np.uint8], block: bytes, *, colours: bool) -> NDArray[np.uint8]:
    """`pixels` [h, w, 3] with any bytes in the lowest bits; what does not fit is left out."""
    height, width, _ = pixels.shape
    bits = [byte >> shift & 1 for byte in block for shift in range(7, -1, -1)]
    clear = np.full((height, width, 1), 255, np.uint8)
    whole = pixels.copy() if colours else np.concatenate([pixels, clear], axis=2)
    planes = (0, 1, 2) if colours else (3,)
    places = ((y, x, plane) for x in range(width) for y in range(height) for plane in planes)
    for place, bit in zip(places, bits, strict=False):
        whole[place] = whole[place] & 0xFE | bit
    return whole


def dwt_marked(
    rgb: NDArray[np.uint8], message: NDArray[np.uint8], *, swapped: bool = False
) -> NDArray[np.uint8]:
    """`rgb` [h, w, 3] with the bits of `message` in it, as invisible-watermark 0.2.0 embeds by dwtDct.

    The colours go through OpenCV's 8-bit YUV; of U the Haar transform's low band is taken in blocks of 4x4, and
    in each the largest value but for the first is moved to a quarter or three quarters of a step of 36.
    `swapped` hands red in for blue, as callers do who forget that OpenCV wants BGR.
    """
    red, green, blue = (rgb[:, :, plane].astype(np.int64) for plane in ((2, 1, 0) if swapped else (0, 1, 2)))
    luma = (4899 * red + 9617 * green + 1868 * blue + 8192) >> 14
    u = np.clip((8061 * (blue - luma) + (128 << 14) + 8192) >> 14, 0, 255)
    v = np.clip((14369 * (red - luma) + (128 << 14) + 8192) >> 14, 0, 255)
    height, width = u.shape[0] // 4 * 4, u.shape[1] // 4 * 4
    u[:height, :width] = _moved(u[:height, :width].astype(np.float64), message)
    u, v = u - 128, v - 128
    blue = luma + ((33292 * u + 8192) >> 14)
    green = luma + ((-6472 * u - 9519 * v + 8192) >> 14)
    red = luma + ((18678 * v + 8192) >> 14)
    planes = (blue, green, red) if swapped else (red, green, blue)
    return np.clip(np.stack(planes, axis=2), 0, 255).astype(np.uint8)


def _moved(u: NDArray[np.float64], message: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """U, [h, w] of multiples of 4, with the message; cut to whole numbers as the reference does."""
    quads = [u[row::2, column::2] for row in (0, 1) for column in (0, 1)]
    low = sum(quads[1:], quads[0]) / 2
    rows, columns = low.shape[0] // 4, low.shape[1] // 4
    changed = low.copy()
    for number in range(rows * columns):
        top, left = number // columns * 4, number % columns * 4
        block = changed[top : top + 4, left : left + 4]
        place = divmod(int(np.abs(block).reshape(-1)[1:].argmax()) + 1, 4)
        block[place] = (block[place] // 36 + 0.25 + 0.5 * message[number % len(message)]) * 36
    shift = (changed - low) / 2
    marked = u.copy()
    # The reference gives its inverse transform two of the bands in the wrong order, which turns each quad over.
    for target, source in zip(((0, 0), (1, 0), (0, 1), (1, 1)), quads, strict=True):
        marked[target[0] :: 2, target[1] :: 2] = source + shift
    return (marked + 1e-9).astype(np.int64).astype(np.uint8)

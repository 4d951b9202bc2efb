"""How strongly each block of a picture speaks for a 0 or a 1 of the mark that reference code embeds.

invisible-watermark's dwtDct (imwatermark/maxDct.py) takes the blue difference U of OpenCV's YUV, its Haar low
band (sums of 2x2), and of that blocks of 4x4; block k carries bit k mod n. In each block the largest value
but for the first is moved to a quarter (0) or three quarters (1) of a step of 36. Its own decoder reads that
value modulo 36, which lossy compression spoils first of all. What survives longer is that the value sticks
out of its neighbours, upwards for most ones and downwards for most zeros, and that it takes its block's mean
along. Those are the robust votes; only in a picture of mere noise does the exact value say more. A message is
found by how well it goes along with the votes of all blocks.
"""

from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

Int = TypeVar("Int", np.int16, np.int32)

Chroma = NDArray[np.uint8]
"""(h, w): U, 128 for grey."""
Low = NDArray[np.int16]
"""(h, w): four times the mean of U over 2x2 pixels."""
Votes = NDArray[np.float32]
"""(rows, columns): positive for a 1. The scale is that of the picture itself."""

BLOCK: Final = 4
_U: Final = (-38, -74, 112)
"""256 times the weights of red, green and blue in U = 0.492 (B - Y); OpenCV's differ in the fourth digit."""
_STEP: Final = 2 * 36
"""Twice what the embedder moves values by, as `Low` is twice what it moves."""
_STRIP_PIXELS: Final = 1 << 16
"""Rows are converted in strips that stay in the cache."""
_STICKS_OUT: Final = 10 * 16
"""Sixteenths of U by which one value differs from the mean of its neighbours; beyond that it is an edge."""
_MEAN: Final = 256
"""The same for the mean of a block, in 256ths of U."""


def chroma(pixels: NDArray[np.uint8]) -> tuple[Chroma, Chroma]:
    """U of pixels (h, w, 3 or more) in RGB, and what U becomes if red is taken for blue and blue for red."""
    height, width = pixels.shape[:2]
    straight, swapped = np.empty((height, width), np.uint8), np.empty((height, width), np.uint8)
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, rows):
        strip = pixels[top : top + rows]
        red, green, blue = (strip[:, :, plane].astype(np.int16) for plane in range(3))
        green *= _U[1]
        green += 128  # so that what follows rounds
        for first, last, target in ((red, blue, straight), (blue, red, swapped)):
            target[top : top + rows] = ((first * _U[0] + green + last * _U[2]) >> 8) + 128
    return straight, swapped


def low_band(u: Chroma) -> Low:
    """The Haar transform's low band, twice as large as it is usually scaled."""
    height, width = u.shape[0] // 2 * 2, u.shape[1] // 2 * 2
    rows = u[0:height:2, :width].astype(np.int16)
    rows += u[1:height:2, :width]
    return rows[:, 0::2] + rows[:, 1::2]


def robust_votes(low: Low) -> Votes:
    """What each block of the low band says as a whole; its sides are at least `BLOCK` long."""
    return _in_own_scale(_sticking_out(low)) + _in_own_scale(_block_means(low))


def exact_votes(low: Low) -> Votes:
    """What the embedder's own rule reads from each block: 1 or 0."""
    largest, _ = _extremes(low)
    return (largest % _STEP > _STEP // 2).astype(np.float32)


def z_score(cast: Votes, message: NDArray[np.uint8], period: int = 1) -> float:
    """How far the votes go along with a message of n bits, in standard errors of shuffled messages.

    The votes of all blocks that would carry one bit are averaged first, so what a picture's own patterns do
    to neighbouring blocks hardly counts. What repeats with `period`, a divisor of n, is left out: a message
    of letters repeats itself with 8, because its bytes look alike, and so does many a pattern. At most it is
    the root of n - `period`; 0 where there are too few blocks.
    """
    count = len(message)
    whole = cast.size // count * count
    if not whole:
        return 0.0
    averages = cast.reshape(-1)[:whole].reshape(-1, count).mean(axis=0, dtype=np.float64)
    along, signs = (_without_repeats(values, period) for values in (averages, message))
    norm = float(np.sqrt((along @ along) * (signs @ signs)))
    return float(along @ signs) / norm * (count - period) ** 0.5 if norm else 0.0


def _without_repeats(values: NDArray[np.float64] | NDArray[np.uint8], period: int) -> NDArray[np.float64]:
    rounds = values.reshape(-1, period).astype(np.float64)
    rounds -= rounds.mean(axis=0)
    return rounds.reshape(-1)


def _sticking_out(low: Low) -> NDArray[np.int16]:
    """Of each block the value, but for the first, that differs most from its neighbours, and how much."""
    differs = _against_neighbours(low)
    np.clip(differs, -_STICKS_OUT, _STICKS_OUT, out=differs)
    highest, lowest = _extremes(differs)
    return np.where(highest >= -lowest, highest, lowest)


def _extremes(values: NDArray[np.int16]) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """The highest and the lowest value of each block but for its first one."""
    height, width = values.shape[0] // BLOCK * BLOCK, values.shape[1] // BLOCK * BLOCK
    places = [divmod(place, BLOCK) for place in range(1, BLOCK * BLOCK)]
    planes = [values[row:height:BLOCK, column:width:BLOCK] for row, column in places]
    highest, lowest = planes[0].copy(), planes[0].copy()
    for plane in planes[1:]:
        np.maximum(highest, plane, out=highest)
        np.minimum(lowest, plane, out=lowest)
    return highest, lowest


def _block_means(low: Low) -> NDArray[np.int32]:
    """By how much each block's mean differs from that of its neighbours."""
    rows, columns = low.shape[0] // BLOCK, low.shape[1] // BLOCK
    blocks = low[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK)
    sums = blocks.sum(axis=1, dtype=np.int32).sum(axis=2)
    means = _against_neighbours(sums)
    np.clip(means, -_MEAN, _MEAN, out=means)
    return means


def _against_neighbours(values: NDArray[Int]) -> NDArray[Int]:
    """Four times each value less its four neighbours; at the rim a value is its own neighbour."""
    result = values * 4
    result[1:] -= values[:-1]
    result[:-1] -= values[1:]
    result[:, 1:] -= values[:, :-1]
    result[:, :-1] -= values[:, 1:]
    result[0] -= values[0]
    result[-1] -= values[-1]
    result[:, 0] -= values[:, 0]
    result[:, -1] -= values[:, -1]
    return result


def _in_own_scale(values: NDArray[np.int16] | NDArray[np.int32]) -> Votes:
    """Divided by their standard deviation."""
    spread = float(values.std(dtype=np.float64))
    return values.astype(np.float32) * np.float32(1 / spread if spread else 0)

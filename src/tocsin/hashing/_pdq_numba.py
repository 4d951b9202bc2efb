"""PDQ's reduction to 64x64 compiled by numba; same functions and answers as `_pdq_numpy`.

The compiled code is kept on disk, so that only the first process ever pays for compiling.
"""

import numpy as np
from numba import types
from numpy.typing import NDArray

from tocsin.compiling import cached_njit
from tocsin.hashing._pdq_numpy import LUMA
from tocsin.hashing._pdq_tables import SIDE, Reduction, sample_positions, window_size

_RED, _GREEN, _BLUE = LUMA
_ROWS_AT_ONCE = 4
"""Rows added per pass over a line: the sums are read and written a quarter as often."""
_LANES = 32
"""Rows filtered side by side: long enough to hide the cost of starting a loop, few enough for the cache."""
_Pixels = types.Array(types.uint8, 2, "C", readonly=True)
_Ints = types.Array(types.int64, 1, "C")
_Weights = types.Array(types.float64, 2, "C")
_Single = types.Array(types.float32, 2, "C")


def pick(
    pixels: NDArray[np.uint8], rows: NDArray[np.int64], columns: NDArray[np.int64], channels: int
) -> NDArray[np.uint8]:
    """The pixels at `rows` x `columns`; see `_pdq_numpy.pick`."""
    picked: NDArray[np.uint8] = _pick(pixels, rows, columns, channels)
    return picked


@cached_njit(types.Array(types.uint8, 2, "C")(_Pixels, _Ints, _Ints, types.int64), nogil=True)
def _pick(pixels, rows, columns, channels):  # type: ignore[no-untyped-def]  # numba gives the types  # noqa: ANN001, ANN202
    starts = (columns * channels).astype(np.uint64)  # unsigned: no test for counting from the end
    picked = np.empty((len(rows), len(columns) * channels), dtype=np.uint8)
    for y in range(len(rows)):
        row, to = pixels[rows[y]], picked[y]
        if channels == 1:
            for x in range(len(starts)):
                to[x] = row[starts[x]]
        else:
            for x in range(len(starts)):
                start = starts[x]
                to[3 * x] = row[start]
                to[3 * x + 1] = row[start + np.uint64(1)]
                to[3 * x + 2] = row[start + np.uint64(2)]
    return picked


def reduce_rows(pixels: NDArray[np.uint8], channels: int, by: Reduction) -> NDArray[np.float64]:
    """The rows reduced to SIDE; see `_pdq_numpy.reduce_rows`."""
    luma: NDArray[np.float64] = _reduce_rows(pixels, channels, by.first, by.length, by.weights)
    return luma


def reduce_columns(luma: NDArray[np.float64], by: Reduction) -> NDArray[np.float64]:
    """The columns reduced to SIDE; see `_pdq_numpy.reduce_columns`."""
    reduced: NDArray[np.float64] = _reduce_columns(luma, by.first, by.length, by.weights)
    return reduced


@cached_njit(_Weights(_Weights, _Ints, _Ints, _Weights), nogil=True)
def _reduce_columns(luma, first, length, weights):  # type: ignore[no-untyped-def]  # numba gives the types  # noqa: ANN001, ANN202
    reduced = np.empty((SIDE, SIDE), dtype=np.float64)
    for i in range(SIDE):
        for j in range(SIDE):
            total = 0.0
            for k in range(length[j]):
                total += weights[j, k] * luma[i, first[j] + k]
            reduced[i, j] = total
    return reduced


@cached_njit(_Weights(_Pixels, types.int64, _Ints, _Ints, _Weights), nogil=True, fastmath={"contract"})
def _reduce_rows(pixels, channels, row_first, row_length, row_weights):  # type: ignore[no-untyped-def]  # numba gives the types  # noqa: ANN001, ANN202
    """Line after line, so that the picture is read once and in order; single precision is enough there."""
    samples = pixels.shape[1]
    width = samples // channels
    line = np.empty(samples, dtype=np.float32)
    luma = np.empty((SIDE, width), dtype=np.float64)
    for i in range(SIDE):
        line[:] = 0.0
        k = 0
        while k < row_length[i]:
            top = row_first[i] + k
            taken = min(_ROWS_AT_ONCE, row_length[i] - k)
            # Rows past the last carry weight zero, which keeps the inner loop free of branches.
            first, second, third, fourth = (
                pixels[top],
                pixels[top + min(1, taken - 1)],
                pixels[top + min(2, taken - 1)],
                pixels[top + min(3, taken - 1)],
            )
            w_first = np.float32(row_weights[i, k])
            w_second = np.float32(row_weights[i, k + 1]) if taken > 1 else np.float32(0.0)
            w_third = np.float32(row_weights[i, k + 2]) if taken > 2 else np.float32(0.0)  # noqa: PLR2004
            w_fourth = np.float32(row_weights[i, k + 3]) if taken > 3 else np.float32(0.0)  # noqa: PLR2004
            for x in range(samples):
                line[x] += (
                    w_first * np.float32(first[x])
                    + w_second * np.float32(second[x])
                    + w_third * np.float32(third[x])
                    + w_fourth * np.float32(fourth[x])
                )
            k += _ROWS_AT_ONCE
        if channels == 1:
            for x in range(width):
                luma[i, x] = line[x]
        else:
            for x in range(width):
                luma[i, x] = line[3 * x] * _RED + line[3 * x + 1] * _GREEN + line[3 * x + 2] * _BLUE
    return luma


def reduce_as_reference(pixels: NDArray[np.uint8], channels: int) -> NDArray[np.float32]:
    """The 64x64 picture with the reference's rounding; see `_pdq_numpy.reduce_as_reference`."""
    height, width = pixels.shape[0], pixels.shape[1] // channels
    rows, columns = sample_positions(height), sample_positions(width)
    once = _first_box_along_rows(pixels, channels, window_size(width))
    twice = _box_down(once, np.arange(height), window_size(height))
    thrice = _second_box_along_rows(twice, columns, window_size(width))
    reduced: NDArray[np.float32] = _box_down(thrice, rows, window_size(height))
    return reduced


@cached_njit(types.void(_Single, _Ints, types.int64, _Single), nogil=True)
def _box_into(lines, wanted, size, filtered):  # type: ignore[no-untyped-def]  # numba gives the types  # noqa: ANN001, ANN202
    """The box filter along the first axis, all columns at once, kept at the `wanted` positions only."""
    extent, columns = lines.shape
    ahead = (size + 2) // 2 - 1
    total = np.zeros(columns, dtype=np.float32)
    count = 0
    kept = 0
    for right in range(extent + ahead):
        if right < extent:
            count += 1
            for x in range(columns):
                total[x] += lines[right, x]
        if right >= size:
            count -= 1
            for x in range(columns):
                total[x] -= lines[right - size, x]
        # A small picture is sampled at the same place more than once.
        while kept < len(wanted) and right - ahead == wanted[kept]:
            divisor = np.float32(count)
            for x in range(columns):
                filtered[kept, x] = total[x] / divisor
            kept += 1


@cached_njit(_Single(_Single, _Ints, types.int64), nogil=True)
def _box_down(lines, wanted, size):  # type: ignore[no-untyped-def]  # numba gives the types  # noqa: ANN001, ANN202
    filtered = np.empty((len(wanted), lines.shape[1]), dtype=np.float32)
    _box_into(lines, wanted, size, filtered)
    return filtered


@cached_njit(_Single(_Pixels, types.int64, types.int64), nogil=True)
def _first_box_along_rows(pixels, channels, size):  # type: ignore[no-untyped-def]  # numba gives the types  # noqa: ANN001, ANN202
    """Brightness and the first pass, `_LANES` rows side by side so that the running sums are vectors."""
    height, width = pixels.shape[0], pixels.shape[1] // channels
    everywhere = np.arange(width)
    luma = np.zeros((_LANES, width), dtype=np.float32)
    tile = np.empty((width, _LANES), dtype=np.float32)
    filtered = np.empty((width, _LANES), dtype=np.float32)
    out = np.empty((height, width), dtype=np.float32)
    for top in range(0, height, _LANES):
        lanes = min(_LANES, height - top)
        for lane in range(lanes):
            row = pixels[top + lane]
            for x in range(width):
                red, green, blue = (
                    row[channels * x],
                    row[channels * x + (channels > 1)],
                    row[channels * (x + 1) - 1],
                )
                luma[lane, x] = np.float32(red * _RED + green * _GREEN + blue * _BLUE)
        for x in range(width):
            for lane in range(_LANES):
                tile[x, lane] = luma[lane, x]
        _box_into(tile, everywhere, size, filtered)
        for lane in range(lanes):
            for x in range(width):
                out[top + lane, x] = filtered[x, lane]
    return out


@cached_njit(_Single(_Single, _Ints, types.int64), nogil=True)
def _second_box_along_rows(lines, wanted, size):  # type: ignore[no-untyped-def]  # numba gives the types  # noqa: ANN001, ANN202
    """The second pass along rows, kept only at the columns that will be sampled."""
    height, width = lines.shape
    tile = np.zeros((width, _LANES), dtype=np.float32)
    filtered = np.empty((len(wanted), _LANES), dtype=np.float32)
    out = np.empty((height, len(wanted)), dtype=np.float32)
    for top in range(0, height, _LANES):
        lanes = min(_LANES, height - top)
        for x in range(width):
            for lane in range(lanes):
                tile[x, lane] = lines[top + lane, x]
        _box_into(tile, wanted, size, filtered)
        for lane in range(lanes):
            for x in range(len(wanted)):
                out[top + lane, x] = filtered[x, lane]
    return out

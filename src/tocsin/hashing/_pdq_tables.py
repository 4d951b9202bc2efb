"""Constants of PDQ that both kernels share: filter windows, their product as weights, and the DCT.

PDQ halves the picture to 64x64 by two passes of a box filter in each direction and then samples it at 64
points (Meta, "The TMK+PDQF video-hashing algorithm and the PDQ image-hashing algorithm", 2019; code in
ThreatExchange, pdq/cpp/downscaling). All of that is linear and separable, so one row of weights per output
row and one per output column say the same as filtering the whole picture: `reduction` makes them.
"""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIDE = 64
"""The reduced picture is SIDE x SIDE."""
KEPT = 16
"""The hash keeps the frequencies 1 to KEPT of the SIDE in each direction."""
MIN_SIDE = 5
"""The reference gives hash zero and quality zero to anything smaller (MIN_HASHABLE_DIM)."""


@dataclass(frozen=True, slots=True)
class Reduction:
    """How one axis of a picture is reduced to SIDE values: a weighted sum of neighbouring lines for each."""

    first: NDArray[np.int64]
    """Shape (SIDE,): the first line that counts."""
    length: NDArray[np.int64]
    """Shape (SIDE,): how many lines count."""
    weights: NDArray[np.float64]
    """Shape (SIDE, longest): the weight of each, zero beyond `length`; each row sums to 1."""

    def mirrored(self, extent: int) -> "Reduction":
        """The reduction that gives for an axis of `extent` pixels what this one gives when it is reversed."""
        reversed_weights = np.zeros_like(self.weights)
        for line, weights, length in zip(reversed_weights, self.weights, self.length, strict=True):
            line[:length] = weights[:length][::-1]
        return Reduction(extent - self.first - self.length, self.length, reversed_weights)


def window_size(extent: int) -> int:
    """Width of the box filter for an axis of `extent` pixels: half a block of the 64, rounded up."""
    return -(-extent // (2 * SIDE))


def windows(positions: NDArray[np.int64], extent: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last pixel (inclusive) that the box filter averages at `positions`, cut off at the edges."""
    size = window_size(extent)
    ahead = (size + 2) // 2 - 1
    return np.maximum(0, positions + ahead + 1 - size), np.minimum(extent - 1, positions + ahead)


def sample_positions(extent: int) -> NDArray[np.int64]:
    """The positions, shape (SIDE,), at which the filtered axis is sampled: the centres of SIDE blocks."""
    return (((np.arange(SIDE) + 0.5) * extent) / SIDE).astype(np.int64)


@functools.lru_cache(maxsize=64)
def reduction(extent: int) -> Reduction:
    """The weights that equal two box passes followed by sampling, for an axis of `extent` pixels.

    Every position in the second pass's window spreads its share evenly over its own window of the first pass.
    Each share is noted where it begins and, negated, where it ends; a running sum then gives the weights.
    """
    outer_first, outer_last = windows(sample_positions(extent), extent)
    first, last = windows(outer_first, extent)[0], windows(outer_last, extent)[1]
    length = last - first + 1
    inner = outer_first[:, None] + np.arange((outer_last - outer_first).max() + 1)
    row, column = np.nonzero(inner <= outer_last[:, None])
    begin, end = windows(inner[row, column], extent)
    share = 1.0 / (end - begin + 1) / (outer_last - outer_first + 1)[row]
    steps = np.zeros((SIDE, int(length.max()) + 1))
    np.add.at(steps, (row, begin - first[row]), share)
    np.add.at(steps, (row, end + 1 - first[row]), -share)
    return Reduction(first, length, np.ascontiguousarray(np.cumsum(steps, axis=1)[:, :-1]))


@functools.lru_cache(maxsize=64)
def mirrored_reduction(extent: int) -> Reduction:
    """The weights for an axis of `extent` pixels that is read from its end."""
    return reduction(extent).mirrored(extent)


@functools.lru_cache(maxsize=1)
def dct_matrix() -> NDArray[np.float32]:
    """The KEPT x SIDE matrix of the DCT's frequencies 1 to KEPT, rounded as the reference rounds it."""
    scale = np.float64(np.float32(np.sqrt(2.0 / SIDE)))
    frequency = np.arange(1, KEPT + 1)[:, None]
    place = 2 * np.arange(SIDE)[None, :] + 1
    matrix: NDArray[np.float32] = (scale * np.cos((np.pi / 2.0 / SIDE) * frequency * place)).astype(
        np.float32
    )
    return matrix

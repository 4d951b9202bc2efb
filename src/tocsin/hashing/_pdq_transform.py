"""From pixels to PDQ's 16x16 frequencies and quality, for a picture as it is, mirrored, or squashed."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tocsin.hashing._pdq_tables import (
    KEPT,
    MIN_SIDE,
    SIDE,
    Reduction,
    dct_matrix,
    mirrored_reduction,
    reduction,
)

SQUASH_SIDE = 512
"""The reference tool squashes anything larger in either direction to this (pdq/cpp/io/pdqio.cpp)."""
BITS = KEPT * KEPT
EXACT_FROM_QUALITY = 25
"""Half of Meta's floor; below it, repeating the reference's rounding is not worth many times the work."""
EXACT_UP_TO_PIXELS = 50_000_000
"""Beyond this the reference's steps need more memory, 8 bytes a pixel, than a sandbox child may have."""


class Kernel(Protocol):
    """The work on pixels; `_pdq_numpy` and `_pdq_numba` both do it. Pixels are (height, width * channels)."""

    def pick(
        self,
        pixels: NDArray[np.uint8],
        rows: NDArray[np.int64],
        columns: NDArray[np.int64],
        channels: int,
        /,
    ) -> NDArray[np.uint8]: ...
    def reduce_rows(
        self, pixels: NDArray[np.uint8], channels: int, by: Reduction, /
    ) -> NDArray[np.float64]: ...
    def reduce_columns(self, luma: NDArray[np.float64], by: Reduction, /) -> NDArray[np.float64]: ...
    def reduce_as_reference(self, pixels: NDArray[np.uint8], channels: int, /) -> NDArray[np.float32]: ...


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels, and the kernel that works on them."""

    lines: NDArray[np.uint8]
    """Shape (height, width * channels): the channels of a pixel stand beside each other."""
    channels: int
    kernel: Kernel

    @property
    def height(self) -> int:
        """In pixels."""
        return int(self.lines.shape[0])

    @property
    def width(self) -> int:
        """In pixels."""
        return int(self.lines.shape[1]) // self.channels

    @property
    def too_small(self) -> bool:
        """Whether the reference refuses to look at it: hash and quality are zero."""
        return min(self.height, self.width) < MIN_SIDE

    @property
    def fits(self) -> bool:
        """Whether the reference tool hashes it without squashing it."""
        return max(self.height, self.width) <= SQUASH_SIDE

    def squashed(self, *, vertical: bool = False, horizontal: bool = False) -> "Picture":
        """What the reference tool hashes of a larger picture, mirrored before that in the directions said.

        It samples 512x512 pixels whatever the proportions, source index floor(i * extent / 512): the
        nearest-neighbour resize of CImg (`CImg.h`, get_resize, interpolation 1), not that of Pillow, which
        samples at the pixels' centres.
        """
        rows = _sampled(self.height, mirrored=vertical)
        columns = _sampled(self.width, mirrored=horizontal)
        return Picture(self.kernel.pick(self.lines, rows, columns, self.channels), self.channels, self.kernel)

    def upright(self) -> tuple[NDArray[np.floating], int]:
        """The 16x16 frequencies and the quality, equal to the reference's wherever that matters."""
        luma = self.kernel.reduce_rows(self.lines, self.channels, reduction(self.height))
        reduced = self.kernel.reduce_columns(luma, reduction(self.width))
        frequencies = _dct(reduced)
        size = self.height * self.width
        if size > EXACT_UP_TO_PIXELS or _certain(reduced, frequencies, max(self.height, self.width)):
            return frequencies, _quality(reduced.astype(np.float32))
        exact = self.kernel.reduce_as_reference(self.lines, self.channels)
        return _dct_as_reference(exact), _quality(exact)

    def as_it_is(self) -> NDArray[np.float64]:
        """The 16x16 frequencies, without regard to the reference's rounding."""
        luma = self.kernel.reduce_rows(self.lines, self.channels, reduction(self.height))
        return _dct(self.kernel.reduce_columns(luma, reduction(self.width)))

    def mirrors(self) -> dict[tuple[bool, bool], NDArray[np.float64]]:
        """The 16x16 frequencies with (top and bottom, left and right) exchanged or not."""
        found = {}
        for vertical in (False, True):
            rows = _axis(self.height, mirrored=vertical)
            luma = self.kernel.reduce_rows(self.lines, self.channels, rows)
            for horizontal in (False, True):
                columns = _axis(self.width, mirrored=horizontal)
                found[vertical, horizontal] = _dct(self.kernel.reduce_columns(luma, columns))
        return found

    def squashed_mirrors(self) -> dict[tuple[bool, bool], NDArray[np.float64]]:
        """The same for what the reference tool would hash of each mirror image."""
        return {
            (vertical, horizontal): self.squashed(vertical=vertical, horizontal=horizontal).as_it_is()
            for vertical in (False, True)
            for horizontal in (False, True)
        }


def _sampled(extent: int, *, mirrored: bool) -> NDArray[np.int64]:
    places = np.arange(SQUASH_SIDE) * extent // SQUASH_SIDE
    return extent - 1 - places if mirrored else places


def _axis(extent: int, *, mirrored: bool) -> Reduction:
    return mirrored_reduction(extent) if mirrored else reduction(extent)


def _dct(reduced: NDArray[np.float64]) -> NDArray[np.float64]:
    matrix = dct_matrix().astype(np.float64)
    return matrix @ reduced @ matrix.T


def _certain(reduced: NDArray[np.float64], frequencies: NDArray[np.float64], extent: int) -> bool:
    """Whether the reference's rounding errors cannot have led it to another hash or quality than ours.

    Its running sums in single precision wander with every addition, by about 2**-24 of the brightness times
    the square root of their number; low frequencies collect most of that. The factors were fitted to 93
    pictures of up to 18 MP, whose 47,616 frequencies stayed within `error` but for 0.04 % (docs/adr/0005).
    """
    wander = (reduced.mean() + 1.0) * np.sqrt(2.0 * extent) * 2.0**-24
    order = np.arange(1, KEPT + 1)
    error = 3.5 * wander * (0.3 + 1.2 / order[:, None] + 1.2 / order[None, :])
    ranked = np.argsort(frequencies, axis=None)
    values, errors = frequencies.ravel()[ranked], error.ravel()[ranked]
    below, above = slice(None, BITS // 2), slice(BITS // 2, None)
    least, most = (min(100, gradient // 90) for gradient in _gradient_range(reduced, 8.0 * wander))
    hash_is_certain = (values[below] + errors[below]).max() < (values[above] - errors[above]).min()
    return most < EXACT_FROM_QUALITY or (least == most and bool(hash_is_certain))


def _gradient_range(reduced: NDArray[np.float64], error: float) -> tuple[int, int]:
    """The gradient sum if every step that is within `error` of counting differently did so."""
    least = most = 0
    for axis in (0, 1):
        steps = np.abs(np.diff(reduced, axis=axis)) * 100.0 / 255.0
        least += int(np.floor(np.maximum(steps - error, 0.0)).sum())
        most += int(np.floor(steps + error).sum())
    return least, most


def _quality(reduced: NDArray[np.float32]) -> int:
    """The sum of the steps between neighbours, in whole percent of full scale, over 90; at most 100.

    Small steps do not count and the figure 90 is the reference's (pdq/cpp/hashing/pdqhashing.cpp).
    """
    total = 0
    for axis in (0, 1):
        steps = -np.diff(reduced, axis=axis) * np.float32(100) / np.float32(255)
        total += int(np.abs(np.trunc(steps)).sum())
    return min(100, total // 90)


def _dct_as_reference(reduced: NDArray[np.float32]) -> NDArray[np.float32]:
    """The frequencies with the reference's rounding: single precision, summed in order."""
    matrix = dct_matrix()
    half = np.zeros((KEPT, SIDE), dtype=np.float32)
    for k in range(SIDE):
        half += matrix[:, k : k + 1] * reduced[k : k + 1, :]
    frequencies = np.zeros((KEPT, KEPT), dtype=np.float32)
    for k in range(SIDE):
        frequencies += half[:, k : k + 1] * matrix[:, k][None, :]
    return frequencies


def to_bits(frequencies: NDArray[np.floating]) -> NDArray[np.uint8]:
    """32 bytes, most significant bit first; bit 16 * row + column counts from the end.

    The median is the lower of the two middle values, as Torben's method gives it.
    """
    values = frequencies.ravel()
    median = np.partition(values, BITS // 2 - 1)[BITS // 2 - 1]
    return np.packbits((values > median)[::-1])

"""PDQ, the perceptual hash of still pictures, in both dialects and all eight orientations.

The algorithm is Meta's ("The TMK+PDQF video-hashing algorithm and the PDQ image-hashing algorithm", 2019;
reference code in ThreatExchange, pdq/cpp). Reduce the brightness to 64x64, take the 16x16 lowest of the
frequencies in its cosine transform but not the constant one, and set a bit where one is above their median.

From quality 25 up and up to 50 megapixels, hash and quality in the full dialect equal those of pdqhash 0.2.8
bit for bit: the fast reduction is used where its rounding cannot change an answer, and the reference's own
order of operations where it could (`_certain`). Below that quality, far under the floor of 50 that Meta
advises for matching, a hash may differ in a bit, and that of a featureless picture, made of nothing but
rounding errors, in many.

Example:
    >>> hashes = hash_image(open("picture.jpg", "rb").read())
    >>> hashes.full.hex, hashes.full.quality, hashes.squash512.hex
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tocsin.errors import Error
from tocsin.hashing import _pdq_numpy
from tocsin.hashing._pdq_tables import KEPT, MIN_SIDE, SIDE, dct_matrix
from tocsin.hashing.signals import Dialect, Orientation, Signal, SignalType

SQUASH_SIDE = 512
"""The reference tool squashes anything larger in either direction to this (pdq/cpp/io/pdqio.cpp)."""
BITS = KEPT * KEPT
EXACT_FROM_QUALITY = 25
"""Half of Meta's floor; below it, repeating the reference's rounding is not worth many times the work."""
EXACT_UP_TO_PIXELS = 50_000_000
"""Beyond this the reference's steps need more memory, 8 bytes a pixel, than a sandbox child may have."""


class InvalidPixelsError(Error):
    """The pixels are not an array that can be hashed."""

    code = "hashing.invalid_pixels"
    advice = (
        "Give uint8 pixels of shape (height, width) for grey or (height, width, 3) for red, green and blue."
    )


class _Kernel(Protocol):
    """The two ways of reducing pixels to 64x64; `_pdq_numpy` and `_pdq_numba` both have them."""

    def pick(
        self,
        pixels: NDArray[np.uint8],
        rows: NDArray[np.int64],
        columns: NDArray[np.int64],
        channels: int,
        /,
    ) -> NDArray[np.uint8]: ...
    def reduce(self, pixels: NDArray[np.uint8], channels: int, /) -> NDArray[np.float64]: ...
    def reduce_as_reference(self, pixels: NDArray[np.uint8], channels: int, /) -> NDArray[np.float32]: ...


@dataclass(frozen=True, slots=True)
class PdqHashes:
    """One picture's hash in both dialects."""

    full: Signal
    squash512: Signal


def hash_image(data: bytes) -> PdqHashes:
    """Hash an encoded picture in this process, upright (EXIF orientation applied), for bytes you trust.

    Raises:
        tocsin.errors.Error: the subclass says why the bytes cannot be decoded.
    """
    from tocsin.media.views import decode_upright  # noqa: PLC0415  # whoever has pixels needs no decoder

    return hash_pixels(decode_upright(data))


def hash_pixels(pixels: NDArray[np.uint8], *, compiled: bool = True) -> PdqHashes:
    """Hash decoded pixels in both dialects.

    Args:
        pixels: uint8, shape (height, width) for grey or (height, width, 3) for red, green, blue.
        compiled: use the numba kernel; the NumPy one is slower but spares a second of import.

    Raises:
        InvalidPixelsError: for any other shape or type.
    """
    upright = {s.dialect: s for s in hash_signals(pixels, (Orientation.UPRIGHT,), compiled=compiled)}
    return PdqHashes(full=upright[Dialect.FULL], squash512=upright[Dialect.SQUASH512])


def hash_signals(
    pixels: NDArray[np.uint8],
    orientations: Iterable[Orientation] = tuple(Orientation),
    *,
    view: str | None = None,
    compiled: bool = True,
) -> list[Signal]:
    """The signals of a picture in both dialects and the given orientations, all from one transform each.

    The hash of an orientation is that of the picture turned so, to within about 8 bits: the reduction samples
    a picture slightly differently from its mirror image.
    """
    kernel = _kernel(compiled=compiled)
    lines, channels = _as_lines(pixels)
    wanted = tuple(orientations)
    full = _signals(lines, channels, kernel, Dialect.FULL, wanted, view)
    squashed = _squash(lines, channels, kernel)
    if squashed is lines:
        return full + [_in_dialect(signal, Dialect.SQUASH512) for signal in full]
    return full + _signals(squashed, channels, kernel, Dialect.SQUASH512, wanted, view)


def _squash(lines: NDArray[np.uint8], channels: int, kernel: _Kernel) -> NDArray[np.uint8]:
    """What the reference tool hashes instead of a picture larger than 512 in either direction.

    It samples 512x512 pixels whatever the proportions, source index floor(i * extent / 512): the
    nearest-neighbour resize of CImg (`CImg.h`, get_resize, interpolation 1), not that of Pillow, which
    samples at the pixels' centres. A picture that fits is returned as it is.
    """
    height, width = lines.shape[0], lines.shape[1] // channels
    if height <= SQUASH_SIDE and width <= SQUASH_SIDE:
        return lines
    places = np.arange(SQUASH_SIDE)
    return kernel.pick(lines, places * height // SQUASH_SIDE, places * width // SQUASH_SIDE, channels)


def _kernel(*, compiled: bool) -> _Kernel:
    if not compiled:
        return _pdq_numpy
    from tocsin.hashing import _pdq_numba  # noqa: PLC0415  # costs over a second of import

    return _pdq_numba


def _in_dialect(signal: Signal, dialect: Dialect) -> Signal:
    return Signal(signal.type, signal.value, signal.quality, signal.view, dialect, signal.orientation)


def _signals(  # noqa: PLR0913, PLR0917  # the picture is two of them
    lines: NDArray[np.uint8],
    channels: int,
    kernel: _Kernel,
    dialect: Dialect,
    orientations: tuple[Orientation, ...],
    view: str | None,
) -> list[Signal]:
    frequencies, quality = _transform(lines, channels, kernel)
    return [
        Signal(SignalType.PDQ, _to_bits(turned).tobytes(), quality, view, dialect, orientation)
        for orientation in orientations
        for turned in (_turn(frequencies, orientation),)
    ]


def _transform(lines: NDArray[np.uint8], channels: int, kernel: _Kernel) -> tuple[NDArray[np.floating], int]:
    """The 16x16 frequencies, and the quality 0 to 100."""
    height, width = lines.shape[0], lines.shape[1] // channels
    if height < MIN_SIDE or width < MIN_SIDE:
        return np.zeros((KEPT, KEPT)), 0
    reduced = kernel.reduce(lines, channels)
    matrix = dct_matrix().astype(np.float64)
    frequencies = matrix @ reduced @ matrix.T
    if height * width > EXACT_UP_TO_PIXELS or _certain(reduced, frequencies, height, width):
        return frequencies, _quality(reduced.astype(np.float32))
    exact = kernel.reduce_as_reference(lines, channels)
    return _dct_as_reference(exact), _quality(exact)


def _as_lines(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int]:
    """Pixels as (height, width * channels), channels interleaved, and the number of channels."""
    if (
        pixels.dtype != np.uint8
        or pixels.size == 0
        or not (
            pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)  # noqa: PLR2004  # grey; red, green, blue
        )
    ):
        message = f"cannot hash an array of shape {pixels.shape} and type {pixels.dtype}"
        raise InvalidPixelsError(message)
    channels = 1 if pixels.ndim == 2 else 3  # noqa: PLR2004
    return np.ascontiguousarray(pixels).reshape(pixels.shape[0], -1), channels


def _certain(reduced: NDArray[np.float64], frequencies: NDArray[np.float64], height: int, width: int) -> bool:
    """Whether the reference's rounding errors cannot have led it to another hash or quality than ours.

    Its running sums in single precision wander with every addition, by about 2**-24 of the brightness times
    the square root of their number; low frequencies collect most of that. The factors were fitted to 93
    pictures of up to 18 MP, whose 47,616 frequencies stayed within `error` but for 0.04 % (docs/adr/0005).
    """
    wander = (reduced.mean() + 1.0) * np.sqrt(2.0 * max(height, width)) * 2.0**-24
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


_ODD = np.where(np.arange(1, KEPT + 1) % 2, -1.0, 1.0).astype(np.float32)
"""Mirroring turns the sign of odd frequencies: cosine (2(63-x)+1)k = (-1)^k cosine (2x+1)k."""
_TURNS: dict[Orientation, tuple[bool, bool, bool]] = {
    Orientation.UPRIGHT: (False, False, False),
    Orientation.ROTATE90: (True, False, True),
    Orientation.ROTATE180: (False, True, True),
    Orientation.ROTATE270: (True, True, False),
    Orientation.MIRROR: (False, False, True),
    Orientation.FLIP: (False, True, False),
    Orientation.TRANSPOSE: (True, False, False),
    Orientation.TRANSVERSE: (True, True, True),
}
"""Whether to transpose, then to swap top and bottom, then left and right."""


def _turn(frequencies: NDArray[np.floating], orientation: Orientation) -> NDArray[np.floating]:
    """The frequencies of the picture turned so."""
    transpose, vertical, horizontal = _TURNS[orientation]
    turned = frequencies.T if transpose else frequencies
    if vertical:
        turned = turned * _ODD[:, None]
    return turned * _ODD[None, :] if horizontal else turned


def _to_bits(frequencies: NDArray[np.floating]) -> NDArray[np.uint8]:
    """32 bytes, most significant bit first; bit 16 * row + column counts from the end.

    The median is the lower of the two middle values, as Torben's method gives it.
    """
    values = frequencies.ravel()
    median = np.partition(values, BITS // 2 - 1)[BITS // 2 - 1]
    return np.packbits((values > median)[::-1])

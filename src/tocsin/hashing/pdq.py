"""PDQ, the perceptual hash of still pictures, in both dialects and all eight orientations.

The algorithm is Meta's ("The TMK+PDQF video-hashing algorithm and the PDQ image-hashing algorithm", 2019;
reference code in ThreatExchange, pdq/cpp). Reduce the brightness to 64x64, take the 16x16 lowest of the
frequencies in its cosine transform but not the constant one, and set a bit where one is above their median.

From quality 25 up and up to 50 megapixels, hash and quality in the full dialect equal those of pdqhash 0.2.8
bit for bit: the fast reduction is used where its rounding cannot change an answer, and the reference's own
order of operations where it could (`_pdq_transform`). Below that quality, far under the floor of 50 that
Meta advises for matching, a hash may differ in a bit, and that of a featureless picture, made of nothing
but rounding errors, in many.

Example:
    >>> hashes = hash_image(open("picture.jpg", "rb").read())
    >>> hashes.full.hex, hashes.full.quality, hashes.squash512.hex
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tocsin.errors import Error
from tocsin.hashing import _pdq_numpy
from tocsin.hashing._pdq_transform import Kernel, Picture, to_bits
from tocsin.hashing.signals import Dialect, Orientation, Signal, SignalType

_TURNS: dict[Orientation, tuple[bool, bool, bool]] = {
    Orientation.UPRIGHT: (False, False, False),
    Orientation.ROTATE90: (True, False, True),
    Orientation.ROTATE180: (True, True, False),
    Orientation.ROTATE270: (False, True, True),
    Orientation.MIRROR: (False, True, False),
    Orientation.FLIP: (True, False, False),
    Orientation.TRANSPOSE: (False, False, True),
    Orientation.TRANSVERSE: (True, True, True),
}
"""Whether to exchange top and bottom, then left and right, and then to transpose."""


class InvalidPixelsError(Error):
    """The pixels are not an array that can be hashed."""

    code = "hashing.invalid_pixels"
    advice = (
        "Give uint8 pixels of shape (height, width) for grey or (height, width, 3) for red, green and blue."
    )


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
    """The signals of a picture in both dialects and the given orientations.

    The hash of an orientation is that of the picture turned so. To take it from the upright picture's
    transform with signs changed, as the reference's dihedral function does, would cost up to 32 bits, the
    whole radius: the reduction samples a picture differently from its mirror image (docs/adr/0005).

    Raises:
        InvalidPixelsError: as `hash_pixels`.
    """
    picture = Picture(*_as_lines(pixels), _kernel(compiled=compiled))
    wanted = tuple(orientations)
    full = _signals(picture, Dialect.FULL, wanted, view)
    if picture.fits:
        return full + [replace(signal, dialect=Dialect.SQUASH512) for signal in full]
    return full + _signals(picture, Dialect.SQUASH512, wanted, view)


def _signals(
    picture: Picture, dialect: Dialect, orientations: tuple[Orientation, ...], view: str | None
) -> list[Signal]:
    squash = dialect is Dialect.SQUASH512
    hashed = picture.squashed() if squash else picture
    if hashed.too_small:
        nothing = bytes(SignalType.PDQ.size)
        return [Signal(SignalType.PDQ, nothing, 0, view, dialect, turn) for turn in orientations]
    upright, quality = hashed.upright()
    turned = orientations != (Orientation.UPRIGHT,)
    mirrors = (picture.squashed_mirrors() if squash else picture.mirrors()) if turned else {}
    signals = []
    for orientation in orientations:
        vertical, horizontal, transpose = _TURNS[orientation]
        frequencies = upright if orientation is Orientation.UPRIGHT else mirrors[vertical, horizontal]
        value = to_bits(frequencies.T if transpose else frequencies).tobytes()
        signals.append(Signal(SignalType.PDQ, value, quality, view, dialect, orientation))
    return signals


def _kernel(*, compiled: bool) -> Kernel:
    if not compiled:
        return _pdq_numpy
    from tocsin.hashing import _pdq_numba  # noqa: PLC0415  # costs over a second of import

    return _pdq_numba


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

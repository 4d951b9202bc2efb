"""The array types that pass between the modules of this room, and the checks at its door."""

import numpy as np
from numpy.typing import NDArray

from tocsin.index.errors import InvalidIndexInputError

Words = NDArray[np.uint64]
"""Hashes as uint64[n, 4]: the 32 bytes read as four little-endian words."""
Ids = NDArray[np.uint64]
Bytes = NDArray[np.uint8]

HASH_BYTES = 32
MAX_RADIUS = 64
CHECKPOINT_BYTES = 64


def checked_ids(ids: object) -> Ids:
    """`ids` if it is uint64[n], contiguous. Raises InvalidIndexInputError."""
    if not isinstance(ids, np.ndarray) or ids.dtype != np.uint64 or ids.ndim != 1:
        message = f"ids must be uint64[n], not {_described(ids)}"
        raise InvalidIndexInputError(message)
    return np.ascontiguousarray(ids)


def checked_hashes(hashes: object, what: str) -> Words:
    """`hashes` as words if it is uint8[n, 32]. Raises InvalidIndexInputError."""
    if (
        not isinstance(hashes, np.ndarray)
        or hashes.dtype != np.uint8
        or hashes.ndim != 2  # noqa: PLR2004  # rows and bytes
        or hashes.shape[1] != HASH_BYTES
    ):
        message = f"{what} must be uint8[n, {HASH_BYTES}], not {_described(hashes)}"
        raise InvalidIndexInputError(message)
    words = np.ascontiguousarray(hashes).view(np.uint64)
    return words if words.flags.aligned else words.copy()


def checked_radius(radius: object) -> int:
    """`radius` if it is a whole number from 0 to 64. Raises InvalidIndexInputError."""
    if isinstance(radius, bool) or not isinstance(radius, (int, np.integer)) or not 0 <= radius <= MAX_RADIUS:
        message = f"the radius must be a whole number from 0 to {MAX_RADIUS}, not {radius!r}"
        raise InvalidIndexInputError(message)
    return int(radius)


def checked_checkpoint(checkpoint: object) -> bytes | None:
    """`checkpoint` if it is None or at most 64 bytes. Raises InvalidIndexInputError."""
    if checkpoint is None or (isinstance(checkpoint, bytes) and len(checkpoint) <= CHECKPOINT_BYTES):
        return checkpoint
    message = f"a checkpoint must be bytes, at most {CHECKPOINT_BYTES} of them"
    raise InvalidIndexInputError(message)


def _described(value: object) -> str:
    """What the caller gave, in NumPy's words."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{list(value.shape)}"
    return type(value).__name__

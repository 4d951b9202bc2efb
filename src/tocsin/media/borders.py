"""Finding the uniform border of a letterboxed, pillarboxed or framed picture.

The border is looked for from each side inwards and the search ends at the first line that differs, so a
picture without one costs four lines. A line counts as border while nearly all of its samples are near the
colour of the outermost line; in the last coding block before the picture's edge, where lossy coding ripples,
less near will do.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tocsin.media.pixels import Pixels

_FLAT = 6
"""Largest difference of a sample from the border's colour inside the border, where lossy coding is exact."""
_RIPPLED = 28
"""The same next to the picture's edge, where JPEG of quality 75 ripples about this much."""
_RIPPLE_LINES = 16
"""How far ripples reach: the side of a coding block with halved colour resolution (ITU-T T.81, A.2)."""
_SHARE = 0.97
"""Share of a line's samples that must be near."""
_STEPS = (1, 7, 8, 16, 32, 64)
"""Lines tested at once: one where there is no border, then more and more."""
_LEAST_SIDE = 32
"""Smallest side that may remain, in pixels."""
_LEAST_SHARE = 0.1
"""Smallest share of each side that may remain: less is a mark on an empty page."""
_WORTHWHILE = 1 / 128
"""Share of a side below which a border hardly moves a perceptual hash and is left alone."""
_MAX_ROUNDS = 3


def without_border(pixels: "Pixels") -> "Pixels | None":
    """The picture inside its uniform border as a C-contiguous copy; None if it has none worth cutting.

    The four sides are independent: each may have a border of its own colour and width, or none. A picture
    that is all border, or nearly, is left alone.
    """
    height, width = pixels.shape[:2]
    top, bottom, left, right = 0, height, 0, width
    for _ in range(_MAX_ROUNDS):  # a frame of several colours is taken off layer by layer
        before = (top, bottom, left, right)
        inner = pixels[top:bottom, left:right]
        above, below = _margins(inner)
        top, bottom = top + above, bottom - below
        inner = pixels[top:bottom, left:right].swapaxes(0, 1)
        leading, trailing = _margins(inner)
        left, right = left + leading, right - trailing
        if before == (top, bottom, left, right):
            break
    for remaining, side in ((bottom - top, height), (right - left, width)):
        if remaining < max(_LEAST_SIDE, side * _LEAST_SHARE):
            return None
    cut = max((height - bottom + top) / height, (width - right + left) / width)
    if cut < _WORTHWHILE:
        return None
    return np.array(pixels[top:bottom, left:right])


def _margins(lines: "Pixels") -> tuple[int, int]:
    """Border lines at the beginning and at the end of the first axis; none if all of them are border."""
    first = _margin(lines)
    if first >= len(lines):
        return 0, 0
    return first, _margin(lines[::-1])


def _margin(lines: "Pixels") -> int:
    """How many lines from the first one on are border."""
    if not len(lines) or not lines.shape[1]:
        return 0
    colour = np.median(lines[0], axis=0).astype(np.int16)
    flat, step = 0, 0
    while flat < len(lines):
        block = lines[flat : flat + _STEPS[step]]
        leading = _leading(_near_share(block, colour, _FLAT))
        flat += leading
        if leading < len(block):
            break
        step = min(step + 1, len(_STEPS) - 1)
    if not flat:
        return 0
    return flat + _leading(_near_share(lines[flat : flat + _RIPPLE_LINES], colour, _RIPPLED))


def _near_share(block: "Pixels", colour: "NDArray[np.int16]", near: int) -> "NDArray[np.float64]":
    """For each line of `block` the share of its samples near `colour`."""
    close = np.abs(block.astype(np.int16) - colour) <= near
    share: NDArray[np.float64] = close.reshape(len(block), -1).mean(axis=1)
    return share


def _leading(share: "NDArray[np.float64]") -> int:
    """How many lines from the first one on are uniform."""
    uniform = share >= _SHARE
    return len(uniform) if uniform.all() else int(np.argmin(uniform))

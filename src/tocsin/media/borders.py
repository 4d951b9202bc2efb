"""Finding the uniform border of a letterboxed, pillarboxed or framed picture.

The border is looked for from each side inwards and the search ends at the first line that differs, so a
picture without one costs four lines. A line counts as border while nearly all of its samples are near one
colour; in the last coding block before the picture's edge, where lossy coding ripples, less near will do.

A picture may have a plain edge of its own inside the border, so borders are taken off layer by layer, one
colour at a time, and what each layer leaves is a candidate for the picture that was framed.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

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
_MAX_LAYERS = 3


@dataclass(frozen=True, slots=True)
class _Box:
    top: int
    bottom: int
    left: int
    right: int

    def of(self, pixels: "Pixels") -> "Pixels":
        return pixels[self.top : self.bottom, self.left : self.right]


def without_borders(pixels: "Pixels") -> "Iterator[Pixels]":
    """The picture inside its border, C-contiguous, then inside up to two more borders of other colours.

    Nothing if there is no border, or if the picture is all border, or nearly. The four sides are independent:
    each may have a border of its own width, or none.
    """
    height, width = pixels.shape[:2]
    box = _Box(0, height, 0, width)
    for _ in range(_MAX_LAYERS):
        inner = _peeled(pixels, box)
        if not _leaves_enough(inner, height, width):
            return
        cut = max(
            (inner.top - box.top + box.bottom - inner.bottom) / height,
            (inner.left - box.left + box.right - inner.right) / width,
        )
        if cut < _WORTHWHILE:
            return
        box = inner
        yield np.array(box.of(pixels))


def _leaves_enough(box: _Box, height: int, width: int) -> bool:
    sides = ((box.bottom - box.top, height), (box.right - box.left, width))
    return all(left >= max(_LEAST_SIDE, _LEAST_SHARE * side) for left, side in sides)


def _peeled(pixels: "Pixels", box: _Box) -> _Box:
    """`box` without one layer: what has one colour on as many sides as have it."""
    colour: NDArray[np.int16] | None = None
    before = None
    while box != before:  # lines across a corner become uniform once the other sides are gone
        before = box
        rows = box.of(pixels)
        above, colour = _margin(rows, colour)
        below, colour = _margin(rows[::-1], colour) if above < len(rows) else (0, colour)
        box = replace(box, top=box.top + above, bottom=max(box.bottom - below, box.top + above))
        columns = box.of(pixels).swapaxes(0, 1)
        left, colour = _margin(columns, colour)
        right, colour = _margin(columns[::-1], colour) if left < len(columns) else (0, colour)
        box = replace(box, left=box.left + left, right=max(box.right - right, box.left + left))
    return box


def _margin(lines: "Pixels", colour: "NDArray[np.int16] | None") -> "tuple[int, NDArray[np.int16] | None]":
    """How many lines from the first one on are border of `colour`, or of any colour, and of which."""
    if not lines.size:
        return 0, colour
    own = np.median(lines[0], axis=0).astype(np.int16)
    if colour is not None and np.abs(own - colour).max() > _FLAT:
        return 0, colour
    flat, step = 0, 0
    while flat < len(lines):
        block = lines[flat : flat + _STEPS[step]]
        leading = _leading(_near_share(block, own, _FLAT))
        flat += leading
        if leading < len(block):
            break
        step = min(step + 1, len(_STEPS) - 1)
    if not flat:
        return 0, colour
    rippled = _leading(_near_share(lines[flat : flat + _RIPPLE_LINES], own, _RIPPLED))
    return flat + rippled, own if colour is None else colour


def _near_share(block: "Pixels", colour: "NDArray[np.int16]", near: int) -> "NDArray[np.float64]":
    """For each line of `block` the share of its samples near `colour`."""
    close = np.abs(block.astype(np.int16) - colour) <= near
    share: NDArray[np.float64] = close.mean(axis=tuple(range(1, close.ndim)))
    return share


def _leading(share: "NDArray[np.float64]") -> int:
    """How many lines from the first one on are uniform."""
    if not share.size:
        return 0
    uniform = share >= _SHARE
    return len(uniform) if uniform.all() else int(np.argmin(uniform))

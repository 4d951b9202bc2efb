"""Benign pictures made by code: clouds of colour, discs, boxes, stripes and soft light.

They stand in for photographs in the demo and the tests. A seed decides everything, and the scene is laid
out in fractions of the picture's sides, so one seed gives the same scene at every size. Detail is spread over
many scales because PDQ reads the lowest 16x16 frequencies only and calls a picture without contrast there
featureless.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Field: TypeAlias = NDArray[np.float32]
"""One value per pixel, [height, width]."""

_OCTAVES: Final = ((3, 1.0), (6, 0.9), (12, 0.8), (24, 0.5), (64, 0.15))
"""Cells along a side and weight of each layer of a cloud."""
_SMALLEST_SIDE: Final = 8


@dataclass(frozen=True, slots=True)
class _Canvas:
    """A picture in the making: planes [3, height, width], 0 to 1, and where its pixels lie."""

    planes: NDArray[np.float32]
    across: Field
    """[1, width], 0 to 1 from left to right."""
    down: Field
    """[height, 1], 0 to 1 from top to bottom."""

    def window(self, x: float, y: float, reach: float) -> "_Canvas":
        """The part of the canvas within `reach` of a point, sharing its memory; may be empty."""
        columns = slice(*np.searchsorted(self.across[0], (x - reach, x + reach)).tolist())
        rows = slice(*np.searchsorted(self.down[:, 0], (y - reach, y + reach)).tolist())
        return _Canvas(self.planes[:, rows, columns], self.across[:, columns], self.down[rows])

    def paint(self, mask: NDArray[np.floating], colour: NDArray[np.floating]) -> None:
        """Mix `colour` (broadcast to [3, height, width]) in where `mask` is above 0."""
        self.planes[...] += mask * (colour - self.planes)


def picture(seed: int, width: int = 1024, height: int = 768) -> NDArray[np.uint8]:
    """The picture of a seed, uint8 [height, width, 3] in RGB.

    Unrelated seeds give pictures whose PDQ hashes lie about 128 of 256 bits apart, at qualities near 100.

    Raises:
        ValueError: a side is shorter than 8 pixels.
    """
    if min(width, height) < _SMALLEST_SIDE:
        message = f"a side has at least {_SMALLEST_SIDE} pixels, not {min(width, height)}"
        raise ValueError(message)
    random = np.random.default_rng(seed)
    canvas = _sky(random, width, height)
    shapes = (_disc, _disc, _disc, _box, _box, _box, _stripes, _stripes, _stripes)
    for index in random.permutation(len(shapes)):
        shapes[index](random, canvas)
    _light(random, canvas)
    grain = (random.random((height, width), dtype=np.float32) - np.float32(0.5)) * np.float32(0.03)
    canvas.planes[...] += grain
    pixels = (np.clip(canvas.planes, 0, 1) * np.float32(255.0) + np.float32(0.5)).astype(np.uint8)
    return np.ascontiguousarray(pixels.transpose(1, 2, 0))


def flat(width: int = 640, height: int = 480, level: int = 128) -> NDArray[np.uint8]:
    """A featureless picture of one grey, uint8 [height, width, 3]: PDQ gives it quality 0."""
    return np.full((height, width, 3), level, np.uint8)


def _sky(random: np.random.Generator, width: int, height: int) -> _Canvas:
    """A canvas covered by a cloud between two colours with a third one drifting through."""
    dark, bright, tint = _colour(random, 0.0, 0.35), _colour(random, 0.65, 1.0), _colour(random, 0.1, 0.9)
    body, drift = _cloud(random, width, height), _cloud(random, width, height)
    planes = dark + body * (bright - dark)
    across = _centres(width).reshape(1, -1)
    down = _centres(height).reshape(-1, 1)
    canvas = _Canvas(planes, across, down)
    canvas.paint(np.clip(drift * 2 - 1, 0, 1), tint)
    return canvas


def _cloud(random: np.random.Generator, width: int, height: int) -> Field:
    """Smooth noise at several scales, 0 to 1: random grids interpolated and summed (value noise)."""
    total = np.zeros((height, width), np.float32)
    for cells, weight in _OCTAVES:
        grid = random.random((cells + 1, cells + 1), dtype=np.float32) * np.float32(weight)
        total += _interpolation(height, cells) @ (grid @ _interpolation(width, cells).T)
    low, high = float(total.min()), float(total.max())
    total -= np.float32(low)
    total *= np.float32(1 / (high - low))
    return total


def _interpolation(side: int, cells: int) -> Field:
    """The matrix [side, cells + 1] that spreads grid values smoothly over a side."""
    place = _centres(side) * np.float32(cells)
    left = place.astype(np.intp)
    step = place - left
    ease = step * step * (3 - 2 * step)  # smoothstep: the slope is 0 at grid points, so no creases
    weights = np.zeros((side, cells + 1), np.float32)
    row = np.arange(side)
    weights[row, left] = 1 - ease
    weights[row, left + 1] = ease
    return weights


def _centres(side: int) -> Field:
    """Where the pixels of a side lie, 0 to 1."""
    return ((np.arange(side, dtype=np.float32) + np.float32(0.5)) / np.float32(side)).astype(np.float32)


def _colour(random: np.random.Generator, low: float, high: float) -> Field:
    """A colour [3, 1, 1] whose planes lie between `low` and `high`."""
    return (low + random.random((3, 1, 1), dtype=np.float32) * np.float32(high - low)).astype(np.float32)


def _disc(random: np.random.Generator, canvas: _Canvas) -> None:
    """A shaded ball with a soft rim."""
    x, y, radius = _place(random)
    colour, shade = _colour(random, 0.1, 1.0), _colour(random, 0.0, 0.5)
    part = canvas.window(x, y, radius * 1.1)
    distance = np.sqrt((part.across - x) ** 2 + (part.down - y) ** 2) / radius
    lean = np.clip((part.down - y + radius) / (2 * radius), 0, 1)
    part.paint(np.clip((1 - distance) * 12, 0, 1), colour + lean * (shade - colour))


def _box(random: np.random.Generator, canvas: _Canvas) -> None:
    """A turned rectangle, half transparent."""
    x, y, reach = _place(random)
    angle, ratio, strength = random.random(3) * (np.pi, 0.7, 0.4) + (0.0, 0.3, 0.5)
    colour = _colour(random, 0.0, 1.0)
    part = canvas.window(x, y, reach * 1.5)
    along, beside = _turned(part, x, y, float(angle))
    distance = np.maximum(np.abs(along), np.abs(beside) / np.float32(ratio)) / np.float32(reach)
    part.paint(np.clip((1 - distance) * 30, 0, 1) * np.float32(strength), colour)


def _stripes(random: np.random.Generator, canvas: _Canvas) -> None:
    """A patch of soft parallel bands that fades out towards its rim."""
    x, y, reach = _place(random)
    reach *= 1.4
    angle, bands, phase = random.random(3) * (np.pi, 6.0, 2 * np.pi) + (0.0, 2.0, 0.0)
    colour = _colour(random, 0.0, 1.0)
    part = canvas.window(x, y, reach)
    along, beside = _turned(part, x, y, float(angle))
    fade = np.clip(1.5 - 1.5 * (along**2 + beside**2) / np.float32(reach**2), 0, 1)
    wave = np.sin(along * np.float32(np.pi * bands / reach) + np.float32(phase))
    part.paint(fade * (wave * np.float32(0.4) + np.float32(0.4)), colour)


def _light(random: np.random.Generator, canvas: _Canvas) -> None:
    """A glow from one place; the rest of the picture falls off into shade."""
    x, y = random.random(2).tolist()
    reach = 0.4 + 0.4 * float(random.random())
    glow = np.exp(-(((canvas.down - y) / reach) ** 2)) * np.exp(-(((canvas.across - x) / reach) ** 2))
    canvas.planes[...] *= (0.7 + 0.45 * glow).astype(np.float32)


def _place(random: np.random.Generator) -> tuple[float, float, float]:
    """A point on the canvas and how far a shape there reaches."""
    x, y, size = random.random(3).tolist()
    return x, y, 0.06 + 0.22 * size**1.5


def _turned(part: _Canvas, x: float, y: float, angle: float) -> tuple[Field, Field]:
    """Coordinates along and beside a direction, counted from a point."""
    cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    right, below = part.across - np.float32(x), part.down - np.float32(y)
    return right * cosine + below * sine, below * cosine - right * sine

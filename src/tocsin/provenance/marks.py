"""Marks that the reference code of Stable Diffusion and FLUX hides in the colours of what it makes.

All of them come from invisible-watermark's dwtDct and differ by their message; `mark_votes` says how one is
found. A picture is looked at in both orders of channels, because some pipelines hand red in for blue, and at
the sizes that the pipelines give where it has the shape of one, because scaling moves every block.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Final

from tocsin.provenance.model import Absent, Finding, NotChecked
from tocsin.provenance.opened import OWN_READER
from tocsin.provenance.rules import document, rules

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tocsin.provenance.mark_votes import Chroma, Low
    from tocsin.provenance.model import Item
    from tocsin.provenance.opened import Opened

Size = tuple[int, int]
"""Width and height."""

WHAT: Final = "marks of the reference code of Stable Diffusion and FLUX in the pixels"
MOST_PIXELS: Final = 1 << 22
"""The largest picture that FLUX gives; copies enlarged beyond that are not looked at."""
LEAST_SIDE: Final = 96
"""Less than that has too few blocks; the reference code itself marks nothing below 256 by 256 pixels."""
_SCALES: Final = (0.4, 2.5)
"""Copies of a size beyond these were not found any more."""
_ORDERS: Final = ("BGR", "RGB")
_ROUNDED: Final = 1.5
"""Pixels by which a scaled side may miss the exact proportion."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One message."""

    rule: str
    message: "NDArray[np.uint8]"
    """(n,): zeros and ones."""
    period: int
    """Of what the message repeats by itself: 8 for letters, 1 for bits drawn by lot."""
    least_z: float

    @property
    def most_z(self) -> float:
        """What a picture comes to that has the mark and nothing else."""
        return float((len(self.message) - self.period) ** 0.5)


@dataclass(frozen=True, slots=True)
class Sighting:
    """How well a picture goes along with a mark, looked at in one way."""

    mark: Mark
    z: float
    blocks: int
    size: Size
    scaled: bool
    order: str

    @property
    def passes(self) -> bool:
        """Whether chance can hardly have made it."""
        return self.z >= self.mark.least_z


def signs(file: "Opened") -> Iterator[Finding]:
    """The marks in a picture's colours."""
    if file.stored is None:
        yield NotChecked(WHAT, file.why_no_pixels)
        return
    pixels = file.stored.pixels
    height, width = pixels.shape[:2]
    small = min(width, height) < LEAST_SIDE
    if small or width * height > MOST_PIXELS:
        why = f"pictures as {'small' if small else 'large'} as {width} by {height} pixels are not looked at"
        yield NotChecked(WHAT, why)
        return
    best = best_sightings(pixels)
    if not any(sighting.passes for sighting in best):
        yield Absent(WHAT, OWN_READER)
    for sighting in best:
        if sighting.passes:
            yield _item(file, sighting)


def best_sightings(pixels: "NDArray[np.uint8]") -> tuple[Sighting, ...]:
    """The best sighting of each rule's marks; none in grey pictures, which cannot hold any.

    `pixels` are (h, w), (h, w, 3) or (h, w, 4), no side shorter than `LEAST_SIDE`.
    """
    best: dict[str, Sighting] = {}
    for sighting in sightings(pixels):
        known = best.get(sighting.mark.rule)
        if known is None or sighting.z - sighting.mark.least_z > known.z - known.mark.least_z:
            best[sighting.mark.rule] = sighting
    return tuple(best.values())


def sightings(pixels: "NDArray[np.uint8]") -> Iterator[Sighting]:
    """Every mark looked for in every way."""
    from tocsin.provenance import mark_votes as blocks  # noqa: PLC0415  # numpy, once there are pixels

    if pixels.ndim < 3:  # noqa: PLR2004  # grey
        return
    stored = (pixels.shape[1], pixels.shape[0])
    for order, u in zip(_ORDERS, blocks.chroma(pixels), strict=True):
        low = blocks.low_band(u)
        for size in (stored, *former_sizes(stored)):
            scaled = size != stored
            cast = [blocks.robust_votes(_low_band_at(size, u, low) if scaled else low)]
            if not scaled:  # scaling leaves nothing of exact values
                cast.append(blocks.exact_votes(low))
            for votes, mark in product(cast, marks()):
                z = blocks.z_score(votes, mark.message, mark.period)
                yield Sighting(mark, z, votes.size, size, scaled, order)


def former_sizes(stored: Size) -> tuple[Size, ...]:
    """The sizes that a picture of this one may have been scaled from."""
    longer, shorter = max(stored), min(stored)
    found = []
    for long, short in document("marks")["sizes"]:
        scale = long / longer
        same_shape = abs(short - shorter * scale) <= _ROUNDED * max(1, scale)
        if same_shape and scale != 1 and _SCALES[0] <= scale <= _SCALES[1]:
            found.append((long, short) if stored[0] >= stored[1] else (short, long))
    return tuple(found)


@cache
def marks() -> tuple[Mark, ...]:
    """All that are looked for."""
    import numpy as np  # noqa: PLC0415  # as above

    found = []
    for table in document("marks")["mark"]:
        letters = table.get("text", "")
        bits = table.get("bits") or "".join(f"{byte:08b}" for byte in letters.encode())
        message = np.array([int(bit) for bit in bits], np.uint8)
        found.append(Mark(table["rule"], message, 8 if letters else 1, table["least_z"]))
    return tuple(found)


def _low_band_at(size: Size, u: "Chroma", low: "Low") -> "Low":
    """The low band of a picture as it was when it had this size, from U and the low band as they are."""
    import numpy as np  # noqa: PLC0415  # as above
    from PIL import Image  # noqa: PLC0415  # only for pictures of certain shapes

    # It is half as large as the picture: scaling to that at once saves most of the work, and an enlarged
    # picture holds nothing of the mark that its own low band does not.
    source = u if size[0] > u.shape[1] else (low >> 2).astype(np.uint8)
    half = Image.fromarray(source).resize((size[0] // 2, size[1] // 2), Image.Resampling.BILINEAR)
    return np.asarray(half).astype(np.int16) * np.int16(4)


def _item(file: "Opened", seen: Sighting) -> "Item":
    width, height = seen.size
    rule = rules("marks")[seen.mark.rule]
    at = f"scaled back to {width} by {height}" if seen.scaled else f"as stored, {width} by {height}"
    found = (
        f"The colours carry the {len(seen.mark.message)}-bit mark of {rule.tool}: z = {seen.z:.1f}, where "
        f"{seen.mark.most_z:.1f} is the most and {seen.mark.least_z:.1f} is asked for, over "
        f"{seen.blocks:,} blocks, {at}, channels in the order {seen.order}."
    )
    return file.item(rule, found, file.pixels_place)

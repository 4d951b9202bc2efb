"""How well marks in pixels are found, how seldom they are found where there are none, and how long it takes.

    python -m bench.marks FOLDER [--unmarked N] [--marked N] [--json]

Unmarked pictures are the folder's photographs, pieces of them and pictures made by code, as they are and as
JPEG, at sizes that pipelines give and at others. Marked ones are photographs with the mark of the reference
code of Stable Diffusion XL, altered as copies are. Beside the share found stands what the embedder's own rule
(the value modulo 36) finds in the same copies at the same threshold, looking at the stored size only, and the
share that a study of ten other pictures found with it.
"""

import argparse
import io
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.embedder import marked
from bench.hash import least
from bench.photos import distinct, photographs
from tocsin.media.identify import identify
from tocsin.provenance import stealth
from tocsin.provenance.mark_votes import chroma, exact_votes, low_band, z_score
from tocsin.provenance.marks import best_sightings, former_sizes, marks, sightings
from tocsin.provenance.model import Finding
from tocsin.provenance.opened import Opened, Stored
from tocsin.simulators import encoders
from tocsin.simulators.pictures import picture

Pixels = NDArray[np.uint8]
SIZES: Final = ((1024, 1024), (1216, 832), (832, 1216), (1152, 896), (1344, 768), (768, 768), (512, 512))
OTHER_SIZES: Final = ((1000, 700), (900, 1200), (640, 480), (1920, 1080), (912, 624), (300, 300))
LARGEST: Final = 2700
"""Pixels of a photograph's longer side; twice the largest of the sizes."""
LANCZOS: Final = Image.Resampling.LANCZOS
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True, slots=True)
class Null:
    """What one mark's z comes to where there is none."""

    mark: str
    bits: int
    least_z: float
    looks: int
    deviation: float
    quantile: float
    """Of 99.9 %."""
    most: float
    false: int


@dataclass(frozen=True, slots=True)
class Recall:
    """How many copies are found."""

    attack: str
    study: float | None
    copies: int
    modulo: int
    found: int
    median_z: float


@dataclass(frozen=True, slots=True)
class Speed:
    """Milliseconds a megapixel, from decoded pixels."""

    size: str
    former_sizes: int
    marks: float
    stealth: float


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was measured."""

    unmarked: int
    null: list[Null]
    marked: int
    recall: list[Recall]
    speed: list[Speed]
    seconds: float


def saved(image: Image.Image, form: str, **options: object) -> Image.Image:
    """The picture after it was a file."""
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return Image.open(buffer).convert("RGB")


def scaled(image: Image.Image, by: float) -> Image.Image:
    """The picture at another size."""
    return image.resize((round(image.width * by), round(image.height * by)), LANCZOS)


def jpeg(quality: int, subsampling: str) -> Callable[[Image.Image], Image.Image]:
    """A copy as JPEG."""
    return lambda image: saved(image, "JPEG", quality=quality, subsampling=subsampling)


def and_back(by: float, then: Callable[[Image.Image], Image.Image]) -> Callable[[Image.Image], Image.Image]:
    """A copy made small, altered, and made as large as it was."""
    return lambda image: then(scaled(image, by)).resize(image.size, LANCZOS)


ATTACKS: Final[Sequence[tuple[str, float | None, Callable[[Image.Image], Image.Image]]]] = (
    ("none", 1.0, lambda image: image),
    ("JPEG q95 4:4:4", 1.0, jpeg(95, "4:4:4")),
    ("to 0.75 and back", 1.0, and_back(0.75, lambda image: image)),
    ("WebP q90", 1.0, lambda image: saved(image, "WEBP", quality=90)),
    ("JPEG q85 4:4:4", 0.5, jpeg(85, "4:4:4")),
    ("JPEG q95 4:2:0", 0.4, jpeg(95, "4:2:0")),
    ("JPEG q85 4:2:0", 0.1, jpeg(85, "4:2:0")),
    ("JPEG q75 4:2:0", 0.0, jpeg(75, "4:2:0")),
    ("WebP q80", None, lambda image: saved(image, "WEBP", quality=80)),
    ("to 0.75", 0.0, lambda image: scaled(image, 0.75)),
    ("to 0.75, q85 4:2:0", None, lambda image: jpeg(85, "4:2:0")(scaled(image, 0.75))),
    ("to 0.75, q85 4:2:0, and back", 0.0, and_back(0.75, jpeg(85, "4:2:0"))),
    ("to 0.5", None, lambda image: scaled(image, 0.5)),
    ("to 1.5, q85 4:2:0", None, lambda image: jpeg(85, "4:2:0")(scaled(image, 1.5))),
    ("8 pixels cut off all round", 0.0, lambda image: image.crop((8, 8, image.width - 8, image.height - 8))),
)


def covering(image: Image.Image, width: int, height: int, x: float = 0.5, y: float = 0.5) -> Image.Image:
    """The piece of the picture, at the place x, y of 0 to 1, that is as large as can be, at that size."""
    scale = max(width / image.width, height / image.height)
    grown = image.resize(
        (max(width, round(image.width * scale)), max(height, round(image.height * scale))), LANCZOS
    )
    left, top = round((grown.width - width) * x), round((grown.height - height) * y)
    return grown.crop((left, top, left + width, top + height))


def unmarked(paths: Sequence[Path], count: int) -> Iterator[Pixels]:
    """`count` pictures or few less: a half of them photographs or pieces of them, a half made by code."""
    random = np.random.default_rng(7)
    sizes = (*SIZES, *OTHER_SIZES)
    number = 0
    for path in paths:
        whole = _read(path)
        for _ in range(count // 2 // len(paths)):
            width, height = sizes[number % len(sizes)]
            zoom = 1 + number % 2  # the picture as large as it can be, or a piece of a quarter of it
            x, y = random.random(2).tolist()
            piece = covering(whole, width * zoom, height * zoom, x, y).crop((0, 0, width, height))
            yield np.asarray(_as_sent(piece, number))
            number += 1
    for seed in range(count - number):
        width, height = sizes[seed % len(sizes)]
        yield np.asarray(_as_sent(Image.fromarray(_code_made(seed, width, height, random)), seed))


def _read(path: Path) -> Image.Image:
    with Image.open(path) as opened:
        whole = opened.convert("RGB")
    whole.thumbnail((LARGEST, LARGEST), LANCZOS)
    return whole


def _as_sent(image: Image.Image, number: int) -> Image.Image:
    """Every third picture after it was a JPEG."""
    return jpeg(85, "4:2:0")(image) if number % 3 == 2 else image  # noqa: PLR2004  # of 0, 1 and 2


def _code_made(number: int, width: int, height: int, random: np.random.Generator) -> Pixels:
    """A scene; or a tile repeated, noise or coarse squares, which have patterns of their own."""
    match number % 5:
        case 0:
            side = int(random.integers(5, 200))
            tile = random.integers(0, 256, (side, side, 3), dtype=np.uint8)
            return np.tile(tile, (height // side + 1, width // side + 1, 1))[:height, :width]
        case 1:
            squares = random.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), dtype=np.uint8)
            return squares.repeat(8, axis=0).repeat(8, axis=1)[:height, :width]
        case _:
            return picture(number, width, height)


def measure_null(paths: Sequence[Path], count: int) -> list[Null]:
    """Look for every mark where there is none."""
    scores: list[list[float]] = [[] for _ in marks()]
    for pixels in unmarked(paths, count):
        for number, sighting in enumerate(sightings(np.ascontiguousarray(pixels))):
            scores[number % len(scores)].append(sighting.z)
    return [
        Null(
            mark.rule,
            len(mark.message),
            mark.least_z,
            len(z),
            float(np.std(z)),
            float(np.quantile(z, 0.999)),
            max(z),
            sum(one >= mark.least_z for one in z),
        )
        for mark, z in zip(marks(), scores, strict=True)
    ]


def measure_recall(paths: Sequence[Path], count: int) -> list[Recall]:
    """Mark photographs, alter them, and look for the mark."""
    (mark,) = (mark for mark in marks() if mark.rule == "marks.sdxl")
    scores: list[list[tuple[float, float]]] = [[] for _ in ATTACKS]
    for photograph in _colourful(paths, count):
        original = Image.fromarray(marked(photograph, mark.message))
        for index, (_, _, attack) in enumerate(ATTACKS):
            pixels = np.asarray(attack(original))
            best = next(one for one in best_sightings(pixels) if one.mark == mark)
            modulo = z_score(exact_votes(low_band(chroma(pixels)[0])), mark.message, mark.period)
            scores[index].append((best.z, modulo))
    return [
        Recall(
            name,
            study,
            len(scores[index]),
            sum(modulo >= mark.least_z for _, modulo in scores[index]),
            sum(ours >= mark.least_z for ours, _ in scores[index]),
            float(np.median([ours for ours, _ in scores[index]])),
        )
        for index, (name, study, _) in enumerate(ATTACKS)
    ]


def _colourful(paths: Sequence[Path], count: int) -> Iterator[Pixels]:
    """`count` photographs at most, without those that are blank once their transparency is gone."""
    found = 0
    for path in paths[:: max(1, len(paths) // count)]:
        photograph = np.asarray(covering(_read(path), *SIZES[found % 5]))
        if found < count and photograph.std() > 1:
            found += 1
            yield photograph


def measure_speed() -> list[Speed]:
    """The time for decoded pixels, the least of several runs, one thread."""
    rows = []
    data = encoders.png(Image.new("RGB", (8, 8)))
    for width, height in ((512, 512), (1024, 1024), (1216, 832), (912, 624), (2000, 1500)):
        pixels = picture(1, width, height)
        file = Opened(io.BytesIO(data), identify(data), stored=Stored(pixels, exact=True))
        megapixels = width * height / 1e6
        rows.append(
            Speed(
                f"{width}x{height}",
                len(former_sizes((width, height))),
                least(partial(best_sightings, pixels)) * 1e3 / megapixels,
                least(partial(_all_signs, file)) * 1e3 / megapixels,
            )
        )
    return rows


def _all_signs(file: Opened) -> list[Finding]:
    return list(stealth.signs(file))


def show(findings: Findings) -> None:
    """Print the tables for people."""
    print(f"{findings.unmarked} unmarked pictures")
    print(f"{'mark':<12}{'bits':>5}{'asked':>7}{'looks':>8}{'sd':>7}{'99.9 %':>8}{'most':>7}{'false':>7}")
    for null in findings.null:
        print(
            f"{null.mark:<12}{null.bits:>5}{null.least_z:>7.1f}{null.looks:>8}{null.deviation:>7.2f}"
            f"{null.quantile:>8.2f}{null.most:>7.2f}{null.false:>7}"
        )
    print(f"\n{findings.marked} photographs with the mark of Stable Diffusion XL")
    print(f"{'copy':<30}{'study':>7}{'modulo':>8}{'found':>7}{'share':>7}{'median z':>10}")
    for row in findings.recall:
        study = "" if row.study is None else f"{row.study:.2f}"
        share = row.found / row.copies
        behind = "  behind" if share < max((row.study or 0) - 0.05, row.modulo / row.copies) else ""
        figures = f"{study:>7}{row.modulo:>8}{row.found:>7}{share:>7.2f}{row.median_z:>10.1f}"
        print(f"{row.attack:<30}{figures}{behind}")
    print(f"\n{'ms a megapixel':<16}{'other sizes':>12}{'marks':>8}{'stealth':>9}")
    for speed in findings.speed:
        print(f"{speed.size:<16}{speed.former_sizes:>12}{speed.marks:>8.1f}{speed.stealth:>9.3f}")
    print(f"\n{findings.seconds:.0f} s")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="bench.marks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--unmarked", type=int, default=500)
    parser.add_argument("--marked", type=int, default=30)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    started = time.perf_counter()
    paths = distinct(photographs(chosen.folder))
    null, recall = measure_null(paths, chosen.unmarked), measure_recall(paths, chosen.marked)
    findings = Findings(
        chosen.unmarked, null, recall[0].copies, recall, measure_speed(), time.perf_counter() - started
    )
    if chosen.json:
        print(json.dumps(asdict(findings)))
    else:
        show(findings)


if __name__ == "__main__":
    main()

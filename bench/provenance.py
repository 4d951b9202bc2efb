"""`python -m bench.provenance FOLDER`: milliseconds to explain a file, beside sd-parsers.

Every JPEG and PNG of FOLDER, and PNGs made from up to 30 of them, are explained in this process, one thread,
as a sandbox child would: the fast tier (container, Exif, XMP, text, C2PA), then the pixel tier without and
with the decode. Each file takes the least of several rounds; what is printed is the median and the slowest of
all files. sd-parsers reads the generated samples that both can read, ours the same ones, one after the other,
and whether both name the same tool, seed and model.
"""

import argparse
import io
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from PIL import Image

from tocsin.media.identify import HEAD_BYTES, identify
from tocsin.media.views import views
from tocsin.provenance.explain import Tier, Wanted, look
from tocsin.provenance.opened import Opened, Stored

FAST = Wanted(Tier.FAST)
PIXELS = Wanted(Tier.PIXELS)
BUDGET = {"jpeg": 10.0, "png": 3.0}
PIXEL_BUDGET = 80.0
ROUNDS = 5
MOST_PNGS = 30
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True, slots=True)
class Row:
    """One file and its milliseconds."""

    format: str
    megapixels: float
    fast: float
    pixels: float
    """The pixel tier alone, decoded before."""
    decode: float


def least(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Milliseconds of the fastest round."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times) * 1000


def stored(data: bytes) -> Stored:
    """The picture as it is stored."""
    kept: list[Stored] = []
    next(iter(views(data, stored=lambda pixels, exact: kept.append(Stored(pixels, exact)))))
    return kept[0]


def row(data: bytes) -> Row:
    """Explain one file in each way."""
    file_type = identify(data[:HEAD_BYTES])

    def explain(wanted: Wanted, pixels: Stored | None) -> None:
        look(Opened(io.BytesIO(data), file_type, stored=pixels), wanted)

    pixels = stored(data)
    fast = least(lambda: explain(FAST, None))
    both = least(lambda: explain(PIXELS, pixels), 3)
    decode = least(lambda: stored(data), 3)
    height, width = pixels.pixels.shape[:2]
    return Row(file_type.format, width * height / 1e6, fast, max(0.0, both - fast), decode)


def files(folder: Path) -> Iterator[bytes]:
    """The JPEGs and PNGs of the folder, and PNGs of about a megapixel made from some of them."""
    made = 0
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        if identify(data[:HEAD_BYTES]).format not in BUDGET:
            continue
        yield data
        if made < MOST_PNGS:
            made += 1
            with Image.open(io.BytesIO(data)) as image:
                small = image.convert("RGBA").resize((1024, 1024))
            target = io.BytesIO()
            small.save(target, "PNG")
            yield target.getvalue()


def table(rows: Sequence[Row]) -> int:
    """Print the table; how many budgets were missed."""
    missed = 0
    print(
        f"{'files':24} {'count':>6} {'fast tier ms':>22} {'pixel tier ms/MP':>24} {'with decode ms/MP':>24}"
    )
    for name, budget in BUDGET.items():
        some = [one for one in rows if one.format == name]
        if not some:
            continue
        fast = [one.fast for one in some]
        pixels = [one.pixels / one.megapixels for one in some]
        decoded = [(one.pixels + one.decode) / one.megapixels for one in some]
        cells = [f"median {median(part):5.1f}  most {max(part):6.1f}" for part in (fast, pixels, decoded)]
        print(f"{name:24} {len(some):6} {cells[0]:>22} {cells[1]:>24} {cells[2]:>24}")
        missed += median(fast) > budget
        missed += median(decoded) > PIXEL_BUDGET
        budgets = f"{f'median {budget:5.1f}':>22} {'':24} {f'median {PIXEL_BUDGET:5.1f}':>24}"
        print(f"{'  budget':31} {budgets}")
    return missed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; the number of budgets missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(arguments).folder
    return table([row(data) for data in files(folder)])


if __name__ == "__main__":
    sys.exit(main())

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
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from PIL import Image, PngImagePlugin
from sd_parsers import Eagerness, ParserManager

from tocsin.media.identify import HEAD_BYTES, identify
from tocsin.media.views import views
from tocsin.provenance import stealth
from tocsin.provenance.explain import Tier, Wanted, look
from tocsin.provenance.generators import reading
from tocsin.provenance.model import FingerprintKind, Item
from tocsin.provenance.opened import Opened, Stored
from tocsin.simulators.origins import SETTINGS
from tocsin.simulators.pictures import picture

FAST = Wanted(Tier.FAST)
PIXELS = Wanted(Tier.PIXELS)
BUDGET = {"jpeg": 10.0, "png": 3.0}
PIXEL_BUDGET = 80.0
ROUNDS = 5
MOST_PNGS = 30
SAMPLES = 30
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


def samples() -> dict[str, bytes]:
    """Megapixel PNGs with the settings of Automatic1111, each with a seed of its own."""
    made = {}
    for number in range(SAMPLES):
        target = io.BytesIO()
        info = PngImagePlugin.PngInfo()
        info.add_text("parameters", SETTINGS.replace("412233017", str(412_000_000 + number)))
        image = Image.fromarray(picture(number, 1024, 1024))
        image.save(target, "PNG", pnginfo=info, compress_level=1)
        made[f"{number}.png"] = target.getvalue()
    return made


def peer_facts(manager: ParserManager, path: Path) -> tuple[str, str, str] | None:
    """Tool, seed and model hash as sd-parsers names them."""
    found = manager.parse(path)
    if found is None or not found.samplers:
        return None
    sampler = found.samplers[0]
    model = sampler.model.hash if sampler.model else ""
    return str(found.generator.value), str(sampler.parameters.get("seed")), str(model)


def our_facts(path: Path) -> tuple[str, str, str] | None:
    """The same as we name them; the evidence for them and the signs of derivation are read as well."""
    with path.open("rb") as source:
        file = Opened(source, identify(source.read(HEAD_BYTES)))
        found = [one for one in reading.signs(file) if isinstance(one, Item)]
    for item in found:
        seeds = [one.value for one in item.fingerprints if one.kind is FingerprintKind.SEED]
        return str(item.subject.tool).split()[0], "".join(seeds), str(item.subject.model_hash)
    return None


def hidden_text(path: Path) -> str | None:
    """What is hidden in the pixels, as we read it, with the decode."""
    data = path.read_bytes()
    file = Opened(io.BytesIO(data), identify(data[:HEAD_BYTES]), stored=stored(data))
    return next((one.rule.id for one in stealth.signs(file) if isinstance(one, Item)), None)


def compare(
    what: str, names: Sequence[Path], peer: Callable[[Path], object], ours: Callable[[Path], object]
) -> int:
    """Print both times and whether the answers agree; 1 if they differ."""
    equal = sum(peer(path) == ours(path) for path in names)
    peer_ms = least(lambda: [peer(path) for path in names], 3) / len(names)
    our_ms = least(lambda: [ours(path) for path in names], 3) / len(names)
    print(f"{what:46} sd-parsers {peer_ms:8.2f}  ours {our_ms:7.2f}  ratio {peer_ms / our_ms:6.2f}", end="")
    print(f"  {equal} of {len(names)} answers equal")
    return int(equal != len(names))


def beside_peer(folder: Path) -> int:
    """Read the same files with sd-parsers and with ours; in how many rows the answers differ.

    Its eager mode looks for text hidden in pixels. Ours reads what was used and what was put in as well, and
    keeps the place and digest of every sign.
    """
    files = samples()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    plain = [folder / f"plain-{number}.png" for number in range(5)]
    for number, path in enumerate(plain):
        Image.fromarray(picture(900 + number, 1024, 1024)).convert("RGBA").save(path, compress_level=1)
    manager, eager = ParserManager(), ParserManager(eagerness=Eagerness.EAGER)
    print("\nbeside sd-parsers 0.6, PNGs of a megapixel from disk, ms a file")
    settings = [folder / name for name in files]
    differ = compare("settings in a text chunk", settings, lambda path: peer_facts(manager, path), our_facts)
    return differ + compare("nothing hidden in transparency", plain, eager.parse, hidden_text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; the number of budgets missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(arguments).folder
    missed = table([row(data) for data in files(folder)])
    with tempfile.TemporaryDirectory() as scratch:
        return missed + beside_peer(Path(scratch))


if __name__ == "__main__":
    sys.exit(main())

"""`python -m bench.hash FOLDER`: PDQ beside pdqhash, from decoded pixels and from JPEG bytes.

The peer's work is what python-threatexchange does with a file: Pillow decodes it, pdqhash hashes the array.
Ours gives both dialects where the peer gives one. One thread, the least of several runs, peer and ours one
after the other on the same bytes.
"""

import argparse
import io
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import pdqhash
from numpy.typing import NDArray
from PIL import Image

from tocsin.hashing import _pdq_numba, pdq
from tocsin.hashing._pdq_transform import Picture, to_bits

MEGAPIXELS = (1, 2, 4, 8, 12, 24)
LEAST_PIXELS, MOST_PIXELS = 900_000, 26_000_000
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True, slots=True)
class Row:
    """One picture, seconds for each way of hashing it, and whether the answers agree."""

    name: str
    megapixels: float
    progressive: bool
    peer: float
    ours: float
    luma: float
    """Decoding the brightness alone, and nothing else."""
    quality: int
    equal: bool


def least(work: Callable[[], object], runs: int = 5) -> float:
    """Seconds of the fastest of `runs` runs."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def peer_hash(pixels: NDArray[np.uint8]) -> tuple[bytes, int]:
    """What pdqhash gives, as 32 bytes and a quality."""
    bits, quality = pdqhash.compute(pixels)
    return np.packbits(bits).tobytes(), int(quality)


def decode(data: bytes) -> NDArray[np.uint8]:
    """What python-threatexchange gives to pdqhash."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def decode_luma(data: bytes) -> None:
    """The brightness of a JPEG alone."""
    image = Image.open(io.BytesIO(data))
    image.draft("L", image.size)
    image.load()


def decoded_row(megapixels: float, original: Image.Image) -> tuple[float, float, float, bool]:
    """Peer, ours in both dialects, ours in the full one, and agreement, for decoded pixels of that size."""
    pixels = np.asarray(resized(original, megapixels))
    peer = least(lambda: peer_hash(pixels), 3)
    both = least(lambda: pdq.hash_pixels(pixels), 9)
    picture = Picture(pixels.reshape(pixels.shape[0], -1), 3, _pdq_numba)
    full = least(lambda: to_bits(picture.upright()[0]), 9)  # the peer's share of the work
    ours = pdq.hash_pixels(pixels).full
    return peer, both, full, (ours.value, ours.quality) == peer_hash(pixels)


def resized(image: Image.Image, megapixels: float) -> Image.Image:
    """The picture at a size of its own proportions."""
    scale = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
    return image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)


def jpeg_row(name: str, data: bytes) -> Row:
    """Measure one JPEG."""
    image = Image.open(io.BytesIO(data))
    ours, theirs = pdq.hash_image(data).full, peer_hash(decode(data))
    return Row(
        name,
        image.width * image.height / 1e6,
        bool(image.info.get("progressive")),
        least(lambda: peer_hash(decode(data)), 3),
        least(lambda: pdq.hash_image(data)),
        least(lambda: decode_luma(data)),
        theirs[1],
        (ours.value, ours.quality) == theirs,
    )


def jpegs(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The folder's JPEGs of 1 to 24 megapixels as they are, and its largest photographs at fixed sizes."""
    large = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in {".jpg", ".jpeg", ".png"}:
            continue
        with Image.open(path) as image:
            size = image.width * image.height
            upright = image.getexif().get(0x0112, 1) == 1
        if path.suffix.lower() != ".png" and LEAST_PIXELS <= size <= MOST_PIXELS and upright:
            yield path.name, path.read_bytes()
        large.append((size, path))
    for number, (_, path) in enumerate(sorted(large, reverse=True)[: len(MEGAPIXELS)]):
        with Image.open(path) as image:
            smaller = resized(image.convert("RGB"), MEGAPIXELS[number])
        encoded = io.BytesIO()
        smaller.save(encoded, "JPEG", quality=90)
        yield f"{path.stem[:24]} at {MEGAPIXELS[number]} MP, q90", encoded.getvalue()


def show(rows: list[Row], title: str) -> None:
    """Totals and medians of some rows."""
    if not rows:
        return
    peer, ours, luma = (sum(getattr(row, name) for row in rows) for name in ("peer", "ours", "luma"))
    ratios = [row.peer / row.ours for row in rows]
    print(
        f"{title}: {len(rows)} files; in total {peer / ours:.1f}x the peer's speed, "
        f"median {median(ratios):.1f}x, least {min(ratios):.1f}x; {ours / luma:.2f}x the time of luma alone"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true", help="print one object a line instead of a table")
    arguments = parser.parse_args()
    largest = max(
        (path for path in arguments.folder.rglob("*") if path.suffix.lower() in {".jpg", ".png"}),
        key=lambda path: path.stat().st_size,
    )
    with Image.open(largest) as image:
        original = image.convert("RGB")
    peer, both, full, equal = decoded_row(12, original)
    rows = [jpeg_row(name, data) for name, data in jpegs(arguments.folder)]
    if arguments.json:
        decoded = {"peer_ms": peer * 1e3, "both_ms": both * 1e3, "full_ms": full * 1e3, "equal": equal}
        print(json.dumps({"decoded_12mp": decoded}))
        for row in rows:
            print(json.dumps({name: getattr(row, name) for name in Row.__slots__}))
        return
    print(f"decoded, 12 MP: pdqhash {peer * 1e3:.0f} ms; ours {full * 1e3:.1f} ms, {peer / full:.0f}x;")
    print(f"  both dialects {both * 1e3:.1f} ms, {peer / both:.0f}x; equal: {equal}")
    print(
        f"{'from JPEG bytes':44} {'MP':>5} {'peer ms':>8} {'ours ms':>8} {'ratio':>6} {'luma ms':>8}  equal"
    )
    for row in sorted(rows, key=lambda row: row.megapixels):
        name = row.name[-36:] + (" (prog.)" if row.progressive else "")
        print(
            f"{name:44} {row.megapixels:5.1f} {row.peer * 1e3:8.1f} {row.ours * 1e3:8.1f} "
            f"{row.peer / row.ours:6.1f} {row.luma * 1e3:8.1f}  {row.equal}"
        )
    show([row for row in rows if not row.progressive], "baseline JPEG")
    show([row for row in rows if row.progressive], "progressive JPEG")
    show(rows, "all")
    matchable = [row for row in rows if row.quality >= 50]  # noqa: PLR2004  # Meta's floor
    equal_rows = sum(row.equal for row in matchable)
    print(f"equal hash and quality: {equal_rows} of {len(matchable)} of quality 50 or more")


if __name__ == "__main__":
    main()

"""Which share of altered copies is found: our way of hashing against the peer's.

    python -m bench.recall FOLDER [--photos N] [--max-side PIXELS] [--threads N] [--json]

Every photograph is banked, once by its PDQ hash in the full dialect and once in the other (partners' lists
hold both), then altered and looked up within 31 bits. The peer is python-threatexchange, by its own code: the
pixels as Pillow decodes them, one hash, quality floor 50. Ours takes the product's way from bytes: every
view, both dialects, all eight orientations, the same floor. The peer's list in the squash512 dialect is what
the C++ reference tool gives: pdqhash of the picture squashed as that tool does it.

Photographs whose own quality is below the floor in either dialect cannot be banked and are left out.
"""

import argparse
import json
import sys
import time
import zlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pdqhash
from numpy.typing import NDArray
from PIL import Image
from threatexchange.signal_type.pdq.signal import PdqSignal

from bench.alterations import Alteration, alterations
from bench.photos import distinct, photographs
from tocsin.banks.model import DEFAULT_QUALITY_FLOOR, DEFAULT_RADIUS
from tocsin.content.examine import signals_of
from tocsin.hashing.signals import Dialect, Orientation, Signal, SignalType
from tocsin.simulators import encoders

Hashes = NDArray[np.uint8]
"""PDQ hashes, [n, 32]; n may be 0."""
NEVER: Final = 257
"""The distance to nothing at all."""
_SQUASH_SIDE: Final = 512


@dataclass(frozen=True, slots=True)
class Photograph:
    """A photograph to alter, and the hashes it is banked by."""

    name: str
    image: Image.Image
    ours: dict[Dialect, Hashes]
    peer: dict[Dialect, Hashes]

    @property
    def bankable(self) -> bool:
        """Whether its quality is high enough in both dialects."""
        return all(len(hashes) for hashes in (*self.ours.values(), *self.peer.values()))


@dataclass(frozen=True, slots=True)
class Lookup:
    """How far one copy is from every photograph's entry, [dialect, photograph]; 257 from nothing."""

    ours: NDArray[np.int64]
    peer: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Shares:
    """Which share of the copies is found, by the dialect the entries are banked in."""

    full: float
    squash512: float


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    alteration: str
    copies: int
    peer: Shares
    ours: Shares


@dataclass(frozen=True, slots=True)
class FalseMatches:
    """Pairs of unrelated pictures that matched in either dialect."""

    pairs: int
    peer: int
    ours: int


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was measured."""

    photographs: int
    below_quality: list[str]
    rows: list[Row]
    overall: Row
    originals: FalseMatches
    copies: FalseMatches
    seconds: float


def ours(data: bytes) -> list[Signal]:
    """The PDQ signals that count, by the product's own way."""
    return [
        signal
        for signal in signals_of(data, all_orientations=True)
        if signal.type is SignalType.PDQ and (signal.quality or 0) >= DEFAULT_QUALITY_FLOOR
    ]


def peer(data: bytes) -> Hashes:
    """The peer's hash, or none where it fails or finds the quality too low."""
    try:
        found = PdqSignal.hash_from_bytes(data)
    except Exception as error:  # noqa: BLE001 - whatever the peer raises, its user gets no hash
        print(f"the peer failed: {error!r}", file=sys.stderr)
        found = ""
    return _stack([bytes.fromhex(found)] if found else [])


def peer_squashed(pixels: NDArray[np.uint8]) -> Hashes:
    """What the C++ reference tool puts into a list for these pixels, [height, width, 3].

    Of whatever is larger than 512 it samples source index floor(i * extent / 512), CImg's nearest neighbour.
    """
    height, width = pixels.shape[:2]
    if max(height, width) > _SQUASH_SIDE:
        places = np.arange(_SQUASH_SIDE)
        rows, columns = places * height // _SQUASH_SIDE, places * width // _SQUASH_SIDE
        pixels = np.ascontiguousarray(pixels[rows][:, columns])
    bits, quality = pdqhash.compute(pixels)
    return _stack([np.packbits(bits).tobytes()] if quality >= DEFAULT_QUALITY_FLOOR else [])


def prepare(path: Path, max_side: int) -> Photograph:
    """Read a photograph, scale it down and hash it as an entry."""
    with Image.open(path) as opened:
        image = _on_white(opened)
    image.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    data = encoders.png(image)
    upright = [signal for signal in ours(data) if signal.orientation is Orientation.UPRIGHT]
    entries = {
        dialect: _stack([signal.value for signal in upright if signal.dialect is dialect])
        for dialect in Dialect
    }
    listed = {Dialect.FULL: peer(data), Dialect.SQUASH512: peer_squashed(np.asarray(image))}
    return Photograph(path.name, image, entries, listed)


def look_up(data: bytes, bank: Sequence[Photograph]) -> Lookup:
    """Look a file up among all entries, as ours and as the peer's."""
    by_us, by_peer = _stack([signal.value for signal in ours(data)]), peer(data)
    return Lookup(
        ours=np.array([[_nearest(by_us, known.ours[dialect]) for known in bank] for dialect in Dialect]),
        peer=np.array([[_nearest(by_peer, known.peer[dialect]) for known in bank] for dialect in Dialect]),
    )


def measure(bank: Sequence[Photograph], threads: int) -> tuple[list[Row], FalseMatches]:
    """Alter every photograph in every way and look the copies up."""
    rows, false = [], FalseMatches(0, 0, 0)
    with ThreadPoolExecutor(threads) as pool:
        for how in alterations():
            lookups = list(pool.map(lambda known, how=how: look_up(_altered(known, how), bank), bank))
            rows.append(_row(how.name, lookups))
            false = _added(false, _false_matches(lookups))
            _tell(how.name, lookups, bank)
    return rows, false


def _tell(name: str, lookups: Sequence[Lookup], bank: Sequence[Photograph]) -> None:
    """Say on stderr which copies we missed and which photographs we took them for, to find out why."""
    near = np.array([lookup.ours <= DEFAULT_RADIUS for lookup in lookups])  # [copy, dialect, photograph]
    names = [known.name for known in bank]
    missed = [names[copy] for copy in range(len(bank)) if not near[copy, :, copy].all()]
    wrong = [
        f"{names[copy]} for {names[other]}" for copy, other in np.argwhere(near.any(axis=1)) if copy != other
    ]
    print(f"{name}: missed {_listed(missed)}; took {_listed(wrong)}", file=sys.stderr)


def _listed(names: Sequence[str], most: int = 4) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) or "none") + more


def _altered(known: Photograph, how: Alteration) -> bytes:
    """The copy; chance depends on the photograph and the alteration only."""
    seed = zlib.crc32(f"{known.name} {how.name}".encode())
    return how.make(known.image, np.random.default_rng(seed))


def _row(name: str, lookups: Sequence[Lookup]) -> Row:
    return Row(
        name,
        len(lookups),
        _shares([lookup.peer for lookup in lookups]),
        _shares([lookup.ours for lookup in lookups]),
    )


def _shares(distances: Sequence[NDArray[np.int64]]) -> Shares:
    """Of copy i's distances the one to photograph i counts."""
    found = [distance[:, index] <= DEFAULT_RADIUS for index, distance in enumerate(distances)]
    return Shares(*np.mean(found, axis=0).tolist())


def _overall(rows: Sequence[Row]) -> Row:
    def mean(shares: Iterable[Shares]) -> Shares:
        return Shares(*np.mean([(share.full, share.squash512) for share in shares], axis=0).tolist())

    copies = sum(row.copies for row in rows)
    return Row("all", copies, mean(row.peer for row in rows), mean(row.ours for row in rows))


def _false_matches(lookups: Sequence[Lookup]) -> FalseMatches:
    """Matches of copy i with photographs other than i."""
    others = ~np.eye(len(lookups), dtype=bool)
    counts = [
        int(
            (
                (np.array([getattr(lookup, side) for lookup in lookups]).min(axis=1) <= DEFAULT_RADIUS)
                & others
            ).sum()
        )
        for side in ("peer", "ours")
    ]
    return FalseMatches(int(others.sum()), *counts)


def _added(one: FalseMatches, other: FalseMatches) -> FalseMatches:
    return FalseMatches(one.pairs + other.pairs, one.peer + other.peer, one.ours + other.ours)


def _on_white(image: Image.Image) -> Image.Image:
    """Without transparency, which only some of the alterations bring in on purpose."""
    rgba = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")


def _stack(values: Sequence[bytes]) -> Hashes:
    return np.frombuffer(b"".join(values), np.uint8).reshape(len(values), 32)


def _nearest(queries: Hashes, entries: Hashes) -> int:
    """The smallest distance between the two sets."""
    if not len(queries) or not len(entries):
        return NEVER
    return int(np.bitwise_count(queries[:, None] ^ entries[None]).sum(axis=2, dtype=np.int64).min())


def run(folder: Path, photos: int, max_side: int, threads: int) -> Findings:
    """Measure everything."""
    started = time.perf_counter()
    paths = distinct(photographs(folder))
    paths = paths[:: max(1, len(paths) // photos)]
    prepared = [prepare(path, max_side) for path in paths]
    bank = [known for known in prepared if known.bankable]
    rows, copies = measure(bank, threads)
    lookups = [look_up(encoders.png(known.image), bank) for known in bank]
    _tell("unaltered", lookups, bank)
    return Findings(
        len(bank),
        sorted({known.name for known in prepared} - {known.name for known in bank}),
        rows,
        _overall(rows),
        _false_matches(lookups),
        copies,
        time.perf_counter() - started,
    )


def show(findings: Findings) -> None:
    """Print the table for people."""
    line = "{:<34}{:>7}   {:>8}{:>8}   {:>8}{:>8}  {}"
    print(line.format("share found at radius 31", "copies", "peer", "ours", "peer", "ours", ""))
    print(line.format("entries banked as", "", "full", "full", "squash", "squash", ""))
    for row in (*findings.rows, findings.overall):
        shares = (row.peer.full, row.ours.full, row.peer.squash512, row.ours.squash512)
        behind = row.ours.full < row.peer.full or row.ours.squash512 < row.peer.squash512
        figures = (f"{share:.3f}" for share in shares)
        print(line.format(row.alteration, row.copies, *figures, "behind the peer" if behind else ""))
    print(f"\n{findings.photographs} photographs, {findings.seconds:.0f} s")
    print(f"left out, quality below {DEFAULT_QUALITY_FLOOR}: {', '.join(findings.below_quality) or 'none'}")
    for name, false in (("photographs", findings.originals), ("altered copies", findings.copies)):
        print(
            f"false matches, {name} against other photographs: "
            f"peer {false.peer}, ours {false.ours} of {false.pairs} pairs"
        )


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="bench.recall", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=1000, help="about so many, evenly chosen")
    parser.add_argument("--max-side", type=int, default=1600, help="scale the photographs down to this first")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    findings = run(chosen.folder, chosen.photos, chosen.max_side, chosen.threads)
    if chosen.json:
        print(json.dumps(asdict(findings)))
    else:
        show(findings)


if __name__ == "__main__":
    main()

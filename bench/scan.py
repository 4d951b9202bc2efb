"""Screening a folder of pictures against 100,000 hashes: ours and python-threatexchange, in one run.

`python -m bench.scan FOLDER [--workers N]`. The bank holds random hashes and the folder's first ten pictures,
each side's own hashes of them. Ours is a whole scan, as `tocsin scan` does it: sandboxed children, digests,
both dialects, every view in eight orientations, a preview, the memory for next time; then a second scan,
which reads nothing again. The peer's is what its library offers for the same files: read, `PdqSignal`'s
hash of the bytes in this process, and a look-up in the index that goes with it; it has no second scan.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threatexchange.signal_type.pdq.signal import PdqSignal

from bench.photos import SUFFIXES
from tocsin.banks.model import EntryDraft, Origin, Policy
from tocsin.hashing.signals import Signal, SignalType
from tocsin.matching.banking import bank_files
from tocsin.matching.matches import Matcher
from tocsin.matching.scan import Scanner
from tocsin.storage.home import Home
from tocsin.storage.seen import SeenStore

KNOWN = 10
RANDOM = 100_000
Found = set[tuple[str, str]]
"""Which file was found to look like which of the first pictures."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one way of screening took and found."""

    name: str
    seconds: float
    found: Found
    refused: int

    def row(self, files: int, megabytes: float) -> str:
        """A line of the table."""
        rates = f"{files / self.seconds:9.1f} files/s {megabytes / self.seconds:9.1f} MB/s"
        return (
            f"{self.name:34} {self.seconds:8.2f} s {rates} {len(self.found):6} pairs {self.refused:4} refused"
        )


def random_hashes() -> list[bytes]:
    """The same for both sides."""
    rows = np.random.default_rng(20_260_101).integers(0, 256, (RANDOM, 32), dtype=np.uint8)
    return [row.tobytes() for row in rows]


def fill(home: Home, known: Sequence[str]) -> dict[int, str]:
    """Bank the random hashes and the known pictures; which entry is which picture."""
    home.create_bank("bench", Policy())
    home.add_entries("bench", (EntryDraft((Signal(SignalType.PDQ, value),)) for value in random_hashes()))
    banked = bank_files(home, "bench", known, Origin("bench"), [])
    return {one.entry: one.path for one in banked if one.entry is not None}


def scan(name: str, home: Home, entries: dict[int, str], folder: Path, workers: int) -> Run:
    """One whole scan, the start of its children included."""
    found, refused, started = Found(), 0, time.perf_counter()
    with (
        SeenStore(home.folder / "seen.db") as seen,
        Scanner(Matcher(home), seen, workers=workers) as scanner,
    ):
        for scanned in scanner.scan([str(folder)]):
            refused += scanned.content.refused is not None
            found |= {
                (scanned.path, entries[match.entry])
                for match in scanned.matches.matches
                if match.entry in entries
            }
    return Run(name, time.perf_counter() - started, found, refused)


def peer(paths: Sequence[str], known: Sequence[str]) -> Run:
    """The peer's hasher and index; building the index is not counted."""
    hashes = ((PdqSignal.hash_from_bytes(Path(path).read_bytes()), path) for path in known)
    named = [(value, path) for value, path in hashes if value]
    index = PdqSignal.get_index_cls()([*((value.hex(), "") for value in random_hashes()), *named])
    found, refused, started = Found(), 0, time.perf_counter()
    for path in paths:
        try:
            value = PdqSignal.hash_from_bytes(Path(path).read_bytes())
        except Exception:  # noqa: BLE001  # whatever it may raise is its answer
            refused += 1
            continue
        if value:
            found |= {(path, match.metadata) for match in index.query(value) if match.metadata}
    return Run("python-threatexchange", time.perf_counter() - started, found, refused)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="with the pictures, such as the one of bench.photos")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    given = parser.parse_args()
    paths = sorted(str(path) for path in given.folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    known = paths[:KNOWN]
    megabytes = sum(Path(path).stat().st_size for path in paths) / 1e6
    print(f"{len(paths)} pictures, {megabytes:.0f} MB; known: {RANDOM:,} random and {len(known)} of them")
    runs = []
    for workers in sorted({1, given.workers}):
        with tempfile.TemporaryDirectory() as scratch, Home.open(scratch, create=True) as home:
            entries = fill(home, known)
            runs += [
                scan(f"ours, first scan, {workers} worker(s)", home, entries, given.folder, workers),
                scan("ours, second scan", home, entries, given.folder, workers),
            ]
    theirs = peer(paths, known)
    for run in (*runs, theirs):
        print(run.row(len(paths), megabytes))
    for run in runs:
        print(f"{run.name}: {theirs.seconds / run.seconds:.1f} times the peer's speed")
    missed = {pair for pair in theirs.found if not all(pair in run.found for run in runs)}
    print(f"pairs the peer finds and we do not: {len(missed)}", *sorted(missed), sep="\n  ")


if __name__ == "__main__":
    main()

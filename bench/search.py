"""Radius search over N hashes, ours against faiss as HMA configures it, over the same data in one run.

`python -m bench.search --n 10000000`. The data are random hashes, 20,000 near-duplicates of one of them (the
flood) and, for half of the queries, a hash planted within the radius. Each side runs in processes of its own,
one after the other, so that neither's memory counts as the other's: one builds, another opens, is measured,
and writes its answers to a file, which are then compared. Both are called one query at a time from Python on
one thread. The peer is timed without HMA's wrapper, which only makes it slower.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tocsin.index import HammingIndex

FLOOD = 20_000
Hashes = NDArray[np.uint8]
Search = Callable[[Hashes], NDArray[np.uint64]]
"""One query, uint8[1, 32], to the ids of its hits."""


@dataclass(frozen=True, slots=True)
class Served:
    """What a process that opened an index measured: seconds, MB."""

    load: float
    resident: float
    p50: float
    p99: float
    flood: float
    new_entry: float | None


def flipped(hashes: Hashes, most: int, random: np.random.Generator) -> Hashes:
    """Copies with up to `most` bits flipped in each."""
    bits = np.unpackbits(hashes, axis=1)
    for row in bits:
        row[random.choice(256, random.integers(0, most + 1), replace=False)] ^= 1
    return np.packbits(bits, axis=1)


def make_data(folder: Path, n: int, queries: int, radius: int) -> None:
    """Write hashes.npy, queries.npy and flood.npy (the query that hits the flood)."""
    random = np.random.default_rng(20_260_101)
    hashes = random.integers(0, 256, (n, 32), dtype=np.uint8)
    flood = min(FLOOD, n // 4)
    hashes[1 : flood + 1] = flipped(np.repeat(hashes[:1], flood, axis=0), radius // 2, random)
    asked = random.integers(0, 256, (queries, 32), dtype=np.uint8)
    planted = random.integers(flood + 1, n, queries // 2)
    asked[::2][: len(planted)] = flipped(hashes[planted], radius, random)
    for name, array in (("hashes", hashes), ("queries", asked), ("flood", hashes[:1])):
        np.save(folder / f"{name}.npy", array)


def resident() -> float:
    """Resident memory of this process in MB (10^6 bytes), everything mapped included."""
    line = next(
        line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS")
    )
    return int(line.split()[1]) * 1024 / 1e6


def measured(folder: Path, side: str, load: float, search: Search, new: Callable[[], float] | None) -> Served:
    """Time each query alone, and save the answers."""
    queries, flood = np.load(folder / "queries.npy"), np.load(folder / "flood.npy")
    for k in range(min(100, len(queries))):
        search(queries[k : k + 1])
    times, answers = [], []
    for k in range(len(queries)):
        query = queries[k : k + 1]
        start = time.perf_counter()
        ids = search(query)
        times.append(time.perf_counter() - start)
        answers.append(np.sort(ids))
    memory = resident()
    flood_times = []
    for _repeat in range(5):
        start = time.perf_counter()
        ids = search(flood)
        flood_times.append(time.perf_counter() - start)
    answers.append(np.sort(ids))
    np.savez(folder / f"{side}.npz", lengths=[len(ids) for ids in answers], ids=np.concatenate(answers))
    p50, p99 = np.percentile(times, [50, 99])
    return Served(load, memory, float(p50), float(p99), min(flood_times), new() if new else None)


def build_ours(folder: Path, _radius: int) -> float:
    """Seconds to make our index, all of it durable."""
    hashes = np.load(folder / "hashes.npy")
    ids = np.arange(len(hashes), dtype=np.uint64)
    start = time.perf_counter()
    with HammingIndex.open(folder / "ours") as index:
        index.add(ids, hashes)
    return time.perf_counter() - start


def serve_ours(folder: Path, radius: int) -> Served:
    """Measure our index."""
    start = time.perf_counter()
    index = HammingIndex.open(folder / "ours", preload=True)
    load = time.perf_counter() - start
    index.search(np.zeros((1, 32), np.uint8), radius)

    def new_entry() -> float:
        slowest = 0.0
        for k in range(20):
            fresh = np.random.default_rng(k).integers(0, 256, (1, 32), dtype=np.uint8)
            start = time.perf_counter()
            index.add(np.array([2**40 + k], np.uint64), fresh)
            found = index.search(fresh, radius)[1]
            slowest = max(slowest, time.perf_counter() - start)
            if 2**40 + k not in found:
                message = "an added hash was not found"
                raise RuntimeError(message)
        return slowest

    return measured(folder, "ours", load, lambda query: index.search(query, radius)[1], new_entry)


def build_peer(folder: Path, _radius: int) -> float:
    """Seconds faiss itself takes to make the index that HMA uses (without HMA's wrapper)."""
    import faiss  # noqa: PLC0415  # in the peer's processes only

    hashes = np.load(folder / "hashes.npy")
    ids = np.arange(len(hashes), dtype=np.int64)
    faiss.omp_set_num_threads(1)
    start = time.perf_counter()
    multi = faiss.IndexBinaryMultiHash(256, 16, 16)
    index = faiss.IndexBinaryIDMap2(multi)
    index.add_with_ids(hashes, ids)
    taken = time.perf_counter() - start
    faiss.write_index_binary(index, str(folder / "peer"))
    return taken


def serve_peer(folder: Path, radius: int) -> Served:
    """Measure faiss, searching as HMA has it search."""
    import faiss  # noqa: PLC0415  # in the peer's processes only

    faiss.omp_set_num_threads(1)
    start = time.perf_counter()
    index = faiss.read_index_binary(str(folder / "peer"))
    load = time.perf_counter() - start
    multi = faiss.downcast_IndexBinary(index.index)  # type: ignore[attr-defined]  # as below
    multi.nflip = radius // 16  # type: ignore[attr-defined]  # the stubs do not follow SWIG's downcast

    def search(query: Hashes) -> NDArray[np.uint64]:
        ids: NDArray[np.uint64] = index.range_search(query, radius + 1)[2].view(np.uint64)
        return ids

    return measured(folder, "peer", load, search, None)


WORK = {
    "build-ours": build_ours,
    "serve-ours": serve_ours,
    "build-peer": build_peer,
    "serve-peer": serve_peer,
}


def child(work: str, folder: Path, radius: int) -> str:
    """Do one part in a process of its own; what it printed, as JSON."""
    command = [sys.executable, "-m", "bench.search", "--folder", str(folder), "--work", work]
    command += ["--radius", str(radius)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603  # ourselves


def agreement(folder: Path) -> str:
    """How many answers are the same set of ids on both sides."""
    ours, peer = (np.load(folder / f"{side}.npz") for side in ("ours", "peer"))
    ours_lists, peer_lists = (np.split(side["ids"], np.cumsum(side["lengths"])[:-1]) for side in (ours, peer))
    same = sum(np.array_equal(a, b) for a, b in zip(ours_lists, peer_lists, strict=True))
    return f"{same} of {len(ours_lists)} answers the same, {len(ours['ids'])} hits in all"


def report(folder: Path, n: int, queries: int, radius: int, *, peer: bool) -> None:
    """Run everything and print the table."""
    sides = ["ours", "peer"] if peer else ["ours"]
    build = {side: float(child(f"build-{side}", folder, radius)) for side in sides}
    served = {side: Served(**json.loads(child(f"serve-{side}", folder, radius))) for side in sides}
    print(f"{n} hashes, radius {radius}, {queries} single queries, one thread")
    print(f"{'':28}" + "".join(f"{side:>14}" for side in sides) + ("    peer/ours" if peer else ""))

    def row(what: str, value: Callable[[str], float | None], unit: str) -> None:
        values = [value(side) for side in sides]
        cells = "".join(f"{'rebuild' if v is None else f'{v:.4g} {unit}':>14}" for v in values)
        ratio = f"{values[1] / values[0]:12.1f}x" if peer and values[0] and values[1] else ""
        print(f"{what:28}{cells}{ratio}")

    row("build", lambda side: build[side], "s")
    row("load (files in page cache)", lambda side: served[side].load, "s")
    row("resident, all mapped", lambda side: served[side].resident, "MB")
    row("query p50", lambda side: served[side].p50 * 1e3, "ms")
    row("query p99", lambda side: served[side].p99 * 1e3, "ms")
    row(f"query hitting {min(FLOOD, n // 4)}", lambda side: served[side].flood * 1e3, "ms")
    row("add one and find it, worst", lambda side: (served[side].new_entry or 0) * 1e3 or None, "ms")
    if peer:
        print("agreement:", agreement(folder))


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=1_000_000)
    parser.add_argument("--radius", type=int, default=31)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--no-peer", action="store_true", help="measure ours only")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--work", choices=sorted(WORK), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        result = WORK[options.work](options.folder, options.radius)
        print(json.dumps(asdict(result) if isinstance(result, Served) else result))
        return
    with tempfile.TemporaryDirectory() as folder:
        make_data(Path(folder), options.n, options.queries, options.radius)
        report(Path(folder), options.n, options.queries, options.radius, peer=not options.no_peer)


if __name__ == "__main__":
    main()

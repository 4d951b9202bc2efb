"""Radius search over N hashes: ours, faiss as HMA configures it, and that inside HMA's wrapper, in one run.

`python -m bench.search --n 10000000`. The data are random hashes, 20,000 near-duplicates of one of them (the
flood) and, for half of the queries, a hash planted within the radius. Each side runs in processes of its own,
so that nobody's memory counts as another's: one builds, another opens the files, is measured, and writes its
answers to a file, which are compared in the end. All are called one query at a time from Python on one
thread. The sides take turns, three rounds each, and each query counts with its fastest round, so that what
else the machine does falls on all alike.
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
    """What a process that opened an index measured: seconds, MB. A new entry of 0 s means: not possible."""

    load: float
    resident: float
    p50: float
    p99: float
    flood: float
    new_entry: float


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


def measured(folder: Path, side: str, load: float, search: Search, new: Callable[[], float]) -> Served:
    """Time each query alone, a round for each line of standard input, and save the answers."""
    queries, flood = np.load(folder / "queries.npy"), np.load(folder / "flood.npy")
    for k in range(min(100, len(queries))):
        search(queries[k : k + 1])
    best, best_flood = np.full(len(queries), np.inf), np.inf
    answers: list[NDArray[np.uint64]] = []
    print("ready", flush=True)
    for _line in sys.stdin:
        answers = []
        for k in range(len(queries)):
            start = time.perf_counter()
            ids = search(queries[k : k + 1])
            best[k] = min(best[k], time.perf_counter() - start)
            answers.append(np.sort(ids))
        memory = resident()
        start = time.perf_counter()
        ids = search(flood)
        best_flood = min(best_flood, time.perf_counter() - start)
        answers.append(np.sort(ids))
        print("done", flush=True)
    np.savez(folder / f"{side}.npz", lengths=[len(ids) for ids in answers], ids=np.concatenate(answers))
    p50, p99 = np.percentile(best, [50, 99])
    return Served(load, memory, float(p50), float(p99), float(best_flood), new())


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
    from tocsin.index import kernels  # noqa: F401, PLC0415  # load time without numba's import, as for faiss

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


def build_faiss(folder: Path, _radius: int) -> float:
    """Seconds faiss itself takes to make the index that HMA uses (HMA's wrapper takes far longer)."""
    import faiss  # noqa: PLC0415  # in the peer's processes only

    hashes = np.load(folder / "hashes.npy")
    ids = np.arange(len(hashes), dtype=np.int64)
    faiss.omp_set_num_threads(1)
    start = time.perf_counter()
    multi = faiss.IndexBinaryMultiHash(256, 16, 16)
    index = faiss.IndexBinaryIDMap2(multi)
    index.add_with_ids(hashes, ids)
    taken = time.perf_counter() - start
    faiss.write_index_binary(index, str(folder / "faiss"))
    return taken


def serve_faiss(folder: Path, radius: int) -> Served:
    """Measure faiss, searching as HMA has it search."""
    import faiss  # noqa: PLC0415  # in the peer's processes only

    faiss.omp_set_num_threads(1)
    start = time.perf_counter()
    index = faiss.read_index_binary(str(folder / "faiss"))
    load = time.perf_counter() - start
    multi = faiss.downcast_IndexBinary(index.index)
    multi.nflip = radius // 16

    def search(query: Hashes) -> NDArray[np.uint64]:
        ids: NDArray[np.uint64] = index.range_search(query, radius + 1)[2].view(np.uint64)
        return ids

    return measured(folder, "faiss", load, search, lambda: 0.0)


def serve_hma(folder: Path, radius: int) -> Served:
    """Measure HMA's way to faiss: a hexadecimal hash in; ids, hexadecimal hashes and distances out."""
    import faiss  # noqa: PLC0415  # in the peer's processes only
    from threatexchange.signal_type.pdq.pdq_faiss_matcher import PDQMultiHashIndex  # noqa: PLC0415  # likewise

    faiss.omp_set_num_threads(1)
    start = time.perf_counter()
    index = PDQMultiHashIndex.__new__(PDQMultiHashIndex)
    # As unpickling does, with the same content.
    index.__setstate__(np.fromfile(folder / "faiss", np.uint8))
    load = time.perf_counter() - start

    def search(query: Hashes) -> NDArray[np.uint64]:
        text = query.tobytes().hex()
        hits = index.search_with_distance_in_result([text], radius)[text]
        return np.array([hit[0] for hit in hits], np.uint64)

    return measured(folder, "hma", load, search, lambda: 0.0)


BUILD = {"ours": build_ours, "faiss": build_faiss}
SERVE = {"ours": serve_ours, "faiss": serve_faiss, "hma": serve_hma}
ROUNDS = 3


def started(work: str, side: str, folder: Path, radius: int) -> subprocess.Popen[str]:
    """One part in a process of its own."""
    command = [sys.executable, "-m", "bench.search", "--folder", str(folder), "--radius", str(radius)]
    command += ["--work", work, "--side", side]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603  # ourselves


def line_of(process: subprocess.Popen[str]) -> str:
    """The next line that a process prints."""
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        message = f"{process.args!r} ended early"
        raise RuntimeError(message)
    return line


def serve(sides: list[str], folder: Path, radius: int) -> dict[str, Served]:
    """Open an index in each side's process, and have them take turns."""
    processes = {}
    for side in sides:
        processes[side] = started("serve", side, folder, radius)
        line_of(processes[side])
    for _round in range(ROUNDS):
        for process in processes.values():
            print("round", file=process.stdin, flush=True)
            line_of(process)
    return {side: Served(**json.loads(process.communicate()[0])) for side, process in processes.items()}


def agreement(folder: Path, peer: str) -> str:
    """How many answers are the same set of ids on both sides."""
    lists = []
    for side in ("ours", peer):
        saved = np.load(folder / f"{side}.npz")
        lists.append(np.split(saved["ids"], np.cumsum(saved["lengths"])[:-1]))
    same = sum(np.array_equal(a, b) for a, b in zip(*lists, strict=True))
    return f"{same} of {len(lists[0])} answers the same, {sum(map(len, lists[0]))} hits in all"


def report(folder: Path, n: int, queries: int, radius: int, *, peer: bool) -> None:
    """Run everything and print the table."""
    sides = list(SERVE) if peer else ["ours"]
    build = {side: float(line_of(started("build", side, folder, radius))) for side in BUILD if side in sides}
    build |= {"hma": 0.0}
    served = serve(sides, folder, radius)
    print(f"{n} hashes, radius {radius}, {queries} single queries, one thread; in brackets: times ours")
    print(f"{'':28}" + "".join(f"{side:>24}" for side in sides))

    def row(what: str, value: Callable[[str], float], unit: str) -> None:
        ours = value("ours")
        cells = [f"{value(s):.4g} {unit}" + f"{f'({value(s) / ours:.3g})':>9}" for s in sides]
        print(
            f"{what:28}"
            + "".join(f"{cell if value(s) else '-':>24}" for s, cell in zip(sides, cells, strict=True))
        )

    row("build", lambda side: build[side], "s")
    row("load (files in page cache)", lambda side: served[side].load, "s")
    row("resident, all mapped", lambda side: served[side].resident, "MB")
    row("query p50", lambda side: served[side].p50 * 1e3, "ms")
    row("query p99", lambda side: served[side].p99 * 1e3, "ms")
    row(f"query hitting {min(FLOOD, n // 4)}", lambda side: served[side].flood * 1e3, "ms")
    row("add one, find it (worst)", lambda side: served[side].new_entry * 1e3, "ms")
    for side in sides[1:]:
        print(f"agreement with {side}:", agreement(folder, side))


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=1_000_000)
    parser.add_argument("--radius", type=int, default=31)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--no-peer", action="store_true", help="measure ours only")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--work", choices=["build", "serve"], help=argparse.SUPPRESS)
    parser.add_argument("--side", choices=list(SERVE), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work == "build":
        print(BUILD[options.side](options.folder, options.radius))
        return
    if options.work == "serve":
        print(json.dumps(asdict(SERVE[options.side](options.folder, options.radius))))
        return
    with tempfile.TemporaryDirectory() as folder:
        make_data(Path(folder), options.n, options.queries, options.radius)
        report(Path(folder), options.n, options.queries, options.radius, peer=not options.no_peer)


if __name__ == "__main__":
    main()

"""A history of operations that can be replayed to any point, for tests that kill the writer."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tocsin.index import HammingIndex
from tocsin.index.building import gathered
from tocsin.index.manifest import NAME, decoded
from tocsin.index.settings import Settings
from tocsin.index.snapshot import Snapshot

SMALL = Settings(
    live_rows=12, log_bytes=2000, flat_rows=20, segment_rows=150, most_segments=3, numpy_rows=1 << 30
)
"""Every size so small that a few pairs go through all the ways there are."""
QUIET = replace(SMALL, merging=False)
"""The same without background work: merges happen in `compact` only."""
Content = Counter[tuple[int, bytes]]


def _drawn(number: int) -> tuple[NDArray[np.uint64], NDArray[np.uint8] | None]:
    """Operation `number`: ids, and hashes unless it is a removal."""
    random = np.random.default_rng(number)
    if number % 5 == 4:
        return random.integers(0, 100, 15, dtype=np.uint64), None
    count = int(random.choice([1, 3, 11, 40]))
    return random.integers(0, 100, count, dtype=np.uint64), random.integers(
        0, 256, (count, 32), dtype=np.uint8
    )


def perform(index: HammingIndex, number: int) -> None:
    """Do operation `number`; its number is its checkpoint."""
    ids, hashes = _drawn(number)
    mark = number.to_bytes(4, "big")
    if hashes is None:
        index.remove(ids, checkpoint=mark)
    else:
        index.add(ids, hashes, checkpoint=mark)
    if number % 7 == 6:
        index.compact()


def content_after(operations: int) -> Content:
    """What an index holds after the first so many operations."""
    content: Content = Counter()
    for number in range(operations):
        ids, hashes = _drawn(number)
        if hashes is None:
            content = Counter({pair: times for pair, times in content.items() if pair[0] not in ids})
        else:
            content.update((int(k), row.tobytes()) for k, row in zip(ids, hashes, strict=True))
    return content


def content_of(snapshot: Snapshot) -> Content:
    """What an index holds."""
    pairs = gathered(list(snapshot.parts()), snapshot.tombstones)
    return Counter((int(k), row.tobytes()) for k, row in zip(pairs.ids, pairs.hashes, strict=True))


def operations_done(snapshot: Snapshot) -> int:
    """How many operations of the history an index has seen, by its checkpoint."""
    return 0 if snapshot.checkpoint is None else int.from_bytes(snapshot.checkpoint, "big") + 1


def check(folder: Path, acknowledged: int) -> int:
    """Open the index of a killed writer; the number of operations it holds.

    Nothing acknowledged may be missing, and beyond it nothing but one whole operation may be there.
    """
    with HammingIndex.open(folder, _settings=QUIET) as index:
        done = operations_done(index._source.snapshot())
        assert acknowledged <= done <= acknowledged + 1
        assert content_of(index._source.snapshot()) == content_after(done)
        index.verify()
        there = {path.name for path in folder.iterdir()}
        manifest = decoded((folder / NAME).read_bytes(), folder / NAME)
        assert there == manifest.files() | {NAME, "writer.lock"}
    return done


def write(
    folder: Path,
    settings: Settings,
    step: Callable[[str], None],
    acknowledge: Callable[[], object],
    until: int,
) -> None:
    """Go on with the history from where the index in `folder` left off, up to operation `until`."""
    with HammingIndex.open(folder, _settings=settings, _step=step) as index:
        for number in range(operations_done(index._source.snapshot()), until):
            perform(index, number)
            acknowledge()

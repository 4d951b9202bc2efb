"""Which segments are merged, and that removals and merges keep an index small."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.index import HammingIndex
from tocsin.index.merging import run_to_merge, runs_to_compact
from tocsin.index.settings import Settings

pytestmark = pytest.mark.slow  # starts other processes, or syncs often

SIZES = Settings(segment_rows=10_000)


@given(st.lists(st.integers(1, 3000), max_size=60))
def test_merging_leaves_few_segments_and_loses_no_row(added: list[int]) -> None:
    rows: list[int] = []
    for count in added:
        rows.append(count)
        while (run := run_to_merge(rows, SIZES)) is not None:
            assert len(run) > 1
            rows[run.start : run.stop] = [sum(rows[run.start : run.stop])]
    assert sum(rows) == sum(added)
    assert max(rows, default=0) <= SIZES.segment_rows
    newest = [count for k, count in enumerate(rows) if sum(rows[k:]) <= SIZES.segment_rows]
    assert all(count > sum(newest[k + 1 :]) for k, count in enumerate(newest[:-1]))
    assert len(newest) <= 15


@given(st.lists(st.integers(1, 10_000), max_size=30))
def test_compacting_covers_every_segment_once(rows: list[int]) -> None:
    runs = runs_to_compact(rows, SIZES)
    assert [k for run in runs for k in run] == list(range(len(rows)))
    sums = [sum(rows[run.start : run.stop]) for run in runs]
    assert all(total <= SIZES.segment_rows for total in sums)
    assert all(a + rows[run.start] > SIZES.segment_rows for a, run in zip(sums, runs[1:], strict=False))


def test_many_small_adds_and_removals_are_merged_away_in_the_background(tmp_path: Path) -> None:
    sizes = Settings(live_rows=30, flat_rows=300, segment_rows=400, most_segments=6, numpy_rows=1 << 30)
    hashes = np.random.default_rng(1).integers(0, 256, (1000, 32), np.uint8)
    with HammingIndex.open(tmp_path, _settings=sizes) as index:
        for k in range(0, 1000, 20):
            index.add(np.arange(k, k + 20, dtype=np.uint64), hashes[k : k + 20])
            if k >= 100:
                index.remove(np.arange(k - 100, k - 90, dtype=np.uint64))
        while index._source._merger is not None:  # type: ignore[union-attr]  # it is the writer
            pass
        stats = index.stats()
        assert stats.pairs == len(index) == 550
        assert len(stats.segments) <= 9
        assert stats.tombstones <= 65
        limits, ids, _distances = index.search(hashes, 0)
        gone = {k for k in range(900) if k % 20 < 10}
        assert sorted(ids.tolist()) == sorted(set(range(1000)) - gone)
        assert len(limits) == 1001


def test_without_merging_it_waits_until_asked_or_until_there_are_too_many(tmp_path: Path) -> None:
    """Whoever opens an index for one more pair does not begin a merge to leave it unfinished."""
    sizes = Settings(live_rows=10, most_segments=6, numpy_rows=1 << 30)
    hashes = np.random.default_rng(2).integers(0, 256, (200, 32), np.uint8)

    def add(index: HammingIndex, count: int) -> None:
        for start in range(len(index), len(index) + 10 * count, 10):
            index.add(np.arange(start, start + 10, dtype=np.uint64), hashes[start : start + 10])

    for _ in range(5):
        with HammingIndex.open(tmp_path, merging=False, _settings=sizes) as index:
            add(index, 1)
    with HammingIndex.open(tmp_path, merging=False, _settings=sizes) as index:
        assert index.stats().segments == (10,) * 5
        assert index.merge_due
        index.merge()
        assert not index.merge_due
        assert index.stats().segments == (50,)
    with HammingIndex.open(tmp_path, merging=False, _settings=sizes) as index:
        add(index, 15)
        assert len(index.stats().segments) <= sizes.most_segments
        assert sorted(index.search(hashes, 0)[1].tolist()) == list(range(200))

"""The compiled kernels against their NumPy references, and when they are loaded at all."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.index import HammingIndex, building, kernels, reference
from tocsin.index.plan import plan_for
from tocsin.index.rows import CHUNK_VALUES, CHUNKS, Rows
from tocsin.index.settings import Settings


@given(seed=st.integers(0, 100), n=st.integers(0, 70), queries=st.integers(0, 3), radius=st.integers(0, 64))
@settings(max_examples=30, deadline=None)
def test_both_ways_of_scanning_agree_with_the_definition(
    seed: int, n: int, queries: int, radius: int
) -> None:
    random = np.random.default_rng(seed)
    hashes = random.integers(0, 2, (n, 4), np.uint64) * random.integers(0, 2**64, (n, 4), np.uint64)
    asked = random.integers(0, 2, (queries, 4), np.uint64) * random.integers(
        0, 2**64, (queries, 4), np.uint64
    )
    wanted = [
        [(r, d) for r, row in enumerate(hashes.tolist()) if (d := _distance(row, query)) <= radius]
        for query in asked.tolist()
    ]
    rows = Rows(hashes, np.arange(n, dtype=np.uint64), 0)
    for hits in (reference.scan(hashes, asked, radius), kernels.scan(rows, asked, plan_for(radius), 6)):
        pairs = list(zip(hits.rows.tolist(), hits.distances.tolist(), strict=True))
        assert [pairs[hits.limits[k] : hits.limits[k + 1]] for k in range(queries)] == wanted


def _distance(one: list[int], other: list[int]) -> int:
    """Bits that differ."""
    return sum((a ^ b).bit_count() for a, b in zip(one, other, strict=True))


@given(seed=st.integers(0, 100), n=st.integers(0, 500), values=st.sampled_from([1, 3, CHUNK_VALUES]))
@settings(max_examples=20, deadline=None)
def test_both_ways_of_sorting_give_the_same_directory(seed: int, n: int, values: int) -> None:
    chunks = np.random.default_rng(seed).integers(0, values, (n, CHUNKS)).astype(np.uint16)
    for chunk in (1, CHUNKS - 1):
        counts = np.bincount(chunks[:, chunk], minlength=CHUNK_VALUES)
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.uint32)
        plain, compiled = (building._listed(chunks, chunk, starts, compiled=which) for which in (False, True))
        assert np.array_equal(plain[0], compiled[0])
        assert np.array_equal(plain[1], compiled[1])


@given(radius=st.integers(0, 64), seed=st.integers(0, 10_000))
def test_the_allowances_add_up_to_one_more_than_the_radius(radius: int, seed: int) -> None:
    allowances = plan_for(radius).allowances
    assert allowances.sum() == radius + 1
    # The lemma the whole search rests on, for random distances within the radius.
    distances = np.bincount(np.random.default_rng(seed).integers(0, CHUNKS, radius), minlength=CHUNKS)
    spare = distances < allowances
    assert (spare & (distances + np.roll(distances, -1) < allowances + np.roll(allowances, -1))).any()


def test_a_small_index_does_without_numba(tmp_path: Path) -> None:
    program = """if True:
        import sys
        import numpy as np
        from tocsin.index import HammingIndex
        hashes = np.random.default_rng(1).integers(0, 256, (5000, 32), np.uint8)
        with HammingIndex.open(sys.argv[1]) as index:
            index.add(np.arange(5000, dtype=np.uint64), hashes)
            index.remove(np.arange(5, dtype=np.uint64))
            index.compact()
            assert len(index.search(hashes[:20], 31)[1]) == 15
        assert "numba" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)


def test_much_work_loads_the_kernels_and_changes_no_answer(tmp_path: Path) -> None:
    hashes = np.random.default_rng(1).integers(0, 256, (300, 32), np.uint8)
    answers = []
    for number, sizes in enumerate((Settings(), replace(Settings(), numpy_work=-1))):
        with HammingIndex.open(tmp_path / str(number), _settings=sizes) as index:
            index.add(np.arange(300, dtype=np.uint64), hashes)
            answers.append([array.tolist() for array in index.search(hashes[:9], 64)])
    assert answers[0] == answers[1]

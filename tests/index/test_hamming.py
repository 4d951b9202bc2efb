"""The index against brute force: adds, removals, re-adds, restarts, merges, every radius."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from numpy.typing import NDArray

from tocsin.index import (
    HammingIndex,
    IndexClosedError,
    IndexLockedError,
    IndexMissingError,
    IndexReadOnlyError,
    InvalidIndexInputError,
)
from tocsin.index.settings import Settings

Hashes = NDArray[np.uint8]
SMALL = Settings(live_rows=12, log_bytes=2000, flat_rows=20, segment_rows=150, numpy_work=-1, most_segments=3)
"""Every size so small that a few pairs go through all the ways there are; always the compiled kernels."""
NUMPY = Settings(live_rows=12, flat_rows=20, numpy_work=1 << 60)


def hashes_near(seed: int, count: int, spread: int = 70) -> Hashes:
    """Hashes at all distances up to about `spread` from one another, with duplicates."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(7).integers(0, 256, (3, 32), dtype=np.uint8)
    bits = np.unpackbits(centres[random.integers(0, 3, count)], axis=1)
    for row in bits:
        row[random.choice(256, random.integers(0, spread), replace=False)] ^= 1
    return np.packbits(bits, axis=1)


def expected(pairs: list[tuple[int, bytes]], query: bytes, radius: int) -> list[tuple[int, int]]:
    """(id, distance) of the pairs within the radius, by the definition of the Hamming distance."""
    value = int.from_bytes(query, "little")
    distances = ((number, (value ^ int.from_bytes(hash_, "little")).bit_count()) for number, hash_ in pairs)
    return sorted(hit for hit in distances if hit[1] <= radius)


def found(index: HammingIndex, queries: Hashes, radius: int) -> list[list[tuple[int, int]]]:
    """(id, distance) of each query's hits."""
    limits, ids, distances = index.search(queries, radius)
    assert [str(array.dtype) for array in (limits, ids, distances)] == ["int64", "uint64", "uint8"]
    assert len(limits) == len(queries) + 1
    assert limits[-1] == len(ids) == len(distances)
    hits = list(zip(ids.tolist(), distances.tolist(), strict=True))
    return [sorted(hits[limits[k] : limits[k + 1]]) for k in range(len(queries))]


class IndexMachine(RuleBasedStateMachine):
    """A writer and a reader of one folder, and a plain list of what they should hold."""

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.pairs: list[tuple[int, bytes]] = []
        self.checkpoint: bytes | None = None
        self.writer = self.opened()
        self.reader = HammingIndex.open(self.folder, readonly=True, _settings=SMALL)

    def opened(self) -> HammingIndex:
        return HammingIndex.open(self.folder, _settings=SMALL)

    @rule(
        seed=st.integers(0, 50),
        count=st.integers(0, 40),
        first=st.integers(0, 60),
        mark=st.binary(max_size=64),
    )
    def add(self, seed: int, count: int, first: int, mark: bytes) -> None:
        hashes = hashes_near(seed, count)
        ids = np.arange(first, first + count, dtype=np.uint64)
        self.writer.add(ids, hashes, checkpoint=mark or None)
        self.checkpoint = mark or self.checkpoint
        self.pairs += [(int(k), row.tobytes()) for k, row in zip(ids, hashes, strict=True)]

    @rule(ids=st.lists(st.integers(0, 100), max_size=30), mark=st.binary(max_size=64))
    def remove(self, ids: list[int], mark: bytes) -> None:
        self.writer.remove(np.array(ids, np.uint64), checkpoint=mark or None)
        self.checkpoint = mark or self.checkpoint
        self.pairs = [pair for pair in self.pairs if pair[0] not in ids]

    @rule(seed=st.integers(0, 50), radius=st.integers(0, 64), count=st.integers(0, 4))
    def search(self, seed: int, radius: int, count: int) -> None:
        queries = hashes_near(seed, count)
        wanted = [expected(self.pairs, query.tobytes(), radius) for query in queries]
        assert found(self.writer, queries, radius) == wanted
        assert found(self.reader, queries, radius) == wanted

    @rule()
    def restart(self) -> None:
        self.writer.close()
        self.writer = self.opened()

    @rule()
    def compact(self) -> None:
        self.writer.compact()
        stats = self.writer.stats()
        assert (stats.live, stats.hidden, stats.tombstones) == (0, 0, 0)

    @invariant()
    def knows_what_it_holds(self) -> None:
        assert len(self.writer) == len(self.reader) == len(self.pairs)
        assert self.writer.checkpoint == self.reader.checkpoint == self.checkpoint

    def teardown(self) -> None:
        self.writer.verify()
        self.reader.close()
        self.writer.close()
        shutil.rmtree(self.folder)


_FEW = settings(
    max_examples=5, stateful_step_count=15, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestIndex = IndexMachine.TestCase
TestIndex.settings = _FEW


@pytest.mark.parametrize(
    "count", [pytest.param(25, marks=pytest.mark.slow), pytest.param(500, marks=pytest.mark.long)]
)
def test_many_long_histories(count: int) -> None:
    many = settings(_FEW, max_examples=count, stateful_step_count=50)
    run_state_machine_as_test(IndexMachine, settings=many)


@given(radius=st.integers(0, 64), count=st.sampled_from([1, 2, 300]), seed=st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_a_segment_with_a_directory_answers_as_brute_force(radius: int, count: int, seed: int) -> None:
    hashes, queries = hashes_near(seed, count), hashes_near(seed + 1, 5)
    with tempfile.TemporaryDirectory() as folder:
        sizes = Settings(live_rows=1, flat_rows=1, numpy_work=-1, probe_cost=0)
        with HammingIndex.open(folder, _settings=sizes) as index:
            index.add(np.arange(count, dtype=np.uint64), hashes)
            pairs = [(k, row.tobytes()) for k, row in enumerate(hashes)]
            assert found(index, queries, radius) == [
                expected(pairs, query.tobytes(), radius) for query in queries
            ]


def test_a_new_index_is_empty_and_finds_nothing(tmp_path: Path) -> None:
    with HammingIndex.open(tmp_path / "a" / "b") as index:
        assert len(index) == 0
        assert index.checkpoint is None
        assert found(index, hashes_near(1, 2), 64) == [[], []]


def test_one_entry_matches_itself_after_reopening(tmp_path: Path) -> None:
    one = hashes_near(1, 1)
    with HammingIndex.open(tmp_path) as index:
        index.add(np.array([2**64 - 1], np.uint64), one)
    with HammingIndex.open(tmp_path, readonly=True) as index:
        assert found(index, one, 0) == [[(2**64 - 1, 0)]]
    with HammingIndex.open(tmp_path) as index:
        index.compact()
        assert found(index, one, 31) == [[(2**64 - 1, 0)]]


@pytest.mark.parametrize("count", [300, 20_000])
def test_a_flood_of_near_duplicates_is_answered_whole(tmp_path: Path, count: int) -> None:
    query = hashes_near(3, 1)
    hashes = np.repeat(query, count, axis=0)
    hashes[np.arange(count), np.arange(count) % 32] ^= 1
    with HammingIndex.open(tmp_path, _settings=Settings(numpy_work=-1, flat_rows=1)) as index:
        index.add(np.arange(count, dtype=np.uint64), hashes)
        limits, ids, distances = index.search(np.repeat(query, 3, axis=0), 31)
    assert limits.tolist() == [0, count, 2 * count, 3 * count]
    assert np.array_equal(np.sort(ids[:count]), np.arange(count))
    assert set(distances.tolist()) == {1}


def test_opposite_hashes_are_256_apart_not_0(tmp_path: Path) -> None:
    hashes = np.stack([np.zeros(32, np.uint8), np.full(32, 255, np.uint8)])
    for sizes in (NUMPY, Settings(numpy_work=-1), Settings(live_rows=1, flat_rows=1, numpy_work=-1)):
        with HammingIndex.open(tmp_path / str(hash(sizes)), _settings=sizes) as index:
            index.add(np.array([5, 6], np.uint64), hashes)
            assert found(index, hashes, 64) == [[(5, 0)], [(6, 0)]]


def test_there_is_one_writer_and_readers_cannot_write(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError):
        HammingIndex.open(tmp_path, readonly=True)
    with HammingIndex.open(tmp_path) as index:
        with pytest.raises(IndexLockedError, match="another process"):
            HammingIndex.open(tmp_path)
        with HammingIndex.open(tmp_path, readonly=True) as reader, pytest.raises(IndexReadOnlyError):
            reader.remove(np.array([1], np.uint64))
    with pytest.raises(IndexClosedError):
        index.search(hashes_near(1, 1), 31)
    with pytest.raises(IndexClosedError):
        index.add(np.array([1], np.uint64), hashes_near(1, 1))
    with pytest.raises(IndexClosedError):
        reader.search(hashes_near(1, 1), 31)


def test_what_cannot_be_used_is_refused_with_advice(tmp_path: Path) -> None:
    ids, hashes = np.array([1], np.uint64), hashes_near(1, 1)
    with HammingIndex.open(tmp_path) as index:
        for bad_ids in (ids.astype(np.int64), ids.reshape(1, 1), [1]):
            with pytest.raises(InvalidIndexInputError, match=r"ids must be uint64\[n\]"):
                index.add(bad_ids, hashes)  # type: ignore[arg-type]  # that is the test
        for bad_hashes in (hashes.astype(np.int8), hashes[0], hashes[:, :31], hashes.tobytes()):
            with pytest.raises(InvalidIndexInputError, match=r"hashes must be uint8\[n, 32\]"):
                index.add(ids, bad_hashes)  # type: ignore[arg-type]  # that is the test
        with pytest.raises(InvalidIndexInputError, match="1 ids for 2 hashes"):
            index.add(ids, np.repeat(hashes, 2, axis=0))
        for radius in (-1, 65, 1.5, True, None):
            with pytest.raises(InvalidIndexInputError, match="radius"):
                index.search(hashes, radius)  # type: ignore[arg-type]  # that is the test
        for checkpoint in (b"x" * 65, "text"):
            with pytest.raises(InvalidIndexInputError, match="checkpoint"):
                index.add(ids, hashes, checkpoint=checkpoint)  # type: ignore[arg-type]  # that is the test
        assert len(index) == 0
    assert "uint8[n, 32]" in InvalidIndexInputError.advice


def test_strided_arrays_are_taken_as_they_read(tmp_path: Path) -> None:
    hashes = hashes_near(4, 10)
    with HammingIndex.open(tmp_path) as index:
        index.add(np.arange(10, dtype=np.uint64)[::2], hashes[::2])
        assert found(index, hashes[2:3], 0)[0][0] == (2, 0)
        assert len(index) == 5


def test_arrays_at_odd_addresses_are_taken(tmp_path: Path) -> None:
    hashes = hashes_near(4, 10)
    odd = np.frombuffer(b"x" + hashes.tobytes(), np.uint8, 320, 1).reshape(10, 32)
    for number, sizes in enumerate((SMALL, NUMPY)):
        with HammingIndex.open(tmp_path / str(number), _settings=sizes) as index:
            index.add(np.arange(10, dtype=np.uint64), odd)
            assert index.search(odd[:1], 0)[1].tolist() == [0]

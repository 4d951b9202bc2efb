"""Damaged, torn and missing files: named in the error, never silently dropped."""

import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tocsin.index import HammingIndex, IndexCorruptError, IndexFailedError
from tocsin.index.log import FILE_HEADER
from tocsin.index.settings import Settings

pytestmark = pytest.mark.slow  # starts other processes, or syncs often

SMALL = Settings(live_rows=30, flat_rows=20, merging=False, numpy_rows=1 << 30)


def filled(folder: Path) -> list[int]:
    """An index with every kind of file; the length of its log after each of its records."""
    random = np.random.default_rng(1)
    sizes = []
    with HammingIndex.open(folder, _settings=SMALL) as index:
        for first in (0, 100):
            index.add(
                np.arange(first, first + 50, dtype=np.uint64), random.integers(0, 256, (50, 32), np.uint8)
            )
            index.remove(np.arange(first, first + 5, dtype=np.uint64))
        index.add(np.arange(200, 240, dtype=np.uint64), random.integers(0, 256, (40, 32), np.uint8))
        log = next(folder.glob("log-*"))
        sizes.append(log.stat().st_size)
        for count in (2, 25, 2):
            ids = np.arange(300, 300 + count, dtype=np.uint64)
            index.add(ids, random.integers(0, 256, (count, 32), np.uint8))
            sizes.append(log.stat().st_size)
        index.remove(np.array([1, 320], np.uint64), checkpoint=b"here")
        sizes.append(log.stat().st_size)
    return sizes


def flip(path: Path, offset: int) -> None:
    """Flip one bit of a file."""
    data = bytearray(path.read_bytes())
    data[offset] ^= 4
    path.write_bytes(data)


def opened_and_verified(folder: Path, *, readonly: bool) -> None:
    """Raises if anything is wrong with the index in `folder`."""
    with HammingIndex.open(folder, readonly=readonly) as index:
        index.verify()


@pytest.mark.parametrize("readonly", [False, True])
@pytest.mark.parametrize("pattern", ["manifest.json", "log-*", "segment-*", "tombstones-*"])
def test_a_flipped_bit_is_found_and_its_file_named(tmp_path: Path, pattern: str, readonly: bool) -> None:  # noqa: FBT001  # a parameter of pytest
    filled(tmp_path / "whole")
    size = next((tmp_path / "whole").glob(pattern)).stat().st_size
    offsets = sorted({*range(0, min(size, 64), 13), *range(0, size, size // 4 + 1), size - 1})
    for offset in offsets:
        folder = tmp_path / str(offset)
        shutil.copytree(tmp_path / "whole", folder)
        path = min(folder.glob(pattern))
        before = path.read_bytes()
        flip(path, offset)
        if pattern == "segment-*" and offset >= 4096 and not _covered(path, offset):
            continue
        with pytest.raises(IndexCorruptError, match=path.name):
            opened_and_verified(folder, readonly=readonly)
        path.write_bytes(before)
        opened_and_verified(folder, readonly=readonly)


def _covered(path: Path, offset: int) -> bool:
    """Whether a byte of a segment means anything: the gaps up to the next page are filled with zeros."""
    header = np.frombuffer(path.read_bytes()[40 : 40 + 24 * 5], "<u8").reshape(5, 3)
    return any(start <= offset < start + length for start, length, _crc in header.tolist())


@pytest.mark.parametrize("pattern", ["manifest.json", "log-*", "segment-*", "tombstones-*"])
def test_a_missing_or_shortened_file_is_named(tmp_path: Path, pattern: str) -> None:
    filled(tmp_path / "whole")
    for cut in (None, 0, 8, -1):
        if pattern == "log-*" and cut == -1:
            continue  # that is a torn append
        folder = tmp_path / str(cut)
        shutil.copytree(tmp_path / "whole", folder)
        path = min(folder.glob(pattern))
        if cut is None:
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[:cut])
        with pytest.raises(IndexCorruptError, match=path.name):
            opened_and_verified(folder, readonly=False)


def test_a_torn_append_is_dropped_whole(tmp_path: Path) -> None:
    sizes = filled(tmp_path / "whole")
    assert sizes[0] == len(FILE_HEADER)
    log = next((tmp_path / "whole").glob("log-*"))
    data = log.read_bytes()
    with HammingIndex.open(tmp_path / "whole") as index:
        held = len(index)
    counts = [held - 28, held - 26, held - 1, held + 1, held]
    cuts = [*range(sizes[0], sizes[-1], 211), *sizes, *(size - 1 for size in sizes[1:])]
    for number, left in enumerate([*(data[:cut] for cut in cuts), *_zeroed(data, sizes)]):
        folder = tmp_path / str(number)
        shutil.copytree(tmp_path / "whole", folder)
        (folder / log.name).write_bytes(left)
        whole = max(k for k, size in enumerate(sizes) if left[:size] == data[:size])
        with HammingIndex.open(folder, readonly=True) as index:
            assert len(index) == counts[whole]
        with HammingIndex.open(folder) as index:
            assert len(index) == counts[whole]
            assert index.checkpoint == (b"here" if whole == 4 else None)
            index.add(np.array([7], np.uint64), np.zeros((1, 32), np.uint8))
        with HammingIndex.open(folder) as index:
            assert len(index) == counts[whole] + 1


def _zeroed(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    """The log as it is when its length reached the disk before some of its last record's sectors did."""
    for start, end in pairwise(sizes):
        yield data[:start] + bytes(end - start)
        for sector in range(start - start % -512, end, 512):
            yield data[:sector] + bytes(end - sector)
            yield data[:sector] + bytes(min(512, end - sector)) + data[sector + 512 : end]


def test_a_failed_write_stops_the_writer_and_loses_nothing(tmp_path: Path) -> None:
    hashes = np.zeros((1, 32), np.uint8)
    names: list[str] = []

    def fail(name: str) -> None:
        names.append(name)
        if names.count("log: appended") == 2:
            message = "No space left on device"
            raise OSError(28, message)

    index = HammingIndex.open(tmp_path, _step=fail)
    index.add(np.array([1], np.uint64), hashes)
    with pytest.raises(OSError, match="No space"):
        index.add(np.array([2], np.uint64), hashes)
    with pytest.raises(IndexFailedError, match="No space"):
        index.add(np.array([3], np.uint64), hashes)
    assert index.search(hashes, 0)[1].tolist() == [1]
    index.close()
    with HammingIndex.open(tmp_path) as again:
        assert set(again.search(hashes, 0)[1].tolist()) in ({1}, {1, 2})

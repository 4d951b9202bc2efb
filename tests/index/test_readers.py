"""Readers beside the writer: in another process, in other threads, while files are replaced under them."""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tocsin.index import HammingIndex

sys.path.insert(0, str(Path(__file__).parent))
from histories import SMALL, content_after, content_of, operations_done, write  # beside this file

pytestmark = pytest.mark.slow  # starts other processes, or syncs often

OPERATIONS = 30


def test_a_reader_follows_a_writer_in_another_process(tmp_path: Path) -> None:
    HammingIndex.open(tmp_path).close()
    with HammingIndex.open(tmp_path, readonly=True, preload=True, _settings=SMALL) as reader:
        child = os.fork()
        if not child:
            try:
                write(tmp_path, SMALL, lambda _name: None, lambda: None, OPERATIONS)
            finally:
                os._exit(0)
        seen = [0]
        while seen[-1] < OPERATIONS:
            snapshot = reader._source.snapshot()
            seen.append(operations_done(snapshot))
            assert content_of(snapshot) == content_after(seen[-1])
        assert os.waitpid(child, 0)[1] == 0
    assert seen == sorted(seen)
    assert len(set(seen)) > 3


def test_a_reader_keeps_its_answers_when_all_files_are_replaced(tmp_path: Path) -> None:
    hashes = np.random.default_rng(1).integers(0, 256, (500, 32), np.uint8)
    with HammingIndex.open(tmp_path, _settings=SMALL) as writer:
        writer.add(np.arange(500, dtype=np.uint64), hashes)
        with HammingIndex.open(tmp_path, readonly=True, _settings=SMALL) as reader:
            old = reader._source.snapshot()
            writer.remove(np.arange(250, dtype=np.uint64))
            writer.compact()
            assert not [segment for segment in old.segments if segment.path.exists()]
            assert sum(content_of(old).values()) == 500
            assert np.array_equal(reader.search(hashes, 0)[1], np.arange(250, 500))


def test_searches_in_threads_see_every_acknowledged_pair(tmp_path: Path) -> None:
    hashes = np.random.default_rng(2).integers(0, 256, (400, 32), np.uint8)
    acknowledged = 0
    done = threading.Event()
    with HammingIndex.open(tmp_path, _settings=SMALL) as index:

        def look() -> int:
            looks = 0
            while not done.is_set():
                known = acknowledged
                limits, ids, _ = index.search(hashes[:known], 0)
                assert limits[-1] == known
                assert np.array_equal(ids, np.arange(known))
                looks += 1
            return looks

        with ThreadPoolExecutor(2) as pool:
            lookers = [pool.submit(look) for _ in range(2)]
            try:
                for k in range(0, 400, 16):
                    index.add(np.arange(k, k + 16, dtype=np.uint64), hashes[k : k + 16])
                    acknowledged = k + 16
            finally:
                done.set()
            assert all(looker.result() > 0 for looker in lookers)

"""An upload takes as much memory for a film of hours as for a picture."""

from pathlib import Path

import pytest

from bench.upload import SOURCES, uploaded

MEGABYTE = 1_000_000


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES)
def test_a_large_file_takes_little_memory(tmp_path: Path, source: str) -> None:
    size = 150 * MEGABYTE
    cost = uploaded(tmp_path, size, source)
    assert cost.status == 200
    assert cost.peak - cost.before < size / 5
    assert cost.peak < 150 * MEGABYTE


@pytest.mark.long
@pytest.mark.parametrize("source", SOURCES)
def test_five_gigabytes_take_little_memory(tmp_path: Path, source: str) -> None:
    cost = uploaded(tmp_path, 5000 * MEGABYTE, source)
    assert cost.status == 200
    assert cost.peak < 200 * MEGABYTE

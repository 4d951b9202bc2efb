"""Fixtures for tests that scan; a test module asks for them by `pytest_plugins = ["support.pools"]`.

The pools are shared by the whole session, because each takes a moment to start.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin.content.examine import TASK
from tocsin.matching.examine import COMPILED, PLAIN
from tocsin.media.sandbox import Pool
from tocsin.storage.seen import SeenStore

TESTS = str(Path(__file__).parent.parent)


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    """The pool of a scan."""
    with Pool(TASK, workers=2, preload=COMPILED) as opened:
        yield opened


@pytest.fixture(scope="session")
def another_pool() -> Iterator[Pool]:
    """For a second scan at the same time; starts quickly."""
    with Pool(TASK, workers=2, preload=PLAIN) as opened:
        yield opened


@pytest.fixture(scope="session")
def mortal_pool() -> Iterator[Pool]:
    """Its children die at certain names."""
    with Pool("support.rough_tasks:die_at_names", workers=2, preload=PLAIN, path=[TESTS]) as opened:
        yield opened


@pytest.fixture(scope="session")
def lying_pool() -> Iterator[Pool]:
    """Its children are subverted."""
    with Pool("support.rough_tasks:lie", workers=2, preload=PLAIN, path=[TESTS]) as opened:
        yield opened


@pytest.fixture
def seen(tmp_path: Path) -> Iterator[SeenStore]:
    """An empty memory of scans."""
    with SeenStore(tmp_path / "seen.db") as opened:
        yield opened

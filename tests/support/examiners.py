"""An examiner for tests; a test module asks for it by `pytest_plugins = ["support.examiners"]`."""

from collections.abc import Iterator

import pytest

from tocsin.content.examiner import Examiner


@pytest.fixture(scope="session")
def examiner() -> Iterator[Examiner]:
    """Two children, for all tests: they take a moment to start."""
    with Examiner(2) as opened:
        yield opened

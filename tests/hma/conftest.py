"""One node for all tests of a module: each uses banks and pictures of its own."""

from collections.abc import Iterator

import pytest
from support.hma import Clients, clients


@pytest.fixture(scope="module")
def hma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    with clients(tmp_path_factory.mktemp("hma") / "home") as opened:
        yield opened

"""Two servers and two workers at 200,000 entries: what one has acknowledged, no look-up anywhere misses."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.live import Changes, Home, Seen, load, retroactive
from bench.live_node import Process, Server

if TYPE_CHECKING:
    from support.databases import Databases

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]
ENTRIES = 200_000
CHANGES = 30
A_SECOND = 20.0


@pytest.fixture(params=["sqlite", "postgres"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    """A home with that many entries, on each database."""
    folder = tmp_path / "home"
    folder.mkdir()
    with ExitStack() as stack:
        if request.param == "postgres":
            postgres: Databases = request.getfixturevalue("postgres")
            url = stack.enter_context(postgres.new(empty=True))
            (folder / "tocsin.toml").write_text(f'[database]\nurl = "{url}"\n')
        made = Home(folder)
        for part in range(1, 5):  # several segments, so that the index is merged meanwhile
            made.fill(part * ENTRIES // 4)
        yield made


def test_a_change_counts_in_every_process_as_soon_as_it_is_acknowledged(home: Home) -> None:
    """Also while look-ups go on and the index is merged; `bench.live` says how long it takes."""
    with ExitStack() as stack:
        servers = [stack.enter_context(Server(home.folder, "--no-worker")) for _ in range(2)]
        for _ in range(2):
            stack.enter_context(Process(home.folder, ["worker", "--threads", "2"], "working"))
        making = stack.enter_context(Changes(servers, home.token))
        added, withdrawn = Seen(), Seen()
        with load(home, servers, A_SECOND) as looking:
            for turn, value in enumerate(home.fresh(CHANGES)):
                number = making.add(turn, value.tobytes(), added)
                making.withdraw(turn + 1, number, value.tobytes(), withdrawn)
            retroactive(servers[0], home.token, 3)  # raises unless a worker finds what was added
        assert sum(len(one.waits) for one in looking) > 0
        assert sum(one.wrong for one in looking) == 0
        assert (len(added.at), len(withdrawn.at)) == (CHANGES, CHANGES)
        assert (added.late, withdrawn.late) == (0, 0)

"""A running node fills banks from its partners by itself, and tells them what people here think."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.nodes import SMALL

from tocsin.access.model import local
from tocsin.exchange.model import Stance
from tocsin.exchange.store import Exchange, Giving, NewExchange
from tocsin.node.node import Node
from tocsin.simulators.ncmec.listed import Item
from tocsin.simulators.ncmec.server import NcmecSimulator

ME = local("anna")
ENTRIES = 20


def wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not until():
        assert time.monotonic() < end
        time.sleep(0.01)


def ran(node: Node, times: int) -> Exchange:
    """The exchange, once it has run so often."""

    def ended() -> bool:
        one = node.exchanging.exchange(ME, "npo")
        return one.run >= times and one.ended is not None and one.ended >= (one.started or one.ended)

    wait(ended)
    return node.exchanging.exchange(ME, "npo")


def test_what_a_partner_lists_is_matched_until_it_takes_it_back(tmp_path: Path) -> None:
    past = datetime.now(UTC) - timedelta(hours=2)
    with NcmecSimulator("member", "g7-kX2-what") as partner, Node.open(tmp_path, SMALL, create=True) as node:
        for number in range(ENTRIES):
            partner.list.put(Item(1, str(number), False, past, "B2", (("md5", f"{number:032x}"),)))  # noqa: FBT003
        with node.work(1):
            new = NewExchange("npo", "ncmec", "npo list", "simulator", every=60)
            node.exchanging.add(ME, new, user="member", password="g7-kX2-what", url=partner.url)  # noqa: S106  # of nobody
            first = ran(node, 1)
            assert (first.outcome, first.counts.added) == ("done", ENTRIES)
            assert node.banks.counts("npo list").entries == ENTRIES

            entry = next(iter(node.banks.entries("npo list")))
            given = node.exchanging.give_opinion(ME, entry.id, Stance.CONFIRM, signal="md5")
            wait(lambda: node.exchanging.opinions(ME, "npo")[0].state is Giving.GIVEN)
            assert [(one.key, one.reason) for one in partner.told] == [(f"1-{entry.origin.id}", "")]
            assert given.author == ME.id

            gone = partner.list.get("1-7")
            assert gone is not None
            now = datetime.now(UTC) - timedelta(minutes=1)
            partner.list.put(replace(gone, time=now, deleted=True))
            node.exchanging.run_soon(ME, "npo", anew=True)  # else what is of the last minute waits
            second = ran(node, 2)
            assert (second.outcome, second.counts.withdrawn) == ("done", 1)
            (withdrawn,) = (one for one in node.banks.entries("npo list") if one.withdrawn)
            assert withdrawn.signals[0].value == (7).to_bytes(16, "big")

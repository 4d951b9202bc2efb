"""Two nodes: what one tells the other enters its bank, is withdrawn there, and is answered with opinions."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from support.feeds import BANK, ME, NOW, FeedNode, draft

from tocsin.banks.opinions import Verdict
from tocsin.exchange.feed_log import FeedLog
from tocsin.exchange.importing_feed import FollowedFeed, Following
from tocsin.exchange.keys import SIGNING
from tocsin.exchange.model import OpinionToGive, Page, PartnerRefusedError, Stance
from tocsin.exchange.publishing import Published, Publishing
from tocsin.exchange.rights import PartnerKind, Terms, terms_in
from tocsin.node.feeding import NoWeb


def _publish(node: FeedNode) -> Published:
    log = FeedLog(node.home.folder / "feed", node.keys, node.store, lambda: NOW)
    return Publishing(node.home.database, node.store, log).run(NOW)


def _follows(node: FeedNode, other: FeedNode) -> FollowedFeed:
    following = Following(
        node.home.database, node.store, lambda: node.keys, node.home.ledger, lambda _: NoWeb(), lambda: NOW
    )
    return FollowedFeed(following, other.name, str(other.home.folder / "feed"), timedelta(days=1))


def _pages(node: FeedNode, other: FeedNode, after: Page | None = None) -> list[Page]:
    return list(_follows(node, other).fetch(None if after is None else after.checkpoint, NOW))


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[tuple[FeedNode, FeedNode, FeedNode]]:
    """A hotline, law enforcement, and a platform, who know each other."""
    kinds = {
        "a.example": PartnerKind.HOTLINE,
        "b.example": PartnerKind.LAW_ENFORCEMENT,
        "c.example": PartnerKind.PLATFORM,
    }
    a, b, c = (FeedNode.make(tmp_path, name, kind) for name, kind in kinds.items())
    for node in (a, b, c):
        for other in (a, b, c):
            if other is not node:
                node.knows(other)
    yield a, b, c
    for node in (a, b, c):
        node.home.close()


def test_an_entry_its_withdrawal_and_an_opinion_travel(nodes: tuple[FeedNode, FeedNode, FeedNode]) -> None:
    a, b, c = nodes
    a.shares(Terms("law-enforcement", jurisdiction="DE"))
    (entry,) = a.home.add_entries(BANK, [draft(7)]).entry_ids
    assert _publish(a).items == 1
    page = _pages(b, a)[-1]
    (record,) = page.records
    assert record.draft.signals == draft(7).signals
    assert terms_in(record.draft.labels) == (Terms("law-enforcement", jurisdiction="DE"),)
    assert page.up_to == NOW
    assert [one.records for one in _pages(c, a)] == [()]
    _follows(b, a).give(OpinionToGive(record.key, Stance.DISPUTE, "not what it says"))
    _publish(b)
    _pages(a, b)
    _pages(a, b)
    (heard,) = a.store.opinions()
    assert (heard.entry, heard.partner, heard.verdict) == (entry, "b.example", Verdict.DISPUTE)
    a.home.withdraw([entry], "a mistake")
    _publish(a)
    (withdrawal,) = _pages(b, a, page)[-1].withdrawals
    assert (withdrawal.key, withdrawal.reason) == (record.key, "a mistake")


def test_what_may_not_travel_is_in_no_byte_that_another_can_open(
    nodes: tuple[FeedNode, FeedNode, FeedNode],
) -> None:
    a, b, c = nodes
    a.shares(Terms("platforms-for-detection"))
    a.home.add_entries(BANK, [draft(8)])
    _publish(a)
    assert [one.records for one in _pages(b, a)] == [()]
    assert len(_pages(c, a)[-1].records) == 1
    secret = draft(8).signals[0].hex.encode()
    assert not any(
        secret in path.read_bytes() for path in (a.home.folder / "feed").rglob("*") if path.is_file()
    )


def test_a_key_that_is_rotated_is_followed_and_one_that_is_revoked_is_not(
    nodes: tuple[FeedNode, FeedNode, FeedNode],
) -> None:
    a, b, _ = nodes
    _publish(a)
    before = _pages(b, a)[-1]
    a.keys.rotate(SIGNING)
    _publish(a)
    _pages(b, a, before)
    assert b.store.partner("a.example").verifier == a.keys.signer("a.example").verifier.to_text()
    b.partners.revoke(ME, "a.example", "they lost their keys")
    with pytest.raises(PartnerRefusedError):
        _pages(b, a)

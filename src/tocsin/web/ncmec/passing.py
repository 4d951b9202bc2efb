"""What of a bank may leave by this door."""

from typing import TYPE_CHECKING

from tocsin.exchange.feed_store import UnknownPartnerError
from tocsin.exchange.rights import Recipient, may_travel, terms_in
from tocsin.storage.feeds import FeedStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from tocsin.access.model import Principal
    from tocsin.banks.model import Bank, Entry
    from tocsin.node.node import Node


def passing(node: "Node", caller: "Principal", bank: "Bank") -> "Callable[[Entry], bool]":
    """Tells which entries of a bank may go to a caller.

    Where the bank, or whoever an entry came from, set terms, each of them has to let it go to the partner
    that has the token's name; where there is none of that name nobody knows who reads, and nothing goes.
    Without any terms, the right `share` in the bank is what says so.
    """
    feeds = FeedStore(node.database)
    of_bank = feeds.terms(bank.name)
    reader = _partner(feeds, caller.id.partition(":")[2])

    def may_go(entry: "Entry") -> bool:
        theirs = terms_in(entry.labels)
        if of_bank is None and not theirs:
            return True
        if reader is None:
            return False
        if of_bank is not None and not may_travel(of_bank.terms, reader).allowed:
            return False
        return all(may_travel(one, reader, relayed=True).allowed for one in theirs)

    return may_go


def _partner(feeds: FeedStore, name: str) -> Recipient | None:
    try:
        found = feeds.partner(name)
    except UnknownPartnerError:
        return None
    return found.recipient if found.revoked is None else None

"""What partners are told: planned from the banks into an outbox, then sealed and appended to our log.

Planning is one transaction for some thousand entries: what partners were told, and the lines that tell them,
commit together. Whoever is no longer entitled gets a withdrawal; whoever becomes so gets the entry. When
publishing stops half way the outbox is published again: to be told the same twice changes nothing.
"""

import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from tocsin.banks.model import Entry, Label
from tocsin.exchange import items
from tocsin.exchange.feed_store import Audience, BankTerms, FeedPartner, Feeds, Offer, Told, ToPublish
from tocsin.exchange.items import EntryItem, Item, Source, Stated, Stood, WithdrawalItem
from tocsin.exchange.rights import SCHEME, STOOD, Recipient, may_travel, of_label, terms_in
from tocsin.transactions import Transactions

TOGETHER: Final = 2000
"""Entries that are looked at in one transaction."""
_BUNDLES: Final = 64
_NOBODY: Final[Audience] = frozenset()


class Log(Protocol):
    """Our feed's log: seals lines to recipients and appends the bundles, all of them under one checkpoint."""

    def publish(self, parts: Iterable[tuple[Sequence[str], Sequence[bytes]]]) -> int:
        """Each part: age recipients, and lines; how many bundles that were. Durable when it returns."""
        ...

    def refresh(self) -> None:
        """Sign the newest tree anew, with the time: nothing is new, and that is new."""
        ...


@dataclass(frozen=True, slots=True)
class Published:
    """What a run of publishing did."""

    looked_at: int
    items: int
    bundles: int


@dataclass(frozen=True, slots=True)
class Publishing:
    """Tells partners what they may have."""

    transactions: Transactions
    feeds: Feeds
    log: Log

    def run(self, now: datetime) -> Published:
        """Plan all there is to tell, and publish it. Raises NoFeedError and what the log raises."""
        looked_at = 0
        published = Published(0, 0, 0)
        while some := self.plan(now):
            looked_at += some
            published = self._publish(published)
        published = self._publish(published)
        if not published.bundles:
            self.log.refresh()
        return Published(looked_at, published.items, published.bundles)

    def plan(self, now: datetime) -> int:
        """Put what is to be told into the outbox, for some thousand entries; how many were looked at."""
        with self.transactions.writing():
            plan = _Plan(self.feeds, now)
            looked_at = plan.again(_once([*self.feeds.differing(TOGETHER), *self.feeds.to_recheck(TOGETHER)]))
            for offer in plan.offers:
                if looked_at < TOGETHER:
                    looked_at += plan.first(offer, TOGETHER - looked_at)
            plan.keep()
        return looked_at

    def _publish(self, before: Published) -> Published:
        """Empty the outbox into the log."""
        count, bundles = before.items, before.bundles
        while waiting := self.feeds.outbox(_BUNDLES):
            ages = {one.name: one.age for one in self.feeds.partners() if one.revoked is None}
            bundles += self.log.publish(_sealable(waiting, ages))
            self.feeds.published(waiting)
            count += sum(one.items for one in waiting)
        return Published(before.looked_at, count, bundles)


def _sealable(
    waiting: Sequence[ToPublish], ages: dict[str, str]
) -> Iterator[tuple[Sequence[str], Sequence[bytes]]]:
    """Recipients and lines; to whoever is a partner no longer nothing goes."""
    for one in waiting:
        if recipients := [ages[name] for name in sorted(one.audience) if name in ages]:
            yield recipients, one.lines.split(b"\n")


def _once(several: Iterable[Told]) -> Sequence[Told]:
    return list({one.entry: one for one in several}.values())


@dataclass(slots=True)
class _Plan:
    """What one transaction tells."""

    feeds: Feeds
    now: datetime
    me: Recipient = field(init=False)
    partners: dict[str, FeedPartner] = field(init=False)
    offers: Sequence[Offer] = field(init=False)
    _terms: dict[str, BankTerms | None] = field(default_factory=dict)
    _told: list[Told] = field(default_factory=list)
    _lines: defaultdict[Audience, list[bytes]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.me = self.feeds.own().me
        self.partners = {one.name: one for one in self.feeds.partners() if one.revoked is None}
        self.offers = [one for one in self.feeds.offers() if one.confirmed is not None and one.bank]

    def first(self, offer: Offer, limit: int) -> int:
        """Entries that were not looked at yet."""
        entries = self.feeds.not_looked_at(offer, limit)
        before = self.feeds.told_of(one.id for one in entries)
        for entry in entries:
            if told := before.get(entry.id):  # offered for itself as well, or once before
                self._tell(told, entry, offer)
                continue
            fresh = Told(entry.id, offer.bank_id, offer.id, secrets.token_hex(16), _NOBODY, live=False)
            self._tell(fresh, entry, offer, fresh=True)
        if entries:
            self.feeds.reached(offer.id, entries[-1].id)
        return len(entries)

    def again(self, several: Sequence[Told]) -> int:
        """Entries that partners were told of."""
        entries = self.feeds.entries(one.entry for one in several)
        for told in several:
            entry = entries.get(told.entry)
            self._tell(told, entry, self._offer_of(told))
        return len(several)

    def _offer_of(self, told: Told) -> Offer | None:
        """What it is offered by now."""
        fitting = (
            one
            for one in self.offers
            if one.bank_id == told.bank_id and (one.entry == told.entry or not one.entry)
        )
        return next(fitting, None)

    def _tell(self, told: Told, entry: Entry | None, offer: Offer | None, *, fresh: bool = False) -> None:
        """Tell whoever is to know; note who was told."""
        before = frozenset(told.audience & self.partners.keys())
        terms = None if entry is None else self._terms_of(entry.bank)
        live = entry is not None and entry.withdrawn is None and offer is not None
        if entry is None or offer is None or terms is None or not live:
            self._say(before, self._withdrawal(told, entry))
            self._told.append(Told(told.entry, told.bank_id, told.offer, told.key, _NOBODY, live, told.terms))
            return
        entitled = self._entitled(entry, terms)
        self._say(before - entitled, self._withdrawal(told, entry))
        addressed = entitled if terms.revision != told.terms else entitled - before
        self._say(addressed, self._item(told, entry, offer, terms, corrects=not fresh))
        self._told.append(
            Told(told.entry, told.bank_id, offer.id, told.key, entitled, live=True, terms=terms.revision)
        )

    def _terms_of(self, bank: str) -> BankTerms | None:
        if bank not in self._terms:
            self._terms[bank] = self.feeds.terms(bank)
        return self._terms[bank]

    def _entitled(self, entry: Entry, terms: BankTerms) -> Audience:
        """Who may have it: what each of its terms allows, its own and the bank's; never whoever gave it."""
        theirs = terms_in(entry.labels)
        givers = {one.author for one in entry.labels if one.scheme == SCHEME} | {entry.origin.source}
        return frozenset(
            name
            for name, partner in self.partners.items()
            if name not in givers
            and may_travel(terms.terms, partner.recipient)
            and all(may_travel(one, partner.recipient, relayed=True) for one in theirs)
        )

    def _item(self, told: Told, entry: Entry, offer: Offer, terms: BankTerms, *, corrects: bool) -> EntryItem:
        mine = self.me.name
        theirs = [one for one in entry.labels if one.scheme == SCHEME]
        origin = entry.origin
        return EntryItem(
            key=told.key,
            signals=entry.signals,
            labels=tuple(one for one in entry.labels if one.scheme not in {SCHEME, STOOD}),
            source=Source(origin.source, origin.member, "", origin.id)
            if theirs
            else Source(mine, origin.source, origin.member, origin.id),
            terms=(*(Stated(one.author, of_label(one)) for one in theirs), Stated(mine, terms.terms)),
            purpose=terms.purpose,
            stood=(*_stood(entry.labels), *_offering(offer, mine)),
            time=self.now,
            corrects=corrects,
        )

    def _withdrawal(self, told: Told, entry: Entry | None) -> WithdrawalItem:
        reason = "no longer shared" if entry is None or entry.withdrawn is None else entry.withdrawn_reason
        return WithdrawalItem(told.key, reason[: items.LONGEST_TEXT], self.now)

    def _say(self, audience: Audience, item: Item) -> None:
        if audience:
            self._lines[audience].append(items.write(item))

    def keep(self) -> None:
        """Note what is told, and have it published."""
        if self._told:
            self.feeds.keep_told(self._told)
        for audience, lines in self._lines.items():
            self.feeds.to_outbox(audience, b"\n".join(lines), len(lines))


def _stood(labels: Iterable[Label]) -> Iterator[Stood]:
    """Who stood behind it where it comes from."""
    return (Stood(one.code, one.author) for one in labels if one.scheme == STOOD)


def _offering(offer: Offer, mine: str) -> tuple[Stood, Stood]:
    """The two who stand behind it here."""
    return (
        Stood("offered", f"{mine}#{offer.offered_as}"),
        Stood("confirmed", f"{mine}#{offer.confirmed_as}"),
    )

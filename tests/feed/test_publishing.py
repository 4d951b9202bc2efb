"""What partners are told is what they may have, whatever happens to entries, terms and partners."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.feeds import BANK, ME, NOW, FeedNode, draft, person

from tocsin.access.errors import DeniedError
from tocsin.banks.model import BankKind, Origin, Policy
from tocsin.exchange.cards import Card, write_card
from tocsin.exchange.feed_store import NotOfferedError
from tocsin.exchange.items import EntryItem, WithdrawalItem, read
from tocsin.exchange.keys import FeedKeys
from tocsin.exchange.offering import NotShareableError, SamePersonError
from tocsin.exchange.publishing import Publishing
from tocsin.exchange.rights import PartnerKind, Recipient, Terms, label_of, may_travel, rules
from tocsin.storage.home import Home


@dataclass
class Told:
    """Keeps what partners could open, in place of a log."""

    parts: list[tuple[Sequence[str], Sequence[bytes]]] = field(default_factory=list)
    refreshed: int = 0
    fails: bool = False

    def publish(self, parts: Iterable[tuple[Sequence[str], Sequence[bytes]]]) -> int:
        """Keep them."""
        some = list(parts)
        self.parts += some
        if self.fails:
            raise KeyboardInterrupt
        return len(some)

    def refresh(self) -> None:
        """Count it."""
        self.refreshed += 1

    def known(self, age: str) -> dict[str, EntryItem]:
        """What a partner knows after reading all it can open, by key."""
        known: dict[str, EntryItem] = {}
        for item in self.items(age):
            if isinstance(item, EntryItem):
                known[item.key] = item
            elif isinstance(item, WithdrawalItem):
                known.pop(item.key, None)  # it may be told twice
        return known

    def items(self, age: str) -> Iterator[object]:
        """What a partner can open."""
        for recipients, lines in self.parts:
            if age in recipients:
                yield from (read(line).item for line in lines)


@dataclass(frozen=True)
class Other:
    """A partner, as far as we see one."""

    card: Card
    note: bytes

    @classmethod
    def make(cls, folder: Path, name: str, kind: PartnerKind, country: str) -> "Other":
        """A new one."""
        folder.mkdir()
        keys = FeedKeys.open(folder, create=True)
        signer = keys.signer(name)
        recipient = Recipient(name, kind, country, rules().kinds[kind])
        card = Card(recipient, signer.verifier, keys.recipient, "by hand")
        return cls(card, write_card(card, signer))


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> list[Other]:
    """Three partners of different kinds and countries."""
    folder = tmp_path_factory.mktemp("others")
    return [Other.make(folder / name, name, kind, country) for name, kind, country in _OTHERS]


def _numbers(known: dict[str, EntryItem]) -> set[int]:
    return {int.from_bytes(one.signals[0].value, "big") for one in known.values()}


def _publishing(node: FeedNode, log: Told) -> Publishing:
    return Publishing(node.home.database, node.store, log)


_TERMS = [
    Terms("anyone"),
    Terms("law-enforcement"),
    Terms("nobody"),
    Terms("named", partners=("b.example",)),
    Terms("in-countries", countries=("FR",)),
    Terms("own-country", jurisdiction="DE"),
    Terms("platforms-for-detection"),
]
_OTHERS = [
    ("b.example", PartnerKind.LAW_ENFORCEMENT, "DE"),
    ("c.example", PartnerKind.PLATFORM, "FR"),
    ("d.example", PartnerKind.HOTLINE, "FR"),
]


class _Model:
    """Our node, and what partners should know of its bank."""

    def __init__(self, home: Home, others: Sequence[Other]) -> None:
        self.node = FeedNode.over(home, "a.example")
        self.others = others
        self.log = Told()
        self.terms = _TERMS[0]
        self.offered = True
        self.added: list[int] = []
        self.live: set[int] = set()
        self.joined: set[int] = set()
        self.gone: set[int] = set()
        self.node.shares(self.terms)

    def add(self, _: int) -> None:
        numbers = range(len(self.added), len(self.added) + 2)
        self.added += self.node.home.add_entries(BANK, map(draft, numbers)).entry_ids
        self.live |= set(numbers)

    def withdraw(self, number: int) -> None:
        if number < len(self.added):
            self.node.home.withdraw([self.added[number]], "a mistake")
            self.live.discard(number)

    def reinstate(self, number: int) -> None:
        if number < len(self.added):
            self.node.home.reinstate([self.added[number]])
            self.live.add(number)

    def set_terms(self, number: int) -> None:
        self.terms = _TERMS[number]
        self.node.offering.set_terms(ME, BANK, self.terms)

    def join(self, number: int) -> None:
        if number < len(self.others) and number not in self.joined | self.gone:
            other = self.others[number]
            self.node.partners.add(ME, other.note, other.card.words)
            self.joined.add(number)

    def revoke(self, number: int) -> None:
        if number in self.joined:
            self.node.partners.revoke(ME, self.others[number].card.recipient.name, "they lost their keys")
            self.joined.discard(number)
            self.gone.add(number)

    def end(self, _: int) -> None:
        if self.offered:
            self.node.offering.end(person("carl"), self.node.store.offers()[0].id)
            self.offered = False

    def offer(self, _: int) -> None:
        if not self.offered and self.terms.rule != "nobody":
            self.node.shares(self.terms)
            self.offered = True

    def publish(self, number: int) -> None:
        self.log.fails = not number  # killed before the outbox could be emptied: it is told once more
        with suppress(KeyboardInterrupt):
            _publishing(self.node, self.log).run(NOW)
        self.log.fails = False

    def check(self) -> None:
        self.publish(1)
        for number in self.joined:
            card = self.others[number].card
            may = self.offered and bool(may_travel(self.terms, card.recipient))
            assert _numbers(self.log.known(card.age)) == (self.live if may else set())
        assert self.node.store.counts()["waiting"] == 0


_ACTS = ["add", "withdraw", "reinstate", "set_terms", "join", "revoke", "end", "offer", "publish", "publish"]


@given(st.lists(st.tuples(st.sampled_from(_ACTS), st.integers(0, 6)), min_size=8, max_size=24))
@settings(max_examples=40)
def test_each_partner_knows_what_it_may_have_and_nothing_else(
    others: list[Other], tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, int]]
) -> None:
    with Home.open(tmp_path_factory.mktemp("feeds"), create=True) as home:
        model = _Model(home, others)
        model.join(0)
        model.add(0)
        for act, number in acts:
            getattr(model, act)(number)
        model.check()


def test_two_people_stand_behind_what_is_told(tmp_path: Path) -> None:
    with Home.open(tmp_path, create=True) as home:
        node = FeedNode.over(home, "a.example")
        home.create_bank(BANK, Policy())
        anna, offering = person("anna"), node.offering
        with pytest.raises(NotShareableError):
            offering.offer(anna, BANK)
        offering.set_terms(ME, BANK, Terms("anyone"))
        with pytest.raises(DeniedError):
            offering.offer(ME, BANK)  # nobody can tell whose hands a shell is in
        with pytest.raises(DeniedError):
            offering.offer(person("eve", role="curator"), BANK)
        offer = offering.offer(anna, BANK)
        with pytest.raises(SamePersonError):
            offering.confirm(anna, offer.id)
        offering.confirm(person("ben"), offer.id)
        with pytest.raises(NotOfferedError):
            offering.confirm(person("carl"), offer.id)
        kinds = [row.kind for row in home.ledger.rows() if row.kind.startswith("feed.")]
        assert kinds == ["feed.terms_set", "feed.offered", "feed.confirmed"]


def test_a_bank_of_harmless_items_is_not_passed_on(tmp_path: Path) -> None:
    with Home.open(tmp_path, create=True) as home:
        node = FeedNode.over(home, "a.example")
        home.create_bank("harmless", Policy(kind=BankKind.ALLOW))
        with pytest.raises(NotShareableError):
            node.offering.set_terms(ME, "harmless", Terms("anyone"))


def test_what_came_under_terms_is_passed_on_under_them_or_not_at_all(
    others: list[Other], tmp_path: Path
) -> None:
    with Home.open(tmp_path, create=True) as home:
        node, log = FeedNode.over(home, "a.example"), Told()
        node.shares(Terms("anyone"))
        for other in others:
            node.partners.add(ME, other.note, other.card.words)
        came = [Terms("platforms-for-detection"), Terms("law-enforcement"), Terms("protection")]
        for number, terms in enumerate(came):
            labels = (label_of(terms, "d.example"),)
            home.add_entries(
                BANK, [draft(number, origin=Origin("d.example", "", f"k{number}"), labels=labels)]
            )
        _publishing(node, log).run(NOW)
        known = [_numbers(log.known(other.card.age)) for other in others]
        assert known == [{1, 2}, {2}, set()]  # what may not be passed on is not; whoever gave it has it
        (told,) = log.known(others[1].card.age).values()
        assert [(one.by, one.terms.rule) for one in told.terms] == [
            ("d.example", "protection"),
            ("a.example", "anyone"),
        ]
        assert told.source.feed == "d.example"
        assert len({one.who for one in told.stood}) == 2

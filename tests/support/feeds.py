"""Nodes that tell and follow feeds, for tests: homes in folders, partners that know each other."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from tocsin.access.model import EVERY_BANK, ROLES, Principal, Right, local
from tocsin.banks.model import EntryDraft, Origin, Policy
from tocsin.exchange.cards import Card, write_card
from tocsin.exchange.feed_store import Own
from tocsin.exchange.keys import FeedKeys
from tocsin.exchange.offering import Offering
from tocsin.exchange.partners import Partners
from tocsin.exchange.rights import PartnerKind, Recipient, Terms, rules
from tocsin.hashing.signals import Signal, SignalType
from tocsin.storage.feeds import FeedStore
from tocsin.storage.home import Home

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BANK = "confirmed"
ME = local("root")


def person(name: str, *, role: str = "publisher") -> Principal:
    """Somebody who has signed in."""
    return Principal(f"person:{name}", ROLES[role], {EVERY_BANK: frozenset(Right)})


def draft(number: int, **fields: object) -> EntryDraft:
    """An entry made by code."""
    value = number.to_bytes(16, "big")
    given = {"origin": Origin("our desk", "", f"n{number}"), **fields}
    return EntryDraft((Signal(SignalType.MD5, value),), **given)  # type: ignore[arg-type]  # fields of a draft


@dataclass(frozen=True)
class FeedNode:
    """A node with a feed."""

    home: Home
    store: FeedStore
    keys: FeedKeys
    name: str

    @classmethod
    def make(
        cls, folder: Path, name: str, kind: PartnerKind = PartnerKind.HOTLINE, country: str = "DE"
    ) -> Self:
        """A new one."""
        home = Home.open(folder / name.replace("/", "-"), create=True)
        return cls.over(home, name, kind, country)

    @classmethod
    def over(
        cls, home: Home, name: str, kind: PartnerKind = PartnerKind.HOTLINE, country: str = "DE"
    ) -> Self:
        """One over a home that is there."""
        _ = home.ledger
        node = cls(home, FeedStore(home.database), FeedKeys.open(home.folder, create=True), name)
        node.store.set_own(Own(Recipient(name, kind, country, rules().kinds[kind]), "by hand"))
        return node

    @property
    def card(self) -> Card:
        """Its card."""
        own = self.store.own()
        return Card(own.me, self.keys.signer(self.name).verifier, self.keys.recipient, own.place)

    @property
    def note(self) -> bytes:
        """Its card, signed."""
        return write_card(self.card, self.keys.signer(self.name))

    @property
    def partners(self) -> Partners:
        """Its partners."""
        return Partners(self.home.database, self.store, self.home.ledger)

    @property
    def offering(self) -> Offering:
        """What it passes on."""
        return Offering(self.home.database, self.store, self.home, self.home.ledger, self.keys.pseudonym)

    def knows(self, other: "FeedNode") -> None:
        """Enter the other's card, its words compared."""
        self.partners.add(ME, other.note, other.card.words)

    def shares(self, terms: Terms, bank: str = BANK) -> None:
        """A bank, made if need be, that two people offer under these terms."""
        if bank not in {one.name for one in self.home.banks()}:
            self.home.create_bank(bank, Policy(purpose="to protect children"))
        self.offering.set_terms(ME, bank, terms)
        offer = self.offering.offer(person("anna"), bank)
        self.offering.confirm(person("ben"), offer.id)

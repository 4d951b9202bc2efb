"""Observing and deciding over a desk (see support.cases), with banks that entries are in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import pytest

from support.cases import Desk, entry_match, person
from support.known import digest, pdq
from tocsin.access.model import Principal, Right, permissions_of
from tocsin.banks.curation import Curation
from tocsin.banks.model import BankKind, EntryDraft, Policy
from tocsin.banks.opinions import Opinion
from tocsin.cases.deciding import Deciding
from tocsin.cases.effects import Effects
from tocsin.cases.model import Case, Decision, Outcome, Proposal
from tocsin.cases.observing import Observing
from tocsin.hashing.signals import SignalType
from tocsin.matching.matches import Match
from tocsin.storage.decisions import DecisionStore
from tocsin.storage.home import Home
from tocsin.storage.observations import ObservationStore
from tocsin.storage.opinions import OpinionStore
from tocsin.storage.viewing import ViewingStore

SCHEMES = {"ncmec:2014": {"A1", "A2", "B1", "B2"}, "ucs:v3": set[str]()}


def knows(scheme: str, code: str) -> bool:
    """Whether a test's scheme has that code; one without a list takes any."""
    known = SCHEMES.get(scheme)
    return known is not None and (not known or not code or code in known)


@dataclass
class Table:
    """A desk at which cases are decided. `known` is a list of others, `local` ours, `fine` an allow bank."""

    home: Home
    desk: Desk
    curation: Curation
    observing: Observing
    deciding: Deciding

    @classmethod
    def over(cls, home: Home) -> Self:
        """One over a home; its banks are made where there are none."""
        observations, decisions = ObservationStore(home.database), DecisionStore(home.database)
        desk = Desk.over(home, facts=observations)
        curation = Curation(home.database, home, OpinionStore(home.database), desk.ledger)
        if not home.banks():
            for name, kind in (
                ("known", BankKind.MATCH),
                ("local", BankKind.MATCH),
                ("fine", BankKind.ALLOW),
            ):
                home.create_bank(name, Policy(kind))
            home.add_entries(
                "known", [EntryDraft((digest(SignalType.MD5, one), pdq(one))) for one in range(9)]
            )
        effects = Effects(curation, desk.submissions, observations, decisions)
        return cls(
            home,
            desk,
            curation,
            Observing(home.database, desk.cases, observations, desk.ledger, knows),
            Deciding(home.database, desk.cases, decisions, effects, desk.ledger, desk.clock),
        )

    def case(self, *matches: Match, data: bytes | None = None) -> int:
        """The number of a case with one content; it matches entry 1 at 3 bits unless said otherwise."""
        _, number = self.desk.submit(data, *(matches or (entry_match(1),)), signals=(pdq(3, 40, 77),))
        assert number is not None
        return number

    def claimed(self, who: Principal, number: int) -> Case:
        """The case, claimed, and all of it looked at."""
        case = self.desk.queue.claim(who, number)
        for one in self.desk.cases.contents(number):
            self.look(who, case, one)
        return case

    def look(self, who: Principal, case: Case, sha256: bytes) -> None:
        """Note that a content was shown, as viewing does."""
        ViewingStore(self.home.database).note_seen(who.id, case.number, case.claim, sha256)

    def decide(self, who: Principal, number: int, proposal: Proposal | Outcome, key: str = "") -> Decision:
        """Claim and decide."""
        if isinstance(proposal, Outcome):
            proposal = Proposal(proposal)
        claim = self.claimed(who, number).claim
        return self.deciding.decide(who, number, claim, proposal, key or f"{number}-{claim}")

    def confirm(self, who: Principal, number: int) -> Decision:
        """Claim and confirm."""
        return self.deciding.confirm(who, number, self.claimed(who, number).claim, "so do I")

    def disagree(self, who: Principal, number: int) -> Decision:
        """Claim and disagree."""
        return self.deciding.disagree(who, number, self.claimed(who, number).claim, "I do not")

    def content(self, number: int) -> bytes:
        """The first content of a case."""
        return self.desk.cases.contents(number)[0]

    def opinions(self, entry: int) -> Sequence[Opinion]:
        """Opinions of an entry."""
        return self.curation.opinions.of(entry)


CORA, DORA = (
    Principal(person(name).id, permissions_of(["reviewer", "curator"]), {"*": frozenset(Right)})
    for name in ("cora", "dora")
)
"""Reviewers who may publish."""


@pytest.fixture
def table(home: Home) -> Table:
    """Deciding over an empty home, on each engine."""
    return Table.over(home)

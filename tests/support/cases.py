"""A home with cases in it, for the tests of review: stores, queue, people, and submissions without files."""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from support.accounts import Clock
from tocsin.access.model import ROLES, Principal, Right, permissions_of
from tocsin.banks.model import Label
from tocsin.cases.opening import Casework
from tocsin.cases.queue import Queue
from tocsin.content.model import Content
from tocsin.evidence.keys import Keys
from tocsin.hashing.signals import Signal, SignalType
from tocsin.intake.context import context_of
from tocsin.intake.model import Member, NewSubmission
from tocsin.matching.matches import Match, Matches, Suppressed
from tocsin.provenance.model import Finding
from tocsin.storage.case_openings import OpeningStore
from tocsin.storage.cases import LEASE, CaseStore
from tocsin.storage.database import Database
from tocsin.storage.home import Home
from tocsin.storage.ledger import LedgerStore
from tocsin.storage.observations import ObservationStore
from tocsin.storage.submissions import SubmissionStore

if TYPE_CHECKING:
    from tocsin.evidence.chain import Row
    from tocsin.intake.model import Submission
    from tocsin.intake.retroactive import Earlier
    from tocsin.media.sandbox import JsonObject
    from tocsin.storage.case_standing import HeldFacts

__all__ = ["LEASE", "Desk", "desk", "entry_match", "person"]


def person(name: str, *roles: str) -> Principal:
    """A person with the role of a reviewer, or those roles."""
    everywhere = {"*": frozenset({Right.READ, Right.MATCH})}
    return Principal(f"person:{name}", permissions_of(roles or ("reviewer",)), everywhere)


QUEUES = ("legal", "later")
ANNA, BELA, CLEO = person("anna"), person("bela"), person("cleo")
MANAGER = person("mara", *sorted(ROLES))


def entry_match(
    entry: int = 1, *, exact: bool = False, bank: str = "known", labels: Sequence[str] = (), distance: int = 3
) -> Match:
    """A match with an entry; `labels` as `scheme:code`."""
    kind = SignalType.SHA256 if exact else SignalType.PDQ
    told = tuple(
        Label(scheme=scheme, version="1", code=code, author="iwf", time="2026-01-01T00:00:00Z")
        for scheme, _, code in (label.partition(":") for label in labels)
    )
    return Match(bank, entry, kind, 0 if exact else distance, 31, None, None, None, told)


def two_days(rule: str, received: datetime) -> datetime | None:
    """When the one duty that there is falls due, whatever day it is."""
    return received + timedelta(hours=48) if rule == "us.tida" else None


@dataclass
class Desk:
    """Review over one database, without files: submissions are recorded, examined and matched by hand."""

    database: Database
    ledger: LedgerStore
    clock: Clock
    cases: CaseStore
    openings: OpeningStore
    submissions: SubmissionStore
    casework: Casework
    queue: Queue
    avoided: dict[str, Collection[str]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    """Who may not review any more."""
    _count: int = 0
    _salt: bytes = field(default_factory=lambda: secrets.token_bytes(8))
    """So that contents are other ones than those of other desks over the same home."""

    @classmethod
    def over(
        cls,
        home: Home,
        *,
        facts: "HeldFacts | None" = None,
        earlier: "Earlier | None" = None,
        clock: Clock | None = None,
        open_all: bool = False,
    ) -> "Desk":
        """One over a home."""
        clock = clock or Clock()
        database = home.database
        facts = facts or ObservationStore(database)
        ledger = LedgerStore(database, Keys.open(home.folder, create=True))
        cases = CaseStore(database, facts, clock)
        openings = OpeningStore(database, facts, clock)
        submissions = SubmissionStore(database)
        casework = Casework(database, openings, submissions, ledger, earlier, due=two_days, open_all=open_all)
        avoided: dict[str, Collection[str]] = {}
        gone: set[str] = set()
        queue = Queue(
            database,
            cases,
            ledger,
            lambda who: avoided.get(who, ()),
            lambda who: who not in gone,
            queues=QUEUES,
        )
        return cls(database, ledger, clock, cases, openings, submissions, casework, queue, avoided, gone)

    def submit(  # noqa: PLR0913  # what a test may want to vary
        self,
        data: bytes | None = None,
        *matches: Match,
        suppressed: Sequence[Match] = (),
        near: Sequence[bytes] = (),
        kind: str = "image",
        format: str = "jpeg",  # noqa: A002  # the field's name
        members: Sequence[Member] = (),
        signals: Sequence[Signal] = (),
        findings: Sequence[Finding] | None = None,
        context: "JsonObject | None" = None,
        by: str = "token:uploads",
    ) -> "tuple[Submission, int | None]":
        """A submission that was examined and matched, and the case that it is in.

        `near`: what resembles it; content of its own unless `data` is given.
        """
        self._count += 1
        digest = hashlib.sha256(b"%s %d" % (self._salt, self._count) if data is None else data).digest()
        new = NewSubmission(digest, 1000, by, context_of(context or {}))
        content = Content(
            kind,
            1000,
            (Signal(SignalType.SHA256, digest), *signals),
            format=format,
            looked="so",
            findings=None if findings is None else tuple(findings),
        )
        found = Matches(tuple(matches), tuple(Suppressed(one, None) for one in suppressed))
        with self.database.writing():
            kept, _ = self.submissions.add(new)
            self.submissions.examined(digest, content, members)
            self.submissions.record_matches(kept.id, [(None, found)], {}, retroactive=False)
            number = self.casework.matched(kept, near)
        return self.submissions.submission(kept.id), number

    def case(self, *matches: Match, context: "JsonObject | None" = None, by: str = "token:uploads") -> int:
        """The number of a new case of its own, with one submission."""
        if not matches and context is None:
            context = {"review": True}
        _, number = self.submit(None, *matches, context=context, by=by)
        assert number is not None
        return number

    def several(self, count: int = 3) -> list[int]:
        """The numbers of new cases, in the order of their urgency."""
        given: list[JsonObject] = [{"danger": True}, *[{"review": True}] * (count - 2)]
        numbers = [self.case(context=one) for one in given[: count - 1]]
        return [*numbers, self.case(entry_match(exact=True, labels=["ncmec:B1"]))]

    def events(self, number: int) -> "list[Row]":
        """What the ledger says of a case."""
        return list(self.ledger.rows_of(f"case:{number}"))

    def kinds(self, number: int) -> list[str]:
        """The kinds of what the ledger says of a case, without the noun."""
        return [row.kind.removeprefix("case.") for row in self.events(number)]

    def lease_passes(self) -> None:
        """Let the clock run until every lease has ended."""
        self.clock.move(LEASE + timedelta(seconds=1))


@pytest.fixture
def desk(home: Home) -> Desk:
    """Review over an empty home, on each engine."""
    return Desk.over(home)

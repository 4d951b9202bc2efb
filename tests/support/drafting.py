"""Drafting over a screen (see support.viewing): cases that are decided, looked at and drafted by hand."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from support.cases import ANNA, person
from support.deciding import Table
from support.viewing import NoMetadata, Screen
from tocsin.cases.model import Case, Observed, Outcome, Proposal
from tocsin.evidence.renditions import Region
from tocsin.filing.drafting import Drafting
from tocsin.filing.extents import Extents
from tocsin.filing.filer import Filer
from tocsin.filing.gathering import Gathering
from tocsin.filing.model import Environment, Fate, Filing, Kind, Receipt, State
from tocsin.filing.store_connections import FetchedSchema
from tocsin.storage.decisions import DecisionStore
from tocsin.storage.filing_candidates import CandidateStore
from tocsin.storage.filings import FilingStore
from tocsin.storage.observations import ObservationStore
from tocsin.storage.viewing import ViewingStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.filing.draft import Draft
    from tocsin.hashing.signals import Signal
    from tocsin.intake.model import Member
    from tocsin.matching.matches import Match
    from tocsin.media.sandbox import JsonObject
    from tocsin.provenance.model import Finding

RITA = person("rita", "reporter")
OURS = Filer(
    company="Example Host",
    service="example.org",
    first_name="Ada",
    last_name="Lovelace",
    email="safety@example.org",
    legal_url="https://example.org/legal",
)
ACCOUNT: "JsonObject" = {"id": "u-17", "name": "somebody", "email": "somebody@example.net"}
EVENT: "JsonObject" = {"ip": "192.0.2.7", "port": 50123, "time": "2026-03-01T14:05:09Z", "event": "upload"}
CONTEXT: "JsonObject" = {
    "platform": "example.org",
    "account": ACCOUNT,
    "url": "https://example.org/p/1",
    "ip_events": [EVENT],
    "times": {"uploaded": "2026-03-01T14:05:10Z"},
    "review": True,
}


@dataclass
class Bureau:
    """Where cases are reported."""

    screen: Screen
    drafting: Drafting
    filings: FilingStore
    metadata: NoMetadata
    environments: list[Environment]
    """The last one is in use."""
    schemas: dict[Environment, FetchedSchema]
    """The authority's, as fetched."""

    @classmethod
    def over(cls, screen: Screen, organisation: Filer = OURS) -> "Bureau":
        """One over a screen."""
        table = screen.table
        database = table.home.database
        gathering = Gathering(
            database,
            table.desk.cases,
            DecisionStore(database),
            ObservationStore(database),
            table.desk.submissions,
            ViewingStore(database),
        )
        filings, environments = FilingStore(database), [Environment.SIMULATOR]
        schemas: dict[Environment, FetchedSchema] = {}
        drafting = Drafting(
            transactions=database,
            filings=filings,
            gathering=gathering,
            candidates=CandidateStore(database),
            extents=Extents(table.desk.submissions, screen.pictures),
            metadata=screen.metadata,
            ledger=table.desk.ledger,
            environment=lambda: environments[-1],
            schema=lambda _authority, environment: schemas.get(environment),
            organisation=organisation,
        )
        screen.clock.now = datetime.now(UTC) + timedelta(seconds=1)
        return cls(screen, drafting, filings, screen.metadata, environments, schemas)

    @property
    def table(self) -> Table:
        """Where cases are decided."""
        return self.screen.table

    def submit(  # noqa: PLR0913  # what a test may want to vary
        self,
        *matches: "Match",
        context: "JsonObject | None" = None,
        data: bytes | None = None,
        kind: str = "image",
        format: str = "jpeg",  # noqa: A002  # the field's name
        members: "Sequence[Member]" = (),
        signals: "Sequence[Signal]" = (),
        findings: "Sequence[Finding] | None" = None,
    ) -> tuple[int, bytes]:
        """The case of a submission, and its content."""
        kept, number = self.table.desk.submit(
            data,
            *matches,
            kind=kind,
            format=format,
            members=members,
            signals=signals,
            findings=findings,
            context=CONTEXT if context is None else context,
        )
        assert number is not None
        return number, kept.sha256

    def look(  # noqa: PLR0913  # what a look is made with
        self,
        case: Case,
        sha256: bytes,
        region: Region | None = None,
        *,
        still: int = 0,
        member: int = 0,
        seconds: float | None = 3,
    ) -> None:
        """Anna looks at an original; `seconds` is None where her page never says that the look ended."""
        viewing = self.screen.viewing
        at = (ANNA, case.number, case.claim, sha256)
        look = viewing.reveal(*at, region, 5, "/cases", still, member=member)
        self.screen.clock.move(timedelta(seconds=seconds or 5))
        if seconds is not None:
            viewing.ended(ANNA, look.id, seconds)

    def observe(self, case: Case, sha256: bytes, *observed: Observed) -> None:
        """Anna records what she saw."""
        for one in observed:
            self.table.observing.record(ANNA, case.number, case.claim, sha256, one)

    def claimed(self, number: int) -> Case:
        """The case, claimed by Anna."""
        return self.table.claimed(ANNA, number)

    def decided(self, number: int, case: Case | None = None, outcome: Outcome = Outcome.REPORT) -> int:
        """Anna decides a case, which she holds already or claims: its number."""
        claim = (case or self.claimed(number)).claim
        self.table.deciding.decide(ANNA, number, claim, Proposal(outcome), f"{number}-{claim}")
        return number

    def drafted(self, number: int, account: str = "u-17", kind: Kind = Kind.REPORT) -> "tuple[Filing, Draft]":
        """Rita drafts a report."""
        filing = self.drafting.draft(RITA, number, account, kind)
        return filing, self.filings.draft(filing.number)

    def finished(self, filing: Filing, report_id: str) -> None:
        """The authority has taken it."""
        now = self.drafting.clock()
        opened = self.filings.open_report(filing.number, report_id, now)
        self.filings.set_fate(opened.id, Fate.FINISHED)
        self.filings.set_state(filing.number, State.FINISHED)
        self.filings.keep_receipt(
            Receipt(filing.number, report_id, now, filing.environment, (), b"<done/>", "request-1")
        )


@pytest.fixture
def bureau(screen: Screen) -> Bureau:
    """Where cases are reported, on each engine."""
    return Bureau.over(screen)

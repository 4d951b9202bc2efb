"""What filing needs from the place where filings are kept; `tocsin.storage.filings` implements it.

Every method takes part in the caller's transaction, if there is one.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tocsin.filing.draft import Draft
from tocsin.filing.model import (
    Authority,
    Call,
    Environment,
    Fate,
    FiledFile,
    Filing,
    Kind,
    OpenedReport,
    Receipt,
    State,
    Subject,
)


@dataclass(frozen=True, slots=True)
class NewFiling:
    """A filing on its way in, drafted."""

    case: int
    decision: int
    authority: Authority
    environment: Environment
    kind: Kind
    subject: Subject
    author: str
    follows: int | None
    draft: Draft


@dataclass(frozen=True, slots=True)
class WantedFilings:
    """Which filings are asked for; what is None or empty does not matter."""

    states: frozenset[State] = frozenset()
    case: int | None = None
    authority: Authority | None = None


@dataclass(frozen=True, slots=True)
class NewCall:
    """A request that is about to be sent; see `Call`."""

    filing: int
    step: str
    report_id: str
    place: int
    begun: datetime
    request: bytes


@dataclass(frozen=True, slots=True)
class Course:
    """What the outbox knows of a filing beside where it stands."""

    job: int
    """The one that sends it: what another job does counts for nothing. 0: none has been made."""
    intent: State | None
    """RETRACTED or STOPPED: what it is to become as soon as no report of it is open."""
    because: str
    forgiven: int
    """How many reports of it had been spoiled when a person last had it sent."""


class Filings(Protocol):
    """Where filings are kept: drafts, steps, calls, receipts. No call or receipt is ever changed."""

    def add(self, new: NewFiling, created: datetime) -> Filing:
        """Keep a new one."""
        ...

    def filing(self, number: int) -> Filing:
        """The filing of that number. Raises UnknownFilingError."""
        ...

    def page(self, wanted: WantedFilings, *, before: int | None = None, limit: int = 50) -> Sequence[Filing]:
        """Filings, newest first."""
        ...

    def counts(self) -> dict[State, int]:
        """How many there are in each state."""
        ...

    def draft(self, number: int) -> Draft:
        """Its draft as it is now. Raises UnknownFilingError."""
        ...

    def set_draft(self, number: int, draft: Draft) -> Filing:
        """Replace its draft: the next revision, a draft again, confirmed by nobody.

        Raises UnsuitableFilingError where it has been sent, or a report of it is open.
        """
        ...

    def set_environment(self, number: int, environment: Environment) -> None:
        """Where it goes. Raises UnsuitableFilingError as `set_draft`."""
        ...

    def checked(self, number: int, by: str) -> None:
        """It keeps the rules, says somebody who saw its revision."""
        ...

    def confirmed(self, number: int, by: str, *, enough: bool) -> None:
        """Somebody confirms it; with `enough` it is to be sent."""
        ...

    def set_state(self, number: int, state: State, stopped: str = "") -> None:
        """Where it stands, and why it waits for a person."""
        ...

    def course(self, number: int) -> Course:
        """What the outbox keeps of it. Raises UnknownFilingError."""
        ...

    def set_job(self, number: int, job: int) -> None:
        """From now on that job sends it."""
        ...

    def set_intent(self, number: int, intent: State | None, because: str = "") -> None:
        """What it is to become once no report of it is open."""
        ...

    def forgive(self, number: int) -> None:
        """The reports spoiled so far do not count against those that it may open."""
        ...

    def begin_call(self, call: NewCall) -> int:
        """Note a request before it is sent; its number."""
        ...

    def end_call(self, call: Call) -> None:
        """Note how it was answered: once, or it is an error that undoes the transaction."""
        ...

    def call(self, call: int) -> Call:
        """One of them."""
        ...

    def in_doubt(self, filing: int) -> Sequence[Call]:
        """Those of a filing that were begun, and not ended."""
        ...

    def calls(self, filing: int) -> Sequence[Call]:
        """All of a filing's, in order."""
        ...

    def open_report(self, filing: int, report_id: str, now: datetime, fate: Fate = Fate.OPEN) -> OpenedReport:
        """A report was opened. A second OPEN one for a filing is an error that undoes the transaction."""
        ...

    def report(self, report: int) -> OpenedReport:
        """One of them, by its `id`."""
        ...

    def reports(self, filing: int) -> Sequence[OpenedReport]:
        """All that were opened for it, in order."""
        ...

    def numbered(self, environment: Environment, report_id: str) -> Sequence[OpenedReport]:
        """Those, of all filings, that have this number in an environment."""
        ...

    def touch_report(self, report: int, now: datetime) -> None:
        """Something was added to it."""
        ...

    def spoil_report(self, report: int, why: str) -> None:
        """It is to be retracted, and another opened."""
        ...

    def set_alarmed(self, report: int, now: datetime) -> None:
        """It was said that it is about to expire."""
        ...

    def set_fate(self, report: int, fate: Fate) -> None:
        """What became of it. A second FINISHED for one filing is an error that undoes the transaction."""
        ...

    def files(self, report: int) -> Sequence[FiledFile]:
        """What was uploaded to it."""
        ...

    def set_file(self, report: int, file: FiledFile) -> None:
        """Where one file stands in it."""
        ...

    def keep_receipt(self, receipt: Receipt) -> None:
        """Keep a filing's one receipt."""
        ...

    def receipt(self, number: int) -> Receipt | None:
        """The receipt of a filing."""
        ...

    def receipts_of_case(self, cases: Collection[int]) -> Sequence[Receipt]:
        """The receipts of all filings of those cases, oldest first."""
        ...

    def report_ids(self, authority: Authority, environment: Environment, subject: Subject) -> Sequence[str]:
        """Numbers of finished reports about an account of a platform, oldest first."""
        ...

    def contents(self, number: int) -> Sequence[bytes]:
        """SHA-256 of all that a filing's account submitted in its case, in the order in which it came."""
        ...

    def vouched(self, number: int) -> bytes:
        """A filing with its draft and receipt, in bytes for the ledger to vouch for."""
        ...

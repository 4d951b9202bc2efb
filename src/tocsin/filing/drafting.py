"""Drafts of reports to the CyberTipline: made from a case on record, changed by people, checked, shown.

A draft is about one account of a case. Making one reads files in the sandbox, so it happens before the
transaction that keeps it; that one looks again whether the decision to report is still in force and nobody
else has drafted the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol

from tocsin.access.model import Permission, Principal
from tocsin.cases.model import Decision, Standpoint
from tocsin.cases.people import demand_person
from tocsin.cases.proposals import with_standpoint
from tocsin.cases.store_viewing import ReadsMetadata
from tocsin.clock import present
from tocsin.evidence.ledger import Event, Ledger
from tocsin.filing.checking import problems_of
from tocsin.filing.covering import covered, is_named
from tocsin.filing.cybertip import completeness as use
from tocsin.filing.cybertip import preview as reading
from tocsin.filing.cybertip.completeness import Missing
from tocsin.filing.cybertip.editing import carried, edited, with_included
from tocsin.filing.cybertip.filling import fill
from tocsin.filing.cybertip.filling_files import why_not
from tocsin.filing.cybertip.material import Material, Seen
from tocsin.filing.cybertip.preview import Preview
from tocsin.filing.cybertip.problems import Problem
from tocsin.filing.cybertip.schema import Schema
from tocsin.filing.draft import Draft
from tocsin.filing.errors import NotToBeReportedError, OutdatedDraftError, UnsuitableFilingError
from tocsin.filing.exif import exif_of
from tocsin.filing.extents import Extents
from tocsin.filing.filer import Filer
from tocsin.filing.gathering import Gathering
from tocsin.filing.model import Authority, Environment, Filing, Kind, State, Subject
from tocsin.filing.record import CaseRecord
from tocsin.filing.store_filings import Filings, NewFiling, WantedFilings
from tocsin.transactions import Transactions

if TYPE_CHECKING:
    from tocsin.filing.store_connections import FetchedSchema
    from tocsin.media.sandbox import JsonObject

MOST_TO_DRAFT: Final = 1000
MOST_OF_CASE: Final = 5000
"""Filings of one case that are looked through."""
_NAMED: Final = 50
"""Fields that a row of the ledger names."""


@dataclass(frozen=True, slots=True)
class ToDraft:
    """An account of a case that was decided to be reported, and has no filing."""

    case: int
    subject: Subject
    decided: datetime
    partly: bool = False
    """A report without files, or a batched one, may be about it: whether all that it has is in there."""


class Candidates(Protocol):
    """Finds what is to be drafted: `tocsin.storage.filing_candidates.CandidateStore`."""

    def to_draft(self, authority: Authority, limit: int) -> Sequence[ToDraft]:
        """Accounts of cases with a decision to report in force, without a filing that was not given up.

        Also those that have one without files (`text`).
        """
        ...


@dataclass(frozen=True, slots=True)
class Drafting:
    """Drafts. All of one database. Threads may share it."""

    transactions: Transactions
    filings: Filings
    gathering: Gathering
    candidates: Candidates
    extents: Extents
    metadata: ReadsMetadata
    ledger: Ledger
    environment: Callable[[], Environment]
    """Which environment of the CyberTipline new filings go to."""
    schema: Callable[[Authority, Environment], "FetchedSchema | None"]
    """The authority's own schema as it was last fetched: `Connections.schema`."""
    organisation: Filer = field(default_factory=Filer)
    clock: Callable[[], datetime] = present

    # ---- asking

    def to_draft(self, limit: int = MOST_TO_DRAFT) -> Sequence[ToDraft]:
        """What is decided and not drafted, the newest decisions first."""
        with self.transactions.reading():
            found = self.candidates.to_draft(Authority.NCMEC, limit)
            partly = {one.case for one in found if one.partly}
            covers = {case: self._covered(case) for case in partly}
        return [one for one in found if not one.partly or one.subject not in covers[one.case]]

    def completeness(self, draft: Draft) -> tuple[Missing, ...]:
        """What would help whoever acts on it, and is not in it."""
        return use.completeness(draft)

    def preview(self, number: int) -> Preview:
        """A draft as whoever receives it reads it. Raises UnknownFilingError, UnwritableDocumentError."""
        with self.transactions.reading():
            now, draft = self.filings.filing(number), self.filings.draft(number)
        return reading.preview(draft, self._schema(now))

    def problems(self, number: int) -> tuple[Problem, ...]:
        """What must be put right before it can be confirmed; nothing is recorded."""
        with self.transactions.reading():
            now, draft = self.filings.filing(number), self.filings.draft(number)
        return self._problems(now, draft)

    # ---- acting

    def draft(  # noqa: PLR0913  # what a report is about
        self,
        principal: Principal,
        case: int,
        account: str,
        kind: Kind = Kind.REPORT,
        follows: int | None = None,
        *,
        platform: str = "",
    ) -> Filing:
        """Draft a report about an account of a case that was decided to be reported.

        `platform`: where the account is; it need not be named where only one platform of the case has such
        an account. A batched report is about all of a platform.

        Raises DeniedError, UnknownCaseError, NotToBeReportedError, UnsuitableFilingError (there is one
        already, or it cannot follow that one), UnknownFilingError.
        """
        principal.demand(Permission.FILE)
        environment = self.environment()
        record = self.gathering.record(case)
        decision = record.decision_to_report()
        batched = kind is Kind.BATCHED
        subject = (
            Subject(record.platform(platform), account) if batched else record.subject(account, platform)
        )
        with self.transactions.reading():
            earlier = self._followed(follows, kind, subject, environment)
            self._demand_new(record, subject, kind)
        draft = fill(self._material(record, subject, kind, principal.id, environment, earlier))
        with self.transactions.writing():
            self._demand_in_force(case, decision.id)
            self._demand_new(record, subject, kind)
            new = NewFiling(
                case, decision.id, Authority.NCMEC, environment, kind, subject, principal.id, follows, draft
            )
            made = self.filings.add(new, self.clock())
            detail: JsonObject = {"case": case, "decision": decision.id, "kind": kind.value}
            files = sum(one.include for one in draft.files)
            self._record(
                "filing.drafted",
                principal,
                made,
                {**detail, "environment": environment.value, "files": files},
            )
        return made

    def redraft(self, principal: Principal, number: int, revision: int) -> Filing:
        """Draft it anew from what is on record now, with what people wrote into it.

        What people have checked and confirmed of it counts no more, so a person does it. It goes to the
        environment that is in use now. Raises DeniedError, UnknownFilingError,
        OutdatedDraftError, UnsuitableFilingError, NotToBeReportedError.
        """
        self._demand_person(principal)
        environment = self.environment()
        with self.transactions.reading():
            now = self._at(number, revision)
            old = self.filings.draft(number)
            earlier = self._followed(now.follows, now.kind, now.subject, environment)
        record = self.gathering.record(now.case)
        _same(record.decision_to_report(), now)
        material = self._material(record, now.subject, now.kind, now.author, environment, earlier)
        made = carried(old, fill(material))
        with self.transactions.writing():
            self._at(number, revision)
            self._demand_in_force(now.case, now.decision)
            if environment is not now.environment:
                self.filings.set_environment(number, environment)
            return self._keep(principal, number, made, ["*"])

    def edit(
        self, principal: Principal, number: int, revision: int, edits: Mapping[str, str | None]
    ) -> Filing:
        """Write fields of a draft, by path; None or blanks take one out. All, or none if one is refused.

        Raises DeniedError, UnknownFilingError, OutdatedDraftError, UnsuitableFilingError, FieldError.
        """
        self._demand_person(principal)
        with self.transactions.writing():
            now = self._at(number, revision)
            old = self.filings.draft(number)
            made = edited(old, edits, principal.id)
            return now if made == old else self._keep(principal, number, made, sorted(edits))

    def include(
        self,
        principal: Principal,
        number: int,
        revision: int,
        place: int,
        include: bool,  # noqa: FBT001  # a value
    ) -> Filing:
        """Have a file in the report, or leave it out. Raises as `edit`."""
        self._demand_person(principal)
        with self.transactions.writing():
            self._at(number, revision)
            made = with_included(self.filings.draft(number), place, principal.id, include=include)
            return self._keep(principal, number, made, [f"file[{place}]/include"])

    def check(self, principal: Principal, number: int, revision: int) -> tuple[Problem, ...]:
        """Hold a draft against every known rule: if it keeps them it is CHECKED, and may be confirmed.

        Raises DeniedError, UnknownFilingError, OutdatedDraftError, UnsuitableFilingError.
        """
        self._demand_person(principal)
        with self.transactions.reading():
            now, draft = self._to_check(number, revision), self.filings.draft(number)
        found = self._problems(now, draft)  # takes long for many files, and others wait for who writes
        if found:
            return found
        with self.transactions.writing():
            if self._to_check(number, revision).state is State.DRAFTED:
                self.filings.checked(number, principal.id)
                self._record("filing.checked", principal, now, {"revision": revision})
        return ()

    # ---- inside

    def _covered(self, case: int) -> frozenset[Subject]:
        """Whom the filings of a case report whole."""
        record = self.gathering.record(case)
        of_case = WantedFilings(case=case, authority=Authority.NCMEC)
        return frozenset().union(
            *(
                covered(one, self.filings.draft, record)
                for one in self.filings.page(of_case, limit=MOST_OF_CASE)
                if one.state is not State.RETRACTED
            )
        )

    def _material(  # noqa: PLR0913, PLR0917  # what a draft is made from
        self,
        record: CaseRecord,
        subject: Subject,
        kind: Kind,
        author: str,
        environment: Environment,
        earlier: tuple[Filing, Draft] | None,
    ) -> Material:
        """Reads files in the sandbox: not to be called in a transaction."""
        reported = {one.sha256 for one in earlier[1].files if one.include} if earlier else set[bytes]()
        with self.transactions.reading():
            known = bool(subject.account)
            prior = self.filings.report_ids(Authority.NCMEC, environment, subject) if known else ()
        material = Material(
            record=record,
            subject=subject,
            kind=kind,
            author=author,
            organisation=self.organisation,
            now=self.clock(),
            prior=tuple(prior),
            follows=earlier[0].report_id if earlier else "",
            reported=frozenset(reported),
        )
        if kind in {Kind.TEXT, Kind.BATCHED}:
            return material
        told = [one for one in material.contents if why_not(one, material) is None]
        exif, unread = exif_of(told, self.metadata)
        return replace(material, seen=self._seen(material), exif=exif, unread=unread)

    def _seen(self, material: Material) -> dict[bytes, Seen]:
        case = material.record.case.number
        return {
            one.sha256: Seen(*self.extents.seen(one, case, material.submissions_of(one)))
            for one in material.contents
        }

    def _problems(self, filing: Filing, draft: Draft) -> tuple[Problem, ...]:
        return problems_of(filing, draft, self.clock(), self._schema(filing))

    def _schema(self, filing: Filing) -> Schema | None:
        """The authority's own, as it was fetched last from where a filing goes."""
        fetched = self.schema(filing.authority, filing.environment)
        return None if fetched is None else Schema.of(fetched.xsd)

    def _keep(self, principal: Principal, number: int, draft: Draft, fields: Sequence[str]) -> Filing:
        made = self.filings.set_draft(number, draft)
        named: JsonObject = {"revision": made.revision, "fields": list(fields[:_NAMED])}
        self._record("filing.changed", principal, made, named)
        return made

    def _record(self, kind: str, principal: Principal, filing: Filing, detail: "JsonObject") -> None:
        vouched = self.filings.vouched(filing.number)
        self.ledger.append(Event(kind, principal.id, f"filing:{filing.number}", detail, vouched))

    def _at(self, number: int, revision: int) -> Filing:
        """The filing as somebody saw it. Raises UnknownFilingError, OutdatedDraftError."""
        now = self.filings.filing(number)
        if now.authority is not Authority.NCMEC:
            message = f"filing {number} goes to {now.authority.value}, which has a form of its own"
            raise UnsuitableFilingError(message)
        if now.revision != revision:
            raise OutdatedDraftError
        return now

    def _to_check(self, number: int, revision: int) -> Filing:
        """Raises as `_at`, and UnsuitableFilingError."""
        now = self._at(number, revision)
        if now.state not in {State.DRAFTED, State.CHECKED}:
            message = f"filing {number} is {now.state.value}: only a draft is checked"
            raise UnsuitableFilingError(message)
        return now

    def _demand_in_force(self, case: int, decision: int) -> None:
        found = with_standpoint(self.gathering.decisions.of_case(case), Standpoint.IN_FORCE)
        if found is None or found.id != decision:
            message = f"the decision to report case {case} is no longer in force"
            raise NotToBeReportedError(message)

    def _demand_new(self, record: CaseRecord, subject: Subject, kind: Kind) -> None:
        """Raise UnsuitableFilingError where there is a filing of the same already. Follow-ups may be many."""
        if kind is Kind.FOLLOW_UP:
            return
        case, wanted = record.case.number, {subject}
        if kind is Kind.BATCHED:
            wanted |= {one for one in record.subjects if one.platform == subject.platform}
        for one in self.filings.page(WantedFilings(case=case, authority=Authority.NCMEC), limit=MOST_OF_CASE):
            if one.state is State.RETRACTED or one.kind is Kind.FOLLOW_UP:
                continue
            same = one.kind is kind and one.subject == subject
            if same or wanted & covered(one, self.filings.draft, record):
                message = f"filing {one.number} is about that account in case {case}; draft a follow-up of it"
                raise UnsuitableFilingError(message)

    def _followed(
        self, number: int | None, kind: Kind, subject: Subject, environment: Environment
    ) -> tuple[Filing, Draft] | None:
        """The filing that a follow-up follows. Raises UnsuitableFilingError, UnknownFilingError."""
        if (kind is Kind.FOLLOW_UP) is (number is None):
            message = "a follow-up names the filing that it follows, and nothing else does"
            raise UnsuitableFilingError(message)
        if number is None:
            return None
        found = self.filings.filing(number)
        if found.state is not State.FINISHED or found.environment is not environment:
            message = f"filing {number} has no receipt from where this one goes: it cannot be followed"
            raise UnsuitableFilingError(message)
        draft = self.filings.draft(number)
        if not _is_about(found, draft, subject):
            message = f"filing {number} is about another account: it cannot be followed by one about this"
            raise UnsuitableFilingError(message)
        return found, draft

    @staticmethod
    def _demand_person(principal: Principal) -> None:
        principal.demand(Permission.FILE)
        demand_person(principal, or_local=True)


def _is_about(filing: Filing, draft: Draft, subject: Subject) -> bool:
    """Whether a filing is about somebody: it is about one account, or those that a batched report names."""
    return is_named(subject, filing, draft) if filing.kind is Kind.BATCHED else filing.subject == subject


def _same(decision: Decision, filing: Filing) -> None:
    if decision.id != filing.decision:
        message = f"filing {filing.number} follows from an earlier decision: give it up, and draft another"
        raise NotToBeReportedError(message)

"""Filings: what is to be drafted, drafts, sending them, receipts; and what a case obliges to.

People act, with a session: a program with a token reads, and may draft.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import Path, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from tocsin.access.model import Permission
from tocsin.filing.model import Filing, Kind, State
from tocsin.filing.objects import (
    draft_to_json,
    filing_to_json,
    missing_to_json,
    owed_to_json,
    problem_to_json,
    receipt_to_json,
    timeline_to_json,
    to_draft_to_json,
)
from tocsin.filing.service import Reporting
from tocsin.filing.store_filings import WantedFilings
from tocsin.web.api.case_shapes import CaseNumber
from tocsin.web.api.shapes import LARGEST, Given, Number, Text
from tocsin.web.callers import Caller, node_of
from tocsin.web.operation import Operations

operations = Operations("filings")
SEE: Final = Permission.READ_FILINGS
ACT: Final = (Permission.READ_FILINGS, Permission.FILE)
MOST: Final = 100
PAGE: Final = 50
FilingNumber = Annotated[int, Path(ge=1, le=LARGEST, description="The filing's number.")]


class FilingShape(BaseModel):
    """Where a filing stands."""

    number: int
    case: int
    decision: int
    authority: str
    environment: str
    test: bool
    """Nobody acts on it."""
    kind: Kind
    platform: str
    """Where the account is; empty: none is known."""
    account: str
    """Which account of the case it is about; empty: none is known."""
    state: State
    revision: int
    """Counts the changes of its draft."""
    created: datetime
    author: str
    checked_by: str
    confirmed_by: list[str]
    stopped: str
    """Why it waits for a person."""
    report_id: str
    """The authority's number of the report that is open or finished."""
    follows: int | None


class FilingPage(BaseModel):
    """Some filings, newest first."""

    items: list[FilingShape]
    next: int | None
    """For `before`; null where there are no more."""


class ToDraftShape(BaseModel):
    """An account of a case that was decided to be reported, and has no filing."""

    case: int
    platform: str
    account: str
    decided: datetime


class ToDraftList(BaseModel):
    """What is to be drafted, the newest decisions first."""

    items: list[ToDraftShape]


class WholeFiling(FilingShape):
    """A filing with its draft and what happened to it, shaped as `tocsin filings show --json` prints it."""

    draft: dict[str, Any]
    missing: list[dict[str, Any]]
    """What would help whoever acts on it."""
    problems: list[dict[str, Any]]
    """Rules that its draft breaks, while it is one."""
    timeline: dict[str, Any]


class Checked(BaseModel):
    """What checking a draft found; none: it may be confirmed."""

    filing: FilingShape
    problems: list[dict[str, Any]]


class Duties(BaseModel):
    """Every duty of the rule packs, as it stands for a case."""

    items: list[dict[str, Any]]


class NewDraft(Given):
    """What to draft."""

    case: Number
    account: Text = ""
    platform: Text = ""
    """Where the account is; it need not be said where only one platform of the case has such an account."""
    kind: Annotated[Kind, Field(strict=False)] = Kind.REPORT
    follows: Number | None = None
    """The filing that this is a follow-up of."""


class Revision(Given):
    """Which revision of a draft the caller has seen."""

    revision: Number


class Edits(Revision):
    """Fields of a draft by path, as in `report/incidentSummary/platform`; null takes one out."""

    fields: Annotated[dict[Text, Text | None], Field(min_length=1, max_length=200)]


class Reason(Given):
    """Why."""

    reason: Annotated[Text, Field(min_length=1)]


def _reporting(request: Request) -> Reporting:
    return node_of(request).reporting


def _shape(filing: Filing) -> FilingShape:
    return FilingShape.model_validate(filing_to_json(filing))


def whole(reporting: Reporting, number: int) -> Mapping[str, object]:
    """A filing with all that there is to tell of it. Raises UnknownFilingError."""
    filing = reporting.filings.filing(number)
    draft = reporting.filings.draft(number)
    drafted = filing.state in {State.DRAFTED, State.CHECKED}
    problems = reporting.drafting.problems(number) if drafted else ()
    return {
        **filing_to_json(filing),
        "draft": draft_to_json(draft),
        "missing": [missing_to_json(one) for one in reporting.drafting.completeness(draft)],
        "problems": [problem_to_json(one) for one in problems],
        "timeline": timeline_to_json(reporting.outbox.timeline(number)),
    }


@operations.operation("GET", "/v1/filings", needs=SEE)
def list_filings(  # noqa: PLR0913  # one for each filter
    request: Request,
    caller: Caller,  # noqa: ARG001  # lets callers in
    *,
    state: Annotated[State | None, Query()] = None,
    case: Annotated[Number | None, Query()] = None,
    before: Annotated[Number | None, Query(description="The `next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
) -> FilingPage:
    """List filings, newest first."""
    wanted = WantedFilings(frozenset() if state is None else frozenset({state}), case)
    items = [_shape(one) for one in _reporting(request).filings.page(wanted, before=before, limit=limit)]
    return FilingPage(items=items, next=items[-1].number if len(items) == limit else None)


@operations.operation("GET", "/v1/filings/to-draft", needs=SEE)
def list_to_draft(
    request: Request,
    caller: Caller,  # noqa: ARG001  # lets callers in
) -> ToDraftList:
    """List what is decided to be reported and has no filing; no more than 1,000."""
    found = _reporting(request).drafting.to_draft()
    return ToDraftList(items=[ToDraftShape.model_validate(to_draft_to_json(one)) for one in found])


@operations.operation("POST", "/v1/filings", needs=ACT, status=201, answers=(404, 409))
def draft_filing(request: Request, caller: Caller, given: NewDraft) -> FilingShape:
    """Draft a report about an account of a decided case, from what is on record."""
    drafting = _reporting(request).drafting
    about = (given.case, given.account, given.kind, given.follows)
    return _shape(drafting.draft(caller, *about, platform=given.platform))


@operations.operation("GET", "/v1/filings/{filing}", needs=SEE, answers=(404,))
def read_filing(
    request: Request,
    caller: Caller,  # noqa: ARG001  # lets callers in
    filing: FilingNumber,
) -> WholeFiling:
    """Read a filing: its draft with where fields come from, what is missing, and what happened to it."""
    return WholeFiling.model_validate(whole(_reporting(request), filing))


@operations.operation("GET", "/v1/filings/{filing}/xml", needs=SEE, answers=(404,), response_model=None)
def read_filing_xml(
    request: Request,
    caller: Caller,  # noqa: ARG001  # lets callers in
    filing: FilingNumber,
) -> Response:
    """Read the report of a filing as the authority gets it, in XML."""
    xml = _reporting(request).drafting.preview(filing).xml
    return Response(xml, media_type="application/xml")


@operations.operation("POST", "/v1/filings/{filing}/redraft", needs=ACT, answers=(404, 409))
def redraft_filing(request: Request, caller: Caller, filing: FilingNumber, given: Revision) -> FilingShape:
    """Draft a filing anew from what is on record now; what people wrote into it stays."""
    return _shape(_reporting(request).drafting.redraft(caller, filing, given.revision))


@operations.operation("POST", "/v1/filings/{filing}/edit", needs=ACT, answers=(404, 409))
def edit_filing(request: Request, caller: Caller, filing: FilingNumber, given: Edits) -> FilingShape:
    """Write fields of a draft: all of them, or none if one is refused."""
    return _shape(_reporting(request).drafting.edit(caller, filing, given.revision, given.fields))


@operations.operation("POST", "/v1/filings/{filing}/check", needs=ACT, answers=(404, 409))
def check_filing(request: Request, caller: Caller, filing: FilingNumber, given: Revision) -> Checked:
    """Hold a draft against every known rule; if it keeps them, it may be confirmed."""
    reporting = _reporting(request)
    problems = reporting.drafting.check(caller, filing, given.revision)
    return Checked(
        filing=_shape(reporting.filings.filing(filing)),
        problems=[{**problem_to_json(one)} for one in problems],
    )


@operations.operation("POST", "/v1/filings/{filing}/confirm", needs=ACT, answers=(404, 409))
def confirm_filing(request: Request, caller: Caller, filing: FilingNumber, given: Revision) -> FilingShape:
    """Confirm a checked draft, as a person: it is sent; to production once two have confirmed."""
    return _shape(_reporting(request).outbox.confirm(caller, filing, given.revision))


@operations.operation("POST", "/v1/filings/{filing}/retract", needs=ACT, answers=(404, 409))
def retract_filing(request: Request, caller: Caller, filing: FilingNumber, given: Reason) -> FilingShape:
    """Give up a filing that is being sent: whatever is open at the authority is retracted."""
    return _shape(_reporting(request).outbox.retract(caller, filing, given.reason))


@operations.operation("POST", "/v1/filings/{filing}/retry", needs=ACT, answers=(404, 409))
def retry_filing(request: Request, caller: Caller, filing: FilingNumber) -> FilingShape:
    """Go on with a filing that has stopped for a person."""
    return _shape(_reporting(request).outbox.retry(caller, filing))


@operations.operation("POST", "/v1/filings/{filing}/discard", needs=ACT, answers=(404, 409))
def discard_filing(request: Request, caller: Caller, filing: FilingNumber) -> FilingShape:
    """Give up a draft, or a filing that has stopped with nothing open."""
    return _shape(_reporting(request).outbox.discard(caller, filing))


@operations.operation("GET", "/v1/filings/{filing}/receipt", needs=SEE, answers=(404, 409))
def read_receipt(
    request: Request,
    caller: Caller,  # noqa: ARG001  # lets callers in
    filing: FilingNumber,
) -> dict[str, Any]:
    """Read the authority's receipt, with the answer as it came."""
    return {**receipt_to_json(_reporting(request).receipt(filing))}


@operations.operation("GET", "/v1/cases/{case}/duties", needs=SEE, answers=(404,))
def list_duties(request: Request, caller: Caller, case: CaseNumber) -> Duties:
    """List who must be told what about a case, by when, under which rule, and what has been met.

    Whoever may see filings has to be allowed to see cases as well.
    """
    caller.demand(Permission.READ_CASES)
    return Duties(items=[{**owed_to_json(one)} for one in _reporting(request).owed(case, datetime.now(UTC))])

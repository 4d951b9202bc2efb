"""Cases: the queue, and what is done with a claim.

Whatever the holder of a case does names the claim by which they hold it: an expired one does nothing.
"""

from datetime import datetime
from typing import Annotated, Final, Self

from fastapi import Query, Request
from pydantic import BaseModel, Field

from tocsin.access.model import Permission
from tocsin.cases.model import MAIN, Stage, State
from tocsin.cases.queue import MOST_PAGE, Queue
from tocsin.cases.store_cases import Joined, QueueCount, WantedCases
from tocsin.web.api.case_decisions import decisions_of
from tocsin.web.api.case_shapes import (
    ByClaim,
    CaseNumber,
    CaseShape,
    Claim,
    DecisionShape,
    JudgementShape,
    Note,
)
from tocsin.web.api.shapes import PAGE, Given, Limit, Name, Number, Text, next_of
from tocsin.web.callers import Caller, node_of
from tocsin.web.operation import Operations

operations = Operations("cases")
REVIEWS: Final = Permission.REVIEW
BY_HOLDER_OR_MANAGER: Final = (Permission.REVIEW, Permission.MANAGE_CASES)
ANY_QUEUE: Final = "*"
PAGE_OF_CASES: Final = 50


class CasePage(BaseModel):
    """Some cases, in their order; decided ones with the newest decision first."""

    items: list[CaseShape]
    next: int | None
    """For `after`; null where there are no more."""


class CountShape(BaseModel):
    """How many cases of a queue are in a state and stage."""

    queue: str
    state: State
    stage: Stage
    cases: int

    @classmethod
    def of(cls, count: QueueCount) -> Self:
        """The shape of a count."""
        return cls(queue=count.queue, state=count.state, stage=count.stage, cases=count.cases)


class Counts(BaseModel):
    """How many cases wait or are claimed."""

    items: list[CountShape]


class Sought(Given):
    """What cases are looked for by: number, submission's id, SHA-256, account or URL."""

    text: Annotated[Text, Field(min_length=1)]


class FoundCases(BaseModel):
    """Cases that were found, newest first; no more than 100."""

    items: list[CaseShape]


class FromQueue(Given):
    """Which queue to take a case from."""

    queue: Name = MAIN


class NextCase(BaseModel):
    """The case that the caller has been given, if there was one for them."""

    case: CaseShape | None


class InCase(BaseModel):
    """A content of a case."""

    sha256: str
    judgement: JudgementShape | None


class LinkedShape(BaseModel):
    """A case that belongs to another one."""

    number: int
    state: State
    because: str
    """What they share: `content`, `near`, `account` or `url`; `earlier` where one follows the other."""


class WholeCase(CaseShape):
    """A case with what is in it and what was decided about it."""

    contents: list[InCase]
    """In the order in which they came."""
    decisions: list[DecisionShape]
    """Oldest first."""
    undoable: int | None
    """The decision that the caller could undo now."""
    may_take_back: bool
    """Whether the caller could take back now that a second reviewer was asked for."""
    linked: list[LinkedShape]


class JoinedShape(BaseModel):
    """A submission in a case."""

    submission: str
    sha256: str
    received: datetime
    because: str
    """What brought it in: `opened`, `content`, `near`, `account` or `url`."""

    @classmethod
    def of(cls, joined: Joined) -> Self:
        """The shape of a submission in a case."""
        return cls(
            submission=joined.submission,
            sha256=joined.sha256.hex(),
            received=joined.received,
            because=joined.because,
        )


class JoinedPage(BaseModel):
    """Some submissions of a case, oldest first."""

    items: list[JoinedShape]
    next: str | None


class HandOver(Given):
    """Whom a case is to wait for. Who may manage cases leaves the claim out."""

    claim: Claim | None = None
    to: Name
    """`person:NAME`."""
    note: Note = ""


class Move(Given):
    """Which queue a case is to go to. Who may manage cases leaves the claim out."""

    claim: Claim | None = None
    queue: Name


class SecondAsked(ByClaim):
    """What a second reviewer is asked."""

    question: Note = ""


def _queue(request: Request) -> Queue:
    return node_of(request).review.queue


@operations.operation("GET", "/v1/cases", needs=Permission.READ_CASES, answers=(404,))
def list_cases(  # noqa: PLR0913  # one for each filter
    request: Request,
    caller: Caller,
    *,
    queue: Annotated[Name, Query(description="`*` for all.")] = MAIN,
    state: Annotated[State, Query()] = State.WAITING,
    stage: Annotated[Stage | None, Query()] = None,
    holder: Annotated[Name | None, Query()] = None,
    reserved_for: Annotated[Name | None, Query()] = None,
    category: Annotated[Name | None, Query()] = None,
    after: Annotated[Number | None, Query(description="The `next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_PAGE)] = PAGE_OF_CASES,
) -> CasePage:
    """List cases in their order: the most urgent first, or the newest decision first."""
    wanted = WantedCases(None if queue == ANY_QUEUE else queue, state, stage, holder, category, reserved_for)
    found = _queue(request).page(caller, wanted, after, limit)
    items = [CaseShape.of(one) for one in found]
    return CasePage(items=items, next=items[-1].number if len(items) == limit else None)


@operations.operation("GET", "/v1/cases/counts", needs=Permission.READ_CASES)
def count_cases(request: Request, caller: Caller) -> Counts:
    """Count the cases that wait or are claimed, by queue, state and stage."""
    return Counts(items=[CountShape.of(one) for one in _queue(request).counts(caller)])


@operations.operation("POST", "/v1/cases/find", needs=Permission.READ_CASES)
def find_cases(request: Request, caller: Caller, sought: Sought) -> FoundCases:
    """Find cases by what is known of them. Accounts and URLs are sent in the body, not in an address."""
    return FoundCases(items=[CaseShape.of(one) for one in _queue(request).find(caller, sought.text)])


@operations.operation("POST", "/v1/cases/next", needs=REVIEWS, answers=(409,))
def next_case(request: Request, caller: Caller, given: FromQueue) -> NextCase:
    """Claim the most urgent case that there is for the caller, who is a person."""
    case = _queue(request).next(caller, given.queue)
    return NextCase(case=None if case is None else CaseShape.of(case))


@operations.operation("GET", "/v1/cases/{case}", needs=Permission.READ_CASES, answers=(404,))
def read_case(request: Request, caller: Caller, case: CaseNumber) -> WholeCase:
    """Read a case: why it stands where it stands, what is in it, and what was decided."""
    node = node_of(request)
    queue, deciding = node.review.queue, node.review.deciding
    found = queue.case(caller, case)
    contents = queue.contents(case)
    judged = deciding.judgements(contents)
    undoable = deciding.undoable(caller, case)
    return WholeCase(
        **CaseShape.of(found).model_dump(),
        contents=[
            InCase(sha256=one.hex(), judgement=JudgementShape.of(judged[one]) if one in judged else None)
            for one in contents
        ],
        decisions=decisions_of(node, caller, deciding.of_case(case)),
        undoable=None if undoable is None else undoable.id,
        may_take_back=deciding.may_take_back(caller, case),
        linked=[
            LinkedShape(number=one.case.number, state=one.case.state, because=one.because)
            for one in queue.linked(caller, case)
        ],
    )


@operations.operation("GET", "/v1/cases/{case}/submissions", needs=Permission.READ_CASES, answers=(404,))
def list_submissions_of_case(
    request: Request,
    caller: Caller,
    case: CaseNumber,
    *,
    after: Annotated[Name | None, Query(description="The `next` of the page before.")] = None,
    limit: Annotated[Limit, Query()] = PAGE,
) -> JoinedPage:
    """List the submissions of a case, oldest first, with what brought each in."""
    queue = _queue(request)
    queue.case(caller, case)
    items = [JoinedShape.of(one) for one in queue.members(caller, case, after=after, limit=limit)]
    return JoinedPage(items=items, next=next_of(items, limit, items[-1].submission if items else ""))


@operations.operation("POST", "/v1/cases/{case}/claim", needs=REVIEWS, answers=(404, 409))
def claim_case(request: Request, caller: Caller, case: CaseNumber) -> CaseShape:
    """Claim a case, as a person; one that the caller holds stays theirs under the same claim."""
    return CaseShape.of(_queue(request).claim(caller, case))


@operations.operation("POST", "/v1/cases/{case}/renew", needs=REVIEWS, answers=(404, 409))
def renew_claim(request: Request, caller: Caller, case: CaseNumber, given: ByClaim) -> CaseShape:
    """Begin the lease of a claim anew. Whatever else its holder does renews it as well."""
    return CaseShape.of(_queue(request).renew(caller, case, given.claim))


@operations.operation(
    "POST",
    "/v1/cases/{case}/release",
    needs=REVIEWS,
    status=204,
    answers=(404, 409),
    response_model=None,
)
def release_case(request: Request, caller: Caller, case: CaseNumber, given: ByClaim) -> None:
    """Let somebody else have a case."""
    _queue(request).release(caller, case, given.claim)


@operations.operation(
    "POST", "/v1/cases/{case}/skip", needs=REVIEWS, status=204, answers=(404, 409), response_model=None
)
def skip_case(request: Request, caller: Caller, case: CaseNumber, given: ByClaim) -> None:
    """Pass a case on, and for 12 hours do not be given it while anything else waits; nobody asks why."""
    _queue(request).skip(caller, case, given.claim)


@operations.operation("POST", "/v1/cases/{case}/hand-over", needs=BY_HOLDER_OR_MANAGER, answers=(404, 409))
def hand_over_case(request: Request, caller: Caller, case: CaseNumber, given: HandOver) -> CaseShape:
    """Have a case wait for one person, for 12 hours at most."""
    return CaseShape.of(_queue(request).hand_over(caller, case, given.claim, given.to, given.note))


@operations.operation("POST", "/v1/cases/{case}/move", needs=BY_HOLDER_OR_MANAGER, answers=(404, 409))
def move_case(request: Request, caller: Caller, case: CaseNumber, given: Move) -> CaseShape:
    """Put a case into another queue."""
    return CaseShape.of(_queue(request).move(caller, case, given.claim, given.queue))


@operations.operation("POST", "/v1/cases/{case}/ask-second", needs=REVIEWS, answers=(404, 409))
def ask_second(request: Request, caller: Caller, case: CaseNumber, given: SecondAsked) -> CaseShape:
    """Have a second reviewer look at a case, who is never the caller."""
    return CaseShape.of(_queue(request).ask_second(caller, case, given.claim, given.question))

"""What is known of one content of a case, and recording what somebody saw of it. No picture is sent here."""

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Final, Self

from fastapi import Request
from pydantic import BaseModel, Field, JsonValue

from tocsin.access.model import Permission, Principal
from tocsin.cases.model import Basis, Observed
from tocsin.cases.store_viewing import Look
from tocsin.intake.model import UnknownSubmissionError
from tocsin.law.deriving import Status
from tocsin.law.facts import AgeBand, Fact, Value
from tocsin.law.model import Confidence
from tocsin.law.objects import status_to_json
from tocsin.web.api.case_shapes import (
    ByClaim,
    CaseNumber,
    JudgementShape,
    Note,
    ObservationShape,
    OfContent,
)
from tocsin.web.api.submissions import ContentShape, MatchOnRecord, content_of, match_of
from tocsin.web.callers import Caller, node_of
from tocsin.web.operation import Operations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.intake.model import Submission
    from tocsin.node.node import Node

operations = Operations("contents of cases")
MOST_SUBMISSIONS: Final = 20
"""Submissions of one content in a case whose matches are told."""


class ObservedGiven(ByClaim):
    """What somebody who holds a case saw of one of its contents: one of `fact`, `age` and `scheme`."""

    fact: Annotated[Fact, Field(strict=False)] | None = None
    value: Annotated[Value, Field(strict=False)] | None = None
    """Of a fact."""
    age: Annotated[AgeBand, Field(strict=False)] | None = None
    scheme: Annotated[str, Field(max_length=200)] = ""
    """Of a code: the scheme's name and version, as in `iwf:2024`."""
    code: Annotated[str, Field(max_length=200)] = ""
    """Empty beside a scheme: takes an earlier code back."""
    basis: Annotated[Basis, Field(strict=False)] = Basis.RENDITION
    note: Note = ""

    def observed(self) -> Observed:
        """The observation."""
        return Observed(self.fact, self.value, self.age, self.scheme, self.code, self.basis, self.note)


class BecauseShape(BaseModel):
    """One observation that a status rests on."""

    about: str
    said: str


class StatusShape(BaseModel):
    """What one rule says of what was observed: never a finding of law."""

    jurisdiction: str
    rule: str
    version: int
    status: str
    title: str
    answer: Value
    """Yes: what was observed fits the rule. No: it does not. Else it is open."""
    because: list[BecauseShape]
    missing: list[str]
    """What to observe that could decide it."""
    questions: list[str]
    duties: list[str]
    source: str
    confidence: Confidence
    reviewer: str
    words: str

    @classmethod
    def of(cls, status: Status) -> Self:
        """The shape of a status."""
        return cls.model_validate(status_to_json(status))


class ContradictionShape(BaseModel):
    """Two of the caller's own observations that do not go together."""

    first: str
    second: str
    words: str


class LookShape(BaseModel):
    """A look at an original, on record."""

    id: int
    person: str | None
    """Null for looks of others, unless the caller may read the ledger: nobody is to count them by person."""
    time: datetime
    case: int
    part: dict[str, JsonValue]
    """Which part: region in millionths of the sides (null for the whole), still, member of an archive."""
    seconds: int
    """Granted."""
    shown: int | None
    """How many it lasted at most, where the page has said that it ended."""
    failed: bool
    """Nothing was shown: the picture could not be made."""

    @classmethod
    def of(cls, look: Look, caller: Principal) -> Self:
        """The shape of a look for that caller."""
        told = look.person == caller.id or caller.may(Permission.READ_LEDGER)
        return cls(
            id=look.id,
            person=look.person if told else None,
            time=look.time,
            case=look.case,
            part=json.loads(look.part),
            seconds=look.seconds,
            shown=look.shown,
            failed=look.failed,
        )


class ContentOfCase(BaseModel):
    """All that is known of a content of a case, without a picture of it."""

    sha256: str
    content: ContentShape | None
    """Null as long as it has not been examined."""
    submissions: list[str]
    """Those of it in this case, oldest first: the first ones."""
    more: int
    """How many more there are."""
    matches: list[MatchOnRecord]
    """Of those submissions, each once, as far as the caller may know."""
    judgement: JudgementShape | None
    observations: list[ObservationShape]
    """All of this content, oldest first; the last about each thing holds."""
    contradictions: list[ContradictionShape]
    statuses: list[StatusShape]
    """By the rules in force on `on`."""
    on: date
    looks: list[LookShape]


@operations.operation(
    "GET", "/v1/cases/{case}/contents/{sha256}", needs=Permission.READ_CASES, answers=(404,)
)
def read_content(request: Request, caller: Caller, case: CaseNumber, sha256: OfContent) -> ContentOfCase:
    """Read all that is known of a content of a case; no picture of it is in the answer."""
    node, digest = node_of(request), bytes.fromhex(sha256)
    review = node.review
    submissions, more = _submissions(node, caller, case, digest)
    observing, today = review.observing, datetime.now(UTC).date()
    told = [one for one in submissions if one.content is not None]
    judgement = review.deciding.judgements([digest]).get(digest)
    return ContentOfCase(
        sha256=sha256,
        content=content_of(told[0]) if told else None,
        submissions=[one.id for one in submissions],
        more=more,
        matches=_matches(node, caller, submissions),
        judgement=None if judgement is None else JudgementShape.of(judgement),
        observations=[ObservationShape.of(one) for one in observing.of_content(digest)],
        contradictions=[
            ContradictionShape(first=one.first, second=one.second, words=one.words)
            for one in observing.contradictions(digest, caller.id)
        ],
        statuses=[StatusShape.of(one) for one in review.statuses(digest, today)],
        on=today,
        looks=[LookShape.of(one, caller) for one in review.viewing.looks(digest)],
    )


@operations.operation(
    "POST",
    "/v1/cases/{case}/contents/{sha256}/observations",
    needs=Permission.REVIEW,
    status=201,
    answers=(404, 409),
)
def observe(
    request: Request, caller: Caller, case: CaseNumber, sha256: OfContent, given: ObservedGiven
) -> ObservationShape:
    """Record what the caller, a person, saw of a content of a case that they hold; earlier ones are kept."""
    observing = node_of(request).review.observing
    made = observing.record(caller, case, given.claim, bytes.fromhex(sha256), given.observed())
    return ObservationShape.of(made)


def _submissions(
    node: "Node", caller: Principal, case: int, sha256: bytes
) -> "tuple[Sequence[Submission], int]":
    """The first submissions of a content in a case, and how many more there are.

    Raises DeniedError, UnknownCaseError, UnknownSubmissionError.
    """
    queue = node.review.queue
    queue.case(caller, case)
    in_case = set(queue.submissions(case))
    found = [one for one in node.submissions.submissions_of(sha256) if one in in_case]
    if not found:
        message = f"no content of case {case} has the SHA-256 {sha256.hex()}"
        raise UnknownSubmissionError(message)
    first = [node.submissions.submission(one) for one in found[:MOST_SUBMISSIONS]]
    return first, len(found) - len(first)


def _matches(node: "Node", caller: Principal, submissions: "Sequence[Submission]") -> list[MatchOnRecord]:
    """What these submissions of one content matched, each match once."""
    once: dict[str, MatchOnRecord] = {}
    for one in submissions:
        records = node.submissions.matches(one.id)
        for record in node.intake.told(one, records, caller) or ():
            shape = match_of(record, caller)
            once.setdefault(shape.model_dump_json(exclude={"found", "retroactive", "bank_version"}), shape)
    return list(once.values())

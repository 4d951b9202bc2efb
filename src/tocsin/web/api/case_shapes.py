"""Shapes of review: cases, their contents, observations, decisions, as operations answer with them."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import Path
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from tocsin.cases.model import (
    Basis,
    Case,
    Decision,
    Ground,
    Judgement,
    Novelty,
    Observation,
    Outcome,
    Stage,
    Standpoint,
    State,
)
from tocsin.cases.notes import LONGEST_NOTE
from tocsin.cases.objects import case_to_json, decision_to_json, judgement_to_json, observation_to_json
from tocsin.law.facts import AgeBand, Fact, Value
from tocsin.web.api.shapes import LARGEST, Given, Name, Number, storable

Note = Annotated[str, StringConstraints(max_length=LONGEST_NOTE), AfterValidator(storable)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
CaseNumber = Annotated[Number, Path(description="The case's number.")]
OfContent = Annotated[Sha256, Path(description="The content's SHA-256, in small letters.")]
Claim = Annotated[int, Field(ge=0, le=LARGEST)]
"""The number of the claim by which the caller holds a case."""


class ByClaim(Given):
    """What only the holder of a case may do names their claim."""

    claim: Claim


class ReasonShape(BaseModel):
    """Why a case stands where it stands."""

    ground: Ground
    when: datetime | None
    """The time that it speaks of, where it does."""
    by: str | None
    """Whose submission speaks of danger; null where a reviewer recorded it, and for all other grounds."""
    turn: int | None
    """How many undecided cases that submitter had said so of, this one counted: the first ones come first."""


class CaseShape(BaseModel):
    """The unit of review: submissions that belong together."""

    number: int
    opened: datetime
    queue: str
    state: State
    stage: Stage
    reasons: list[ReasonShape]
    """In the order in which they count. None of them speaks of artificial origin."""
    danger: bool
    child: bool
    """False only where people recorded, of every content, that there is no real child to be found."""
    novelty: Novelty
    due: datetime | None
    disagreed: bool
    submissions: int
    categories: list[str]
    """What reviewers may opt out of."""
    holder: str | None
    lease_until: datetime | None
    claim: int
    """Of its holder, or of its last one: whatever they do names it."""
    reserved_for: str
    first_reviewer: str
    """Who proposed or asked: never the second reviewer."""
    note: str
    decided: datetime | None

    @classmethod
    def of(cls, case: Case) -> Self:
        """The shape of a case."""
        return cls.model_validate(case_to_json(case))


class JudgementShape(BaseModel):
    """What was decided earlier about a content: it stands in place of another look."""

    case: int
    outcome: Outcome
    by: list[str]
    time: datetime

    @classmethod
    def of(cls, judgement: Judgement) -> Self:
        """The shape of a judgement."""
        return cls.model_validate(judgement_to_json(judgement))


class ObservedShape(BaseModel):
    """What somebody saw of a content: a fact in one of three values, an age, or a scheme's code."""

    fact: Fact | None
    value: Value | None
    age: AgeBand | None
    scheme: str
    code: str
    """Empty beside a scheme: an earlier code was taken back."""
    basis: Basis
    note: str


class ObservationShape(ObservedShape):
    """An observation on record: revised by later ones, never overwritten."""

    id: int
    case: int
    sha256: str
    author: str
    time: datetime

    @classmethod
    def of(cls, made: Observation) -> Self:
        """The shape of an observation."""
        return cls.model_validate(observation_to_json(made))


class PublicationShape(Given):
    """A content that is to become an entry of a local bank."""

    sha256: Sha256
    bank: Name


class EntryOpinionShape(Given):
    """What the owner of a list is to be told about an entry that matched."""

    entry: Number
    confirm: bool
    """Else it is disputed."""
    reason: Note = ""


class DecisionShape(BaseModel):
    """A decision, as far as the caller may know the banks that it is about."""

    id: int
    case: int
    outcome: Outcome
    note: str
    publish: list[PublicationShape]
    opinions: list[EntryOpinionShape]
    false_matches: list[int]
    unseen: bool
    """It judges also contents that nobody looked at."""
    published: list[int]
    """Entries that it made."""
    hidden: int
    """How much more of these it has, about banks that the caller may not read."""
    author: str
    time: datetime
    standpoint: Standpoint
    needs_second: list[str]
    """Why a second person is needed: `publish`, `overturn`, `asked`, `disagreed`."""
    second: str
    second_time: datetime | None
    second_note: str
    undo_until: datetime | None
    supersedes: int | None

    @classmethod
    def of(cls, made: Decision, hidden: int) -> Self:
        """The shape of a decision as `decisions_known` gives it."""
        return cls.model_validate({**decision_to_json(made), "hidden": hidden})

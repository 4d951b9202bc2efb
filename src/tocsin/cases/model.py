"""The nouns of this room: cases, the grounds of their order, observations, decisions."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from tocsin.law.facts import AgeBand, Fact, Value

MAIN: Final = "main"
"""The queue that cases come into."""


class State(StrEnum):
    """Where a case stands."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    DECIDED = "decided"


class Stage(StrEnum):
    """What a case waits for."""

    FIRST = "first"
    SECOND = "second"
    """Somebody has proposed a decision, or asked: somebody else is to confirm it or to disagree."""


class Ground(StrEnum):
    """One reason for a case's place. Each is one part of the order; none speaks of artificial origin."""

    DANGER = "danger"
    """Somebody said that a child may be in danger now. What submissions say takes turns by submitter."""
    CHILD = "child"
    """A real child who has not been identified may be depicted: nobody has recorded otherwise."""
    NEW = "new"
    """No list knows it."""
    NEAR = "near"
    """It resembles something known."""
    KNOWN = "known"
    """It equals something known, or has been judged here."""
    DUE = "due"
    """A duty falls due."""
    AGE = "age"
    """It has waited since then."""
    DISAGREED = "disagreed"
    """Two reviewers disagreed."""
    LONGEST = "longest"
    """It was given out of its order: every tenth case that a person is given is the one waiting longest."""
    AGAIN = "again"
    """It was given out though its holder had skipped it: nothing else waited for them."""


class Novelty(StrEnum):
    """How well a case's contents are known; the newest of them counts."""

    NEW = "new"
    NEAR = "near"
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class Standing:
    """All that a case's place in the queue depends on."""

    opened: datetime
    danger: bool = False
    child: bool = True
    """False only where people recorded, of every content, that no real child is depicted or that the victim
    has been identified."""
    novelty: Novelty = Novelty.NEW
    due: datetime | None = None
    """When the first of its duties falls due."""
    disagreed: bool = False
    turn: int = 0
    """Of danger that a submission speaks of: the number of undecided cases of which its submitter said so
    when they said it of this one, itself counted. 0 where a reviewer recorded it, or there is none."""
    said_by: str = field(default="", compare=False)
    """Who said so: the `Principal.id` of that submitter."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A ground with the time it speaks of, where it does, and of danger whose turn it is."""

    ground: Ground
    when: datetime | None = None
    turn: int = 0
    """As in `Standing`."""
    by: str = field(default="", compare=False)
    """Who said so; that is no part of the order."""


@dataclass(frozen=True, slots=True)
class Case:
    """The unit of review: submissions that belong together."""

    number: int
    opened: datetime
    queue: str
    state: State
    stage: Stage
    standing: Standing
    submissions: int
    """How many there are in it."""
    holder: str | None = None
    """Who has claimed it: `Principal.id`."""
    lease_until: datetime | None = None
    claim: int = 0
    """Counts its claims: what a holder does names the claim, so that an expired one does nothing."""
    reserved_for: str = ""
    """Whom it was handed to: `Principal.id`."""
    first_reviewer: str = ""
    """Who proposed, or asked for a second reviewer: never the second one."""
    note: str = ""
    """What whoever handed it over, or asked for a second reviewer, says."""
    given: Ground | None = None
    """Why its holder was given it out of its order: LONGEST or AGAIN."""
    decided: datetime | None = None
    categories: tuple[str, ...] = ()
    """What people may opt out of: kinds of content and, as `scheme:code`, labels of what matched."""


class Basis(StrEnum):
    """What an observation rests on."""

    RENDITION = "rendition"
    """A filtered preview."""
    ORIGINAL = "original"
    """A reveal."""
    LIST = "list"
    """What a matched list says."""
    PROVENANCE = "provenance"
    """Signs of origin."""
    CONTEXT = "context"
    """What the submission says."""
    PARTNER = "partner"
    """What an authority or another organisation told."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What a person records of a content: one of `value`, `age` and `code` says it."""

    fact: Fact | None = None
    value: Value | None = None
    age: AgeBand | None = None
    scheme: str = ""
    """Of a severity code: the scheme's name with its version, as in `iwf:2024`."""
    code: str = ""
    """The scheme's own code; empty takes an earlier one back."""
    basis: Basis = Basis.RENDITION
    note: str = ""

    @property
    def about(self) -> str:
        """What it is an observation of: a later one about the same supersedes it."""
        if self.fact is not None:
            return self.fact.value
        return "age" if self.age is not None else f"severity:{self.scheme}"


@dataclass(frozen=True, slots=True)
class Observation:
    """An observation on record: revised by later ones, never overwritten."""

    id: int
    case: int
    sha256: bytes
    """Of the content."""
    observed: Observed
    author: str
    time: datetime
    claim: int = 0


class Outcome(StrEnum):
    """What a reviewer decides about a case."""

    REPORT = "report"
    """To be reported to an authority."""
    NO_ACTION = "no_action"
    """Nothing that this organisation has to act on."""
    FALSE_MATCH = "false_match"
    """What matched is not what the list means."""
    UNDETERMINED = "undetermined"
    """It cannot be told from what there is."""


@dataclass(frozen=True, slots=True)
class Publication:
    """A content that is to become an entry of a local bank."""

    sha256: bytes
    bank: str


@dataclass(frozen=True, slots=True)
class EntryOpinion:
    """What is to be told the owner of a list about an entry that matched."""

    entry: int
    confirm: bool
    """Else it is disputed."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A decision as somebody makes it: it takes effect at once, or once a second person confirms it."""

    outcome: Outcome
    note: str = ""
    publish: tuple[Publication, ...] = ()
    opinions: tuple[EntryOpinion, ...] = ()
    false_matches: tuple[int, ...] = ()
    """Entries whose match with this case is wrong: they count in the figures of their banks' policies."""
    unseen: bool = False
    """It judges also contents that nobody looked at (see tocsin.cases.sights)."""


class Standpoint(StrEnum):
    """Where a decision stands."""

    PROPOSED = "proposed"
    """It waits for a second person."""
    IN_FORCE = "in_force"
    REJECTED = "rejected"
    """The second person disagreed."""
    UNDONE = "undone"
    SUPERSEDED = "superseded"
    """A later decision about the case took its place."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision on record."""

    id: int
    case: int
    proposal: Proposal
    author: str
    time: datetime
    standpoint: Standpoint
    needs_second: tuple[str, ...] = ()
    """Why a second person is needed: `publish`, `overturn`, `asked`, `disagreed`."""
    second: str = ""
    """Who confirmed it or disagreed."""
    second_time: datetime | None = None
    second_note: str = ""
    published: tuple[int, ...] = field(default=())
    """The numbers of the entries that it made."""
    undo_until: datetime | None = None
    """None while it waits for a second person: until somebody takes the case, or after they gave it back."""
    claim: int = 0
    """The claim by which its author held the case."""
    second_claim: int = 0
    """The claim by which the second person held it."""
    asked_by: str = ""
    """Who had asked for a second reviewer before it was made."""
    supersedes: int | None = None
    """The decision whose place it took; undoing this one brings that one back."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was decided earlier about a content: shown in place of the content."""

    sha256: bytes
    case: int
    outcome: Outcome
    by: tuple[str, ...]
    time: datetime

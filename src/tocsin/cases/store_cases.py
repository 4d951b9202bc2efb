"""Where cases are kept, as this room knows it; `tocsin.storage.cases.CaseStore` implements it.

Every method takes part in the caller's transaction, if there is one.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tocsin.cases.model import MAIN, Case, Ground, Stage, State


@dataclass(frozen=True, slots=True)
class WantedCases:
    """Which cases are asked for; what is None does not matter."""

    queue: str | None = MAIN
    state: State = State.WAITING
    stage: Stage | None = None
    holder: str | None = None
    category: str | None = None
    reserved_for: str | None = None


@dataclass(frozen=True, slots=True)
class QueueCount:
    """How many cases of a queue are in a state and stage."""

    queue: str
    state: State
    stage: Stage
    cases: int


@dataclass(frozen=True, slots=True)
class Joined:
    """A submission in a case."""

    submission: str
    sha256: bytes
    received: datetime
    because: str
    """What brought it in: `opened`, `content`, `near`, `account` or `url`."""


@dataclass(frozen=True, slots=True)
class Linked:
    """Another case that belongs to a case."""

    number: int
    because: str
    """What they share: `content`, `near`, `account`, `url`, or `earlier` where one follows the other."""


class CaseLocks(Protocol):
    """What a service needs that changes a case: the check that whoever acts holds it, and its new place."""

    def demand_held(self, number: int, person: str, claim: int) -> Case:
        """The case, if `person` holds it now by that claim; their lease begins anew.

        Call it inside the transaction of the change. Raises UnknownCaseError, NotHeldError.
        """
        ...

    def restand(self, number: int) -> Case:
        """Work out the case's place again, after observations or decisions have changed; the case."""
        ...


class Cases(CaseLocks, Protocol):
    """Cases: what the queue asks and does."""

    def case(self, number: int) -> Case:
        """The case of that number. Raises UnknownCaseError."""
        ...

    def page(self, wanted: WantedCases, *, after: int | None = None, limit: int = 50) -> Sequence[Case]:
        """Cases in their order (decided ones: newest decision first); with `after`, those after that case."""
        ...

    def counts(self) -> Sequence[QueueCount]:
        """How many undecided cases there are."""
        ...

    def held(self, person: str) -> Sequence[Case]:
        """The cases that a person holds."""
        ...

    def lapsed(self) -> Sequence[Case]:
        """Claimed cases whose lease has run out."""
        ...

    def awaited(self) -> Sequence[str]:
        """The people whom cases wait for that were handed to them."""
        ...

    def waiting_for(
        self,
        person: str,
        queue: str,
        avoid: Collection[str],
        *,
        longest: bool = False,
        repeated: bool = True,
    ) -> int | None:
        """The first case that the person may be given, or the one that has waited longest.

        `avoid`: categories. What was handed to the person comes first, from whatever queue. Without
        `repeated`, danger that its submitter said of others already is left out.
        """
        ...

    def skipped_by(self, person: str, queue: str, avoid: Collection[str]) -> int | None:
        """The first case that the person skipped and may be given again; `avoid`: categories."""
        ...

    def is_for(self, number: int, person: str, queue: str) -> bool:
        """Whether a case still waits in that queue for anybody, or for that person wherever it is."""
        ...

    def turn(self, person: str, queue: str) -> int:
        """How many turns the person has had since they were last given the one waiting longest."""
        ...

    def take_turn(self, person: str, queue: str, every: int) -> None:
        """Count one turn, from 0 again after so many."""
        ...

    def claim(self, number: int, person: str, given: Ground | None = None) -> Case:
        """Give a waiting case to a person, with a new claim number and lease; `given`: why out of order."""
        ...

    def take_news(self, number: int) -> bool:
        """Whether something new has become known since the case was claimed; it is told of once."""
        ...

    def let_go(self, number: int, *, reserved_for: str = "", note: str | None = None) -> None:
        """Have a case wait again."""
        ...

    def await_second(self, number: int, first: str, note: str = "") -> None:
        """Have a case wait for somebody other than `first`."""
        ...

    def await_first(self, number: int, *, disagreed: bool = False, note: str = "") -> None:
        """Have a case wait for a decision again: reopened, undone, or because two reviewers disagreed."""
        ...

    def close(self, number: int) -> None:
        """A decision about the case is in force: it is decided."""
        ...

    def move(self, number: int, queue: str) -> None:
        """Put a case into another queue."""
        ...

    def skipped(self, number: int, person: str, *, again: bool = False) -> None:
        """Do not offer the case to that person for a while; `again`: nothing else had waited for them."""
        ...

    def contents(self, number: int) -> Sequence[bytes]:
        """The SHA-256 of each content in the case, in the order in which they came."""
        ...

    def submissions(self, number: int) -> Sequence[str]:
        """The ids of the case's submissions, oldest first."""
        ...

    def members(self, number: int, *, after: str | None = None, limit: int = 100) -> Sequence[Joined]:
        """The case's submissions, oldest first, with what brought them in."""
        ...

    def linked(self, number: int) -> Sequence[Linked]:
        """Cases that belong to that one, newest first, no more than a hundred."""
        ...

    def find(self, text: str) -> Sequence[Case]:
        """Cases by their number, a submission's id, a SHA-256 in hex, an account or a URL: newest first."""
        ...

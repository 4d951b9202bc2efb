"""Where cases are opened, as this room knows it; `tocsin.storage.case_openings.OpeningStore` implements it.

Every method takes part in the caller's transaction, if there is one.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tocsin.cases.grouping import Key
from tocsin.cases.model import Novelty, State


@dataclass(frozen=True, slots=True)
class Known:
    """What is on record of a submission, as far as a case depends on it."""

    submission: int
    content: int
    """Their numbers."""
    novelty: Novelty
    """Of the content, by what matched: an archive is as new as the newest file in it."""
    matched: bool
    """Something matched that no allow bank suppressed."""
    categories: tuple[str, ...]
    """The kind of content, and `scheme:code` of each label of what matched."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A submission on its way into a case."""

    known: Known
    keys: tuple[Key, ...] = ()
    danger_said_by: str = ""
    """Its submitter, if its context says that a child may be in danger now."""
    due: datetime | None = None
    """When what its context asks for falls due."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A case that a submission is in, or could join."""

    number: int
    state: State
    because: str
    reported: bool = False
    """It was decided to report it."""


class Openings(Protocol):
    """Opens cases and puts submissions into them."""

    def known(self, submission: int) -> Known:
        """What is on record of the submission of that number."""
        ...

    def case_of(self, submission: int) -> Placed | None:
        """The newest case that a submission is in."""
        ...

    def joinable(self, content: int, keys: Sequence[Key], near: Collection[bytes]) -> Placed | None:
        """The case that a submission belongs into, if there is one that takes it.

        `near`: the SHA-256 of contents that resemble its own. A case that somebody works on takes nothing
        but what is in it already, and one that was decided, or waits for a second reviewer, nothing at all.
        """
        ...

    def open(self, arrival: Arrival, near: Collection[bytes]) -> int:
        """Open a case with a submission in it, linked with the cases of what resembles it; its number."""
        ...

    def join(self, number: int, arrival: Arrival, because: str, *, news: bool = False) -> None:
        """Put a submission into a case, or note what has become known of one that is in it.

        `news`: something matched that had not before. Who holds the case is told before they decide, also of
        a new danger, a duty that falls due sooner, or an entry that nothing else in the case matched.
        """
        ...

    def earlier(self, after: int, limit: int) -> Sequence[tuple[int, str]]:
        """Number and id of submissions that were matched and are in no case, after that number."""
        ...

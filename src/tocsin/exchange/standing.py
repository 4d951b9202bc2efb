"""What stood on an entry that its list has taken back or corrected since: for people to look at again.

Nothing changes by itself: a match stays what it was when it was made, and a decision is a person's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StandsOn:
    """A match on an entry that is withdrawn now."""

    id: int
    """Of the match."""
    submission: str
    cases: tuple[tuple[int, bool], ...]
    """The cases that the submission is in, and whether each is decided."""
    bank: str
    entry: int
    found: datetime
    withdrawn: datetime
    reason: str
    superseded_by: int | None
    """The entry that a correction put in its place."""
    still_matches: bool
    """The submission matches that one too."""


class Standing(Protocol):
    """Finds them."""

    def of_bank(self, bank: str, *, before: int | None = None, limit: int = 100) -> Sequence[StandsOn]:
        """Those of a bank with a number below `before`, newest first."""
        ...

    def of_case(self, case: int, *, limit: int = 100) -> Sequence[StandsOn]:
        """Those of a case's submissions, newest first."""
        ...

    def counts(self, bank: str) -> tuple[int, int]:
        """How many cases have one of a bank: open ones, decided ones."""
        ...

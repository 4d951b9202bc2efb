"""What filing needs from the place where holds are kept; `tocsin.storage.holds` implements it.

Every method takes part in the caller's transaction, if there is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tocsin.filing.holding import End, Hold, HoldChange
from tocsin.law.duties import Occasion


@dataclass(frozen=True, slots=True)
class NewHold:
    """A hold on its way in; see `Hold`."""

    occasion: Occasion
    filing: int | None
    case: int | None
    is_test: bool
    created: datetime
    author: str
    reason: str
    contents: tuple[bytes, ...]
    ends: tuple[End, ...]


class HoldRecords(Protocol):
    """Where holds are kept. None is ever deleted."""

    def add(self, new: NewHold) -> Hold:
        """Keep a new one. What it holds need not have been submitted here."""
        ...

    def hold(self, number: int) -> Hold:
        """The hold of that number. Raises UnknownHoldError."""
        ...

    def began(self, filing: int, trigger: str, time: datetime) -> Hold | None:
        """The hold that an event of a filing began, if it did."""
        ...

    def change(self, number: int, change: HoldChange, renewals: int, ends: Sequence[End]) -> Hold:
        """Note what was done with it, how often it has been renewed, and its ends from now on."""
        ...

    def of_case(self, case: int) -> Sequence[Hold]:
        """All of a case, oldest first."""
        ...

    def of_filing(self, filing: int) -> Sequence[Hold]:
        """All of a filing, oldest first."""
        ...

    def of_content(self, sha256: bytes) -> Sequence[Hold]:
        """All that hold a content, oldest first."""
        ...

    def page(self, *, after: int = 0, limit: int = 50, unreleased: bool = False) -> Sequence[Hold]:
        """Holds by number, from the first beyond `after`."""
        ...

    def ending(self, before: datetime, limit: int = 50) -> Sequence[Hold]:
        """Unreleased holds whose hold on content ends before then, the earliest first."""
        ...

    def unclear(self, limit: int = 50) -> Sequence[Hold]:
        """Unreleased holds of which no rule says until when content is kept."""
        ...

    def vouched(self, number: int) -> bytes:
        """A hold with all that was done with it, in bytes for the ledger to vouch for."""
        ...

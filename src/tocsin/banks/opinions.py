"""Opinions: what people say of an entry, beside it and never instead of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Verdict(StrEnum):
    """What somebody says of an entry."""

    CONFIRM = "confirm"
    """It is what its list says."""
    DISPUTE = "dispute"
    """It is not, or does not belong there. Nothing changes by that: withdrawing is a decision of its own."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """One person's or program's opinion of an entry."""

    id: int
    entry: int
    time: datetime
    author: str
    """`Principal.id`."""
    verdict: Verdict
    reason: str


class Opinions(Protocol):
    """Where opinions are kept. Every method takes part in the caller's transaction, if there is one."""

    def give(self, entry_id: int, author: str, verdict: Verdict, reason: str) -> Opinion:
        """Add an opinion. Raises UnknownEntryError, InvalidTextError."""
        ...

    def of(self, entry_id: int, *, after: int = 0, limit: int = 100) -> Sequence[Opinion]:
        """Opinions of an entry with a number above `after`, oldest first. Raises UnknownEntryError."""
        ...

"""What destroying content needs from where things are kept; `tocsin.storage.destructions` implements it.

Every method takes part in the caller's transaction, if there is one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from tocsin.filing.holding import Destruction, DestructionState


class Destructions(Protocol):
    """Where it is kept what was to be destroyed, and what was. None is ever deleted."""

    def add(self, sha256: bytes, request: str, reason: str, now: datetime, by: str) -> Destruction:
        """Keep that somebody asks for it. Raises UnsuitableDestructionError where somebody has already."""
        ...

    def destruction(self, number: int) -> Destruction:
        """The one of that number. Raises UnknownDestructionError."""
        ...

    def confirm(self, number: int, now: datetime, by: str) -> Destruction:
        """Somebody confirms it."""
        ...

    def end(self, number: int, state: DestructionState, now: datetime, by: str, why: str) -> Destruction:
        """It is over."""
        ...

    def of_content(self, sha256: bytes) -> Sequence[Destruction]:
        """All about a content, oldest first."""
        ...

    def page(self, *, before: int | None = None, limit: int = 50) -> Sequence[Destruction]:
        """The newest first."""
        ...

    def cases(self, sha256: bytes) -> Sequence[tuple[int, bool]]:
        """The cases that a content is in, and whether each is decided."""
        ...

    def unmatched(self, sha256: bytes) -> bool:
        """Whether a submission of it has yet to be examined and matched."""
        ...

    def submitted(self, sha256: bytes) -> bool:
        """Whether anybody ever submitted it."""
        ...

    def vouched(self, number: int) -> bytes:
        """One, in bytes for the ledger to vouch for."""
        ...

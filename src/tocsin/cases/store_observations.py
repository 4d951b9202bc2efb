"""What observing needs from where observations live; `tocsin.storage.observations` implements it."""

from collections.abc import Sequence
from typing import Protocol

from tocsin.cases.model import Observation, Observed
from tocsin.law.facts import Facts


class Observations(Protocol):
    """Where observations are kept: added, never changed. Methods take part in the caller's transaction."""

    def add(self, observed: Observed, case: int, sha256: bytes, author: str, claim: int) -> Observation:
        """Add one about a content that was submitted. Raises InvalidTextError, UnknownSubmissionError."""
        ...

    def of_content(self, sha256: bytes) -> Sequence[Observation]:
        """All of a content, oldest first."""
        ...

    def of_case(self, number: int) -> Sequence[Observation]:
        """All that were recorded in a case, oldest first."""
        ...

    def current(self, sha256: bytes) -> Sequence[Observation]:
        """The newest of a content about each thing, whoever recorded it, in the order of recording."""
        ...

    def facts(self, sha256: bytes) -> Facts:
        """What is held of a content at present."""
        ...

    def vouched(self, number: int) -> bytes:
        """An observation, in bytes for the ledger to vouch for."""
        ...

    def open_cases(self, sha256: bytes) -> Sequence[int]:
        """The numbers of the undecided cases that hold a content."""
        ...

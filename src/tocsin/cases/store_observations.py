"""What observing needs from the place where observations and cases live; `tocsin.storage` implements it."""

from collections.abc import Sequence
from typing import Protocol

from tocsin.cases.model import Case, Observation, Observed


class HeldCases(Protocol):
    """Cases, as those see them who act on one. Every method takes part in the caller's transaction."""

    def demand_held(self, person: str, number: int, claim: int) -> Case:
        """The case, if this person holds it by this claim; that renews the lease.

        Raises UnknownCaseError, NotHeldError.
        """
        ...

    def contents(self, number: int) -> Sequence[bytes]:
        """The SHA-256 of each content of a case."""
        ...

    def restand(self, number: int) -> Case:
        """Work out anew where a case stands in the queue; as it is then."""
        ...


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

    def open_cases(self, sha256: bytes) -> Sequence[int]:
        """The numbers of the undecided cases that hold a content."""
        ...

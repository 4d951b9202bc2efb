"""The validation rules that the documentation states beside the schema."""

from collections.abc import Callable
from datetime import datetime

from tocsin.simulators.cybertip.documents import Document
from tocsin.simulators.cybertip.truth import Report


class Rules:
    """Each check raises RefusedError."""

    def __init__(self, clock: Callable[[], datetime], prior: Callable[[int], bool]) -> None:
        """`prior` tells whether a number is that of a report that may be named as a prior one."""
        self._clock = clock
        self._prior = prior

    def check_report(self, document: Document) -> None:
        """A report that is to be opened."""

    def check_details(self, document: Document) -> None:
        """A file's details."""

    def check_finish(self, report: Report) -> None:
        """A report that is to be finished."""

"""One request to an authority's service, and what came back: what `tocsin.outgoing.cybertip` implements."""

from dataclasses import dataclass
from typing import BinaryIO, Protocol

from tocsin.errors import Error


class NoAnswerError(Error):
    """The authority gave no answer that could be read to its end."""

    code = "filing.no_answer"
    advice = "See whether the authority can be reached from here. A filing tries again by itself."

    sent: bool = True
    """Whether the request may have reached it. False: certainly not, the connection was never made."""
    status: int = 0
    """Of HTTP, where that much came."""
    part: bytes = b""
    """What came of an answer that broke off."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came. What it means is `tocsin.filing.cybertip.answers`' to say."""

    status: int
    body: bytes
    request_id: str = ""


class Transport(Protocol):
    """The calls of the CyberTipline's API (documentation of 2025-06-11), in one environment with one account.

    Each raises NoAnswerError. None tries again by itself.
    """

    def status(self) -> Answer:
        """Whether the service is there and knows us."""
        ...

    def schema(self) -> Answer:
        """The XSD as the authority has it now."""
        ...

    def submit(self, report: bytes) -> Answer:
        """Open a report with this XML."""
        ...

    def upload(self, report_id: str, name: str, file: BinaryIO, size: int) -> Answer:
        """Add a file to an open report, streamed."""
        ...

    def fileinfo(self, details: bytes) -> Answer:
        """Say what there is to say about a file, in XML."""
        ...

    def finish(self, report_id: str) -> Answer:
        """Finish an open report."""
        ...

    def retract(self, report_id: str) -> Answer:
        """Give up an open report."""
        ...

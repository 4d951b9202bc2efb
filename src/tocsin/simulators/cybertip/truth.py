"""What really is at the simulated authority, and what really came and left: for a test to compare with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tocsin.simulators.cybertip.faults import Fault, Step


class State(StrEnum):
    """Where a report is."""

    OPEN = "open"
    FINISHED = "finished"
    RETRACTED = "retracted"
    EXPIRED = "expired"
    """Deleted by the authority: nobody finished it in time."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of a report, as the authority received it. Its bytes are not kept."""

    id: str
    name: str
    """As the upload called it."""
    size: int
    md5: str
    """Hexadecimal; of the damaged bytes, where the simulator damaged them."""
    sha256: str
    uploaded_at: datetime
    details: tuple[bytes, ...] = ()
    """Each `fileDetails` that was taken for it, as it came."""


@dataclass(frozen=True, slots=True)
class Report:
    """A report, as the authority has it."""

    number: int
    account: str
    """Who opened it."""
    state: State
    xml: bytes
    """As it came."""
    opened_at: datetime
    modified_at: datetime
    """When a file or a file's details came last; else when it was opened."""
    deadline: datetime
    """Unfinished, it is deleted then."""
    ended_at: datetime | None = None
    """When it was finished, retracted or deleted."""
    files: tuple[File, ...] = ()
    exchanges: tuple["Exchange", ...] = ()
    """Every request that named it, or opened it, in order."""

    @property
    def retract_attempts(self) -> int:
        """How many requests to retract it came, whatever became of them."""
        return sum(one.step is Step.RETRACT for one in self.exchanges)

    @property
    def undetailed(self) -> tuple[File, ...]:
        """The files that nobody said anything about."""
        return tuple(one for one in self.files if not one.details)


@dataclass(slots=True)
class Exchange:
    """One request, and what became of it. It changes until its answer has left."""

    number: int
    """Of all requests, from 1."""
    at: datetime
    step: Step
    account: str
    """Whose name it came with, proved or not."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case; without the credentials."""
    request: bytes = b""
    """The XML that came; empty for a form."""
    report: int | None = None
    """The report it named or opened."""
    file_id: str = ""
    """The file it named or made."""
    fault: Fault | None = None
    committed: bool = False
    """Whether the authority did what was asked for."""
    code: int | None = None
    """What it would have answered, or did."""
    status: int | None = None
    """Of the answer of which at least a part left."""
    left: bytes = b""
    """The body that left, or what of it left. Whether it arrived only the other side knows."""
    whole: bool = False
    """Whether all of the answer left, and the other side was still there."""
    request_id: str = ""
    ended_at: datetime | None = None

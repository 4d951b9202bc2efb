"""A draft: the report as it would be sent, and where each part of it comes from."""

from dataclasses import dataclass
from enum import StrEnum

from tocsin.filing.cybertip.files import FileDetails
from tocsin.filing.cybertip.report import Report


class Source(StrEnum):
    """What a field of a draft was taken from."""

    SUBMISSION = "submission"
    CONTENT = "content"
    """What examining the file gave."""
    MATCH = "match"
    OBSERVATION = "observation"
    DECISION = "decision"
    VIEWING = "viewing"
    """The log of looks at originals."""
    FILING = "filing"
    """An earlier filing."""
    SETTINGS = "settings"
    NODE = "node"
    """Worked out here."""
    PERSON = "person"
    """Somebody wrote it into the draft."""


@dataclass(frozen=True, slots=True)
class Sourced:
    """Where one field comes from."""

    field: str
    """Its path, as in `report/incidentSummary/incidentType` or `file[2]/originalFileName`; a path speaks of
    everything below it that has no source of its own."""
    source: Source
    which: str = ""
    """Which one, as in `submission:01J...`, `observation:17`, `filing.company`, `person:anna`."""


@dataclass(frozen=True, slots=True)
class DraftFile:
    """A file that is to be uploaded."""

    place: int
    """Among the files of the draft, from 1."""
    sha256: bytes
    size: int
    details: FileDetails
    """Without the numbers that only the authority can give."""
    include: bool = True
    """False: a person left it out, or has not put in what was recorded as benign (`sources` say which)."""


@dataclass(frozen=True, slots=True)
class Draft:
    """All that would be sent."""

    report: Report
    files: tuple[DraftFile, ...] = ()
    sources: tuple[Sourced, ...] = ()
    left_out: tuple[str, ...] = ()
    """What was too much for it, or could not be said, in sentences for whoever reads the draft."""

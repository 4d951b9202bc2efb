"""What is to be done next for a filing that is being sent: it follows from what is on record alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tocsin.filing.draft import DraftFile
from tocsin.filing.model import FiledFile, Filing, OpenedReport, State
from tocsin.filing.store_filings import Course

SUBMIT: Final = "submit"
UPLOAD: Final = "upload"
FILEINFO: Final = "fileinfo"
FINISH: Final = "finish"
RETRACT: Final = "retract"
ADDING: Final = frozenset({UPLOAD, FILEINFO})
"""Steps that cannot be repeated: a file would be there twice, or could not be described any more."""

_PEOPLE: Final = 2
"""Who confirm what goes to production."""


@dataclass(frozen=True, slots=True)
class Situation:
    """All that the next move depends on."""

    filing: Filing
    course: Course
    open: OpenedReport | None
    """The report that is open."""
    files: Sequence[DraftFile]
    """What is to be uploaded."""
    filed: Mapping[int, FiledFile]
    """What was, by its place."""
    lost: int
    """How many reports were given up since a person last had it sent."""
    most: int
    """How many may be, before a person is told."""


@dataclass(frozen=True, slots=True)
class Request:
    """A call to be made."""

    step: str
    report: OpenedReport | None = None
    file: DraftFile | None = None
    file_id: str = ""

    @property
    def report_id(self) -> str:
        """As the authority numbers it; empty for a report that is to be opened."""
        return self.report.report_id if self.report else ""

    @property
    def place(self) -> int:
        """Of the file; else 0."""
        return self.file.place if self.file else 0


@dataclass(frozen=True, slots=True)
class Ending:
    """Nothing more is to be done: it becomes this."""

    state: State
    because: str


def next_move(now: Situation) -> Request | Ending | None:
    """The next move; None for a filing that is not being sent."""
    if now.filing.state not in {State.CONFIRMED, State.OPENED}:
        return None
    intent, because = now.course.intent, now.course.because
    if intent is None and not now.filing.is_test and len(set(now.filing.confirmed_by)) < _PEOPLE:
        # `Outbox.confirm` sees to it. This is for a row that was changed by hand: a test must not go there.
        intent, because = State.STOPPED, "it is for production, and two people have not confirmed it"
    if now.open is not None:
        giving_up = intent is not None or now.open.spoiled
        return Request(RETRACT, now.open) if giving_up else _onwards(now, now.open)
    if intent is not None:
        return Ending(intent, because)
    if now.lost > now.most:
        return Ending(State.STOPPED, f"{now.lost} reports were opened and had to be given up; see the calls")
    return Request(SUBMIT)


def _onwards(now: Situation, report: OpenedReport) -> Request:
    """What an open report lacks."""
    for file in now.files:
        filed = now.filed.get(file.place)
        if filed is None:
            return Request(UPLOAD, report, file)
        if not filed.detailed:
            return Request(FILEINFO, report, file, filed.file_id)
    return Request(FINISH, report)

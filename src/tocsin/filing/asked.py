"""What authorities have asked for about a case, and whether it was done: events from which duties follow.

Of several questions the oldest that nobody has answered counts; only where all are answered do the answers.
The same holds for contents that law enforcement wants destroyed.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from tocsin.filing.holding import Destruction, DestructionState
from tocsin.filing.nca.store_register import RegisterStore, WantedEntries
from tocsin.filing.record import CaseRecord
from tocsin.filing.store_destructions import Destructions
from tocsin.law.owing import Happened

QUESTION: Final = "uk.nca_question"
ANSWERED: Final = "uk.nca_answered"
DESTRUCTION_REQUESTED: Final = "us.destruction_requested"
DESTROYED: Final = "us.content_destroyed"
_PAGE: Final = 100


def questions(register: RegisterStore, case: int, on: datetime) -> tuple[Happened, ...]:
    """What the National Crime Agency had asked about a case by then, and whether it was answered.

    Entries of exercises do not count.
    """
    asked = [
        (one.asked, one.answered)
        for entry in _entries(register, case)
        for one in register.questions(entry)
        if one.asked <= on
    ]
    return _told(asked, on, QUESTION, ANSWERED)


def destructions(records: Destructions, record: CaseRecord, on: datetime) -> tuple[Happened, ...]:
    """What law enforcement wanted destroyed of a case by then, and whether it was.

    A wish that was taken back does not count; one that something stood against still does.
    """
    asked = [_destruction(records.of_content(one.sha256), on) for one in record.contents]
    return _told([one for one in asked if one is not None], on, DESTRUCTION_REQUESTED, DESTROYED)


def _entries(register: RegisterStore, case: int) -> Iterator[int]:
    before = None
    while True:
        page = register.page(WantedEntries(case=case), before=before, limit=_PAGE)
        yield from (one.number for one in page if not one.test)
        if len(page) < _PAGE:
            return
        before = page[-1].number


def _destruction(found: Iterable[Destruction], on: datetime) -> tuple[datetime, datetime | None] | None:
    """When a content was first asked for by law enforcement, and when it was destroyed."""
    counting = [one for one in found if one.asked <= on and one.state is not DestructionState.WITHDRAWN]
    requested = min((one.asked for one in counting if one.request), default=None)
    gone = [one.ended for one in counting if one.state is DestructionState.DESTROYED and one.ended]
    return None if requested is None else (requested, max(gone, default=None))


def _told(
    asked: Iterable[tuple[datetime, datetime | None]], on: datetime, wish: str, done: str
) -> tuple[Happened, ...]:
    found = sorted(asked, key=lambda one: one[0])
    waiting = [since for since, end in found if end is None or end > on]
    if waiting:
        return (Happened(wish, waiting[0]),)
    if not found:
        return ()
    return Happened(wish, found[-1][0]), Happened(done, max(end for _, end in found if end is not None))

"""What is owed whom for a case: every duty of the rule packs, by when, and what has met it already."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from tocsin.access.model import Permission
from tocsin.filing.nca.store_register import WantedEntries
from tocsin.law.owing import Happened, State
from tocsin.web.console import duty_words as words
from tocsin.web.console.pages import Pages
from tocsin.web.console.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Iterator

pages = Pages()
SEE: Final = (Permission.READ_CASES, Permission.READ_FILINGS)
QUESTION: Final = "uk.nca_question"
ORDER: Final = (State.OWED, State.UNDETERMINED, State.SATISFIED, State.NOT_APPLICABLE)
_ENTRIES: Final = 200
"""Entries of one case in the register that are looked through."""


@pages.page("/cases/{number}/duties", needs=SEE)
def duties_page(visit: Visit) -> Response:
    """The duties of a case, what is owed first."""
    reporting, now = visit.node.reporting, datetime.now(UTC)
    record = reporting.gathering.record(visit.number("number"))
    number = record.case.number
    receipts = reporting.filings.receipts_of_case([number])
    owed = reporting.duties.of(record, receipts, now, events=_questions(visit, number))
    groups = [(state, words.STATES[state], [one for one in owed if one.state is state]) for state in ORDER]
    return visit.page("duties.html", words=words, number=number, groups=groups, now=now)


def _questions(visit: Visit, case: int) -> "Iterator[Happened]":
    """What the NCA asked about the case, and nobody has answered."""
    register = visit.node.reporting.register
    for entry in register.page(visit.person, WantedEntries(case=case), limit=_ENTRIES):
        for one in register.questions(visit.person, entry.number):
            if one.answered is None:
                yield Happened(QUESTION, one.asked, is_test=entry.test)

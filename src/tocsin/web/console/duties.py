"""What is owed whom for a case: every duty of the rule packs, by when, and what has met it already."""

from datetime import UTC, datetime
from typing import Final

from starlette.responses import Response

from tocsin.access.model import Permission
from tocsin.law.owing import State
from tocsin.web.console import duty_words as words
from tocsin.web.console.pages import Pages
from tocsin.web.console.visit import Visit

pages = Pages()
SEE: Final = (Permission.READ_CASES, Permission.READ_FILINGS)
ORDER: Final = (State.OWED, State.UNDETERMINED, State.SATISFIED, State.NOT_APPLICABLE)


@pages.page("/cases/{number}/duties", needs=SEE)
def duties_page(visit: Visit) -> Response:
    """The duties of a case, what is owed first."""
    number, now = visit.number("number"), datetime.now(UTC)
    owed = visit.node.reporting.owed(number, now)
    groups = [(state, words.STATES[state], [one for one in owed if one.state is state]) for state in ORDER]
    return visit.page("duties.html", words=words, number=number, groups=groups, now=now)

"""Filings: what is to be drafted, where each of them stands, and what happened to it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from tocsin.access.model import Permission
from tocsin.errors import Error
from tocsin.filing.errors import NotToBeReportedError
from tocsin.filing.model import Kind, State, Subject
from tocsin.filing.store_filings import WantedFilings
from tocsin.web.console import filing_words as words
from tocsin.web.console.asking import PAGE, again, exact, page_after
from tocsin.web.console.filing_timeline import history
from tocsin.web.console.pages import Pages
from tocsin.web.console.visit import Visit, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.filing.model import Filing

pages = Pages()
SEE: Final = Permission.READ_FILINGS
ACT: Final = (Permission.READ_FILINGS, Permission.FILE)
MOST: Final = 100
"""Decided cases that wait for a draft and are listed."""
_LINE_END: Final = re.compile("\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Group:
    """One way to narrow the list down."""

    name: str
    words: str
    count: int


@pages.page("/filings", needs=SEE)
def filings_page(visit: Visit) -> Response:
    """What is to be drafted, and the filings there are."""
    return visit.page("filings.html", **_list(visit), refused=None)


@pages.action("/filings/draft", needs=ACT)
def draft(visit: Visit) -> Response:
    """Draft a filing of a decided case about one of its accounts."""
    case, follows = whole(visit.field("case")) or 0, whole(visit.field("follows"))
    try:
        who = subject_of(visit, case)
        made = visit.node.reporting.drafting.draft(
            visit.person, case, who.account, _kind(visit.field("kind")), follows, platform=who.platform
        )
    except Error as error:
        return again(visit, error, "filings.html", **_list(visit))
    return visit.go(f"/filings/{made.number}", said="drafted")


@pages.page("/filings/{number}", needs=SEE)
def filing_page(visit: Visit) -> Response:
    """Where a filing stands, what is to be done next, and what happened to it."""
    return visit.page("filing.html", **filing_values(visit), refused=None)


def subject_of(visit: Visit, case: int) -> Subject:
    """The account of a case that a form names, and its platform. Raises UnknownCaseError.

    Whatever ends a line in their names, a form has two signs for it (HTML, "constructing the entry list").
    """
    given = Subject(exact(visit, "platform"), exact(visit, "account"))
    if "\n" not in given.platform + given.account:
        return given
    subjects = visit.node.reporting.gathering.record(case).subjects
    return Subject(
        _meant(given.platform, [one.platform for one in subjects]),
        _meant(given.account, [one.account for one in subjects]),
    )


def _meant(given: str, names: "Sequence[str]") -> str:
    return next((one for one in names if _LINE_END.sub("\r\n", one) == given), given)


def filing_values(visit: Visit) -> dict[str, object]:
    """What the page of a filing shows. Raises UnknownFilingError."""
    reporting = visit.node.reporting
    filing = reporting.filings.filing(visit.number("number"))
    steps, older = history(visit.node, filing.number)
    timeline = reporting.outbox.timeline(filing.number)
    return {
        "words": words,
        "filing": filing,
        "path": f"/filings/{filing.number}",
        "timeline": timeline,
        "reports": list(reversed(timeline.reports)),
        "receipt": timeline.receipt,
        "holds": reporting.holds.of_filing(filing.number),
        "steps": steps,
        "older": older,
        "now": datetime.now(UTC),
    }


def _list(visit: Visit) -> dict[str, object]:
    filings, drafting = visit.node.reporting.filings, visit.node.reporting.drafting
    group, case, before = visit.asked("group"), whole(visit.asked("case")), page_after(visit)
    states = words.GROUPS[group][1] if group in words.GROUPS else frozenset[State]()
    found = filings.page(WantedFilings(states=states, case=case), before=before or None, limit=PAGE)
    waiting = [] if group or before else list(drafting.to_draft())
    return {
        "words": words,
        "groups": _groups(filings.counts()),
        "group": group if group in words.GROUPS else "",
        "case": case,
        "filings": found,
        "waiting": waiting[:MOST],
        "more": max(0, len(waiting) - MOST),
        "first": before == 0,
        "following": _following(found),
    }


def _following(found: "Sequence[Filing]") -> int | str:
    return found[-1].number if len(found) == PAGE else ""


def _groups(counts: dict[State, int]) -> list[Group]:
    return [
        Group(name, said, sum(counts.get(state, 0) for state in states))
        for name, (said, states) in words.GROUPS.items()
    ]


def _kind(given: str) -> Kind:
    """The kind that a form names. Raises NotToBeReportedError."""
    try:
        return Kind(given or Kind.REPORT)
    except ValueError as error:
        message = "choose what kind of report it is"
        raise NotToBeReportedError(message) from error

"""Confirming a filing, and giving one up: what cannot be taken back is asked for on a page of its own."""

from collections.abc import Callable
from typing import Final

from starlette.responses import Response

from tocsin.errors import Error
from tocsin.filing.errors import UnsuitableFilingError
from tocsin.filing.model import State
from tocsin.web.console.asking import again, text
from tocsin.web.console.filing_draft import draft_values, revision_of
from tocsin.web.console.filings import ACT, filing_values
from tocsin.web.console.pages import Pages
from tocsin.web.console.visit import Visit

pages = Pages()
NEEDED: Final = 2
"""People who confirm what goes to production."""


@pages.page("/filings/{number}/confirm", needs=ACT)
def confirm_page(visit: Visit) -> Response:
    """What is missing, what would be sent, and the form that confirms it."""
    filing = visit.node.reporting.filings.filing(visit.number("number"))
    if filing.state is not State.CHECKED:
        raise UnsuitableFilingError
    return visit.page("filing_confirm.html", **_confirming(visit), refused=None, unticked=False)


@pages.action("/filings/{number}/confirm", needs=ACT)
def confirm(visit: Visit) -> Response:
    """Confirm the revision that was shown."""
    number, reporting = visit.number("number"), visit.node.reporting
    if not visit.field("read"):
        return visit.page("filing_confirm.html", 422, **_confirming(visit), refused=None, unticked=True)
    try:
        reporting.outbox.confirm(visit.person, number, revision_of(visit))
    except Error as error:
        return again(visit, error, "filing_confirm.html", **_confirming(visit), unticked=False)
    now = reporting.filings.filing(number)
    said = "half-confirmed" if now.state is State.CHECKED else "to-be-sent"
    return visit.go(f"/filings/{number}", said=said)


@pages.action("/filings/{number}/discard", needs=ACT)
def discard(visit: Visit) -> Response:
    """Give up a draft."""
    return _doing(visit, visit.node.reporting.outbox.discard, "discarded")


@pages.action("/filings/{number}/retry", needs=ACT)
def retry(visit: Visit) -> Response:
    """Have a filing that stopped go on."""
    return _doing(visit, visit.node.reporting.outbox.retry, "to-be-sent")


@pages.action("/filings/{number}/retract", needs=ACT)
def retract(visit: Visit) -> Response:
    """Give up a filing that was confirmed, before it is finished."""
    reason = text(visit, "reason")
    return _doing(
        visit, lambda person, number: visit.node.reporting.outbox.retract(person, number, reason), "given-up"
    )


def _doing(visit: Visit, what: Callable[..., object], said: str) -> Response:
    number = visit.number("number")
    try:
        what(visit.person, number)
    except Error as error:
        return again(visit, error, "filing.html", **filing_values(visit))
    return visit.go(f"/filings/{number}", said=said)


def _confirming(visit: Visit) -> dict[str, object]:
    reporting = visit.node.reporting
    filing = reporting.filings.filing(visit.number("number"))
    return {
        **draft_values(visit),
        "mine": visit.person.id in filing.confirmed_by,
        "needed": 1 if filing.is_test else NEEDED,
        "preview": reporting.drafting.preview(filing.number),
    }

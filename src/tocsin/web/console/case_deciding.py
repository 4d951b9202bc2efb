"""Deciding a case, confirming what somebody proposed or disagreeing, undoing, opening it again."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from starlette.responses import Response

from tocsin.access.model import Permission
from tocsin.cases.errors import (
    HoldingError,
    InvalidObservationError,
    TakenError,
    UnknownDecisionError,
    UnsuitableError,
)
from tocsin.cases.model import EntryOpinion, Outcome, Proposal, Publication, Standpoint
from tocsin.errors import Error
from tocsin.web.console.case import show, where
from tocsin.web.console.case_actions import acting, claim_of
from tocsin.web.console.pages import Pages
from tocsin.web.console.visit import Visit, whole

pages = Pages()
PUBLISH: Final = "publish-"
OPINION: Final = "opinion-"
FALSE: Final = "false-"
_SAID: Final = {Standpoint.PROPOSED: "proposed", Standpoint.IN_FORCE: "decided"}


@pages.action("/cases/{number}/decision", needs=Permission.REVIEW)
def decide(visit: Visit) -> Response:
    """Decide: at once, or for a second person to confirm. Sent twice, the form decides once."""
    number, deciding = visit.number("number"), visit.node.review.deciding
    try:
        decision = deciding.decide(
            visit.person,
            number,
            claim_of(visit),
            proposal_of(visit),
            visit.field("key"),
        )
    except Error as error:
        return show(visit, number, error)
    said = _SAID.get(decision.standpoint, "")  # sent again later, it may have been undone since
    return visit.go(f"/cases/{number}", said=said, **where(visit))


@pages.action("/cases/{number}/confirm", needs=Permission.REVIEW)
def confirm(visit: Visit) -> Response:
    """Confirm what somebody else proposed."""
    deciding = visit.node.review.deciding
    return acting(
        visit,
        lambda number: deciding.confirm(visit.person, number, claim_of(visit), visit.field("note")),
        "confirmed",
    )


@pages.action("/cases/{number}/disagree", needs=Permission.REVIEW)
def disagree(visit: Visit) -> Response:
    """Disagree with what somebody else proposed."""
    deciding = visit.node.review.deciding
    return acting(
        visit,
        lambda number: deciding.disagree(visit.person, number, claim_of(visit), visit.field("note")),
        "disagreed",
    )


@pages.action("/cases/{number}/undo", needs=Permission.REVIEW)
def undo(visit: Visit) -> Response:
    """Take a decision back; the case is the person's again, unless they hold another one by now."""
    decision = whole(visit.field("decision")) or 0

    def take_back(number: int) -> None:
        if visit.node.review.deciding.decision(decision).case != number:
            raise UnknownDecisionError
        visit.node.review.deciding.undo(visit.person, decision)
        _claim_if_free(visit, number)

    return acting(visit, take_back, "undone")


@pages.action("/cases/{number}/take-back", needs=Permission.READ_CASES)
def take_back(visit: Visit) -> Response:
    """Have no second reviewer asked: whoever asked for one has the case again, if they hold no other."""
    deciding = visit.node.review.deciding

    def have_back(number: int) -> None:
        if deciding.take_back(visit.person, number).reserved_for:
            _claim_if_free(visit, number)

    return acting(visit, have_back, "second-taken-back")


@pages.action("/cases/{number}/reopen", needs=Permission.READ_CASES)
def reopen(visit: Visit) -> Response:
    """Have a decided case wait again, for a reason."""
    deciding = visit.node.review.deciding
    return acting(
        visit, lambda number: deciding.reopen(visit.person, number, visit.field("reason")), "reopened"
    )


def _claim_if_free(visit: Visit, number: int) -> None:
    """Have the case again, unless it or the person is not free: it waits then."""
    with suppress(HoldingError, TakenError, UnsuitableError):
        visit.node.review.queue.claim(visit.person, number)


def proposal_of(visit: Visit) -> Proposal:
    """The decision that the form says. Raises InvalidObservationError."""
    try:
        outcome = Outcome(visit.field("outcome"))
        return Proposal(
            outcome=outcome,
            note=visit.field("note"),
            publish=tuple(
                Publication(bytes.fromhex(sha256), bank) for sha256, bank in _chosen(visit, PUBLISH)
            ),
            opinions=tuple(
                EntryOpinion(int(entry), said == "confirm", visit.field(f"reason-{entry}"))
                for entry, said in _chosen(visit, OPINION)
            ),
            false_matches=tuple(int(entry) for entry, _ in _chosen(visit, FALSE)),
            unseen=bool(visit.field("unseen")),
        )
    except ValueError as error:
        message = "choose an outcome"
        raise InvalidObservationError(message) from error


def _chosen(visit: Visit, prefix: str) -> Iterator[tuple[str, str]]:
    """What was chosen in fields whose names begin like that, by the rest of the name."""
    for name in visit.form:
        if name.startswith(prefix) and (value := visit.field(name)):
            yield name.removeprefix(prefix), value

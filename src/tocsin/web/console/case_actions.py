"""What is done with a case as a whole: claim it, give it back, hand it over, ask for a second reviewer."""

from collections.abc import Callable

from starlette.responses import JSONResponse, Response

from tocsin.access.model import Permission
from tocsin.cases.errors import HoldingError, LimitReachedError
from tocsin.cases.model import MAIN
from tocsin.errors import Error
from tocsin.web.console.asking import digest_of, person_named
from tocsin.web.console.case import show, where
from tocsin.web.console.pages import Pages
from tocsin.web.console.visit import Visit, whole
from tocsin.web.problems import problem_of

pages = Pages()


@pages.action("/cases/next", needs=Permission.REVIEW)
def next_case(visit: Visit) -> Response:
    """Claim the most urgent case that there is for the person; who holds one is led to it."""
    try:
        case = visit.node.review.queue.next(visit.person, visit.field("queue") or MAIN)
    except HoldingError as error:
        return visit.go(f"/cases/{error.number}")
    return (
        visit.go("/queue", said="none") if case is None else visit.go(f"/cases/{case.number}", said="claimed")
    )


@pages.action("/cases/{number}/claim", needs=Permission.REVIEW)
def claim(visit: Visit) -> Response:
    """Claim this case."""
    return acting(visit, lambda number: visit.node.review.queue.claim(visit.person, number), "claimed")


@pages.action("/cases/{number}/renew", needs=Permission.REVIEW)
def renew(visit: Visit) -> Response:
    """Begin the lease anew; asked for by the page's script while somebody works on it.

    It names the content of which it shows pictures. Where a limit is reached by that, the answer says so.
    """
    number, claim = visit.number("number"), claim_of(visit)
    over = ""
    try:
        case = visit.node.review.queue.renew(visit.person, number, claim)
        if shown := visit.field("showing"):
            over = _over(visit, number, claim, shown)
    except Error as error:
        return problem_of(error)
    until = case.lease_until
    return JSONResponse({"until": None if until is None else until.isoformat(), "over": over})


def _over(visit: Visit, number: int, claim: int, shown: str) -> str:
    """Why what is shown has to go; empty as long as it may stay, which counts."""
    try:
        visit.node.review.viewing.keep_showing(visit.person, number, claim, digest_of(shown))
    except LimitReachedError as error:
        return visit.texts.gettext(error.advice)
    return ""


@pages.action("/cases/{number}/release", needs=Permission.REVIEW)
def release(visit: Visit) -> Response:
    """Let somebody else have it."""
    queue = visit.node.review.queue
    return acting(
        visit, lambda number: queue.release(visit.person, number, claim_of(visit)), "released", "/queue"
    )


@pages.action("/cases/{number}/skip", needs=Permission.REVIEW)
def skip(visit: Visit) -> Response:
    """Pass it on, without a reason."""
    queue = visit.node.review.queue
    return acting(
        visit, lambda number: queue.skip(visit.person, number, claim_of(visit)), "skipped", "/queue"
    )


@pages.action("/cases/{number}/hand-over", needs=Permission.READ_CASES)
def hand_over(visit: Visit) -> Response:
    """Give it to somebody: by its holder, or by who manages cases."""
    to = person_named(visit.field("to"))
    queue = visit.node.review.queue
    return acting(
        visit,
        lambda number: queue.hand_over(visit.person, number, _claim_or_none(visit), to, visit.field("note")),
        "handed-over",
        "/queue",
    )


@pages.action("/cases/{number}/move", needs=Permission.READ_CASES)
def move(visit: Visit) -> Response:
    """Put it into another queue: by its holder, or by who manages cases."""
    queue = visit.node.review.queue
    return acting(
        visit,
        lambda number: queue.move(visit.person, number, _claim_or_none(visit), visit.field("queue")),
        "moved",
        "/queue",
    )


@pages.action("/cases/{number}/second", needs=Permission.REVIEW)
def ask_second(visit: Visit) -> Response:
    """Have somebody else look at it."""
    queue = visit.node.review.queue
    return acting(
        visit,
        lambda number: queue.ask_second(visit.person, number, claim_of(visit), visit.field("note")),
        "second-asked",
    )


def acting(visit: Visit, do: Callable[[int], object], said: str, to: str = "") -> Response:
    """Do something with the case of the path and lead to its page, or to `to`.

    What cannot be done is said on the page of the case, with what was typed kept.
    """
    number = visit.number("number")
    try:
        do(number)
    except Error as error:
        return show(visit, number, error)
    return visit.go(to or f"/cases/{number}", said=said, **({} if to else where(visit)))


def claim_of(visit: Visit) -> int:
    """The claim that a form was made under; 0, which nobody has, where it names none."""
    return whole(visit.field("claim")) or 0


def _claim_or_none(visit: Visit) -> int | None:
    """The claim, or None for who acts without one: the form of a manager has no such field."""
    return claim_of(visit) if "claim" in visit.form else None

"""Pictures of a case: filtered previews, and looks at originals for which somebody holds a key.

Everything is checked and booked by `tocsin.cases.viewing` before a byte is sent. Nothing here is cached.
"""

import math

from starlette.responses import JSONResponse, Response

from tocsin.access.model import Permission
from tocsin.cases.errors import InvalidObservationError
from tocsin.errors import Error, UsageError
from tocsin.evidence.renditions import Region, Rendition
from tocsin.web.console.case import left_words, said_of, show
from tocsin.web.console.case_actions import acting, claim_of
from tocsin.web.console.case_observing import sha256_of
from tocsin.web.console.pages import Pages
from tocsin.web.console.visit import PREFIX, Visit, whole
from tocsin.web.pictures import look_sent, sent
from tocsin.web.problems import STATUS, problem, problem_of, refusal_of, retry_of

pages = Pages()


@pages.page(
    "/cases/{number}/contents/{sha256}/renditions/{rendition}",
    needs=Permission.REVIEW,
    waits=True,
    books=True,
)
def rendition(visit: Visit) -> Response:
    """A filtered preview."""
    try:
        picture = visit.node.review.viewing.rendition(
            visit.person,
            visit.number("number"),
            whole(visit.asked("claim")) or 0,
            sha256_of(visit),
            _rendition(visit),
            whole(visit.asked("still")) or 0,
            member=whole(visit.asked("member")) or 0,
        )
    except Error as error:
        return refused(visit, error)
    return sent(picture)


@pages.action("/cases/{number}/contents/{sha256}/again", needs=Permission.REVIEW, waits=True)
def show_again(visit: Visit) -> Response:
    """Show content that has been judged, for a reason that is recorded."""
    if not (reason := visit.field("reason")):
        error = InvalidObservationError("say why it is to be shown again")
        return show(visit, visit.number("number"), error)
    viewing = visit.node.review.viewing
    return acting(
        visit,
        lambda number: viewing.rendition(
            visit.person,
            number,
            claim_of(visit),
            sha256_of(visit),
            Rendition.BLUR,
            member=whole(visit.field("member")) or 0,
            despite=reason,
        ),
        "saved",
    )


@pages.action(
    "/cases/{number}/contents/{sha256}/reveal", needs=(Permission.REVIEW, Permission.REVEAL), waits=True
)
def reveal(visit: Visit) -> Response:
    """A look at an original, or a part of it, for some seconds: on record before it is sent."""
    number = visit.number("number")
    try:
        look = visit.node.review.viewing.reveal(
            visit.person,
            number,
            claim_of(visit),
            sha256_of(visit),
            _region(visit),
            max(1, whole(visit.field("seconds")) or 1),
            f"{PREFIX}/cases/{number}",
            whole(visit.field("still")) or 0,
            member=whole(visit.field("member")) or 0,
        )
    except Error as error:
        return refused(visit, error)
    return look_sent(look)


@pages.action("/reveals/{number}/ended", needs=Permission.REVEAL)
def ended(visit: Visit) -> Response:
    """The page says that a look ended, after so many seconds; the answer says what is left today."""
    viewing = visit.node.review.viewing
    try:
        seconds = float(visit.field("seconds"))
        seconds = seconds if math.isfinite(seconds) else -1.0
        viewing.ended(visit.person, visit.number("number"), seconds)
    except ValueError:
        return refused(visit, InvalidObservationError("seconds are a number"))
    except Error as error:
        return refused(visit, error)
    return JSONResponse({"left": left_words(visit.texts, viewing.allowance(visit.person))})


def refused(visit: Visit, error: Error) -> Response:
    """What a script is answered: a problem, with what to say to its reader as `said`."""
    if error.code not in STATUS:
        return problem_of(error)
    return problem(
        STATUS[error.code], refusal_of(error), retry_of(error), said=" ".join(said_of(visit, error))
    )


def _rendition(visit: Visit) -> Rendition:
    """Raises InvalidObservationError."""
    name = str(visit.request.path_params["rendition"])
    try:
        return Rendition(name)
    except ValueError as error:
        message = "there is no such rendition"
        raise InvalidObservationError(message) from error


def _region(visit: Visit) -> Region | None:
    """Left, top, width and height in fractions, as the form has them; None for the whole.

    Raises InvalidObservationError.
    """
    text = visit.field("region")
    if not text:
        return None
    try:
        left, top, width, height = (float(one) for one in text.split(","))
        return Region(left, top, width, height)
    except (ValueError, UsageError) as error:
        message = "a region is left, top, width and height in fractions of the picture"
        raise InvalidObservationError(message) from error

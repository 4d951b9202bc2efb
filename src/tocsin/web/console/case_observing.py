"""Recording an observation of a content."""

from typing import Final

from starlette.responses import Response

from tocsin.access.model import Permission
from tocsin.cases.errors import InvalidObservationError
from tocsin.cases.model import Basis, Observed
from tocsin.law.facts import AgeBand, Fact, Value
from tocsin.web.console.asking import digest_of
from tocsin.web.console.case_actions import acting, claim_of
from tocsin.web.console.case_observations import AGE
from tocsin.web.console.pages import Pages
from tocsin.web.console.visit import Visit

pages = Pages()
SEVERITY: Final = "severity"


@pages.action("/cases/{number}/contents/{sha256}/observations", needs=Permission.REVIEW)
def observe(visit: Visit) -> Response:
    """Record a fact, an age or a severity code of a content."""
    observing = visit.node.review.observing
    return acting(
        visit,
        lambda number: observing.record(
            visit.person, number, claim_of(visit), sha256_of(visit), _observed(visit)
        ),
        "saved",
    )


def sha256_of(visit: Visit) -> bytes:
    """The content of the path. Raises InvalidObservationError where it is none."""
    return digest_of(str(visit.request.path_params["sha256"]))


def _observed(visit: Visit) -> Observed:
    """What the form says. Raises InvalidObservationError."""
    about, note = visit.field("about"), visit.field("note")
    try:
        basis = Basis(visit.field("basis"))
        if about == AGE:
            return Observed(age=AgeBand(visit.field("age")), basis=basis, note=note)
        if about == SEVERITY:
            scheme, _, code = visit.field("graded").partition("|")
            code = code or visit.field("code")
            if not code and "code" in visit.form:  # nothing chosen; to take a code back has a form of its own
                message = "choose a code, or write it"
                raise InvalidObservationError(message)
            return Observed(scheme=scheme, code=code, basis=basis, note=note)
        return Observed(fact=Fact(about), value=Value(visit.field("value")), basis=basis, note=note)
    except ValueError as error:
        message = "choose what was observed, and what it rests on"
        raise InvalidObservationError(message) from error

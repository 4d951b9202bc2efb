"""What goes wrong, as pages: what it is, what to do, and how to go on from there."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from tocsin.access.errors import DeniedError, NotSignedInError
from tocsin.access.model import Principal
from tocsin.errors import Error, Refusal
from tocsin.web.callers import csrf_of, session_of
from tocsin.web.console.cookies import appearance_of
from tocsin.web.console.texts import marked as _
from tocsin.web.console.visit import NOBODY, PREFIX, Visit
from tocsin.web.errors import CrossSiteError
from tocsin.web.problems import OF_OPERATOR, STATUS, incident_of, refusal_of, retry_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from tocsin.node.node import Node


_SIMPLY: Final[Mapping[int, str]] = {
    400: _("The browser sent something that cannot be understood."),
    404: _("There is no such page."),
    405: _("That page cannot be asked like this."),
    408: _("What you sent did not arrive in time."),
    413: _("That is larger than this node takes."),
    415: _("That form is not of the kind this page takes."),
}
_GO_BACK: Final = _("Go back and try another way.")
_INCIDENT: Final = _("Something went wrong here.")
_TELL: Final = _(
    "Tell whoever runs this node the number of the incident. What you sent may not have been done."
)
_NOT_SIGNED_IN: Final = _("You are not signed in.")
_NOT_OURS: Final = _("That form is not of one of our pages, or of an earlier session.")
_LOAD_AGAIN: Final = _("Nothing was done. Load the page again, and send the form once more.")
_SIGN_IN: Final = _("Your session has ended. Nothing was recorded: sign in and try again.")


async def on_error(request: "Request", error: Exception) -> Response:
    """The answer to an error of ours."""
    if not isinstance(error, Error):
        raise error
    if isinstance(error, NotSignedInError):
        signing_in = _led(request, f"{PREFIX}/sign-in?next={quote(_wanted(request), safe='')}")
        return signing_in or _page(request, 401, Refusal(error.code, _NOT_SIGNED_IN, _SIGN_IN))
    if isinstance(error, CrossSiteError):
        return _page(request, STATUS[error.code], Refusal(error.code, _NOT_OURS, _LOAD_AGAIN))
    if isinstance(error, DeniedError) and _must_enrol(request):
        enrolling = _led(request, f"{PREFIX}/second-factor")
        if enrolling is not None:
            return enrolling
    status = STATUS.get(error.code)
    if status is None:
        return incident_page(request, error)
    response = _page(request, status, *words_of(error))
    response.headers.update(retry_of(error))
    return response


async def on_http(request: "Request", error: Exception) -> Response:
    """The answer where Starlette refuses."""
    if not isinstance(error, HTTPException):
        raise error
    sentence = _SIMPLY.get(error.status_code, _SIMPLY[400])
    response = _page(request, error.status_code, Refusal(f"web.{error.status_code}", sentence, _GO_BACK))
    response.headers.update(error.headers or {})
    return response


def incident_page(request: "Request", error: Exception) -> Response:
    """Nothing internal goes out; the log has it under the number that goes out."""
    number, _refusal = incident_of(error)
    return _page(request, 500, Refusal(number, _INCIDENT, _TELL))


def words_of(error: Error) -> tuple[Refusal, str]:
    """What is said of an error in general, which can be translated, and what is more precise, in English."""
    refusal = refusal_of(error)
    if error.code in OF_OPERATOR:
        return refusal, ""
    general = (type(error).__doc__ or "").strip().partition("\n")[0]
    detail = refusal.message if refusal.message != general else ""
    return Refusal(refusal.code, general or refusal.message, refusal.advice), detail


def _page(request: "Request", status: int, refusal: Refusal, detail: str = "") -> Response:
    """`refusal` in the reader's language, as far as there is a translation; `detail` is in English."""
    caller = getattr(request.state, "caller", None)
    session = session_of(request)
    known = isinstance(caller, Principal) and session is not None
    visit = Visit(
        request=request,
        node=request.app.state.node,
        person=caller if isinstance(caller, Principal) else NOBODY,
        csrf=csrf_of(session) if known and session else "",
        environment=request.app.state.environment,
        appearance=appearance_of(request),
    )
    return visit.page("problem.html", status, status=status, refusal=refusal, detail=detail)


def _led(request: "Request", address: str) -> Response | None:
    """Lead there; None where whoever asks is not to be led: what they sent would be lost unsaid."""
    if request.headers.get("hx-request"):
        return Response(status_code=200, headers={"HX-Redirect": address})
    if (
        request.method not in {"GET", "HEAD"}
        or request.headers.get("sec-fetch-dest", "document") != "document"
    ):
        return None
    return RedirectResponse(address, 303)


def _wanted(request: "Request") -> str:
    """The page that was asked for; of a part that a script asks for, the page it is on."""
    if request.headers.get("hx-request"):
        return f"{PREFIX}/"
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _must_enrol(request: "Request") -> bool:
    """Whether whoever was refused has to enrol a second factor first."""
    caller = getattr(request.state, "caller", None)
    session = session_of(request)
    if not isinstance(caller, Principal) or caller.permissions or session is None:
        return False
    node: Node = request.app.state.node
    person = node.accounts.sessions.person_of(session)
    return person.must_enrol and not person.enrolled

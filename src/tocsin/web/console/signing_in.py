"""Signing in and out."""

from starlette.responses import RedirectResponse, Response

from tocsin.access.errors import SignInRefusedError, TooManyRequestsError
from tocsin.access.model import Principal
from tocsin.access.names import person
from tocsin.cases.preferences import Theme
from tocsin.web.callers import session_of
from tocsin.web.console.cookies import forget_session, remember_appearance, remember_session
from tocsin.web.console.guard import next_page
from tocsin.web.console.pages import PUBLIC, SIGNED_IN, Pages
from tocsin.web.console.visit import PREFIX, Appearance, Visit
from tocsin.web.problems import retry_of

pages = Pages()


@pages.page("/sign-in", needs=PUBLIC)
def sign_in_page(visit: Visit) -> Response:
    """The form to sign in."""
    return _form(visit, next_page(visit.asked("next")))


@pages.action("/sign-in", needs=PUBLIC)
def sign_in(visit: Visit) -> Response:
    """Begin a session."""
    request = visit.request
    wanted = next_page(visit.field("next"))
    try:
        signed_in = visit.node.accounts.sessions.sign_in(
            visit.field("name"),
            visit.secret("password"),
            visit.field("code"),
            address=request.client.host if request.client else "",
            replacing=session_of(request),
        )
    except SignInRefusedError as error:
        return _form(visit, wanted, 401, refused=error.advice)
    except TooManyRequestsError as error:
        response = _form(visit, wanted, 429, wait=round(error.retry_after) + 1)
        response.headers.update(retry_of(error))
        return response
    response = RedirectResponse(f"{PREFIX}/second-factor" if signed_in.must_enrol else wanted, 303)
    remember_session(request, response, signed_in.secret)
    _as_they_like_it(visit, signed_in.session.person, response)
    return response


@pages.action("/sign-out", needs=SIGNED_IN)
def sign_out(visit: Visit) -> Response:
    """End the session."""
    visit.node.accounts.sessions.sign_out(session_of(visit.request) or "")
    return signed_out(visit, said="signed-out")


def signed_out(visit: Visit, said: str) -> Response:
    """Lead to the form to sign in, now that the session has ended."""
    response = visit.go("/sign-in", said=said)
    forget_session(visit.request, response)
    return response


def _as_they_like_it(visit: Visit, name: str, response: Response) -> None:
    """Have this browser show pages as the person has set it, if they have."""
    set_by_them = visit.node.review.viewing.preferences(Principal(person(name)))
    if set_by_them.language or set_by_them.theme is not Theme.AUTO:
        theme = "system" if set_by_them.theme is Theme.AUTO else set_by_them.theme.value
        remember_appearance(visit.request, response, Appearance(set_by_them.language, theme))


def _form(visit: Visit, wanted: str, status: int = 200, *, refused: str = "", wait: int = 0) -> Response:
    return visit.page(
        "sign_in.html", status, next=wanted, refused=refused, wait=wait, name=visit.field("name")
    )

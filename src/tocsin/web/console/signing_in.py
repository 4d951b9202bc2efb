"""Signing in and out."""

from starlette.responses import RedirectResponse, Response

from tocsin.access.errors import SignInRefusedError
from tocsin.web.callers import cookie_name, session_of
from tocsin.web.console.guard import next_page
from tocsin.web.console.pages import PUBLIC, SIGNED_IN, Pages
from tocsin.web.console.visit import Visit

pages = Pages()


@pages.page("/sign-in", needs=PUBLIC)
def sign_in_page(visit: Visit) -> Response:
    """The form to sign in."""
    return visit.page("sign_in.html", next=next_page(visit.asked("next")), refused=False, name="")


@pages.action("/sign-in", needs=PUBLIC)
def sign_in(visit: Visit) -> Response:
    """Begin a session."""
    request = visit.request
    wanted = next_page(visit.field("next"))
    try:
        signed_in = visit.node.accounts.sessions.sign_in(
            visit.field("name"),
            visit.field("password"),
            visit.field("code"),
            address=request.client.host if request.client else "",
            replacing=session_of(request),
        )
    except SignInRefusedError:
        return visit.page("sign_in.html", 401, next=wanted, refused=True, name=visit.field("name"))
    response = RedirectResponse(wanted, 303)
    secure = request.url.scheme == "https"
    response.set_cookie(
        cookie_name(request), signed_in.secret, path="/", secure=secure, httponly=True, samesite="strict"
    )
    return response


@pages.action("/sign-out", needs=SIGNED_IN)
def sign_out(visit: Visit) -> Response:
    """End the session."""
    visit.node.accounts.sessions.sign_out(session_of(visit.request) or "")
    response = visit.go("/sign-in", said="signed-out")
    response.delete_cookie(cookie_name(visit.request), path="/", httponly=True, samesite="strict")
    return response

"""Who visits: sessions, permissions, and that forms come from our own pages."""

import hmac
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from starlette.datastructures import FormData

from tocsin.access.errors import DeniedError, NotSignedInError
from tocsin.access.model import Permission, Principal
from tocsin.web.callers import CSRF_HEADER, csrf_of, session_of
from tocsin.web.console.texts import LANGUAGES
from tocsin.web.console.visit import NOBODY, PREFIX, Appearance, Visit
from tocsin.web.errors import CrossSiteError
from tocsin.web.operation import ROUND_UPLOAD
from tocsin.web.receiving import allow_body

if TYPE_CHECKING:
    from starlette.requests import Request

    from tocsin.node.node import Node

Form = FormData
FIELDS: Final = 500
"""Fields of a form."""
_OURS: Final = frozenset({"same-origin", "none"})
_SAFE: Final = frozenset({"GET", "HEAD"})


def let_in(request: "Request", needs: "tuple[Permission, ...] | str") -> Principal:
    """Who visits, if they may. Raises NotSignedInError, DeniedError, CrossSiteError."""
    refuse_foreign(request)
    if needs == "public":
        return NOBODY
    if (session := session_of(request)) is None:
        raise NotSignedInError
    node: Node = request.app.state.node
    person = node.accounts.sessions.principal_of(session)
    request.state.caller = person  # before any refusal, for the log to say whom it met
    if not isinstance(needs, str):
        _demand(person, needs)
    return person


async def form_of(request: "Request", *, uploads: bool) -> Form:
    """The form that was sent; an empty one where nothing can be."""
    if request.method in _SAFE:
        return Form()
    if uploads:
        node: Node = request.app.state.node
        allow_body(request.scope, node.settings.upload_bytes + ROUND_UPLOAD)
    return await request.form(max_files=1 if uploads else 0, max_fields=FIELDS)


def visit(request: "Request", person: Principal, form: Form) -> Visit:
    """The visit of somebody who was let in. Raises CrossSiteError: the form is not of one of our pages."""
    session = session_of(request)
    csrf = "" if session is None or person is NOBODY else csrf_of(session)
    if request.method not in _SAFE and csrf:
        _refuse_forged(request, csrf, form)
    return Visit(
        request=request,
        node=request.app.state.node,
        person=person,
        csrf=csrf,
        environment=request.app.state.environment,
        appearance=appearance_of(request),
        form=form,
    )


def refuse_foreign(request: "Request") -> None:
    """What changes something comes from one of our pages, as browsers tell. Raises CrossSiteError."""
    if request.method in _SAFE:
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    if (site is not None and site not in _OURS) or (origin is not None and origin != own):
        raise CrossSiteError


def next_page(given: str) -> str:
    """Where to go after signing in: a page of the console, whatever a link says."""
    parts = urlsplit(given)
    inside = parts.path.startswith(f"{PREFIX}/")
    plain = not (parts.scheme or parts.netloc) and "\\" not in given and given.isprintable()
    return given if inside and plain and ".." not in parts.path else f"{PREFIX}/"


def appearance_of(request: "Request") -> Appearance:
    """Language and theme: those of cookies that the console sets, or as the browser asks."""
    language = request.cookies.get("tocsin_language") or _accepted(request.headers.get("accept-language", ""))
    theme = request.cookies.get("tocsin_theme", "system")
    return Appearance(
        language if language in LANGUAGES else "en",
        theme if theme in {"system", "light", "dark"} else "system",
    )


def _accepted(header: str) -> str:
    """The first language of the header that there are texts for."""
    wanted = (part.partition(";")[0].strip().lower()[:2] for part in header[:500].split(","))
    return next((one for one in wanted if one in LANGUAGES), "en")


def _refuse_forged(request: "Request", csrf: str, form: Form) -> None:
    given = request.headers.get(CSRF_HEADER) or form.get("csrf") or ""
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), csrf.encode()):
        raise CrossSiteError


def _demand(person: Principal, needs: tuple[Permission, ...]) -> None:
    if missing := [one for one in needs if not person.may(one)]:
        message = f"{person.id} lacks the permission {missing[0].value}"
        raise DeniedError(message)

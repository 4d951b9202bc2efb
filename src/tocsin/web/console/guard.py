"""Who visits: sessions, permissions, and that forms come from our own pages."""

import hmac
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from tocsin.access.errors import DeniedError, NotSignedInError
from tocsin.access.model import Permission, Principal
from tocsin.web.callers import CSRF_HEADER, csrf_of, session_of
from tocsin.web.console.cookies import appearance_of
from tocsin.web.console.visit import NOBODY, PREFIX, Visit
from tocsin.web.errors import CrossSiteError
from tocsin.web.operation import ROUND_UPLOAD
from tocsin.web.receiving import allow_body
from tocsin.web.uploads import Spool, incoming_folder
from tocsin.web.uploads import form_of as spooled_form_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from tocsin.intake.service import Arrived
    from tocsin.node.node import Node

FIELDS: Final = 500
"""Fields of a form."""
_OURS: Final = frozenset({"same-origin", "none"})
_SAFE: Final = frozenset({"GET", "HEAD"})


def let_in(request: "Request", needs: "tuple[Permission, ...] | str") -> Principal:
    """Who visits, if they may. Raises NotSignedInError, DeniedError, CrossSiteError, the answer 403."""
    refuse_foreign(request)
    if needs == "public":
        return NOBODY
    if "prefetch" in request.headers.get("sec-purpose", ""):
        raise HTTPException(403)  # nobody looks at it yet: no lease is to begin anew, no minute to be booked
    if (session := session_of(request)) is None:
        raise NotSignedInError
    node: Node = request.app.state.node
    refreshing = request.method in _SAFE and "hx-request" in request.headers
    person = node.accounts.sessions.principal_of(session, used=not refreshing)
    request.state.caller = person  # before any refusal, for the log to say whom it met
    if not isinstance(needs, str):
        _demand(person, needs)
    return person


@asynccontextmanager
async def form_of(request: "Request", *, uploads: bool) -> "AsyncIterator[tuple[FormData, Arrived | None]]":
    """The form that was sent and the file that came with it; an empty one where nothing can be.

    A file is spooled into the home's private folder as uploads to the interface are; Starlette would put it
    into the machine's folder for temporary files.
    """
    if request.method in _SAFE:
        yield FormData(), None
    elif uploads:
        async with _uploaded(request) as taken:
            yield taken
    else:
        _refuse_charsets(request)
        form = await request.form(max_files=0, max_fields=FIELDS)
        yield form, None


def _refuse_charsets(request: "Request") -> None:
    """Browsers send forms in the encoding of our pages. Raises the answer 415.

    Starlette decodes by whatever Python knows under the name that is sent: `unicode_escape` gives surrogates,
    which nothing can store or show, and `undefined` only raises.
    """
    _, options = parse_options_header(request.headers.get("content-type"))
    if options.get(b"charset", b"utf-8").lower() != b"utf-8":
        raise HTTPException(415)


@asynccontextmanager
async def _uploaded(request: "Request") -> "AsyncIterator[tuple[FormData, Arrived | None]]":
    node: Node = request.app.state.node
    allow_body(request.scope, node.settings.upload_bytes + ROUND_UPLOAD)
    spool = Spool(incoming_folder(node.banks.folder), node.settings.upload_bytes)
    try:
        form = spooled_form_of(request, spool, None)
        await form.read(request.stream())
        texts = {name: value.decode("utf-8", "replace") for name, value in form.fields.items()}
        yield FormData(texts), spool.arrived() if spool.size else None
    finally:
        spool.close()


def visit(request: "Request", person: Principal, form: FormData, upload: "Arrived | None" = None) -> Visit:
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
        upload=upload,
    )


def refuse_foreign(request: "Request") -> None:
    """What changes something, or is a part of a page, is asked by one of ours, as browsers tell.

    Raises CrossSiteError.
    """
    site = request.headers.get("sec-fetch-site")
    if request.method in _SAFE:
        # A link may lead here from anywhere. What pages are made of (a preview books a minute) is for ours.
        if site not in {None, *_OURS} and request.headers.get("sec-fetch-dest") != "document":
            raise CrossSiteError
        return
    origin = request.headers.get("origin")
    scheme = request.url.scheme
    host = request.headers.get("host", "").removesuffix(":443" if scheme == "https" else ":80")
    own = f"{scheme}://{host}"  # some proxies add the port that browsers leave out
    if origin == "null" and site == "same-origin":
        origin = None  # what browsers say where something strips referrers
    if (site is not None and site not in _OURS) or (origin is not None and origin != own):
        raise CrossSiteError


def next_page(given: str) -> str:
    """Where to go after signing in: a page of the console, whatever a link says."""
    try:
        parts = urlsplit(given)
    except ValueError:  # a bracket that begins no IPv6 address
        return f"{PREFIX}/"
    inside = parts.path.startswith(f"{PREFIX}/")
    plain = not (parts.scheme or parts.netloc) and "\\" not in given and given.isprintable()
    return given if inside and plain and ".." not in parts.path else f"{PREFIX}/"


def _refuse_forged(request: "Request", csrf: str, form: FormData) -> None:
    given = request.headers.get(CSRF_HEADER) or form.get("csrf") or ""
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), csrf.encode()):
        raise CrossSiteError


def _demand(person: Principal, needs: tuple[Permission, ...]) -> None:
    if missing := [one for one in needs if not person.may(one)]:
        message = f"{person.id} lacks the permission {missing[0].value}"
        raise DeniedError(message)

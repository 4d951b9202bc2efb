"""The console as an application of its own, mounted beside the interface."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from tocsin import __version__
from tocsin.access.errors import NotSignedInError
from tocsin.errors import Error, Refusal
from tocsin.web.console import guard
from tocsin.web.console.menu import menu_over
from tocsin.web.console.modules import MODULES
from tocsin.web.console.pages import routes_of
from tocsin.web.console.strange import plain, shown
from tocsin.web.console.texts import LANGUAGES, Texts
from tocsin.web.console.visit import PREFIX
from tocsin.web.problems import STATUS, TITLES, refusal_of, retry_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from tocsin.node.node import Node

HERE: Final = Path(__file__).parent
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), display-capture=()",
}
log = logging.getLogger("tocsin.web")


def console_app(node: "Node") -> Starlette:
    """The console over `node`, to be mounted at /console."""
    app = Starlette(
        routes=[
            *routes_of(MODULES),
            Mount("/static", StaticFiles(directory=HERE / "static"), name="static"),
        ],
        middleware=[Middleware(Guarding)],
        exception_handlers={Error: _on_error, HTTPException: _on_http},
    )
    app.state.node, app.state.environment = node, _environment()
    app.router.redirect_slashes = False
    return app


class Guarding:
    """Middleware: headers that keep pages to themselves; what a page shows is never kept by a cache."""

    def __init__(self, app: "ASGIApp") -> None:
        """Guard `app`."""
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Handle a request."""
        static = "/static/" in scope.get("path", "")

        async def guarded(message: "Message") -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "public, max-age=300" if static else "no-store")
            await send(message)

        await self._app(scope, receive, guarded)


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        version=__version__, prefix=PREFIX, languages=LANGUAGES, menu=menu_over(MODULES)
    )
    environment.filters.update(shown=shown, plain=plain)
    environment.policies["ext.i18n.trimmed"] = True
    return environment


async def _on_error(request: "Request", error: Exception) -> "Response":
    if not isinstance(error, Error):
        raise error
    if isinstance(error, NotSignedInError) and request.method == "GET" and not _for_script(request):
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"{PREFIX}/sign-in?next={quote(wanted, safe='')}", 303)
    return _problem(request, STATUS.get(error.code, 500), refusal_of(error), dict(retry_of(error)))


async def _on_http(request: "Request", error: Exception) -> "Response":
    if not isinstance(error, HTTPException):
        raise error
    phrase = TITLES.get(error.status_code, "Error")
    refusal = Refusal(f"web.{error.status_code}", phrase, "Go back and try another way.")
    return _problem(request, error.status_code, refusal, dict(error.headers or {}))


def _problem(request: "Request", status: int, refusal: Refusal, headers: dict[str, str]) -> "Response":
    """A page that says what is wrong and what to do."""
    appearance = guard.appearance_of(request)
    texts = Texts.of(appearance.language)
    made = request.app.state.environment.get_template("problem.html").render(
        appearance=appearance,
        texts=texts,
        _=texts.gettext,
        gettext=texts.gettext,
        ngettext=texts.ngettext,
        status=status,
        refusal=refusal,
    )
    return HTMLResponse(made, status, headers)


def _for_script(request: "Request") -> bool:
    """Whether a script asks, to which a page for signing in is no use."""
    return request.headers.get("sec-fetch-dest") not in {None, "document"}

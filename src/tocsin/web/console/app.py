"""The console as an application of its own, mounted beside the interface."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from tocsin import __version__
from tocsin.errors import Error
from tocsin.web.console import problems
from tocsin.web.console.menu import Menu
from tocsin.web.console.modules import MODULES
from tocsin.web.console.pages import routes_of
from tocsin.web.console.strange import plain, raw, shown
from tocsin.web.console.texts import LANGUAGES
from tocsin.web.console.visit import PREFIX

if TYPE_CHECKING:
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
    "Referrer-Policy": "same-origin",  # with no-referrer, browsers would say that our forms come from nowhere
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), display-capture=()",
}


def console_app(node: "Node") -> Starlette:
    """The console over `node`, to be mounted at /console."""
    app = Starlette(
        routes=[
            *routes_of(MODULES),
            Mount("/static", StaticFiles(directory=HERE / "static"), name="static"),
        ],
        middleware=[Middleware(Guarding)],
        exception_handlers={Error: problems.on_error, HTTPException: problems.on_http},
    )
    app.state.node, app.state.environment, app.state.menu = node, _environment(), Menu(MODULES)
    app.router.redirect_slashes = False
    return app


class Guarding:
    """Middleware: headers that keep pages to themselves; no cache keeps what a page shows.

    What fails inside is answered with a page that names the incident.
    """

    def __init__(self, app: "ASGIApp") -> None:
        """Guard `app`."""
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Handle a request."""
        static = scope.get("path", "").startswith(f"{PREFIX}/static/")
        begun = False

        async def guarded(message: "Message") -> None:
            nonlocal begun
            begun = True
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "public, max-age=300" if static else "no-store")
            await send(message)

        try:
            await self._app(scope, receive, guarded)
        except Exception as error:
            if begun:
                raise
            answer = problems.incident_page(Request(scope, receive), error)
            await answer(scope, receive, guarded)


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        auto_reload=False,  # pages of one version, whatever an upgrade puts in their place meanwhile
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(version=__version__, prefix=PREFIX, languages=LANGUAGES)
    environment.filters.update(shown=shown, plain=plain, raw=raw)
    environment.policies["ext.i18n.trimmed"] = True
    return environment

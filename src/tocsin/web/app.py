"""The application: our interface over one node, with what guards it around."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.responses import RedirectResponse

from tocsin import __version__
from tocsin.access.limits import Limiter
from tocsin.web import openapi
from tocsin.web.apart import Apart
from tocsin.web.api import OPERATIONS
from tocsin.web.busy import AtATime
from tocsin.web.console.app import console_app
from tocsin.web.console.visit import PREFIX
from tocsin.web.hma.app import add_hma
from tocsin.web.metrics import Metrics
from tocsin.web.ncmec.app import add_ncmec
from tocsin.web.problems import handle_problems
from tocsin.web.receiving import GRACE_SECONDS, BodyLimits
from tocsin.web.state import gauges
from tocsin.web.tracing import Traced

if TYPE_CHECKING:
    from starlette.requests import Request

    from tocsin.node.node import Node


@dataclass(frozen=True, slots=True)
class Limits:
    """What callers may take of this process; what they may take of the node is in its settings."""

    requests: int = 400
    """Served at a time."""
    threads: int = 40
    """In which handlers run."""
    waiting: int = 64
    """Threads for those who wait for a content to be examined, who must not hold up the others."""
    pictures: int = 16
    """Threads for those who wait for a picture to be made, who must not hold up either."""
    grace: float = GRACE_SECONDS
    """Seconds until a body must have begun to arrive; from then on it must keep up a speed."""


def create_app(node: "Node", limits: Limits | None = None) -> FastAPI:
    """The interface of `node`, which stays open as long as the application runs."""
    metrics = Metrics(lambda: gauges(node))
    limits = limits or Limits()
    app = FastAPI(
        title="Tocsin",
        version=__version__,
        openapi_url=None,  # an operation of ours serves it
        docs_url=None,  # FastAPI's pages load scripts from a third party
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_threads,
        middleware=[
            Middleware(Traced, metrics=metrics),
            Middleware(AtATime, limit=limits.requests),
            Middleware(BodyLimits, grace=limits.grace),
        ],
    )
    app.state.node, app.state.limits, app.state.metrics = node, limits, metrics
    app.state.limiter = Limiter()
    handle_problems(app)
    for operations in OPERATIONS:
        operations.add_to(app)
    add_hma(app, node, anonymous_from=node.settings.hma_anonymous_networks, upload=node.settings.upload_bytes)
    add_ncmec(app, node)
    app.router.add_route(PREFIX, _to_console, include_in_schema=False)
    app.state.console = console_app(node)
    app.mount(PREFIX, app.state.console)
    openapi.describe(app)
    return app


async def _to_console(request: "Request") -> RedirectResponse:  # noqa: ARG001  # what Starlette calls
    """The console's own paths all begin below its first one."""
    return RedirectResponse(f"{PREFIX}/", 307)


@asynccontextmanager
async def _threads(app: FastAPI) -> AsyncIterator[None]:
    """Set how many threads serve; the number belongs to the event loop, which there is only now."""
    limits: Limits = app.state.limits
    anyio.to_thread.current_default_thread_limiter().total_tokens = limits.threads
    app.state.waiting = anyio.CapacityLimiter(limits.waiting)
    app.state.pictures = app.state.console.state.pictures = Apart(limits.pictures)
    yield

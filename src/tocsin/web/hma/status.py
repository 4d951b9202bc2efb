"""Whether this interface answers, and what it consists of."""

from typing import Any, Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from tocsin.errors import Error
from tocsin.web.hma.service import hma_of
from tocsin.web.operation import PUBLIC, Operations

operations = Operations("hma: status")
ALIVE: Final = "I-AM-ALIVE"
NOT_LOADED: Final = "INDEX-NOT-LOADED"
_TEXT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}}}}
}
_READY: Final[dict[int | str, dict[str, Any]]] = {
    **_TEXT,
    503: {"description": "Not ready", "content": {"text/plain": {"schema": {"type": "string"}}}},
}


@operations.operation("GET", "/", needs=PUBLIC, status=302, response_class=Response)
async def root(request: Request) -> Response:
    """Lead to the status."""
    return RedirectResponse(request.url.path.rstrip("/") + "/status", 302)


@operations.operation("GET", "/status", needs=PUBLIC, response_class=PlainTextResponse, responses=_READY)
async def status(request: Request) -> PlainTextResponse:
    """Whether look-ups can be answered: asks the database."""
    try:
        await run_in_threadpool(hma_of(request).node.banks.banks)
    except Error:
        return PlainTextResponse(NOT_LOADED, 503)
    return PlainTextResponse(ALIVE)


@operations.operation("GET", "/status/live", needs=PUBLIC, response_class=PlainTextResponse, responses=_TEXT)
async def live() -> PlainTextResponse:
    """Whether the process answers."""
    return PlainTextResponse(ALIVE)

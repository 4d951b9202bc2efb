"""How many requests are served at a time: who comes on top is told to come back, not kept waiting."""

from typing import TYPE_CHECKING, Final

from tocsin.errors import Refusal
from tocsin.web.problems import problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

ALWAYS_SERVED: Final = ("/health/", "/metrics")
"""What watches the node is let in when nobody else is."""
_BUSY = Refusal(
    "web.busy", "the node has as much to do as it can", "Try again after the seconds in Retry-After."
)


class AtATime:
    """Middleware: at most so many requests at a time."""

    def __init__(self, app: "ASGIApp", limit: int) -> None:
        """Guard `app`."""
        self._app = app
        self._limit = limit
        self._count = 0

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Handle a request."""
        if scope["type"] != "http" or scope["path"].startswith(ALWAYS_SERVED):
            await self._app(scope, receive, send)
        elif self._count >= self._limit:
            await problem(503, _BUSY, {"Connection": "close"})(scope, receive, send)
        else:
            self._count += 1
            try:
                await self._app(scope, receive, send)
            finally:
                self._count -= 1

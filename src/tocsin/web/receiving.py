"""How much of a body is taken, and how long we wait for it."""

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SMALL: Final = 1 << 20
"""Bytes of a body, where an operation does not ask for more."""
GRACE_SECONDS: Final = 20.0
SLOWEST: Final = 16 << 10
"""Bytes a second: who sends slower, after the grace, is cut off."""
_KEY: Final = "tocsin.body"
_CLOSE = {"Connection": "close"}


@dataclass(slots=True)
class Body:
    """The body of one request while it arrives."""

    declared: int
    """What Content-Length says; 0 without one."""
    begun: float
    grace: float = GRACE_SECONDS
    limit: int = SMALL
    received: int = 0

    def refuse_larger(self) -> None:
        """Raise the answer 413 if it is, or will be, larger than the limit."""
        if max(self.declared, self.received) > self.limit:
            message = f"the body is larger than {self.limit} bytes"
            raise HTTPException(413, message, _CLOSE)

    def seconds_left(self) -> float:
        """How long to wait for more of it."""
        return self.begun + self.grace + self.received / SLOWEST - time.monotonic()


def allow_body(scope: "Scope", limit: int) -> None:
    """Take a body of up to `limit` bytes for this request. Raises the answer 413 if it says it is larger."""
    body = scope.get(_KEY)
    if isinstance(body, Body):
        body.limit = limit
        body.refuse_larger()


class BodyLimits:
    """Middleware: counts what arrives and cuts off who sends too much, or too slowly."""

    def __init__(self, app: "ASGIApp", grace: float = GRACE_SECONDS) -> None:
        """Guard `app`; `grace`: seconds in which nothing at all need arrive."""
        self._app = app
        self._grace = grace

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Handle a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = Body(_declared(scope), time.monotonic(), self._grace)
        scope[_KEY] = body

        async def limited() -> "Message":
            body.refuse_larger()
            message = await _in_time(receive, body)
            body.received += len(message.get("body", b""))
            body.refuse_larger()
            return message

        await self._app(scope, limited, send)


async def _in_time(receive: "Receive", body: Body) -> "Message":
    try:
        async with asyncio.timeout(max(0.0, body.seconds_left())):
            return await receive()
    except TimeoutError as error:
        message = "the body did not arrive in time"
        raise HTTPException(408, message, _CLOSE) from error


def _declared(scope: "Scope") -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() and len(value) < 20 else 1 << 62  # noqa: PLR2004  # 64 bits have 19 digits
    return 0

"""Around every request: its number, the headers that keep browsers out of trouble, a line of log, counts.

The log names the route, not the path, and nothing of what was sent: no content, hash, account, query, token.
"""

import logging
import re
import secrets
import time
from typing import TYPE_CHECKING, Final

from starlette.datastructures import MutableHeaders

from tocsin.web.problems import incident

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from tocsin.web.metrics import Metrics

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_STRICT_TRANSPORT: Final = "max-age=31536000"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
log = logging.getLogger("tocsin.access")


class Traced:
    """Middleware: the outermost; what fails inside comes out as an incident."""

    def __init__(self, app: "ASGIApp", metrics: "Metrics") -> None:
        """Trace what `app` does."""
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Handle a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        one = _Request(scope)
        try:
            await self._app(scope, receive, one.sending(send))
        except Exception as error:  # noqa: BLE001  # the last one who can answer
            answer = incident(error)
            if one.status is None:
                await answer(scope, receive, one.sending(send))
        finally:
            one.note(self._metrics)


class _Request:
    """One request while it is served."""

    def __init__(self, scope: "Scope") -> None:
        self._scope = scope
        self._begun = time.monotonic()
        self._sent = 0
        self.status: int | None = None
        self.id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = self.id

    def sending(self, send: "Send") -> "Send":
        """`send` with our headers."""

        async def traced(message: "Message") -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                self._complete(MutableHeaders(scope=message))
            self._sent += len(message.get("body", b""))
            await send(message)

        return traced

    def _complete(self, headers: MutableHeaders) -> None:
        headers["X-Request-ID"] = self.id
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        headers.setdefault("Cache-Control", "no-store")
        if self._scope["scheme"] == "https":
            headers["Strict-Transport-Security"] = _STRICT_TRANSPORT

    def note(self, metrics: "Metrics") -> None:
        """Count it and write it down."""
        seconds = time.monotonic() - self._begun
        route = str(getattr(self._scope.get("route"), "path", "(none)"))
        status = self.status or 0
        metrics.served(self._scope["method"], route, status, seconds)
        caller = self._scope["state"].get("caller")
        log.info(
            "request",
            extra={
                "request": self.id,
                "method": self._scope["method"],
                "route": route,
                "status": status,
                "ms": round(seconds * 1000, 1),
                "sent": self._sent,
                "caller": getattr(caller, "id", None),
            },
        )


def _request_id(scope: "Scope") -> str:
    """The caller's own where it is a plain one, or a new one."""
    given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), "")
    return given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)

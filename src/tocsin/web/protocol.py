"""One connection: uvicorn's own protocol, with limits to what may stand before a request's body.

uvicorn waits for ever for the first request, and for the rest of one that has begun; and with httptools it
takes headers without end. A client that sends a byte a minute would keep its connection for days.
"""

from asyncio import TimerHandle, Transport
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from tocsin.errors import Refusal
from tocsin.web.problems import TITLES, problem_body

HEADER_SECONDS: Final = 15.0
"""From the connection, or the first byte of a later request, to the end of the headers."""
HEADER_BYTES: Final = 32 << 10
HEADERS: Final = 100
URL_BYTES: Final = 8 << 10
CONNECTIONS: Final = 1000
_ADVICE = "Send a request as RFC 9112 describes it."


class GuardedProtocol(HttpToolsProtocol):
    """HTTP/1.1 with limits to headers, their time, and connections."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:  # noqa: ANN401  # uvicorn's own
        """As uvicorn makes it."""
        super().__init__(*arguments, **settings)
        self.access_log = False  # uvicorn's has the query in it; ours is in web/tracing.py
        self._deadline: TimerHandle | None = None
        self._header_bytes = 0
        self._raw_bytes = 0
        self._refused = False

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A client is there: its first request must come soon."""
        if len(self.connections) >= CONNECTIONS:
            transport.abort()
            return
        super().connection_made(transport)
        self._wait_for_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._got_headers()
        if self.transport is not None:
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came; none count after a request was refused.

        httptools hands on a header when it is whole: one without end shows only in the bytes that came.
        """
        if self._refused:
            return
        self._raw_bytes += len(data)
        super().data_received(data)
        if self._deadline is not None and self._raw_bytes > HEADER_BYTES + URL_BYTES:
            self._refuse(431, f"more than {HEADER_BYTES} bytes of headers")

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._header_bytes = self._raw_bytes = 0
        self._wait_for_headers()

    def on_url(self, url: bytes) -> None:
        """A part of the request line."""
        super().on_url(url)
        if len(self.url) > URL_BYTES:
            self._refuse(414, f"the URL is longer than {URL_BYTES} bytes")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header."""
        super().on_header(name, value)
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > HEADER_BYTES or len(self.headers) > HEADERS:
            self._refuse(431, f"more than {HEADERS} headers, or {HEADER_BYTES} bytes of them")

    def on_headers_complete(self) -> None:
        """All headers are there: what is refused is not served."""
        self._got_headers()
        if not self._refused:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if not self._refused:
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """What cannot be read as HTTP is answered with a problem, too."""
        self._refuse(400, msg)

    def _wait_for_headers(self) -> None:
        self._got_headers()
        seconds = getattr(self.config, "header_seconds", HEADER_SECONDS)
        self._deadline = self.loop.call_later(seconds, self._too_late)

    def _got_headers(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        if not self.transport.is_closing():
            self._refuse(408, "the request did not arrive in time")

    def _refuse(self, status: int, message: str) -> None:
        """Answer for the last time on this connection; an answer under way is not broken into."""
        if self._refused:
            return
        self._refused = True
        self._got_headers()
        cycle: RequestResponseCycle | None = self.cycle
        in_its_body = cycle is not None and cycle.more_body and not cycle.response_started
        if cycle is None or cycle.response_complete or in_its_body:
            body = problem_body(status, Refusal("web.bad_request", message, _ADVICE))
            head = (
                f"HTTP/1.1 {status} {TITLES[status]}\r\ncontent-type: application/problem+json\r\n"
                f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
            )
            self.transport.write(head.encode() + body)
        if cycle is not None:  # what is being served hears that nobody waits for it
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.close()

"""A webhook receiver on the loopback: checks signatures as a receiver should, misbehaves when told to.

For tests of whatever sends webhooks by Standard Webhooks (standardwebhooks.com); `verify` is what a receiver
of one's own would do.
"""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from tocsin.simulators.serving import Quiet, Served

TOLERANCE_SECONDS: Final = 300
"""How old a message may be, or how far ahead its sender's clock: against messages that are played again."""
_HUGE: Final = 1 << 20


class Behaviour(StrEnum):
    """What the receiver does with a message."""

    TAKE = "take"
    FAIL = "fail"
    """Answer 503."""
    GONE = "gone"
    """Answer 410: do not send any more."""
    REDIRECT = "redirect"
    """Answer 302, to itself."""
    HANG = "hang"
    """Read the message and answer nothing."""
    CUT = "cut"
    """Read the message and close the connection."""
    TAKE_AND_CUT = "take and cut"
    """Answer 200 with a body that breaks off."""
    HUGE = "huge"
    """Answer 200 with a body that does not end."""


_STATUS: Final = {Behaviour.TAKE: 200, Behaviour.FAIL: 503, Behaviour.GONE: 410, Behaviour.REDIRECT: 302}


@dataclass(frozen=True, slots=True)
class Received:
    """One message that came."""

    id: str
    body: bytes
    headers: Mapping[str, str]
    """Names in lower case."""
    signed: bool
    """Whether its signature is right, and its time close to now."""
    behaviour: Behaviour

    @property
    def type(self) -> str:
        """The event it tells of."""
        return str(json.loads(self.body)["type"])


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: float | None = None) -> bool:
    """Whether a message is from who knows the secret (`whsec_...`), and was sent just now.

    `headers` by names in lower case; `body` as it came, to the byte.
    """
    try:
        sent = int(headers["webhook-timestamp"])
        signed = f"{headers['webhook-id']}.{sent}.".encode() + body
        signatures = headers["webhook-signature"].split(" ")
    except (KeyError, ValueError):
        return False
    if abs((time.time() if now is None else now) - sent) > TOLERANCE_SECONDS:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(wanted.encode(), found.encode()) for found in signatures)


class WebhookReceiver(Served):
    """The receiver, from entering until leaving."""

    def __init__(self, secret: str = "") -> None:
        """Listen on a free port of 127.0.0.1; `secret` can be set later."""
        self.secret = secret
        self.received: list[Received] = []
        self._next: deque[Behaviour] = deque()
        self._came = threading.Condition()
        receiver = self

        class Handler(Quiet, BaseHTTPRequestHandler):
            """One connection."""

            def do_POST(self) -> None:
                """Take a message."""
                receiver._take(self)

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.block_on_close = False  # those that hang are let go by `over`
        super().__init__(server)

    @property
    def url(self) -> str:
        """Where to send messages."""
        return f"http://127.0.0.1:{self.port}/hook"

    def then(self, *behaviours: Behaviour) -> None:
        """Do these with the next messages, one each; after them, take what comes."""
        with self._came:
            self._next.extend(behaviours)

    def wait(self, count: int, seconds: float = 30) -> list[Received]:
        """The messages, once so many have come. Raises TimeoutError."""
        with self._came:
            if not self._came.wait_for(lambda: len(self.received) >= count, seconds):
                message = f"{len(self.received)} of {count} messages came"
                raise TimeoutError(message)
            return list(self.received)

    def _take(self, request: BaseHTTPRequestHandler) -> None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = request.rfile.read(int(headers.get("content-length", "0")))
        signed = bool(self.secret) and verify(self.secret, headers, body)
        with self._came:
            behaviour = self._next.popleft() if self._next else Behaviour.TAKE
            message = Received(headers.get("webhook-id", ""), body, headers, signed, behaviour)
            self.received.append(message)
            self._came.notify_all()
        request.close_connection = True
        self._answer(request, behaviour)

    def _answer(self, request: BaseHTTPRequestHandler, behaviour: Behaviour) -> None:
        if behaviour is Behaviour.HANG:
            self.over.wait()
        elif behaviour in _STATUS:
            text = f"{behaviour.value}\n".encode()
            request.send_response(_STATUS[behaviour])
            request.send_header("Content-Length", str(len(text)))
            if behaviour is Behaviour.REDIRECT:
                request.send_header("Location", self.url)
            request.end_headers()
            request.wfile.write(text)
        elif behaviour is not Behaviour.CUT:
            request.send_response(200)
            request.send_header("Content-Length", str(_HUGE))
            request.end_headers()
            self._pour(request, 100 if behaviour is Behaviour.TAKE_AND_CUT else _HUGE)

    def _pour(self, request: BaseHTTPRequestHandler, size: int) -> None:
        try:
            request.wfile.write(b"x" * size)
        except OSError:
            return  # the sender has read as much as it wants

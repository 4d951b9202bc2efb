"""A hosting provider's API on the loopback, which takes notices as docs/howto/send-notices.md says.

For tests of whatever sends notices, and to try them out. The same reference is one notice, however often it
comes; what became of it can be set, and it misbehaves when told to.
"""

import json
import threading
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final

from tocsin.simulators.serving import Quiet, Served

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

_PATH: Final = "/notices"
_LARGEST: Final = 1 << 20


class Reaction(StrEnum):
    """What the provider does with a request."""

    TAKE = "take"
    BUSY = "busy"
    """Answer 503."""
    REFUSE = "refuse"
    """Answer 422."""
    CUT = "cut"
    """Close the connection."""
    TAKE_AND_CUT = "take and cut"
    """Take the notice, and close the connection instead of saying so."""
    REDIRECT = "redirect"
    """Answer 307, to itself."""
    GIBBERISH = "gibberish"
    """Take the notice, and answer what is no JSON."""


@dataclass(slots=True)
class Noticed:
    """A notice that the provider has."""

    id: str
    key: str
    body: "JsonObject"
    status: str = "received"
    message: str = ""
    reminders: list[int] = field(default_factory=list)


class ProviderSimulator(Served):
    """The provider, from entering until leaving."""

    def __init__(self, token: str = "", port: int = 0) -> None:
        """Listen on 127.0.0.1; with a token, for those who have it."""
        self.notices: dict[str, Noticed] = {}
        """What it has, by its own number."""
        self.requests: list[tuple[str, str]] = []
        """Method and path of all that came."""
        self._token = token
        self._next: deque[Reaction] = deque()
        self._turn = threading.Lock()
        provider = self

        class Handler(Quiet, BaseHTTPRequestHandler):
            """One connection."""

            def do_POST(self) -> None:
                """Take a notice."""
                provider._handle(self)

            def do_GET(self) -> None:
                """Say what became of one."""
                provider._handle(self)

        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        server.daemon_threads = True
        server.block_on_close = False
        super().__init__(server)

    @property
    def url(self) -> str:
        """Where to send notices."""
        return f"http://127.0.0.1:{self.port}{_PATH}"

    def then(self, *reactions: Reaction) -> None:
        """Do these with the next requests, one each; after them, take what comes."""
        with self._turn:
            self._next.extend(reactions)

    def settle(self, number: str, status: str, message: str = "") -> None:
        """Say what became of a notice: acknowledged, removed or refused."""
        with self._turn:
            self.notices[number].status = status
            self.notices[number].message = message

    def _handle(self, request: BaseHTTPRequestHandler) -> None:
        length = min(int(request.headers.get("content-length") or 0), _LARGEST)
        body = request.rfile.read(length)
        with self._turn:
            self.requests.append((request.command, request.path))
            reaction = self._next.popleft() if self._next else Reaction.TAKE
            status, answer = self._reacted(reaction, request, body)
        request.close_connection = True
        if reaction in {Reaction.CUT, Reaction.TAKE_AND_CUT}:
            return
        data = b"well, thank you" if reaction is Reaction.GIBBERISH else json.dumps(answer).encode()
        request.send_response(status)
        if reaction is Reaction.REDIRECT:
            request.send_header("Location", self.url)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    def _reacted(
        self, reaction: Reaction, request: BaseHTTPRequestHandler, body: bytes
    ) -> "tuple[int, JsonObject]":
        said = {Reaction.BUSY: 503, Reaction.REFUSE: 422, Reaction.REDIRECT: 307, Reaction.CUT: 0}
        if reaction in said:
            return said[reaction], {"message": reaction.value}
        if self._token and request.headers.get("authorization") != f"Bearer {self._token}":
            return 401, {"message": "no such token"}
        if request.command == "GET":
            return self._told(request.path.removeprefix(f"{_PATH}/"))
        try:
            return self._taken(request.headers.get("idempotency-key") or "", json.loads(body))
        except (ValueError, KeyError, TypeError):
            return 400, {"message": "that is no notice"}

    def _told(self, named: str) -> "tuple[int, JsonObject]":
        for one in self.notices.values():
            if named in {one.id, one.body["reference"]}:
                return 200, {"id": one.id, "status": one.status, "message": one.message}
        return 404, {"message": "there is no such notice"}

    def _taken(self, key: str, body: "JsonObject") -> "tuple[int, JsonObject]":
        there = next(
            (one for one in self.notices.values() if one.body["reference"] == body["reference"]), None
        )
        if there is None:
            there = Noticed(f"P{len(self.notices) + 1}", key, body)
            self.notices[there.id] = there
        elif (which := int(str(body["reminder"]))) and which not in there.reminders:
            there.reminders.append(which)
        return 201, {"id": there.id, "status": there.status, "message": there.message}

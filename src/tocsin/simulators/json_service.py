"""A partner's service that speaks JSON, on the loopback: what several simulators are made of."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlsplit

from tocsin.simulators.ncmec.faults import Fault, Faults
from tocsin.simulators.serving import Quiet, Served

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

_LARGEST: Final = 1 << 20
_HTML: Final = b"<!DOCTYPE html><html><body><h1>Error</h1></body></html>\n"
_STATUS: Final = {Fault.BUSY: 429, Fault.ERROR: 503, Fault.HTML: 200}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


@dataclass(frozen=True, slots=True)
class Said:
    """An answer."""

    body: "JsonObject"
    status: int = 200
    listing: bool = False
    """It is a page of the list, which is what the plan of troubles is for."""
    corrupt: bool = False
    """It comes cut off, as if that were all of it."""


class JsonService(Served):
    """The service, from entering until leaving."""

    def __init__(self, answer: Callable[[Asked], Said], forget: Callable[[], None], port: int = 0) -> None:
        """Answer requests one after the other; `forget` makes cursors and tokens invalid."""
        self.faults = Faults()
        self.requests: list[Asked] = []
        self._answer = answer
        self._forget = forget
        self._turn = threading.Lock()
        service = self

        class Handler(Quiet, BaseHTTPRequestHandler):
            """One connection."""

            def do_GET(self) -> None:
                """Answer a question."""
                service._serve(self)

            def do_POST(self) -> None:
                """Take something."""
                service._serve(self)

        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        server.daemon_threads = True
        super().__init__(server)

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        length = request.headers.get("Content-Length", "0")
        body = request.rfile.read(min(int(length), _LARGEST)) if length.isdigit() else b""
        split = urlsplit(request.path)
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Asked(request.command, split.path, dict(parse_qsl(split.query)), headers, body)
        with self._turn:
            self.requests.append(asked)
            said = self._answer(asked)
            fault = self.faults.draw() if said.listing else None
            if fault is Fault.EXPIRED:
                self._forget()
        request.close_connection = True
        if fault is not Fault.CUT:
            _send(request, said, fault)


def _send(request: BaseHTTPRequestHandler, said: Said, fault: Fault | None) -> None:
    body = json.dumps(_with_odd(said.body) if fault is Fault.ODD else said.body).encode()
    status = _STATUS.get(fault, said.status) if fault is not None else said.status
    if fault in _STATUS:
        body = _HTML
    elif fault is Fault.GARBLED:
        body = body[: len(body) // 2] + b"\x01<" + body[len(body) // 2 :]
    elif fault is Fault.CLIPPED or said.corrupt:
        body = body[: len(body) // 2]
    headers = [f"HTTP/1.1 {status} Answer", "Connection: close", "Content-Type: application/json"]
    headers += [f"Content-Length: {len(body)}"] + ["Retry-After: 0"] * (fault is Fault.BUSY)
    sent = body[: len(body) // 2] if fault is Fault.SHORT else body
    try:
        request.wfile.write("\r\n".join([*headers, "", ""]).encode() + sent)
    except OSError:
        return  # the other side has gone


def _with_odd(body: "JsonObject") -> "JsonObject":
    """With items in its lists that are none."""
    return {
        name: [17, {"odd": True}, *value] if isinstance(value, list) else value
        for name, value in body.items()
    }

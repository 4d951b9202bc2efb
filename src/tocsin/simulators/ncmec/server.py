"""The simulated hash sharing on a port of the loopback."""

import base64
import hmac
import random
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import parse_qs, quote, unquote, urlsplit

from tocsin.simulators.ncmec import documents
from tocsin.simulators.ncmec.faults import Fault, Faults
from tocsin.simulators.ncmec.listed import REASONS, Feedback, Item, Listed
from tocsin.simulators.serving import Quiet, Served

ROOT: Final = "/hashsharing"
SIZE: Final = 1000
"""Entries of a page."""
_LARGEST: Final = 1 << 20
_LINKS_LAST: Final = timedelta(hours=12)
_MOST_LINKS: Final = 1000
_HTML: Final = b"<!DOCTYPE html><html><body><h1>Error</h1></body></html>\n"
_ODD: Final = '<audio><member id="1">Example Member</member><id>audio1</id></audio>'
_FEEDBACK: Final = re.compile(r"/v2/entries/([0-9]+)/([^/]+)/([A-Z0-9_]+)/feedback")
_GUID: Final = re.compile(r"<guid>([^<]+)</guid>")


@dataclass(frozen=True, slots=True)
class Told:
    """A feedback that was sent, and taken."""

    key: str
    type: str
    reason: str
    """A GUID; empty: affirmative."""


@dataclass(frozen=True, slots=True)
class _Window:
    """A window that was asked for, and the order in which its entries are given: no order of time."""

    keys: tuple[str, ...]
    begun: datetime


class NcmecSimulator(Served):
    """The service, from entering until leaving.

    `url` is where a client finds it, `list` what it really has, `faults` what is to go wrong, `told` the
    feedback it took, `requests` what was asked. `now` is its clock, which tests may set.
    """

    def __init__(
        self,
        user: str,
        password: str,
        *,
        port: int = 0,
        size: int = SIZE,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        """Listen on that port of 127.0.0.1 (0: a free one), with pages of that size."""
        self.list = Listed()
        self.faults = Faults()
        self.told: list[Told] = []
        self.requests: list[str] = []
        self.now = now or (lambda: datetime.now(UTC))
        self.size = size
        self.between: Callable[[], None] | None = None
        """Called before each answer with entries: what happens while a client reads."""
        self._login = f"{user}:{password}"
        self._user = user
        self._windows: dict[str, _Window] = {}
        self._lock = threading.Lock()
        simulator = self

        class Handler(Quiet, BaseHTTPRequestHandler):
            """One connection."""

            def do_GET(self) -> None:
                """Answer a question."""
                simulator._serve(self)

            def do_PUT(self) -> None:
                """Take feedback."""
                simulator._serve(self)

        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        server.daemon_threads = True
        super().__init__(server)

    @property
    def url(self) -> str:
        """What a client puts its paths behind."""
        return f"http://127.0.0.1:{self.port}{ROOT}"

    def forget_links(self) -> None:
        """Take no link to a further page any more that was given before."""
        with self._lock:
            self._windows.clear()

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        length = request.headers.get("Content-Length", "0")
        body = request.rfile.read(min(int(length), _LARGEST)) if length.isdigit() else b""
        with self._lock:
            self.requests.append(f"{request.command} {request.path}")
        if not self._knows(request.headers.get("Authorization", "")):
            self._answer(request, 401, b"", None)
            return
        split = urlsplit(request.path)
        path = split.path.removeprefix(ROOT)
        if path == "/v2/entries" and request.command == "GET":
            self._entries(request, parse_qs(split.query))
            return
        status, text = self._other(request.command, path, body)
        self._answer(request, status, text.encode(), None)

    def _other(self, method: str, path: str, body: bytes) -> tuple[int, str]:
        if method == "PUT":
            return self._take(path, body)
        if path == "/v2/status":
            return 200, documents.status(self._user, 1, self.list.members[1])
        if path == "/v2/members":
            return 200, documents.member_list(self.list.members)
        if path == "/v2/categorizations":
            return 200, documents.categorizations()
        found = re.fullmatch(r"/v2/feedback/([A-Z0-9_]+)/reasons", path)
        return (200, documents.reasons(found[1])) if found else (404, "")

    def _take(self, path: str, body: bytes) -> tuple[int, str]:
        found = _FEEDBACK.fullmatch(path)
        item = self.list.get(f"{found[1]}-{unquote(found[2])}") if found else None
        if found is None or item is None or item.deleted:
            return 404, ""
        text = body.decode("utf-8", "replace")
        guids = _GUID.findall(text)
        if ("<affirmative/>" in text) is bool(guids) or any(one not in REASONS for one in guids):
            return 400, ""
        said = Feedback(1, found[3].capitalize(), self.now(), guids[0] if guids else "")
        self.told.append(Told(item.key, found[3], said.reason))
        self.list.put(replace(item, time=said.time, feedback=(*item.feedback, said)))
        return 200, documents.submission_result()

    def _entries(self, request: BaseHTTPRequestHandler, query: dict[str, list[str]]) -> None:
        fault = self.faults.draw()
        if fault is Fault.EXPIRED:
            self.forget_links()
        if self.between is not None:
            self.between()
        status, text = self._page(query, _ODD if fault is Fault.ODD else "")
        self._answer(request, status, text.encode(), fault)

    def _page(self, query: dict[str, list[str]], extra: str) -> tuple[int, str]:
        given = {name: values[0] for name, values in query.items()}
        try:
            after, until = (_moment(given[name]) for name in ("from", "to"))
            start = int(given.get("start", "1"))
        except (KeyError, ValueError):
            return 400, ""
        name = f"{given['from']} {given['to']}"
        window = self._begun(name, after, until) if "start" not in given else self._windows.get(name)
        if window is None or self.now() - window.begun > _LINKS_LAST:
            return 400, ""
        keys = window.keys[start - 1 : start - 1 + self.size]
        items = [self.list.get(key) for key in keys]
        there = [one for one in items if one is not None and after < one.time <= until]
        following = start + self.size
        link = ""
        if following <= len(window.keys):
            asked = f"from={quote(given['from'])}&to={quote(given['to'])}"
            asked += f"&start={following}&size={self.size}&max={len(window.keys)}"
            link = f"/v2/entries?{asked}"
        return 200, documents.query_result(there, self.list.members, link, extra)

    def _begun(self, name: str, after: datetime, until: datetime) -> _Window:
        keys = [one.key for one in self.list.all() if after < one.time <= until]
        random.Random(name).shuffle(keys)  # noqa: S311  # no order that means anything
        window = _Window(tuple(keys), self.now())
        with self._lock:
            self._windows[name] = window
            while len(self._windows) > _MOST_LINKS:
                self._windows.pop(next(iter(self._windows)))
        return window

    def _answer(self, request: BaseHTTPRequestHandler, status: int, body: bytes, fault: Fault | None) -> None:
        request.close_connection = True
        if fault is Fault.CUT:
            return
        if fault in (Fault.BUSY, Fault.ERROR, Fault.HTML):
            body = _HTML
            status = {Fault.BUSY: 429, Fault.ERROR: 503, Fault.HTML: 200}[fault]
        elif fault is Fault.CLIPPED:
            body = body[: len(body) // 2]
        elif fault is Fault.GARBLED:
            body = body[: len(body) // 2] + b"\x01<" + body[len(body) // 2 :]
        headers = [f"HTTP/1.1 {status} Answer", "Connection: close", "Content-Type: application/xml"]
        headers += [f"Content-Length: {len(body)}", f"Date: {format_datetime(self.now(), usegmt=True)}"]
        headers += ["Retry-After: 0"] * (fault is Fault.BUSY)
        sent = body[: len(body) // 2] if fault is Fault.SHORT else body
        try:
            request.wfile.write("\r\n".join([*headers, "", ""]).encode() + sent)
        except OSError:
            return  # the other side has gone

    def _knows(self, given: str) -> bool:
        wanted = base64.b64encode(self._login.encode()).decode()
        return hmac.compare_digest(given.encode(), f"Basic {wanted}".encode())


def truth(simulator: NcmecSimulator) -> dict[str, Item]:
    """What a client should have in the end: live entries, by key."""
    return {one.key: one for one in simulator.list.all() if not one.deleted}


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found.astimezone(UTC)

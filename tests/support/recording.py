"""A proxy between a browser and a node that keeps everything that goes by, for tests of what was seen.

Pictures are told by their bytes, whatever an answer calls itself; also those inside texts, as data: URIs or
base64. So nothing a page shows can come past it.
"""

import base64
import binascii
import http.client
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import urlsplit

_MAGIC: Final = (
    b"\x89PNG\r\n",
    b"\xff\xd8\xff",
    b"GIF87a",
    b"GIF89a",
    b"BM",
    b"II*\0",
    b"MM\0*",
    b"\xff\x0a",
    b"\0\0\0\x0cJXL ",
    b"\x1aE\xdf\xa3",
    b"OggS",
)
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]{80,}={0,2}")
_HOP: Final = {"connection", "keep-alive", "transfer-encoding", "content-length", "proxy-connection"}


@dataclass(frozen=True, slots=True)
class Passed:
    """One answer that went by."""

    method: str
    path: str
    """With its query."""
    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    when: datetime = field(default_factory=lambda: datetime.now(UTC))
    """When it was handed on."""

    @property
    def pictures(self) -> list[bytes]:
        """Every picture in it."""
        if is_picture(self.body):
            return [self.body]
        return [found for found in _decoded(self.body) if is_picture(found)]


@dataclass(slots=True)
class Recording:
    """What went by, and where the proxy listens."""

    url: str = ""
    passed: list[Passed] = field(default_factory=list)
    cut: bool = False
    """While set, connections are closed without an answer, as when a line goes down."""
    lose_answers: bool = False
    """While set, requests reach the node and their answers are lost on the way back."""

    def pictures(self) -> list[tuple[Passed, bytes]]:
        """Every picture that went by, with the answer that carried it."""
        return [(one, picture) for one in list(self.passed) for picture in one.pictures]


def is_picture(data: bytes) -> bool:
    """Whether bytes begin like a picture or a film that a browser could show."""
    if data[4:8] == b"ftyp" or (data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
        return True
    return data.startswith(_MAGIC)


@contextmanager
def recorded(target: str) -> Iterator[Recording]:
    """A proxy in front of the node at URL `target`; what comes through it is kept."""
    recording = Recording()
    host = urlsplit(target).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else a body waits 40 ms for the client to acknowledge its headers

        def relay(self) -> None:
            """Hand a request on, and its answer back."""
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if recording.cut:
                self.close_connection = True
                return
            connection = http.client.HTTPConnection(host, timeout=60)
            try:
                # The Host of the request stays: the node compares it with the Origin.
                headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
                connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in headers.items():
                    connection.putheader(name, value)
                connection.putheader("Content-Length", str(len(body)))
                connection.endheaders(body)
                answer = connection.getresponse()
                self._keep_and_answer(answer, answer.read())
            finally:
                connection.close()

        def _keep_and_answer(self, answer: http.client.HTTPResponse, body: bytes) -> None:
            told = [(name, value) for name, value in answer.getheaders() if name.lower() not in _HOP]
            lower = {name.lower(): value for name, value in told}
            recording.passed.append(Passed(self.command, self.path, answer.status, lower, body))
            if recording.lose_answers or recording.cut:
                self.close_connection = True
                return
            self.send_response_only(answer.status)
            for name, value in told:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_TRACE = relay  # noqa: N815  # as the class has them

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A browser that goes away is no error here."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    recording.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield recording
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _decoded(body: bytes) -> Iterator[bytes]:
    """What base64 in a text stands for."""
    for found in _BASE64.finditer(body):
        text = found[0]
        try:
            yield base64.b64decode(text + b"=" * (-len(text) % 4))
        except binascii.Error:  # no base64 after all
            continue

"""A web server on the loopback that makes trouble: for tests of whatever fetches strangers' URLs.

The first part of the path names the trouble (see TROUBLES), the second gives its size: `/bytes/1000`,
`/redirect/3`, `/gzip/1000000000`. `/to?URL` redirects to any URL.
"""

import gzip
import re
import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final
from urllib.parse import unquote

from tocsin.simulators.serving import Served

_TEXT: Final = b"benign bytes of a simulator; "
_PIECE: Final = len(_TEXT) << 11
_DRIP_SECONDS: Final = 0.02
_LINGER: Final = struct.pack("ii", 1, 0)
"""Close at once, with a reset."""


class Visit:
    """One request, and the connection to answer it on."""

    def __init__(self, connection: socket.socket, head: str, over: threading.Event) -> None:
        """Answer the request of that head until `over`."""
        self.connection = connection
        self.head = head
        self.over = over
        path = head.split(" ")[1] if head.count(" ") > 1 else "/"
        self.name, _, size = path.partition("?")[0].strip("/").partition("/")
        self.size = int(size) if size.isdigit() else 0
        self.query = unquote(path.partition("?")[2])

    def send(self, data: bytes) -> None:
        """Send it all."""
        self.connection.sendall(data)

    def begin(self, status: int = 200, **headers: str) -> None:
        """Send the head of an answer; underscores in names of headers stand for hyphens."""
        lines = [f"HTTP/1.1 {status} Answer", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def content(self, length: int) -> None:
        """Send that many bytes."""
        piece = content(_PIECE)
        while length > 0:
            self.send(piece[:length])
            length -= _PIECE


def content(length: int) -> bytes:
    """What `/bytes`, `/chunked` and `/until-close` answer with."""
    return (_TEXT * (length // len(_TEXT) + 1))[:length]


def _whole(visit: Visit) -> None:
    visit.begin(Content_Length=str(visit.size))
    visit.content(visit.size)


def _chunked(visit: Visit) -> None:
    visit.begin(Transfer_Encoding="chunked")
    visit.send(f"{visit.size:x}\r\n".encode() + content(visit.size) + b"\r\n0\r\n\r\n")


def _until_close(visit: Visit) -> None:
    visit.begin()
    visit.content(visit.size)


def _status(visit: Visit) -> None:
    visit.begin(visit.size, Content_Length="0")


def _redirect(visit: Visit) -> None:
    """Redirect as often as the size says."""
    there = f"/redirect/{visit.size - 1}" if visit.size > 1 else "/bytes/10"
    visit.begin(302, Location=there, Content_Length="0")


def _loop(visit: Visit) -> None:
    visit.begin(301, Location="/loop", Content_Length="0")


def _to(visit: Visit) -> None:
    """Redirect to the URL in the query."""
    visit.begin(307, Location=visit.query, Content_Length="0")


def _nowhere(visit: Visit) -> None:
    """Redirect without saying where to."""
    visit.begin(302, Content_Length="0")


def _seen(visit: Visit) -> None:
    """Answer with the request's head."""
    visit.begin(Content_Length=str(len(visit.head)))
    visit.send(visit.head.encode("latin-1"))


def _cookie(visit: Visit) -> None:
    """Set a cookie, then redirect to `/seen`."""
    visit.begin(302, Location="/seen", Set_Cookie="taste=sweet; Path=/", Content_Length="0")


def _short(visit: Visit) -> None:
    """Promise more bytes than come."""
    visit.begin(Content_Length=str(visit.size))
    visit.content(visit.size // 2)


def _short_chunk(visit: Visit) -> None:
    """Break off within a chunk."""
    visit.begin(Transfer_Encoding="chunked")
    visit.send(f"{visit.size:x}\r\n".encode() + content(visit.size // 2))


def _two_lengths(visit: Visit) -> None:
    visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 50\r\n\r\nhello")


def _endless(visit: Visit) -> None:
    visit.begin()
    while not visit.over.is_set():
        visit.content(_PIECE)


def _drip(visit: Visit) -> None:
    """A body that comes byte by byte, and never ends."""
    visit.begin()
    while not visit.over.wait(_DRIP_SECONDS):
        visit.send(b".")


def _drip_head(visit: Visit) -> None:
    """A head that comes byte by byte, and never ends."""
    visit.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not visit.over.wait(_DRIP_SECONDS):
        visit.send(b".")


def _endless_head(visit: Visit) -> None:
    visit.send(b"HTTP/1.1 200 OK\r\n")
    while not visit.over.is_set():
        visit.send(b"X-More: " + b"x" * 1000 + b"\r\n")


def _silent(visit: Visit) -> None:
    """Say nothing, and keep the connection."""
    visit.over.wait()


def _cut(_visit: Visit) -> None:
    """Close without a word."""


def _reset(visit: Visit) -> None:
    """Break off in the middle, with a reset."""
    visit.begin(Content_Length="1000")
    visit.content(100)
    visit.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)


def _garbage(visit: Visit) -> None:
    visit.send(b"220 this is no web server\r\n")


def _gzip(visit: Visit) -> None:
    """A small body that unpacks to as many zeros as the size says, sent whether asked for or not."""
    packed = gzip.compress(bytes(visit.size))
    visit.begin(Content_Encoding="gzip", Content_Length=str(len(packed)))
    visit.send(packed)


TROUBLES: Final[dict[str, Callable[[Visit], None]]] = {
    "bytes": _whole,
    "chunked": _chunked,
    "until-close": _until_close,
    "status": _status,
    "redirect": _redirect,
    "loop": _loop,
    "to": _to,
    "nowhere": _nowhere,
    "seen": _seen,
    "cookie": _cookie,
    "short": _short,
    "short-chunk": _short_chunk,
    "two-lengths": _two_lengths,
    "endless": _endless,
    "drip": _drip,
    "drip-head": _drip_head,
    "endless-head": _endless_head,
    "silent": _silent,
    "cut": _cut,
    "reset": _reset,
    "garbage": _garbage,
    "gzip": _gzip,
}
"""What the server can do, by the first part of the path; the first four and `seen` are no trouble."""


class TroubleServer(Served):
    """The server, from entering until leaving: `with TroubleServer() as server: fetch(server.url("cut"))`."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        """Listen on a free port of 127.0.0.1; by TLS, if `tls` has a certificate for it."""
        self.visits: list[str] = []
        """The head of each request that came."""
        self._tls = tls
        super().__init__(_Server(self._answer))

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """The URL of a trouble, such as `bytes/1000`."""
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}/{path}"

    def _answer(self, connection: socket.socket) -> None:
        with suppress(OSError):  # the visitor has gone, or would not agree on TLS
            if self._tls is None:
                self._speak(connection)
            else:
                with self._tls.wrap_socket(connection, server_side=True) as wrapped:
                    self._speak(wrapped)

    def _speak(self, connection: socket.socket) -> None:
        came = b""
        while b"\r\n\r\n" not in came or len(came) < _whole_length(came):
            piece = connection.recv(_PIECE)
            if not piece:
                return
            came += piece
        text = came.partition(b"\r\n\r\n")[0].decode("latin-1") + "\r\n\r\n"
        self.visits.append(text)
        visit = Visit(connection, text, self.over)
        TROUBLES.get(visit.name, _cut)(visit)


def _whole_length(came: bytes) -> int:
    """How long a request is with its body: what is closed before it was read is reset by the system."""
    head = came.partition(b"\r\n\r\n")[0]
    length = re.search(rb"\r\ncontent-length: *([0-9]+)", head, re.IGNORECASE)
    return len(head) + 4 + (int(length[1]) if length else 0)


class _Handler(socketserver.BaseRequestHandler):
    server: "_Server"

    def handle(self) -> None:
        self.server.answer(self.request)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, answer: Callable[[socket.socket], None]) -> None:
        self.answer = answer
        super().__init__(("127.0.0.1", 0), _Handler)

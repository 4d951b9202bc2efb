"""A load generator: a few connections in one thread, each sending its next request when it has an answer.

It takes about 50 µs of processor time for a request, so that on two cores the server is what is measured.
"""

import select
import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

_SECONDS = 120.0


@dataclass(slots=True)
class Load:
    """What came of sending requests."""

    seconds: float
    bodies: list[bytes]
    """The answers in the order of the requests."""
    statuses: list[int]
    waits: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.bodies) / self.seconds

    def percentile(self, share: float) -> float:
        """Milliseconds that this share (0 to 100) of the requests took at most."""
        return float(np.percentile(self.waits, share)) * 1e3


@dataclass(slots=True)
class _Client:
    """One connection, and what it waits for."""

    socket: socket.socket
    number: int = -1
    sent: float = 0.0
    received: bytearray = field(default_factory=bytearray)


class _Run:
    """Requests on their way, and what has come back."""

    def __init__(self, port: int, requests: Sequence[bytes]) -> None:
        self._port = port
        self._requests = requests
        self._following = iter(range(len(requests)))
        self._selector = selectors.DefaultSelector()
        self.load = Load(0.0, [b""] * len(requests), [0] * len(requests), [0.0] * len(requests))

    def run(self, clients: int) -> Load:
        begun = time.perf_counter()
        for _ in range(min(clients, len(self._requests))):
            self._next(self._opened())
        left = len(self._requests)
        while left:
            ready = self._selector.select(_SECONDS)
            if not ready:
                message = f"no answer within {_SECONDS:.0f} s"
                raise TimeoutError(message)
            left -= sum(self._received(key.data) for key, _ in ready)
        self.load.seconds = time.perf_counter() - begun
        for key in list(self._selector.get_map().values()):
            key.data.socket.close()
        self._selector.close()
        return self.load

    def _opened(self) -> _Client:
        client = _Client(_connected(self._port))
        self._selector.register(client.socket, selectors.EVENT_READ, client)
        return client

    def _next(self, client: _Client) -> None:
        number = next(self._following, None)
        if number is not None:
            client.number, client.sent = number, time.perf_counter()
            client.received.clear()
            client.socket.sendall(self._requests[number])

    def _received(self, client: _Client) -> bool:
        """Take what has come; whether it was the end of an answer."""
        data = client.socket.recv(1 << 16)
        client.received += data
        answer = _answer(client.received)
        if answer is None:
            if not data:
                message = "the server closed the connection before its answer was whole"
                raise ConnectionError(message)
            return False
        done = client.number
        self.load.statuses[done], self.load.bodies[done], closes = answer
        self.load.waits[done] = time.perf_counter() - client.sent
        if closes:
            self._selector.unregister(client.socket)
            client.socket.close()
            client = self._opened()
        self._next(client)
        return True


class Connection:
    """One connection, which waits for each answer; opened again where the server closes it."""

    def __init__(self, port: int) -> None:
        """Connect to 127.0.0.1."""
        self._port = port
        self._socket = _connected(port)

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer to a whole request. Raises ConnectionError, TimeoutError."""
        if self._left_by_the_server():
            self._open_again()
        self._socket.sendall(request)
        received = bytearray()
        while (answer := _answer(received)) is None:
            if not (data := self._socket.recv(1 << 16)):
                message = "the server closed the connection before its answer was whole"
                raise ConnectionError(message)
            received += data
        status, body, closes = answer
        if closes:
            self._open_again()
        return status, body

    def _left_by_the_server(self) -> bool:
        """Whether the server has closed the connection, as it does when nothing is asked for a while."""
        readable, _, _ = select.select([self._socket], [], [], 0)
        return bool(readable)

    def _open_again(self) -> None:
        self._socket.close()
        self._socket = _connected(self._port)

    def close(self) -> None:
        """Let it go."""
        self._socket.close()


def send(port: int, requests: Sequence[bytes], clients: int) -> Load:
    """Send all requests (whole, as they go over the wire) to 127.0.0.1 over `clients` connections."""
    return _Run(port, requests).run(clients)


def get(path: str, headers: str = "") -> bytes:
    """A GET request; each of `headers` ends its line."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode()


def post_photo(path: str, picture: bytes, headers: str = "") -> bytes:
    """A POST request with a picture in the field `photo`."""
    boundary = "tocsin-bench-0f5c"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    ).encode()
    body += picture + f"\r\n--{boundary}--\r\n".encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{headers}"
        f"Content-Type: multipart/form-data; boundary={boundary}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _connected(port: int) -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", port), timeout=_SECONDS)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


def _answer(received: bytearray) -> tuple[int, bytes, bool] | None:
    """Status, body and whether the connection ends here; None while it is not whole."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(received[:end]).lower()
    at = head.find(b"\r\ncontent-length:")
    if at < 0:
        message = f"an answer without a length: {head[:200]!r}"
        raise ValueError(message)
    length = int(head[at + 17 :].split(b"\r\n", 1)[0])
    if len(received) < end + 4 + length:
        return None
    return int(head[9:12]), bytes(received[end + 4 : end + 4 + length]), b"\r\nconnection: close" in head

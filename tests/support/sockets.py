"""A node's interface on a real socket, in a thread of this process, and bare connections to it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fastapi import FastAPI

from tocsin.web.server import Listening, Server, listen

PATIENCE = 60.0
"""Seconds until something that should happen soon counts as not happening."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where it listens."""

    port: int

    @property
    def url(self) -> str:
        """The same as a URL."""
        return f"http://127.0.0.1:{self.port}"

    def connect(self) -> socket.socket:
        """A connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def exchange(self, *pieces: bytes) -> bytes:
        """Send bytes; all that is answered until the connection is closed, by them or by us."""
        with self.connect() as connection:
            try:
                for piece in pieces:
                    connection.sendall(piece)
            except ConnectionError:  # refused on the way; what was answered can be read all the same
                pass
            return received(connection)


def received(connection: socket.socket) -> bytes:
    """All that comes until the connection is closed, or breaks."""
    parts: list[bytes] = []
    try:
        while part := connection.recv(1 << 16):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)


def status(answer: bytes) -> int:
    """The status of an answer; 0 where the connection was just closed."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


@contextmanager
def listening(app: FastAPI, header_seconds: float = PATIENCE) -> Iterator[Address]:
    """Serve `app` on a free port."""
    where = Listening(port=0, header_seconds=header_seconds, stop_seconds=5)
    ready = threading.Event()
    with listen(where) as opened:
        server = Server(app, where, ready.set)
        thread = threading.Thread(target=server.run, args=([opened],), daemon=True)
        thread.start()
        assert ready.wait(PATIENCE)
        try:
            yield Address(opened.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(PATIENCE)
            assert not thread.is_alive()

"""A server that answers with prepared bytes, one connection after the other, and keeps what came."""

import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What one connection is answered with."""

    data: bytes = b""
    read: int | None = None
    """Bytes that are read first; None: the whole request."""
    pause: float = 0.0
    """Seconds before each byte of the answer; with 0 it comes at once."""
    hold: float = 0.0
    """Seconds until the connection is closed, which may end earlier with the server."""


class Awkward:
    """Listens on the loopback while it is entered. Further connections get the last reply."""

    def __init__(self, *replies: Reply, tls: ssl.SSLContext | None = None) -> None:
        """Answer with these, in this order."""
        self.seen: list[bytes] = []
        self._replies: Sequence[Reply] = replies
        self._tls = tls
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listening.getsockname()[1])

    def __enter__(self) -> Self:
        """Start."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._over.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(_PATIENCE)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            reply = self._replies[min(len(self.seen), len(self._replies) - 1)]
            self.seen.append(b"")
            connection.settimeout(_PATIENCE)
            with suppress(OSError), connection, self._wrapped(connection) as wrapped:
                self._answer(wrapped, reply)

    def _wrapped(self, connection: socket.socket) -> socket.socket:
        return connection if self._tls is None else self._tls.wrap_socket(connection, server_side=True)

    def _answer(self, connection: socket.socket, reply: Reply) -> None:
        self._read(connection, reply.read)
        if reply.pause:
            for byte in reply.data:
                if self._over.wait(reply.pause):
                    return
                connection.sendall(bytes([byte]))
        else:
            connection.sendall(reply.data)
        if reply.hold:
            self._over.wait(reply.hold)

    def _read(self, connection: socket.socket, most: int | None) -> None:
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end and not self._enough(most):
            piece = connection.recv(1 << 16)
            self.seen[-1] += piece
            if not piece:
                return

    def _enough(self, most: int | None) -> bool:
        if most is not None:
            return len(self.seen[-1]) >= most
        head, blank, body = self.seen[-1].partition(b"\r\n\r\n")
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                return bool(blank) and len(body) >= int(line.split(b":")[1])
        return bool(blank)

"""A server of the standard library on the loopback, in a thread of its own: what simulators are made of."""

import threading
from socketserver import TCPServer
from types import TracebackType
from typing import Final, Self

_POLL: Final = 0.01
"""Seconds within which a server notices that it is to stop."""


class Served:
    """A server that answers from entering until leaving."""

    def __init__(self, server: TCPServer) -> None:
        """That server, which listens already and answers once it is entered."""
        self.over = threading.Event()
        """Set when it stops: whoever waits lets go."""
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(_POLL,), daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        """Start."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and end what is still being answered."""
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Quiet:
    """With BaseHTTPRequestHandler: a connection of which nothing is written to stderr."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""

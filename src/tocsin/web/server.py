"""Serving an application on a socket, until a signal ends it."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import uvicorn

from tocsin.errors import Error
from tocsin.web.protocol import HEADER_SECONDS, GuardedProtocol

if TYPE_CHECKING:
    from fastapi import FastAPI

BACKLOG: Final = 512
STOP_SECONDS: Final = 30
"""How long requests may take to end when the node is told to stop."""


class ListenError(Error):
    """The address cannot be listened on."""

    code = "web.listen"
    advice = "Choose another --host or --port, or stop what listens there."


@dataclass(frozen=True, slots=True)
class Listening:
    """Where, and behind what."""

    host: str = "127.0.0.1"
    port: int = 8000
    reuse_port: bool = False
    """Several processes share the port, and the kernel shares out the connections."""
    proxies: tuple[str, ...] = ()
    """Addresses and networks whose X-Forwarded-For and X-Forwarded-Proto are believed."""
    header_seconds: float = HEADER_SECONDS
    """How long the headers of a request may take."""
    stop_seconds: int = STOP_SECONDS


def listen(where: Listening) -> socket.socket:
    """A socket that listens there. Raises ListenError."""
    try:
        family, _, _, _, address = socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)[0]
        opened = socket.socket(family, socket.SOCK_STREAM)
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if where.reuse_port:
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            opened.bind(address)
            opened.listen(BACKLOG)
        except BaseException:
            opened.close()
            raise
    except OSError as error:
        message = f"cannot listen on {where.host} port {where.port}: {error.strerror}"
        raise ListenError(message) from error
    return opened


class _Config(uvicorn.Config):
    """uvicorn's settings and one of ours."""

    def __init__(self, app: "FastAPI", *, header_seconds: float, **settings: Any) -> None:  # noqa: ANN401  # uvicorn's
        super().__init__(app, **settings)
        self.header_seconds = header_seconds


class Server(uvicorn.Server):
    """uvicorn, which says when it listens."""

    def __init__(self, app: "FastAPI", where: Listening, listening: Callable[[], None]) -> None:
        """Serve `app`; `listening` is called as soon as requests are answered."""
        super().__init__(
            _Config(
                app,
                header_seconds=where.header_seconds,
                loop="uvloop",
                http=GuardedProtocol,
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=bool(where.proxies),
                forwarded_allow_ips=list(where.proxies),
                timeout_graceful_shutdown=where.stop_seconds,
            )
        )
        self._listening = listening

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at a signal. uvicorn would then let it end the process, before the node is closed."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        ends = (signal.SIGINT, signal.SIGTERM)
        before = {one: signal.signal(one, self.handle_exit) for one in ends}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        if self.started:
            self._listening()


def serve(app: "FastAPI", where: Listening, opened: socket.socket, listening: Callable[[str], None]) -> None:
    """Serve on a socket from `listen` until SIGTERM or SIGINT; requests that have begun are ended.

    `listening` is told the URL as soon as requests are answered.
    """
    port = opened.getsockname()[1]
    host = f"[{where.host}]" if ":" in where.host else where.host
    Server(app, where, lambda: listening(f"http://{host}:{port}")).run([opened])

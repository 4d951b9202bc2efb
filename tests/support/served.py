"""A node as an operator runs it: processes of `tocsin serve` and `tocsin worker`, asked over HTTP."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from tocsin.access.model import EVERY_BANK, Permission, Principal, Right
from tocsin.access.tokens import Scope
from tocsin.node.node import Node

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue

WAIT_SECONDS = 60.0
LOCAL = Principal("local:tests", frozenset(Permission), {EVERY_BANK: frozenset(Right)})
"""Whoever may open the home may do everything with it."""
T = TypeVar("T")


def eventually(what: Callable[[], T | None], seconds: float = WAIT_SECONDS) -> T:
    """What `what` gives as soon as it is neither None nor false; it is asked again and again until then."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.02)
    return found


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer over HTTP."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def table(self) -> dict[str, Any]:
        """Its JSON object."""
        value = json.loads(self.body)
        assert isinstance(value, dict), value
        return value


class Process:
    """One process of the program, which can be killed and started again."""

    def __init__(self, home: Path, arguments: Sequence[str], ready: str) -> None:
        """Start it, and wait until it says what matches `ready`; that match is `said`."""
        self._command = [sys.executable, "-m", "tocsin", *arguments, "--home", str(home)]
        self._ready = ready
        self._log = home.parent / f"{arguments[0]}-{uuid4().hex[:8]}.log"
        self.start()

    def start(self) -> None:
        """Start it, again too."""
        with self._log.open("ab") as log:
            before = log.tell()
            self.process = subprocess.Popen(self._command, stdout=log, stderr=log, env=os.environ.copy())
        self.said = eventually(lambda: self._said(before))

    def _said(self, after: int) -> re.Match[str] | None:
        text = self._log.read_bytes()[after:].decode(errors="replace")
        assert self.process.poll() is None, text
        return re.search(self._ready, text)

    def kill(self) -> None:
        """`kill -9`."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(WAIT_SECONDS)

    @property
    def log(self) -> str:
        """What it has said."""
        return self._log.read_text(errors="replace")


class Server(Process):
    """`tocsin serve` on a free port of this machine."""

    def __init__(self, home: Path, *options: str) -> None:
        """Start it and wait until it listens."""
        super().__init__(home, ["serve", "--port", "0", *options], r"listening on http://[^\s:]+:(\d+)")

    @property
    def port(self) -> int:
        """Where it listens; another port after each start."""
        return int(self.said[1])

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answered:
        """One request on a connection of its own. Raises OSError, HTTPException if it is not answered."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=WAIT_SECONDS)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return Answered(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()


UNANSWERED = (OSError, HTTPException)
"""What `Server.ask` raises when the server is gone, or goes meanwhile."""


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody with a token, at one server."""

    server: Server
    token: str

    def ask(
        self, method: str, path: str, value: "JsonValue" = None, headers: Mapping[str, str] | None = None
    ) -> Answered:
        """A request with a JSON body, if `value` is given."""
        body = None if value is None else json.dumps(value).encode()
        return self.server.ask(method, path, body, self._headers("application/json", headers))

    def submit(
        self, data: bytes, *, key: str | None = None, wait: float = 30, context: "JsonObject | None" = None
    ) -> Answered:
        """Submit a content."""
        parts = {"file": data} | ({} if context is None else {"context": json.dumps(context).encode()})
        body, kind = multipart(parts)
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.server.ask("POST", f"/v1/submissions?wait={wait}", body, self._headers(kind, headers))

    def upload(self, path: str, parts: Mapping[str, bytes]) -> Answered:
        """Send a form of files."""
        body, kind = multipart(parts)
        return self.server.ask("POST", path, body, self._headers(kind))

    def _headers(self, kind: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Content-Type": kind, **(more or {})}


def multipart(parts: Mapping[str, bytes]) -> tuple[bytes, str]:
    """A form of files, and its content type."""
    mark = uuid4().hex
    body = b"".join(
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"'.encode()
        + (f'; filename="{name}"'.encode() if name != "context" else b"")
        + b"\r\n\r\n"
        + data
        + b"\r\n"
        for name, data in parts.items()
    )
    return body + f"--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"


def token(
    home: Path, name: str, roles: Sequence[str], banks: Mapping[str, frozenset[Right]] | None = None
) -> str:
    """A token, as `tocsin admin token create` makes it."""
    with Node.open(home, create=True) as node:
        everything = {EVERY_BANK: frozenset(Right)}
        scope = Scope(frozenset(roles), everything if banks is None else banks, lifetime=timedelta(days=1))
        return node.accounts.tokens.create(LOCAL, name, scope)


@contextmanager
def running(
    home: Path, servers: int = 2, workers: int = 2, *options: str, started: list[Process] | None = None
) -> Iterator[list[Server]]:
    """That many servers and workers over one home; all their processes are put into `started`."""
    processes = [] if started is None else started
    try:
        serving = []
        for _ in range(servers):
            serving.append(Server(home, "--no-worker", *options))
            processes.append(serving[-1])
        for _ in range(workers):
            processes.append(
                Process(home, ["worker", "--threads", "2"], "working")
            )  # if one does not start, the others are stopped
        yield serving
    finally:
        for process in processes:
            process.stop()

"""A node in processes of its own: started, asked on a connection that stays, and its memory."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bench.serve_load import Connection

ROOT = Path(__file__).parent.parent
START_SECONDS = 600
_MB = 1e6


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process has resident, in MB."""

    private: float
    """Its own: what it has written to."""
    index: float
    """Of the index's files; all processes share these pages."""


class Process:
    """`tocsin serve` or `tocsin worker`."""

    def __init__(self, home: Path, arguments: Sequence[str], ready: str) -> None:
        """Start it, and wait until it says what matches `ready`."""
        self._home = home
        self._log = home.parent / f"{arguments[0]}-{time.monotonic_ns()}.log"
        self.begun = time.perf_counter()
        with self._log.open("wb") as log:
            command = [sys.executable, "-m", "tocsin", "--home", str(home), *arguments]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT)  # noqa: S603  # ours
        self.said = self._await(ready)

    def _await(self, ready: str) -> re.Match[str]:
        while time.perf_counter() - self.begun < START_SECONDS and self._process.poll() is None:
            if found := re.search(ready, self._log.read_text()):
                return found
            time.sleep(0.005)
        message = f"{self._process.args!r} does not start; its last words:\n{self._log.read_text()[-2000:]}"
        raise RuntimeError(message)

    def stop(self) -> None:
        """SIGTERM, and wait for its end."""
        self._process.terminate()
        self._process.wait(START_SECONDS)

    def __enter__(self) -> Self:
        """The process, running."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()

    def cpu(self) -> float:
        """Seconds of processor time that it has taken, which other programs' work does not change (Linux)."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def complaints(self) -> list[str]:
        """Lines of its log that warn or tell of errors."""
        return [
            line for line in self._log.read_text().splitlines() if re.search("WARN|ERROR|Traceback", line)
        ]

    def memory(self) -> Memory:
        """What it has resident now (Linux)."""
        private = index = 0
        within = False
        for line in Path(f"/proc/{self._process.pid}/smaps").read_text().splitlines():
            name, *rest = line.split()
            if not name.endswith(":"):  # a mapping's first line ends with its path
                within = str(self._home / "index") in line
            elif name == "Rss:" and within:
                index += int(rest[0])
            elif name.startswith("Private_Dirty"):
                private += int(rest[0])
        return Memory(private * 1024 / _MB, index * 1024 / _MB)


class Server(Process):
    """`tocsin serve` on a free port."""

    def __init__(self, home: Path, *options: str) -> None:
        """Start it and wait until it listens."""
        super().__init__(home, ["serve", "--port", "0", *options], r"listening on http://[^\s:]+:(\d+)")
        self.port = int(self.said[1])


class Client:
    """Somebody with a token, on one connection that stays open. For one thread."""

    def __init__(self, server: Server, token: str) -> None:
        """Connect."""
        self._connection = Connection(server.port)
        self._headers = f"Authorization: Bearer {token}\r\n"

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def __enter__(self) -> Self:
        """Somebody connected."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self.close()

    def ask(self, method: str, path: str, value: object = None) -> dict[str, Any]:
        """The JSON object that answers a request. Raises RuntimeError if it is refused."""
        body = b"" if value is None else json.dumps(value).encode()
        return self.send(method, path, body, "application/json")

    def send(self, method: str, path: str, body: bytes, kind: str) -> dict[str, Any]:
        """The same with a body of any kind."""
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{self._headers}"
        head += f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        status, answer = self._connection.ask(head.encode() + body)
        if status not in {200, 201, 202}:
            message = f"{method} {path} was answered with {status}: {answer[:500]!r}"
            raise RuntimeError(message)
        found: dict[str, Any] = json.loads(answer)
        return found

    def entries_near(self, value: bytes) -> set[int]:
        """The entries that a look-up of a PDQ hash finds."""
        asked = {"signals": [{"type": "pdq", "value": value.hex()}]}
        (answer,) = self.ask("POST", "/v1/match", asked)["signals"]
        return {match["entry"] for match in answer["matches"]}


def ready_after(server: Server) -> float:
    """Seconds from its start until it says that it is ready."""
    while True:
        connection = Connection(server.port)
        status, _ = connection.ask(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connection.close()
        if status == 200:  # noqa: PLR2004  # OK
            return time.perf_counter() - server.begun
        if time.perf_counter() - server.begun > START_SECONDS:
            message = "the server does not get ready"
            raise TimeoutError(message)
        time.sleep(0.01)

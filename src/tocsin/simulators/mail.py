"""A mail server on the loopback that keeps what it is given: for tests, and to try notices out.

RFC 5321 with STARTTLS (RFC 3207), AUTH PLAIN and LOGIN (RFC 4954), as far as a client needs that sends one
message at a time. It misbehaves when told to. It delivers nothing to anybody.
"""

import base64
import socket
import socketserver
import ssl
import threading
from collections import deque
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import StrEnum
from typing import Final

from tocsin.simulators.serving import Served

_LONGEST_LINE: Final = 1 << 16
_LARGEST: Final = 10 << 20


class Conduct(StrEnum):
    """What the server does with a message."""

    TAKE = "take"
    LATER = "later"
    """Answer 451 to the message."""
    REFUSE = "refuse"
    """Answer 550 to the recipient."""
    CUT = "cut"
    """Close the connection before the message."""
    TAKE_AND_CUT = "take and cut"
    """Take the message, and close the connection instead of saying so."""
    RUDE = "rude"
    """Take the message, say so, and answer the farewell with an error."""


@dataclass(frozen=True, slots=True)
class Mailed:
    """One message that was taken."""

    sender: str
    recipient: str
    data: bytes
    encrypted: bool
    user: str
    """Who signed in; empty where nobody did."""

    @property
    def message(self) -> EmailMessage:
        """It, parsed."""
        return message_from_bytes(self.data, policy=policy.default)


class MailSink(Served):
    """The server, from entering until leaving."""

    def __init__(
        self, *, tls: ssl.SSLContext | None = None, user: str = "", password: str = "", port: int = 0
    ) -> None:
        """Listen on 127.0.0.1; with `tls` it offers STARTTLS, with a user it wants one to sign in."""
        self.taken: list[Mailed] = []
        self._tls = tls
        self._credentials = (user, password)
        self._next: deque[Conduct] = deque()
        self._came = threading.Condition()
        sink = self

        class Handler(socketserver.BaseRequestHandler):
            """One connection."""

            def handle(self) -> None:
                """Speak SMTP."""
                _Session(sink, self.request).run()

        server = socketserver.ThreadingTCPServer(("127.0.0.1", port), Handler)
        server.daemon_threads = True
        server.block_on_close = False
        super().__init__(server)

    def then(self, *conduct: Conduct) -> None:
        """Do these with the next messages, one each; after them, take what comes."""
        with self._came:
            self._next.extend(conduct)

    def wait(self, count: int, seconds: float = 30) -> list[Mailed]:
        """The messages, once so many were taken. Raises TimeoutError."""
        with self._came:
            if not self._came.wait_for(lambda: len(self.taken) >= count, seconds):
                message = f"{len(self.taken)} of {count} messages came"
                raise TimeoutError(message)
            return list(self.taken)

    def _conduct(self) -> Conduct:
        with self._came:
            return self._next.popleft() if self._next else Conduct.TAKE

    def _take(self, one: Mailed) -> None:
        with self._came:
            self.taken.append(one)
            self._came.notify_all()


class _Session:
    """One connection's talk."""

    def __init__(self, sink: MailSink, connection: socket.socket) -> None:
        self._sink = sink
        self._connection = connection
        self._file = connection.makefile("rb")
        self._encrypted = False
        self._user = ""
        self._sender = ""
        self._recipient = ""
        self._conduct = Conduct.TAKE

    def run(self) -> None:
        """Until it is over, or the other side is gone."""
        try:
            self._say("220 simulator ESMTP: nothing is delivered")
            while self._step(self._line()):
                pass
        except (OSError, EOFError, ValueError):
            return
        finally:
            self._file.close()
            self._connection.close()

    def _step(self, line: str) -> bool:
        """Answer a command; whether to go on."""
        verb, _, rest = line.partition(" ")
        match verb.upper():
            case "EHLO" | "HELO":
                self._say(*self._greeting())
            case "STARTTLS" if self._sink._tls is not None and not self._encrypted:  # noqa: SLF001  # its own
                self._start_tls(self._sink._tls)  # noqa: SLF001  # its own
            case "AUTH":
                self._sign_in(rest)
            case "MAIL":
                self._begin(rest)
            case "RCPT":
                return self._address(rest)
            case "DATA":
                return self._data()
            case "RSET" | "NOOP":
                self._say("250 ok")
            case "QUIT":
                self._say("451 stay" if self._conduct is Conduct.RUDE else "221 bye")
                return False
            case _:
                self._say("502 not here")
        return True

    def _greeting(self) -> tuple[str, ...]:
        user, _ = self._sink._credentials  # noqa: SLF001  # its own
        offers = ["STARTTLS"] if self._sink._tls is not None and not self._encrypted else []  # noqa: SLF001
        if user and (self._encrypted or self._sink._tls is None):  # noqa: SLF001  # its own
            offers.append("AUTH PLAIN LOGIN")
        lines = ["simulator", *offers]
        return (*(f"250-{one}" for one in lines[:-1]), f"250 {lines[-1]}")

    def _start_tls(self, tls: ssl.SSLContext) -> None:
        self._say("220 go ahead")
        self._file.close()
        self._connection = tls.wrap_socket(self._connection, server_side=True)
        self._file = self._connection.makefile("rb")
        self._encrypted = True

    def _sign_in(self, rest: str) -> None:
        way, _, first = rest.partition(" ")
        if way.upper() == "PLAIN":
            _, user, password = _decoded(first or self._prompt("")).split("\0")
        else:
            user = _decoded(first or self._prompt("VXNlcm5hbWU6"))
            password = _decoded(self._prompt("UGFzc3dvcmQ6"))
        if (user, password) == self._sink._credentials:  # noqa: SLF001  # its own
            self._user = user
            self._say("235 welcome")
        else:
            self._say("535 no")

    def _begin(self, rest: str) -> None:
        if self._sink._credentials[0] and not self._user:  # noqa: SLF001  # its own
            self._say("530 sign in first")
            return
        self._conduct = self._sink._conduct()  # noqa: SLF001  # its own
        self._sender = _address(rest)
        self._say("250 ok")

    def _address(self, rest: str) -> bool:
        if self._conduct is Conduct.CUT:
            return False
        self._recipient = _address(rest)
        self._say("550 nobody of that name" if self._conduct is Conduct.REFUSE else "250 ok")
        return True

    def _data(self) -> bool:
        self._say("354 go ahead")
        data = self._message()
        if self._conduct is Conduct.LATER:
            self._say("451 try again later")
            return True
        self._sink._take(Mailed(self._sender, self._recipient, data, self._encrypted, self._user))  # noqa: SLF001
        if self._conduct is Conduct.TAKE_AND_CUT:
            return False
        self._say("250 taken")
        return True

    def _message(self) -> bytes:
        """The message until its single dot. Raises EOFError, ValueError."""
        data = b""
        while (line := self._raw_line()) != b".\r\n":
            data += line.removeprefix(b".") if line.startswith(b"..") else line
            if len(data) > _LARGEST:
                raise ValueError
        return data

    def _prompt(self, words: str) -> str:
        self._say(f"334 {words}")
        return self._line()

    def _line(self) -> str:
        return self._raw_line().decode("ascii").rstrip("\r\n")

    def _raw_line(self) -> bytes:
        line = self._file.readline(_LONGEST_LINE)
        if not line.endswith(b"\n"):
            raise EOFError
        return line

    def _say(self, *lines: str) -> None:
        self._connection.sendall("".join(f"{line}\r\n" for line in lines).encode())


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode()


def _address(rest: str) -> str:
    """The address in `FROM:<a@b> OPTIONS`."""
    return rest.partition("<")[2].partition(">")[0]

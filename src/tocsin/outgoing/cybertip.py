"""The CyberTipline's API over HTTP; implements `tocsin.filing.transport.Transport`.

Followed: the public documentation of the CyberTipline Reporting API, 2025-06-11: HTTP Basic, XML with its
character set stated, forms as multipart/form-data (RFC 7578). Each call is one connection to an address that
was checked: none is tried again here, redirections are not followed, proxies that the environment names are
not asked, and encoded answers are not taken.
"""

import ssl
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from typing import TYPE_CHECKING, BinaryIO, Final

from tocsin.filing.cybertip.hosts import checked_url
from tocsin.filing.errors import FileNotWholeError
from tocsin.filing.model import Environment
from tocsin.filing.transport import Answer, NoAnswerError
from tocsin.outgoing.addresses import SIMULATED, Network, Resolver, Target, checked_addresses, parse
from tocsin.outgoing.errors import FetchFailedError, FetchRefusedError

if TYPE_CHECKING:
    import httpcore2

    from tocsin.filing.credentials import Account

LONGEST_ANSWER: Final = 1 << 20
LONGEST_SCHEMA: Final = 8 << 20
_PIECE: Final = 1 << 17
_LONGEST_NAME: Final = 255
_TELLING: Final = 12
"""Letters of a login from which on it stands nowhere by chance."""
_BLOTTED: Final = "[account]"
_REDIRECTS: Final = range(300, 400)
_XML: Final = "text/xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long is waited."""

    step: float = 30.0
    """For a connection to move on: seconds for each piece, however many a file has."""
    answer: float = 120.0
    """For the whole answer, once all was sent."""
    upload: float = 24 * 3600.0
    """For all of an upload: nobody keeps a report open for longer."""


class _Pace:
    """While a body is sent each piece has its time; after that the answer has one for all of it."""

    def __init__(self, waiting: Waiting) -> None:
        self._waiting = waiting
        self._end = time.monotonic() + waiting.upload
        self.begun = False
        """Whether the connection was made, and the request's body begun."""

    def begin(self) -> None:
        self.begun = True

    def answering(self) -> None:
        self._end = min(self._end, time.monotonic() + self._waiting.answer)

    def left(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            message = "the answer took longer than this node waits"
            raise FetchFailedError(message)
        return min(left, self._waiting.step)


@dataclass(slots=True)
class _Received:
    """What has come of an answer so far."""

    status: int = 0
    request_id: str = ""
    body: bytearray = field(default_factory=bytearray)


class CybertipTransport:
    """One environment with one account. Threads may share it: each call has a connection of its own."""

    def __init__(  # noqa: PLR0913  # what surrounds a call
        self,
        target: Target,
        account: "Account",
        *,
        allowed: Sequence[Network] = (),
        tls: ssl.SSLContext | None = None,
        resolver: Resolver | None = None,
        waiting: Waiting | None = None,
    ) -> None:
        """Use `transport`, which holds to the hosts there are. `allowed`: networks that are not public."""
        self._target = target
        self._login = _basic(account)
        self._allowed = tuple(allowed)
        self._tls = tls or _verifying(system=target.scheme == "https")
        self._resolver = resolver
        self._waiting = waiting or Waiting()

    def status(self) -> Answer:
        """Whether the service is there and knows us."""
        return self._get("status", LONGEST_ANSWER)

    def schema(self) -> Answer:
        """The XSD as the authority has it now."""
        return self._get("xsd", LONGEST_SCHEMA)

    def submit(self, report: bytes) -> Answer:
        """Open a report with this XML."""
        return self._post("submit", _XML, _bytes_of(report), len(report))

    def fileinfo(self, details: bytes) -> Answer:
        """Say what there is to say about a file, in XML."""
        return self._post("fileinfo", _XML, _bytes_of(details), len(details))

    def finish(self, report_id: str) -> Answer:
        """Finish an open report."""
        return self._form("finish", report_id)

    def retract(self, report_id: str) -> Answer:
        """Give up an open report."""
        return self._form("retract", report_id)

    def upload(self, report_id: str, name: str, file: BinaryIO, size: int) -> Answer:
        """Add a file to an open report, streamed. Raises FileNotWholeError too: then it did not arrive."""
        boundary = token_hex(20)
        before = _field(boundary, "id", report_id) + _file_head(boundary, name)
        after = f"\r\n--{boundary}--\r\n".encode()
        length = len(before) + size + len(after)
        return self._post("upload", _form_type(boundary), _file_form(before, file, size, after), length)

    def _form(self, call: str, report_id: str) -> Answer:
        boundary = token_hex(20)
        body = _field(boundary, "id", report_id) + f"--{boundary}--\r\n".encode()
        return self._post(call, _form_type(boundary), _bytes_of(body), len(body))

    def _get(self, call: str, longest: int) -> Answer:
        return self._ask("GET", call, {}, None, longest)

    def _post(self, call: str, kind: str, body: Iterator[bytes], length: int) -> Answer:
        headers = {"Content-Type": kind, "Content-Length": str(length)}
        return self._ask("POST", call, headers, body, LONGEST_ANSWER)

    def _ask(
        self, method: str, call: str, headers: Mapping[str, str], body: Iterator[bytes] | None, longest: int
    ) -> Answer:
        """One call. Raises NoAnswerError, and what reading the file raises."""
        from tocsin.outgoing.connecting import Request, exchange  # noqa: PLC0415  # takes 0.1 s to import

        pace, received = _Pace(self._waiting), _Received()
        target = Target(
            self._target.scheme, self._target.host, self._target.port, f"{self._target.path}/{call}"
        )
        sent = {"Authorization": self._login, "Accept-Encoding": "identity", **headers}
        request = Request(method, target, sent, None if body is None else _told(body, pace))
        if body is None:
            pace.begin()
            pace.answering()
        try:
            addresses = checked_addresses(target, self._allowed, pace.left(), self._resolver)
            with exchange(request, addresses, pace, self._tls) as response:
                pace.begin()
                pace.answering()
                _receive(response, received, longest)
        except (FetchFailedError, FetchRefusedError) as error:
            raise _no_answer(error.message, pace, self._cleaned(received)) from error
        cleaned = self._cleaned(received)
        return Answer(cleaned.status, bytes(cleaned.body), cleaned.request_id)

    def _cleaned(self, received: _Received) -> _Received:
        """An answer without the account: what is in between may show whom it refuses what they sent."""
        login = self._login.removeprefix("Basic ")
        if len(login) >= _TELLING:
            received.body = received.body.replace(login.encode(), _BLOTTED.encode())
            received.request_id = received.request_id.replace(login, _BLOTTED)
        return received


def transport(environment: Environment, url: str, account: "Account") -> CybertipTransport:
    """What speaks to the CyberTipline in an environment: at its one host, or at a simulator on the loopback.

    Raises UnfitUrlError for a URL that is not the environment's own.
    """
    target = parse(checked_url(environment, url))
    allowed = SIMULATED if environment is Environment.SIMULATOR else ()
    return CybertipTransport(target, account, allowed=allowed)


def _receive(response: "httpcore2.Response", received: _Received, longest: int) -> None:
    """Read an answer. Raises FetchFailedError for one that is none; what came is in `received`."""
    from tocsin.outgoing.connecting import answer_header  # noqa: PLC0415  # as above

    received.status = response.status
    received.request_id = (answer_header(response, b"request-id") or "")[:_LONGEST_NAME]
    if response.status in _REDIRECTS:
        message = f"the service sends us elsewhere (status {response.status}), where this node does not go"
        raise FetchFailedError(message)
    if (answer_header(response, b"content-encoding") or "identity").lower() != "identity":
        message = "the service sends an encoded answer, though asked not to"
        raise FetchFailedError(message)
    for piece in response.iter_stream():
        received.body += piece[: longest - len(received.body)]
        if len(received.body) >= longest:
            message = "the service's answer is too long to be one"
            raise FetchFailedError(message)


def _no_answer(message: str, pace: _Pace, received: _Received) -> NoAnswerError:
    error = NoAnswerError(message)
    error.sent = pace.begun
    error.status = received.status
    error.part = bytes(received.body)
    return error


def _told(body: Iterator[bytes], pace: _Pace) -> Iterator[bytes]:
    """A body that says when it is begun, and when it is over."""
    pace.begin()
    try:
        yield from body
    finally:
        pace.answering()


def _bytes_of(body: bytes) -> Iterator[bytes]:
    yield body


def _file_form(before: bytes, file: BinaryIO, size: int, after: bytes) -> Iterator[bytes]:
    """A form with a file of that size. Raises FileNotWholeError before the form ends."""
    yield before
    left = size
    while left:
        piece = file.read(min(_PIECE, left))
        if not piece:
            message = f"{left} of the file's {size} bytes are missing"
            raise FileNotWholeError(message)
        left -= len(piece)
        yield piece
    if file.read(1):
        message = f"the file is longer than its {size} bytes"
        raise FileNotWholeError(message)
    yield after


def _field(boundary: str, name: str, value: str) -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
    return f"{head}{value}\r\n".encode()


def _file_head(boundary: str, name: str) -> bytes:
    """The head of the file's part; a file's name is a stranger's (RFC 7578, 4.2, and WHATWG's escapes)."""
    plain = "".join(letter if letter.isprintable() else "_" for letter in name)[:_LONGEST_NAME] or "file"
    escaped = plain.replace('"', "%22")
    disposition = f'Content-Disposition: form-data; name="file"; filename="{escaped}"'
    return f"--{boundary}\r\n{disposition}\r\nContent-Type: application/octet-stream\r\n\r\n".encode()


def _form_type(boundary: str) -> str:
    return f"multipart/form-data; boundary={boundary}"


def _basic(account: "Account") -> str:
    return f"Basic {b64encode(f'{account.user}:{account.password}'.encode()).decode()}"


def _verifying(*, system: bool) -> ssl.SSLContext:
    """The system's authorities, or (to load them takes 20 ms) none: then nobody at all is trusted.

    `create_default_context` would write session keys where SSLKEYLOGFILE says.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if system:
        context.load_default_certs()
    return context

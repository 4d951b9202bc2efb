"""One request to the simulator: read, spoilt as planned, done or not done, answered or not."""

import socket
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Final

from tocsin.simulators.cybertip import codes
from tocsin.simulators.cybertip.codes import Code, RefusedError, http_status
from tocsin.simulators.cybertip.faults import Fault, Kind, Moment, Step

if TYPE_CHECKING:
    from tocsin.simulators.cybertip.server import Cybertip
    from tocsin.simulators.cybertip.service import Act

_PIECE: Final = 1 << 18
_LINGER: Final = struct.pack("ii", 1, 0)
"""Close at once, with a reset."""
_NO_FAULT: Final = Fault(Kind.CODE, code=0)
_HTML: Final = b"<!DOCTYPE html><html><head><title>%d</title></head><body><h1>Error</h1></body></html>\n"


class _SilenceError(Exception):
    """There is to be no answer."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes
    content_type: str = "application/xml"
    headers: tuple[tuple[str, str], ...] = ()


class Answering:
    """The way of one request."""

    def __init__(
        self, cybertip: "Cybertip", request: BaseHTTPRequestHandler, headers: Mapping[str, str], step: Step
    ) -> None:
        """Of a request whose head has come."""
        self._cybertip = cybertip
        self._request = request
        self._headers = headers
        self._fault = cybertip.faults.draw(step)
        self._exchange = cybertip.begin(step, headers)
        self._exchange.fault = self._fault
        self._bare = b""
        self._length_text = headers.get("content-length", "0")

    def serve(self) -> None:
        """Read, do, answer."""
        fault, exchange = self._fault or _NO_FAULT, self._exchange
        try:
            self._send(self._spoilt(self._done(fault), fault), fault)
        except _SilenceError:
            self._close(reset=fault.kind is Kind.RESET)
        except OSError:  # the other side has gone
            self._request.close_connection, exchange.whole = True, False
        finally:
            exchange.ended_at = self._cybertip.clock()

    def _done(self, fault: Fault) -> _Answer:
        """What would be answered, once it was done (or not done, as planned)."""
        exchange = self._exchange
        try:
            act = self._prepared(fault)
            if fault.moment is not Moment.AFTER:
                self._before(fault)
            outcome = act()
        except RefusedError as refused:
            exchange.code = refused.code
            if refused.code == Code.AUTHENTICATION_REQUIRED:
                return _unauthorized()
            return self._answer(refused.code, codes.response(refused.code, refused.description))
        exchange.committed, exchange.code, self._bare = True, 0, outcome.bare
        return self._answer(0, outcome.body)

    def _prepared(self, fault: Fault) -> "Act":
        if fault.kind is Kind.JUMP:
            self._cybertip.clock.move(timedelta(seconds=fault.seconds))
        pieces = self._pieces(fault)
        try:
            if not self._cybertip.knows(self._headers):
                raise RefusedError(Code.AUTHENTICATION_REQUIRED)
            if "transfer-encoding" in self._headers or not self._length_text.isdigit():
                self._request.close_connection = True  # where the next request begins is not known
                raise RefusedError(Code.INVALID_REQUEST, "Content-Length is required")
            if self._exchange.step is Step.OTHER:
                raise RefusedError(Code.RESOURCE_NOT_FOUND)
            damage = fault.kind is Kind.WRONG_MD5
            address = str(self._request.client_address[0])
            return self._cybertip.service.prepare(self._exchange, address, pieces, damage=damage)
        finally:
            for _ in pieces:  # an answer to who is still sending would be lost
                pass

    def _before(self, fault: Fault) -> None:
        """What goes wrong before anything is done. Raises what keeps it from being done."""
        if fault.kind is Kind.LATE:
            self._wait(fault.seconds)
        elif fault.kind is Kind.CODE and fault.code:
            raise RefusedError(fault.code)
        elif fault.kind in (Kind.HTML, Kind.TRUNCATED, Kind.CLIPPED, Kind.HUGE):
            raise RefusedError(Code.SERVER_ERROR)
        elif fault.kind is Kind.UNAUTHORIZED:
            raise RefusedError(Code.AUTHENTICATION_REQUIRED)
        elif fault.kind in (Kind.CUT, Kind.RESET, Kind.HANG):
            self._silence(fault)

    def _silence(self, fault: Fault) -> None:
        if fault.kind is Kind.HANG:
            self._wait(fault.seconds or None)
        raise _SilenceError

    def _wait(self, seconds: float | None) -> None:
        if self._cybertip.over.wait(seconds):
            raise _SilenceError

    def _spoilt(self, answer: _Answer, fault: Fault) -> _Answer:
        """What goes wrong with the answer, whether or not it was done."""
        kind = fault.kind
        if kind is Kind.HTML:
            return _page(fault.status or 503)
        if kind is Kind.CLIPPED:
            return replace(answer, body=answer.body[: fault.size])
        if kind is Kind.HUGE:
            return replace(answer, body=answer.body + b" " * fault.size)
        if kind is Kind.BARE and self._exchange.committed:
            return replace(answer, body=self._bare)
        if kind is Kind.CODE and fault.moment is Moment.BEFORE and fault.status:
            return replace(answer, status=fault.status)
        return self._after(answer, fault) if fault.moment is Moment.AFTER else answer

    def _after(self, answer: _Answer, fault: Fault) -> _Answer:
        """What goes wrong only after it was done."""
        if fault.kind in (Kind.CUT, Kind.RESET, Kind.HANG):
            self._silence(fault)
        if fault.kind is Kind.LATE:
            self._wait(fault.seconds)
        if fault.kind is Kind.UNAUTHORIZED:
            return _unauthorized()
        if fault.kind is Kind.CODE and fault.code:
            return self._answer(fault.code, codes.response(fault.code), fault.status)
        return answer

    def _answer(self, code: int, body: bytes, status: int = 0) -> _Answer:
        switches = self._cybertip.switches
        status = status or (200 if switches.always_200 else http_status(code))
        return _Answer(status, body, f"application/xml{';charset=ISO-8859-1' * switches.latin_1_header}")

    def _send(self, answer: _Answer, fault: Fault) -> None:
        exchange, broken = self._exchange, fault.kind is Kind.TRUNCATED
        lines = [
            f"HTTP/1.1 {answer.status} Answer",
            f"Content-Type: {answer.content_type}",
            f"Content-Length: {len(answer.body)}",
            f"Request-ID: {exchange.request_id}",
            *(f"{name}: {value}" for name, value in answer.headers),
        ]
        body = answer.body[: min(fault.size, len(answer.body) - 1)] if broken else answer.body
        exchange.status, exchange.left, exchange.whole = int(answer.status), body, not broken
        self._request.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        if broken:
            self._close(reset=False)

    def _close(self, *, reset: bool) -> None:
        self._request.close_connection = True
        if reset:
            self._request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)

    def _pieces(self, fault: Fault) -> Iterator[bytes]:
        """The body, as it comes."""
        length = int(self._length_text) if self._length_text.isdigit() else 0
        during = fault.moment is Moment.DURING
        stop, came = min(fault.size, length) if during else length, 0
        while came < stop:
            piece = self._request.rfile.read1(min(_PIECE, stop - came))
            if not piece:
                raise _SilenceError  # it breaks off
            came += len(piece)
            if fault.kind is Kind.SLOW:
                self._wait(fault.seconds * len(piece) / length)
            yield piece
        if during:
            self._silence(fault)


def _page(status: int) -> _Answer:
    there = (("Location", "/elsewhere"),) if 300 <= status < 400 else ()  # noqa: PLR2004  # redirections
    return _Answer(status, _HTML % status, "text/html", there)


def _unauthorized() -> _Answer:
    return _Answer(401, b"", headers=(("WWW-Authenticate", 'Basic realm="ESP Web Services"'),))

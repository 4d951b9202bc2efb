"""Requests to a partner's service over HTTP; implements `tocsin.exchange.transport.Web`.

Each exchange speaks to the one scheme, host and port that its URL names, at addresses that were checked
(`addresses`). Redirections are answers, proxies that the environment names are not asked, encoded answers are
not taken: a partner's page is as long as its bytes say.
"""

import random
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from tocsin.exchange.model import PartnerRefusedError, PartnerUnreachableError
from tocsin.exchange.transport import Answer
from tocsin.outgoing.addresses import Network, Resolver, Target, checked_addresses, parse
from tocsin.outgoing.errors import FetchFailedError, FetchRefusedError

if TYPE_CHECKING:
    import httpcore2

_SECONDS: Final = 120.0
"""For one whole answer: a service may take long to find where a window begins."""
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 30.0
"""A service that asks for more is asked again in a later run."""
_LONGEST_HEADER: Final = 1000
_LATER: Final = frozenset({408, 425, 429, *range(500, 600)})


class PartnerWeb:
    """One service of one partner. Threads may share it: each request has a connection of its own."""

    def __init__(  # noqa: PLR0913  # what surrounds a request
        self,
        url: str,
        *,
        allowed: Sequence[Network] = (),
        tls: ssl.SSLContext | None = None,
        resolver: Resolver | None = None,
        seconds: float = _SECONDS,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """For URLs of the scheme, host and port of `url`; `allowed` are private networks that are listed.

        `pause` waits between tries. Raises PartnerRefusedError for a URL that may not be asked.
        """
        self._home = _parsed(url)
        self._allowed = tuple(allowed)
        self._tls = tls
        self._resolver = resolver
        self._seconds = seconds
        self._pause = pause

    def get(self, url: str, headers: Mapping[str, str], *, longest: int, tries: int = 5) -> Answer:
        """GET `url`, as `Web.get` says: tried again with pauses that grow, or as the service asks."""
        target, pause = self._target(url), _FIRST_PAUSE
        while True:
            tries -= 1
            try:
                answer = self._asked("GET", target, headers, None, longest)
                if answer.status not in _LATER:
                    return answer
                trouble = _unreachable(f"answers with status {answer.status}", _wait_of(answer))
            except FetchFailedError as error:
                trouble = _unreachable(f"gave no answer: {error.message}")
            if tries < 1 or (trouble.wait or 0) > _LONGEST_PAUSE:
                raise trouble
            # Half of it by chance, so that many who were cut off together do not come back together.
            by_chance = pause * random.uniform(0.5, 1)  # noqa: S311  # no secret
            self._pause(by_chance if trouble.wait is None else trouble.wait)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, longest: int) -> Answer:
        """One request with a body, as `Web.send` says: whatever happens, it is sent once."""
        target = self._target(url)
        try:
            return self._asked(method, target, {**headers, "Content-Length": str(len(body))}, body, longest)
        except FetchFailedError as error:
            trouble = _unreachable(f"gave no answer: {error.message}")
            raise trouble from error

    def _target(self, url: str) -> Target:
        """Raises PartnerRefusedError for another host than the exchange's."""
        target, home = _parsed(url), self._home
        if (target.scheme, target.host, target.port) != (home.scheme, home.host, home.port):
            message = f"the exchange is with {home.authority}; {target.authority} is not asked"
            raise PartnerRefusedError(message)
        return target

    def _asked(
        self, method: str, target: Target, headers: Mapping[str, str], body: bytes | None, longest: int
    ) -> Answer:
        """Raises FetchFailedError, PartnerRefusedError."""
        from tocsin.outgoing.connecting import Deadline, Request, exchange  # noqa: PLC0415  # takes 0.1 s

        deadline = Deadline.after(self._seconds)
        try:
            addresses = checked_addresses(target, self._allowed, deadline.left(), self._resolver)
        except FetchRefusedError as error:
            raise PartnerRefusedError(error.message) from error
        listed = all(any(address in network for network in self._allowed) for address in addresses)
        if target.scheme != "https" and not listed:
            message = "partners outside the listed networks need https"
            raise PartnerRefusedError(message)
        if self._tls is None:
            self._tls = ssl.create_default_context()
        request = Request(method, target, {"Accept-Encoding": "identity", **headers}, body)
        with exchange(request, addresses, deadline, self._tls) as response:
            return Answer(response.status, _body(response, longest), _headers(response))


def _body(response: "httpcore2.Response", longest: int) -> bytes:
    """Raises FetchFailedError for an answer that is encoded or too long."""
    from tocsin.outgoing.connecting import answer_header  # noqa: PLC0415  # as above

    if (answer_header(response, b"content-encoding") or "identity").lower() != "identity":
        message = "it is encoded, though we asked for it as it is"
        raise FetchFailedError(message)
    body = bytearray()
    for piece in response.iter_stream():
        body += piece
        if len(body) > longest:
            message = f"it is longer than {longest} bytes"
            raise FetchFailedError(message)
    return bytes(body)


def _headers(response: "httpcore2.Response") -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): value.decode("latin-1")[:_LONGEST_HEADER]
        for name, value in response.headers
    }


def _wait_of(answer: Answer) -> float | None:
    """Seconds that the service asks us to wait (RFC 9110, 10.2.3); None where it does not say so."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        then = parsedate_to_datetime(text)
        return max(0.0, (then.astimezone(UTC) - datetime.now(UTC)).total_seconds())
    except (ValueError, OverflowError):
        return None


def _parsed(url: str) -> Target:
    try:
        return parse(url)
    except FetchRefusedError as error:
        raise PartnerRefusedError(error.message) from error


def _unreachable(what: str, wait: float | None = None) -> PartnerUnreachableError:
    error = PartnerUnreachableError(f"the service {what}")
    error.wait = wait
    return error

"""Fetching a URL that a stranger named: the address checked and pinned, the answer capped (design.md 8)."""

import hashlib
import ssl
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urljoin

from tocsin.outgoing.addresses import Network, Resolver, Target, checked_addresses, parse
from tocsin.outgoing.errors import FetchFailedError, FetchRefusedError, FetchTooLargeError

if TYPE_CHECKING:
    import httpcore2

    from tocsin.outgoing.connecting import Deadline

WEB_PORTS = frozenset({80, 443, 8080, 8443})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OK = 200


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What a fetch may take, and which private networks it may reach after all."""

    bytes: int = 100 << 20
    seconds: float = 20.0
    """For all of it: names, connections, redirections and the body."""
    redirects: int = 3
    allowed: Sequence[Network] = ()
    """Private networks the operator lists, such as that of the platform's own storage."""
    ports: Collection[int] = WEB_PORTS
    """For the listed networks too, so that a URL cannot speak to a database beside the storage."""


class PinnedFetcher:
    """Fetches by HTTP from the addresses that were checked, and from no other."""

    def __init__(
        self,
        limits: FetchLimits | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        resolver: Resolver | None = None,
    ) -> None:
        """Fetch within `limits`; `tls` says whose certificates count (the system's, unless given)."""
        self._limits = limits or FetchLimits()
        self._tls = tls
        self._resolver = resolver

    def fetch(self, url: str, into: BinaryIO) -> bytes:
        """Write the body of a URL into a file as it was sent, nothing of it parsed; its SHA-256.

        Redirections are followed by hand and checked like the URL itself, and never from https to http.
        Encodings are neither asked for nor accepted, so that a small answer cannot become a large one. When
        this raises, the file holds a part of the body. Raises FetchRefusedError, FetchFailedError,
        FetchTooLargeError.
        """
        from tocsin.outgoing.connecting import Deadline  # noqa: PLC0415  # httpcore2 takes 0.1 s to import

        deadline = Deadline.after(self._limits.seconds)
        if self._tls is None:
            self._tls = ssl.create_default_context()
        target = parse(url, self._limits.ports)
        for _ in range(self._limits.redirects + 1):
            digest, location = self._one(target, into, deadline)
            if digest is not None:
                return digest
            target = self._next(target, location)
        message = f"the URL redirects more than {self._limits.redirects} times"
        raise FetchFailedError(message)

    def _one(self, target: Target, into: BinaryIO, deadline: "Deadline") -> tuple[bytes | None, str]:
        """Ask one URL: the digest of its body, or where it sends us."""
        from tocsin.outgoing.connecting import Request, answer_header, exchange  # noqa: PLC0415  # as above

        assert self._tls is not None  # noqa: S101  # made by `fetch`; for the type checker
        addresses = checked_addresses(target, self._limits.allowed, deadline.left(), self._resolver)
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        with exchange(Request("GET", target, headers), addresses, deadline, self._tls) as response:
            if response.status in _REDIRECTS:
                return None, answer_header(response, b"location") or ""
            if response.status != _OK:
                message = f"the host answered with status {response.status}"
                raise FetchFailedError(message)
            if (answer_header(response, b"content-encoding") or "identity").lower() != "identity":
                message = "the host sends an encoded body, though asked not to"
                raise FetchFailedError(message)
            return self._body(response, into, deadline), ""

    def _body(self, response: "httpcore2.Response", into: BinaryIO, deadline: "Deadline") -> bytes:
        """Write the body, counting; its SHA-256."""
        digest = hashlib.sha256()
        size = 0
        for piece in response.iter_stream():
            deadline.left()
            size += len(piece)
            if size > self._limits.bytes:
                message = f"what the URL answers with is larger than {self._limits.bytes} bytes"
                raise FetchTooLargeError(message)
            digest.update(piece)
            into.write(piece)
        return digest.digest()

    def _next(self, target: Target, location: str) -> Target:
        """Where a redirection leads, checked like a URL given at first."""
        if not location:
            message = "the host redirects without saying where to"
            raise FetchFailedError(message)
        try:
            joined = urljoin(target.url, location)
        except ValueError:
            message = "the URL redirects to what is no URL"
            raise FetchFailedError(message) from None
        following = parse(joined, self._limits.ports)
        if target.scheme == "https" and following.scheme != "https":
            message = "the URL redirects from https to http"
            raise FetchRefusedError(message)
        return following

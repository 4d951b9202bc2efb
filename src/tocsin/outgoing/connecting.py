"""One HTTP exchange with an address that was checked before: no second look-up of the name.

The connection goes to the address itself, while TLS asks for, and checks, the host's name (httpcore2 takes
it from the URL). Proxies, cookies, credentials and connection reuse do not exist at this level.
"""

import ssl
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import httpcore2

from tocsin.outgoing.addresses import Address, Target
from tocsin.outgoing.errors import FetchFailedError

_CONNECT_SECONDS = 5.0
"""For one of several addresses; then the next is tried."""


class Patience(Protocol):
    """How long is waited for each step of an exchange."""

    def left(self) -> float:
        """Seconds that the step which begins now may take. Raises FetchFailedError when there are none."""
        ...


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment by which all has to be over."""

    end: float
    """As `time.monotonic` counts."""

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """The moment that many seconds from now."""
        return cls(time.monotonic() + seconds)

    def left(self) -> float:
        """Seconds until then. Raises FetchFailedError when there are none."""
        left = self.end - time.monotonic()
        if left <= 0:
            message = "the answer took longer than this node waits"
            raise FetchFailedError(message)
        return left


class _Stream(httpcore2.NetworkStream):
    """A connection on which every step gets the time that is left: drops of bytes cannot stretch it."""

    def __init__(self, inner: httpcore2.NetworkStream, deadline: Patience) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002  # httpcore2's shape
        return self._inner.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002  # httpcore2's shape
        self._inner.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002  # httpcore2's shape
    ) -> httpcore2.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, self._deadline.left())
        return _Stream(inner, self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


class _Backend(httpcore2.NetworkBackend):
    """Connects to the checked addresses, whatever host is asked for."""

    def __init__(self, addresses: Sequence[Address], deadline: Patience) -> None:
        self._addresses = addresses
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,  # noqa: ARG002  # resolved and checked before
        port: int,
        timeout: float | None = None,  # noqa: ARG002  # httpcore2's shape
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        *others, last = self._addresses
        for address in others:
            try:
                return self._connect(address, port, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue  # the next address of the same host may answer
        return self._connect(last, port, local_address, socket_options)

    def _connect(
        self,
        address: Address,
        port: int,
        local_address: str | None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None,
    ) -> httpcore2.NetworkStream:
        seconds = min(_CONNECT_SECONDS, self._deadline.left())
        stream = httpcore2.SyncBackend().connect_tcp(
            str(address), port, seconds, local_address, socket_options or []
        )
        return _Stream(stream, self._deadline)


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent."""

    method: str
    target: Target
    headers: Mapping[str, str]
    body: bytes | Iterator[bytes] | None = None
    """Pieces need a header `Content-Length`."""


@contextmanager
def exchange(
    request: Request, addresses: Sequence[Address], deadline: Patience, tls: ssl.SSLContext
) -> Iterator[httpcore2.Response]:
    """Send a request to one of the addresses; the answer, whose body is still to be read.

    Raises FetchFailedError for whatever goes wrong on the way, also while the body is read inside the block.
    """
    target = request.target
    headers = {"Host": target.authority, "Connection": "close", "User-Agent": "tocsin", **request.headers}
    url = httpcore2.URL(
        scheme=target.scheme.encode(),
        host=target.host.encode(),
        port=target.port,
        target=target.path.encode(),
    )
    try:
        with (
            httpcore2.HTTPConnection(
                origin=url.origin, ssl_context=tls, network_backend=_Backend(addresses, deadline)
            ) as connection,
            connection.stream(
                request.method, url, headers=list(headers.items()), content=request.body
            ) as response,
        ):
            yield response
    except httpcore2.TimeoutException:
        message = "the answer took longer than this node waits"
        raise FetchFailedError(message) from None
    except httpcore2.NetworkError as error:
        raise FetchFailedError(_why(error)) from error
    except httpcore2.ProtocolError as error:
        message = "the host does not keep to HTTP, or broke off"
        raise FetchFailedError(message) from error


def _why(error: Exception) -> str:
    """What a failed connection says to whoever gave the URL."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "the host's certificate is not valid for it"
        if isinstance(cause, ssl.SSLError):
            return "the host could not agree on TLS"
        cause = cause.__cause__ or cause.__context__
    return "the host cannot be reached, or broke off"


def answer_header(response: httpcore2.Response, name: bytes) -> str | None:
    """The value of a header of an answer; None where it is missing, or given twice with different values."""
    values = {value for key, value in response.headers if key.lower() == name}
    return values.pop().decode("latin-1") if len(values) == 1 else None

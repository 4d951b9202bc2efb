"""Tests speak to the loopback and to nobody else: whatever would leave the machine is an error here.

What child processes and C libraries (libpq, libuv) connect to is not seen.
"""

import ipaddress
import socket
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

_LOCAL_NAMES: Final = frozenset({"", "localhost", "0.0.0.0", "::", socket.gethostname()})  # noqa: S104  # this machine
_tried: list[str] = []


class LeftTheLoopbackError(AssertionError):
    """A test tried to speak to another machine."""


def is_local(host: object) -> bool:
    """Whether a host is this machine, by its name or its address."""
    if host is None or host in _LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse(family: int, address: object) -> None:
    if family not in {socket.AF_INET, socket.AF_INET6} or not isinstance(address, tuple):
        return
    if not is_local(address[0]):
        _tried.append(str(address))
        message = f"a test would have spoken to {address}"
        raise LeftTheLoopbackError(message)


def _guarded(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method of sockets whose last argument is an address."""

    def guarded(self: socket.socket, *arguments: Any) -> Any:  # noqa: ANN401  # as the method has them
        _refuse(self.family, arguments[-1])
        return method(self, *arguments)

    return guarded


_resolve = socket.getaddrinfo


def _without_a_name_server(host: Any, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401  # as getaddrinfo
    """No name server is asked: a name that is not this machine's has no address."""
    text = host.decode() if isinstance(host, bytes) else host
    try:
        known = is_local(text) or ipaddress.ip_address(text) is not None
    except ValueError:
        known = False
    if not known:
        raise socket.gaierror(socket.EAI_NONAME, "tests ask no name server")
    return _resolve(host, *arguments, **named)


def pytest_configure() -> None:
    """Guard the sockets of this process."""
    for name in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
    socket.getaddrinfo = _without_a_name_server


@pytest.fixture(autouse=True)
def loopback_only() -> Iterator[None]:
    """Fail a test that tried to leave, also where the error was swallowed on the way."""
    before = len(_tried)
    yield
    assert not _tried[before:], f"tried to speak to {_tried[before:]}"

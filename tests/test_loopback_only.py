"""The guard itself: nothing that a test does leaves the machine."""

import socket

import pytest
from support import loopback


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("198.51.100.7", 443)])
def test_no_connection_leaves_the_machine(address: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loopback, "_tried", [])
    with socket.socket() as one, pytest.raises(loopback.LeftTheLoopbackError):
        one.connect(address)
    with socket.socket() as one, pytest.raises(loopback.LeftTheLoopbackError):
        one.connect_ex(address)
    with socket.socket(type=socket.SOCK_DGRAM) as one, pytest.raises(loopback.LeftTheLoopbackError):
        one.sendto(b"x", address)
    assert len(loopback._tried) == 3


def test_no_name_server_is_asked() -> None:
    for name in ("report.cybertip.org", "exttest.cybertip.org", "a.example"):
        with pytest.raises(socket.gaierror, match="no name server"):
            socket.getaddrinfo(name, 443)
        with pytest.raises(OSError, match="no name server"):
            socket.create_connection((name, 443))


def test_the_loopback_may_be_spoken_to() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        for host in ("127.0.0.1", "localhost"):
            socket.create_connection((host, server.getsockname()[1])).close()

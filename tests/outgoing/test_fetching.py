"""Fetching from real servers on the loopback: what comes whole, what is refused, and where connections go."""

import hashlib
import io
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.tls import TestAuthority

from tocsin.outgoing.addresses import networks
from tocsin.outgoing.errors import FetchFailedError, FetchRefusedError, FetchTooLargeError
from tocsin.outgoing.fetching import FetchLimits, PinnedFetcher
from tocsin.simulators.http_trouble import TROUBLES, TroubleServer, content

LOOPBACK = networks(["127.0.0.0/8"])


@pytest.fixture(scope="module")
def server() -> Iterator[TroubleServer]:
    with TroubleServer() as started:
        yield started


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> TestAuthority:
    return TestAuthority(tmp_path_factory.mktemp("authority"))


def limits(*servers: TroubleServer, seconds: float = 10, size: int = 1 << 20) -> FetchLimits:
    ports = {server.port for server in servers}
    return FetchLimits(bytes=size, seconds=seconds, allowed=LOOPBACK, ports=ports)


def fetched(fetcher: PinnedFetcher, url: str) -> bytes:
    into = io.BytesIO()
    digest = fetcher.fetch(url, into)
    assert digest == hashlib.sha256(into.getvalue()).digest()
    return into.getvalue()


@pytest.mark.parametrize("way", ["bytes", "chunked", "until-close"])
@pytest.mark.parametrize("size", [0, 1, 1000, 300_000])
def test_a_body_comes_whole(server: TroubleServer, way: str, size: int) -> None:
    if way == "chunked" and size == 0:
        return
    assert fetched(PinnedFetcher(limits(server)), server.url(f"{way}/{size}")) == content(size)


FAILING = {
    "status/404": "status 404",
    "status/500": "status 500",
    "status/204": "status 204",
    "status/206": "status 206",
    "status/304": "status 304",
    "redirect/4": "redirects more than 3 times",
    "loop": "redirects more than 3 times",
    "nowhere": "without saying where to",
    "to?http://[": "no URL",
    "short/1000": "broke off",
    "short-chunk/1000": "broke off",
    "two-lengths": "HTTP",
    "cut": "broke off",
    "reset": "broke off",
    "garbage": "HTTP",
    "endless-head": "HTTP",
    "gzip/10000000": "encoded",
    "no-such-trouble": "broke off",
}


@pytest.mark.parametrize("path", FAILING)
def test_what_goes_wrong_is_said(server: TroubleServer, path: str) -> None:
    with pytest.raises(FetchFailedError, match=FAILING[path]) as failed:
        fetched(PinnedFetcher(limits(server)), server.url(path))
    assert "127.0.0.1" not in failed.value.message


@pytest.mark.parametrize("path", ["silent", "drip", "drip-head", "endless"])
def test_time_is_limited_for_all_of_it(server: TroubleServer, path: str) -> None:
    with pytest.raises(FetchFailedError, match="longer than this node waits"):
        fetched(PinnedFetcher(limits(server, seconds=0.3, size=1 << 60)), server.url(path))


@pytest.mark.parametrize("path", ["bytes/1001", "chunked/1001", "until-close/1001", "endless"])
def test_size_is_limited_while_it_comes(server: TroubleServer, path: str) -> None:
    into = io.BytesIO()
    with pytest.raises(FetchTooLargeError):
        PinnedFetcher(limits(server, size=1000)).fetch(server.url(path), into)
    assert len(into.getvalue()) <= 1000


def test_every_trouble_of_the_simulator_is_tried_here() -> None:
    tried = {*FAILING, "silent", "drip", "drip-head", "endless", "bytes", "chunked", "until-close"}
    tried |= {"redirect", "seen", "cookie", "to"}
    assert {path.partition("/")[0].partition("?")[0] for path in tried} >= set(TROUBLES)


def test_three_redirections_are_followed(server: TroubleServer) -> None:
    assert fetched(PinnedFetcher(limits(server)), server.url("redirect/3")) == content(10)


def test_redirections_may_be_relative(server: TroubleServer) -> None:
    assert fetched(PinnedFetcher(limits(server)), server.url("to?../bytes/7#part")) == content(7)


@pytest.mark.parametrize(
    "there",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "//192.168.0.1/",
        "http://[::1]/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:70/",
        "http://user@127.0.0.1/",
        "http://127.0.0.1:22/",
    ],
)
def test_redirections_are_checked_like_what_was_asked_for(server: TroubleServer, there: str) -> None:
    allowed = FetchLimits(allowed=LOOPBACK, ports={server.port, 80})
    with pytest.raises(FetchRefusedError):
        fetched(PinnedFetcher(allowed), server.url(f"to?{there}"))


def test_the_request_says_little(server: TroubleServer) -> None:
    head = fetched(PinnedFetcher(limits(server)), server.url("seen")).decode()
    lines = {line.partition(":")[0].lower() for line in head.split("\r\n")[1:] if line}
    assert lines == {"host", "connection", "user-agent", "accept", "accept-encoding"}
    assert "user-agent: tocsin\r\n" in head.lower()  # without a version


def test_cookies_are_not_kept(server: TroubleServer) -> None:
    head = fetched(PinnedFetcher(limits(server)), server.url("cookie")).decode()
    assert "cookie" not in head.lower()


def test_proxies_of_the_environment_are_not_used(
    server: TroubleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert fetched(PinnedFetcher(limits(server)), server.url("bytes/5")) == content(5)


def test_the_loopback_is_not_fetched_from_unless_it_is_listed(server: TroubleServer) -> None:
    before = len(server.visits)
    with pytest.raises(FetchRefusedError):
        fetched(PinnedFetcher(FetchLimits(ports={server.port})), server.url("bytes/5", host="localhost"))
    assert len(server.visits) == before


class Rebinding:
    """A name server that gives another answer each time."""

    def __init__(self, *answers: str) -> None:
        """Give these, one each time."""
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, host: str) -> list[str]:
        assert host == "moving.example"
        self.asked += 1
        return [self.answers.pop(0)]


def test_the_connection_goes_to_the_address_that_was_checked(server: TroubleServer) -> None:
    # The second answer would lead elsewhere: nobody asks for it.
    rebinding = Rebinding("127.0.0.1", "127.0.0.9")
    fetcher = PinnedFetcher(limits(server), resolver=rebinding)
    head = fetched(fetcher, server.url("seen", host="moving.example")).decode()
    assert rebinding.asked == 1
    assert f"Host: moving.example:{server.port}\r\n" in head


def test_a_redirection_to_the_same_name_is_checked_anew(server: TroubleServer) -> None:
    rebinding = Rebinding("127.0.0.1", "10.0.0.1")
    with pytest.raises(FetchRefusedError):
        fetched(
            PinnedFetcher(limits(server), resolver=rebinding), server.url("redirect/1", host="moving.example")
        )
    assert rebinding.asked == 2


def test_the_next_address_is_tried_where_one_does_not_answer(server: TroubleServer) -> None:
    fetcher = PinnedFetcher(limits(server), resolver=lambda _host: ["127.0.0.9", "127.0.0.1"])
    with socket.socket() as occupied:  # bound and not listening: a connection is refused
        occupied.bind(("127.0.0.9", server.port))
        assert fetched(fetcher, server.url("bytes/5", host="two.example")) == content(5)


def test_no_address_that_answers_is_a_failure() -> None:
    with socket.socket() as occupied:
        occupied.bind(("127.0.0.1", 0))
        port = occupied.getsockname()[1]
        with pytest.raises(FetchFailedError, match="cannot be reached"):
            fetched(PinnedFetcher(FetchLimits(allowed=LOOPBACK, ports={port})), f"http://127.0.0.1:{port}/")


def to_loopback(_host: str) -> list[str]:
    return ["127.0.0.1"]


def test_tls_asks_for_the_name_and_checks_it(authority: TestAuthority) -> None:
    asked: list[str | None] = []
    context = authority.server("good.example")
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    with TroubleServer(context) as server:
        fetcher = PinnedFetcher(limits(server), tls=authority.client(), resolver=to_loopback)
        assert fetched(fetcher, server.url("bytes/5", host="good.example")) == content(5)
        assert asked == ["good.example"]
        with pytest.raises(FetchFailedError, match="certificate"):
            fetched(fetcher, server.url("bytes/5", host="bad.example"))
        with pytest.raises(FetchFailedError, match="certificate"):
            fetched(fetcher, server.url("bytes/5"))  # nor is it good for the address


@pytest.mark.parametrize("trust", ["system", "authority"])
def test_unknown_and_expired_certificates_are_refused(authority: TestAuthority, trust: str) -> None:
    with TroubleServer(authority.server("old.example", expired=trust == "authority")) as server:
        tls = ssl.create_default_context() if trust == "system" else authority.client()
        fetcher = PinnedFetcher(limits(server), tls=tls, resolver=to_loopback)
        with pytest.raises(FetchFailedError, match="certificate"):
            fetched(fetcher, server.url("bytes/5", host="old.example"))


def test_https_never_leads_to_http(authority: TestAuthority, server: TroubleServer) -> None:
    with TroubleServer(authority.server("good.example")) as secure:
        fetcher = PinnedFetcher(limits(server, secure), tls=authority.client(), resolver=to_loopback)
        plain = server.url("bytes/5", host="good.example")
        assert fetched(fetcher, plain) == content(5)
        with pytest.raises(FetchRefusedError, match="from https to http"):
            fetched(fetcher, secure.url(f"to?{plain}", host="good.example"))
        up = secure.url("bytes/6", host="good.example")
        assert fetched(fetcher, server.url(f"to?{up}", host="good.example")) == content(6)


def test_plain_http_spoken_to_as_tls_is_a_failure(authority: TestAuthority, server: TroubleServer) -> None:
    fetcher = PinnedFetcher(limits(server, seconds=0.3), tls=authority.client(), resolver=to_loopback)
    with pytest.raises(FetchFailedError):
        fetched(fetcher, server.url("bytes/5").replace("http:", "https:"))


def test_threads_share_a_fetcher(server: TroubleServer) -> None:
    fetcher = PinnedFetcher(limits(server))
    found: dict[int, bytes] = {}
    threads = [
        threading.Thread(
            target=lambda size=size: found.update({size: fetched(fetcher, server.url(f"bytes/{size}"))})
        )
        for size in range(1, 9)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {size: content(size) for size in range(1, 9)}


def sockets() -> int:
    links = (path.readlink() for path in Path("/proc/self/fd").iterdir() if path.is_symlink())
    return sum(str(link).startswith("socket:") for link in links)


def test_connections_are_closed() -> None:
    with TroubleServer() as server:
        before = sockets()
        for path in ("bytes/5", "short/9", "gzip/9", "reset", "loop"):
            with suppress(FetchFailedError):
                fetched(PinnedFetcher(limits(server)), server.url(path))
        end = time.monotonic() + 30
        while sockets() > before:  # the server's own ends are closed by its threads
            assert time.monotonic() < end
            time.sleep(0.01)


class Speaker:
    """A server that says what it is given to each who connects, and closes."""

    def __init__(self) -> None:
        """Listen on a free port of the loopback."""
        self.words = b""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.fetcher = PinnedFetcher(FetchLimits(bytes=1000, seconds=5, allowed=LOOPBACK, ports={self.port}))
        self._thread = threading.Thread(target=self._speak, daemon=True)
        self._thread.start()

    def _speak(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                with connection, suppress(OSError):
                    connection.recv(1 << 16)
                    connection.sendall(self.words)

    def close(self) -> None:
        """Stop."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


@pytest.fixture(scope="module")
def speaker() -> Iterator[Speaker]:
    started = Speaker()
    yield started
    started.close()


HEAD = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.0 200\r\n",
        b"HTTP/1.1 302 Found\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n",
        b"HTTP/2 200\r\n",
        b"HTTP/1.1 999 \xff\r\n",
    ]
)
FIELD = st.sampled_from(
    [
        b"Content-Length: 3\r\n",
        b"Content-Length: 99999999999999999999\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Encoding: br\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Location: \xff\xfe\r\n",
        b"Location: http://[\r\n",
        b"Location: //\r\n",
        b"Location: http://127.0.0.1:1/\r\n",
        b"Location: \r\n",
        b"Connection: upgrade\r\nUpgrade: h2c\r\n",
        b" folded\r\n",
        b": no name\r\n",
        b"N\x00L: x\r\n",
    ]
)
ANSWER = st.one_of(
    st.binary(max_size=200),
    st.builds(
        lambda heads, fields, body: b"".join((*heads, *fields, b"\r\n", body)),
        st.lists(HEAD, min_size=1, max_size=2),
        st.lists(FIELD, max_size=3),
        st.one_of(
            st.binary(max_size=50), st.sampled_from([b"3\r\nabc\r\n0\r\n\r\n", b"ffffffff\r\n", b"abc"])
        ),
    ),
)


@pytest.mark.slow  # some hundred connections
@given(words=ANSWER)
@settings(max_examples=300, deadline=None)
def test_whatever_a_server_says_ends_in_bytes_or_in_our_errors(speaker: Speaker, words: bytes) -> None:
    speaker.words = words
    with suppress(FetchFailedError, FetchRefusedError):
        assert len(fetched(speaker.fetcher, f"http://127.0.0.1:{speaker.port}/")) <= 1000

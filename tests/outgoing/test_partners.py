"""Speaking to partners: the one host there is, what is tried again, and what is an answer."""

from collections.abc import Iterator
from ipaddress import ip_network

import pytest
from support.awkward import Awkward, Reply

from tocsin.exchange.model import PartnerRefusedError, PartnerUnreachableError
from tocsin.outgoing.partners import PartnerWeb
from tocsin.simulators.http_trouble import TroubleServer, content

LOOPBACK = (ip_network("127.0.0.0/8"),)
LONGEST = 100_000


@pytest.fixture(scope="module")
def trouble() -> Iterator[TroubleServer]:
    with TroubleServer() as server:
        yield server


def web(url: str, pauses: list[float] | None = None, seconds: float = 5.0) -> PartnerWeb:
    noted: list[float] = [] if pauses is None else pauses
    return PartnerWeb(url, allowed=LOOPBACK, seconds=seconds, pause=noted.append)


def reply(status: int, body: bytes = b"", *headers: str) -> Reply:
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", *headers, "", ""]
    return Reply("\r\n".join(lines).encode() + body)


def test_an_answer_comes_as_it_is(trouble: TroubleServer) -> None:
    answer = web(trouble.url("")).get(trouble.url("bytes/1000"), {"X-Ours": "1"}, longest=LONGEST)
    assert (answer.status, answer.body) == (200, content(1000))
    assert answer.headers["content-length"] == "1000"
    assert "X-Ours: 1" in trouble.visits[-1]
    assert "Accept-Encoding: identity" in trouble.visits[-1]


@pytest.mark.parametrize("path", ["status/404", "status/401", "redirect/3"])
def test_refusals_and_redirections_are_answers(trouble: TroubleServer, path: str) -> None:
    before = len(trouble.visits)
    answer = web(trouble.url("")).get(trouble.url(path), {}, longest=LONGEST)
    assert answer.status in {302, 401, 404}
    assert len(trouble.visits) == before + 1


@pytest.mark.parametrize(
    "path", ["status/503", "status/429", "cut", "reset", "short/5000", "short-chunk/500", "garbage"]
)
def test_what_passes_is_tried_again_with_pauses_that_grow(trouble: TroubleServer, path: str) -> None:
    before, pauses = len(trouble.visits), list[float]()
    with pytest.raises(PartnerUnreachableError):
        web(trouble.url(""), pauses).get(trouble.url(path), {}, longest=LONGEST, tries=4)
    assert len(trouble.visits) == before + 4
    assert all(low <= one <= 2 * low for low, one in zip((0.25, 0.5, 1.0), pauses, strict=True))


@pytest.mark.parametrize("path", ["bytes/100001", "endless", "gzip/1000"])
def test_what_is_too_long_or_encoded_is_no_answer(trouble: TroubleServer, path: str) -> None:
    with pytest.raises(PartnerUnreachableError):
        web(trouble.url("")).get(trouble.url(path), {}, longest=LONGEST, tries=1)


@pytest.mark.parametrize("path", ["drip", "silent", "drip-head"])
def test_drops_of_bytes_do_not_stretch_the_time(trouble: TroubleServer, path: str) -> None:
    with pytest.raises(PartnerUnreachableError, match="longer than this node waits"):
        web(trouble.url(""), seconds=0.2).get(trouble.url(path), {}, longest=LONGEST, tries=1)


def test_the_service_says_how_long_to_wait() -> None:
    replies = (reply(429, b"", "Retry-After: 7"), reply(503, b"", "Retry-After: soon"), reply(200, b"good"))
    pauses: list[float] = []
    with Awkward(*replies) as server:
        url = f"http://127.0.0.1:{server.port}/"
        assert web(url, pauses).get(url, {}, longest=LONGEST).body == b"good"
    assert pauses[0] == 7
    assert pauses[1] < 2


@pytest.mark.parametrize("after", ["3600", "Wed, 21 Oct 2099 07:28:00 GMT", "9" * 400])
def test_a_long_wait_is_left_to_a_later_run(after: str) -> None:
    with Awkward(reply(429, b"", f"Retry-After: {after}")) as server:
        url = f"http://127.0.0.1:{server.port}/"
        with pytest.raises(PartnerUnreachableError) as refused:
            web(url).get(url, {}, longest=LONGEST)
        assert len(server.seen) == 1
    assert refused.value.wait is not None
    assert refused.value.wait >= 3599


def test_what_is_sent_is_sent_once(trouble: TroubleServer) -> None:
    ours = web(trouble.url(""))
    before = len(trouble.visits)
    assert ours.send("PUT", trouble.url("status/503"), {}, b"body", longest=LONGEST).status == 503
    with pytest.raises(PartnerUnreachableError):
        ours.send("PUT", trouble.url("cut"), {}, b"body", longest=LONGEST)
    assert len(trouble.visits) == before + 2
    assert "Content-Length: 4" in trouble.visits[-1]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.2:{port}/",
        "https://127.0.0.1:{port}/",
        "http://127.0.0.1:1/",
        "http://localhost:{port}/",
        "http://user@127.0.0.1:{port}/",
        "file:///etc/passwd",
    ],
)
def test_no_other_place_is_asked(trouble: TroubleServer, url: str) -> None:
    before = len(trouble.visits)
    with pytest.raises(PartnerRefusedError):
        web(trouble.url("")).get(url.format(port=trouble.port), {}, longest=LONGEST)
    assert len(trouble.visits) == before


def test_private_addresses_and_plain_http_are_refused(trouble: TroubleServer) -> None:
    with pytest.raises(PartnerRefusedError, match="not public"):
        PartnerWeb(trouble.url("")).get(trouble.url("bytes/1"), {}, longest=LONGEST)
    public = PartnerWeb("http://partner.example/", resolver=lambda _host: ["192.0.43.8"])
    with pytest.raises(PartnerRefusedError, match="https"):
        public.get("http://partner.example/", {}, longest=LONGEST)
    moved = PartnerWeb("https://partner.example/", resolver=lambda _host: ["192.0.43.8", "10.0.0.1"])
    with pytest.raises(PartnerRefusedError, match="not public"):
        moved.get("https://partner.example/", {}, longest=LONGEST)

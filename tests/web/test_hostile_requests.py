"""Requests that are made to hurt, on a real socket: each is refused quickly, and the next one is served."""

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.nodes import SMALL, Served, served
from support.served import multipart
from support.sockets import Address, listening, received, status

from tocsin.intake.model import Wanted
from tocsin.web.app import Limits
from tocsin.web.logs import JsonLines
from tocsin.web.protocol import HEADER_BYTES, HEADERS, URL_BYTES

UPLOAD = 1 << 20
HOST = b"Host: x\r\n"
CLOSE = b"Connection: close\r\n"


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    limits, settings = Limits(grace=1.0, requests=50), SMALL.model_copy(update={"upload_bytes": UPLOAD})
    with served(tmp_path_factory.mktemp("node") / "home", limits, settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def address(one: Served) -> Iterator[Address]:
    with listening(one.app, header_seconds=1.0) as found:
        yield found


@pytest.fixture(scope="module")
def who(one: Served) -> bytes:
    """The header of somebody who may do everything."""
    return f"Authorization: {one.everything()['Authorization']}\r\n".encode()


@pytest.fixture(autouse=True)
def still_serves(address: Address) -> Iterator[None]:
    """Whatever was sent, the next request is answered."""
    yield
    assert status(address.exchange(b"GET /health/live HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n")) == 200


def post(path: str, who: bytes, body: bytes, kind: str = "application/json") -> bytes:
    """A whole request."""
    head = f"POST {path} HTTP/1.1\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n".encode()
    return head + HOST + CLOSE + who + b"\r\n" + body


def form(path: str, who: bytes, parts: dict[str, bytes]) -> bytes:
    """A form of files."""
    body, kind = multipart(parts)
    return post(path, who, body, kind)


def problem(answer: bytes) -> dict[str, object]:
    """The problem in an answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head, answer[:500]
    found: dict[str, object] = json.loads(body)
    return found


def files_left(one: Served) -> list[str]:
    """What lies in the folder for uploads."""
    return [path.name for path in (one.node.banks.folder / "incoming").iterdir()]


def test_an_upload_that_says_it_is_too_large_is_refused_before_it_is_sent(
    address: Address, who: bytes
) -> None:
    head = b"POST /v1/submissions HTTP/1.1\r\nContent-Length: 99999999999\r\n" + HOST + who
    answer = address.exchange(head + b"Content-Type: multipart/form-data; boundary=x\r\n\r\n")
    assert status(answer) == 413
    assert problem(answer)["title"] == "Content Too Large"


def test_an_upload_without_length_is_cut_off_at_the_limit(one: Served, address: Address, who: bytes) -> None:
    head = b"POST /v1/submissions HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + HOST + who
    start = b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n'
    chunk = b"10000\r\n" + bytes(0x10000) + b"\r\n"
    first = f"{len(start):x}\r\n".encode() + start + b"\r\n"
    pieces = [head + b"Content-Type: multipart/form-data; boundary=x\r\n\r\n", first, *[chunk] * 100]
    assert status(address.exchange(*pieces)) == 413
    assert files_left(one) == []


def test_a_body_of_json_is_small(address: Address, who: bytes) -> None:
    body = json.dumps({"name": "x" * (2 << 20)}).encode()
    assert status(address.exchange(post("/v1/banks", who, body))) == 413


def test_nobody_without_a_token_makes_us_take_an_upload(address: Address) -> None:
    head = (
        b"POST /v1/submissions HTTP/1.1\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n" + HOST + CLOSE
    )
    answer = address.exchange(head + b"Content-Type: multipart/form-data; boundary=x\r\n\r\n")
    assert status(answer) == 401, "not even 100 Continue"


@pytest.mark.slow
@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: x\r\nA",
        b"GET /health/live HTTP/1.1\r\n" + HOST + b"\r\nGET /",
    ],
    ids=["nothing", "half a line", "half a header", "half a second request"],
)
def test_who_sends_no_whole_request_is_cut_off(address: Address, begun: bytes) -> None:
    with address.connect() as connection:
        connection.sendall(begun)
        answer = received(connection)
    assert b"HTTP/1.1 408 " in answer


@pytest.mark.slow
def test_a_byte_now_and_then_keeps_no_connection(address: Address) -> None:
    with address.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX: ")
        connection.settimeout(0.2)
        answer = b""
        while not answer:
            connection.sendall(b"a")
            try:
                answer = connection.recv(1 << 16)
            except TimeoutError:
                continue
    assert status(answer) == 408


@pytest.mark.slow
def test_a_body_that_trickles_is_cut_off(one: Served, address: Address, who: bytes) -> None:
    head = b"POST /v1/submissions HTTP/1.1\r\nContent-Length: 900000\r\n" + HOST + who
    with address.connect() as connection:
        connection.sendall(head + b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n")
        answer = received(connection)
    assert status(answer) == 408
    assert files_left(one) == []


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (b"GET /" + b"a" * (URL_BYTES + 1) + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * (HEADERS + 1) + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * (2 * HEADER_BYTES) + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * (1 << 20), 431),
        (b"GET / HTTP/1.1\r\n" + b"a" * (1 << 20), 431),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100), 400),
        (b"GARBAGE\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"GET http://[::1 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ],
)
def test_what_is_no_sound_request_is_answered_with_a_problem(
    address: Address, request_: bytes, expected: int
) -> None:
    answer = address.exchange(request_)
    assert status(answer) == expected
    assert problem(answer)["status"] == expected


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 5x\r\n",
        b"Content-Length: 0x5\r\n",
        b"Content-Length: 99999999999999999999999\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b" Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: xchunked\r\n",
    ],
)
def test_two_ways_to_read_a_length_are_none(address: Address, headers: bytes) -> None:
    """Where a proxy and we could disagree on where a request ends, nothing is served (RFC 9112, 6.3)."""
    smuggled = b"0\r\n\r\nGET /v1/me HTTP/1.1\r\n" + HOST + b"\r\n"
    answer = address.exchange(b"POST /v1/session HTTP/1.1\r\n" + HOST + headers + b"\r\n" + smuggled)
    assert answer.count(b"HTTP/1.1 ") <= 1, answer
    assert status(answer) in {0, 400, 413, 422}, answer


def test_an_extension_of_a_chunk_hides_nothing(address: Address) -> None:
    body = b"2;a=\nGET /v1/me HTTP/1.1\r\n{}\r\n0\r\n\r\n"
    head = b"POST /v1/session HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + HOST + CLOSE
    answer = address.exchange(head + b"Content-Type: application/json\r\n\r\n" + body)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert status(answer) in {400, 422}


def test_of_two_values_under_one_name_none_is_taken(address: Address, who: bytes) -> None:
    value = b"0" * 32
    body = b'{"signals": [{"type": "md5", "value": "%b", "value": "%b"}]}' % (value, value)
    answer = address.exchange(post("/v1/match", who, body))
    assert (status(answer), problem(answer)["code"]) == (400, "web.bad_request")


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"name": ' + b"9" * 500_000 + b"}",
        b'{"name": 1e999999999}',
        b'{"name": NaN}',
        b'{"name": "\\ud800"}',
        b'{"name": "a\\u0000b"}',
        b"\xff\xfe{\x00}\x00",
        b'{"name": "a", "radius": 99999999999999999999999999}',
        b'{"name": "a", "radius": true}',
        b"null",
        b"",
        b"{",
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)
@pytest.mark.parametrize("path", ["/v1/banks", "/v1/match", "/v1/submissions"])
def test_json_that_is_made_to_hurt_is_refused(address: Address, who: bytes, path: str, body: bytes) -> None:
    answer = address.exchange(post(path, who, body))
    assert status(answer) in {400, 413, 422}, answer[:300]
    problem(answer)


FORMS = {
    "no end": b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nabc',
    "no file": b'--x\r\nContent-Disposition: form-data; name="context"\r\n\r\n{}\r\n--x--\r\n',
    "two files": b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\na\r\n' * 2 + b"--x--\r\n",
    "another part": b'--x\r\nContent-Disposition: form-data; name="else"\r\n\r\na\r\n--x--\r\n',
    "no name": b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n",
    "no disposition": b"--x\r\n\r\na\r\n--x--\r\n",
    "many headers": b"--x\r\n" + b"A: b\r\n" * 1000 + b"\r\na\r\n--x--\r\n",
    "long header": b"--x\r\nA: " + b"b" * 100_000 + b"\r\n\r\na\r\n--x--\r\n",
    "another boundary": b"--y\r\n\r\na\r\n--y--\r\n",
    "large context": b'--x\r\nContent-Disposition: form-data; name="context"\r\n\r\n'
    + b"a" * 100_000
    + b"\r\n--x--",
    "context is no JSON": b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\na\r\n'
    b'--x\r\nContent-Disposition: form-data; name="context"\r\n\r\n{\r\n--x--\r\n',
    "nothing": b"",
}


@pytest.mark.parametrize("name", FORMS)
def test_a_broken_form_is_no_submission(one: Served, address: Address, who: bytes, name: str) -> None:
    count = len(one.node.submissions.page(Wanted()))
    answer = address.exchange(post("/v1/submissions", who, FORMS[name], "multipart/form-data; boundary=x"))
    assert status(answer) in {400, 413, 422}, answer[:300]
    assert len(one.node.submissions.page(Wanted())) == count
    assert files_left(one) == []


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "text/plain",
        "multipart/mixed; boundary=x",
        "",
    ],
)
def test_a_body_of_another_kind_is_refused(address: Address, who: bytes, kind: str) -> None:
    answer = address.exchange(post("/v1/submissions", who, b"--x--\r\n", kind))
    assert status(answer) in {400, 415}


@pytest.mark.parametrize(
    "path",
    [
        "/v1/banks/../../etc/passwd",
        "/v1/banks/..%2f..%2fetc%2fpasswd",
        "/v1/banks/%00",
        "/v1/banks/%ff",
        "/v1/banks/%ud800",
        "//v1/banks",
        "/v1//banks",
        "/v1/banks/",
        "/v1/submissions/%2e%2e",
        "/v1/entries/1%0d%0aX-Injected:1",
        "/docs",
        "/redoc",
        "/static/../v1/me",
    ],
)
def test_tricks_with_paths_lead_nowhere(address: Address, who: bytes, path: str) -> None:
    answer = address.exchange(f"GET {path} HTTP/1.1\r\n".encode() + HOST + CLOSE + who + b"\r\n")
    assert status(answer) in {400, 404, 405, 422}, answer[:300]
    assert b"X-Injected" not in answer.partition(b"\r\n\r\n")[0]


def test_a_header_of_the_caller_is_not_sent_back_unless_it_is_plain(address: Address) -> None:
    request = b"GET /health/live HTTP/1.1\r\nX-Request-ID: a<script>\r\n" + HOST + CLOSE + b"\r\n"
    assert b"<script>" not in address.exchange(request)


def test_a_zip_bomb_is_a_content_like_any_other(address: Address, who: bytes) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(100 << 20))
    answer = address.exchange(form("/v1/submissions?wait=30", who, {"file": packed.getvalue()}))
    assert status(answer) == 201
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["state"] == "unmatched"


def test_idle_connections_hold_nobody_up(address: Address) -> None:
    idle = [address.connect() for _ in range(200)]
    try:
        request = b"GET /health/live HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n"
        assert status(address.exchange(request)) == 200
    finally:
        for connection in idle:
            connection.close()


@pytest.mark.slow
def test_two_hundred_uploads_at_once_are_all_kept_or_told_to_come_back(
    one: Served, address: Address, who: bytes
) -> None:
    """More than are served at a time; none is lost in between, and the files of all are gone after."""
    found: list[bytes] = []

    def send(number: int) -> None:
        data = number.to_bytes(4, "big") * (64 << 10)
        found.append(address.exchange(form("/v1/submissions?wait=0", who, {"file": data})))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(1, 201)]
    before = len(one.node.submissions.page(Wanted(), limit=1000))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = [answer for answer in found if status(answer) in {201, 202}]
    sent_away = [answer for answer in found if status(answer) == 503]
    assert len(kept) + len(sent_away) == 200, {status(answer) for answer in found}
    assert kept
    assert all(b"retry-after:" in answer.lower() for answer in sent_away)
    assert len(one.node.submissions.page(Wanted(), limit=1000)) == before + len(kept)
    assert files_left(one) == []


def test_nothing_of_a_request_is_in_the_log(
    address: Address, who: bytes, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    del tmp_path
    with caplog.at_level("DEBUG"):
        address.exchange(
            post("/v1/match?secret=in-the-query", who, b'{"signals": [{"type": "md5", "value": "ABCD"}]}')
        )
        address.exchange(b"GET /v1/banks/name-in-the-path HTTP/1.1\r\n" + HOST + CLOSE + who + b"\r\n")
    formatter = JsonLines()
    lines = [formatter.format(record) for record in caplog.records]
    assert any('"route": "/v1/match"' in line for line in lines)
    for secret in ("in-the-query", "name-in-the-path", "ABCD", who.decode().split()[-1]):
        assert not [line for line in lines if secret in line]

"""Speaking to the CyberTipline: the one host there is, what is sent, and answers that are none."""

import hashlib
import io
import logging
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.awkward import Awkward, Reply
from support.tls import TestAuthority

from tocsin.filing.credentials import Account
from tocsin.filing.cybertip.hosts import PRODUCTION_URL, TEST_URL, UnfitUrlError, checked_url, host_of
from tocsin.filing.errors import FileNotWholeError
from tocsin.filing.model import Environment
from tocsin.filing.transport import Answer, NoAnswerError, Transport
from tocsin.outgoing.addresses import Target
from tocsin.outgoing.cybertip import LONGEST_ANSWER, CybertipTransport, Waiting, transport
from tocsin.simulators.cybertip.faults import Fault, Kind, Moment, Step
from tocsin.simulators.cybertip.server import Cybertip

USER, SECRET = "Esp-4711", "hG6zR2kkl9é"  # of nobody
ACCOUNT = Account(USER, SECRET)
LOOPBACK = (ip_network("127.0.0.0/8"),)
HASTY = Waiting(step=0.3, answer=0.6, upload=30)
REPORT = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<report><incidentSummary><incidentType>Child Pornography '
    b"(possession, manufacture, and distribution)</incidentType>"
    b"<incidentDateTime>2026-01-02T03:04:05Z</incidentDateTime></incidentSummary><reporter><reportingPerson>"
    b"<email>reports@example.org</email></reportingPerson></reporter></report>"
)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nRequest-ID: abc-1\r\n\r\nok"


@pytest.fixture
def simulator() -> Iterator[Cybertip]:
    with Cybertip(USER, SECRET) as started:
        yield started


def to(server: Awkward | Cybertip, waiting: Waiting = HASTY) -> CybertipTransport:
    target = Target("http", "127.0.0.1", server.port, "/ispws")
    return CybertipTransport(target, ACCOUNT, allowed=LOOPBACK, waiting=waiting)


def simulated(server: Cybertip) -> Transport:
    return transport(Environment.SIMULATOR, server.url, ACCOUNT)


def opened(server: Cybertip) -> str:
    """A report, open."""
    answer = simulated(server).submit(REPORT)
    assert answer.status == 200, answer.body
    return str(server.reports[-1].number)


# The simulator


def test_the_whole_of_it(simulator: Cybertip) -> None:
    there = simulated(simulator)
    assert there.status().status == 200
    assert b"schema" in there.schema().body
    number = opened(simulator)
    content = bytes(range(256)) * 1000
    answer = there.upload(number, "a b.jpg", io.BytesIO(content), len(content))
    assert hashlib.md5(content, usedforsecurity=False).hexdigest().encode() in answer.body
    (file,) = simulator.reports[-1].files
    assert (file.name, file.size, file.sha256) == (
        "a b.jpg",
        len(content),
        hashlib.sha256(content).hexdigest(),
    )
    details = (
        f"<fileDetails><reportId>{number}</reportId><fileId>{file.id}</fileId>"
        "<originalFileName>caf\N{LATIN SMALL LETTER E WITH ACUTE}.jpg</originalFileName></fileDetails>"
    )
    assert there.fileinfo(details.encode()).status == 200
    assert simulator.reports[-1].files[0].details == (details.encode(),)
    done = there.finish(number)
    assert done.status == 200
    assert file.id.encode() in done.body
    assert done.request_id == simulator.requests[-1].request_id
    assert there.retract(number).status != 200  # too late
    other = opened(simulator)
    assert there.retract(other).status == 200


def test_nothing_of_no_length_is_sent(simulator: Cybertip) -> None:
    there, number = simulated(simulator), opened(simulator)
    assert there.upload(number, "empty", io.BytesIO(), 0).status == 200
    assert simulator.reports[-1].files[0].size == 0
    posts = [one for one in simulator.requests if one.step not in {Step.STATUS, Step.XSD}]
    assert all("transfer-encoding" not in one.headers for one in posts)
    assert posts[0].headers["content-type"] == "text/xml; charset=utf-8"


def test_a_wrong_password_is_an_answer(simulator: Cybertip) -> None:
    there = transport(Environment.SIMULATOR, simulator.url, Account(USER, "another"))
    assert there.status() == Answer(401, b"", there.status().request_id) or there.status().status == 401
    assert there.submit(REPORT).status == 401
    assert simulator.reports == ()


def test_an_upload_that_is_refused_early_is_an_answer_all_the_same(simulator: Cybertip) -> None:
    """The simulator answers 401 without reading the file, and closes."""
    there = transport(Environment.SIMULATOR, simulator.url, Account(USER, "another"))
    size = 30_000_000
    try:
        assert there.upload("1", "a", io.BytesIO(bytes(size)), size).status == 401
    except NoAnswerError as error:  # reset before the answer could be read
        assert error.sent  # noqa: PT017  # both may happen


@pytest.mark.parametrize(
    "name", ['a"b.jpg', "a\r\nX: y.jpg", "日本.png", "a;b=c\\d", "", "\udcff", "x" * 5000]
)
def test_a_name_cannot_break_the_form(simulator: Cybertip, name: str) -> None:
    there, number = simulated(simulator), opened(simulator)
    assert there.upload(number, name, io.BytesIO(b"abc"), 3).status == 200
    (file,) = simulator.reports[-1].files
    assert file.size == 3
    assert "\n" not in file.name
    assert len(file.name) <= 300
    assert there.finish(number).status == 200


@settings(max_examples=25, deadline=None)
@given(content=st.binary(max_size=2000), name=st.text(max_size=30))
def test_every_file_arrives_as_it_is(content: bytes, name: str) -> None:
    with Awkward(Reply(OK)) as server:
        to(server, Waiting()).upload("17", name, io.BytesIO(content), len(content))
        head, _, body = server.seen[0].partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head.lower()
    boundary = body.partition(b"\r\n")[0]
    parts = body.split(boundary)
    assert len(parts) == 4
    assert parts[1].partition(b"\r\n\r\n")[2] == b"17\r\n"
    assert parts[2].partition(b"\r\n\r\n")[2] == content + b"\r\n"
    assert parts[3] == b"--\r\n"


# Where it goes


@pytest.mark.parametrize(
    "url",
    [
        "https://report.cybertip.org",
        "https://report.cybertip.org/ispws/",
        "https://REPORT.cybertip.org/ispws",
        "https://report.cybertip.org./ispws",
        "https://report.cybertip.org:443/ispws",
        "http://report.cybertip.org/ispws",
        "https://user:word@report.cybertip.org/ispws",
        "https://report.cybertip.org@evil.example/ispws",
        "https://report.cybertip.org/ispws?x",
        "https://report.cybertip.org/ispws#x",
        "https://report.cybertip.org\\@evil.example/ispws",
        " https://report.cybertip.org/ispws",
        "https://report.cybertip.org/ispws\n",
        "https://report.cybertip.com/ispws",
        "https://exttest.cybertip.org.evil.example/ispws",
        "http://localhost:8000/ispws",
        "http://127.0.0.1/ispws",
        "http://127.0.0.1:0/ispws",
        "http://127.0.0.1:65536/ispws",
        "http://127.0.0.1:08000/ispws",
        "http://127.0.0.1:٨٠/ispws",
        "http://127.1:8000/ispws",
        "http://127.0.0.2:8000/ispws",
        "http://0.0.0.0:8000/ispws",
        "http://2130706433:8000/ispws",
        "http://[::ffff:127.0.0.1]:8000/ispws",
        "http://[0:0:0:0:0:0:0:1]:8000/ispws",
        "http://[::]:8000/ispws",
        "http://[::1%25eth0]:8000/ispws",
        "http://10.0.0.1:8000/ispws",
        "http://127.0.0.1:8000@evil.example/ispws",
        "http://127.0.0.1:8000/ispws/",
        "http://127.0.0.1:8000/ispws\n",
        "https://127.0.0.1:8000/ispws",
        "HTTP://127.0.0.1:8000/ispws",
        "",
    ],
)
def test_no_url_but_the_one_is_taken(url: str) -> None:
    for environment in Environment:
        with pytest.raises(UnfitUrlError) as caught:
            transport(environment, url, ACCOUNT)
        assert not url or url not in str(caught.value)


def test_each_environment_has_its_own() -> None:
    fit = {
        Environment.PRODUCTION: [PRODUCTION_URL],
        Environment.TEST: [TEST_URL],
        Environment.SIMULATOR: ["http://127.0.0.1:1/ispws", "http://[::1]:65535/ispws"],
    }
    for environment in Environment:
        for other, urls in fit.items():
            for url in urls:
                if other is environment:
                    assert checked_url(environment, url) == url
                else:
                    with pytest.raises(UnfitUrlError):
                        checked_url(environment, url)
    assert host_of(Environment.PRODUCTION) == "report.cybertip.org"


@given(url=st.text() | st.from_regex(r"https?://[a-z.]{0,30}cybertip\.org[/a-z.:@]{0,20}"))
def test_no_text_but_the_two_is_a_url_of_theirs(url: str) -> None:
    for environment, one in ((Environment.PRODUCTION, PRODUCTION_URL), (Environment.TEST, TEST_URL)):
        if url != one:
            with pytest.raises(UnfitUrlError):
                checked_url(environment, url)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::1", "fd00::1", "169.254.169.254"])
def test_a_name_server_cannot_lead_it_into_this_network(address: str) -> None:
    asked: list[str] = []

    def resolver(host: str) -> list[str]:
        asked.append(host)
        return ["203.0.114.1", address]

    target = Target("https", "report.cybertip.org", 443, "/ispws")
    with pytest.raises(NoAnswerError, match="not public") as caught:
        CybertipTransport(target, ACCOUNT, resolver=resolver).submit(REPORT)
    assert not caught.value.sent
    assert asked == ["report.cybertip.org"]


def test_no_proxy_is_asked(simulator: Cybertip, monkeypatch: pytest.MonkeyPatch) -> None:
    with Awkward(Reply(OK)) as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("no_proxy", "")
        assert simulated(simulator).status().status == 200
        assert proxy.seen == []


def test_a_netrc_says_nothing(simulator: Cybertip, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login eve password evil\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert simulated(simulator).status().status == 200


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirection_is_not_followed(status: int) -> None:
    with Awkward(Reply(OK)) as elsewhere:
        there = f"http://127.0.0.1:{elsewhere.port}/ispws/submit"
        answer = f"HTTP/1.1 {status} Go\r\nLocation: {there}\r\nContent-Length: 0\r\n\r\n"
        with Awkward(Reply(answer.encode())) as server:
            with pytest.raises(NoAnswerError, match="elsewhere") as caught:
                to(server).submit(REPORT)
            assert (caught.value.sent, caught.value.status) == (True, status)
            assert len(server.seen) == 1
        assert elsewhere.seen == []


# TLS


def secure(
    tmp_path: Path, *, certified: tuple[str, ...], expired: bool = False
) -> tuple[Awkward, ssl.SSLContext]:
    authority = TestAuthority(tmp_path)
    return Awkward(Reply(OK), tls=authority.server(*certified, expired=expired)), authority.client()


def over_tls(server: Awkward, tls: ssl.SSLContext | None) -> CybertipTransport:
    target = Target("https", "report.cybertip.test", server.port, "/ispws")
    return CybertipTransport(
        target,
        ACCOUNT,
        allowed=LOOPBACK,
        tls=tls,
        resolver=lambda _: ["127.0.0.1"],
        waiting=Waiting(step=10, answer=10),
    )


def test_a_certified_host_is_spoken_to(tmp_path: Path) -> None:
    server, client = secure(tmp_path, certified=("report.cybertip.test",))
    with server:
        assert over_tls(server, client).submit(REPORT).body == b"ok"
        assert b"Host: report.cybertip.test" in server.seen[0]


@pytest.mark.parametrize("case", ["another name", "expired", "unknown authority"])
def test_nothing_is_said_to_an_uncertified_host(tmp_path: Path, case: str) -> None:
    name = "other.cybertip.test" if case == "another name" else "report.cybertip.test"
    server, client = secure(tmp_path, certified=(name,), expired=case == "expired")
    with server:
        there = over_tls(server, None if case == "unknown authority" else client)
        with pytest.raises(NoAnswerError, match="certificate") as caught:
            there.submit(REPORT)
        assert not caught.value.sent
        assert server.seen in ([b""], [])


def test_session_keys_are_not_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`ssl.create_default_context` would: whoever has them reads what was filed from the wire."""
    server, _ = secure(tmp_path, certified=("report.cybertip.test",))
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    with server, pytest.raises(NoAnswerError):
        over_tls(server, None).submit(REPORT)
    assert not (tmp_path / "keys").exists()


# Answers that are none


def no_answer(ask: Callable[[], object]) -> NoAnswerError:
    with pytest.raises(NoAnswerError) as caught:
        ask()
    return caught.value


def test_a_host_that_is_not_there_was_told_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    there = CybertipTransport(Target("http", "127.0.0.1", port, "/ispws"), ACCOUNT, allowed=LOOPBACK)
    error = no_answer(lambda: there.submit(REPORT))
    assert (error.sent, error.status, error.part) == (False, 0, b"")


def test_a_name_without_an_address_was_told_nothing() -> None:
    there = CybertipTransport(Target("https", "report.cybertip.test", 443, "/ispws"), ACCOUNT)
    assert not no_answer(lambda: there.submit(REPORT)).sent


@pytest.mark.parametrize(
    ("reply", "status", "part"),
    [
        (Reply(), 0, b""),
        (Reply(hold=20), 0, b""),
        (Reply(b"HTTP/1.1 200 OK\r\nContent-Le"), 0, b""),
        (Reply(b"nonsense\r\n\r\n"), 0, b""),
        (
            Reply(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<reportId>17</rep"),
            200,
            b"<reportId>17</rep",
        ),
        (Reply(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<a>", hold=20), 200, b"<a>"),
        (Reply(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx"), 200, b""),
        (Reply(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n"), 200, b"abc"),
        (Reply(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + b"x" * 90, pause=0.05), 0, b""),
    ],
)
def test_an_answer_that_breaks_off(reply: Reply, status: int, part: bytes) -> None:
    with Awkward(reply) as server:
        error = no_answer(lambda: to(server).submit(REPORT))
    assert (error.sent, error.status, error.part) == (True, status, part)


def test_an_answer_without_end_is_cut() -> None:
    data = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (LONGEST_ANSWER + 1000)
    with Awkward(Reply(data)) as server:
        error = no_answer(lambda: to(server, Waiting()).submit(REPORT))
    assert len(error.part) == LONGEST_ANSWER


@pytest.mark.parametrize("step", [Step.SUBMIT, Step.FINISH])
@pytest.mark.parametrize("moment", [Moment.BEFORE, Moment.AFTER])
def test_a_cut_says_nothing_of_what_was_done(simulator: Cybertip, step: Step, moment: Moment) -> None:
    number = opened(simulator) if step is Step.FINISH else ""
    simulator.faults.then(step, Fault(Kind.CUT, moment))
    there = simulated(simulator)
    error = no_answer(lambda: there.finish(number) if number else there.submit(REPORT))
    assert error.sent
    committed = len(simulator.finished) if number else len(simulator.reports)
    assert committed == (1 if moment is Moment.AFTER else 0)


def test_other_answers_are_answers(simulator: Cybertip) -> None:
    for fault in (Fault(Kind.HTML, status=503), Fault(Kind.CODE, code=1000), Fault(Kind.UNAUTHORIZED)):
        simulator.faults.then(Step.SUBMIT, fault)
        assert simulated(simulator).submit(REPORT).status >= 400


def test_a_request_id_given_twice_is_none() -> None:
    with Awkward(Reply(OK.replace(b"abc-1", b"abc-1\r\nRequest-ID: abc-2"))) as server:
        assert to(server).status() == Answer(200, b"ok", "")
    with Awkward(Reply(OK)) as server:
        assert to(server).status() == Answer(200, b"ok", "abc-1")


# Files


class Endless(io.RawIOBase):
    """A file of zeros that is produced as it is read."""

    def __init__(self, size: int) -> None:
        """Of that size."""
        self.left = size
        self.largest = 0

    def read(self, most: int = -1) -> bytes:
        self.largest = max(self.largest, most)
        piece = bytes(min(most, self.left))
        self.left -= len(piece)
        return piece


@pytest.mark.parametrize("length", [0, 2, 4, 300_000])
def test_a_file_of_another_length_does_not_arrive(simulator: Cybertip, length: int) -> None:
    there, number = simulated(simulator), opened(simulator)
    with pytest.raises(FileNotWholeError):
        there.upload(number, "a", io.BytesIO(bytes(length)), 3 if length < 5 else length - 1)
    answer = there.finish(number)
    assert answer.status == 200
    assert b"fileId" not in answer.body


def test_a_file_that_cannot_be_read_is_said_so(simulator: Cybertip) -> None:
    class Broken(io.RawIOBase):
        def read(self, _: int = -1) -> bytes:
            raise OSError(5, "Input/output error")

    there, number = simulated(simulator), opened(simulator)
    with pytest.raises(OSError, match="Input"):
        there.upload(number, "a", Broken(), 3)  # type: ignore[arg-type]  # all that is used of a file
    assert simulator.reports[-1].files == ()


@pytest.mark.slow
def test_a_slow_upload_has_time_for_each_piece() -> None:
    """Longer in all than one step or an answer may take."""

    class Slow(Endless):
        def read(self, most: int = -1) -> bytes:
            threading.Event().wait(0.1)
            return super().read(most)

    size = 20 << 17
    with Awkward(Reply(OK)) as server:
        there = to(server, Waiting(step=1.5, answer=1.5, upload=60))
        assert there.upload("1", "a", Slow(size), size).body == b"ok"  # type: ignore[arg-type]  # as above
        assert len(server.seen[0]) > size


def test_an_upload_that_nobody_takes_is_given_up() -> None:
    size = 100_000_000
    file = Endless(size)
    with Awkward(Reply(read=10, hold=20)) as server:
        error = no_answer(lambda: to(server).upload("1", "a", file, size))  # type: ignore[arg-type]  # as above
    assert error.sent
    assert file.left > 0
    assert file.largest <= 1 << 17


# What is not told


def test_the_account_is_in_no_log_and_no_error(simulator: Cybertip, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpcore2").setLevel(logging.DEBUG)
    there = simulated(simulator)
    there.submit(REPORT)
    simulator.faults.then(Step.SUBMIT, Fault(Kind.CUT))
    error = no_answer(lambda: there.submit(REPORT))
    told = caplog.text + repr(there) + repr(error) + str(error.__cause__) + repr(ACCOUNT)
    for secret in (USER, SECRET, "Basic", REPORT[60:90].decode()):
        assert secret not in told


def test_an_answer_that_shows_what_was_sent_is_kept_without_the_account() -> None:
    """As a proxy's error page may."""
    login = b64encode(f"{USER}:{SECRET}".encode())
    page = b"<html>Authorization: Basic " + login + b"</html>"
    head = b"HTTP/1.1 403 No\r\nRequest-ID: " + login + b"\r\nContent-Length: "
    whole = head + str(len(page)).encode() + b"\r\n\r\n" + page
    with Awkward(Reply(whole), Reply(head + b"1000\r\n\r\n" + page)) as server:
        answer = to(server).submit(REPORT)
        error = no_answer(lambda: to(server).submit(REPORT))
    assert answer.body == error.part == b"<html>Authorization: Basic [account]</html>"
    assert answer.request_id == "[account]"

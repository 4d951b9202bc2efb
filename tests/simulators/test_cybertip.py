"""The simulated CyberTipline: its calls, its books, and that the truth it tells is what happened."""

import base64
import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.cybertip_calls import MULTIPART, PASSWORD, REPORT, USER, XML, Calls, details, form

from tocsin.simulators.cybertip.authority import AFTER_CHANGE, LIFETIME, Authority, Switches
from tocsin.simulators.cybertip.clock import Clock
from tocsin.simulators.cybertip.codes import Code, RefusedError
from tocsin.simulators.cybertip.faults import Step
from tocsin.simulators.cybertip.forms import Sent
from tocsin.simulators.cybertip.server import Cybertip
from tocsin.simulators.cybertip.truth import Report, State

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def simulator(switches: Switches | None = None) -> Cybertip:
    clock = Clock(NOON, stands=True)
    return Cybertip(USER, PASSWORD, clock=clock, others={"esp-two": "other"}, switches=switches)


@pytest.fixture
def running() -> Iterator[Cybertip]:
    with simulator() as running:
        yield running


@pytest.fixture
def calls(running: Cybertip) -> Calls:
    return Calls(running)


def test_a_clock_goes_with_the_day_until_it_is_moved() -> None:
    clock = Clock(NOON)
    first = clock()
    assert NOON <= first <= clock()
    assert clock.move(timedelta(hours=1)) >= first + timedelta(hours=1)
    assert Clock(NOON, stands=True)() == NOON
    assert abs(Clock()() - datetime.now(UTC)) < timedelta(minutes=1)


def test_status_names_the_user_and_no_report(calls: Calls) -> None:
    reply = calls.call("GET", "status")
    assert (reply.status, reply.code) == (200, 0)
    assert reply.text("responseDescription") == f"Remote User : {USER}, Remote Ip : 127.0.0.1"
    assert b"reportId" not in reply.body


def test_every_answer_has_a_request_id_of_its_own(running: Cybertip, calls: Calls) -> None:
    replies = [
        calls.call("GET", "status"),
        calls.call("GET", "nowhere"),
        Calls(running, USER, "no").submit(),
    ]
    found = [one.headers["request-id"] for one in replies]
    assert len(set(found)) == 3
    assert found == [one.request_id for one in running.requests]


def test_the_schema_is_given(calls: Calls) -> None:
    assert b"<xs:schema" in calls.call("GET", "xsd").body


@pytest.mark.parametrize(("user", "password"), [(USER, "wrong"), ("nobody", PASSWORD), ("", "")])
def test_who_is_not_known_gets_401_with_nothing_in_it(running: Cybertip, user: str, password: str) -> None:
    reply = Calls(running, user, password).submit()
    assert (reply.status, reply.body) == (401, b"")
    assert reply.headers["www-authenticate"] == 'Basic realm="ESP Web Services"'
    assert running.reports == ()


def test_credentials_are_not_in_the_history(running: Cybertip, calls: Calls) -> None:
    calls.submit()
    assert "authorization" not in running.requests[0].headers


def test_a_report_goes_its_way(running: Cybertip, calls: Calls) -> None:
    number = calls.opened()
    first, second = calls.upload(number, b"one" * 999, "one.jpg"), calls.upload(number, b"", "two.jpg")
    for reply in (first, second):
        assert calls.fileinfo(number, reply.text("fileId")).code == 0
    done = calls.finish(number)

    ids = [first.text("fileId"), second.text("fileId")]
    assert first.text("hash") == hashlib.md5(b"one" * 999, usedforsecurity=False).hexdigest()
    assert done.body.endswith(
        f"<reportDoneResponse><responseCode>0</responseCode><reportId>{number}</reportId><files>"
        f"<fileId>{ids[0]}</fileId><fileId>{ids[1]}</fileId></files></reportDoneResponse>".encode()
    )
    (report,) = running.reports
    assert (report.number, report.state, report.xml) == (number, State.FINISHED, REPORT.encode())
    assert [(one.name, one.size) for one in report.files] == [("one.jpg", 2997), ("two.jpg", 0)]
    assert [one.sha256 for one in report.files] == [
        hashlib.sha256(b).hexdigest() for b in (b"one" * 999, b"")
    ]
    assert [one.details for one in report.files] == [(details(number, one).encode(),) for one in ids]
    assert (report.undetailed, report.retract_attempts) == ((), 0)
    steps = [Step.SUBMIT, Step.UPLOAD, Step.UPLOAD, Step.FILEINFO, Step.FILEINFO, Step.FINISH]
    assert [one.step for one in report.exchanges] == steps
    assert all(one.committed and one.whole for one in report.exchanges)
    assert report.exchanges[-1].left == done.body


def test_a_report_without_files_is_finished_with_none(calls: Calls) -> None:
    assert b"<files/>" in calls.finish(calls.opened()).body


def test_numbers_grow(calls: Calls) -> None:
    assert calls.opened() < calls.opened() < calls.opened()


def in_state(running: Cybertip, calls: Calls, state: State) -> tuple[int, str]:
    number = calls.opened()
    file_id = calls.uploaded(number)
    if state is State.FINISHED:
        calls.finish(number)
    elif state is State.RETRACTED:
        calls.retract(number)
    elif state is State.EXPIRED:
        running.clock.move(LIFETIME)
    return number, file_id


ENDED = [(State.FINISHED, 5102), (State.RETRACTED, 5101), (State.EXPIRED, 5001)]


@pytest.mark.parametrize(("state", "code"), ENDED)
def test_a_report_that_ended_is_left_as_it_is(
    running: Cybertip, calls: Calls, state: State, code: int
) -> None:
    number, file_id = in_state(running, calls, state)
    before = running.authority.report(number)
    replies = [
        calls.upload(number),
        calls.fileinfo(number, file_id),
        calls.finish(number),
        calls.retract(number),
    ]
    assert [one.code for one in replies] == [code] * 4
    assert running.authority.report(number) == before
    assert before is not None
    assert before.state is state
    assert not any(one.committed for one in running.requests[-4:])


def test_a_report_that_never_was_does_not_exist(calls: Calls) -> None:
    replies = [calls.upload(7), calls.fileinfo(7, "a"), calls.finish(7), calls.retract(7)]
    assert [one.code for one in replies] == [5001] * 4


def test_an_expired_report_can_be_called_retracted() -> None:
    with simulator(Switches(expired=Code.ALREADY_RETRACTED)) as running:
        number, _ = in_state(running, Calls(running), State.EXPIRED)
        assert Calls(running).finish(number).code == 5101
        assert running.reports[0].state is State.EXPIRED


def test_a_retract_is_told_of_even_when_it_failed(running: Cybertip, calls: Calls) -> None:
    number, _ = in_state(running, calls, State.FINISHED)
    calls.retract(number)
    assert running.reports[0].retract_attempts == 1


def test_other_peoples_reports_are_out_of_reach(running: Cybertip, calls: Calls) -> None:
    number, file_id = in_state(running, calls, State.OPEN)
    other = Calls(running, "esp-two", "other")
    replies = [
        other.upload(number),
        other.fileinfo(number, file_id),
        other.finish(number),
        other.retract(number),
    ]
    assert [(one.status, one.code) for one in replies] == [(403, 3300)] * 4


def test_times_are_those_of_the_documentation() -> None:
    assert (timedelta(hours=24), timedelta(hours=1)) == (LIFETIME, AFTER_CHANGE)


def test_an_unfinished_report_goes_24_hours_after_it_was_opened(running: Cybertip, calls: Calls) -> None:
    number = calls.opened()
    running.clock.move(LIFETIME - SECOND)
    early = running.reports[0]
    running.clock.move(SECOND)
    late = running.reports[0]
    assert (early.state, early.ended_at) == (State.OPEN, None)
    assert (late.state, late.ended_at) == (State.EXPIRED, NOON + LIFETIME)
    assert calls.finish(number).code == 5001


@pytest.mark.parametrize("change", [Step.UPLOAD, Step.FILEINFO])
def test_a_change_gives_another_hour(running: Cybertip, calls: Calls, change: Step) -> None:
    number, file_id = in_state(running, calls, State.OPEN)
    running.clock.move(LIFETIME - SECOND)
    changed = calls.upload(number) if change is Step.UPLOAD else calls.fileinfo(number, file_id)
    assert changed.code == 0
    assert running.reports[0].deadline == NOON + LIFETIME - SECOND + AFTER_CHANGE
    running.clock.move(AFTER_CHANGE - SECOND)
    assert calls.finish(number).code == 0


def test_what_is_refused_gives_no_time(running: Cybertip, calls: Calls) -> None:
    number, _ = in_state(running, calls, State.OPEN)
    running.clock.move(LIFETIME - SECOND)
    assert calls.fileinfo(number, "b" * 32).code == 5002
    assert running.reports[0].deadline == NOON + LIFETIME


def test_a_file_is_described_once_unless_switched(running: Cybertip, calls: Calls) -> None:
    number, file_id = in_state(running, calls, State.OPEN)
    assert [calls.fileinfo(number, file_id).code for _ in range(2)] == [0, 4100]
    with simulator(Switches(second_details=Code.SUCCESS)) as lenient:
        number, file_id = in_state(lenient, Calls(lenient), State.OPEN)
        assert [Calls(lenient).fileinfo(number, file_id).code for _ in range(2)] == [0, 0]
        assert len(lenient.reports[0].files[0].details) == 2


@pytest.mark.parametrize(
    ("path", "body", "kind", "code"),
    [
        ("upload", form(("id", 4_600_001)), MULTIPART, 4200),
        ("upload", form(files=(("a", b"a"),)), MULTIPART, 4200),
        ("upload", form(("id", "x"), files=(("a", b"a"),)), MULTIPART, 4200),
        ("upload", form(("id", 4_600_001), files=(("a", b"a"), ("b", b"b"))), MULTIPART, 4200),
        ("upload", form(("id", 4_600_001), files=(("a", b"a"),))[:-9], MULTIPART, 4200),
        ("upload", b"id=4600001", "application/x-www-form-urlencoded", 4000),
        ("finish", b"", MULTIPART, 4200),
        ("finish", form(("name", 1)), MULTIPART, 4000),
        ("retract", b"id=%FF", "application/x-www-form-urlencoded", 4000),
        ("submit", REPORT.encode(), "application/json", 4000),
        ("submit", REPORT.encode(), "text/xml", 4000),
        ("submit", REPORT.encode()[:-1], XML, 4110),
        ("submit", REPORT.encode() * 2, XML, 4110),
        ("submit", b"", XML, 4110),
        ("submit", b"<!DOCTYPE report [<!ENTITY a 'b'>]>" + REPORT.encode(), XML, 4110),
        ("submit", details(4_600_001, "a").encode(), XML, 4100),
        ("submit", b"<?xml version='1.0' encoding='ISO-8859-1'?>" + REPORT.encode(), XML, 4110),
        ("finish", form(("id", "1" * 5000)), MULTIPART, 4000),
        ("fileinfo", REPORT.encode(), XML, 4100),
        ("nowhere", b"", "", 1210),
        ("status", b"", "", 1210),
    ],
)
def test_what_is_not_a_request_changes_nothing(
    calls: Calls, path: str, body: bytes, kind: str, code: int
) -> None:
    running = calls.simulator
    calls.opened()
    before = running.authority.report(4_600_001)
    assert calls.call("POST", path, body, kind).code == code
    assert running.authority.report(4_600_001) == before
    assert len(running.reports) == 1


def test_finish_and_retract_take_an_urlencoded_form(calls: Calls) -> None:
    kind = "application/x-www-form-urlencoded"
    first, second = calls.opened(), calls.opened()
    assert calls.call("POST", "finish", f"id={first}".encode(), kind).code == 0
    assert calls.call("POST", "retract", f"id={second}".encode(), kind).code == 0


@pytest.mark.parametrize("head", ["Transfer-Encoding: chunked", "Content-Length: many", "Content-Length: -1"])
def test_a_body_of_no_known_length_is_refused_and_ends_the_connection(running: Cybertip, head: str) -> None:
    proof = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    with socket.create_connection(("127.0.0.1", running.port), timeout=30) as speaking:
        request = f"POST /ispws/submit HTTP/1.1\r\nAuthorization: Basic {proof}\r\n{head}\r\n\r\n0\r\n\r\n"
        speaking.sendall(request.encode())
        assert speaking.recv(12) == b"HTTP/1.1 400"
        with suppress(ConnectionResetError):
            while speaking.recv(1000):
                pass
    assert [one.code for one in running.requests] == [4000]


def test_as_in_2016_all_can_be_200_and_misnamed() -> None:
    with simulator(Switches(always_200=True, latin_1_header=True)) as running:
        reply = Calls(running).finish(7)
        assert (reply.status, reply.code) == (200, 5001)
        assert reply.headers["content-type"] == "application/xml;charset=ISO-8859-1"


def test_one_of_many_that_finish_at_once_succeeds(running: Cybertip, calls: Calls) -> None:
    number = calls.opened()
    with ThreadPoolExecutor(8) as pool:
        codes = sorted(one.code for one in pool.map(calls.finish, [number] * 8))
    assert codes == [0] + [5102] * 7
    assert sum(one.committed for one in running.reports[0].exchanges if one.step is Step.FINISH) == 1


def test_it_stops_while_somebody_keeps_a_connection_and_says_nothing() -> None:
    with socket.socket() as silent:
        with simulator() as running:
            silent.connect(("127.0.0.1", running.port))
            silent.sendall(b"GET /ispws/status HTTP/1.1\r\n\r\n")
            assert silent.recv(12) == b"HTTP/1.1 401"
        while silent.recv(1000):
            pass
    assert not [one for one in threading.enumerate() if "process_request" in one.name]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["file", "details", "finish", "retract", "wait"]), st.integers(0, 26 * 3600)
        ),
        max_size=30,
    )
)
def test_a_report_ends_once_and_is_never_changed_again(ways: list[tuple[str, int]]) -> None:
    clock = Clock(NOON, stands=True)
    authority = Authority(clock, Switches())
    number = authority.open(USER, b"<report/>")
    acts: dict[str, Callable[[], object]] = {
        "file": lambda: authority.add_file(USER, number, Sent("a", 1, "0", "0"), "0"),
        "details": lambda: authority.add_details(
            USER, number, _last_file(authority, number), b"<fileDetails/>"
        ),
        "finish": lambda: authority.finish(USER, number, lambda _: None),
        "retract": lambda: authority.retract(USER, number),
    }
    changed, ended = NOON, None
    for way, seconds in ways:
        if way == "wait":
            clock.move(timedelta(seconds=seconds))
            continue
        late = clock() >= max(NOON + LIFETIME, changed + AFTER_CHANGE)
        before = authority.report(number)
        try:
            acts[way]()
        except RefusedError as refused:
            code = refused.code
        else:
            code = 0
        if code:
            assert authority.report(number) == before
            assert ended or late or code in (Code.NO_SUCH_FILE, Code.VALIDATION_FAILED)
        else:
            assert not ended
            assert not late
            ended = way if way in ("finish", "retract") else None
            changed = changed if ended else clock()


def _last_file(authority: Authority, number: int) -> str:
    report = authority.report(number)
    assert isinstance(report, Report)
    return report.files[-1].id if report.files else "none"

"""The simulated CyberTipline's faults: what happened at the authority, and what the other side saw of it."""

import http.client
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from support.cybertip_calls import PASSWORD, USER, Calls, Reply
from support.served import eventually

from tocsin.simulators.cybertip.authority import FIRST_NUMBER
from tocsin.simulators.cybertip.clock import Clock
from tocsin.simulators.cybertip.faults import EVERY_FAULT, Fault, Faults, Kind, Moment, Step
from tocsin.simulators.cybertip.server import Cybertip
from tocsin.simulators.cybertip.truth import Report, State

SILENCE = (OSError, http.client.HTTPException)
BEFORE, AFTER, DURING = Moment.BEFORE, Moment.AFTER, Moment.DURING
CHANGING = (Step.SUBMIT, Step.UPLOAD, Step.FILEINFO, Step.FINISH, Step.RETRACT)


@pytest.fixture(scope="module")
def running() -> Iterator[Cybertip]:
    clock = Clock(datetime(2026, 11, 23, 12, tzinfo=UTC), stands=True)
    with Cybertip(USER, PASSWORD, clock=clock) as running:
        yield running


@dataclass(frozen=True)
class Tried:
    """A step that was taken with a fault."""

    reply: Reply | None
    """None: no whole answer came."""
    before: Report | None
    after: Report | None


def taken(running: Cybertip, step: Step, fault: Fault, patience: float = 30) -> Tried:
    """Take a step that would succeed, with this fault."""
    calm, calls = Calls(running), Calls(running, patience=patience)
    number = FIRST_NUMBER + len(running.reports)
    if step is not Step.SUBMIT:
        assert calm.opened() == number
    file_id = calm.uploaded(number) if step is Step.FILEINFO else ""
    acts: dict[Step, Callable[[], Reply]] = {
        Step.SUBMIT: calls.submit,
        Step.UPLOAD: lambda: calls.upload(number),
        Step.FILEINFO: lambda: calls.fileinfo(number, file_id),
        Step.FINISH: lambda: calls.finish(number),
        Step.RETRACT: lambda: calls.retract(number),
    }
    before = running.authority.report(number)
    running.faults.then(step, fault)
    try:
        reply = acts[step]()
    except SILENCE:
        reply = None
    return Tried(reply, before, running.authority.report(number))


def happened(step: Step, tried: Tried) -> bool:
    """Whether the authority did the step."""
    after = tried.after
    if after is None:
        return False
    if step is Step.SUBMIT:
        return tried.before is None
    if step is Step.UPLOAD:
        return len(after.files) == 1
    if step is Step.FILEINFO:
        return len(after.files[0].details) == 1
    return after.state is (State.FINISHED if step is Step.FINISH else State.RETRACTED)


NOTHING_COMES = [
    Fault(Kind.CUT, DURING, size=0),
    Fault(Kind.CUT, DURING, size=10),
    *(Fault(kind, moment) for kind in (Kind.CUT, Kind.RESET) for moment in (BEFORE, AFTER)),
    *(Fault(Kind.HANG, moment, seconds=0.01) for moment in (BEFORE, AFTER)),
    *(Fault(Kind.TRUNCATED, AFTER, size=size) for size in (0, 1, 100, 1000)),
    Fault(Kind.TRUNCATED, BEFORE, size=70),
]


@pytest.mark.parametrize("step", CHANGING)
@pytest.mark.parametrize("fault", NOTHING_COMES, ids=str)
def test_no_answer_says_nothing_of_what_happened(running: Cybertip, step: Step, fault: Fault) -> None:
    tried = taken(running, step, fault)
    exchange = running.requests[-1]
    assert tried.reply is None
    assert happened(step, tried) == (fault.moment is AFTER)
    assert exchange.committed == (fault.moment is AFTER)
    assert (exchange.fault, exchange.whole) == (fault, False)
    if fault.kind is not Kind.TRUNCATED:
        assert (exchange.status, exchange.left) == (None, b"")


@pytest.mark.parametrize("step", CHANGING)
@pytest.mark.parametrize("moment", [BEFORE, AFTER])
@pytest.mark.parametrize("code", [1000, 4100, 9999])
def test_any_code_is_answered_whatever_happened(
    running: Cybertip, step: Step, moment: Moment, code: int
) -> None:
    tried = taken(running, step, Fault(Kind.CODE, moment, code=code))
    assert tried.reply is not None
    assert tried.reply.code == code
    assert happened(step, tried) == (moment is AFTER)


@pytest.mark.parametrize("step", CHANGING)
@pytest.mark.parametrize("moment", [BEFORE, AFTER])
@pytest.mark.parametrize("status", [502, 302])
def test_a_page_of_html_comes_whatever_happened(
    running: Cybertip, step: Step, moment: Moment, status: int
) -> None:
    tried = taken(running, step, Fault(Kind.HTML, moment, status=status))
    assert tried.reply is not None
    assert (tried.reply.status, tried.reply.headers["content-type"]) == (status, "text/html")
    assert happened(step, tried) == (moment is AFTER)


@pytest.mark.parametrize("moment", [BEFORE, AFTER])
def test_401_comes_whatever_happened(running: Cybertip, moment: Moment) -> None:
    tried = taken(running, Step.FINISH, Fault(Kind.UNAUTHORIZED, moment))
    assert tried.reply is not None
    assert (tried.reply.status, tried.reply.body) == (401, b"")
    assert happened(Step.FINISH, tried) == (moment is AFTER)


@pytest.mark.parametrize("size", [0, 60, 180])
def test_what_left_of_an_answer_that_broke_off_is_told(running: Cybertip, size: int) -> None:
    taken(running, Step.SUBMIT, Fault(Kind.TRUNCATED, AFTER, size=size))
    exchange = running.requests[-1]
    assert (exchange.status, len(exchange.left), exchange.report) == (200, size, running.reports[-1].number)


@pytest.mark.parametrize("step", CHANGING)
def test_xml_that_breaks_off_comes_in_a_whole_answer(running: Cybertip, step: Step) -> None:
    tried = taken(running, step, Fault(Kind.CLIPPED, AFTER, size=80))
    assert tried.reply is not None
    assert (tried.reply.status, len(tried.reply.body)) == (200, 80)
    assert happened(step, tried)


@pytest.mark.parametrize("step", CHANGING)
def test_an_answer_can_lack_what_it_should_say(running: Cybertip, step: Step) -> None:
    tried = taken(running, step, Fault(Kind.BARE, AFTER))
    assert tried.reply is not None
    assert tried.reply.code == 0
    assert not any(name in tried.reply.body for name in (b"reportId", b"fileId", b"hash"))
    assert happened(step, tried)


def test_a_damaged_file_is_damaged_in_truth(running: Cybertip) -> None:
    good = taken(running, Step.UPLOAD, Fault(Kind.SLOW)).reply
    bad = taken(running, Step.UPLOAD, Fault(Kind.WRONG_MD5)).reply
    assert good is not None
    assert bad is not None
    assert good.text("hash") != bad.text("hash")
    assert [one.files[0].md5 for one in running.reports[-2:]] == [good.text("hash"), bad.text("hash")]


@pytest.mark.parametrize("moment", [BEFORE, AFTER])
def test_what_nobody_waits_for_is_done_all_the_same(running: Cybertip, moment: Moment) -> None:
    tried = taken(running, Step.FINISH, Fault(Kind.LATE, moment, seconds=0.8), patience=0.1)
    assert tried.reply is None
    eventually(lambda: running.reports[-1].state is State.FINISHED)
    assert Calls(running).finish(running.reports[-1].number).code == 5102


def test_a_late_answer_comes_in_the_end(running: Cybertip) -> None:
    reply = taken(running, Step.FINISH, Fault(Kind.LATE, AFTER, seconds=0.05)).reply
    assert reply is not None
    assert reply.code == 0


def test_an_upload_is_read_slowly(running: Cybertip) -> None:
    number = Calls(running).opened()
    running.faults.then(Step.UPLOAD, Fault(Kind.SLOW, seconds=0.05))
    assert Calls(running).upload(number, bytes(1_000_000)).code == 0


def test_an_answer_can_be_huge(running: Cybertip) -> None:
    reply = taken(running, Step.SUBMIT, Fault(Kind.HUGE, AFTER, size=1 << 20)).reply
    assert reply is not None
    assert len(reply.body) > 1 << 20


def test_the_clock_jumps_over_a_deadline(running: Cybertip) -> None:
    jump = timedelta(hours=24).total_seconds()
    reply = taken(running, Step.FINISH, Fault(Kind.JUMP, seconds=jump)).reply
    assert reply is not None
    assert reply.code == 5001


def test_it_stops_while_it_hangs() -> None:
    with Cybertip(USER, PASSWORD) as hanging:
        assert taken(hanging, Step.FINISH, Fault(Kind.HANG, AFTER), patience=0.05).reply is None
        assert hanging.reports[0].state is State.FINISHED


def test_faults_come_in_the_order_of_the_plan() -> None:
    faults, one, two, three = Faults(), Fault(Kind.CUT), Fault(Kind.HANG), Fault(Kind.RESET)
    faults.at(Step.UPLOAD, 2, one)
    faults.then(Step.UPLOAD, two, None)
    faults.always(three, Step.UPLOAD)
    assert [faults.draw(Step.UPLOAD) for _ in range(4)] == [two, one, None, three]
    assert faults.draw(Step.SUBMIT) is None
    faults.always(None)
    assert faults.draw(Step.UPLOAD) is None


def test_a_seed_makes_the_same_faults_again() -> None:
    def drawn(seed: int, most: int | None = None) -> list[Fault | None]:
        faults = Faults()
        faults.at_random(seed, 0.5, most=most)
        return [faults.draw(Step.UPLOAD) for _ in range(400)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert {one.kind for one in drawn(3) if one} == {one.kind for one in EVERY_FAULT}
    assert 150 < sum(one is not None for one in drawn(4)) < 250
    assert sum(one is not None for one in drawn(4, most=7)) == 7

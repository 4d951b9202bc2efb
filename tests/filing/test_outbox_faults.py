"""What goes wrong between a filing and an authority, one thing at a time, against what the authority has."""

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from support.outbox import RITA, Office, cybertip

from tocsin.evidence.errors import VaultAccessError
from tocsin.filing.model import Fate, State
from tocsin.jobs.retrying import RetryPolicy
from tocsin.simulators.cybertip.faults import Fault, Kind, Moment, Step
from tocsin.simulators.cybertip.server import Cybertip
from tocsin.simulators.cybertip.truth import Report
from tocsin.simulators.cybertip.truth import State as Truth
from tocsin.storage.database import Database
from tocsin.storage.ledger import LedgerStore

__all__ = ["cybertip"]
PATIENT = RetryPolicy(1_000_000, timedelta(seconds=5), timedelta(minutes=50))
FILES = (b"first", b"second", b"third")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
CUT_AFTER = Fault(Kind.CUT, Moment.AFTER)
CUT_BEFORE = Fault(Kind.CUT, Moment.BEFORE)
LOST = (
    CUT_AFTER,
    CUT_BEFORE,
    Fault(Kind.CUT, Moment.DURING),
    Fault(Kind.RESET, Moment.AFTER),
    Fault(Kind.HTML, Moment.AFTER, status=502),
    Fault(Kind.HTML, Moment.BEFORE, status=503),
    Fault(Kind.CODE, Moment.AFTER, 1000),
    Fault(Kind.CODE, Moment.BEFORE, 1100),
    Fault(Kind.CLIPPED, Moment.AFTER, size=90),
    Fault(Kind.BARE, Moment.AFTER),
)


@pytest.fixture
def office(sqlite_template: Path, tmp_path: Path, cybertip: Cybertip) -> Iterator[Office]:
    """An office over SQLite: what is asked of the database is the same, and asked of both elsewhere."""
    shutil.copy(sqlite_template, tmp_path / "tocsin.db")
    database = Database(tmp_path / "tocsin.db")
    yield Office.over(database, tmp_path, cybertip.url, cybertip.clock, policy=PATIENT)
    database.close()


def truth(cybertip: Cybertip) -> list[Truth]:
    return [one.state for one in cybertip.reports]


def check_finished(office: Office, cybertip: Cybertip, number: int) -> Report:
    """It is finished once, with each file once, whole and described; the ledger vouches for all of it."""
    (report,) = cybertip.finished
    receipt = office.filings.receipt(number)
    assert office.state(number) is State.FINISHED
    assert receipt is not None
    assert receipt.report_id == str(report.number)
    assert [one.size for one in report.files] == [len(one) for one in FILES]
    assert all(len(one.details) == 1 for one in report.files)
    assert receipt.file_ids == tuple(one.id for one in report.files)
    used = office.outbox.timeline(number).files
    assert [one.md5.hex() for one in used] == [one.md5 for one in report.files]
    assert office.broken() == []
    return report


@pytest.mark.parametrize("fault", LOST)
def test_an_answer_to_submit_that_is_lost_costs_a_report_that_times_out(
    office: Office, cybertip: Cybertip, fault: Fault
) -> None:
    cybertip.faults.then(Step.SUBMIT, fault)
    number = office.confirmed(*FILES)
    office.work(cybertip.clock, within=MINUTE)
    report = check_finished(office, cybertip, number)
    for orphan in cybertip.reports:
        assert orphan is report or orphan.number == report.number or not orphan.files


def test_a_report_whose_number_came_in_a_broken_answer_is_retracted(
    office: Office, cybertip: Cybertip
) -> None:
    sizes = range(60, 260, 20)
    cybertip.faults.then(Step.SUBMIT, *(Fault(Kind.TRUNCATED, Moment.AFTER, size=one) for one in sizes))
    number = office.confirmed(*FILES)
    office.work(cybertip.clock, within=2 * HOUR)  # 85 minutes is the longest that ten pauses may be
    check_finished(office, cybertip, number)
    known = {one.report_id for one in office.filings.reports(number)}
    assert len(known) > 1
    for report in cybertip.reports:
        if str(report.number) in known:
            assert report.state is not Truth.OPEN
    assert {one.fate for one in office.filings.reports(number)} == {Fate.RETRACTED, Fate.FINISHED}


@pytest.mark.parametrize(
    ("troubles", "fate", "told"),
    [
        ([Fault(Kind.CODE, code=5001)], Fate.EXPIRED, []),
        ([Fault(Kind.CODE, code=5101)], Fate.RETRACTED, []),
        ([Fault(Kind.CODE, code=1100)] * 3, Fate.RETRACTED, []),
        ([Fault(Kind.CODE, code=4100)] * 3, Fate.RETRACTED, ["stray"]),
        ([Fault(Kind.UNAUTHORIZED)] * 3, Fate.RETRACTED, ["stray"]),
        ([Fault(Kind.CODE, code=5102)], Fate.STRAY, ["stray"]),
    ],
)
def test_a_stray_that_cannot_be_retracted_is_told_of_once(
    office: Office, cybertip: Cybertip, troubles: list[Fault], fate: Fate, told: list[str]
) -> None:
    cybertip.faults.then(Step.SUBMIT, Fault(Kind.TRUNCATED, Moment.AFTER, size=1000))
    cybertip.faults.then(Step.RETRACT, *troubles)
    number = office.confirmed(*FILES)
    office.work(cybertip.clock, within=2 * HOUR)
    check_finished(office, cybertip, number)
    assert [one.fate for one in office.filings.reports(number)] == [fate, Fate.FINISHED]
    assert [one["why"] for one in office.announced.told] == told
    assert sum(one.step == "retract" for one in office.filings.calls(number)) == (
        len(troubles) + (fate is Fate.RETRACTED and len(troubles) > 1)
    )


@pytest.mark.parametrize("step", [Step.UPLOAD, Step.FILEINFO])
@pytest.mark.parametrize("fault", LOST)
def test_what_is_unclear_of_a_file_costs_its_report(
    office: Office, cybertip: Cybertip, step: Step, fault: Fault
) -> None:
    cybertip.faults.then(step, None, fault)
    number = office.confirmed(*FILES)
    office.work(cybertip.clock, within=MINUTE)
    check_finished(office, cybertip, number)
    expected = [Truth.RETRACTED, Truth.FINISHED]
    if (step, fault.kind) == (Step.FILEINFO, Kind.BARE):  # of an answer to details nothing is needed but 0
        expected = [Truth.FINISHED]
    assert truth(cybertip) == expected


def test_a_file_that_arrives_damaged_costs_its_report(office: Office, cybertip: Cybertip) -> None:
    cybertip.faults.then(Step.UPLOAD, None, Fault(Kind.WRONG_MD5, Moment.AFTER))
    number = office.confirmed(*FILES)
    office.work(cybertip.clock, within=MINUTE)
    check_finished(office, cybertip, number)
    assert truth(cybertip) == [Truth.RETRACTED, Truth.FINISHED]


@pytest.mark.parametrize("fault", LOST[:-1])
def test_an_answer_to_finish_that_is_lost_is_asked_for_again(
    office: Office, cybertip: Cybertip, fault: Fault
) -> None:
    cybertip.faults.then(Step.FINISH, fault)
    number = office.confirmed(*FILES)
    office.work(cybertip.clock, within=MINUTE)
    check_finished(office, cybertip, number)
    receipt = office.filings.receipt(number)
    assert receipt is not None
    assert receipt.inferred == (fault.moment is Moment.AFTER)
    assert len(cybertip.reports) == 1
    assert office.announced.told == []


def test_a_receipt_that_does_not_name_the_files_is_one_and_somebody_is_told(
    office: Office, cybertip: Cybertip
) -> None:
    cybertip.faults.then(Step.FINISH, Fault(Kind.BARE, Moment.AFTER))
    number = office.confirmed(*FILES)
    office.work(cybertip.clock, within=MINUTE)
    receipt = office.filings.receipt(number)
    assert receipt is not None
    assert not receipt.file_ids
    assert [one["why"] for one in office.announced.told] == ["files"]


@pytest.mark.parametrize("step", [Step.SUBMIT, Step.UPLOAD, Step.FILEINFO, Step.FINISH])
def test_an_account_that_is_not_let_in_stops_a_filing_where_it_stands(
    office: Office, cybertip: Cybertip, step: Step
) -> None:
    cybertip.faults.then(step, Fault(Kind.UNAUTHORIZED))
    number = office.confirmed(*FILES)
    office.work(cybertip.clock, within=MINUTE)
    assert office.state(number) is State.STOPPED
    assert [one["why"] for one in office.announced.told] == ["refused"]
    assert office.broken() == []
    office.outbox.retry(RITA, number)
    office.work(cybertip.clock, within=MINUTE)
    check_finished(office, cybertip, number)
    assert len(cybertip.reports) == 1


@pytest.mark.parametrize("step", [Step.SUBMIT, Step.UPLOAD, Step.FILEINFO, Step.FINISH])
def test_what_an_authority_refuses_stops_with_its_words_and_can_be_changed(
    office: Office, cybertip: Cybertip, step: Step
) -> None:
    cybertip.faults.then(step, Fault(Kind.CODE, code=4100))
    number = office.confirmed(*FILES)
    office.work(cybertip.clock, within=MINUTE)
    filing = office.filings.filing(number)
    assert filing.state is State.STOPPED
    assert "4100" in filing.stopped
    assert truth(cybertip) == ([] if step is Step.SUBMIT else [Truth.RETRACTED])
    assert office.broken() == []
    revised = office.filings.set_draft(number, office.filings.draft(number))
    office.filings.checked(number, RITA.id)
    office.outbox.confirm(RITA, number, revised.revision)
    office.work(cybertip.clock, within=MINUTE)
    check_finished(office, cybertip, number)


@pytest.mark.parametrize("step", [Step.UPLOAD, Step.FILEINFO, Step.FINISH])
def test_what_was_refused_is_sent_anew_as_it_is_when_a_person_says_so(
    office: Office, cybertip: Cybertip, step: Step
) -> None:
    """It may have been the authority's mistake."""
    cybertip.faults.then(step, Fault(Kind.CODE, code=4100))
    number = office.confirmed(*FILES)
    office.work(cybertip.clock, within=MINUTE)
    assert office.state(number) is State.STOPPED
    office.outbox.retry(RITA, number)
    office.work(cybertip.clock, within=MINUTE)
    check_finished(office, cybertip, number)
    assert truth(cybertip) == [Truth.RETRACTED, Truth.FINISHED]


def test_what_a_person_gave_up_stays_given_up_where_it_stops_on_the_way(
    office: Office, cybertip: Cybertip
) -> None:
    number = office.confirmed(*FILES)

    def give_up(step: str, when: str) -> None:
        if (step, when) == ("upload", "before"):
            office.connections.hook = lambda *_: None
            office.outbox.retract(RITA, number, "the wrong account")

    office.connections.hook = give_up
    cybertip.faults.then(Step.RETRACT, Fault(Kind.UNAUTHORIZED))
    office.work(cybertip.clock, within=MINUTE)
    assert office.state(number) is State.STOPPED
    office.outbox.retry(RITA, number)
    office.work(cybertip.clock, within=MINUTE)
    assert office.state(number) is State.RETRACTED
    assert truth(cybertip) == [Truth.RETRACTED]
    rows = LedgerStore(office.database, office.keys).rows_of(f"filing:{number}")
    told = [json.loads(row.detail) for row in rows if row.kind == "filing.retracted"]
    assert [one["given_up"] for one in told] == [False, True]


def test_a_vault_that_is_away_is_waited_for_and_costs_no_report(
    office: Office, cybertip: Cybertip, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise VaultAccessError

    number = office.confirmed(*FILES)
    with monkeypatch.context() as patch:
        patch.setattr(type(office.vault), "open", away)
        office.work(cybertip.clock, within=MINUTE)
    assert office.state(number) is State.OPENED
    waiting = office.outbox.timeline(number).calls[1:]
    assert len(waiting) > 1
    assert {(one.step, one.status) for one in waiting} == {("upload", 0)}
    office.work(cybertip.clock, within=HOUR)
    check_finished(office, cybertip, number)
    assert truth(cybertip) == [Truth.FINISHED]
    assert office.announced.told == []


def test_reports_are_opened_anew_five_times_and_then_a_person_is_told(
    office: Office, cybertip: Cybertip
) -> None:
    cybertip.faults.always(Fault(Kind.CODE, Moment.AFTER, 1110), Step.UPLOAD)
    number = office.confirmed(*FILES)
    office.work(cybertip.clock, within=HOUR)
    assert office.state(number) is State.STOPPED
    assert truth(cybertip) == [Truth.RETRACTED] * 6
    cybertip.faults.clear()
    office.outbox.retry(RITA, number)
    office.work(cybertip.clock, within=HOUR)
    check_finished(office, cybertip, number)
    assert truth(cybertip) == [Truth.RETRACTED] * 6 + [Truth.FINISHED]


def test_an_authority_that_cannot_be_reached_for_20_hours_costs_nothing_but_an_alarm(
    office: Office, cybertip: Cybertip
) -> None:
    number = office.confirmed(*FILES)

    def half(step: str, when: str) -> None:
        if (step, when) == ("fileinfo", "after"):
            office.connections.hook = lambda *_: None
            office.connections.away = True

    office.connections.hook = half
    job = office.claim()
    assert job is not None
    office.do(job)
    office.work(cybertip.clock, within=20 * HOUR)
    assert office.state(number) is State.OPENED
    assert [one["why"] for one in office.announced.told] == ["expiring"]
    assert office.outbox.timeline(number).reports[0].alarmed is not None
    office.connections.away = False
    office.work(cybertip.clock, within=HOUR)
    check_finished(office, cybertip, number)
    assert truth(cybertip) == [Truth.FINISHED]


@pytest.mark.parametrize("hours", [20, 30])
@pytest.mark.parametrize("step", [Step.SUBMIT, Step.UPLOAD, Step.FINISH, Step.RETRACT])
def test_an_outage_of_hours_ends_in_one_finished_report(
    office: Office, cybertip: Cybertip, step: Step, hours: int
) -> None:
    number = office.confirmed(*FILES)

    def begin(now: str, when: str) -> None:
        if (now, when) == (step.value, "before"):
            cybertip.faults.always(Fault(Kind.HTML, status=503))

    if step is Step.RETRACT:
        cybertip.faults.then(Step.UPLOAD, CUT_AFTER)
    office.connections.hook = begin
    office.work(cybertip.clock, within=hours * HOUR)
    assert office.state(number) in {State.CONFIRMED, State.OPENED}
    alarms = [one["why"] for one in office.announced.told]
    assert alarms == (["waiting"] * ((hours - 1) // 6) if step is Step.SUBMIT else ["expiring"])
    office.connections.hook = lambda *_: None
    cybertip.faults.clear()
    office.work(cybertip.clock, within=HOUR)
    check_finished(office, cybertip, number)
    assert Truth.OPEN not in truth(cybertip)


def test_a_report_that_the_authority_deleted_is_opened_anew(office: Office, cybertip: Cybertip) -> None:
    number = office.confirmed(*FILES)
    cybertip.faults.then(Step.FINISH, Fault(Kind.JUMP, seconds=25 * 3600))
    office.work(cybertip.clock, within=HOUR)
    check_finished(office, cybertip, number)
    assert truth(cybertip) == [Truth.EXPIRED, Truth.FINISHED]
    assert "expired" in office.events(number)


def test_a_report_that_was_retracted_elsewhere_is_left_to_a_person(
    office: Office, cybertip: Cybertip
) -> None:
    number = office.confirmed(*FILES)

    def elsewhere(step: str, when: str) -> None:
        if (step, when) == ("finish", "before"):
            office.connections.hook = lambda *_: None
            filing = office.filings.filing(number)
            office.connections.transport(filing.authority, filing.environment).retract(filing.report_id)

    office.connections.hook = elsewhere
    office.work(cybertip.clock, within=HOUR)
    assert office.state(number) is State.STOPPED
    assert "not from here" in office.filings.filing(number).stopped
    office.outbox.retry(RITA, number)
    office.work(cybertip.clock, within=HOUR)
    check_finished(office, cybertip, number)


@pytest.mark.parametrize("after", [False, True])
def test_a_report_that_turns_out_to_be_finished_when_it_is_retracted_is_finished(
    office: Office, cybertip: Cybertip, *, after: bool
) -> None:
    number = office.confirmed(*FILES)

    def elsewhere(step: str, when: str) -> None:
        if (step, when) == ("finish", "before"):
            office.connections.hook = lambda *_: None
            filing = office.filings.filing(number)
            office.undo(filing.decision)
            if after:
                office.connections.transport(filing.authority, filing.environment).finish(filing.report_id)
            cybertip.faults.then(Step.FINISH, CUT_BEFORE)

    office.connections.hook = elsewhere
    office.work(cybertip.clock, within=HOUR)
    if after:
        check_finished(office, cybertip, number)
        assert [one["why"] for one in office.announced.told] == ["finished"]
    else:
        assert office.state(number) is State.RETRACTED
        assert truth(cybertip) == [Truth.RETRACTED]


@pytest.mark.parametrize("step", [Step.SUBMIT, Step.UPLOAD, Step.FILEINFO, Step.FINISH])
@pytest.mark.parametrize("jump", [-30 * HOUR, 20 * HOUR, 30 * HOUR])
def test_a_clock_that_jumps_loses_and_doubles_nothing(
    office: Office, cybertip: Cybertip, step: Step, jump: timedelta
) -> None:
    """Ours and the authority's, as one: what differs is how old the report seems to be."""
    cybertip.faults.then(step, CUT_AFTER)
    number = office.confirmed(*FILES)

    def leap(now: str, when: str) -> None:
        if (now, when) == (step.value, "before"):
            office.connections.hook = lambda *_: None
            cybertip.clock.move(jump)

    office.connections.hook = leap
    office.work(cybertip.clock, within=HOUR)
    office.queue.mend_times()
    office.work(cybertip.clock, within=HOUR)
    check_finished(office, cybertip, number)

"""An authority that answers what cannot be: nothing is reported twice for it, or taken for reported."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import pytest
from support.outbox import RITA, Office, cybertip

from tocsin.errors import Error
from tocsin.filing.cybertip.hosts import UnfitUrlError
from tocsin.filing.errors import PlaceError
from tocsin.filing.model import Authority, Environment, Fate, State
from tocsin.filing.transport import Answer, Transport
from tocsin.jobs.retrying import RetryPolicy
from tocsin.simulators.cybertip.server import Cybertip
from tocsin.simulators.cybertip.truth import State as Truth
from tocsin.storage.database import Database

__all__ = ["cybertip"]
PATIENT = RetryPolicy(1_000_000, timedelta(seconds=5), timedelta(minutes=10))
HOUR = timedelta(hours=1)
FILES = (b"first", b"second", b"third")


@pytest.fixture
def office(sqlite_template: Path, tmp_path: Path, cybertip: Cybertip) -> Iterator[Office]:
    """An office over SQLite."""
    shutil.copy(sqlite_template, tmp_path / "tocsin.db")
    database = Database(tmp_path / "tocsin.db")
    yield Office.over(database, tmp_path, cybertip.url, cybertip.clock, policy=PATIENT)
    database.close()


def saying(code: int, report_id: str = "") -> Answer:
    number = f"<reportId>{report_id}</reportId>" if report_id else ""
    body = f"<reportResponse><responseCode>{code}</responseCode>{number}</reportResponse>"
    return Answer(200, body.encode())


@dataclass
class Lying:
    """An authority that does what it is asked to, and says something else the first times."""

    office: Office
    step: str
    answer: Callable[[Answer], Answer]
    times: int = 1
    transport: Transport = field(init=False)

    def __post_init__(self) -> None:
        """Stand between."""
        self.transport = self.office.connections.transport(Authority.NCMEC, Environment.SIMULATOR)
        self.office.connections.transport = lambda *_: self  # type: ignore[method-assign]

    def _said(self, step: str, answer: Answer) -> Answer:
        if step != self.step or not self.times:
            return answer
        self.times -= 1
        return self.answer(answer)

    def status(self) -> Answer:
        return self.transport.status()

    def schema(self) -> Answer:
        return self.transport.schema()

    def submit(self, report: bytes) -> Answer:
        return self._said("submit", self.transport.submit(report))

    def upload(self, report_id: str, name: str, file: BinaryIO, size: int) -> Answer:
        return self._said("upload", self.transport.upload(report_id, name, file, size))

    def fileinfo(self, details: bytes) -> Answer:
        return self._said("fileinfo", self.transport.fileinfo(details))

    def finish(self, report_id: str) -> Answer:
        return self._said("finish", self.transport.finish(report_id))

    def retract(self, report_id: str) -> Answer:
        return self._said("retract", self.transport.retract(report_id))


@pytest.mark.parametrize("code", [0, 5001, 5002, 5101, 5102])
@pytest.mark.parametrize("step", ["upload", "fileinfo", "finish"])
def test_an_answer_about_another_report_says_nothing_of_ours(
    office: Office, cybertip: Cybertip, step: str, code: int
) -> None:
    Lying(office, step, lambda _: saying(code, "777"))
    number = office.confirmed(*FILES)
    office.work(cybertip.clock, within=HOUR)
    (finished,) = cybertip.finished
    receipt = office.filings.receipt(number)
    assert receipt is not None
    assert receipt.report_id == str(finished.number)
    assert [one.size for one in finished.files] == [len(one) for one in FILES]
    assert Truth.OPEN not in [one.state for one in cybertip.reports]
    assert office.broken() == []


def test_two_files_with_one_number_cost_their_report(office: Office, cybertip: Cybertip) -> None:
    def as_the_first(answer: Answer) -> Answer:
        first = cybertip.reports[-1].files[0].id.encode()
        return Answer(answer.status, re.sub(rb"<fileId>\w+", b"<fileId>" + first, answer.body))

    Lying(office, "upload", as_the_first, times=2)
    number = office.confirmed(*FILES)
    office.work(cybertip.clock, within=HOUR)
    assert office.state(number) is State.FINISHED
    assert [one.fate for one in office.filings.reports(number)] == [Fate.RETRACTED, Fate.FINISHED]
    assert all(len(one.details) == 1 for one in cybertip.finished[0].files)


@pytest.mark.parametrize(
    ("environment", "finished"),
    [(Environment.TEST, False), (Environment.TEST, True), (Environment.SIMULATOR, False)],
)  # of a simulator, which begins to count again, only what is open counts
def test_nothing_is_put_into_the_report_of_another_filing(
    office: Office, cybertip: Cybertip, environment: Environment, *, finished: bool
) -> None:
    def away(step: str, when: str) -> None:
        office.connections.away = (step, when) == ("fileinfo", "after") and not finished

    first = office.confirmed(*FILES)
    office.connections.hook = away
    job = office.claim()
    assert job is not None
    office.do(job)
    office.connections.hook, office.connections.away = (lambda *_: None), False
    with office.database.writing():
        office.database.change("UPDATE filing SET environment = ?", (environment.value,))
        office.database.change("UPDATE filing_report SET environment = ?", (environment.value,))
    taken = cybertip.reports[0].number
    office.connections.environment = environment
    drafted = office.checked(b"other", account="account-2", environment=environment)
    second = office.outbox.confirm(RITA, drafted.number, drafted.revision).number
    Lying(office, "submit", lambda _: saying(0, str(taken)))
    office.work(cybertip.clock, within=HOUR)
    assert office.state(second) is State.STOPPED
    assert str(taken) in office.filings.filing(second).stopped
    assert [one["why"] for one in office.announced.told] == ["refused"]
    assert office.filings.reports(second) == []
    assert office.state(first) is State.FINISHED
    assert [len(one.files) for one in cybertip.finished] == [len(FILES)]


def test_a_report_that_was_finished_before_a_backup_was_put_back_binds_all_its_files(
    office: Office, cybertip: Cybertip
) -> None:
    Lying(office, "upload", lambda _: saying(5102))
    number = office.confirmed(*FILES)
    office.work(cybertip.clock, within=HOUR)
    assert office.state(number) is State.FINISHED
    assert [one["why"] for one in office.announced.told] == ["finished"]
    with office.database.reading():
        held = office.database.number("SELECT COUNT(*) FROM hold_content")
    assert held == len(FILES)


@pytest.mark.parametrize("refusal", [PlaceError("no room"), UnfitUrlError("not a URL of it")])
def test_what_bars_the_way_is_told_and_costs_no_report(
    office: Office, cybertip: Cybertip, refusal: Error
) -> None:
    def barred(step: str, when: str) -> None:
        if (step, when) == ("fileinfo", "after"):
            office.connections.hook = lambda *_: None
            office.connections.away = True

    office.connections.hook = barred
    number = office.confirmed(*FILES)
    job = office.claim()
    assert job is not None
    office.do(job)
    office.connections.away, office.connections.refusal = False, refusal
    office.work(cybertip.clock, within=HOUR)
    assert office.state(number) is State.STOPPED
    assert refusal.message in office.filings.filing(number).stopped
    office.connections.refusal = None
    office.outbox.retry(RITA, number)
    office.work(cybertip.clock, within=HOUR)
    assert [one.fate for one in office.filings.reports(number)] == [Fate.FINISHED]


def test_whatever_stops_is_told(office: Office, cybertip: Cybertip) -> None:
    Lying(office, "submit", lambda _: saying(5102))
    number = office.confirmed(*FILES)
    office.work(cybertip.clock, within=HOUR)
    assert office.state(number) is State.STOPPED
    assert [one["why"] for one in office.announced.told] == ["stopped"]


@pytest.mark.parametrize("step", ["", "fileinfo"])
def test_a_test_that_is_made_production_by_hand_is_not_sent(
    office: Office, cybertip: Cybertip, step: str
) -> None:
    def by_hand(now: str, when: str) -> None:
        if (now, when) == (step, "after"):
            office.connections.hook = lambda *_: None
            with office.database.writing():
                office.database.change("UPDATE filing SET environment = 'production'")

    number = office.confirmed(*FILES)
    office.connections.hook = by_hand
    by_hand("", "after")
    office.work(cybertip.clock, within=HOUR)
    assert office.state(number) is State.STOPPED
    assert "two people" in office.filings.filing(number).stopped
    assert [one.state for one in cybertip.reports] == ([Truth.RETRACTED] if step else [])


def test_what_was_made_production_by_hand_can_be_given_up(office: Office, cybertip: Cybertip) -> None:
    number = office.confirmed(*FILES)
    with office.database.writing():
        office.database.change("UPDATE filing SET environment = 'production'")
    office.outbox.retract(RITA, number, "nobody wanted that")
    office.work(cybertip.clock, within=HOUR)
    assert office.state(number) is State.RETRACTED
    assert cybertip.requests == ()

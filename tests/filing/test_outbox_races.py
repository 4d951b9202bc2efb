"""Workers that are killed at any moment, and workers that sleep until another has taken over."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.outbox import REMO, Office, cybertip

from tocsin.filing import sending
from tocsin.filing.model import Fate, State
from tocsin.filing.outbox import Outbox
from tocsin.simulators.cybertip.faults import Fault, Kind, Moment, Step
from tocsin.simulators.cybertip.server import Cybertip
from tocsin.simulators.cybertip.truth import State as Truth
from tocsin.storage.database import Database
from tocsin.storage.errors import StoreBusyError

__all__ = ["cybertip"]
FILES = (b"first", b"second")
LEASE, HOUR = timedelta(seconds=31), timedelta(hours=1)
STEPS = ("submit", "upload", "fileinfo", "finish", "retract")
MOMENTS = [(step, when, time) for step in STEPS for when in ("before", "after") for time in (1, 2)]


class KilledError(BaseException):
    """Stands for `kill -9`: nothing catches it."""


@pytest.fixture
def office(sqlite_template: Path, tmp_path: Path, cybertip: Cybertip) -> Iterator[Office]:
    """An office over SQLite."""
    shutil.copy(sqlite_template, tmp_path / "tocsin.db")
    database = Database(tmp_path / "tocsin.db")
    yield Office.over(database, tmp_path, cybertip.url, cybertip.clock)
    database.close()


@dataclass
class At:
    """Does something the n-th time that a moment of a step has come."""

    step: str
    when: str
    left: int
    act: Callable[[], None]
    came: bool = False

    def __call__(self, step: str, when: str) -> None:
        if (step, when) == (self.step, self.when) and not self.came:
            self.left -= 1
            if self.left == 0:
                self.came = True
                self.act()


def check(office: Office, cybertip: Cybertip, number: int, hook: At) -> None:
    """It ended once; nothing that was answered to us is open; the ledger vouches for what is there."""
    timeline = office.outbox.timeline(number)
    assert timeline.filing.state is State.FINISHED
    (finished,) = cybertip.finished
    assert timeline.receipt is not None
    assert timeline.receipt.report_id == str(finished.number)
    assert [one.size for one in finished.files] == [len(one) for one in FILES]
    assert all(len(one.details) == 1 for one in finished.files)
    assert {one.fate for one in timeline.reports} <= {Fate.FINISHED, Fate.RETRACTED}
    known = {one.report_id for one in timeline.reports}
    for report in cybertip.reports:
        left_open = report.state is Truth.OPEN
        # One that nobody was told of: its worker was killed before it could write anything down.
        assert not left_open or ((hook.step, hook.when) == ("submit", "after") and not report.files)
        assert not left_open or str(report.number) not in known
    assert office.broken() == []


@pytest.mark.parametrize(("step", "when", "time"), MOMENTS)
def test_a_worker_killed_at_any_moment_leaves_what_another_can_finish(
    office: Office, cybertip: Cybertip, step: str, when: str, time: int
) -> None:
    def die() -> None:
        raise KilledError

    if step == "retract":
        cybertip.faults.then(Step.UPLOAD, *[Fault(Kind.WRONG_MD5, Moment.AFTER)] * 2)
    number = office.confirmed(*FILES)
    office.connections.hook = hook = At(step, when, time, die)
    try:
        office.work(cybertip.clock, within=HOUR)
    except KilledError:
        cybertip.clock.move(LEASE)
        office.work(cybertip.clock, within=HOUR)
    assert hook.came == (time == 1 or step in {"upload", "fileinfo", "retract"})
    check(office, cybertip, number, hook)
    if step == "finish":  # which can be asked for again
        assert len(cybertip.reports) == 1


@pytest.mark.parametrize(("step", "when", "time"), MOMENTS)
def test_a_worker_that_wakes_after_another_took_over_changes_nothing_of_what_that_did(
    office: Office, cybertip: Cybertip, step: str, when: str, time: int
) -> None:
    def sleep() -> None:
        cybertip.clock.move(LEASE)
        office.work(cybertip.clock, within=HOUR)
        check(office, cybertip, number, At("submit", "after", 0, sleep))

    if step == "retract":
        cybertip.faults.then(Step.UPLOAD, *[Fault(Kind.WRONG_MD5, Moment.AFTER)] * 2)
    number = office.confirmed(*FILES)
    office.connections.hook = hook = At(step, when, time, sleep)
    office.work(cybertip.clock, within=HOUR)
    assert hook.came == (time == 1 or step in {"upload", "fileinfo", "retract"})
    cybertip.clock.move(LEASE)
    office.work(cybertip.clock, within=HOUR)
    check(office, cybertip, number, At("", "", 0, sleep))


@pytest.mark.parametrize(("step", "when", "time"), MOMENTS[:-4])
def test_a_filing_given_up_while_a_worker_sleeps_ends_once(
    office: Office, cybertip: Cybertip, step: str, when: str, time: int
) -> None:
    def sleep() -> None:
        cybertip.clock.move(LEASE)
        office.outbox.retract(REMO, number, "the wrong account")
        office.work(cybertip.clock, within=HOUR)

    number = office.confirmed(*FILES)
    office.connections.hook = At(step, when, time, sleep)
    office.work()
    cybertip.clock.move(LEASE)
    office.work(cybertip.clock, within=HOUR)
    told = {one.report_id for one in office.filings.reports(number)}
    finished = [str(one.number) for one in cybertip.finished]
    receipt = office.filings.receipt(number)
    assert office.state(number) is (State.FINISHED if finished else State.RETRACTED)
    assert finished == ([receipt.report_id] if receipt else [])
    for report in cybertip.reports:
        assert report.state is not Truth.OPEN
        assert str(report.number) in told
    assert office.broken() == []


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries to write follow each other at once: the pause only spares the database."""
    monkeypatch.setattr(sending, "_PAUSE", 0)


@dataclass
class Flaky:
    """Transactions of a database that is away for a while."""

    database: Database
    away: int = 0
    """How many attempts to write are refused next."""
    lost: int = 0
    """How many commits that follow are not told of: the connection breaks after them."""

    def reading(self) -> AbstractContextManager[None]:
        return self.database.reading()

    def writing(self) -> AbstractContextManager[None]:
        if not self.database.inside:
            if self.away:
                self.away -= 1
                raise StoreBusyError
            if self.lost:
                self.lost -= 1
                return _Untold(self.database.writing())
        return self.database.writing()


@dataclass
class _Untold(AbstractContextManager[None]):
    inner: AbstractContextManager[None]

    def __enter__(self) -> None:
        self.inner.__enter__()

    def __exit__(self, *error: object) -> None:
        self.inner.__exit__(*error)  # type: ignore[arg-type]
        if error[0] is None:
            raise StoreBusyError


@pytest.mark.parametrize(("step", "when", "time"), MOMENTS[::2])
@pytest.mark.parametrize("untold", [False, True])
@pytest.mark.usefixtures("no_pause")
def test_a_database_that_is_away_when_an_answer_comes_costs_nothing_that_was_answered(  # noqa: PLR0913  # a case
    office: Office, cybertip: Cybertip, step: str, when: str, time: int, *, untold: bool
) -> None:
    flaky = Flaky(office.database)
    office.outbox = Outbox(replace(office.outbox.sending, transactions=flaky))

    def go_away() -> None:
        flaky.lost, flaky.away = (1, 0) if untold else (0, 1)

    if step == "retract":
        cybertip.faults.then(Step.UPLOAD, *[Fault(Kind.WRONG_MD5, Moment.AFTER)] * 2)
    number = office.confirmed(*FILES)
    office.connections.hook = hook = At(step, when, time, go_away)
    office.work(cybertip.clock, within=HOUR)
    cybertip.clock.move(LEASE)
    office.work(cybertip.clock, within=HOUR)
    check(office, cybertip, number, replace(hook, step=""))


def test_two_jobs_for_one_filing_send_it_once(office: Office, cybertip: Cybertip) -> None:
    """As an operator's `jobs retry`, or a defect, may make them."""
    number = office.confirmed(*FILES)
    first = office.claim()
    assert first is not None
    office.outbox._enqueue(number)
    office.work()
    office.do(first)
    check(office, cybertip, number, At("", "", 0, lambda: None))
    assert len(cybertip.reports) == 1

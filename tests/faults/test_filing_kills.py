"""Reports sent while everything fails: afterwards our record and the authority's say the same.

Workers are killed at random moments, every trouble of the simulator comes at random, people retract and
decisions are undone meanwhile, and on PostgreSQL the server is killed under all of them.
"""

import hashlib
import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from support import filing_worker
from support.commands import clean_environment
from support.databases import Server as Postgres
from support.databases import durable_server, engine
from support.outbox import PASSWORD, QUICK, REMO, USER, Office

from tocsin.errors import Error
from tocsin.filing.errors import UnsuitableFilingError
from tocsin.filing.model import Fate, State
from tocsin.filing.store_filings import WantedFilings
from tocsin.simulators.cybertip.faults import EVERY_FAULT, Fault, Kind
from tocsin.simulators.cybertip.server import Cybertip
from tocsin.simulators.cybertip.truth import Report
from tocsin.simulators.cybertip.truth import State as Truth
from tocsin.storage.database import Database
from tocsin.storage.opening import open_database

pytestmark = pytest.mark.slow  # many processes
TROUBLES = (*EVERY_FAULT, Fault(Kind.UNAUTHORIZED), Fault(Kind.CODE, code=4100))
POOL = [f"content {number} ".encode() * (number + 1) for number in range(40)]
TESTS = Path(__file__).parents[1]
Result = TypeVar("Result")


@dataclass
class Run:
    """Filings that are sent, and what happens to them meanwhile."""

    office: Office
    home: Path
    cybertip: Cybertip
    chance: random.Random
    files: dict[int, list[bytes]] = field(default_factory=dict)
    """The contents of each filing."""
    resumed: Counter[int] = field(default_factory=Counter)
    killed: int = 0
    meddled: int = 0
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def confirm(self, count: int, most: int) -> None:
        """That many filings of 1 to `most` files."""
        for number in range(1, count + 1):
            contents = self.chance.sample(POOL, self.chance.randint(1, most))
            confirmed = self.office.confirmed(*contents, account=f"account-{number}.")
            self.files[confirmed] = contents

    def start(self) -> None:
        """Start a worker."""
        command = [sys.executable, filing_worker.__file__, str(self.home), self.cybertip.url]
        environment = clean_environment() | {"PYTHONPATH": f"{TESTS}:{TESTS.parent}"}
        self.processes.append(subprocess.Popen(command, stdout=subprocess.PIPE, env=environment))

    def kill_one(self) -> None:
        """Kill a worker and start another."""
        victim = self.processes.pop(self.chance.randrange(len(self.processes)))
        assert victim.stdout is not None
        victim.stdout.readline()  # it is at work, or has ended
        time.sleep(self.chance.uniform(0, 0.5))
        assert victim.poll() in {None, 0}, "a worker failed"
        self.killed += victim.poll() is None
        victim.kill()
        victim.communicate()
        self.start()

    def patiently(self, act: Callable[[], Result]) -> Result:
        """Do something, also where the database is away for a while."""
        end = time.monotonic() + 60
        while True:
            try:
                return act()
            except UnsuitableFilingError:
                raise
            except Error:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def interfere(self) -> None:
        """What people do: go on with what has stopped; give up one in eight, at some moment."""
        stopped = self.patiently(
            lambda: self.office.filings.page(WantedFilings(frozenset({State.STOPPED})), limit=500)
        )
        for filing in stopped:
            if self.resumed[filing.number] < 3:
                self.resumed[filing.number] += 1
                self.patiently(partial(self.office.outbox.retry, REMO, filing.number))
        if self.meddled < len(self.files) // 8 and self.chance.random() < 0.2:
            self.meddled += 1
            number = self.chance.choice(sorted(self.files))
            try:
                if self.chance.random() < 0.5:
                    self.patiently(lambda: self.office.outbox.retract(REMO, number, "the wrong account"))
                else:
                    decision = self.patiently(lambda: self.office.filings.filing(number)).decision
                    self.patiently(lambda: self.office.undo(decision))
            except UnsuitableFilingError:
                return  # it is finished, or given up

    def is_over(self) -> bool:
        """Whether nothing is left to do, for the workers and for people."""
        stopped = self.patiently(
            lambda: self.office.filings.page(WantedFilings(frozenset({State.STOPPED})), limit=500)
        )
        return not filing_worker.left(self.office) and all(self.resumed[one.number] >= 3 for one in stopped)


@contextmanager
def run(home: Path, seed: int) -> Iterator[Run]:
    """A run; its processes are gone at its end."""
    database = open_database(home, create=False)
    with Cybertip(USER, PASSWORD) as cybertip:
        made = Run(
            Office.over(database, home, cybertip.url, policy=QUICK),
            home,
            cybertip,
            random.Random(seed),  # noqa: S311  # moments and choices
        )
        try:
            yield made
        finally:
            for process in made.processes:
                process.kill()
                process.communicate()
            database.close()


def send(made: Run, *, kills: int, seconds: float, server: Postgres | None = None, crashes: int = 0) -> None:
    """Have everything sent, with so many kills on the way."""
    for _ in range(3):
        made.start()
    end = time.monotonic() + seconds
    while not made.is_over():
        assert time.monotonic() < end, made.patiently(made.office.filings.counts)
        if made.killed < kills:
            made.kill_one()
        elif all(process.poll() is not None for process in made.processes):
            made.start()  # those before have ended when nothing was left, and a person went on with something
        if server is not None and crashes:
            crashes -= 1
            server.kill()
            time.sleep(made.chance.uniform(0, 0.3))
            server.start()
        made.interfere()
        time.sleep(0.05)


def check(made: Run) -> Counter[State]:
    """Compare what is on record here with what the authority has; how the filings ended."""
    of_account: defaultdict[str, list[Report]] = defaultdict(list)
    for report in made.cybertip.reports:
        of_account[account_of(report)].append(report)
    ends: Counter[State] = Counter()
    for number in made.files:
        filing = made.office.filings.filing(number)
        ends[filing.state] += 1
        check_filing(made, number, of_account[filing.account])
    assert sum(ends.values()) == len(made.files)
    assert made.office.broken() == []
    return ends


def account_of(report: Report) -> str:
    """Whom a report is about."""
    _, _, rest = report.xml.partition(b"<espIdentifier>")
    return rest.partition(b"<")[0].decode()


def check_filing(made: Run, number: int, theirs: list[Report]) -> None:
    """One filing: it ended once, as the authority says; nothing that was answered to us is left open."""
    timeline = made.office.outbox.timeline(number)
    filing, receipt = timeline.filing, timeline.receipt
    finished = [one for one in theirs if one.state is Truth.FINISHED]
    assert filing.state in {State.FINISHED, State.RETRACTED, State.STOPPED}
    assert bool(filing.stopped) == (filing.state is State.STOPPED)
    if filing.state is State.FINISHED:
        assert receipt is not None
        assert receipt.raw
        assert [str(one.number) for one in finished] == [receipt.report_id]
        sent = made.files[number]
        assert [one.md5 for one in finished[0].files] == [hashlib.md5(one).hexdigest() for one in sent]  # noqa: S324  # what the authority compares
        assert [one.md5.hex() for one in timeline.files] == [one.md5 for one in finished[0].files]
        assert [one.file_id for one in timeline.files] == [one.id for one in finished[0].files]
        assert all(len(one.details) == 1 for one in finished[0].files)
    else:
        assert receipt is None
        assert finished == [] or in_doubt(timeline.calls, "finish")
    known = {one.report_id: one for one in timeline.reports}
    orphans = 0
    for report in theirs:
        ours = known.get(str(report.number))
        if ours is None:  # nobody was told of it: its answer was lost, or came to a worker that was killed
            orphans += 1
            assert report.state is Truth.OPEN
            assert not report.files
            assert not any(f">{report.number}</reportId>".encode() in one.answer for one in timeline.calls)
        elif ours.fate is Fate.OPEN:
            assert filing.state is State.STOPPED
        elif ours.fate is not Fate.FINISHED:
            assert report.retract_attempts
            assert report.state is Truth.RETRACTED
    unknown = sum(one.step == "submit" and not one.status for one in timeline.calls)
    broken = sum(one.step == "submit" and bool(one.status and one.problem) for one in timeline.calls)
    assert orphans <= unknown + broken


def in_doubt(calls: object, step: str) -> bool:
    """Whether the last call of a step has no answer."""
    found = [one for one in calls if one.step == step]  # type: ignore[attr-defined]
    return bool(found) and not found[-1].status


@pytest.mark.parametrize("home_folder", ["sqlite"], indirect=True)  # PostgreSQL is killed as well, below
def test_40_reports_are_finished_once_each_whatever_is_killed(home_folder: Path) -> None:
    with run(home_folder, 1) as made:
        made.confirm(40, 5)
        made.cybertip.faults.at_random(1, 0.04, TROUBLES)
        send(made, kills=5, seconds=120)
        ends = check(made)
        assert made.killed > 0  # it may all be over before the fifth
    assert ends[State.FINISHED] > 25


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_500_reports_with_up_to_20_files(home_folder: Path) -> None:
    with run(home_folder, 2) as made:
        made.confirm(500, 20)
        made.cybertip.faults.at_random(2, 0.01, TROUBLES)
        send(made, kills=100, seconds=2700)
        ends = check(made)
        assert made.killed > 50
    assert ends[State.FINISHED] > 300


@contextmanager
def crashing(tmp_path: Path) -> Iterator[Postgres]:
    """A home over a server that syncs as in earnest."""
    with durable_server() as server:
        server.execute("CREATE DATABASE node")
        Database(engine(server.url("node")), create=True).close()
        (tmp_path / "tocsin.toml").write_text(f'[database]\nurl = "{server.url("node")}"\n')
        yield server


def test_a_database_that_is_killed_under_it_all_costs_no_report(tmp_path: Path) -> None:
    with crashing(tmp_path) as server, run(tmp_path, 3) as made:
        made.confirm(20, 4)
        made.cybertip.faults.at_random(3, 0.03, TROUBLES)
        send(made, kills=3, seconds=180, server=server, crashes=3)
        ends = check(made)
    assert ends[State.FINISHED] > 10


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_a_database_that_is_killed_30_times_costs_no_report(tmp_path: Path) -> None:
    with crashing(tmp_path) as server, run(tmp_path, 4) as made:
        made.confirm(200, 20)
        made.cybertip.faults.at_random(4, 0.01, TROUBLES)
        send(made, kills=30, seconds=2700, server=server, crashes=30)
        ends = check(made)
    assert ends[State.FINISHED] > 100

"""The job table against a model of it: whatever is done in whatever order, a job ends once."""

import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from tocsin.errors import Refusal
from tocsin.jobs.model import Job, JobState, LeaseLostError, NewJob, NotDeadError
from tocsin.storage.database import Database
from tocsin.storage.engines.sqlite import SqliteEngine
from tocsin.storage.jobs import CLOCK_SLACK, JobStore

START = 1_800_000_000_000_000
WHY = Refusal("test.why", "it did not work", "")
lengths = st.integers(0, 200).map(lambda seconds: timedelta(seconds=seconds))


def micro(length: timedelta) -> int:
    return length // timedelta(microseconds=1)


@dataclass
class Known:
    """What the model knows of a job."""

    number: int
    kind: str
    due: int
    changed: int
    state: JobState = JobState.READY
    attempts: int = 0
    lease: str | None = None
    ends: list[JobState] = field(default_factory=list)


class Jobs(RuleBasedStateMachine):
    """Adding, claiming, beating, ending, and a clock that goes on, and sometimes back."""

    template: Path
    leases: Bundle[Job] = Bundle("leases")

    def __init__(self) -> None:
        """Start with an empty table."""
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copy(self.template, self.folder / "tocsin.db")
        self.database = Database(SqliteEngine(self.folder / "tocsin.db"))
        self.now = START
        self.queue = JobStore(self.database, lambda: self.now)
        self.known: dict[int, Known] = {}
        self.keys: dict[str, int] = {}

    def teardown(self) -> None:
        """Leave nothing behind."""
        self.database.close()
        shutil.rmtree(self.folder)

    @rule(kind=st.sampled_from("xy"), delay=lengths, key=st.none() | st.sampled_from("abc"))
    def enqueue(self, kind: str, delay: timedelta, key: str | None) -> None:
        job = self.queue.enqueue(NewJob(kind, {}, key, delay))
        if key in self.keys:
            assert job.id == self.keys[key]
            return
        if key is not None:
            self.keys[key] = job.id
        self.known[job.id] = Known(job.id, kind, self.now + micro(delay), self.now)

    @rule(target=leases, lease=lengths)
    def enqueue_leased(self, lease: timedelta) -> Job:
        job = self.queue.enqueue(NewJob("x", {}), leased=lease)
        until = self.now + micro(lease)
        self.known[job.id] = Known(job.id, "x", until, self.now, JobState.LEASED, 1, job.lease)
        return job

    @rule(target=leases, kinds=st.sets(st.sampled_from("xy")), lease=lengths)
    def claim(self, kinds: set[str], lease: timedelta) -> Job | MultipleResults[Job]:
        may = [
            one
            for one in self.known.values()
            if one.kind in kinds and one.state in (JobState.READY, JobState.LEASED) and one.due <= self.now
        ]
        job = self.queue.claim(kinds, "me", lease)
        if job is None:
            assert not may
            return multiple()
        expected = min(may, key=lambda one: (one.due, one.number))
        assert job.id == expected.number
        expected.state, expected.lease = JobState.LEASED, job.lease
        expected.attempts += 1
        expected.due, expected.changed = self.now + micro(lease), self.now
        return job

    def ours(self, job: Job) -> Known | None:
        """What is known of a job whose lease still is what it was."""
        one = self.known.get(job.id)
        return one if one is not None and one.state is JobState.LEASED and one.lease == job.lease else None

    @rule(job=leases, lease=lengths)
    def extend(self, job: Job, lease: timedelta) -> None:
        if (one := self.ours(job)) is None:
            with pytest.raises(LeaseLostError):
                self.queue.extend(job, lease)
            return
        self.queue.extend(job, lease)
        one.due, one.changed = self.now + micro(lease), self.now

    @rule(job=leases)
    def done(self, job: Job) -> None:
        if (one := self.ours(job)) is None:
            with pytest.raises(LeaseLostError):
                self.queue.done(job)
            return
        self.queue.done(job)
        one.state, one.lease = JobState.DONE, None
        one.ends.append(JobState.DONE)

    @rule(job=leases, retry=st.none() | lengths)
    def failed(self, job: Job, retry: timedelta | None) -> None:
        if (one := self.ours(job)) is None:
            with pytest.raises(LeaseLostError):
                self.queue.failed(job, WHY, retry=retry)
            return
        self.queue.failed(job, WHY, retry=retry)
        one.lease, one.changed = None, self.now
        if retry is None:
            one.state = JobState.DEAD
        else:
            one.state, one.due = JobState.READY, self.now + micro(retry)

    @rule(job=leases)
    def release(self, job: Job) -> None:
        if (one := self.ours(job)) is None:
            with pytest.raises(LeaseLostError):
                self.queue.release(job)
            return
        self.queue.release(job)
        one.state, one.lease, one.due, one.changed = JobState.READY, None, self.now, self.now
        one.attempts -= 1

    @rule(job=leases)
    def retry(self, job: Job) -> None:
        one = self.known[job.id]
        if one.state is not JobState.DEAD:
            with pytest.raises(NotDeadError):
                self.queue.retry(job.id)
            return
        self.queue.retry(job.id)
        one.state, one.attempts, one.due, one.changed = JobState.READY, 0, self.now, self.now

    @rule(by=lengths)
    def time_passes(self, by: timedelta) -> None:
        self.now += micro(by)

    @rule(by=lengths)
    def clock_is_set_back(self, by: timedelta) -> None:
        self.now -= micro(by)

    @rule()
    def mend(self) -> None:
        mended = self.queue.mend_times()
        late = [
            one
            for one in self.known.values()
            if one.state in (JobState.READY, JobState.LEASED)
            and one.due > self.now
            and one.changed > self.now + micro(CLOCK_SLACK)
        ]
        assert mended == len(late)
        for one in late:
            one.due = one.changed = self.now

    @invariant()
    def the_table_is_as_the_model(self) -> None:
        for state in JobState:
            found = {job.id: (job.attempts, job.due.timestamp()) for job in self.queue.page(state)}
            expected = {
                one.number: (one.attempts, one.due / 1e6) for one in self.known.values() if one.state is state
            }
            assert found == expected
            assert self.queue.counts()[state] == len(expected)

    @invariant()
    def no_job_was_done_twice(self) -> None:
        assert all(len(one.ends) <= 1 for one in self.known.values())


@pytest.mark.slow
def test_the_job_table_is_as_its_model(sqlite_template: Path) -> None:
    Jobs.template = sqlite_template
    run_state_machine_as_test(Jobs, settings=settings(max_examples=60, stateful_step_count=40, deadline=None))

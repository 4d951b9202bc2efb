"""The runner: every job is done, failures are tried again or given up, and it stops in good order."""

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tocsin.errors import Error, Refusal
from tocsin.jobs.model import Job, JobState, NewJob
from tocsin.jobs.retrying import GiveUpError, RetryPolicy
from tocsin.jobs.runner import Runner
from tocsin.storage.database import Database
from tocsin.storage.database import create as create_database
from tocsin.storage.jobs import JobStore

QUICK = RetryPolicy(attempts=3, first=timedelta(milliseconds=1), longest=timedelta(milliseconds=5))
SECOND = timedelta(seconds=1)


class BrokenWireError(Error):
    """The wire broke."""

    code = "test.broken_wire"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    create_database(tmp_path / "tocsin.db")
    database = Database(tmp_path / "tocsin.db")
    yield database
    database.close()


@pytest.fixture
def queue(store: Database) -> JobStore:
    return JobStore(store)


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.005)


def wait_for_state(queue: JobStore, job: Job, state: JobState) -> Job:
    wait_for(lambda: queue.job(job.id).state is state)
    return queue.job(job.id)


def test_every_job_is_done_once_whoever_ends_it(queue: JobStore) -> None:
    done: list[int] = []

    def ends_itself(job: Job) -> None:
        queue.done(job)
        done.append(job.id)

    jobs = [queue.enqueue(NewJob("self" if number % 2 else "runner", {})) for number in range(40)]
    handlers = {"self": ends_itself, "runner": lambda job: done.append(job.id)}
    with Runner(queue, handlers, threads=3):
        wait_for(lambda: queue.counts()[JobState.DONE] == len(jobs))
    assert sorted(done) == [job.id for job in jobs]


def test_work_that_comes_in_one_transaction_with_its_cause_is_found(store: Database, queue: JobStore) -> None:
    with Runner(queue, {"x": lambda _: None}):
        with store.writing():
            job = queue.enqueue(NewJob("x", {}))
        wait_for_state(queue, job, JobState.DONE)


def test_jobs_of_a_kind_without_a_handler_are_left_to_others(queue: JobStore) -> None:
    other = queue.enqueue(NewJob("other", {}))
    mine = queue.enqueue(NewJob("mine", {}))
    with Runner(queue, {"mine": lambda _: None}):
        wait_for_state(queue, mine, JobState.DONE)
    assert queue.job(other.id).state is JobState.READY


def test_a_failure_is_tried_again_and_given_up_with_its_reason(queue: JobStore) -> None:
    tried: list[int] = []

    def fails(job: Job) -> None:
        tried.append(job.attempts)
        raise BrokenWireError

    job = queue.enqueue(NewJob("x", {}))
    with Runner(queue, {"x": fails}, policies={"x": QUICK}):
        dead = wait_for_state(queue, job, JobState.DEAD)
    assert tried == [1, 2, 3]
    assert dead.reason == "test.broken_wire: The wire broke."


def test_a_defect_is_tried_again_and_its_trace_is_logged(
    queue: JobStore, caplog: pytest.LogCaptureFixture
) -> None:
    job = queue.enqueue(NewJob("x", {}))
    with Runner(queue, {"x": lambda job: 1 / len(job.payload)}, policies={"x": QUICK}):  # type: ignore[dict-item]  # a handler with a defect
        dead = wait_for_state(queue, job, JobState.DEAD)
    assert dead.reason.startswith("internal: ZeroDivisionError in <lambda>, test_runner.py:")
    assert sum(record.exc_info is not None for record in caplog.records) == 3


def test_what_makes_no_sense_to_try_again_is_not(queue: JobStore) -> None:
    def gives_up(_: Job) -> None:
        message = "nobody of that name"
        raise GiveUpError(message)

    job = queue.enqueue(NewJob("x", {}))
    with Runner(queue, {"x": gives_up}, policies={"x": QUICK}):
        dead = wait_for_state(queue, job, JobState.DEAD)
    assert (dead.attempts, dead.reason) == (1, "jobs.give_up: nobody of that name")


def test_a_job_whose_workers_keep_dying_is_given_up_without_being_run(queue: JobStore) -> None:
    job = queue.enqueue(NewJob("x", {}))
    for _ in range(QUICK.attempts):
        assert queue.claim(["x"], "dies", timedelta()) is not None
    ran: list[Job] = []
    with Runner(queue, {"x": ran.append}, policies={"x": QUICK}):
        dead = wait_for_state(queue, job, JobState.DEAD)
    assert not ran
    assert dead.reason.startswith("jobs.worker_died: ")


def test_a_job_that_takes_longer_than_its_lease_stays_with_its_worker(queue: JobStore) -> None:
    started = threading.Event()
    go_on = threading.Event()

    def slow(_: Job) -> None:
        started.set()
        go_on.wait(30)

    job = queue.enqueue(NewJob("x", {}))
    with Runner(queue, {"x": slow}, lease=timedelta(milliseconds=300)):
        assert started.wait(30)
        first = queue.job(job.id).due
        wait_for(lambda: queue.job(job.id).due > first + timedelta(milliseconds=600))
        assert queue.claim(["x"], "thief", SECOND) is None
        go_on.set()
        assert wait_for_state(queue, job, JobState.DONE).attempts == 1


def test_what_a_worker_does_after_its_lease_is_lost_has_no_effect(store: Database, queue: JobStore) -> None:
    effects: list[str] = []
    stolen = threading.Event()

    def handler(job: Job) -> None:
        if job.attempts == 1:
            with store.writing():  # somebody with another clock takes it
                store.change("UPDATE job SET due = 0 WHERE id = ?", (job.id,))
            assert JobStore(store).claim(["x"], "thief", timedelta()) is not None
            stolen.set()
        with store.writing():
            store.change(
                "UPDATE counter SET value = value + 1 WHERE name = 'ledger'"
            )  # stands for the effect
            queue.done(job)
            effects.append("committed")

    job = queue.enqueue(NewJob("x", {}))
    with Runner(queue, {"x": handler}):
        done = wait_for_state(queue, job, JobState.DONE)
    with store.reading():
        assert store.number("SELECT value FROM counter WHERE name = 'ledger'") == 1
    assert stolen.is_set()
    assert effects == ["committed"]
    assert done.attempts == 3


def test_stopping_finishes_what_is_at_hand_and_takes_no_more(queue: JobStore) -> None:
    started = threading.Event()
    go_on = threading.Event()

    def slow(_: Job) -> None:
        started.set()
        go_on.wait(30)

    first = queue.enqueue(NewJob("x", {}))
    second = queue.enqueue(NewJob("x", {}))
    runner = Runner(queue, {"x": slow})
    runner.start()
    assert started.wait(30)
    stopping = threading.Timer(0.05, go_on.set)
    stopping.start()
    assert runner.stop(timedelta(seconds=30))
    stopping.join()
    assert queue.job(first.id).state is JobState.DONE
    assert (queue.job(second.id).state, queue.job(second.id).attempts) == (JobState.READY, 0)


def test_what_cannot_be_finished_in_time_is_given_back_for_another_to_do(queue: JobStore) -> None:
    started = threading.Event()
    go_on = threading.Event()
    ended = threading.Event()

    def stuck(_: Job) -> None:
        started.set()
        go_on.wait(30)
        ended.set()

    job = queue.enqueue(NewJob("x", {}))
    runner = Runner(queue, {"x": stuck})
    runner.start()
    assert started.wait(30)
    assert not runner.stop(timedelta(milliseconds=20))
    assert (queue.job(job.id).state, queue.job(job.id).attempts) == (JobState.READY, 0)
    other = queue.claim(["x"], "other", SECOND)
    assert other is not None
    go_on.set()
    assert ended.wait(30)
    queue.done(other)


def test_stopping_wakes_threads_that_wait_for_work(queue: JobStore) -> None:
    runner = Runner(queue, {"x": lambda _: None}, threads=5)
    runner.start()
    assert runner.stop(timedelta(seconds=30))


def test_a_runner_that_was_never_started_can_be_stopped(queue: JobStore) -> None:
    assert Runner(queue, {"x": lambda _: None}).stop(SECOND)


class Unplugged(JobStore):
    """A queue whose database can be away."""

    away = False

    def claim(self, kinds: Collection[str], worker: str, lease: timedelta) -> Job | None:
        """Fail while it is away."""
        if self.away:
            raise BrokenWireError
        return super().claim(kinds, worker, lease)


def test_a_database_that_goes_away_is_waited_for_and_named_once(
    store: Database, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.jobs.runner.AWAY_PAUSE", 0.01)
    queue = Unplugged(store)
    queue.away = True
    with caplog.at_level(logging.WARNING), Runner(queue, {"x": lambda _: None}, threads=2):
        job = JobStore(store).enqueue(NewJob("x", {}))
        wait_for(lambda: bool(caplog.records))
        time.sleep(0.1)
        queue.away = False
        wait_for_state(queue, job, JobState.DONE)
    said = [record.getMessage() for record in caplog.records]
    assert sum("waiting for the database" in one for one in said) <= 2  # once a thread at most
    assert any("is back" in one for one in said)


def test_old_jobs_are_forgotten_and_a_clock_set_back_is_mended(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.jobs.runner.TIDY_SECONDS", 0.02)
    ahead = JobStore(store, lambda: 10**16)
    waiting = ahead.enqueue(NewJob("x", {}))
    queue = JobStore(store)
    old = queue.enqueue(NewJob("y", {}))
    taken = queue.claim(["y"], "me", SECOND)
    assert taken is not None
    queue.done(taken)
    with Runner(
        queue, {"x": lambda _: None}, lease=timedelta(milliseconds=30), keep_done=timedelta(microseconds=1)
    ):
        wait_for(lambda: not any(queue.counts().values()))
    for job in (waiting, old):
        with pytest.raises(Error, match="there is no job number"):
            queue.job(job.id)


def test_pauses_grow_to_a_limit_and_end() -> None:
    policy = RetryPolicy(attempts=5, first=timedelta(seconds=1), longest=timedelta(seconds=3))
    pauses = [policy.pause(attempt) for attempt in range(1, 6)]
    assert pauses[-1] is None
    for pause, full in zip(pauses[:-1], (1, 2, 3, 3), strict=True):
        assert pause is not None
        assert full / 2 <= pause.total_seconds() <= full


def test_a_failure_after_the_lease_was_lost_is_not_written(queue: JobStore) -> None:
    def robbed(job: Job) -> None:
        queue.failed(job, Refusal("x", "taken meanwhile", ""), retry=timedelta(hours=1))
        raise BrokenWireError

    job = queue.enqueue(NewJob("x", {}))
    with Runner(queue, {"x": robbed}, policies={"x": QUICK}):
        wait_for(lambda: queue.job(job.id).attempts == 1 and queue.job(job.id).state is JobState.READY)
    assert queue.job(job.id).reason == "x: taken meanwhile"

"""The contract of the job table, on both databases, and by a clock that jumps."""

import threading
import time
from datetime import timedelta

import pytest

from tocsin.errors import Refusal
from tocsin.jobs.model import Job, JobState, LeaseLostError, NewJob, NotDeadError, UnknownJobError
from tocsin.storage.database import Database
from tocsin.storage.jobs import JobStore

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
WHY = Refusal("test.why", "it did not work", "")
START = 1_800_000_000_000_000


class Clock:
    """A clock that stands until it is moved, either way."""

    def __init__(self) -> None:
        """At some moment."""
        self.now = START

    def __call__(self) -> int:
        """The present."""
        return self.now

    def move(self, by: timedelta) -> None:
        """Forwards or backwards."""
        self.now += by // timedelta(microseconds=1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(database: Database, clock: Clock) -> JobStore:
    return JobStore(database, clock)


def claimed(queue: JobStore, worker: str = "me", lease: timedelta = MINUTE) -> Job:
    job = queue.claim(["x", "y"], worker, lease)
    assert job is not None
    return job


def none_left(queue: JobStore) -> bool:
    return queue.claim(["x", "y"], "me", MINUTE) is None


def test_a_job_is_found_as_it_was_added(queue: JobStore) -> None:
    payload = {"text": "snow ❄ and \x00", "list": [1, None, True, {"deep": 1.5}], "none": None}
    job = queue.enqueue(NewJob("x", payload))
    taken = claimed(queue, "anna")
    assert taken.id == job.id
    assert taken.payload == payload
    assert (taken.state, taken.attempts, taken.worker) == (JobState.LEASED, 1, "anna")
    assert queue.job(job.id).payload == payload


def test_the_job_that_has_been_due_longest_comes_first_and_each_once(queue: JobStore, clock: Clock) -> None:
    late = queue.enqueue(NewJob("x", {}, delay=2 * SECOND))
    second = queue.enqueue(NewJob("y", {}, delay=SECOND))
    first = queue.enqueue(NewJob("x", {}))
    assert claimed(queue).id == first.id
    assert none_left(queue)
    clock.move(HOUR)
    assert [claimed(queue).id for _ in range(3)] == [second.id, late.id, first.id]
    assert none_left(queue)


def test_only_the_kinds_asked_for_are_claimed(queue: JobStore) -> None:
    queue.enqueue(NewJob("xy", {}))
    assert none_left(queue)
    assert queue.claim([], "me", MINUTE) is None
    assert queue.claim(["x", "xy"], "me", MINUTE) is not None


def test_a_key_makes_one_job_whatever_became_of_it(queue: JobStore) -> None:
    job = queue.enqueue(NewJob("x", {"n": 1}, key="k"))
    again = queue.enqueue(NewJob("x", {"n": 2}, key="k"), leased=MINUTE)
    assert (again.id, again.payload, again.lease) == (job.id, {"n": 1}, None)
    queue.done(claimed(queue))
    assert queue.enqueue(NewJob("x", {}, key="k")).state is JobState.DONE
    assert none_left(queue)
    assert queue.enqueue(NewJob("x", {}, key="other")).id != job.id


def test_a_job_added_with_a_lease_is_its_adders_until_the_lease_ends(queue: JobStore, clock: Clock) -> None:
    mine = queue.enqueue(NewJob("x", {}), leased=MINUTE)
    assert none_left(queue)
    clock.move(MINUTE)
    other = claimed(queue, "other")
    assert other.id == mine.id
    with pytest.raises(LeaseLostError):
        queue.done(mine)
    queue.done(other)
    assert queue.job(mine.id).state is JobState.DONE


def test_a_heartbeat_keeps_the_lease(queue: JobStore, clock: Clock) -> None:
    queue.enqueue(NewJob("x", {}))
    job = claimed(queue)
    for _ in range(5):
        clock.move(40 * SECOND)
        queue.extend(job, MINUTE)
        assert none_left(queue)
    clock.move(MINUTE)
    claimed(queue, "other")
    with pytest.raises(LeaseLostError):
        queue.extend(job, MINUTE)


def test_a_lease_that_ran_out_unnoticed_still_ends_the_job(queue: JobStore, clock: Clock) -> None:
    queue.enqueue(NewJob("x", {}))
    job = claimed(queue)
    clock.move(HOUR)
    queue.done(job)
    assert none_left(queue)


def test_a_failure_waits_then_dies_and_can_be_revived(queue: JobStore, clock: Clock) -> None:
    job = queue.enqueue(NewJob("x", {}))
    queue.failed(claimed(queue), WHY, retry=MINUTE)
    assert none_left(queue)
    clock.move(MINUTE)
    queue.failed(claimed(queue), WHY, retry=None)
    dead = queue.job(job.id)
    assert (dead.state, dead.attempts, dead.reason) == (JobState.DEAD, 2, "test.why: it did not work")
    assert dead.ended is not None
    assert none_left(queue)
    revived = queue.retry(job.id)
    assert (revived.state, revived.attempts, revived.ended) == (JobState.READY, 0, None)
    queue.done(claimed(queue))
    assert queue.job(job.id).reason == ""


def test_only_a_dead_job_is_revived(queue: JobStore) -> None:
    job = queue.enqueue(NewJob("x", {}))
    with pytest.raises(NotDeadError, match="is ready"):
        queue.retry(job.id)
    with pytest.raises(UnknownJobError):
        queue.retry(job.id + 1)
    with pytest.raises(UnknownJobError):
        queue.job(job.id + 1)


def test_a_job_given_back_is_as_if_never_claimed(queue: JobStore) -> None:
    queue.enqueue(NewJob("x", {}))
    job = claimed(queue)
    queue.release(job)
    again = claimed(queue)
    assert (again.id, again.attempts) == (job.id, 1)
    with pytest.raises(LeaseLostError):
        queue.release(job)


@pytest.mark.parametrize("end", ["done", "failed", "dead", "release", "extend"])
def test_what_is_written_beside_an_end_that_comes_too_late_is_undone(
    database: Database, queue: JobStore, clock: Clock, end: str
) -> None:
    queue.enqueue(NewJob("x", {}))
    slow = claimed(queue)
    clock.move(HOUR)
    claimed(queue, "other")
    ends = {
        "done": lambda: queue.done(slow),
        "failed": lambda: queue.failed(slow, WHY, retry=MINUTE),
        "dead": lambda: queue.failed(slow, WHY, retry=None),
        "release": lambda: queue.release(slow),
        "extend": lambda: queue.extend(slow, MINUTE),
    }

    def write() -> None:
        with database.writing():
            database.take_numbers("entry", 5)
            ends[end]()

    with pytest.raises(LeaseLostError):
        write()
    with database.reading():
        assert database.number("SELECT value FROM counter WHERE name = 'entry'") == 0


def test_a_job_is_made_with_what_causes_it_or_not_at_all(database: Database, queue: JobStore) -> None:
    def fail() -> None:
        with database.writing():
            queue.enqueue(NewJob("x", {}))
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail()
    assert none_left(queue)
    assert not any(queue.counts().values())


def test_counts_pages_and_the_longest_wait(queue: JobStore, clock: Clock) -> None:
    assert queue.waited() == timedelta()
    ids = [queue.enqueue(NewJob("x", {})).id for _ in range(5)]
    clock.move(MINUTE)
    assert queue.waited() == MINUTE
    queue.failed(claimed(queue), WHY, retry=None)
    queue.done(claimed(queue))
    claimed(queue)
    assert queue.counts() == {
        JobState.READY: 2,
        JobState.LEASED: 1,
        JobState.DONE: 1,
        JobState.DEAD: 1,
    }
    assert [job.id for job in queue.page(JobState.READY, limit=1)] == [ids[3]]
    assert [job.id for job in queue.page(JobState.READY, after=ids[3])] == [ids[4]]
    assert [job.id for job in queue.page(JobState.DEAD)] == [ids[0]]


def test_the_name_of_a_lease_is_told_to_its_holder_only(queue: JobStore) -> None:
    queue.enqueue(NewJob("x", {}))
    taken = claimed(queue, "anna")
    for seen in (queue.job(taken.id), *queue.page(JobState.LEASED)):
        assert (seen.lease, seen.worker) == (None, "anna")
        with pytest.raises(LeaseLostError):
            queue.done(seen)


def test_jobs_long_done_are_forgotten_in_portions_and_dead_ones_kept(queue: JobStore, clock: Clock) -> None:
    for _ in range(6):
        queue.enqueue(NewJob("x", {}))
    queue.failed(claimed(queue), WHY, retry=None)
    for _ in range(3):
        queue.done(claimed(queue))
    clock.move(HOUR)
    queue.done(claimed(queue))
    assert [queue.forget(MINUTE, 2) for _ in range(3)] == [2, 1, 0]
    counts = queue.counts()
    assert (counts[JobState.DONE], counts[JobState.DEAD], counts[JobState.READY]) == (1, 1, 1)


def test_a_clock_that_jumps_ahead_runs_jobs_early_but_their_effects_once(
    queue: JobStore, clock: Clock
) -> None:
    queue.enqueue(NewJob("x", {}))
    first = claimed(queue)
    clock.move(1000 * HOUR)
    second = claimed(queue, "other")
    assert second.id == first.id
    queue.done(second)
    with pytest.raises(LeaseLostError):
        queue.done(first)


def test_a_clock_that_is_set_back_keeps_no_job_waiting(queue: JobStore, clock: Clock) -> None:
    ready = queue.enqueue(NewJob("x", {}))
    failed = queue.enqueue(NewJob("x", {}, delay=-MINUTE))
    queue.failed(claimed(queue), WHY, retry=10 * SECOND)
    leased = queue.enqueue(NewJob("y", {}), leased=MINUTE)
    clock.move(-1000 * HOUR)
    later = queue.enqueue(NewJob("y", {}, delay=HOUR))
    assert none_left(queue)
    assert queue.mend_times() == 3
    assert {claimed(queue).id for _ in range(3)} == {ready.id, failed.id, leased.id}
    assert none_left(queue)
    assert queue.job(later.id).state is JobState.READY
    with pytest.raises(LeaseLostError):
        queue.done(leased)
    assert queue.mend_times() == 0


def test_small_corrections_of_the_clock_take_nobodys_lease(queue: JobStore, clock: Clock) -> None:
    queue.enqueue(NewJob("x", {}))
    job = claimed(queue)
    clock.move(-10 * SECOND)
    assert queue.mend_times() == 0
    assert none_left(queue)
    queue.done(job)


def test_the_databases_own_clock_tells_the_time(database: Database) -> None:
    queue = JobStore(database)
    queue.enqueue(NewJob("x", {}, delay=HOUR))
    now = queue.enqueue(NewJob("x", {}))
    assert timedelta() <= queue.waited() < MINUTE
    taken = claimed(queue)
    assert taken.id == now.id
    assert none_left(queue)
    assert abs(now.created.timestamp() - time.time()) < 60
    assert MINUTE - SECOND < taken.due - now.created < 2 * MINUTE


def test_threads_that_claim_at_once_share_the_jobs(database: Database) -> None:
    queue = JobStore(database)
    with database.writing():
        ids = [queue.enqueue(NewJob("x", {})).id for _ in range(60)]
    got: list[int] = []

    def work() -> None:
        while (job := queue.claim(["x"], "me", HOUR)) is not None:
            queue.done(job)
            got.append(job.id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == ids


def test_nobody_waits_for_a_job_that_another_is_just_ending(database: Database) -> None:
    """On SQLite there is one writer at a time, so the claim comes after; it must not come to the same job."""
    queue = JobStore(database)
    for _ in range(2):
        queue.enqueue(NewJob("x", {}))
    first = queue.claim(["x"], "me", timedelta())
    assert first is not None
    got: list[Job | None] = []
    other = threading.Thread(target=lambda: got.append(queue.claim(["x"], "other", HOUR)))
    with database.writing():
        queue.done(first)
        other.start()
        other.join(0.2)
    other.join()
    assert got[0] is not None
    assert got[0].id != first.id


def test_who_listens_hears_of_each_new_job(queue: JobStore) -> None:
    heard: list[None] = []
    queue.listen(lambda: heard.append(None))
    job = queue.enqueue(NewJob("x", {}, key="k"))
    queue.enqueue(NewJob("x", {}, key="k"))
    assert len(heard) == 1
    queue.failed(claimed(queue), WHY, retry=None)
    queue.retry(job.id)
    assert len(heard) == 2

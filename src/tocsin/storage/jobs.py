"""Where jobs wait: one table, on SQLite and PostgreSQL; implements `tocsin.jobs.model.JobQueue`.

A job is leased, not taken: its lease has a random name, and only who knows the name it has now can end it.
So a job may run twice (its worker was slow, or thought dead), but what it does in the transaction that ends
it happens once: the slower one's transaction finds its lease gone, and is undone.

All times are those of the database's clock, which on PostgreSQL is one for all workers: clocks differ.
"""

import json
import secrets
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from typing import cast

from tocsin.errors import Refusal
from tocsin.jobs.model import Job, JobState, LeaseLostError, NewJob, NotDeadError, UnknownJobError
from tocsin.media.sandbox import JsonObject
from tocsin.storage import job_statements as sql
from tocsin.storage import times
from tocsin.storage.database import Database, Row, Value

Clock = Callable[[], int]
"""The present, in microseconds since 1970, UTC."""
CLOCK_SLACK = timedelta(minutes=1)
"""A row changed later than this from now was written before the clock was set back."""
_REASON_LENGTH = 2000


class JobStore:
    """The jobs of one database. Every method takes part in the caller's transaction, if there is one."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        """Use the job table of `database`, by its own clock unless another is given."""
        self._database = database
        self._clock = clock
        self._wakers: list[Callable[[], None]] = []

    def listen(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever a job was added through this object."""
        self._wakers.append(wake)

    def enqueue(self, job: NewJob, *, leased: timedelta | None = None) -> Job:
        """Add a job; the one that has the same key already, if there is one (its `lease` is None then)."""
        with self._database.writing():
            now = self._now()
            start: tuple[Value, ...] = (JobState.READY.value, 0, now + _microseconds(job.delay), None)
            if leased is not None:
                start = (JobState.LEASED.value, 1, now + _microseconds(leased), _lease("who added it"))
            named: tuple[Value, ...] = (job.kind, _text(job.payload), job.key)
            row = self._database.row(sql.ADD, (*named, *start, now, now))
            if row is None:  # another has the key
                return _job(_present(self._database.row(sql.WITH_KEY, (job.key,))))
        self._wake()
        return _job(row, mine=leased is not None)

    def claim(self, kinds: Collection[str], worker: str, lease: timedelta) -> Job | None:
        """Lease the job of one of `kinds` that has been due longest, or whose lease has run out."""
        with self._database.updating():
            now = self._now()
            values = (now + _microseconds(lease), _lease(worker), now, now, ",".join(sorted(kinds)))
            row = self._database.row(sql.CLAIM, values)
        return None if row is None else _job(row, mine=True)

    def extend(self, job: Job, lease: timedelta) -> None:
        """Heartbeat: the lease ends that much later than now. Raises LeaseLostError."""
        with self._database.updating():
            now = self._now()
            self._change(job, sql.EXTEND, now + _microseconds(lease), now)

    def done(self, job: Job) -> None:
        """End a job well. Raises LeaseLostError, which undoes the transaction it is part of."""
        with self._database.updating():
            now = self._now()
            self._change(job, sql.DONE, now, now)

    def failed(self, job: Job, why: Refusal, *, retry: timedelta | None) -> None:
        """End an attempt: ready again after `retry`, or dead where that is None. Raises LeaseLostError."""
        reason = f"{why.code}: {why.message}"[:_REASON_LENGTH]
        with self._database.updating():
            now = self._now()
            if retry is None:
                self._change(job, sql.DEAD, reason, now, now)
            else:
                self._change(job, sql.AGAIN, reason, now + _microseconds(retry), now)

    def release(self, job: Job) -> None:
        """Give a job back as if it had never been claimed. Raises LeaseLostError."""
        with self._database.updating():
            now = self._now()
            self._change(job, sql.RELEASE, now, now)

    def _wake(self) -> None:
        """Tell who listens, once what adds the job is committed."""
        for wake in self._wakers:
            self._database.after_commit(wake)

    def _now(self) -> int:
        """The present, inside a transaction."""
        return self._clock() if self._clock else self._database.number(sql.NOW)

    def _change(self, job: Job, statement: str, *values: int | str) -> None:
        """Run a statement on a job whose lease is ours."""
        if not self._database.change(statement, (*values, job.id, job.lease)):
            message = f"job {job.id} ({job.kind}) is somebody else's now, or has ended"
            raise LeaseLostError(message)

    def job(self, number: int) -> Job:
        """One job. Raises UnknownJobError."""
        with self._database.reading():
            row = self._database.row(sql.JOB, (number,))
        if row is None:
            message = f"there is no job number {number}"
            raise UnknownJobError(message)
        return _job(row)

    def retry(self, number: int) -> Job:
        """Make a dead job ready again, its attempts counted anew. Raises UnknownJobError, NotDeadError."""
        with self._database.updating():
            now = self._now()
            row = self._database.row(sql.REVIVE, (now, now, number))
            if row is None:
                message = f"job {number} is {self.job(number).state}"
                raise NotDeadError(message)
        self._wake()
        return _job(row)

    def page(self, state: JobState, *, after: int = 0, limit: int = 100) -> list[Job]:
        """Up to `limit` jobs of a state, by number, from the first beyond `after`."""
        with self._database.reading():
            return [_job(row) for row in self._database.rows(sql.PAGE, (state.value, after, limit))]

    def counts(self) -> Mapping[JobState, int]:
        """How many jobs there are in each state."""
        with self._database.reading():
            found: dict[str, int] = dict(self._database.rows(sql.COUNTS))
        return {state: found.get(state.value, 0) for state in JobState}

    def waited(self) -> timedelta:
        """How long the job that has been due longest has been so; nothing if none is due."""
        with self._database.reading():
            row = self._database.row(sql.OLDEST)
            oldest = row[0] if row else None
            late = 0 if oldest is None else self._now() - oldest
        return timedelta(microseconds=max(0, late))

    def forget(self, older: timedelta, limit: int = 1000) -> int:
        """Delete up to `limit` of the jobs that were done longer ago than `older`; how many that was."""
        with self._database.writing():
            return self._database.change(sql.FORGET, (self._now() - _microseconds(older), limit))

    def mend_times(self) -> int:
        """Make due at once what the clock, set back meanwhile, would let wait for as long as it was wrong.

        A leased job among them may run a second time, with its effects happening once. How many they were.
        """
        with self._database.writing():
            now = self._now()
            return self._database.change(sql.MEND, (now, now, now, now + _microseconds(CLOCK_SLACK)))


def _job(row: Row, *, mine: bool = False) -> Job:
    """A row as a job; the name of its lease only for who has it."""
    number, kind, payload, state, attempts, due, created, ended, reason, lease = row
    return Job(
        id=number,
        kind=kind,
        payload=cast("JsonObject", json.loads(payload)),
        state=JobState(state),
        attempts=attempts,
        due=times.from_number(due),
        created=times.from_number(created),
        ended=times.from_stored(ended),
        reason=reason,
        lease=lease if mine else None,
        worker=(lease or "").rpartition("/")[0],
    )


def _present(row: Row | None) -> Row:
    if row is None:
        message = "the database says that a key is taken, but has no job with it"
        raise AssertionError(message)
    return row


def _lease(worker: str) -> str:
    """A name no other lease has; who looks sees whose it is."""
    return f"{worker}/{secrets.token_hex(16)}"


def _text(payload: JsonObject) -> str:
    return json.dumps(payload, separators=(",", ":"), sort_keys=True)


def _microseconds(length: timedelta) -> int:
    return length // timedelta(microseconds=1)

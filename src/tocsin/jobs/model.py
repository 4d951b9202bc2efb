"""The nouns of this room: a job, its states, and what the domain needs from the place where jobs wait."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from tocsin.errors import Error, Refusal

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject


class UnknownJobError(Error):
    """There is no job of that number."""

    code = "jobs.unknown_job"
    advice = "Use the number that was answered when the work was accepted."


class LeaseLostError(Error):
    """Somebody else has the job now: its lease ran out."""

    code = "jobs.lease_lost"
    advice = "Nothing was written. Raise the lease if work often takes longer."


class NotDeadError(Error):
    """Only a dead job can be made ready again."""

    code = "jobs.not_dead"
    advice = "A job that waits or runs needs no help; one that is done is done."


class JobState(StrEnum):
    """Where a job stands."""

    READY = "ready"
    """Waits until it is due."""
    LEASED = "leased"
    """A worker has it, until its lease ends."""
    DONE = "done"
    DEAD = "dead"
    """Given up, with the reason; `tocsin admin jobs retry` makes it ready again."""


@dataclass(frozen=True, slots=True)
class NewJob:
    """Work to be done after the transaction that asks for it."""

    kind: str
    payload: "JsonObject"
    key: str | None = None
    """Idempotency key: a second job with it is not made."""
    delay: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work as it stands in the table."""

    id: int
    kind: str
    payload: "JsonObject"
    state: JobState
    attempts: int
    """How often it has been leased."""
    due: datetime
    """When it may be claimed; of a leased one: when its lease ends."""
    created: datetime
    ended: datetime | None
    reason: str
    """Why the last attempt failed."""
    lease: str | None
    """Names the lease: with it, and only while it holds, the job can be ended. Only its holder is told it."""
    worker: str = ""
    """Who has it."""


class JobQueue(Protocol):
    """The place where jobs wait. Every method takes part in the caller's transaction, if there is one."""

    def enqueue(self, job: NewJob, *, leased: timedelta | None = None) -> Job:
        """Add a job; with `leased`, it is the caller's for that long from the start.

        The job that has the same key already, whatever its state, where there is one; `lease` is None then.
        """
        ...

    def claim(self, kinds: Collection[str], worker: str, lease: timedelta) -> Job | None:
        """Lease the job that has been due longest, or whose lease has run out; None if there is none."""
        ...

    def extend(self, job: Job, lease: timedelta) -> None:
        """Heartbeat: the lease ends that much later than now. Raises LeaseLostError."""
        ...

    def done(self, job: Job) -> None:
        """End a job well. Raises LeaseLostError, which undoes the transaction it is part of."""
        ...

    def failed(self, job: Job, why: Refusal, *, retry: timedelta | None) -> None:
        """End an attempt: ready again after `retry`, or dead where that is None. Raises LeaseLostError."""
        ...

    def release(self, job: Job) -> None:
        """Give a job back as if it had never been claimed. Raises LeaseLostError."""
        ...

    def job(self, number: int) -> Job:
        """One job. Raises UnknownJobError."""
        ...

    def retry(self, number: int) -> Job:
        """Make a dead job ready again, its attempts counted anew. Raises UnknownJobError, NotDeadError."""
        ...

    def page(self, state: JobState, *, after: int = 0, limit: int = 100) -> list[Job]:
        """Up to `limit` jobs of a state, by number, from the first beyond `after`."""
        ...

    def counts(self) -> Mapping[JobState, int]:
        """How many jobs there are in each state."""
        ...

    def waited(self) -> timedelta:
        """How long the job that has been due longest has been so; nothing if none is due."""
        ...

    def forget(self, older: timedelta, limit: int = 1000) -> int:
        """Delete up to `limit` of the jobs that were done longer ago than `older`; how many that was."""
        ...

    def mend_times(self) -> int:
        """Make due at once what a clock that was set back would let wait too long; how many that was."""
        ...

    def listen(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever a job was added through this object, when it is committed."""
        ...

"""Running jobs: threads that claim, a heartbeat for what they have, and an orderly end."""

import logging
import os
import socket
import threading
import time
import traceback
from collections.abc import Mapping
from datetime import timedelta
from types import TracebackType
from typing import Final, Protocol, Self

from tocsin.errors import Error, Refusal
from tocsin.jobs.model import Job, JobQueue, JobState, LeaseLostError, UnknownJobError
from tocsin.jobs.retrying import EVERY_KIND, GiveUpError, RetryPolicy, WorkerDiedError

log = logging.getLogger("tocsin.jobs")

SHORTEST_PAUSE: Final = 0.01
LONGEST_PAUSE: Final = 0.25
"""Seconds between two looks for work: soon after some was there, and when there was none for a while."""
AWAY_PAUSE: Final = 1.0
"""Seconds between two looks while the database does not answer."""
TIDY_SECONDS: Final = 60.0
_PORTION: Final = 1000


class Handler(Protocol):
    """Does one kind of job."""

    def __call__(self, job: Job, /) -> None:
        """Do the job, and end it with `queue.done(job)` in the transaction that keeps what was done.

        Raises GiveUpError where trying again makes no sense; anything else is tried again.
        """
        ...


class Runner:
    """Claims jobs of the kinds it has handlers for, and runs them in threads of its own."""

    def __init__(  # noqa: PLR0913  # what a node may want to set
        self,
        queue: JobQueue,
        handlers: Mapping[str, Handler],
        *,
        threads: int = 1,
        lease: timedelta = timedelta(seconds=30),
        policies: Mapping[str, RetryPolicy] | None = None,
        keep_done: timedelta = timedelta(days=7),
    ) -> None:
        """Work on `queue` with `threads` threads, once started.

        `lease`: how long a job stays with a runner that does not say it is alive. `policies`: how often a
        kind is tried (default EVERY_KIND). `keep_done`: how long jobs are remembered that ended well.
        """
        self._queue = queue
        self._handlers = dict(handlers)
        self._lease = lease
        self._policies = dict(policies or {})
        self._keep_done = keep_done
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._held: dict[int, Job] = {}
        self._turn = threading.Lock()
        self._lookout = threading.Lock()
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._over = threading.Event()
        self._away = False
        self._workers = [
            threading.Thread(target=self._work, name=f"jobs-{number}", daemon=True)
            for number in range(threads)
        ]
        self._heart = threading.Thread(target=self._tend, name="jobs-heartbeat", daemon=True)
        queue.listen(self.wake)

    def start(self) -> None:
        """Begin. A runner runs once."""
        for thread in (*self._workers, self._heart):
            thread.start()

    def wake(self) -> None:
        """Look for work at once."""
        self._woken.set()

    def stop(self, within: timedelta = timedelta(seconds=30)) -> bool:
        """Take no more jobs and finish those at hand; whether that was done in time.

        What is not finished by then is given back, for another to do; it has no effect here any more.
        """
        self._stopping.set()
        self._woken.set()
        end = time.monotonic() + within.total_seconds()
        for thread in self._workers:
            if thread.ident is not None:  # it was started
                thread.join(max(0.0, end - time.monotonic()))
        self._over.set()
        if self._heart.ident is not None:
            self._heart.join()
        with self._turn:
            left = list(self._held.values())
        for job in left:
            self._give_back(job)
        return not left

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def _work(self) -> None:
        """What a thread does all its life."""
        while not self._stopping.is_set():
            job = self._claim() or self._look_out()
            if job is not None:
                self._run(job)

    def _look_out(self) -> Job | None:
        """Wait for a job. One thread looks out at a time, the others queue up behind it."""
        with self._lookout:
            pause = SHORTEST_PAUSE
            while not self._stopping.is_set():
                self._woken.clear()
                if (job := self._claim()) is not None:
                    return job
                if self._woken.wait(AWAY_PAUSE if self._away else pause):
                    pause = SHORTEST_PAUSE
                else:
                    pause = min(2 * pause, LONGEST_PAUSE)
        return None

    def _claim(self) -> Job | None:
        """A job, if there is one to do and the database answers."""
        try:
            job = self._queue.claim(self._handlers, self._name, self._lease)
        except Exception as error:  # noqa: BLE001  # whatever it is, it may pass; the runner must outlive it
            if not self._away:
                log.warning("no jobs can be claimed; waiting for the database: %s", error)
            self._away = True
            return None
        if self._away:
            log.warning("the database is back")
            self._away = False
        if job is not None:
            with self._turn:
                self._held[job.id] = job
        return job

    def _run(self, job: Job) -> None:
        """Run a job that was claimed, and see that it is ended."""
        try:
            self._handle(job)
        except Exception:
            # The lease runs out, and the job is done again by whoever claims it then.
            log.exception("a job could not be ended", extra=_about(job))
        finally:
            with self._turn:
                self._held.pop(job.id, None)

    def _handle(self, job: Job) -> None:
        policy = self._policies.get(job.kind, EVERY_KIND)
        try:
            if job.attempts > policy.attempts:
                raise WorkerDiedError  # noqa: TRY301  # ends as any other failure does
            self._handlers[job.kind](job)
            self._finish(job)
        except LeaseLostError as error:
            log.warning("%s; what was done here is undone", error.message)
        except (GiveUpError, WorkerDiedError) as error:
            log.warning("a job is given up: %s", error.message, extra=_about(job))
            self._fail(job, Refusal.of(error), None)
        except Error as error:
            self._fail(job, Refusal.of(error), policy.pause(job.attempts))
        except Exception as error:
            log.exception("a job failed by a defect", extra=_about(job))
            why = Refusal(Error.code, _place(error), Error.advice)
            self._fail(job, why, policy.pause(job.attempts))

    def _finish(self, job: Job) -> None:
        """End a job whose handler has not done so itself."""
        try:
            state = self._queue.job(job.id).state
        except UnknownJobError:  # ended, and already forgotten
            return
        if state is JobState.LEASED:
            self._queue.done(job)

    def _fail(self, job: Job, why: Refusal, pause: timedelta | None) -> None:
        try:
            self._queue.failed(job, why, retry=pause)
        except LeaseLostError as error:
            log.warning("%s; it failed here: %s", error.message, why.message)

    def _give_back(self, job: Job) -> None:
        try:
            self._queue.release(job)
        except LeaseLostError:
            return  # it ended just now
        except Exception:
            log.exception("a job could not be given back; its lease runs out", extra=_about(job))

    def _tend(self) -> None:
        """Say that the jobs at hand are alive, and keep the table in order, until no worker is left."""
        next_tidy = 0.0
        while not self._over.wait(self._lease.total_seconds() / 3):
            self._beat()
            if time.monotonic() >= next_tidy:
                next_tidy = time.monotonic() + TIDY_SECONDS
                self._tidy()

    def _beat(self) -> None:
        with self._turn:
            held = list(self._held.values())
        for job in held:
            try:
                self._queue.extend(job, self._lease)
            except LeaseLostError:
                continue  # it ended just now; or its handler will find out when it wants to end it
            except Exception as error:  # noqa: BLE001  # the next beat may do better
                log.warning("no heartbeat for a job: %s", error, extra=_about(job))

    def _tidy(self) -> None:
        """Mend what a clock set back would keep waiting; forget old jobs, in portions between heartbeats."""
        try:
            if mended := self._queue.mend_times():
                log.warning("the clock was set back; %d jobs are due at once", mended)
                self.wake()
            end = time.monotonic() + self._lease.total_seconds() / 3
            while self._queue.forget(self._keep_done, _PORTION) == _PORTION and time.monotonic() < end:
                if self._stopping.wait(SHORTEST_PAUSE):  # others may write in between
                    return
        except Exception as error:  # noqa: BLE001  # the next time may do better
            log.warning("the job table could not be tidied: %s", error)


def _about(job: Job) -> dict[str, object]:
    """What a log line says of a job."""
    return {"job": job.id, "kind": job.kind}


def _place(error: Exception) -> str:
    """Which error, and where. Not what it says: that may hold a hash or a part of some content."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {frame.name}, {os.path.basename(frame.filename)}:{frame.lineno}"  # noqa: PTH119  # a code object's name need not be a path

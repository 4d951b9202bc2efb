"""Submissions being examined in this process: threads, a heartbeat for their leases, an orderly end."""

import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from tocsin.errors import Error, Refusal
from tocsin.intake.screening import Rooms, Screening
from tocsin.jobs.model import Job, LeaseLostError

_LOG = logging.getLogger(__name__)
LEASE: Final = timedelta(seconds=30)
"""How long a submission stays this process's own if the process dies; after that a worker has it."""
_RETRY: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Task:
    """A submission that this process has leased."""

    job: Job
    submission: str
    descriptor: int
    """Of its bytes; closed when the task is over."""


class Background:
    """Does tasks in threads of its own. Whatever hinders one is left to a worker."""

    def __init__(
        self, rooms: Rooms, screening: Screening, also: Callable[[], None], lease: timedelta = LEASE
    ) -> None:
        """Work with `rooms`; `also` is called every third of a lease."""
        self.lease = lease
        self._rooms = rooms
        self._screening = screening
        self._also = also
        # Twice the children: while some decode, others are matched and written.
        self._threads = ThreadPoolExecutor(2 * rooms.examiner.workers, thread_name_prefix="intake")
        self._tasks: dict[str, tuple[Future[None], Task]] = {}
        self._turn = threading.Lock()
        self._ending = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="intake-heartbeat", daemon=True)
        self._heart.start()

    def begin(self, task: Task) -> None:
        """Do a task when there is a thread for it."""
        try:
            with self._turn:
                future = self._threads.submit(self._work, task)
                self._tasks[task.submission] = future, task
        except RuntimeError:  # closed meanwhile
            os.close(task.descriptor)
            self._give_back(task)
            return
        future.add_done_callback(lambda _: self._over(task))

    def wait(self, submission: str, longest: timedelta) -> None:
        """Until that submission is done, if it is being done here, but no longer than that."""
        with self._turn:
            future, _ = self._tasks.get(submission, (None, None))
        if future is not None:
            try:
                future.result(timeout=longest.total_seconds())
            except (TimeoutError, CancelledError) as error:
                _LOG.debug("submission %s takes longer: %s", submission, type(error).__name__)

    def close(self) -> None:
        """Finish what is being examined; give back what has not begun, for a worker to do."""
        with self._turn:
            waiting = list(self._tasks.values())
        for future, task in waiting:
            if future.cancel():
                self._give_back(task)
        self._threads.shutdown(wait=True)
        self._ending.set()
        self._heart.join()

    def _over(self, task: Task) -> None:
        with self._turn:
            del self._tasks[task.submission]
        os.close(task.descriptor)

    def _work(self, task: Task) -> None:
        try:
            self._screening.screen(task.job, task.submission, task.descriptor)
        except LeaseLostError:
            _LOG.warning("submission %s took so long that a worker has it", task.submission)
        except Error as error:
            _LOG.warning("submission %s is left to a worker: %s", task.submission, error.message)
            self._failed(task, Refusal.of(error))
        except Exception as error:  # noqa: BLE001  # a defect, told in full, must not lose the submission
            _LOG.exception("submission %s is left to a worker", task.submission)
            self._failed(task, Refusal(Error.code, f"{type(error).__name__}: {error}", Error.advice))

    def _failed(self, task: Task, why: Refusal) -> None:
        try:
            self._rooms.jobs.failed(task.job, why, retry=_RETRY)
        except Exception as error:  # noqa: BLE001  # the database, perhaps; the lease runs out in any case
            _LOG.warning("job %d could not be given back: %s", task.job.id, error)

    def _give_back(self, task: Task) -> None:
        try:
            self._rooms.jobs.release(task.job)
        except Exception as error:  # noqa: BLE001  # as above
            _LOG.warning("job %d could not be given back: %s", task.job.id, error)

    def _beat(self) -> None:
        """Say that what waits and what runs here is alive, and do what else is due."""
        while not self._ending.wait(self.lease.total_seconds() / 3):
            with self._turn:
                tasks = [task for _, task in self._tasks.values()]
            for task in tasks:
                self._guarded(partial(self._rooms.jobs.extend, task.job, self.lease))
            self._guarded(self._also)

    def _guarded(self, action: Callable[[], None]) -> None:
        try:
            action()
        except LeaseLostError:
            return  # it has just ended, or has been lost, which whoever ends it will notice
        except Exception as error:  # noqa: BLE001  # it may pass; the heartbeat must outlive it
            _LOG.warning("a heartbeat of the intake failed: %s", error)

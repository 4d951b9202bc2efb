"""Running exchanges: a job each, that commits page after page, says how it ended, and plans the next.

The number of the job that may commit stands in the exchange. Each page is committed in the transaction that
extends the job's lease, so that of two runs of one exchange only one has any effect.
"""

import logging
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from tocsin.clock import present
from tocsin.errors import Error
from tocsin.evidence.ledger import Event, Ledger
from tocsin.exchange.feed.errors import ForkError, NotSignedError, RevokedError
from tocsin.exchange.model import (
    CheckpointExpiredError,
    Page,
    Partner,
    PartnerRefusedError,
    PartnerUnreachableError,
)
from tocsin.exchange.services.model import UnfitSettingsError
from tocsin.exchange.services.registry import SERVICES
from tocsin.exchange.store import (
    Counts,
    Exchange,
    Exchanges,
    FloodError,
    RunEnd,
    State,
    UnknownExchangeError,
)
from tocsin.jobs.model import Job, JobQueue, JobState, LeaseLostError, NewJob, UnknownJobError
from tocsin.jobs.retrying import RetryPolicy
from tocsin.jobs.runner import Handler
from tocsin.media.answers import text_in
from tocsin.transactions import Transactions

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

_LOG = logging.getLogger(__name__)
SYNC: Final = "exchange.sync"
"""The kind of job that runs an exchange; its payload is `{"exchange": NAME}`."""
ALARM: Final = "exchange.alarm"
"""The webhook event: an exchange needs a person."""
LEASE: Final = timedelta(minutes=5)
"""How long a job stays with a run after each page."""
SYNC_POLICY: Final = RetryPolicy(attempts=100)
"""For jobs of that kind: a run that fails ends its job; only workers that die are tried again."""
DONE: Final = "done"
_FINAL: Final = (PartnerRefusedError, UnfitSettingsError, ForkError, NotSignedError, RevokedError)
"""Trying again mends none of these; a feed that says two things is a person's to look into."""
_FIRST_PAUSE: Final = timedelta(minutes=1)
_LONGEST_PAUSE: Final = timedelta(hours=6)
_ALARMING: Final = 12
"""So many runs in a row that fail, over about a day and a half, are told."""
_NEVER: Final = timedelta(days=3650)


class Announce(Protocol):
    """Tells those outside; `tocsin.storage.webhooks.WebhookStore` does."""

    def announce(self, kind: str, body: "JsonObject") -> None:
        """In the caller's transaction, to whoever registered for `kind`."""
        ...


class RunningError(Error):
    """The exchange is being run."""

    code = "exchange.running"
    advice = "Wait for it to end; `tocsin exchange status NAME` shows how far it is."


class NotReadyError(Error):
    """The exchange does not run as it stands."""

    code = "exchange.not_ready"
    advice = "`tocsin exchange status NAME` says why."


Progress = Callable[[Counts, Page | None], None]
"""Is told what became of each page."""


@dataclass(frozen=True, slots=True)
class Syncing:
    """Runs exchanges. All of one database."""

    transactions: Transactions
    store: Exchanges
    queue: JobQueue
    ledger: Ledger
    partner: Callable[[Exchange], Partner]
    announce: Announce | None = None
    now: Callable[[], datetime] = present

    def handlers(self) -> Mapping[str, Handler]:
        """What does the jobs."""
        return {SYNC: self}

    def plan(self) -> None:
        """Have every exchange that runs by itself run when it is due; those planned already are left."""
        with self.transactions.writing():
            for found in self.store.exchanges():
                if found.service in SERVICES and _runs(found) and not self._planned(found):
                    self._plan(found, found.next or self.now())

    def run_soon(self, name: str) -> None:
        """Have it run at once, by whoever does the jobs.

        Raises UnknownExchangeError, RunningError, NotReadyError.
        """
        with self.transactions.writing():
            found = self.store.exchange(name)
            _demand_ready(found)
            self.demand_idle(found)
            self._plan(found, self.now())

    def run_here(self, name: str, progress: Progress = lambda _counts, _page: None) -> Exchange:
        """Run it in this thread; how it stands then.

        Raises UnknownExchangeError, RunningError, NotReadyError, LeaseLostError.
        """
        with self.transactions.writing():
            found = self.store.exchange(name)
            _demand_ready(found)
            self.demand_idle(found)
            job = self.queue.enqueue(NewJob(SYNC, {"exchange": name}), leased=LEASE)
            self.store.plan(name, job.id, self.now())
        self._run(job, name, progress)
        return self.store.exchange(name)

    def __call__(self, job: Job) -> None:
        """Do the job. Raises LeaseLostError."""
        self._run(job, text_in(job.payload["exchange"]), lambda _counts, _page: None)

    def _run(self, job: Job, name: str, progress: Progress) -> None:
        try:
            with self.transactions.writing():
                found = self.store.exchange(name)
                if found.job != job.id or not _runs(found):
                    self.queue.done(job)
                    return
                self.store.begin(name)
        except UnknownExchangeError:  # removed meanwhile
            self.queue.done(job)
            return
        run = _Run(self, job, name, progress)
        try:
            run.go()
        except LeaseLostError:
            raise
        except Error as error:
            self._end(run, error.code, error)
        except Exception as error:  # noqa: BLE001  # logged, and kept as how the run ended
            _LOG.exception("an exchange failed by a defect", extra={"exchange": name})
            self._end(run, Error.code, error)
        else:
            self._end(run, DONE, None)

    def commit(self, run: "_Run", page: Page) -> Counts:
        """Commit a page, if the run may still do so. Raises LeaseLostError, FloodError, PageTooLargeError."""
        with self.transactions.writing():
            self.demand(run)
            return self.store.apply(run.name, page)

    def demand(self, run: "_Run") -> None:
        """In the caller's transaction: go on having the job. Raises LeaseLostError."""
        if self.store.exchange(run.name).job != run.job.id:
            message = f"another run of {run.name} took over"
            raise LeaseLostError(message)
        self.queue.extend(run.job, LEASE)

    def _end(self, run: "_Run", outcome: str, error: Exception | None) -> None:
        with self.transactions.writing():
            before = self.store.exchange(run.name)
            self.demand(run)
            state = _state_after(error)
            failures = 0 if error is None else before.failures + 1
            pause = self._pause(before, error, failures)
            message = error.message if isinstance(error, Error) else type(error).__name__ if error else ""
            due = self.now() + (pause or _NEVER)
            how = RunEnd(outcome, message[:1000], run.counts, state, failures, due)
            self.store.end(run.name, how)
            self._tell(before, how)
            self.queue.done(run.job)
            if pause is not None:
                self._plan(before, due)

    def _tell(self, before: Exchange, how: RunEnd) -> None:
        """Record a run that changed something or ended otherwise than the one before; tell who must know."""
        subject = f"exchange:{before.name}"
        detail: JsonObject = {"outcome": how.outcome, **how.counts.to_json()}
        changed = how.counts.added + how.counts.corrected + how.counts.withdrawn + how.counts.reinstated
        if changed or how.counts.set_aside or how.outcome != before.outcome:
            self.ledger.append(Event("exchange.ran", "node", subject, detail))
        if how.state is not State.READY:
            said: JsonObject = {"message": how.message}
            self.ledger.append(Event(f"exchange.{how.state.value}", "node", subject, said))
        if (how.state is not State.READY or how.failures == _ALARMING) and self.announce is not None:
            body: JsonObject = {
                "exchange": before.name,
                "state": how.state.value,
                "outcome": how.outcome,
                "message": how.message,
                "failures": how.failures,
            }
            self.announce.announce(ALARM, body)

    def _pause(self, found: Exchange, error: Exception | None, failures: int) -> timedelta | None:
        """How long until the next run; None where only a person starts one."""
        if error is None:
            return timedelta(minutes=found.every)
        if _state_after(error) is not State.READY:
            return None
        pause = min(_FIRST_PAUSE * (1 << min(failures - 1, 20)), _LONGEST_PAUSE)
        pause *= random.uniform(0.5, 1)  # noqa: S311  # spreads load; no secret
        wait = error.wait if isinstance(error, PartnerUnreachableError) else None
        return max(pause, timedelta(seconds=min(wait or 0, _LONGEST_PAUSE.total_seconds() * 4)))

    def _plan(self, found: Exchange, due: datetime) -> None:
        delay = max(timedelta(0), due - self.now())
        job = self.queue.enqueue(NewJob(SYNC, {"exchange": found.name}, delay=delay))
        self.store.plan(found.name, job.id, due)

    def demand_idle(self, found: Exchange) -> None:
        """Raise RunningError while somebody runs it."""
        if self.running(found):
            message = f"{found.name} is being run"
            raise RunningError(message)

    def running(self, found: Exchange) -> bool:
        """Whether somebody runs it now."""
        job = self._job(found)
        return job is not None and job.state is JobState.LEASED and job.due > self.now()

    def unplan(self, found: Exchange) -> None:
        """In the caller's transaction: have nobody run it; a run that lasts ends with its next page."""
        self.store.plan(found.name, 0, found.next or self.now())

    def _planned(self, found: Exchange) -> bool:
        job = self._job(found)
        return job is not None and job.state in {JobState.READY, JobState.LEASED}

    def _job(self, found: Exchange) -> Job | None:
        if not found.job:
            return None
        try:
            return self.queue.job(found.job)
        except UnknownJobError:
            return None


@dataclass(slots=True)
class _Run:
    """One run of one exchange."""

    syncing: Syncing
    job: Job
    name: str
    progress: Progress
    counts: Counts = field(default_factory=Counts)

    def go(self) -> None:
        """To its end. Raises what the partner and the store raise."""
        self._sweep()
        partner = self.syncing.partner(self.syncing.store.exchange(self.name))
        try:
            self._fetch(partner)
        except CheckpointExpiredError:
            with self.syncing.transactions.writing():
                self.syncing.demand(self)
                self.syncing.store.restart(self.name)
            self._fetch(partner)

    def _fetch(self, partner: Partner) -> None:
        checkpoint = self.syncing.store.exchange(self.name).checkpoint
        pages: Iterator[Page] = partner.fetch(checkpoint, self.syncing.now())
        for page in pages:
            self._told(self.syncing.commit(self, page), page)
            self._sweep()

    def _sweep(self) -> None:
        """Withdraw what a whole list no longer named, now or when an earlier run was stopped."""
        after: str | None = ""
        while after is not None and self.syncing.store.exchange(self.name).sweeping:
            with self.syncing.transactions.writing():
                self.syncing.demand(self)
            swept = self.syncing.store.sweep(self.name, after)
            after = None if swept is None else swept.after
            if swept is not None:
                self._told(swept.counts, None)

    def _told(self, counts: Counts, page: Page | None) -> None:
        self.counts += counts
        self.progress(self.counts, page)


def _runs(found: Exchange) -> bool:
    return found.state is State.READY and not found.paused


def _demand_ready(found: Exchange) -> None:
    if found.state is not State.READY:
        message = (
            f"{found.name} is {found.state.value}: {found.message or 'a second person is to confirm it'}"
        )
        raise NotReadyError(message)
    if found.paused:
        message = f"{found.name} is paused"
        raise NotReadyError(message)


def _state_after(error: Exception | None) -> State:
    if isinstance(error, FloodError):
        return State.HELD
    if isinstance(error, _FINAL):
        return State.STOPPED
    return State.READY

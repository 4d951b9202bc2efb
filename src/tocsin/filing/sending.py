"""Sending a filing, call by call, whatever dies on the way.

Each call is written down before it is made, and what came of it after it was answered, in transactions that
prove that the job is still this worker's (`JobQueue.extend`). So who takes over a job knows which call is in
doubt; docs/adr/0011-filing.md says what is done about each.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from tocsin.cases.errors import UnknownDecisionError
from tocsin.cases.model import Outcome as Decided
from tocsin.cases.model import Standpoint
from tocsin.cases.store_decisions import Decisions
from tocsin.clock import present
from tocsin.errors import Error
from tocsin.evidence.errors import KeysError
from tocsin.evidence.vault import Vault
from tocsin.filing.calling import Caller, request_of
from tocsin.filing.cybertip.answers import Meaning
from tocsin.filing.cybertip.hosts import UnfitUrlError
from tocsin.filing.cybertip.schema import Schema
from tocsin.filing.cybertip.writing import report_xml
from tocsin.filing.deadlines import alarm_time
from tocsin.filing.draft import DraftFile
from tocsin.filing.errors import AnotherPlaceError, NotConnectedError, NotSwitchedError, PlaceError
from tocsin.filing.model import Authority, Call, Environment, Fate, Filing, OpenedReport, State
from tocsin.filing.moves import FINISH, RETRACT, SUBMIT, Ending, Request, Situation, next_move
from tocsin.filing.outcomes import Outcome
from tocsin.filing.settling import STRAY_JOB, WAIT_JOB, WAITING, WATCH_JOB, Asked, Settling
from tocsin.filing.store_filings import Filings, NewCall
from tocsin.filing.transport import Transport
from tocsin.jobs.model import Job, LeaseLostError, NewJob
from tocsin.jobs.runner import Handler
from tocsin.media.answers import number_in
from tocsin.transactions import Transactions

if TYPE_CHECKING:
    from tocsin.filing.connections import Connection
    from tocsin.filing.store_connections import FetchedSchema

FILE_JOB: Final = "file"
"""The kind of job that sends a filing; its payload is `{"filing": NUMBER}`."""
_REFUSALS: Final = (
    NotConnectedError,
    NotSwitchedError,
    AnotherPlaceError,
    PlaceError,
    UnfitUrlError,
    KeysError,
)
"""Why there is nothing to send by: for a person to see to."""
_PAUSE: Final = 0.2
"""Seconds between two tries to write."""
_Result = TypeVar("_Result")


class Destinations(Protocol):
    """Where filings go; `tocsin.filing.connections.Connections` does."""

    def connection(self, authority: Authority, /) -> "Connection":
        """The one that new filings go to. Raises NotConnectedError."""
        ...

    def transport(self, authority: Authority, environment: Environment, /) -> Transport:
        """What speaks to an authority in an environment. Raises what stands in its way."""
        ...

    def schema(self, authority: Authority, environment: Environment, /) -> "FetchedSchema | None":
        """The schema as it was last fetched from there."""
        ...


@dataclass(slots=True)
class _Run:
    """A filing at hand."""

    job: Job
    number: int
    filing: Filing
    """As it was when its job began."""
    report: bytes
    """The XML that is sent."""
    schema: Schema | None
    """The authority's own, as it was fetched last: what it lacks is not sent."""
    files: Sequence[DraftFile]
    caller: Caller | None = None


@dataclass(frozen=True, slots=True)
class Sending:
    """Does the jobs of filings. All of one database. Threads may share it."""

    transactions: Transactions
    filings: Filings
    decisions: Decisions
    connections: Destinations
    vault: Vault
    settling: Settling
    clock: Callable[[], datetime] = present
    lease: timedelta = timedelta(seconds=30)
    """As the runner's: how long the job stays ours once it was proved to be."""
    patience: timedelta = timedelta(minutes=2)
    """How long a worker that has an answer waits for a database that is away."""

    def handlers(self) -> Mapping[str, Handler]:
        """What does this room's jobs, by their kinds; `POLICIES` says how often they are tried."""
        return {
            FILE_JOB: self._send,
            STRAY_JOB: self._retract_stray,
            WATCH_JOB: self._watch,
            WAIT_JOB: self._wait,
        }

    def _send(self, job: Job) -> None:
        """Send a filing: until it is finished or given up, or something is in the way."""
        run = self._run(job, number_in(job.payload["filing"]))
        asked = None if run is None else self._keep_at(lambda: self._turn(run, None, None))
        while run is not None and asked is not None:
            outcome = self._call(run, asked)
            asked = self._settled(run, asked, outcome)

    def _run(self, job: Job, number: int) -> _Run | None:
        """The filing at hand; None, the job ended, where it is another job's."""
        with self.transactions.writing():
            if self.filings.course(number).job != job.id:
                self.settling.queue.done(job)
                return None
            filing, draft = self.filings.filing(number), self.filings.draft(number)
            fetched = self.connections.schema(filing.authority, filing.environment)
        report = report_xml(draft.report)
        schema = None if fetched is None else Schema.of(fetched.xsd)
        if schema is not None:
            report, _ = schema.pruned(report)
        return _Run(job, number, filing, report, schema, [one for one in draft.files if one.include])

    def _settled(self, run: _Run, asked: Asked, outcome: Outcome) -> Asked | None:
        """Write down what came of a call, and begin the next. Raises LeaseLostError."""
        try:
            return self._keep_at(lambda: self._turn(run, asked, outcome))
        except LeaseLostError:
            self._keep_at(lambda: self._late(asked, outcome))
            raise

    def _late(self, asked: Asked, outcome: Outcome) -> None:
        with self.transactions.writing():
            self.settling.late(asked, outcome)

    def _turn(self, run: _Run, asked: Asked | None, outcome: Outcome | None) -> Asked | None:
        """Write down what came of the call before, and that the next one is made: one transaction.

        None: the job is ended. Raises LeaseLostError.
        """
        with self.transactions.writing():
            self._prove(run)
            new = asked is not None and self.filings.call(asked.call.id).ended is None
            if asked is not None and outcome is not None and new:
                filing = self.filings.filing(run.number)
                if not self.settling.settle(run.job, filing, asked, outcome):
                    return None
            else:  # at the beginning; or that was committed, though the database was gone before it said so
                self.settling.recover(run.number, self.open(run.number))
            return self._next(run)

    def _prove(self, run: _Run) -> None:
        """Raise LeaseLostError, which undoes the transaction, unless this job sends it, and is ours."""
        self.settling.queue.extend(run.job, self.lease)
        if self.filings.course(run.number).job != run.job.id:
            message = f"filing {run.number} is sent by another job now"
            raise LeaseLostError(message)

    def _next(self, run: _Run) -> Asked | None:
        """Begin the next call; None: there is none, and the job is ended."""
        now = self._situation(run)
        move = next_move(now)
        if move is None:
            self.settling.queue.done(run.job)
            return None
        if isinstance(move, Ending):
            self.settling.end(run.job, now.filing, move)
            return None
        begun = NewCall(
            run.number,
            move.step,
            move.report_id,
            move.place,
            self.clock(),
            request_of(move, run.report, run.schema),
        )
        return Asked(move, self.filings.call(self.filings.begin_call(begun)))

    def _situation(self, run: _Run) -> Situation:
        filing, course = self.filings.filing(run.number), self.filings.course(run.number)
        if course.intent is None and not filing.state.over and not self.in_force(filing.decision):
            self.filings.set_intent(run.number, State.RETRACTED, "its decision is no longer in force")
            course = self.filings.course(run.number)
        opened = self.open(run.number)
        return Situation(
            filing=filing,
            course=course,
            open=opened,
            files=run.files,
            filed={one.place: one for one in self.filings.files(opened.id)} if opened else {},
            lost=self.settling.lost(run.number),
            most=len(self.settling.reopening),
        )

    def _call(self, run: _Run, asked: Asked) -> Outcome:
        """Make a call. A way that is barred meanwhile is found before anything begins or ends."""
        filing, report = run.filing, asked.request.report
        environment = report.environment if report is not None else filing.environment
        if run.caller is None or asked.request.step in {SUBMIT, FINISH}:
            try:
                run.caller = self._keep_at(lambda: self._caller(filing.authority, environment))
            except _REFUSALS as error:
                return Outcome(Meaning.ALARM, error.message, happened=False)
        return run.caller.call(asked.request, asked.call.request)

    def _caller(self, authority: Authority, environment: Environment) -> Caller:
        return Caller(self.connections.transport(authority, environment), self.vault)

    def _retract_stray(self, job: Job) -> None:
        """Retract a report that was opened and is not used."""
        number = number_in(job.payload["report"])
        report = self.filings.report(number)
        if report.fate is not Fate.STRAY:
            self.settling.queue.done(job)
            return
        authority = self.filings.filing(report.filing).authority
        caller = self._caller(authority, report.environment)
        request = Request(RETRACT, report)
        with self.transactions.writing():
            self.settling.queue.extend(job, self.lease)
            self.settling.recover_stray(report)
            body = request_of(request, b"")
            new = NewCall(report.filing, RETRACT, report.report_id, 0, self.clock(), body)
            call = self.filings.call(self.filings.begin_call(new))
        outcome = caller.call(request, body)
        self._keep_at(lambda: self._stray_settled(job, report, call, outcome))

    def _stray_settled(self, job: Job, report: OpenedReport, call: Call, outcome: Outcome) -> None:
        with self.transactions.writing():
            self.settling.queue.extend(job, self.lease)
            self.settling.settle_stray(job, report, call, outcome)

    def _watch(self, job: Job) -> None:
        """Tell whoever wants to be told that a report is about to expire."""
        with self.transactions.writing():
            report = self.filings.report(number_in(job.payload["report"]))
            if report.fate is Fate.OPEN and report.alarmed is None:
                left = alarm_time(report) - self.clock()
                if left > timedelta(0):
                    self.settling.queue.enqueue(NewJob(WATCH_JOB, {"report": report.id}, delay=left))
                else:
                    self.filings.set_alarmed(report.id, self.clock())
                    self.settling.alarm(report.filing, "expiring", report.report_id)
            self.settling.queue.done(job)

    def _wait(self, job: Job) -> None:
        """Tell whoever wants to be told that a filing waits, and no report of it could be opened."""
        number, sender = number_in(job.payload["filing"]), number_in(job.payload["job"])
        with self.transactions.writing():
            filing, course = self.filings.filing(number), self.filings.course(number)
            if course.job == sender and filing.state in {State.CONFIRMED, State.OPENED}:
                if filing.state is State.CONFIRMED and course.intent is None:
                    self.settling.alarm(number, "waiting")
                self.settling.queue.enqueue(NewJob(WAIT_JOB, job.payload, delay=WAITING))
            self.settling.queue.done(job)

    def in_force(self, decision: int) -> bool:
        """Whether a decision to report holds."""
        try:
            found = self.decisions.decision(decision)
        except UnknownDecisionError:
            return False
        return found.standpoint is Standpoint.IN_FORCE and found.proposal.outcome is Decided.REPORT

    def open(self, number: int) -> OpenedReport | None:
        """The report of a filing that is open."""
        return next((one for one in self.filings.reports(number) if one.fate is Fate.OPEN), None)

    def _keep_at(self, write: Callable[[], _Result]) -> _Result:
        """Write down what only this worker knows, also where the database is away for a while."""
        end = time.monotonic() + self.patience.total_seconds()
        while True:
            try:
                return write()
            except (LeaseLostError, *_REFUSALS):
                raise
            except Error:
                if time.monotonic() > end:
                    raise
                time.sleep(_PAUSE)

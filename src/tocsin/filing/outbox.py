"""Filings on their way to authorities: what people do with them, and what has happened to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NoReturn

from tocsin.access.model import Permission, Principal
from tocsin.cases.people import demand_person
from tocsin.filing.deadlines import alarm_time, deadline
from tocsin.filing.draft import Source
from tocsin.filing.errors import NotToBeReportedError, OutdatedDraftError, UnsuitableFilingError
from tocsin.filing.model import Call, Fate, FiledFile, Filing, OpenedReport, Receipt, State
from tocsin.filing.reasons import check_reason
from tocsin.filing.sending import FILE_JOB, Sending
from tocsin.filing.settling import (
    SENDING_POLICY,
    STRAY_JOB,
    STRAY_POLICY,
    WAIT_JOB,
    WAITING,
    WATCH_JOB,
)
from tocsin.filing.store_filings import Filings
from tocsin.jobs.model import Job, JobQueue, JobState, NewJob, UnknownJobError
from tocsin.jobs.retrying import EVERY_KIND, RetryPolicy
from tocsin.jobs.runner import Handler

POLICIES: Final[Mapping[str, RetryPolicy]] = {
    FILE_JOB: SENDING_POLICY,
    STRAY_JOB: STRAY_POLICY,
    WATCH_JOB: EVERY_KIND,
    WAIT_JOB: EVERY_KIND,
}
"""How often each kind of job is tried."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """All that happened to a filing since it was confirmed."""

    filing: Filing
    reports: Sequence[OpenedReport]
    files: Sequence[FiledFile]
    """Of the report that is open or finished."""
    calls: Sequence[Call]
    receipt: Receipt | None
    giving_up: str
    """Why it is being given up; empty: it is not."""
    deadline: datetime | None
    """Of the report that is open: when the authority deletes it."""
    alarm: datetime | None
    """When three quarters of its time are over."""
    next_try: datetime | None
    """When its job goes on; None: it has none."""
    trouble: str
    """Why the job's last attempt failed."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """Filings on their way. Threads may share it."""

    sending: Sending

    # ---- what people do

    def confirm(self, principal: Principal, number: int, revision: int) -> Filing:
        """Have a filing sent, whose draft one has seen in that revision.

        One that goes to production is sent once two people have confirmed it, of whom one at most wrote it:
        who drafted it did, and whoever wrote or chose something that stands in it as a person's.
        Raises DeniedError, UnknownFilingError, OutdatedDraftError, UnsuitableFilingError, NotConnectedError,
        NotToBeReportedError.
        """
        _demand(principal)
        with self.sending.transactions.writing():
            filing = self._filings.filing(number)
            self._check_confirmable(principal, filing, revision)
            people = {*filing.confirmed_by, principal.id}
            enough = filing.is_test or len(people) > 1
            self._filings.confirmed(number, principal.id, enough=enough)
            if enough:
                self._filings.forgive(number)
                self._enqueue(number)
            detail = {"revision": revision, "enough": enough, "environment": filing.environment.value}
            self.sending.settling.tell("filing.confirmed", principal.id, number, detail)
            return self._filings.filing(number)

    def retract(self, principal: Principal, number: int, reason: str) -> Filing:
        """Give up a filing that is being sent, or has stopped; whatever is open is retracted.

        It may have been finished by then, which its timeline says. Raises DeniedError, UnknownFilingError,
        UnsuitableFilingError, InvalidReasonError.
        """
        _demand(principal)
        check_reason(reason)
        with self.sending.transactions.writing():
            filing = self._filings.filing(number)
            if filing.state not in {State.CONFIRMED, State.OPENED, State.STOPPED}:
                _unsuitable(f"filing {number} is {filing.state}")
            self._filings.set_intent(number, State.RETRACTED, reason)
            if filing.state is State.STOPPED:
                self._filings.set_state(number, self._sent_state(number))
                self._enqueue(number)
            elif self._rests(self._filings.course(number).job):
                self._enqueue(number)
            self.sending.settling.tell("filing.retraction_asked", principal.id, number, {"reason": reason})
            return self._filings.filing(number)

    def retry(self, principal: Principal, number: int) -> Filing:
        """Go on with a filing that has stopped, from where it stands, as it was confirmed.

        Raises DeniedError, UnknownFilingError, UnsuitableFilingError.
        """
        _demand(principal)
        with self.sending.transactions.writing():
            filing = self._filings.filing(number)
            if filing.state is not State.STOPPED:
                _unsuitable(f"filing {number} is {filing.state}")
            self._filings.forgive(number)
            self._filings.set_state(number, self._sent_state(number))
            self._enqueue(number)
            self.sending.settling.tell("filing.resumed", principal.id, number, {})
            return self._filings.filing(number)

    def discard(self, principal: Principal, number: int) -> Filing:
        """Give up a draft, or what has stopped with nothing open.

        Raises DeniedError, UnknownFilingError, UnsuitableFilingError.
        """
        _demand(principal)
        with self.sending.transactions.writing():
            filing = self._filings.filing(number)
            resting = filing.state in {State.DRAFTED, State.CHECKED, State.STOPPED}
            if not resting or self.sending.open(number) is not None:
                _unsuitable(f"filing {number} is {filing.state}, and a report of it may be open")
            self._filings.set_state(number, State.RETRACTED)
            self.sending.settling.tell("filing.retracted", principal.id, number, {"given_up": True})
            return self._filings.filing(number)

    def timeline(self, number: int) -> Timeline:
        """All that happened to a filing since it was confirmed. Raises UnknownFilingError."""
        with self.sending.transactions.reading():
            filing, course = self._filings.filing(number), self._filings.course(number)
            reports = self._filings.reports(number)
            used = next((one for one in reports if one.fate in {Fate.OPEN, Fate.FINISHED}), None)
            opened = used if used is not None and used.fate is Fate.OPEN else None
            job = self._job(course.job)
            waiting = job is not None and job.state is JobState.READY
            return Timeline(
                filing=filing,
                reports=reports,
                files=self._filings.files(used.id) if used else (),
                calls=self._filings.calls(number),
                receipt=self._filings.receipt(number),
                giving_up=course.because if course.intent is not None else "",
                deadline=deadline(opened) if opened else None,
                alarm=alarm_time(opened) if opened else None,
                next_try=job.due if job is not None and waiting else None,
                trouble=job.reason if job is not None and not filing.state.over else "",
            )

    def handlers(self) -> Mapping[str, Handler]:
        """What does this room's jobs, by their kinds; `POLICIES` says how often they are tried."""
        return self.sending.handlers()

    @property
    def _filings(self) -> Filings:
        return self.sending.filings

    @property
    def _queue(self) -> JobQueue:
        return self.sending.settling.queue

    def _check_confirmable(self, principal: Principal, filing: Filing, revision: int) -> None:
        if filing.revision != revision:
            raise OutdatedDraftError
        if filing.state is not State.CHECKED:
            _unsuitable(f"filing {filing.number} is {filing.state}, not checked")
        if principal.id in filing.confirmed_by:
            _unsuitable(f"{principal.id} has confirmed it: somebody else has to")
        people = {*filing.confirmed_by, principal.id}
        if not filing.is_test and len(people) > 1 and people <= self._writers(filing):
            _unsuitable(
                f"{' and '.join(sorted(people))} wrote this draft: somebody who wrote nothing of it has to "
                "confirm it as well"
            )
        if not self.sending.in_force(filing.decision):
            raise NotToBeReportedError
        used = self.sending.connections.connection(filing.authority).environment
        if used is not filing.environment:
            _unsuitable(
                f"it was drafted for {filing.environment}, and filings go to {used} now: draft it anew"
            )

    def _writers(self, filing: Filing) -> set[str]:
        """Who wrote what a filing says: who drafted it, and whose hand its draft shows."""
        sources = self._filings.draft(filing.number).sources
        return {filing.author, *(one.which for one in sources if one.source is Source.PERSON)}

    def _sent_state(self, number: int) -> State:
        return State.CONFIRMED if self.sending.open(number) is None else State.OPENED

    def _enqueue(self, number: int) -> None:
        """Have a filing sent by a new job: whatever another does for it from now on counts for nothing."""
        job = self._queue.enqueue(NewJob(FILE_JOB, {"filing": number}))
        self._filings.set_job(number, job.id)
        self._queue.enqueue(NewJob(WAIT_JOB, {"filing": number, "job": job.id}, delay=WAITING))

    def _job(self, number: int) -> Job | None:
        try:
            return self._queue.job(number) if number else None
        except UnknownJobError:
            return None

    def _rests(self, job: int) -> bool:
        """Whether a job waits for its next try, or has ended."""
        found = self._job(job)
        return found is None or found.state is not JobState.LEASED


def _demand(principal: Principal) -> None:
    """Raise DeniedError for who may not file, and for what is no person."""
    principal.demand(Permission.FILE)
    demand_person(principal, why="people answer for what is reported")


def _unsuitable(message: str) -> NoReturn:
    raise UnsuitableFilingError(message)

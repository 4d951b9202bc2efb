"""What follows from a call's outcome: written in the transaction that proves that the job is still ours.

| outcome | submit | upload, details | finish | retract |
|---|---|---|---|---|
| done | it is open | the file is there | the receipt | retracted, opened anew |
| not known, or it may come to pass | again later | retract, open anew | again later | again later |
| refused (4xxx) | stopped | retracted, then stopped | retracted, then stopped | stopped |
| we are not let in | stopped, alarm | stopped, alarm | stopped, alarm | stopped, alarm |
| no such report (5001) | stopped | expired, opened anew | expired, opened anew | expired, opened anew |
| retracted already (5101) | stopped | who did? | who did? | retracted |
| finished already (5102) | stopped | receipt, alarm | the receipt, inferred | receipt, alarm |
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from tocsin.errors import Refusal
from tocsin.evidence.ledger import Event, Ledger
from tocsin.filing.cybertip.answers import Meaning
from tocsin.filing.deadlines import alarm_time, deadline
from tocsin.filing.holding import CYBERTIPLINE_FINISHED
from tocsin.filing.model import Call, Environment, Fate, FiledFile, Filing, OpenedReport, Receipt, State
from tocsin.filing.moves import ADDING, FINISH, RETRACT, UPLOAD, Ending, Request
from tocsin.filing.outcomes import UNKNOWN, Outcome
from tocsin.filing.store_filings import Filings, NewCall
from tocsin.filing.transport import NoAnswerError
from tocsin.intake.model import Announce
from tocsin.jobs.model import Job, JobQueue, NewJob
from tocsin.jobs.retrying import RetryPolicy
from tocsin.law.duties import Occasion

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

ALARM_EVENT: Final = "filing.alarm"
"""What webhooks can be registered for."""
STRAY_JOB: Final = "retract_report"
WATCH_JOB: Final = "watch_report"
WAIT_JOB: Final = "watch_filing"
WAITING: Final = timedelta(hours=6)
"""How long a filing may wait without a report of it being open before somebody is told, and told again: it is
owed as soon as reasonably possible (18 USC 2258A(a)), and what is not open has no deadline of its own."""
NODE: Final = "node"
SENDING_POLICY: Final = RetryPolicy(1_000_000, timedelta(seconds=5), timedelta(minutes=10))
"""Of a filing that is sent: never given up, for the authority says when it is too late."""
STRAY_POLICY: Final = RetryPolicy(300, timedelta(seconds=5), timedelta(minutes=10))
"""Of retracting a report that is not used: for two days, by when it has expired."""
REOPENING: Final = (
    timedelta(0),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=4),
)
"""How long is waited before a report is opened anew: five times, then a person is told."""
_ANSWER_BYTES: Final = 1 << 16
"""Of an answer that are kept with its call; a receipt is kept whole."""
_LONGEST_WORDS: Final = 1000


class Beginning(Protocol):
    """Begins holds; `tocsin.filing.holds.Holds` does."""

    def begin(self, occasion: Occasion, filing: Filing, contents: Sequence[bytes], /) -> object:
        """Begin the hold that a receipt begins, in the caller's transaction."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A call that was begun."""

    request: Request
    call: Call


@dataclass(frozen=True, slots=True)
class Settling:
    """Writes down outcomes, each in the caller's transaction."""

    filings: Filings
    queue: JobQueue
    ledger: Ledger
    holds: Beginning
    announce: Announce
    clock: Callable[[], datetime]
    policy: RetryPolicy = SENDING_POLICY
    """How long is waited before the same is tried again."""
    reopening: Sequence[timedelta] = REOPENING
    """How long is waited before a report is opened anew, the first time, the second time, ..."""

    # ---- what the outbox calls

    def settle(  # noqa: PLR0911  # a table, a line for each outcome
        self, job: Job, filing: Filing, asked: Asked, outcome: Outcome
    ) -> bool:
        """Write down what came of a call; whether to go on. If not, the job is ended."""
        outcome = self._believed(asked.request, outcome)
        self._end_call(asked.call, outcome)
        report = asked.request.report
        if outcome.meaning is Meaning.ALARM:
            return self.stop(job, filing, outcome.words, alarm=True)
        if report is None:
            return self._submitted(job, filing, outcome)
        if outcome.meaning is Meaning.FINISHED:
            return self._finished(job, filing, asked.request, outcome)
        if outcome.meaning is Meaning.GONE:
            return self._lost(job, filing, report, Fate.EXPIRED)
        if asked.request.step == RETRACT:
            return self._retracted(job, filing, report, outcome)
        if outcome.meaning is Meaning.RETRACTED:
            return self._retracted_already(job, filing, report, outcome)
        if outcome.meaning is Meaning.NEVER:
            self.filings.set_intent(filing.number, State.STOPPED, _short(outcome.words))
            return True
        if outcome.meaning is not Meaning.DONE:
            return self._unclear(job, asked.request, report, outcome)
        if asked.request.step == FINISH:
            return self._finished(job, filing, asked.request, outcome)
        self._added(asked.request, report, outcome)
        return True

    def recover(self, filing: int, report: OpenedReport | None) -> None:
        """End the calls that another worker left in doubt, about this report or one that it was to open."""
        for call in self.filings.in_doubt(filing):
            if not call.report_id or (report is not None and call.report_id == report.report_id):
                self._end_call(call, UNKNOWN)
                if report is not None and call.step in ADDING:
                    self.filings.spoil_report(report.id, UNKNOWN.words)

    def recover_stray(self, report: OpenedReport) -> None:
        """The same about a stray report."""
        for call in self.filings.in_doubt(report.filing):
            if call.report_id == report.report_id:
                self._end_call(call, UNKNOWN)

    def end(self, job: Job, filing: Filing, end: Ending) -> None:
        """Nothing more is to be done."""
        if end.state is State.STOPPED:
            self.stop(job, filing, end.because)
            return
        self.filings.set_state(filing.number, end.state)
        self.tell("filing.retracted", NODE, filing.number, {"given_up": True})
        self.queue.done(job)

    def stop(self, job: Job, filing: Filing, words: str, *, alarm: bool = False) -> bool:
        """A person has to see to it, and is told; `alarm`: it is our account. False: the job is ended."""
        if filing.state is not State.STOPPED:
            if self.filings.course(filing.number).intent is State.STOPPED:  # fulfilled
                self.filings.set_intent(filing.number, None)
            self.filings.set_state(filing.number, State.STOPPED, _short(words))
            self.tell("filing.stopped", NODE, filing.number, {})
            self.alarm(filing.number, "refused" if alarm else "stopped")
        self.queue.done(job)
        return False

    def late(self, asked: Asked, outcome: Outcome) -> None:
        """Write down an answer that came after the job was lost, in a transaction that proves nothing.

        Nothing that somebody else has done since is changed; but a report that was opened is to be retracted.
        """
        known = self.filings.call(asked.call.id)
        if not outcome.body or (known.ended is not None and known.answer == outcome.body[:_ANSWER_BYTES]):
            return
        request = asked.request
        filing = asked.call.filing
        new = NewCall(filing, request.step, request.report_id, request.place, asked.call.begun, b"")
        words = f"it came when another worker had the filing already. {outcome.words}".strip()
        call = self.filings.call(self.filings.begin_call(new))
        self._end_call(call, replace(outcome, words=words))
        self._keep_stray(filing, outcome.report_id)
        self.tell("filing.answered_late", NODE, filing, {"step": request.step})

    def alarm(self, filing: int, why: str, report_id: str = "") -> None:
        """Tell whoever wants to be told.

        `waiting`, `expiring`, `refused`, `stopped`, `finished`, `files`, `stray`.
        """
        detail: JsonObject = {"why": why, "report_id": report_id}
        self.tell("filing.alarmed", NODE, filing, detail)
        self.announce.announce(ALARM_EVENT, {"filing": filing, **detail})

    def tell(self, kind: str, actor: str, filing: int, detail: "JsonObject") -> None:
        """Append to the ledger what was done, last in its transaction: it vouches for what is there then."""
        vouched = self.filings.vouched(filing)
        self.ledger.append(Event(kind, actor, f"filing:{filing}", detail, vouched))

    # ---- what follows from one outcome

    def _believed(self, request: Request, outcome: Outcome) -> Outcome:
        """An outcome; not known, where it says that two files of a report have one number."""
        if request.step != UPLOAD or request.report is None or outcome.reply is None:
            return outcome
        others = {one.file_id for one in self.filings.files(request.report.id)}
        if outcome.meaning is not Meaning.DONE or outcome.reply.file_id not in others:
            return outcome
        return replace(outcome, meaning=Meaning.LATER, words="the file has the number of another one")

    def _is_taken(self, filing: Filing, report_id: str) -> bool:
        """Whether another report has that number: what is done to it would be done to that one.

        A simulator counts anew each time it is started, so of its reports only those count that are open.
        """
        anew = filing.environment is Environment.SIMULATOR
        known = self.filings.numbered(filing.environment, report_id)
        return any(one.fate is Fate.OPEN or not anew for one in known)

    def _submitted(self, job: Job, filing: Filing, outcome: Outcome) -> bool:
        if outcome.report_id and self._is_taken(filing, outcome.report_id):
            words = f"the authority gave the number {outcome.report_id}, which another report has"
            return self.stop(job, filing, words, alarm=True)
        if outcome.meaning is Meaning.DONE:
            opened = self.filings.open_report(filing.number, outcome.report_id, self.clock())
            self.filings.set_state(filing.number, State.OPENED)
            self.tell("filing.opened", NODE, filing.number, {"report_id": outcome.report_id})
            delay = alarm_time(opened) - opened.opened
            self.queue.enqueue(NewJob(WATCH_JOB, {"report": opened.id}, delay=delay))
            return True
        if self._keep_stray(filing.number, outcome.report_id):
            self.tell("filing.opened", NODE, filing.number, {"report_id": outcome.report_id, "stray": True})
        if outcome.meaning is Meaning.LATER:
            return self._pause(job, outcome.words)
        return self.stop(job, filing, outcome.words)

    def _added(self, request: Request, report: OpenedReport, outcome: Outcome) -> None:
        """A file is there, or its details are."""
        if request.file is None or outcome.reply is None:
            message = "nothing was added"
            raise ValueError(message)
        file, now = request.file, self.clock()
        if request.step == UPLOAD:
            filed = FiledFile(file.place, file.sha256, file.size, outcome.reply.file_id, outcome.md5)
            self.filings.set_file(report.id, filed)
            detail: JsonObject = {"report_id": report.report_id, "place": file.place}
            self.tell("filing.file_uploaded", NODE, report.filing, detail)
        else:
            filed = next(one for one in self.filings.files(report.id) if one.place == file.place)
            self.filings.set_file(report.id, replace(filed, detailed=True))
        self.filings.touch_report(report.id, now)

    def _unclear(self, job: Job, request: Request, report: OpenedReport, outcome: Outcome) -> bool:
        """It is not known whether it happened, or it happened wrongly."""
        if request.step in ADDING and outcome.happened:
            self.filings.spoil_report(report.id, _short(outcome.words))
        return self._pause(job, outcome.words)

    def _finished(self, job: Job, filing: Filing, request: Request, outcome: Outcome) -> bool:
        report = request.report
        if report is None:
            message = "no report was finished"
            raise ValueError(message)
        number, now = filing.number, self.clock()
        filed = self.filings.files(report.id)
        ours = tuple(one.file_id for one in filed)
        theirs = outcome.reply.file_ids if outcome.reply is not None else ()
        inferred = outcome.meaning is not Meaning.DONE
        wished = self.filings.course(number).intent
        self.filings.set_fate(report.id, Fate.FINISHED)
        self.filings.set_state(number, State.FINISHED)
        self.filings.set_intent(number, None)
        self.filings.keep_receipt(
            Receipt(
                filing=number,
                report_id=report.report_id,
                time=now,
                environment=report.environment,
                file_ids=ours if inferred else theirs,
                raw=outcome.body,
                request_id=outcome.request_id,
                inferred=inferred,
            )
        )
        # All of them: where a backup was put back, more may have been uploaded than is on record here.
        contents = [one.sha256 for one in self.filings.draft(number).files if one.include]
        # Of a report of words alone, what those words were taken from.
        kept = contents or self.filings.contents(number)
        self.holds.begin(Occasion(CYBERTIPLINE_FINISHED, now), filing, kept)
        detail: JsonObject = {
            "report_id": report.report_id,
            "environment": report.environment.value,
            "files": len(filed),
            "inferred": inferred,
        }
        self.tell("filing.finished", NODE, number, detail)
        if wished is not None or request.step != FINISH:
            self.alarm(number, "finished", report.report_id)
        elif not inferred and sorted(ours) != sorted(theirs):
            self.alarm(number, "files", report.report_id)
        self.queue.done(job)
        return False

    def _retracted(self, job: Job, filing: Filing, report: OpenedReport, outcome: Outcome) -> bool:
        """What came of giving a report up."""
        if outcome.meaning in {Meaning.DONE, Meaning.RETRACTED}:
            return self._lost(job, filing, report, Fate.RETRACTED)
        if outcome.meaning is Meaning.LATER:
            return self._pause(job, outcome.words)
        return self.stop(job, filing, f"the report could not be retracted: {outcome.words}")

    def _retracted_already(self, job: Job, filing: Filing, report: OpenedReport, outcome: Outcome) -> bool:
        """The authority says that a report of ours was retracted, and we are about to use it."""
        asked = any(
            one.step == RETRACT and one.report_id == report.report_id
            for one in self.filings.calls(filing.number)
        )
        if asked:
            return self._lost(job, filing, report, Fate.RETRACTED)
        if self.clock() >= deadline(report):
            return self._lost(job, filing, report, Fate.EXPIRED)
        self.filings.set_fate(report.id, Fate.RETRACTED)
        return self.stop(job, filing, f"the report was retracted, and not from here: {outcome.words}")

    def _lost(self, job: Job, filing: Filing, report: OpenedReport, fate: Fate) -> bool:
        """A report is not open any more; whether to go on at once."""
        number, intent = filing.number, self.filings.course(filing.number).intent
        self.filings.set_fate(report.id, fate)
        if not report.spoiled and intent is None:
            self.filings.spoil_report(report.id, "it was gone before it was finished")
        self.filings.set_state(number, State.CONFIRMED)
        kind = "filing.expired" if fate is Fate.EXPIRED else "filing.retracted"
        self.tell(kind, NODE, number, {"report_id": report.report_id, "given_up": False})
        lost = self.lost(number)
        if intent is not None or not 0 < lost <= len(self.reopening) or not self.reopening[lost - 1]:
            return True
        return self._pause(job, report.spoiled or "it expired", self.reopening[lost - 1])

    def lost(self, filing: int) -> int:
        """How many reports were given up since a person last had it sent."""
        spoiled = sum(bool(one.spoiled) for one in self.filings.reports(filing))
        return spoiled - self.filings.course(filing).forgiven

    def _keep_stray(self, filing: int, report_id: str) -> bool:
        """A report was opened that is not used: have it retracted. False if it is known already."""
        if not report_id or any(one.report_id == report_id for one in self.filings.reports(filing)):
            return False
        if self._is_taken(self.filings.filing(filing), report_id):
            return False
        stray = self.filings.open_report(filing, report_id, self.clock(), Fate.STRAY)
        self.queue.enqueue(NewJob(STRAY_JOB, {"report": stray.id}))
        return True

    def _pause(self, job: Job, words: str, pause: timedelta | None = None) -> bool:
        """End this attempt; the next one comes later. False: the job is ended."""
        why = Refusal(NoAnswerError.code, _short(words), NoAnswerError.advice)
        self.queue.failed(job, why, retry=pause or self.policy.pause(job.attempts))
        return False

    def settle_stray(self, job: Job, report: OpenedReport, call: Call, outcome: Outcome) -> None:
        """Write down what came of retracting a report that nobody uses, and end the job's attempt."""
        self._end_call(call, outcome)
        fates = {Meaning.DONE: Fate.RETRACTED, Meaning.RETRACTED: Fate.RETRACTED, Meaning.GONE: Fate.EXPIRED}
        if (fate := fates.get(outcome.meaning)) is not None:
            self.filings.set_fate(report.id, fate)
            kind = "filing.expired" if fate is Fate.EXPIRED else "filing.retracted"
            self.tell(kind, NODE, report.filing, {"report_id": report.report_id, "stray": True})
            self.queue.done(job)
            return
        if outcome.meaning is not Meaning.LATER and report.alarmed is None:
            self.filings.set_alarmed(report.id, self.clock())
            self.alarm(report.filing, "stray", report.report_id)
        if outcome.meaning is Meaning.FINISHED:
            self.queue.done(job)  # nothing helps; somebody was told
            return
        why = Refusal(NoAnswerError.code, _short(outcome.words), NoAnswerError.advice)
        self.queue.failed(job, why, retry=STRAY_POLICY.pause(job.attempts))

    def _end_call(self, call: Call, outcome: Outcome) -> None:
        self.filings.end_call(
            replace(
                call,
                ended=self.clock(),
                status=outcome.status,
                request_id=outcome.request_id,
                answer=outcome.body[:_ANSWER_BYTES],
                problem=_short(outcome.words),
            )
        )


def _short(words: str) -> str:
    return words if len(words) <= _LONGEST_WORDS else f"{words[:_LONGEST_WORDS]} ..."

"""The jobs behind notices: sending them, reminding, and asking a provider's API what became of them.

A notice may reach a provider twice, where the answer to the first attempt was lost: both carry the same
message id or idempotency key. It is never taken for sent without having been accepted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from tocsin.clock import present
from tocsin.evidence.ledger import Ledger
from tocsin.filing.errors import NotToBeReportedError
from tocsin.filing.notice_model import (
    ANSWERS,
    Attempt,
    Channel,
    Notice,
    NoticeEvent,
    NoticeState,
    NotSentError,
    Provider,
    ProviderAnswer,
    UnknownProviderError,
)
from tocsin.filing.notice_steps import (
    SEND,
    WATCH,
    answered,
    enqueue_reminder,
    note,
    reminded,
)
from tocsin.filing.notice_terms import Terms
from tocsin.filing.notice_text import text_of
from tocsin.filing.record import CaseRecord
from tocsin.filing.store_notices import Carrier, NoticeStore, token_purpose
from tocsin.jobs.model import Job, JobQueue, NewJob
from tocsin.jobs.retrying import RetryPolicy
from tocsin.jobs.runner import Handler
from tocsin.media.answers import number_in, text_in
from tocsin.transactions import Transactions

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

NOTICE_POLICY: Final = RetryPolicy(attempts=24, first=timedelta(seconds=30), longest=timedelta(hours=2))
"""For jobs of the kind `notice`: tried for more than a day, as mail servers do (RFC 5321, 4.5.4.1)."""
_SYSTEM: Final = "node"
_ASK: Final = "ask"
_REMIND: Final = "remind"


@dataclass(frozen=True, slots=True)
class NoticeWork:
    """Does the jobs of notices. All of one database."""

    transactions: Transactions
    store: NoticeStore
    queue: JobQueue
    ledger: Ledger
    terms: Terms
    carriers: Mapping[Channel, Carrier]
    record: Callable[[int], CaseRecord]
    """What is on record of a case: what is not to be reported any more is not sent."""
    now: Callable[[], datetime] = present
    policy: RetryPolicy = NOTICE_POLICY

    def handlers(self) -> Mapping[str, Handler]:
        """What does the jobs."""
        return {SEND: self.send, WATCH: self.watch}

    def send(self, job: Job) -> None:
        """Make one attempt at a notice or a reminder.

        Raises NotSentError to be called again, LeaseLostError.
        """
        number, which = number_in(job.payload["notice"]), number_in(job.payload["reminder"])
        with self.transactions.writing():
            notice = self.store.notice(number)
            if not _due(notice, which):
                self.queue.done(job)
                return
            self._happened(number, "attempted", f"reminder {which}" if which else "")
        try:
            answer = self._carried(notice, which)
        except NotSentError as error:
            if not error.final and job.attempts < self.policy.attempts:
                with self.transactions.writing():
                    self._happened(number, "not_sent", error.message)
                raise
            self._failed(job, number, which, error.message)
        else:
            self._sent(job, number, which, answer)

    def watch(self, job: Job) -> None:
        """Ask what became of a notice, and again later; or have the reminder sent that is due."""
        number, what = number_in(job.payload["notice"]), text_in(job.payload["what"])
        notice = self.store.notice(number)
        found = self._asked(notice) if what == _ASK and notice.state.waiting else None
        with self.transactions.writing():
            notice = self.store.notice(number)
            if found is not None and notice.state.waiting:
                notice = self._apply(notice, found)
            if notice.state.waiting and what == _ASK:
                self._ask_later(notice)
            elif notice.state.waiting and notice.next_reminder and notice.next_reminder <= self.now():
                enqueue_reminder(self.queue, notice)
            self.queue.done(job)

    def _carried(self, notice: Notice, which: int) -> ProviderAnswer:
        """Raises NotSentError."""
        try:
            self.record(notice.case).decision_to_report()
        except NotToBeReportedError as error:
            raise _final(error.message) from error
        attempt = self._attempt(notice, which)
        carrier = self.carriers.get(attempt.provider.channel)
        if carrier is None:
            message = f"nothing here carries notices by {attempt.provider.channel.value}"
            raise _final(message)
        return carrier.send(attempt)

    def _attempt(self, notice: Notice, which: int) -> Attempt:
        """What an attempt needs; a test by mail goes to the operator's own address. Raises NotSentError."""
        if not notice.test and not self.terms.live:
            message = "the settings allow only tests, and this notice is none"
            raise _final(message)
        provider = self._provider(notice)
        text = text_of(notice, provider.name, self.terms.sender, provider.language, which)
        token = self.store.secret(token_purpose(provider)) or b""
        if notice.test and provider.channel is Channel.MAIL:
            if not self.terms.test_address:
                message = "the settings name no test_address, where tests go"
                raise _final(message)
            provider = replace(provider, address=self.terms.test_address)
        return Attempt(notice, provider, text, token.decode(), which)

    def _sent(self, job: Job, number: int, which: int, answer: ProviderAnswer) -> None:
        with self.transactions.writing():
            notice, now = self.store.notice(number), self.now()
            if which:
                notice = reminded(notice, self.terms, now) if notice.state.waiting else notice
            else:
                reminds = self.terms.most_reminders > 0
                notice = replace(
                    notice,
                    state=NoticeState.SENT,
                    sent=now,
                    next_reminder=now + self.terms.remind_after if reminds else None,
                    their_reference=answer.reference or notice.their_reference,
                    problem="",
                )
            notice = self.store.keep(notice)
            self._note(notice, "reminded" if which else "sent", _SYSTEM, answer.words if not which else "")
            if notice.state.waiting:
                notice = self._apply(notice, answer)
            if notice.state.waiting:
                self._remind_later(notice)
                if not which and self._channel(notice) is Channel.API:
                    self._ask_later(notice)
            self.queue.done(job)

    def _failed(self, job: Job, number: int, which: int, why: str) -> None:
        """Give up this attempt for good; a person may try again."""
        with self.transactions.writing():
            notice = self.store.notice(number)
            if not which:
                notice = replace(notice, state=NoticeState.FAILED)
            elif notice.state.waiting:  # a reminder that cannot be sent is not tried for ever
                notice = replace(notice, next_reminder=None)
            notice = self.store.keep(replace(notice, problem=why))
            self._note(notice, "failed", _SYSTEM, f"reminder {which}: {why}" if which else why)
            self.queue.done(job)

    def _asked(self, notice: Notice) -> ProviderAnswer | None:
        """What the provider's API says now; None where it cannot be asked at present."""
        try:
            attempt = self._attempt(notice, 0)
            return self.carriers[attempt.provider.channel].ask(attempt)
        except (NotSentError, KeyError):
            return None  # it is asked again; what was not answered is reminded of

    def _apply(self, notice: Notice, answer: ProviderAnswer) -> Notice:
        """Keep what the provider says, if it is news, in the caller's transaction."""
        if answer.state not in ANSWERS or answer.state is notice.state:
            return notice
        theirs = answer.reference or notice.their_reference
        kept = self.store.keep(answered(notice, answer.state, self.now(), theirs))
        self._note(kept, answer.state.value, f"provider:{notice.provider}", answer.words)
        return kept

    def _ask_later(self, notice: Notice) -> None:
        payload: JsonObject = {"notice": notice.number, "what": _ASK}
        self.queue.enqueue(NewJob(WATCH, payload, delay=self.terms.ask_every))

    def _remind_later(self, notice: Notice) -> None:
        if notice.next_reminder is not None:
            payload: JsonObject = {"notice": notice.number, "what": _REMIND}
            delay = max(notice.next_reminder - self.now(), timedelta())
            self.queue.enqueue(NewJob(WATCH, payload, delay=delay))

    def _provider(self, notice: Notice) -> Provider:
        """Raises NotSentError where it was removed meanwhile."""
        try:
            return self.store.provider(notice.provider)
        except UnknownProviderError as error:
            raise _final(error.message) from error

    def _channel(self, notice: Notice) -> Channel | None:
        return next((one.channel for one in self.store.providers() if one.name == notice.provider), None)

    def _happened(self, number: int, what: str, words: str = "") -> None:
        self.store.happened(number, NoticeEvent(self.now(), what, _SYSTEM, words))

    def _note(self, notice: Notice, what: str, by: str, words: str = "") -> None:
        note(self.store, self.ledger, notice, NoticeEvent(self.now(), what, by, words))


def _due(notice: Notice, which: int) -> bool:
    """Whether a notice (0), or a reminder of it, is still to be sent."""
    if which:
        return notice.state.waiting and notice.reminders == which - 1
    return notice.state is NoticeState.QUEUED


def _final(message: str) -> NotSentError:
    error = NotSentError(message)
    error.final = True
    return error

"""Asking a hosting provider to remove an item: drafted, sent by a person's word, answered, all on record.

Nothing here looks at the item's URL: that it is gone is said by a person or by the provider.
"""

import base64
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NoReturn

from tocsin.access.model import Permission, Principal
from tocsin.cases.notes import check_notes
from tocsin.cases.people import demand_person
from tocsin.clock import present
from tocsin.evidence.ledger import Ledger
from tocsin.filing.errors import OutdatedDraftError
from tocsin.filing.notice_model import (
    ANSWERS,
    Channel,
    InvalidNoticeError,
    NewNotice,
    Notice,
    NoticeEvent,
    NoticeState,
    NoticeText,
    NotSetUpError,
    Provider,
    UnsuitableNoticeError,
)
from tocsin.filing.notice_providers import Providers
from tocsin.filing.notice_steps import SEND, answered, enqueue_reminder, note, reminded
from tocsin.filing.notice_terms import Terms
from tocsin.filing.notice_text import checked_url, text_of
from tocsin.filing.record import CaseRecord
from tocsin.filing.store_notices import NoticeStore, WantedNotices
from tocsin.jobs.model import JobQueue, NewJob
from tocsin.transactions import Transactions

_REFERENCE_BYTES: Final = 10
_LONGEST_REFERENCE: Final = 200
_UNSENT: Final = frozenset({NoticeState.DRAFTED, NoticeState.FAILED})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A URL of a case, and who answers for it."""

    url: str
    found: datetime
    """When the submission that names it came."""
    provider: Provider | None
    notices: tuple[Notice, ...]
    """Those there are about it in this case."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a notice is to say, and to whom."""

    url: str
    provider: str
    found: datetime
    law: str = ""
    """The name of one of the laws in the settings; empty: none is named."""


@dataclass(frozen=True, slots=True)
class Notices:
    """Notices as people make, send and close them. All of one database."""

    transactions: Transactions
    store: NoticeStore
    queue: JobQueue
    ledger: Ledger
    record: Callable[[int], CaseRecord]
    """What is on record of a case."""
    providers: Providers
    terms: Terms
    now: Callable[[], datetime] = present

    def candidates(self, principal: Principal, case: int) -> tuple[Candidate, ...]:
        """The URLs that a case's submissions name, each once. Raises DeniedError, UnknownCaseError."""
        principal.demand(Permission.READ_FILINGS)
        first: dict[str, datetime] = {}
        for one in self.record(case).submissions:
            if one.context.url:
                first.setdefault(one.context.url, one.received)
        there = self.store.page(WantedNotices(case=case), limit=1000)
        return tuple(
            Candidate(url, found, self.providers.of_url(url), tuple(one for one in there if one.url == url))
            for url, found in first.items()
        )

    def draft(self, principal: Principal, case: int, wanted: Wanted) -> Notice:
        """Draft a notice about a case that was decided to be reported. It is sent by `send` alone.

        Raises DeniedError, NotSetUpError, NotToBeReportedError, InvalidNoticeError, UnknownProviderError,
        UnknownCaseError.
        """
        principal.demand(Permission.SEND_NOTICES)
        self._check_set_up()
        law = self._check(wanted)
        self.record(case).decision_to_report()
        with self.transactions.writing():
            self.store.provider(wanted.provider)
            new = NewNotice(
                case=case,
                provider=wanted.provider,
                url=wanted.url,
                found=wanted.found,
                law=law,
                reference=_reference(),
                test=not self.terms.live,
                author=principal.id,
            )
            made = self.store.add(new, self.now())
            return self._noted(made, principal.id, "drafted")

    def change(self, principal: Principal, number: int, revision: int, wanted: Wanted) -> Notice:
        """Change a notice that has not been sent.

        Raises DeniedError, UnknownNoticeError, OutdatedDraftError, UnsuitableNoticeError, InvalidNoticeError,
        UnknownProviderError.
        """
        principal.demand(Permission.SEND_NOTICES)
        law = self._check(wanted)
        with self.transactions.writing():
            notice = self._as_seen(number, revision, _UNSENT, "was sent already")
            self.store.provider(wanted.provider)
            kept = self.store.keep(
                replace(
                    notice,
                    url=wanted.url,
                    provider=wanted.provider,
                    found=wanted.found,
                    law=law,
                    state=NoticeState.DRAFTED,
                    problem="",
                )
            )
            return self._noted(kept, principal.id, "changed")

    def text(self, principal: Principal, number: int, reminder: int = 0) -> NoticeText:
        """A notice as its provider reads it. Raises DeniedError, UnknownNoticeError, UnknownProviderError."""
        principal.demand(Permission.READ_FILINGS)
        with self.transactions.reading():
            notice = self.store.notice(number)
            provider = self.store.provider(notice.provider)
        return text_of(notice, provider.name, self.terms.sender, provider.language, reminder)

    def send(self, principal: Principal, number: int, revision: int) -> Notice:
        """Have a notice sent, or once more what failed; see `sent_by_hand` for forms of the provider's own.

        Raises DeniedError, UnknownNoticeError, OutdatedDraftError, UnsuitableNoticeError, NotSetUpError,
        NotToBeReportedError.
        """
        principal.demand(Permission.SEND_NOTICES)
        demand_person(principal, or_local=True)
        self._check_set_up()
        with self.transactions.writing():
            notice = self._as_seen(number, revision, _UNSENT, "was sent already")
            self._demand_sendable(notice)
            kept = self.store.keep(replace(notice, state=NoticeState.QUEUED, problem=""))
            payload = {"notice": number, "reminder": 0}
            self.queue.enqueue(NewJob(SEND, payload, key=f"{SEND}:{number}:{kept.revision}"))
            return self._noted(kept, principal.id, "queued")

    def sent_by_hand(
        self, principal: Principal, number: int, revision: int, their_reference: str = ""
    ) -> Notice:
        """Note that a person has handed a notice in by the provider's own form.

        Raises DeniedError, UnknownNoticeError, OutdatedDraftError, UnsuitableNoticeError.
        """
        principal.demand(Permission.SEND_NOTICES)
        demand_person(principal, or_local=True)
        _check_reference(their_reference)
        with self.transactions.writing():
            notice = self._as_seen(number, revision, _UNSENT, "was sent already")
            if self.store.provider(notice.provider).channel is not Channel.HAND:
                _unsuitable("this provider takes notices by itself: have it sent")
            now = self.now()
            kept = self.store.keep(
                replace(
                    notice,
                    state=NoticeState.SENT,
                    sent=now,
                    next_reminder=now + self.terms.remind_after if self.terms.most_reminders else None,
                    their_reference=their_reference,
                )
            )
            return self._noted(kept, principal.id, "sent")

    def answer(  # noqa: PLR0913  # what there is to say of an answer
        self,
        principal: Principal,
        number: int,
        revision: int,
        state: NoticeState,
        *,
        words: str = "",
        their_reference: str = "",
    ) -> Notice:
        """Note what a provider answered, or that a person found the item gone.

        What was removed or refused may be so no more: a later answer takes its place. Raises DeniedError,
        UnknownNoticeError, OutdatedDraftError, UnsuitableNoticeError, InvalidNoticeError.
        """
        principal.demand(Permission.SEND_NOTICES)
        demand_person(principal, or_local=True)
        check_notes(words)
        _check_reference(their_reference)
        if state not in ANSWERS:
            _invalid(f"an answer is one of {', '.join(sorted(ANSWERS))}")
        with self.transactions.writing():
            sent = frozenset(one for one in NoticeState if one.waiting) | ANSWERS
            notice = self._as_seen(number, revision, sent, "has not been sent")
            kept = self.store.keep(
                answered(notice, state, self.now(), their_reference or notice.their_reference)
            )
            return self._noted(kept, principal.id, state.value, words)

    def discard(self, principal: Principal, number: int, revision: int, reason: str = "") -> Notice:
        """Give up a notice that was not sent.

        Raises DeniedError, UnknownNoticeError, OutdatedDraftError, UnsuitableNoticeError.
        """
        principal.demand(Permission.SEND_NOTICES)
        check_notes(reason)
        with self.transactions.writing():
            notice = self._as_seen(number, revision, _UNSENT, "was sent already")
            kept = self.store.keep(replace(notice, state=NoticeState.DISCARDED))
            return self._noted(kept, principal.id, "discarded", reason)

    def remind(self, principal: Principal, number: int, revision: int) -> Notice:
        """Have a reminder sent now; by a form of the provider's, note that a person has sent one.

        Raises DeniedError, UnknownNoticeError, OutdatedDraftError, UnsuitableNoticeError, NotSetUpError,
        NotToBeReportedError.
        """
        principal.demand(Permission.SEND_NOTICES)
        demand_person(principal, or_local=True)
        waiting = frozenset(one for one in NoticeState if one.waiting)
        with self.transactions.writing():
            notice = self._as_seen(number, revision, waiting, "waits for no answer")
            if self.store.provider(notice.provider).channel is Channel.HAND:
                return self._noted(
                    self.store.keep(reminded(notice, self.terms, self.now())), principal.id, "reminded"
                )
            self._demand_sendable(notice)
            kept = self.store.keep(replace(notice, problem=""))
            enqueue_reminder(self.queue, kept)
            return self._noted(kept, principal.id, "reminder_queued")

    def notice(self, principal: Principal, number: int) -> Notice:
        """One notice. Raises DeniedError, UnknownNoticeError."""
        principal.demand(Permission.READ_FILINGS)
        return self.store.notice(number)

    def page(
        self, principal: Principal, wanted: WantedNotices, *, before: int | None = None, limit: int = 50
    ) -> Sequence[Notice]:
        """Notices, newest first. Raises DeniedError."""
        principal.demand(Permission.READ_FILINGS)
        return self.store.page(wanted, before=before, limit=limit)

    def counts(self, principal: Principal) -> dict[NoticeState, int]:
        """How many there are in each state. Raises DeniedError."""
        principal.demand(Permission.READ_FILINGS)
        return self.store.counts()

    def history(self, principal: Principal, number: int) -> Sequence[NoticeEvent]:
        """What happened to a notice, oldest first. Raises DeniedError, UnknownNoticeError."""
        principal.demand(Permission.READ_FILINGS)
        with self.transactions.reading():
            self.store.notice(number)
            return self.store.history(number)

    def _as_seen(self, number: int, revision: int, states: frozenset[NoticeState], otherwise: str) -> Notice:
        """A notice that is as whoever acts saw it, and in one of these states."""
        notice = self.store.notice(number)
        if notice.revision != revision:
            message = f"notice {number} has changed since you saw it"
            raise OutdatedDraftError(message)
        if notice.state not in states:
            _unsuitable(f"notice {number} {otherwise}: it is {notice.state.value}")
        return notice

    def _demand_sendable(self, notice: Notice) -> None:
        """Raises UnsuitableNoticeError, NotSetUpError, NotToBeReportedError, UnknownProviderError."""
        channel = self.store.provider(notice.provider).channel
        if channel is Channel.HAND:
            _unsuitable("this provider has a form of its own: hand it in there, and say so")
        if not notice.test and not self.terms.live:
            message = "the settings allow only tests (live = false), and this notice is none"
            raise NotSetUpError(message)
        if channel is Channel.MAIL and self.terms.mail is None:
            message = "the settings name no mail server"
            raise NotSetUpError(message)
        if channel is Channel.MAIL and notice.test and not self.terms.test_address:
            message = "the settings name no test_address, where tests go"
            raise NotSetUpError(message)
        self.record(notice.case).decision_to_report()

    def _noted(self, notice: Notice, by: str, what: str, words: str = "") -> Notice:
        """Add what happened to the history and to the ledger, in the caller's transaction."""
        note(self.store, self.ledger, notice, NoticeEvent(self.now(), what, by, words))
        return notice

    def _check_set_up(self) -> None:
        if lacks := self.terms.lacks:
            message = f"[notices] in the settings lacks {' and '.join(lacks)}"
            raise NotSetUpError(message)

    def _check(self, wanted: Wanted) -> str:
        """The words of the law that is named. Raises InvalidNoticeError."""
        checked_url(wanted.url)
        if wanted.found.utcoffset() is None:
            _invalid("the time has no zone")
        if wanted.found > self.now():
            _invalid("the item was found in the future")
        if wanted.law and wanted.law not in self.terms.laws:
            _invalid(f"the settings have no law named {wanted.law!r}")
        return self.terms.laws.get(wanted.law, "")


def _reference() -> str:
    return f"N-{base64.b32encode(secrets.token_bytes(_REFERENCE_BYTES)).decode()}"


def _check_reference(reference: str) -> None:
    check_notes(reference)
    if len(reference) > _LONGEST_REFERENCE or not reference.isprintable():
        _invalid(f"a reference is one line of at most {_LONGEST_REFERENCE} characters")


def _invalid(message: str) -> NoReturn:
    raise InvalidNoticeError(message)


def _unsuitable(message: str) -> NoReturn:
    raise UnsuitableNoticeError(message)

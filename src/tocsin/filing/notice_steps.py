"""What each step of a notice changes, records and asks for: for people's acts and for the jobs alike."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from tocsin.evidence.ledger import Event, Ledger
from tocsin.filing.notice_model import Notice, NoticeEvent, NoticeState
from tocsin.filing.notice_terms import Terms
from tocsin.filing.store_notices import NoticeStore
from tocsin.jobs.model import JobQueue, NewJob

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

SEND: Final = "notice"
"""The kind of job that sends a notice or a reminder: `{"notice": NUMBER, "reminder": WHICH}`."""
WATCH: Final = "notice-watch"
"""The kind of job that looks after a notice: `{"notice": NUMBER, "what": "ask" or "remind"}`."""


_LEDGER_KINDS: Final = {"acknowledged": "answered", "refused": "answered"}


def note(store: NoticeStore, ledger: Ledger, notice: Notice, event: NoticeEvent) -> None:
    """Add an event to a notice's history and to the ledger, in the caller's transaction.

    The URL stays out of the ledger, which vouches for it.
    """
    store.happened(notice.number, event)
    kind = f"notice.{_LEDGER_KINDS.get(event.what, event.what)}"
    detail: JsonObject = {
        "case": notice.case,
        "provider": notice.provider,
        "reference": notice.reference,
        "state": notice.state.value,
        "test": notice.test,
    }
    ledger.append(Event(kind, event.by, f"notice:{notice.number}", detail, store.vouched(notice.number)))


def answered(notice: Notice, state: NoticeState, now: datetime, their_reference: str) -> Notice:
    """A notice after an answer; what is over is reminded of no more."""
    return replace(
        notice,
        state=state,
        answered=now,
        their_reference=their_reference,
        next_reminder=notice.next_reminder if state.waiting else None,
    )


def reminded(notice: Notice, terms: Terms, now: datetime) -> Notice:
    """A notice after one more reminder."""
    sent = notice.reminders + 1
    following = now + terms.remind_after if sent < terms.most_reminders else None
    return replace(notice, reminders=sent, next_reminder=following, problem="")


def enqueue_reminder(queue: JobQueue, notice: Notice) -> None:
    """Have the next reminder sent."""
    which = notice.reminders + 1
    payload = {"notice": notice.number, "reminder": which}
    queue.enqueue(NewJob(SEND, payload, key=f"{SEND}:{notice.number}:{which}:{notice.revision}"))

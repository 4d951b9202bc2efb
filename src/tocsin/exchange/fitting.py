"""What of a page can be kept: the rest is set aside, each with its reason (design invariant 8)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from tocsin.banks.batch import check, check_texts
from tocsin.errors import Error
from tocsin.exchange.model import Heard, Page, Record, SetAside, Withdrawal
from tocsin.exchange.store import (
    LARGEST_PAGE,
    LONGEST_AUTHOR,
    LONGEST_KEY,
    LONGEST_TEXT,
    MOST_HEARD,
    MOST_LABELS,
    MOST_SIGNALS,
    PageTooLargeError,
)

AHEAD: Final = timedelta(days=1)
"""What says that it changed further in the future than this is not believed."""
_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Fit:
    """A page as it can be committed: of each key, what was said of it last."""

    records: dict[str, Record]
    withdrawals: dict[str, Withdrawal]
    set_aside: tuple[SetAside, ...]


def fit(page: Page, now: datetime) -> Fit:
    """What of `page` can be kept. Raises PageTooLargeError."""
    size = len(page.records) + len(page.withdrawals) + len(page.set_aside)
    if size > LARGEST_PAGE:
        message = f"a page of {size:,} items; {LARGEST_PAGE:,} are committed together at most"
        raise PageTooLargeError(message)
    aside = [_presentable(one) for one in page.set_aside]
    records: dict[str, Record] = {}
    for record in page.records:
        if problem := _record_problem(record, now):
            aside.append(_aside(record.key, *problem))
        else:
            records[record.key] = record
    withdrawals: dict[str, Withdrawal] = {}
    for gone in page.withdrawals:
        if problem := _withdrawal_problem(gone, now):
            aside.append(_aside(gone.key, *problem))
        elif _later(gone, records.get(gone.key)):
            records.pop(gone.key, None)
            withdrawals[gone.key] = gone
    return Fit(records, withdrawals, tuple(aside))


def _later(gone: Withdrawal, record: Record | None) -> bool:
    """Whether a withdrawal holds beside a record of the same page: it does unless the record is newer."""
    if record is None or record.changed is None or gone.time is None:
        return True
    return _utc(gone.time) >= _utc(record.changed)


def _record_problem(record: Record, now: datetime) -> tuple[str, str] | None:
    if problem := _key_problem(record.key) or _time_problem(record.changed, now):
        return problem
    draft = record.draft
    if len(draft.signals) > MOST_SIGNALS:
        return "too_many_signals", f"{len(draft.signals):,} signals"
    if len(draft.labels) > MOST_LABELS:
        return "too_many_labels", f"{len(draft.labels):,} labels"
    try:
        check(draft)
        texts = [draft.origin.source, draft.origin.member, draft.origin.id, draft.withdrawn_reason]
        for label in draft.labels:
            texts += [label.scheme, label.version, label.code, label.author, label.time]
        texts += [one.view for one in draft.signals if one.view is not None]
        check_texts([one.author + one.reason for one in record.heard])
    except Error as error:
        return error.code, error.message
    if any(len(text) > LONGEST_TEXT for text in texts):
        return "text_too_long", f"a text of more than {LONGEST_TEXT:,} characters"
    return _heard_problem(record.heard)


def _heard_problem(heard: Sequence[Heard]) -> tuple[str, str] | None:
    if len(heard) > MOST_HEARD:
        return "too_many_opinions", f"{len(heard):,} opinions"
    if any(len(one.author) > LONGEST_AUTHOR or len(one.reason) > LONGEST_TEXT for one in heard):
        return "text_too_long", "an opinion's author or reason is too long"
    if any(not 0 <= one.count < 1 << 62 for one in heard):
        return "bad_count", "an opinion's count is no number of people"
    return None


def _withdrawal_problem(gone: Withdrawal, now: datetime) -> tuple[str, str] | None:
    if problem := _key_problem(gone.key) or _time_problem(gone.time, now):
        return problem
    if len(gone.reason) > LONGEST_TEXT:
        return "text_too_long", f"a reason of more than {LONGEST_TEXT:,} characters"
    return _text_problem((gone.reason,))


def _key_problem(key: str) -> tuple[str, str] | None:
    if not 0 < len(key) <= LONGEST_KEY:
        return "bad_key", f"a key has 1 to {LONGEST_KEY} characters, not {len(key):,}"
    return _text_problem((key,))


def _text_problem(texts: Iterable[str]) -> tuple[str, str] | None:
    try:
        check_texts(texts)
    except Error as error:
        return error.code, error.message
    return None


def _time_problem(time: datetime | None, now: datetime) -> tuple[str, str] | None:
    if time is not None and _utc(time) > now + AHEAD:
        return "future", "it says that it changed more than a day from now"
    return None


def _utc(time: datetime) -> datetime:
    """One without a zone is taken as UTC, whatever the zone of this machine."""
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _aside(key: str, code: str, message: str) -> SetAside:
    return _presentable(SetAside(key, code, message, key))


def _presentable(one: SetAside) -> SetAside:
    """As it can be stored and shown."""
    return SetAside(
        _shown(one.key)[:LONGEST_KEY], _shown(one.code), _shown(one.message), _shown(one.text)[:_SHOWN]
    )


def _shown(text: str) -> str:
    """A text with what cannot be printed replaced, and no end of it."""
    cut = text[:LONGEST_TEXT]
    return cut if cut.isprintable() else "".join(one if one.isprintable() else "\ufffd" for one in cut)

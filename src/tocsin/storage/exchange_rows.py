"""Rows of exchanges and their records, and what a record's digest is made of."""

import json
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, cast

from tocsin.exchange.model import Heard, Record
from tocsin.exchange.store import Counts, Exchange, State
from tocsin.storage import times
from tocsin.storage.database import Row

if TYPE_CHECKING:
    from tocsin.banks.model import EntryDraft
    from tocsin.media.sandbox import JsonObject

COLUMNS: Final = """exchange.id, exchange.name, service, environment, production, bank.name, settings, every,
    paused, state, exchange.created, created_by, confirmed_by, checkpoint, up_to, sweeping, records,
    exchange.withdrawn, accepted, run, job, started, ended, next, failures, outcome, message, counts"""
_PART: Final = 8
SIGNALS: Final = slice(0, _PART)
"""Which part of a digest says what the signals are."""
DRAFT: Final = slice(0, 2 * _PART)
"""Which part says what enters the bank."""
HEARD: Final = slice(2 * _PART, 3 * _PART)
_NOTHING: Final = bytes(_PART)


def exchange(row: Row) -> Exchange:
    """An exchange from COLUMNS."""
    number, name, service, environment, production, bank, settings, every, paused, state = row[:10]
    created, created_by, confirmed_by, checkpoint, up_to, sweeping, records, withdrawn = row[10:18]
    accepted, run, job, started, ended, next_run, failures, outcome, message, counts = row[18:]
    return Exchange(
        id=number,
        name=name,
        service=service,
        environment=environment,
        production=bool(production),
        bank=bank,
        settings=object_of(settings),
        every=every,
        paused=bool(paused),
        state=State(state),
        created=times.from_number(created),
        created_by=created_by,
        confirmed_by=confirmed_by,
        checkpoint=None if checkpoint is None else object_of(checkpoint),
        up_to=times.from_stored(up_to),
        sweeping=bool(sweeping),
        records=records,
        withdrawn=withdrawn,
        accepted=accepted,
        run=run,
        job=job,
        started=times.from_stored(started),
        ended=times.from_stored(ended),
        next=times.from_stored(next_run),
        failures=failures,
        outcome=outcome,
        message=message,
        counts=Counts(**json.loads(counts)),
    )


def object_of(text: str) -> "JsonObject":
    """An object as it rests in the database."""
    return cast("JsonObject", json.loads(text))


def text_of(item: "JsonObject") -> str:
    """An object as it may rest there."""
    return json.dumps(item, separators=(",", ":"), sort_keys=True)


def digest_of(record: Record) -> bytes:
    """24 bytes that change when what a record says does: its signals, the rest of it, what others say."""
    return _signals(record.draft) + _rest(record) + _heard(record.heard)


def _signals(draft: "EntryDraft") -> bytes:
    said = sorted(
        f"{one.type.value}:{one.hex}:{one.quality}:{one.view}:{one.dialect}:{one.orientation}"
        for one in draft.signals
    )
    return _digest(said)


def _rest(record: Record) -> bytes:
    draft = record.draft
    said = [draft.origin.source, draft.origin.member, draft.origin.id]
    for label in draft.labels:
        said += [label.scheme, label.version, label.code, label.author, label.time]
    return _digest(said)


def _heard(heard: tuple[Heard, ...]) -> bytes:
    if not heard:
        return _NOTHING
    said = [
        part
        for one in sorted(heard, key=lambda one: one.author)
        for part in (one.author, one.verdict.value, one.reason, str(number(one.time)), str(one.count))
    ]
    return _digest(said)


def _digest(said: list[str]) -> bytes:
    """No text holds a NUL."""
    return blake2b("\0".join(said).encode(), digest_size=_PART).digest()


def number(time: datetime | None) -> int | None:
    """A time as it is stored, where there is one."""
    return None if time is None else times.to_number(time)

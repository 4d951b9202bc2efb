"""Exporting a bank: as CSV, as NDJSON, or one hash a line. What is exported can be imported again."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import BinaryIO

from tocsin.banks.lists import cells, objects
from tocsin.banks.lists.columns import EXPORTED
from tocsin.banks.lists.objects import Json
from tocsin.banks.lists.options import Format
from tocsin.banks.model import Entry, Label
from tocsin.banks.store import BankStore
from tocsin.hashing.signals import Signal, SignalType

_TOGETHER = 1000
_TYPES = tuple(SignalType)


def export(
    store: BankStore, bank: str, form: Format, stream: BinaryIO, kind: SignalType = SignalType.PDQ
) -> int:
    """Write a bank to `stream` in UTF-8; how many entries were written. Raises UnknownBankError.

    CSV and NDJSON hold everything, withdrawn entries too. One hash a line holds the values of type `kind` of
    live entries only, as it has no room to say that one is withdrawn.
    """
    entries = store.entries(bank)
    if form is Format.CSV:
        stream.write(_csv([EXPORTED]))
    written = 0
    while some := list(islice(entries, _TOGETHER)):
        if form is Format.CSV:
            stream.write(_csv(_row(entry) for entry in some))
        elif form is Format.NDJSON:
            stream.write("".join(json.dumps(_fields(entry)) + "\n" for entry in some).encode())
        else:
            some = [entry for entry in some if _values(entry, kind)]
            stream.write("".join(value + "\n" for entry in some for value in _values(entry, kind)).encode())
        written += len(some)
    return written


def _values(entry: Entry, kind: SignalType) -> list[str]:
    """The values of one type of a live entry."""
    return [one.hex for one in entry.signals if one.type is kind and entry.withdrawn is None]


def _fields(entry: Entry) -> dict[str, Json]:
    """An entry as an object."""
    origin = entry.origin
    return {
        "entry": entry.id,
        "origin": {"source": origin.source, "member": origin.member, "id": origin.id},
        "signals": [objects.signal_fields(one) for one in entry.signals],
        "labels": [objects.label_fields(one) for one in entry.labels],
        "added": entry.added.isoformat(),
        "withdrawn": entry.withdrawn.isoformat() if entry.withdrawn else None,
        "withdrawn_reason": entry.withdrawn_reason,
    }


def _csv(rows: Iterable[Iterable[str]]) -> bytes:
    """Rows as RFC 4180 writes them."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def _row(entry: Entry) -> Iterator[str]:
    """An entry as a row: the first signal of each type and the first label in columns, the rest as JSON."""
    firsts = {kind: next((one for one in entry.signals if _fits(one, kind)), None) for kind in _TYPES}
    taken = [one for one in firsts.values() if one]
    rest = list(entry.signals)
    for one in taken:
        rest.remove(one)
    first_label = next((one for one in entry.labels[:1] if one.code), None)
    more_labels = entry.labels[1:] if first_label else entry.labels
    yield str(entry.id)
    yield from map(cells.guarded, (entry.origin.source, entry.origin.member, entry.origin.id))
    yield from (one.hex if one else "" for one in firsts.values())
    yield from _about(firsts[SignalType.PDQ])
    yield objects.cell(map(objects.signal_fields, rest))
    label = first_label or Label("", "", "")
    yield from map(cells.guarded, (label.scheme, label.version, label.code, label.author, label.time))
    yield objects.cell(map(objects.label_fields, more_labels))
    yield entry.added.isoformat()
    yield entry.withdrawn.isoformat() if entry.withdrawn else ""
    yield cells.guarded(entry.withdrawn_reason)


def _fits(signal: Signal, kind: SignalType) -> bool:
    """Whether a signal can stand in its type's column: quality and the rest speak of the PDQ hash only."""
    about = (signal.quality, signal.view, signal.dialect, signal.orientation)
    return signal.type is kind and (not kind.exact or about == (None, None, None, None))


def _about(pdq: Signal | None) -> tuple[str, str, str, str]:
    """Quality, view, dialect and orientation of the PDQ hash."""
    if pdq is None:
        return "", "", "", ""
    quality = "" if pdq.quality is None else str(pdq.quality)
    return quality, cells.guarded(pdq.view or ""), pdq.dialect or "", pdq.orientation or ""

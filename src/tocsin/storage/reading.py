"""Rows of the database back into the domain's nouns."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from tocsin.banks.model import Bank, BankKind, Entry, Label, Origin, Policy
from tocsin.banks.store import KnownSignal
from tocsin.hashing.signals import Dialect, Orientation, Signal, SignalType
from tocsin.storage import statements as sql
from tocsin.storage import times
from tocsin.storage.database import Database, Row

_DIALECTS: dict[str | None, Dialect | None] = {None: None} | {word.value: word for word in Dialect}
_ORIENTATIONS: dict[str | None, Orientation | None] = {None: None} | {
    word.value: word for word in Orientation
}
_TYPES = {kind.value: kind for kind in SignalType}


def counters(database: Database) -> dict[str, int]:
    """The last number given out of each kind."""
    rows = database.rows(sql.COUNTERS)
    return dict(rows)


def bank(row: Row) -> Bank:
    """A bank from its columns."""
    number, name, kind, radius, quality_floor, purpose, onward_sharing, created, version = row
    policy = Policy(BankKind(kind), radius, quality_floor, purpose, onward_sharing)
    return Bank(number, name, policy, times.from_number(created), version)


def signal(row: Row) -> Signal:
    """A signal from the last six columns of sql._SIGNAL_COLUMNS."""
    kind, value, quality, view, dialect, orientation = row[3:]
    return Signal(_TYPES[kind], value, quality, view, _DIALECTS[dialect], _ORIENTATIONS[orientation])


def labels(database: Database, entry_ids: Iterable[int]) -> dict[int, tuple[Label, ...]]:
    """The labels of each entry that has any."""
    found: defaultdict[int, list[Label]] = defaultdict(list)
    same: dict[Row, Label] = {}
    for entry_id, *fields in database.rows_among(sql.LABELS_OF, (), sorted(set(entry_ids))):
        key = tuple(fields)
        found[entry_id].append(same.setdefault(key, Label(*key)))
    return {entry_id: tuple(several) for entry_id, several in found.items()}


def has_label(database: Database, scheme: str, code: str) -> bool:
    """Whether some entry has, or had, a label of that scheme and code, in whatever version."""
    with database.reading():
        return (
            database.row("SELECT 1 FROM label WHERE scheme = ? AND code = ? LIMIT 1", (scheme, code))
            is not None
        )


def known_signals(database: Database, rows: Sequence[Row]) -> dict[int, KnownSignal]:
    """Signals with their labels, by signal number, from rows of sql.LIVE_SIGNALS or sql.LIVE_EXACT."""
    labels_of = labels(database, (row[2] for row in rows))
    return {row[0]: KnownSignal(row[1], row[2], signal(row), labels_of.get(row[2], ())) for row in rows}


def live_signals(database: Database, numbers: Iterable[int]) -> dict[int, KnownSignal]:
    """The signals of these numbers whose entries are not withdrawn, by number."""
    return known_signals(database, list(database.rows_among(sql.LIVE_SIGNALS, (), sorted(numbers))))


def entries(database: Database, rows: Sequence[Row]) -> list[Entry]:
    """Entries with their signals and labels, from rows of sql.ENTRY or sql.ENTRIES_AFTER."""
    ids = [row[0] for row in rows]
    signals: defaultdict[int, list[Signal]] = defaultdict(list)
    for row in database.rows_among(sql.SIGNALS_OF, (), ids):
        signals[row[2]].append(signal(row))
    labels_of = labels(database, ids)
    return [_entry(row, tuple(signals[row[0]]), labels_of.get(row[0], ())) for row in rows]


def _entry(row: Row, signals: tuple[Signal, ...], entry_labels: tuple[Label, ...]) -> Entry:
    number, bank_name, source, member, id_at_origin, added, withdrawn, reason = row
    return Entry(
        id=number,
        bank=bank_name,
        signals=signals,
        origin=Origin(source, member, id_at_origin),
        labels=entry_labels,
        added=times.from_number(added),
        withdrawn=None if withdrawn is None else times.from_number(withdrawn),
        withdrawn_reason=reason,
    )

"""Adding batches of entries to a bank: inside one transaction, each entry once."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, repeat
from operator import lt

from tocsin.banks.batch import Batch, DraftBatch, HashBatch, SignalColumns
from tocsin.banks.model import Label
from tocsin.banks.store import AddCounts
from tocsin.hashing.signals import SignalType
from tocsin.storage import statements as sql
from tocsin.storage import times
from tocsin.storage.database import Database


@dataclass(frozen=True, slots=True)
class Placed:
    """A batch's entries in the bank."""

    ids: Sequence[int]
    """The entry number of each, new or not."""
    new: Sequence[bool]
    counts: AddCounts

    @property
    def added(self) -> Sequence[int]:
        """The entry numbers of those that are new."""
        return self.ids if self.counts.added == len(self.ids) else list(compress(self.ids, self.new))


def add_batch(database: Database, bank_id: int, batch: Batch) -> Placed:
    """Add the entries of `batch` that the bank does not hold yet. Runs inside the caller's transaction."""
    if isinstance(batch, HashBatch):
        keys = batch.keys()
        ids = _claim(database, bank_id, keys)
        if isinstance(ids, range):
            _add_uniform(database, bank_id, batch, ids)
            counts = AddCounts(added=len(batch))
            _count(database, bank_id, counts.added, 0)
            return Placed(ids, [True] * len(batch), counts)
        batch = batch.expanded()
    else:
        ids = _claim(database, bank_id, batch.keys)
    return _add_general(database, bank_id, batch, ids)


def _claim(database: Database, bank_id: int, keys: Sequence[bytes]) -> "Claimed | range":
    """Numbers for entries with these keys: a range when all are new, else each one's, old or new."""
    import numpy as np  # noqa: PLC0415  # 0.2 s that listing banks does not need

    count = len(keys)
    first = database.take_numbers("entry", count)
    numbers = np.frombuffer(b"".join(keys), ">i8")
    # In the order of the keys, neighbours share pages of the tree. Stable, so that of two equal keys in the
    # batch the earlier entry wins.
    order = np.argsort(numbers, kind="stable")
    rows = zip(repeat(bank_id), numbers[order].tolist(), (order + first).tolist(), strict=False)
    if database.change_many(sql.ADD_KEY, rows) == count:
        return range(first, first + count)
    wanted = numbers.tolist()
    rows_there = database.rows_among(sql.ENTRIES_BY_KEY, [bank_id], sorted(set(wanted)))
    found: dict[int, int] = dict(rows_there)
    ids = [found[key] for key in wanted]
    return Claimed(ids, [number == first + position for position, number in enumerate(ids)])


@dataclass(frozen=True, slots=True)
class Claimed:
    """Entry numbers of a batch some of whose entries are in the bank already."""

    ids: list[int]
    new: list[bool]


@dataclass(frozen=True, slots=True)
class _Packed:
    """One signal for each entry, all of one type, that differ in value and quality only."""

    type: SignalType
    values: bytes
    """One after the other."""
    qualities: bytes | None = None
    """Three characters each, as sql.ADD_PACKED_SIGNALS wants them; None where all are unknown."""
    view: str | None = None
    dialect: str | None = None
    orientation: str | None = None


def _add_uniform(database: Database, bank_id: int, batch: HashBatch, ids: range) -> None:
    """Entries, signals and labels of a batch that is all new, made inside the database."""
    count = len(batch)
    origin = _Origins(database).number(batch.origin.source, batch.origin.member)
    database.change(sql.ADD_UNIFORM_ENTRIES, (count, ids[0], bank_id, origin, times.now()))
    _count_signals(database, bank_id, {batch.type.value: count})
    dialect = batch.dialect.value if batch.dialect else None
    _add_packed(database, ids, _Packed(batch.type, batch.values, dialect=dialect))
    labels = _Labels(database)
    for position, label in enumerate(batch.labels):
        database.change(sql.ADD_UNIFORM_LABELS, (count, ids[0], position, labels.number(label)))


def _add_general(database: Database, bank_id: int, batch: DraftBatch, claimed: Claimed | range) -> Placed:
    """Whatever of a batch is new, row by row; and the withdrawals it brings for what is there already."""
    if isinstance(claimed, range):
        ids: Sequence[int] = claimed
        new = [True] * len(claimed)
    else:
        ids, new = claimed.ids, claimed.new
    _add_entries(database, bank_id, batch, ids, new)
    _add_signals(database, batch, ids, new)
    owners = compress(zip(batch.signals.owners, batch.signals.types, strict=True), _wanted(batch, new))
    _count_signals(database, bank_id, Counter(kind for _, kind in set(owners)))
    _add_labels(database, batch, ids, new)
    added = sum(new)
    arrived_withdrawn = sum(1 for why in compress(batch.withdrawals, new) if why)
    still, now = _meet_old(database, batch, ids, new) if added < len(new) else (0, 0)
    _count(database, bank_id, added, arrived_withdrawn + now)
    return Placed(ids, new, AddCounts(added, len(new) - added, still, now))


def _add_entries(
    database: Database, bank_id: int, batch: DraftBatch, ids: Sequence[int], new: Sequence[bool]
) -> None:
    """The rows of the new entries."""
    known = _Origins(database)
    numbers = {origin: known.number(*origin) for origin in set(compress(batch.origins, new))}
    origins = [numbers[origin] for origin in compress(batch.origins, new)]
    ids_at_origin = compress(batch.origin_ids, new)
    new_ids = compress(ids, new)
    now = repeat(times.now())
    if isinstance(ids, range) and len(numbers) == 1 and not any(batch.withdrawals):
        texts = json.dumps(batch.origin_ids, ensure_ascii=False)
        database.change(sql.ADD_LIVE_ENTRIES, (ids[0], bank_id, origins[0], times.now(), texts))
        return
    if not any(batch.withdrawals):
        live = zip(new_ids, repeat(bank_id), origins, ids_at_origin, now, strict=False)
        database.change_many(sql.ADD_LIVE_ENTRY, live)
        return
    withdrawals = list(compress(batch.withdrawals, new))
    when = [why and times.to_number(why[0]) for why in withdrawals]
    reasons = [why[1] if why else "" for why in withdrawals]
    rows = zip(new_ids, repeat(bank_id), origins, ids_at_origin, now, when, reasons, strict=False)
    database.change_many(sql.ADD_ENTRY, rows)


def _add_signals(database: Database, batch: DraftBatch, ids: Sequence[int], new: Sequence[bool]) -> None:
    """The signals of the new entries."""
    signals = batch.signals
    if isinstance(ids, range) and (several := _packed(signals, len(ids))):
        for packed in several:
            _add_packed(database, ids, packed)
        return
    wanted = _wanted(batch, new)
    count = sum(wanted)
    first = database.take_numbers("signal", count)
    numbers = range(first, first + count)
    owners = compress([ids[owner] for owner in signals.owners], wanted)
    types = list(compress(signals.types, wanted))
    values, qualities = compress(signals.values, wanted), compress(signals.qualities, wanted)
    rest = (signals.views, signals.dialects, signals.orientations)
    if any(column.count(None) < len(column) for column in rest):
        others = [compress(column, wanted) for column in rest]
        rows = zip(numbers, owners, types, values, qualities, *others, strict=True)
        database.change_many(sql.ADD_SIGNAL, rows)
    else:
        plain = zip(numbers, owners, types, values, qualities, strict=True)
        database.change_many(sql.ADD_PLAIN_SIGNAL, plain)
    pdq = SignalType.PDQ.value
    if pdq in types:
        last = count - 1 - types[::-1].index(pdq)
        database.change(sql.SET_COUNTER, (numbers[last], "last_pdq"))


def _wanted(batch: DraftBatch, new: Sequence[bool]) -> list[bool]:
    """Of each signal of the batch, whether its entry is new."""
    return [new[owner] for owner in batch.signals.owners]


def _count_signals(database: Database, bank_id: int, entries: Mapping[str, int]) -> None:
    """Keep in step how many of the bank's entries have a signal of each type."""
    for kind, count in entries.items():
        database.change(sql.COUNT_SIGNALS, (bank_id, kind, count, times.now()))


def _packed(signals: SignalColumns, count: int) -> list[_Packed]:
    """The signals type by type, if each of `count` entries has one of each type, in the same order.

    Nothing if that is not so, or if signals of a type differ in more than value and quality.
    """
    found: list[_Packed] = []
    before = [-1] * count
    for kind in dict.fromkeys(signals.types):
        places = [place for place, word in enumerate(signals.types) if word == kind]
        if [signals.owners[place] for place in places] != list(range(count)):
            return []
        if not all(map(lt, before, places)):
            return []
        before = places
        about = [
            [column[place] for place in places]
            for column in (signals.views, signals.dialects, signals.orientations)
        ]
        if any(column.count(column[0]) < count for column in about):
            return []
        values = b"".join([signals.values[place] for place in places])
        qualities = _qualities([signals.qualities[place] for place in places])
        found.append(_Packed(SignalType(kind), values, qualities, *(column[0] for column in about)))
    return found


def _qualities(column: list[int | None]) -> bytes | None:
    """A column of qualities as sql.ADD_PACKED_SIGNALS wants it."""
    if column.count(None) == len(column):
        return None
    return b"".join([b"---" if one is None else b"%03d" % one for one in column])


def _add_packed(database: Database, ids: range, packed: _Packed) -> None:
    """One signal for each of consecutive entries."""
    count, size = len(ids), packed.type.size
    first = database.take_numbers("signal", count)
    block = (packed.values, size, size, packed.qualities)
    about = (packed.view, packed.dialect, packed.orientation)
    database.change(sql.ADD_PACKED_SIGNALS, (count, first, ids[0], packed.type.value, *block, *about))
    if packed.type is SignalType.PDQ:
        database.change(sql.SET_COUNTER, (first + count - 1, "last_pdq"))


def _add_labels(database: Database, batch: DraftBatch, ids: Sequence[int], new: Sequence[bool]) -> None:
    """The labels of the new entries."""
    if not any(batch.labels):
        return
    known = _Labels(database)
    # Entries with the same labels mostly share the tuple, and telling tuples apart by identity is far cheaper
    # than hashing what is in them.
    numbers: dict[int, list[tuple[int, int]]] = {}
    rows = []
    for entry_id, labels in compress(zip(ids, batch.labels, strict=True), new):
        if (placed := numbers.get(id(labels))) is None:
            placed = numbers[id(labels)] = [(at, known.number(label)) for at, label in enumerate(labels)]
        rows += [(entry_id, position, number) for position, number in placed]
    database.change_many(sql.ADD_ENTRY_LABEL, rows)


def _meet_old(
    database: Database, batch: DraftBatch, ids: Sequence[int], new: Sequence[bool]
) -> tuple[int, int]:
    """Entries that were there: how many are and stay withdrawn, and how many this batch withdraws.

    A list that marks an entry as withdrawn is obeyed; one that still has an entry withdrawn here is not.
    """
    old = [position for position, is_new in enumerate(new) if not is_new]
    numbers = sorted({ids[position] for position in old})
    withdrawn = {number for (number,) in database.rows_among(sql.WITHDRAWN_AMONG, (), numbers)}
    still = sum(1 for position in old if ids[position] in withdrawn)
    now = 0
    for position in old:
        if (why := batch.withdrawals[position]) and ids[position] not in withdrawn:
            values = (times.to_number(why[0]), why[1], times.now(), ids[position])
            now += database.change(sql.WITHDRAW, values)
    return still, now


def _count(database: Database, bank_id: int, added: int, withdrawn: int) -> None:
    """Keep the bank's counts in step."""
    database.change(sql.CHANGE_COUNTS, (added, withdrawn, bank_id))


class _Origins:
    """The numbers of (source, member) pairs, made where new."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[tuple[str, str], int] = {}

    def number(self, source: str, member: str) -> int:
        """The number of an origin."""
        pair = (source, member)
        if (known := self._known.get(pair)) is None:
            self._database.change(sql.ADD_ORIGIN, pair)
            known = self._known[pair] = self._database.number(sql.ORIGIN, pair)
        return known


class _Labels:
    """The numbers of labels, made where new."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[Label, int] = {}

    def number(self, label: Label) -> int:
        """The number of a label."""
        if (known := self._known.get(label)) is None:
            fields = (label.scheme, label.version, label.code, label.author, label.time)
            self._database.change(sql.ADD_LABEL, fields)
            known = self._known[label] = self._database.number(sql.LABEL, fields)
        return known

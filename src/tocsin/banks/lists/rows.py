"""Rows of a table into entries: many at once, and where that fails, each half by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import compress

from tocsin.banks.batch import DraftBatch
from tocsin.banks.keys import entry_key, origin_keys, single_signal_keys
from tocsin.banks.lists import cells, objects
from tocsin.banks.lists.cells import BadRowError
from tocsin.banks.lists.columns import LABEL_ROLES, Columns, Role, is_hash
from tocsin.banks.lists.lines import SetAside
from tocsin.banks.lists.options import Gathered, ImportOptions
from tocsin.banks.model import Label
from tocsin.hashing.signals import Dialect, Orientation, Signal, SignalType


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows with where they came from, for whatever must be set aside."""

    cells: Sequence[Sequence[str]]
    lines: Sequence[int]
    texts: Sequence[str]

    def part(self, start: int, end: int) -> "Rows":
        """Rows `start` up to `end`."""
        return Rows(self.cells[start:end], self.lines[start:end], self.texts[start:end])


class RowReader:
    """Turns rows into entries and sets aside those that cannot be one."""

    def __init__(self, columns: Columns, options: ImportOptions, gathered: Gathered, bad: SetAside) -> None:
        """Read rows of these columns."""
        self._columns = columns
        self._options = options
        self._gathered = gathered
        self._bad = bad

    def read(self, rows: Rows) -> None:
        """Read rows, in their order."""
        pending = [rows]
        while pending:
            some = pending.pop()
            try:
                self._read_all(some.cells)
            except BadRowError as error:
                count = len(some.cells)
                if count == 1:
                    self._bad.add(some.lines[0], error.code, error.message, some.texts[0])
                else:
                    pending += [some.part(count // 2, count), some.part(0, count // 2)]

    def resembles(self, row: Sequence[str] | None) -> bool:
        """Whether what may be a row looks like ours: as many columns, a hash where one should be."""
        if row is None or len(row) != self._columns.width:
            return False
        return any(is_hash(row[number]) for number, _ in self._columns.hashes)

    def _read_all(self, rows: Sequence[Sequence[str]]) -> None:
        """Read rows that are all good. Raises BadRowError, and then has read none."""
        width = self._columns.width
        for row in rows:
            if len(row) != width:
                code, message = "wrong_columns", f"there are {len(row)} columns, not {width}"
                raise BadRowError(code, message)
        table = list(zip(*rows, strict=True))
        if (kind := self._columns.plain) is not None:
            values = cells.hashes(table[self._columns.hashes[0][0]], kind)
            if None not in values:
                self._gathered.add_uniform(kind, b"".join(value for value in values if value))
                return
        _Part(self._columns, self._options, table, len(rows)).add_to(self._gathered.drafts)


@dataclass(frozen=True, slots=True)
class _Hashes:
    """One type's values in a column of hashes; None where a row has none of that type there."""

    type: SignalType
    values: list[bytes | None]


_About = tuple[Sequence[int | None], Sequence[str | None], Sequence[str | None], Sequence[str | None]]


class _Part:
    """Some rows, column by column: all is checked before anything is added anywhere."""

    def __init__(
        self, columns: Columns, options: ImportOptions, table: Sequence[Sequence[str]], count: int
    ) -> None:
        self._columns = columns
        self._options = options
        self._table = table
        self._count = count
        self._hashes = [one for number, kind in columns.hashes for one in self._read_hashes(number, kind)]
        self._about = self._read_about()
        self._more = self._read_more_signals()
        origin = options.origin
        self._sources = self._texts(Role.SOURCE, origin.source)
        self._members = self._texts(Role.MEMBER, origin.member)
        self._ids = self._texts(Role.ID)
        self._labels = self._read_labels()
        self._withdrawals = self._read_withdrawals()
        self._keys = self._make_keys()

    def add_to(self, batch: DraftBatch) -> None:
        """Add the entries to `batch`."""
        base = len(batch)
        batch.keys.extend(self._keys)
        batch.origins.extend(zip(self._sources, self._members, strict=True))
        batch.origin_ids.extend(self._ids)
        batch.labels.extend(self._labels)
        batch.withdrawals.extend(self._withdrawals)
        blank = [None] * self._count
        nothing: _About = (blank, blank, blank, blank)
        for one in self._hashes:
            there = [value is not None for value in one.values]
            signals = batch.signals
            signals.owners.extend(compress(range(base, base + self._count), there))
            signals.values.extend(value for value in one.values if value is not None)
            signals.types.extend([one.type.value] * sum(there))
            qualities, views, dialects, orientations = nothing if one.type.exact else self._about
            signals.qualities.extend(compress(qualities, there))
            signals.views.extend(compress(views, there))
            signals.dialects.extend(compress(dialects, there))
            signals.orientations.extend(compress(orientations, there))
        for owner, several in enumerate(self._more, base):
            for signal in several:
                batch.signals.append(owner, signal)

    def _cells(self, role: Role) -> Sequence[str]:
        """The cells of a column; empty ones if there is no such column."""
        number = self._columns.roles.get(role)
        return [""] * self._count if number is None else self._table[number]

    def _texts(self, role: Role, default: str = "") -> list[str]:
        """A column of free text; `default` where a cell is empty."""
        found = cells.texts(self._cells(role))
        return [text or default for text in found] if default else found

    def _read_hashes(self, number: int, kind: SignalType | None) -> list[_Hashes]:
        """A column of hashes, one item for each type that occurs in it."""
        column = self._table[number]
        if kind is not None:
            return [_Hashes(kind, cells.hashes(column, kind))]
        found = [
            cells.typed_hash(cell, type_cell, self._options.type)
            for cell, type_cell in zip(column, self._cells(Role.TYPE), strict=True)
        ]
        kinds = sorted({one[0] for one in found if one})
        return [
            _Hashes(kind, [one[1] if one and one[0] is kind else None for one in found]) for kind in kinds
        ]

    def _read_more_signals(self) -> list[list[Signal]]:
        """The signals that stand as objects in a cell."""
        if Role.MORE_SIGNALS not in self._columns.roles:
            return [[]] * self._count
        column = self._cells(Role.MORE_SIGNALS)
        return [objects.signals(objects.parsed(cell)) if cell else [] for cell in column]

    def _read_about(self) -> _About:
        """Quality, view, dialect and orientation of each row's PDQ hashes."""
        default = self._options.dialect
        dialects = cells.each(
            self._cells(Role.DIALECT),
            lambda cell: str(cells.word(cell, Dialect, "dialect") or default or "") or None,
        )
        orientations = cells.each(
            self._cells(Role.ORIENTATION),
            lambda cell: str(cells.word(cell, Orientation, "orientation") or "") or None,
        )
        views = [text or None for text in self._texts(Role.VIEW)]
        return cells.each(self._cells(Role.QUALITY), cells.quality), views, dialects, orientations

    def _read_labels(self) -> list[tuple[Label, ...]]:
        """The labels of each row: those given for all, its own, and those that stand as objects in a cell."""
        shared = self._options.labels
        if Role.CODE not in self._columns.roles and Role.MORE_LABELS not in self._columns.roles:
            return [shared] * self._count
        fields = [self._texts(role) for role in LABEL_ROLES]
        more = self._texts(Role.MORE_LABELS)
        known: dict[tuple[str, ...], tuple[Label, ...]] = {}
        found = []
        for row in zip(*fields, more, strict=True):
            if (several := known.get(row)) is None:
                several = known[row] = shared + _labels(row)
            found.append(several)
        return found

    def _read_withdrawals(self) -> list[tuple[datetime, str] | None]:
        """When and why each row's entry was withdrawn."""
        if Role.WITHDRAWN not in self._columns.roles:
            return [None] * self._count
        when = cells.each(self._cells(Role.WITHDRAWN), cells.time)
        reasons = self._texts(Role.WITHDRAWN_REASON)
        return [(time, reason) if time else None for time, reason in zip(when, reasons, strict=True)]

    def _make_keys(self) -> list[bytes]:
        """The entries' keys. Raises BadRowError for a row without a signal."""
        full = [one for one in self._hashes if None not in one.values]
        if full and all(self._ids):
            return origin_keys(self._sources, self._members, self._ids)
        if full and len(self._hashes) == 1 and not any(self._ids) and not any(self._more):
            return single_signal_keys(full[0].type, [value for value in full[0].values if value])
        keys = []
        for row in range(self._count):
            pairs = [
                (one.type.value, value) for one in self._hashes if (value := one.values[row]) is not None
            ]
            pairs += [(signal.type.value, signal.value) for signal in self._more[row]]
            if not pairs:
                code, message = "no_hash", "there is no hash"
                raise BadRowError(code, message)
            keys.append(entry_key(self._sources[row], self._members[row], self._ids[row], pairs))
        return keys


def _labels(row: tuple[str, ...]) -> tuple[Label, ...]:
    """The labels of one row from its label columns and the cell with more."""
    *fields, more = row
    own = (Label(*fields),) if fields[LABEL_ROLES.index(Role.CODE)] else ()
    return own + tuple(objects.labels(objects.parsed(more)) if more else ())

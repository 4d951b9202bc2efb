"""A bank's entries by when they changed last: for those who ask again and again what is new."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.banks.model import Entry, Label
from tocsin.clock import present
from tocsin.storage import reading, times
from tocsin.storage.database import Database, Value

# An entry changed last when it was added, unless `changed` says more. Entries are numbered in the order in
# which they are added, by one writer after the other: those added within a time are a run of numbers.
_NEXT = "SELECT id, added FROM entry WHERE id >= ? ORDER BY id LIMIT 1"
_NEWEST = "SELECT COALESCE(MAX(id), 0) FROM entry"
_ADDED = "SELECT id, added AS time FROM entry WHERE bank_id = ? AND id >= ? AND id < ? AND changed IS NULL"
# "+ 0": else SQLite walks the whole bank in the order of numbers, instead of sorting the few that changed.
_CHANGED = """
    SELECT id + 0 AS id, changed AS time FROM entry
    WHERE bank_id = ? AND id + 0 >= ? AND changed > ? AND changed <= ?"""
_PAGE = f"{_ADDED} UNION ALL {_CHANGED} ORDER BY 1 LIMIT ?"
_LAST = f"SELECT COALESCE(MAX(id), 0) FROM ({_ADDED} UNION ALL {_CHANGED}) AS within"  # noqa: S608  # our own
_ENTRIES = """
    SELECT entry.id, bank.name, origin.source, origin.member, entry.id_at_origin, entry.added,
        entry.withdrawn, entry.withdrawn_reason, origin.id
    FROM entry JOIN bank ON bank.id = entry.bank_id JOIN origin ON origin.id = entry.origin_id
    WHERE entry.id IN ({values})"""
_CONTRIBUTORS = """
    SELECT id, source, member FROM origin
    WHERE id IN (SELECT origin_id FROM entry WHERE bank_id = ?) ORDER BY id"""
_LABELS = """
    SELECT DISTINCT label.scheme, label.version, label.code
    FROM label
    JOIN entry_label ON entry_label.label_id = label.id
    JOIN entry ON entry.id = entry_label.entry_id
    WHERE entry.bank_id = ? ORDER BY 1, 2, 3"""


@dataclass(frozen=True, slots=True)
class Window:
    """A time: after `begin`, up to and with `end`; both have a zone."""

    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Contributor:
    """Whose entries some are: a list and its member, under a number that stays."""

    number: int
    source: str
    member: str


@dataclass(frozen=True, slots=True)
class Served:
    """An entry, when it changed last, and whose it is."""

    entry: Entry
    changed: datetime
    contributor: Contributor


class ChangedEntries:
    """The entries of one database by time."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database

    def settled(self) -> datetime:
        """A time from before which nothing will come to light any more.

        What is added is stamped before it is committed, perhaps by minutes. So whoever writes is waited for:
        from then on, all that was stamped before this moment can be seen. Raises StoreBusyError.
        """
        moment = present()
        with self._database.writing():
            return moment

    def page(self, bank_id: int, window: Window, *, start: int, limit: int) -> list[Served]:
        """Up to `limit` entries that changed last within `window`, from number `start` on, by number.

        A window is told whole, and nothing in it twice, by pages that each start after the last number of the
        one before, if its end is `settled`. What changes meanwhile is left for a later window.
        """
        with self._database.reading():
            found = self._database.rows(_PAGE, (*self._within(bank_id, window, start), limit))
            changed: dict[int, int] = dict(found)
            rows = sorted(self._database.rows_among(_ENTRIES, (), list(changed)))
            entries = reading.entries(self._database, [row[:-1] for row in rows])
        return [
            Served(entry, times.from_number(changed[entry.id]), Contributor(row[8], row[2], row[3]))
            for entry, row in zip(entries, rows, strict=True)
        ]

    def last(self, bank_id: int, window: Window) -> int:
        """The largest number of an entry within the window; 0 where there is none."""
        with self._database.reading():
            return self._database.number(_LAST, self._within(bank_id, window, 0))

    def contributors(self, bank_id: int) -> list[Contributor]:
        """Whose entries there are in a bank. Looks at every entry."""
        with self._database.reading():
            return [Contributor(*row) for row in self._database.rows(_CONTRIBUTORS, (bank_id,))]

    def codes(self, bank_id: int) -> list[Label]:
        """The labels in a bank, without who gave them and when. Looks at every entry."""
        with self._database.reading():
            return [Label(*row) for row in self._database.rows(_LABELS, (bank_id,))]

    def _within(self, bank_id: int, window: Window, start: int) -> Sequence[Value]:
        """The values of _ADDED and _CHANGED."""
        begin, end = times.to_number(window.begin), times.to_number(window.end)
        first, past = self._first_after(begin), self._first_after(end)
        return bank_id, max(start, first), past, bank_id, start, begin, end

    def _first_after(self, moment: int) -> int:
        """The number of the first entry added after that moment, or one that no entry has: by bisection."""
        low, high = 1, self._database.number(_NEWEST) + 1
        while low < high:
            middle = (low + high) // 2
            row = self._database.row(_NEXT, (middle,))
            if row is None or row[1] > moment:
                high = middle
            else:
                low = row[0] + 1
        return low

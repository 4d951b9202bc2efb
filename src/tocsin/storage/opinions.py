"""Opinions of entries: `tocsin.banks.opinions.Opinions` on either database."""

from tocsin.banks.batch import check_texts
from tocsin.banks.opinions import Opinion, Verdict
from tocsin.banks.store import UnknownEntryError
from tocsin.storage import times
from tocsin.storage.database import Database, Row

_ENTRY = "SELECT COUNT(*) FROM entry WHERE id = ?"
_GIVE = """
    INSERT INTO opinion (entry_id, time, author, verdict, reason) VALUES (?, ?, ?, ?, ?)
    RETURNING id, entry_id, time, author, verdict, reason"""
_OF = """
    SELECT id, entry_id, time, author, verdict, reason FROM opinion
    WHERE entry_id = ? AND id > ? ORDER BY id LIMIT ?"""


class OpinionStore:
    """The opinions in one database."""

    def __init__(self, database: Database) -> None:
        """Use the tables of `database`."""
        self._database = database

    def give(self, entry_id: int, author: str, verdict: Verdict, reason: str) -> Opinion:
        """Add an opinion. Raises UnknownEntryError, InvalidTextError."""
        check_texts([reason])
        with self._database.writing():
            self._demand(entry_id)
            row = self._database.row(_GIVE, (entry_id, times.now(), author, verdict.value, reason))
            if row is None:
                raise UnknownEntryError
            return _opinion(row)

    def of(self, entry_id: int, *, after: int = 0, limit: int = 100) -> list[Opinion]:
        """Opinions of an entry with a number above `after`, oldest first. Raises UnknownEntryError."""
        with self._database.reading():
            self._demand(entry_id)
            return [_opinion(row) for row in self._database.rows(_OF, (entry_id, after, limit))]

    def _demand(self, entry_id: int) -> None:
        if not self._database.number(_ENTRY, (entry_id,)):
            message = f"there is no entry number {entry_id}"
            raise UnknownEntryError(message)


def _opinion(row: Row) -> Opinion:
    number, entry_id, time, author, verdict, reason = row
    return Opinion(number, entry_id, times.from_number(time), author, Verdict(verdict), reason)

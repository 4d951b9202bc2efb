"""Looking for rows of the ledger, the newest first: about something, by somebody, of a kind, in a time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tocsin.evidence.chain import Head, Row
from tocsin.storage.database import Database
from tocsin.storage.times import to_number

_COLUMNS = "number, time, actor, kind, subject, detail, previous, hash, key_id, signature"
_HEAD_COLUMNS = "number, time, hash, previous, key_id, signature, time_stamp"
# One filter leads, by its index; the others are written so that no index serves them, lest a planner without
# statistics reads all that an actor ever did to find what was done to one entry.
_REST = """(? = '' OR subject = ?) AND (? = '' OR actor = ?) AND (? = '' OR kind = ?)
    AND time >= ? AND time < ? AND (time, number) < (?, ?) ORDER BY time DESC, number DESC LIMIT ?"""
_ALL = f"SELECT {_COLUMNS} FROM ledger WHERE {_REST}"  # noqa: S608  # constants
_LED: Final = {
    "": _ALL,
    **{
        name: f"SELECT {_COLUMNS} FROM ledger WHERE {name} = ? AND {_REST}"  # noqa: S608  # constants
        for name in ("subject", "actor", "kind")
    },
}
_ROW = f"SELECT {_COLUMNS} FROM ledger WHERE number = ?"  # noqa: S608  # a constant
_HEADS = f"SELECT {_HEAD_COLUMNS} FROM ledger_head ORDER BY number DESC LIMIT ?"  # noqa: S608  # a constant
# Each kind from the one before it, by the index: a ledger of millions of rows has some forty kinds.
_KINDS = """WITH RECURSIVE found (kind) AS (
    SELECT MIN(kind) FROM ledger
    UNION ALL
    SELECT (SELECT MIN(kind) FROM ledger WHERE kind > found.kind) FROM found WHERE found.kind IS NOT NULL)
    SELECT kind FROM found WHERE kind IS NOT NULL"""
_FOREVER: Final = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows; what is left empty does not matter."""

    subject: str = ""
    actor: str = ""
    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None
    """Before then."""


class LedgerSearch:
    """Reads the ledger of one database by what its rows are about. Needs no keys, and verifies nothing."""

    def __init__(self, database: Database) -> None:
        """Of `database`."""
        self._database = database

    def rows(self, wanted: Wanted, *, before: int = 0, limit: int = 100) -> list[Row]:
        """Up to `limit` rows, the newest first; with `before`, those older than the row of that number."""
        led = next((name for name in ("subject", "actor", "kind") if getattr(wanted, name)), "")
        with self._database.reading():
            last = self._row(before) if before else None
            until = _FOREVER if wanted.until is None else to_number(wanted.until)
            values = (
                *([getattr(wanted, led)] if led else []),
                *(value for value in (wanted.subject, wanted.actor, wanted.kind) for _ in range(2)),
                0 if wanted.since is None else to_number(wanted.since),
                until if last is None else min(until, last.time + 1),  # for the index to begin there
                *((_FOREVER, 0) if last is None else (last.time, last.number)),
                limit,
            )
            return [Row(*found) for found in self._database.rows(_LED[led], values)]

    def row(self, number: int) -> Row | None:
        """The row of that number."""
        with self._database.reading():
            return self._row(number)

    def kinds(self) -> list[str]:
        """The kinds of all that was ever recorded, in order."""
        with self._database.reading():
            return [str(kind) for (kind,) in self._database.rows(_KINDS)]

    def heads(self, limit: int = 20) -> list[Head]:
        """The newest signed heads, the newest first."""
        with self._database.reading():
            return [Head(*found) for found in self._database.rows(_HEADS, (limit,))]

    def _row(self, number: int) -> Row | None:
        found = self._database.row(_ROW, (number,))
        return None if found is None else Row(*found)

"""How much each principal looks up, minute by minute: implements `tocsin.intake.lookups.LookupCounts`."""

import time
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from tocsin.intake.lookups import Counts, LookupCount
from tocsin.storage.database import Database

KEEP: Final = timedelta(days=90)
"""Counts that are older are removed when new ones come."""
_MINUTE: Final = timedelta(minutes=1)
_A_DAY: Final = timedelta(days=1) // _MINUTE
_ADD = """
    INSERT INTO lookup_count (principal, minute, asked, matched, refused) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (principal, minute) DO UPDATE SET
        asked = lookup_count.asked + excluded.asked, matched = lookup_count.matched + excluded.matched,
        refused = lookup_count.refused + excluded.refused"""
_SINCE = """
    SELECT minute, asked, matched, refused FROM lookup_count
    WHERE principal = ? AND minute >= ? ORDER BY minute"""
_BY_DAY = f"""
    SELECT minute / {_A_DAY} AS day, principal, SUM(asked), SUM(matched), SUM(refused) FROM lookup_count
    GROUP BY day, principal ORDER BY day DESC, principal"""  # noqa: S608  # a number of ours
_REMOVE = "DELETE FROM lookup_count WHERE minute < ?"


@dataclass(frozen=True, slots=True)
class DayCount:
    """What somebody looked up on one day (UTC)."""

    day: date
    principal: str
    count: LookupCount


class LookupStore:
    """Counts of look-ups in one database."""

    def __init__(self, database: Database) -> None:
        """Keep counts in `database`."""
        self._database = database

    def add(self, counts: Counts) -> None:
        """Add to what is there. Whoever writes something else is not waited for, where the engine allows."""
        rows = [
            (principal, minute, one.asked, one.matched, one.refused)
            for (principal, minute), one in sorted(counts.items())
        ]
        with self._database.updating():
            self._database.change_many(_ADD, rows)
        with self._database.updating():  # by itself: what was counted is kept in any case
            self._database.change(_REMOVE, (int(time.time()) // 60 - KEEP // _MINUTE,))

    def since(self, principal: str, minute: int) -> dict[int, LookupCount]:
        """What a principal looked up from that minute (since 1970) on, by minute."""
        with self._database.reading():
            rows = self._database.rows(_SINCE, (principal, minute))
        return {minute: LookupCount(asked, matched, refused) for minute, asked, matched, refused in rows}

    def by_day(self) -> list[DayCount]:
        """What everybody looked up on each day there are counts of, the newest day first."""
        with self._database.reading():
            rows = self._database.rows(_BY_DAY)
        return [
            DayCount(
                date(1970, 1, 1) + timedelta(days=day),
                principal,
                LookupCount(int(asked), int(matched), int(refused)),
            )
            for day, principal, asked, matched, refused in rows
        ]

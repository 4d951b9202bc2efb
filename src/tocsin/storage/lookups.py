"""How much each principal looks up, minute by minute: implements `tocsin.intake.lookups.LookupCounts`."""

from tocsin.intake.lookups import Counts, LookupCount
from tocsin.storage.database import Database

_ADD = """
    INSERT INTO lookup_count (principal, minute, asked, matched, refused) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (principal, minute) DO UPDATE SET
        asked = lookup_count.asked + excluded.asked, matched = lookup_count.matched + excluded.matched,
        refused = lookup_count.refused + excluded.refused"""
_SINCE = """
    SELECT minute, asked, matched, refused FROM lookup_count
    WHERE principal = ? AND minute >= ? ORDER BY minute"""


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

    def since(self, principal: str, minute: int) -> dict[int, LookupCount]:
        """What a principal looked up from that minute (since 1970) on, by minute."""
        with self._database.reading():
            rows = self._database.rows(_SINCE, (principal, minute))
        return {minute: LookupCount(asked, matched, refused) for minute, asked, matched, refused in rows}

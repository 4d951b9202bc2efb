"""What partners were told, what waits to be told, and what they say: the other part of `feed_store.Feeds`."""

from collections.abc import Iterable, Mapping, Sequence

from tocsin.banks.batch import check_texts
from tocsin.banks.opinions import Verdict
from tocsin.exchange.feed_store import Audience, TheirOpinion, TheirSighting, Told, ToPublish
from tocsin.storage import times
from tocsin.storage.database import Database, Row

# ruff: noqa: S608  # the strings joined here are constants of this file; every value is bound

_TOLD = """SELECT i.entry_id, i.bank_id, i.offer_id, i.key, COALESCE(a.partners, ''), i.live, i.terms
    FROM feed_item i LEFT JOIN feed_audience a ON a.id = i.audience_id"""
_BY_KEY = f"{_TOLD} WHERE i.key = ?"
_OF_ENTRIES = _TOLD + " WHERE i.entry_id IN ({values})"  # filled by statements.many
_ENDED = f"""{_TOLD} JOIN entry e ON e.id = i.entry_id
    WHERE e.bank_id = ? AND e.withdrawn IS NOT NULL AND i.live = 1 ORDER BY i.entry_id LIMIT ?"""
_RESUMED = f"""{_TOLD} JOIN entry e ON e.id = i.entry_id JOIN feed_offer o ON o.id = i.offer_id
    WHERE i.bank_id = ? AND i.live = 0 AND e.withdrawn IS NULL AND o.ended IS NULL
    ORDER BY i.entry_id LIMIT ?"""
_OFFERED_NO_LONGER = f"""{_TOLD} WHERE i.live = 1 AND i.offer_id IN
    (SELECT id FROM feed_offer WHERE ended IS NOT NULL) ORDER BY i.entry_id LIMIT ?"""
_REMOVED = f"""{_TOLD} WHERE i.live = 1 AND i.offer_id IN
    (SELECT id FROM feed_offer WHERE bank_id NOT IN (SELECT id FROM bank)) ORDER BY i.entry_id LIMIT ?"""
_BANKS = "SELECT DISTINCT o.bank_id FROM feed_offer o JOIN bank b ON b.id = o.bank_id"
_AFTER = f"{_TOLD} WHERE i.entry_id > ? AND i.live = 1 ORDER BY i.entry_id LIMIT ?"
_MARK = "SELECT recheck FROM feed_own"
_MOVE_MARK = "UPDATE feed_own SET recheck = ?"
_KEEP = """INSERT INTO feed_item (entry_id, bank_id, offer_id, key, audience_id, live, terms)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (entry_id) DO UPDATE SET offer_id = excluded.offer_id, key = excluded.key,
        audience_id = excluded.audience_id, live = excluded.live, terms = excluded.terms"""
_AUDIENCE = "SELECT id FROM feed_audience WHERE partners = ?"
_NEW_AUDIENCE = "INSERT INTO feed_audience (partners) VALUES (?) RETURNING id"

_PUT = "INSERT INTO feed_outbox (audience, lines, items) VALUES (?, ?, ?)"
_OLDEST = "SELECT id, audience, lines, items FROM feed_outbox ORDER BY id LIMIT ?"
_DROP = "DELETE FROM feed_outbox WHERE id = ?"

_HEARD = "SELECT verdict, reason FROM feed_opinion WHERE entry_id = ? AND partner = ? AND author = ?"
_HEAR = """INSERT INTO feed_opinion (entry_id, partner, author, verdict, reason, time)
    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (entry_id, partner, author) DO UPDATE
    SET verdict = excluded.verdict, reason = excluded.reason, time = excluded.time"""
_OPINIONS = """SELECT entry_id, partner, author, verdict, reason, time FROM feed_opinion
    ORDER BY time DESC, entry_id LIMIT ?"""
_SEEN = "SELECT count FROM feed_seen WHERE entry_id = ? AND partner = ?"
_SEE = """INSERT INTO feed_seen (entry_id, partner, count, time) VALUES (?, ?, ?, ?)
    ON CONFLICT (entry_id, partner) DO UPDATE SET count = excluded.count, time = excluded.time"""
_SIGHTINGS = "SELECT entry_id, partner, count, time FROM feed_seen ORDER BY time DESC, entry_id LIMIT ?"
_COUNTS = """SELECT COUNT(CASE WHEN live = 1 THEN 1 END), COUNT(CASE WHEN live = 0 THEN 1 END),
    (SELECT COUNT(*) FROM feed_outbox) FROM feed_item"""


class Telling:
    """What is told to partners, over one database."""

    def __init__(self, database: Database) -> None:
        """Keep it in `database`."""
        self._database = database

    def differing(self, limit: int) -> Sequence[Told]:
        """What was told and is no longer so: entries withdrawn, reinstated, removed, offered no longer."""
        found: dict[int, Told] = {}
        database = self._database
        with database.reading():
            for (bank,) in database.rows(_BANKS):
                for statement in (_ENDED, _RESUMED):
                    found |= _by_entry(database.rows(statement, (bank, limit)))
            for statement in (_OFFERED_NO_LONGER, _REMOVED):
                found |= _by_entry(database.rows(statement, (limit,)))
        return list(found.values())[:limit]

    def to_recheck(self, limit: int) -> Sequence[Told]:
        """The next of what is to be looked at again, and the mark moved beyond them."""
        with self._database.writing():
            row = self._database.row(_MARK)
            if row is None or row[0] is None:
                return []
            found = list(_by_entry(self._database.rows(_AFTER, (row[0], limit))).values())
            self._database.change(_MOVE_MARK, (found[-1].entry if len(found) == limit else None,))
            return found

    def told(self, key: str) -> Told | None:
        """What was told under a key."""
        with self._database.reading():
            row = self._database.row(_BY_KEY, (key,))
        return None if row is None else _told(row)

    def told_of(self, entries: Iterable[int]) -> Mapping[int, Told]:
        """What was told of entries, by their numbers."""
        with self._database.reading():
            return _by_entry(list(self._database.rows_among(_OF_ENTRIES, (), sorted(entries))))

    def keep_told(self, several: Sequence[Told]) -> None:
        """Note what is told now."""
        with self._database.writing():
            audiences = {one.audience: self._audience(one.audience) for one in several}
            rows = (
                (
                    one.entry,
                    one.bank_id,
                    one.offer,
                    one.key,
                    audiences[one.audience],
                    int(one.live),
                    one.terms,
                )
                for one in several
            )
            self._database.change_many(_KEEP, rows)

    def _audience(self, audience: Audience) -> int:
        """The number of an audience."""
        if not audience:
            return 0
        names = "\n".join(sorted(audience))
        row = self._database.row(_AUDIENCE, (names,))
        return int(row[0]) if row else self._database.number(_NEW_AUDIENCE, (names,))

    def to_outbox(self, audience: Audience, lines: bytes, items: int) -> None:
        """Have lines sealed and appended."""
        with self._database.writing():
            self._database.change(_PUT, ("\n".join(sorted(audience)), lines, items))

    def outbox(self, limit: int) -> Sequence[ToPublish]:
        """The oldest of what waits."""
        with self._database.reading():
            return [
                ToPublish(number, frozenset(names.split("\n")), bytes(lines), items)
                for number, names, lines, items in self._database.rows(_OLDEST, (limit,))
            ]

    def published(self, several: Sequence[ToPublish]) -> None:
        """They stand in the log."""
        with self._database.writing():
            self._database.change_many(_DROP, [(one.id,) for one in several])

    def hear(self, opinion: TheirOpinion) -> bool:
        """Keep an opinion in place of the author's earlier one; whether it says something new."""
        check_texts((opinion.author, opinion.reason))
        whose = (opinion.entry, opinion.partner, opinion.author)
        says = (opinion.verdict.value, opinion.reason)
        with self._database.writing():
            before = self._database.row(_HEARD, whose)
            if before is not None and tuple(before) == says:
                return False
            self._database.change(_HEAR, (*whose, *says, times.to_number(opinion.time)))
            return True

    def see(self, sighting: TheirSighting) -> bool:
        """Keep a count in place of the partner's earlier one; whether it says something new."""
        whose = (sighting.entry, sighting.partner)
        with self._database.writing():
            before = self._database.row(_SEEN, whose)
            if before is not None and before[0] == sighting.count:
                return False
            self._database.change(_SEE, (*whose, sighting.count, times.to_number(sighting.time)))
            return True

    def opinions(self, limit: int = 100) -> Sequence[TheirOpinion]:
        """What partners say of entries of ours, newest first."""
        with self._database.reading():
            return [
                TheirOpinion(entry, partner, author, Verdict(verdict), reason, times.from_number(time))
                for entry, partner, author, verdict, reason, time in self._database.rows(_OPINIONS, (limit,))
            ]

    def sightings(self, limit: int = 100) -> Sequence[TheirSighting]:
        """What partners came upon, newest first."""
        with self._database.reading():
            return [
                TheirSighting(entry, partner, count, times.from_number(time))
                for entry, partner, count, time in self._database.rows(_SIGHTINGS, (limit,))
            ]

    def counts(self) -> Mapping[str, int]:
        """How many entries are told of (`live`), taken back (`ended`), and bundles wait (`waiting`)."""
        with self._database.reading():
            (row,) = self._database.rows(_COUNTS)
        return dict(zip(("live", "ended", "waiting"), row, strict=True))


def _by_entry(rows: Sequence[Row]) -> dict[int, Told]:
    return {row[0]: _told(row) for row in rows}


def _told(row: Row) -> Told:
    entry, bank_id, offer, key, names, live, terms = row
    return Told(entry, bank_id, offer, key, frozenset(names.split("\n")) - {""}, bool(live), terms)

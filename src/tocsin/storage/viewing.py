"""Who has seen what, and limits on it: `tocsin.cases.store_viewing.ViewingStore` on either database."""

import json
from collections.abc import Mapping
from datetime import date

from tocsin.banks.batch import check_texts
from tocsin.cases.limits import Meter, Spent
from tocsin.cases.preferences import Preferences
from tocsin.cases.store_viewing import GroupSpent, Look, NewLook
from tocsin.media.answers import object_in
from tocsin.storage import case_seen, case_vouching, times
from tocsin.storage.database import Database, Row

_HAS_CONTENT = """
    SELECT 1 FROM case_content JOIN content ON content.id = case_content.content_id
    WHERE case_content.case_number = ? AND content.sha256 = ?"""
_METER = "SELECT latest, minute, stretch, stretch_minutes, until FROM reviewer WHERE person = ?"
_SET_METER = """
    INSERT INTO reviewer (person, latest, minute, stretch, stretch_minutes, until) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (person) DO UPDATE SET latest = excluded.latest, minute = excluded.minute,
        stretch = excluded.stretch, stretch_minutes = excluded.stretch_minutes, until = excluded.until"""
_PREFERENCES = "SELECT preferences FROM reviewer WHERE person = ?"
_SET_PREFERENCES = """
    INSERT INTO reviewer (person, preferences) VALUES (?, ?)
    ON CONFLICT (person) DO UPDATE SET preferences = excluded.preferences"""
_DAYS = """
    SELECT day FROM exposed_day WHERE person = ? AND day >=
        COALESCE((SELECT MAX(day) FROM exposed_day WHERE person = ? AND day <= ?), '')
    ORDER BY day"""
_MOVE_DAY = "UPDATE exposed_day SET day = ? WHERE person = ? AND day = ?"
_MOVE_LOOKS = "UPDATE reveal SET day = ? WHERE person = ? AND day = ?"
_SUMS = """COALESCE(SUM(minutes), 0), COALESCE(SUM(renditions), 0), COALESCE(SUM(reveals), 0),
    COALESCE(SUM(seconds), 0)"""
_SPENT = f"SELECT {_SUMS} FROM exposed_day WHERE person = ? AND day BETWEEN ? AND ?"  # noqa: S608  # a constant
_GROUP = f"""SELECT COUNT(DISTINCT person), {_SUMS} FROM exposed_day
    WHERE day BETWEEN ? AND ? AND minutes > 0"""  # noqa: S608  # a constant
_SPEND = """
    INSERT INTO exposed_day (person, day, minutes, renditions, reveals, seconds) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (person, day) DO UPDATE SET minutes = exposed_day.minutes + excluded.minutes,
        renditions = exposed_day.renditions + excluded.renditions,
        reveals = exposed_day.reveals + excluded.reveals,
        seconds = exposed_day.seconds + excluded.seconds"""
_ADD_LOOK = """
    INSERT INTO reveal (person, day, time, case_number, content_id, part, page, seconds)
    SELECT ?, ?, ?, ?, id, ?, ?, ? FROM content WHERE sha256 = ? RETURNING id"""
_LOOKS = """
    SELECT reveal.person, reveal.day, reveal.time, reveal.case_number, content.sha256, reveal.part,
        reveal.page, reveal.seconds, reveal.id, reveal.shown, reveal.failed
    FROM reveal JOIN content ON content.id = reveal.content_id"""
_LOOK = f"{_LOOKS} WHERE reveal.id = ?"
_LOOKS_AT = f"{_LOOKS} WHERE content.sha256 = ? ORDER BY reveal.id"
_END_LOOK = "UPDATE reveal SET shown = ?, failed = ? WHERE id = ?"
_SECOND_LOOK = """
    SELECT 1 FROM second_look JOIN content ON content.id = second_look.content_id
    WHERE person = ? AND case_number = ? AND claim = ? AND content.sha256 = ?"""
_ALLOW_SECOND_LOOK = """
    INSERT INTO second_look (person, case_number, claim, content_id, reason)
    SELECT ?, ?, ?, id, ? FROM content WHERE sha256 = ?
    ON CONFLICT (case_number, person, claim, content_id) DO UPDATE SET reason = excluded.reason"""


class ViewingStore:
    """Meters, days, looks and preferences in one database. Methods take part in the caller's transaction."""

    def __init__(self, database: Database) -> None:
        """Use the tables of `database`."""
        self._database = database

    def has_content(self, case: int, sha256: bytes) -> bool:
        """Whether the content is in the case."""
        return self._row(_HAS_CONTENT, case, sha256) is not None

    def meter(self, person: str) -> Meter:
        """Where a person is in their stretch."""
        row = self._row(_METER, person)
        if row is None:
            return Meter()
        latest, minute, stretch, stretch_minutes, until = row
        return Meter(
            times.from_stored(latest),
            times.from_stored(minute),
            times.from_stored(stretch),
            stretch_minutes,
            times.from_stored(until),
        )

    def set_meter(self, person: str, meter: Meter) -> None:
        """Keep it."""
        latest, minute, stretch, until = (
            None if one is None else times.to_number(one)
            for one in (meter.latest, meter.minute, meter.stretch, meter.until)
        )
        self._change(_SET_METER, person, latest, minute, stretch, meter.stretch_minutes, until)

    def preferences(self, person: str) -> Preferences:
        """What a person has set."""
        row = self._row(_PREFERENCES, person)
        return Preferences() if row is None else Preferences.from_json(object_in(json.loads(row[0])))

    def set_preferences(self, person: str, preferences: Preferences) -> None:
        """Keep it. Raises InvalidTextError."""
        self._change(_SET_PREFERENCES, person, json.dumps(preferences.to_json()))

    def days(self, person: str, today: date) -> list[date]:
        """The person's days on record from the last one up to `today` on, in order."""
        with self._database.reading():
            rows = self._database.rows(_DAYS, (person, person, today.isoformat()))
        return [date.fromisoformat(day) for (day,) in rows]

    def move_days(self, person: str, days: Mapping[date, date]) -> None:
        """Count what was seen on some days for others, which are no later and keep their order."""
        for day, other in sorted(days.items()):
            if day != other:
                self._change(_MOVE_DAY, other.isoformat(), person, day.isoformat())
                self._change(_MOVE_LOOKS, other.isoformat(), person, day.isoformat())

    def spent(self, person: str, first: date, last: date) -> Spent:
        """What a person has seen from one day to another, both included."""
        row = self._row(_SPENT, person, first.isoformat(), last.isoformat())
        return Spent() if row is None else Spent(*(int(one) for one in row))

    def spend(self, person: str, day: date, more: Spent) -> None:
        """Add to what a person has seen on a day; numbers below 0 take back."""
        values = (more.minutes, more.renditions, more.reveals, more.seconds)
        self._change(_SPEND, person, day.isoformat(), *values)

    def group(self, first: date, last: date) -> GroupSpent:
        """What everybody together has seen from one day to another, both included."""
        row = self._row(_GROUP, first.isoformat(), last.isoformat())
        people, *sums = (0, 0, 0, 0, 0) if row is None else (int(one) for one in row)
        return GroupSpent(people, Spent(*sums))

    def add_look(self, look: NewLook) -> int:
        """Keep a look at content of a case; its number. Raises InvalidTextError."""
        check_texts((look.part, look.page))
        day, began = look.day.isoformat(), times.to_number(look.time)
        values = (look.person, day, began, look.case, look.part, look.page, look.seconds, look.sha256)
        with self._database.writing():
            return self._database.number(_ADD_LOOK, values)

    def look(self, look_id: int) -> Look | None:
        """The look of that number."""
        row = self._row(_LOOK, look_id)
        return None if row is None else _look(row)

    def vouched(self, look_id: int) -> bytes:
        """A look as it was granted, in bytes for the ledger to vouch for."""
        with self._database.reading():
            return case_vouching.look(self._database, look_id)

    def end_look(self, look_id: int, shown: int, *, failed: bool = False) -> None:
        """Keep how long a look lasted."""
        self._change(_END_LOOK, shown, int(failed), look_id)

    def looks(self, sha256: bytes) -> list[Look]:
        """All looks at a content, oldest first."""
        with self._database.reading():
            return [_look(row) for row in self._database.rows(_LOOKS_AT, (sha256,))]

    def note_seen(self, person: str, case: int, claim: int, sha256: bytes) -> None:
        """Note that a content of a case was served to a person."""
        with self._database.writing():
            case_seen.note(self._database, person, case, claim, sha256)

    def member_digest(self, sha256: bytes, member: int) -> bytes | None:
        """The SHA-256 of a member of an archive, by its number from 1; None where it is not known."""
        with self._database.reading():
            return case_seen.member_digest(self._database, sha256, member)

    def second_look(self, person: str, case: int, claim: int, sha256: bytes) -> bool:
        """Whether the person has said under this claim why they look at content that has been judged."""
        return self._row(_SECOND_LOOK, person, case, claim, sha256) is not None

    def allow_second_look(self, person: str, case: int, claim: int, sha256: bytes, reason: str) -> None:
        """Keep why. Raises InvalidTextError."""
        check_texts((reason,))
        self._change(_ALLOW_SECOND_LOOK, person, case, claim, reason, sha256)

    def _row(self, statement: str, *values: str | int | bytes) -> Row | None:
        with self._database.reading():
            return self._database.row(statement, values)

    def _change(self, statement: str, *values: str | int | bytes | None) -> None:
        with self._database.writing():
            self._database.change(statement, values)


def _look(row: Row) -> Look:
    person, day, began, case, sha256, part, page, seconds, look_id, shown, failed = row
    granted = (date.fromisoformat(day), times.from_number(began), case, bytes(sha256), part, page, seconds)
    return Look(person, *granted, look_id, shown, bool(failed))

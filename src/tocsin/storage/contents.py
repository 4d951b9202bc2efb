"""What examining contents gave: their signals, and those of the members of archives; inside a transaction."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from tocsin.content.model import Content
from tocsin.errors import Refusal
from tocsin.hashing.signals import Signal, SignalType
from tocsin.intake.model import Inside, Member
from tocsin.storage import reading, times
from tocsin.storage.database import Database, Row

MOST_TOLD = 100
"""Members that were refused of which the name and the reason are told with a submission."""
_EXAMINED = "UPDATE content SET kind = ?, format = ?, examined = ?, answer = ? WHERE id = ?"
# In the shape of rows of the entries' signals (see reading.signal): two numbers stand before the type.
_SIGNALS = """
    SELECT id, member, content_id, type, value, quality, view, dialect, orientation
    FROM content_signal WHERE content_id = ?"""
_ALL_SIGNALS = _SIGNALS + " ORDER BY id"
_OWN_SIGNALS = _SIGNALS + " AND member = 0 ORDER BY id"
_SIGNALS_AMONG = _SIGNALS + " AND member IN ({values})"
_ADD_SIGNAL = """
    INSERT INTO content_signal (id, content_id, member, type, value, quality, view, dialect, orientation)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_FORGET_SIGNALS = "DELETE FROM content_signal WHERE content_id = ?"
_LOG_REMOVAL = "INSERT INTO content_removal (id, first_signal, last_signal) VALUES (?, ?, ?)"
_SET_COUNTER = "UPDATE counter SET value = ? WHERE name = ?"
_ADD_MEMBER = """
    INSERT INTO content_member (content_id, number, name, refused, answer, kind) VALUES (?, ?, ?, ?, ?, ?)"""
_FORGET_MEMBERS = "DELETE FROM content_member WHERE content_id = ?"
_NUMBERS = "SELECT number FROM content_member WHERE content_id = ?"
_PICTURES = """
    SELECT number FROM content_member WHERE content_id = ? AND kind IN ('image', 'video') AND number >= ?
    ORDER BY number LIMIT ?"""
_MEMBERS_AMONG = """
    SELECT number, name, answer FROM content_member WHERE content_id = ? AND number IN ({values})"""
_COUNTS = "SELECT COUNT(*), COUNT(refused) FROM content_member WHERE content_id = ?"
_REFUSED = """
    SELECT name, refused FROM content_member WHERE content_id = ? AND refused IS NOT NULL
    ORDER BY number LIMIT ?"""
_Placed = tuple[int, Signal]
"""A signal, and the number of the member that it is of; 0 for the content's own."""


def own_content(database: Database, number: int, answer: str) -> Content:
    """A content from what was kept of it, with its own signals."""
    signals = tuple(reading.signal(row) for row in database.rows(_OWN_SIGNALS, (number,)))
    return replace(Content.from_answer(json.loads(answer)), signals=signals)


def inside(database: Database, number: int) -> Inside:
    """How much of an archive was looked at."""
    members, refused = database.rows(_COUNTS, (number,))[0]
    told = database.rows(_REFUSED, (number, MOST_TOLD)) if refused else []
    return Inside(members, refused, tuple((name, Refusal(**json.loads(why))) for name, why in told))


def members(database: Database, number: int, wanted: Collection[int] | None = None) -> list[Member]:
    """Members of an archive in their order, those with the numbers `wanted` or all."""
    if wanted is None:
        wanted = [row[0] for row in database.rows(_NUMBERS, (number,))]
    signals: defaultdict[int, list[Row]] = defaultdict(list)
    for row in database.rows_among(_SIGNALS_AMONG, (number,), sorted(wanted)):
        signals[row[1]].append(row)
    found = [
        Member(
            place,
            name,
            replace(
                Content.from_answer(json.loads(answer)),
                signals=tuple(reading.signal(row) for row in sorted(signals[place])),
            ),
        )
        for place, name, answer in database.rows_among(_MEMBERS_AMONG, (number,), sorted(wanted))
    ]
    return sorted(found, key=lambda one: one.number)


def pictures(database: Database, number: int, since: int, limit: int) -> list[Member]:
    """Members of an archive that are pictures or videos, from the number `since` on."""
    return members(database, number, [one for (one,) in database.rows(_PICTURES, (number, since, limit))])


def keep(database: Database, number: int, content: Content, inside: Sequence[Member]) -> None:
    """Replace what is kept of a content and, if it is an archive, of its members."""
    now = times.now()
    database.change(_EXAMINED, (content.kind, content.format, now, _answer(content), number))
    database.change(_FORGET_MEMBERS, (number,))
    database.change_many(_ADD_MEMBER, [_member_row(number, one) for one in inside])
    placed = [(0, one) for one in content.signals]
    placed += [(member.number, one) for member in inside for one in member.content.signals]
    before = database.rows(_ALL_SIGNALS, (number,))
    if [(row[1], reading.signal(row)) for row in before] != placed:
        _forget_signals(database, number, before)
        _add_signals(database, number, placed)


def _answer(content: Content) -> str:
    return json.dumps(replace(content, signals=()).to_answer())


def _member_row(number: int, member: Member) -> Row:
    refused = member.content.refused
    why = None if refused is None else json.dumps(refused.to_json())
    return number, member.number, member.name, why, _answer(member.content), member.content.kind


def _forget_signals(database: Database, number: int, rows: Sequence[Row]) -> None:
    """Drop the signals of a content, and say so to the indexes that follow."""
    if not rows:
        return
    database.change(_FORGET_SIGNALS, (number,))
    removal = database.number("SELECT value FROM counter WHERE name = 'last_content_removal'") + 1
    database.change(_LOG_REMOVAL, (removal, rows[0][0], rows[-1][0]))
    database.change(_SET_COUNTER, (removal, "last_content_removal"))


def _add_signals(database: Database, number: int, placed: Sequence[_Placed]) -> None:
    if not placed:
        return
    first = database.take_numbers("content_signal", len(placed))
    database.change_many(_ADD_SIGNAL, _signal_rows(first, number, placed))
    pdq = [place for place, (_, one) in enumerate(placed) if one.type is SignalType.PDQ]
    if pdq:
        database.change(_SET_COUNTER, (first + pdq[-1], "last_content_pdq"))


def _signal_rows(first: int, number: int, placed: Iterable[_Placed]) -> list[Row]:
    return [
        (
            first + place,
            number,
            member,
            one.type.value,
            one.value,
            one.quality,
            one.view,
            one.dialect and one.dialect.value,
            one.orientation and one.orientation.value,
        )
        for place, (member, one) in enumerate(placed)
    ]

"""Holds: `tocsin.filing.store_holds.HoldRecords` on either database."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from tocsin.banks.batch import check_texts
from tocsin.filing.errors import UnknownHoldError
from tocsin.filing.holding import Change, End, Hold, HoldChange
from tocsin.filing.store_holds import NewHold
from tocsin.law.duties import Occasion
from tocsin.law.model import Purpose
from tocsin.storage import hold_vouching, times
from tocsin.storage.database import Database, Row, Value

_ADD = """
    INSERT INTO hold (trigger_event, time, renewals, filing, case_number, is_test, created, author, reason,
        until, unclear)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, 0) RETURNING number"""
_ADD_CONTENT = "INSERT INTO hold_content (hold, place, sha256) VALUES (?, ?, ?)"
_ADD_END = """
    INSERT INTO hold_end (hold, purpose, until, no_later_than, rules, then_done, problem)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""
_DROP_ENDS = "DELETE FROM hold_end WHERE hold = ?"
_ADD_CHANGE = """
    INSERT INTO hold_change (hold, what, time, author, reason, until) VALUES (?, ?, ?, ?, ?, ?)"""
_STAND = "UPDATE hold SET renewals = ?, until = ?, unclear = ?, released = ? WHERE number = ?"
_COLUMNS = """
    SELECT number, trigger_event, time, renewals, filing, case_number, is_test, created, author, reason
    FROM hold"""
_HOLD = f"{_COLUMNS} WHERE number = ?"
_BEGAN = f"{_COLUMNS} WHERE filing = ? AND trigger_event = ? AND time = ?"
_OF_CASE = f"{_COLUMNS} WHERE case_number = ? ORDER BY number"
_OF_FILING = f"{_COLUMNS} WHERE filing = ? ORDER BY number"
_OF_CONTENT = f"""{_COLUMNS} WHERE number IN (SELECT hold FROM hold_content WHERE sha256 = ?)
    ORDER BY number"""  # noqa: S608  # a constant
_PAGE = f"{_COLUMNS} WHERE number > ? ORDER BY number LIMIT ?"
_UNRELEASED = f"{_COLUMNS} WHERE number > ? AND released = 0 ORDER BY number LIMIT ?"
_ENDING = f"{_COLUMNS} WHERE until < ? AND released = 0 ORDER BY until, number LIMIT ?"
_UNCLEAR = f"{_COLUMNS} WHERE released = 0 AND unclear = 1 ORDER BY number LIMIT ?"
_ENDS = """
    SELECT purpose, until, no_later_than, rules, then_done, problem FROM hold_end WHERE hold = ?"""
_CONTENTS = "SELECT sha256 FROM hold_content WHERE hold = ? ORDER BY place"
_CHANGES = "SELECT what, time, author, reason, until FROM hold_change WHERE hold = ? ORDER BY id"
_TOO_LARGE: Final = 1 << 63
"""For any number in a database."""


class HoldStore:
    """The holds in one database. Every method takes part in the caller's transaction."""

    def __init__(self, database: Database) -> None:
        """Use the tables of `database`."""
        self._database = database

    def add(self, new: NewHold) -> Hold:
        """Keep a new one. Raises InvalidTextError."""
        check_texts([new.occasion.trigger, new.author, new.reason])
        when, created = times.to_number(new.occasion.time), times.to_number(new.created)
        of = (new.filing, new.case, int(new.is_test))
        with self._database.writing():
            row = self._database.row(
                _ADD,
                (new.occasion.trigger, when, new.occasion.renewals, *of, created, new.author, new.reason),
            )
            number = row[0] if row else 0
            placed = [(number, place, sha256) for place, sha256 in enumerate(new.contents, 1)]
            self._database.change_many(_ADD_CONTENT, placed)
            return self._stand(number, new.occasion.renewals, new.ends)

    def hold(self, number: int) -> Hold:
        """The hold of that number. Raises UnknownHoldError."""
        found = self._found(_HOLD, (number,)) if 0 < number < _TOO_LARGE else []
        if not found:
            message = f"there is no hold number {number}"
            raise UnknownHoldError(message)
        return found[0]

    def began(self, filing: int, trigger: str, time: datetime) -> Hold | None:
        """The hold that an event of a filing began, if it did."""
        return next(iter(self._found(_BEGAN, (filing, trigger, times.to_number(time)))), None)

    def change(self, number: int, change: HoldChange, renewals: int, ends: Sequence[End]) -> Hold:
        """Note what was done with it, and its ends from now on. Raises InvalidTextError."""
        check_texts([change.by, change.reason])
        until = None if change.until is None else times.to_number(change.until)
        said = (change.what.value, times.to_number(change.time), change.by, change.reason, until)
        with self._database.writing():
            self._database.change(_ADD_CHANGE, (number, *said))
            return self._stand(number, renewals, ends)

    def of_case(self, case: int) -> list[Hold]:
        """All of a case, oldest first."""
        return self._found(_OF_CASE, (case,)) if 0 < case < _TOO_LARGE else []

    def of_filing(self, filing: int) -> list[Hold]:
        """All of a filing, oldest first."""
        return self._found(_OF_FILING, (filing,)) if 0 < filing < _TOO_LARGE else []

    def of_content(self, sha256: bytes) -> list[Hold]:
        """All that hold a content, oldest first."""
        return self._found(_OF_CONTENT, (sha256,))

    def page(self, *, after: int = 0, limit: int = 50, unreleased: bool = False) -> list[Hold]:
        """Holds by number, from the first beyond `after`."""
        return self._found(_UNRELEASED if unreleased else _PAGE, (after, limit))

    def ending(self, before: datetime, limit: int = 50) -> list[Hold]:
        """Unreleased holds whose hold on content ends before then, the earliest first."""
        return self._found(_ENDING, (times.to_number(before), limit))

    def unclear(self, limit: int = 50) -> list[Hold]:
        """Unreleased holds of which no rule says until when content is kept."""
        return self._found(_UNCLEAR, (limit,))

    def vouched(self, number: int) -> bytes:
        """A hold with all that was done with it, in bytes for the ledger to vouch for."""
        with self._database.reading():
            return hold_vouching.hold(self._database, number)

    def _stand(self, number: int, renewals: int, ends: Sequence[End]) -> Hold:
        """Write its ends, and what searches go by."""
        self._database.change(_DROP_ENDS, (number,))
        self._database.change_many(_ADD_END, [(number, *_end_row(one)) for one in ends])
        hold = self.hold(number)
        until, content = hold.until(), hold.end()
        unclear = content is not None and bool(content.problem)
        ending = None if until is None else times.to_number(until)
        stands = (renewals, ending, int(unclear), int(hold.released is not None))
        self._database.change(_STAND, (*stands, number))
        return self.hold(number)

    def _found(self, statement: str, values: Sequence[Value]) -> list[Hold]:
        with self._database.reading():
            return [self._hold(row) for row in self._database.rows(statement, values)]

    def _hold(self, row: Row) -> Hold:
        number, trigger, time, renewals, filing, case, test, created, author, reason = row
        ends = [_end(one) for one in self._database.rows(_ENDS, (number,))]
        return Hold(
            number=number,
            occasion=Occasion(trigger, times.from_number(time), renewals),
            filing=filing,
            case=case,
            is_test=bool(test),
            created=times.from_number(created),
            author=author,
            reason=reason,
            contents=tuple(sha256 for (sha256,) in self._database.rows(_CONTENTS, (number,))),
            ends=_in_order(ends),
            changes=tuple(_change(one) for one in self._database.rows(_CHANGES, (number,))),
        )


def _end_row(end: End) -> Row:
    until = None if end.until is None else times.to_number(end.until)
    limit = None if end.no_later_than is None else times.to_number(end.no_later_than)
    return (
        end.purpose.value,
        until,
        limit,
        json.dumps(list(end.rules)),
        json.dumps(list(end.then)),
        end.problem,
    )


def _end(row: Row) -> End:
    purpose, until, limit, rules, then, problem = row
    return End(
        Purpose(purpose),
        times.from_stored(until),
        times.from_stored(limit),
        tuple(json.loads(rules)),
        tuple(json.loads(then)),
        problem,
    )


def _in_order(ends: Iterable[End]) -> tuple[End, ...]:
    order = list(Purpose)
    return tuple(sorted(ends, key=lambda end: order.index(end.purpose)))


def _change(row: Row) -> HoldChange:
    what, time, author, reason, until = row
    return HoldChange(Change(what), times.from_number(time), author, reason, times.from_stored(until))

"""Cases and their queue: `tocsin.cases.store_cases.Cases` on either database."""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from tocsin.cases.errors import NotHeldError, UnknownCaseError
from tocsin.cases.model import Case, Ground, Stage, State
from tocsin.cases.store_cases import Joined, Linked, QueueCount, WantedCases
from tocsin.cases.urgency import NEVER, NO_TURN
from tocsin.clock import present
from tocsin.storage import case_finding, case_standing, times
from tocsin.storage.case_rows import CASE, COLUMNS, cases
from tocsin.storage.case_standing import HeldFacts
from tocsin.storage.database import Database, Value

# ruff: noqa: S608  # the strings joined here are constants of this file; every value is bound

LEASE: Final = timedelta(minutes=15)
"""How long a claim holds after its holder last did something."""
RESERVED: Final = timedelta(hours=12)
"""How long a case waits for whom it was handed to, before anybody may have it."""
SKIPPED: Final = timedelta(hours=12)
"""How long somebody is not offered a case that they skipped."""
_IN_ORDER = "turn, rank, due, opened, number"
_PAGE_AFTER = "SELECT turn, rank, due, opened, number FROM review_case WHERE number = ?"
_COUNTS = """
    SELECT queue, state, stage, COUNT(*) FROM review_case WHERE state <> 'decided'
    GROUP BY queue, state, stage ORDER BY queue, state, stage"""
_HELD = f"SELECT {COLUMNS} FROM review_case WHERE state = 'claimed' AND holder = ? ORDER BY number"
# Two statements, unsorted: with OR between the conditions, or in an order, SQLite reads every case.
_LAPSED = (
    f"SELECT {COLUMNS} FROM review_case WHERE state = 'claimed' AND lease_until <= ?",
    # Of a lease that ends later than any can, the clock was set back since.
    f"SELECT {COLUMNS} FROM review_case WHERE state = 'claimed' AND lease_until > ?",
)
_HANDED_OVER = f"""
    SELECT number FROM review_case WHERE reserved_for = ? AND reserved_for <> '' AND state = 'waiting'
    AND reserved_until > ? AND first_reviewer <> ? ORDER BY {_IN_ORDER} LIMIT 1"""
_AWAITED = """
    SELECT DISTINCT reserved_for FROM review_case
    WHERE reserved_for <> '' AND state = 'waiting' AND reserved_until > ?"""
_WAITING = """
    SELECT number FROM review_case WHERE queue = ? AND state = 'waiting' AND reserved_until <= ?
    AND first_reviewer <> ?
    AND NOT EXISTS (
        SELECT 1 FROM case_skip
        WHERE case_skip.person = ? AND case_skip.case_number = review_case.number AND case_skip.until > ?)"""
# Danger that a submitter has said of others already comes before what has not waited for its turn anyway.
_FRESH = f" AND (turn <= 1 OR turn = {NO_TURN})"
# First what was skipped once, the most urgent first; then in the order in which it was skipped again.
# What somebody is kept away from for ever (see storage/decisions.py) they did not skip.
_AGAIN = f"""
    SELECT number FROM case_skip JOIN review_case ON review_case.number = case_skip.case_number
    WHERE case_skip.person = ? AND case_skip.until > ? AND case_skip.until < {times.to_number(NEVER)}
    AND queue = ? AND state = 'waiting' AND reserved_until <= ? AND first_reviewer <> ?{{}}
    ORDER BY again, again * until, {_IN_ORDER} LIMIT 1"""
_AVOIDING = """
    AND NOT EXISTS (
        SELECT 1 FROM case_category
        WHERE case_category.case_number = review_case.number AND case_category.category IN ({marks}))"""
_TAKE_TURN = """
    INSERT INTO case_turn (person, queue, turn) VALUES (?, ?, 1)
    ON CONFLICT (person, queue) DO UPDATE SET
        turn = CASE WHEN case_turn.turn + 1 >= ? THEN 0 ELSE case_turn.turn + 1 END"""
_TURN = "SELECT turn FROM case_turn WHERE person = ? AND queue = ?"
_IS_FOR = """
    SELECT 1 FROM review_case WHERE number = ? AND state = 'waiting' AND first_reviewer <> ?
    AND (reserved_for = ? OR (queue = ? AND reserved_until <= ?))"""
_CLAIM = """
    UPDATE review_case SET state = 'claimed', holder = ?, lease_until = ?, claim = claim + 1, given = ?,
        grown = 0, reserved_for = '', reserved_until = 0
    WHERE number = ? AND state = 'waiting'"""
_RENEW = "UPDATE review_case SET lease_until = ? WHERE number = ?"
_WAIT = """
    UPDATE review_case SET state = 'waiting', holder = NULL, lease_until = NULL, given = '',
        decided = NULL, reserved_for = ?, reserved_until = ?, stage = ?, first_reviewer = ?, note = ?
    WHERE number = ?"""
_CLOSE = """
    UPDATE review_case SET state = 'decided', holder = NULL, lease_until = NULL, given = '', decided = ?,
        reserved_for = '', reserved_until = 0
    WHERE number = ?"""
_TAKE_NEWS = "UPDATE review_case SET grown = 0 WHERE number = ? AND grown = 1"
_MOVE = "UPDATE review_case SET queue = ? WHERE number = ?"
_SKIP = """
    INSERT INTO case_skip (person, case_number, until, again) VALUES (?, ?, ?, ?)
    ON CONFLICT (person, case_number) DO UPDATE SET until = excluded.until, again = excluded.again"""
_FORGET_SKIPS = "DELETE FROM case_skip WHERE person = ? AND until <= ?"


class CaseStore:
    """Cases in one database. Every method takes part in the caller's transaction."""

    def __init__(
        self,
        database: Database,
        facts: HeldFacts | None = None,
        clock: Callable[[], datetime] = present,
        lease: timedelta = LEASE,
    ) -> None:
        """Keep cases in `database`; `facts` holds what people observed, which changes the order."""
        self._database = database
        self._facts = facts
        self._clock = clock
        self._lease = lease

    def _now(self) -> int:
        return times.to_number(self._clock())

    def _later(self, by: timedelta) -> int:
        return times.to_number(self._clock() + by)

    # ---- reading

    def case(self, number: int) -> Case:
        """The case of that number. Raises UnknownCaseError."""
        with self._database.reading():
            rows = self._database.rows(CASE, (number,)) if 0 < number < 1 << 63 else []
            if not rows:
                message = f"there is no case {number}"
                raise UnknownCaseError(message)
            return cases(self._database, rows, self._now())[0]

    def page(self, wanted: WantedCases, *, after: int | None = None, limit: int = 50) -> list[Case]:
        """Cases in their order (decided ones: newest decision first); with `after`, those after that case."""
        decided = wanted.state is State.DECIDED
        conditions, values = _where(wanted)
        with self._database.reading():
            if after is not None:
                last = self.case(after)
                *place, number = self._database.rows(_PAGE_AFTER, (after,))[0]
                if decided:
                    conditions.append("(decided, number) < (?, ?)")
                    values += [times.to_number(last.decided or last.opened), number]
                else:
                    conditions.append(f"({_IN_ORDER}) > (?, ?, ?, ?, ?)")
                    values += [*place, number]
            by = "decided DESC, number DESC" if decided else _IN_ORDER
            statement = f"""
                SELECT {COLUMNS} FROM review_case WHERE {" AND ".join(conditions)} ORDER BY {by} LIMIT ?"""
            return cases(self._database, self._database.rows(statement, (*values, limit)), self._now())

    def counts(self) -> list[QueueCount]:
        """How many undecided cases there are."""
        with self._database.reading():
            return [
                QueueCount(queue, State(state), Stage(stage), count)
                for queue, state, stage, count in self._database.rows(_COUNTS)
            ]

    def held(self, person: str) -> list[Case]:
        """The cases that a person holds."""
        with self._database.reading():
            return cases(self._database, self._database.rows(_HELD, (person,)), self._now())

    def lapsed(self) -> list[Case]:
        """Claimed cases whose lease has run out."""
        with self._database.reading():
            ends = (self._now(), self._later(2 * self._lease))
            rows = [
                row for one in zip(_LAPSED, ends, strict=True) for row in self._database.rows(one[0], one[1:])
            ]
            return cases(self._database, rows, self._now()) if rows else []

    def awaited(self) -> list[str]:
        """The people whom cases wait for that were handed to them."""
        with self._database.reading():
            return [who for (who,) in self._database.rows(_AWAITED, (self._now(),))]

    def waiting_for(
        self,
        person: str,
        queue: str,
        avoid: Collection[str],
        *,
        longest: bool = False,
        repeated: bool = True,
    ) -> int | None:
        """The first case that the person may be given, or the one that has waited longest.

        `avoid`: categories. What was handed to the person comes first, from whatever queue. Without
        `repeated`, danger that its submitter said of others already is left out.
        """
        now = self._now()
        with self._database.reading():
            row = self._database.row(_HANDED_OVER, (person, now, person))
            if row is None:
                statement = _WAITING
                values: list[Value] = [queue, now, person, person, now]
                statement += _avoiding(avoid) + ("" if repeated else _FRESH)
                values += sorted(avoid)
                by = "opened, number" if longest else _IN_ORDER
                row = self._database.row(f"{statement} ORDER BY {by} LIMIT 1", values)
        return None if row is None else int(row[0])

    def skipped_by(self, person: str, queue: str, avoid: Collection[str]) -> int | None:
        """The first case that the person skipped and may be given again; `avoid`: categories."""
        now = self._now()
        values: list[Value] = [person, now, queue, now, person, *sorted(avoid)]
        with self._database.reading():
            row = self._database.row(_AGAIN.format(_avoiding(avoid)), values)
        return None if row is None else int(row[0])

    def contents(self, number: int) -> list[bytes]:
        """The SHA-256 of each content in the case, in the order in which they came."""
        return case_finding.contents(self._database, number)

    def submissions(self, number: int) -> list[str]:
        """The ids of the case's submissions, oldest first."""
        return [one.submission for one in self.members(number, limit=1 << 31)]

    def members(self, number: int, *, after: str | None = None, limit: int = 100) -> list[Joined]:
        """The case's submissions, oldest first, with what brought them in."""
        return case_finding.members(self._database, number, after, limit)

    def linked(self, number: int) -> list[Linked]:
        """Cases that belong to that one, newest first, no more than a hundred."""
        return case_finding.linked(self._database, number)

    def find(self, text: str) -> list[Case]:
        """Cases by their number, a submission's id, a SHA-256 in hex, an account or a URL: newest first."""
        with self._database.reading():
            rows = case_finding.find(self._database, text)
            return cases(self._database, rows, self._now())

    # ---- holding

    def demand_held(self, number: int, person: str, claim: int) -> Case:
        """The case, if `person` holds it now by that claim; their lease begins anew.

        Call it inside the transaction of the change. Raises UnknownCaseError, NotHeldError.
        """
        with self._database.writing():
            case = self.case(number)
            if case.state is not State.CLAIMED or case.holder != person or case.claim != claim:
                message = f"{person} does not hold case {number}, or not any more"
                raise NotHeldError(message)
            now = self._clock()
            if case.lease_until is None or not now < case.lease_until <= now + 2 * self._lease:
                message = f"the claim of case {number} has run out"
                raise NotHeldError(message)
            until = now + self._lease
            self._database.change(_RENEW, (times.to_number(until), number))
            return replace(case, lease_until=until)

    def is_for(self, number: int, person: str, queue: str) -> bool:
        """Whether a case still waits in that queue for anybody, or for that person wherever it is."""
        with self._database.reading():
            return self._database.row(_IS_FOR, (number, person, person, queue, self._now())) is not None

    def turn(self, person: str, queue: str) -> int:
        """How many turns the person has had since they were last given the one waiting longest."""
        with self._database.reading():
            row = self._database.row(_TURN, (person, queue))
        return 0 if row is None else int(row[0])

    def take_turn(self, person: str, queue: str, every: int) -> None:
        """Count one turn, from 0 again after so many."""
        with self._database.writing():
            self._database.change(_TAKE_TURN, (person, queue, every))

    def claim(self, number: int, person: str, given: Ground | None = None) -> Case:
        """Give a waiting case to a person, with a new claim number and lease; `given`: why out of order.

        Raises UnknownCaseError, NotHeldError: it is not waiting.
        """
        with self._database.writing():
            values = (person, self._later(self._lease), given or "", number)
            if not self._database.change(_CLAIM, values):
                self.case(number)
                message = f"case {number} is not waiting"
                raise NotHeldError(message)
            return self.case(number)

    def take_news(self, number: int) -> bool:
        """Whether something new has become known since the case was claimed; it is told of once."""
        with self._database.writing():
            return self._database.change(_TAKE_NEWS, (number,)) > 0

    def let_go(self, number: int, *, reserved_for: str = "", note: str | None = None) -> None:
        """Have a case wait again, for one person for a while if it is `reserved_for` them."""
        case = self.case(number)
        self._wait(case, case.stage, case.first_reviewer, case.note if note is None else note, reserved_for)

    def await_second(self, number: int, first: str, note: str = "") -> None:
        """Have a case wait for somebody other than `first`."""
        self._wait(self.case(number), Stage.SECOND, first, note)

    def await_first(self, number: int, *, disagreed: bool = False, note: str = "") -> None:
        """Have a case wait for a decision again: reopened, undone, or because two reviewers disagreed."""
        with self._database.writing():
            self._wait(self.case(number), Stage.FIRST, "", note)
            case_standing.restand(self._database, self._facts, number, disagreed=disagreed)

    def _wait(self, case: Case, stage: Stage, first: str, note: str, reserved_for: str = "") -> None:
        until = self._later(RESERVED) if reserved_for else 0
        with self._database.writing():
            self._database.change(_WAIT, (reserved_for, until, stage.value, first, note, case.number))

    def close(self, number: int) -> None:
        """A decision about the case is in force: it is decided."""
        with self._database.writing():
            self._database.change(_CLOSE, (self._now(), number))

    def move(self, number: int, queue: str) -> None:
        """Put a case into another queue."""
        with self._database.writing():
            self._database.change(_MOVE, (queue, number))

    def skipped(self, number: int, person: str, *, again: bool = False) -> None:
        """Do not offer the case to that person for a while; `again`: nothing else had waited for them."""
        with self._database.writing():
            self._database.change(_FORGET_SKIPS, (person, self._now()))
            self._database.change(_SKIP, (person, number, self._later(SKIPPED), int(again)))

    def restand(self, number: int) -> Case:
        """Work out the case's place again, after observations or decisions have changed; the case."""
        with self._database.writing():
            case_standing.restand(self._database, self._facts, number)
            return self.case(number)


def _avoiding(categories: Collection[str]) -> str:
    """The condition that a case has none of so many categories."""
    return _AVOIDING.format(marks=",".join("?" * len(categories))) if categories else ""


def _where(wanted: WantedCases) -> tuple[list[str], list[Value]]:
    """The conditions that a case has to meet, and the values in them."""
    # Written out, not bound: the indexes of cases are each of one state.
    conditions = [f"state = '{wanted.state.value}'"]
    values: list[Value] = []
    for column, value in (("queue", wanted.queue), ("stage", wanted.stage), ("holder", wanted.holder)):
        if value is not None:
            conditions.append(f"{column} = ?")
            values.append(str(value))
    if wanted.reserved_for is not None:
        conditions.append("reserved_for = ? AND reserved_for <> ''")  # the second for its partial index
        values.append(wanted.reserved_for)
    if wanted.category is not None:
        conditions.append(
            "EXISTS (SELECT 1 FROM case_category WHERE case_number = review_case.number AND category = ?)"
        )
        values.append(wanted.category)
    return conditions, values

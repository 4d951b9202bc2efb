"""Destroyed content: `tocsin.filing.store_destructions.Destructions` on either database."""

from datetime import datetime
from typing import Final

from tocsin.banks.batch import check_texts
from tocsin.filing.errors import UnknownDestructionError, UnsuitableDestructionError
from tocsin.filing.holding import Destruction, DestructionState
from tocsin.storage import hold_vouching, times
from tocsin.storage.database import Database, Row

_COLUMNS = """
    SELECT number, sha256, request, reason, asked, asked_by, state, confirmed, confirmed_by, ended, ended_by,
        why
    FROM destruction"""
_ADD = """
    INSERT INTO destruction (sha256, request, reason, asked, asked_by, state) VALUES (?, ?, ?, ?, ?, ?)
    RETURNING number"""
_OPEN = f"{_COLUMNS} WHERE sha256 = ? AND ended IS NULL"
_ONE = f"{_COLUMNS} WHERE number = ?"
_OF_CONTENT = f"{_COLUMNS} WHERE sha256 = ? ORDER BY number"
_PAGE = f"{_COLUMNS} WHERE number < ? ORDER BY number DESC LIMIT ?"
_CONFIRM = "UPDATE destruction SET state = ?, confirmed = ?, confirmed_by = ? WHERE number = ?"
_END = "UPDATE destruction SET state = ?, ended = ?, ended_by = ?, why = ? WHERE number = ?"
_CASES = """
    SELECT review_case.number, review_case.state FROM content
        JOIN case_content ON case_content.content_id = content.id
        JOIN review_case ON review_case.number = case_content.case_number
    WHERE content.sha256 = ? ORDER BY review_case.number"""
_SUBMITTED = "SELECT COUNT(*) FROM content WHERE sha256 = ?"
_UNMATCHED = """
    SELECT COUNT(*) FROM content JOIN submission ON submission.content_id = content.id
    WHERE content.sha256 = ? AND submission.matched IS NULL"""
_TOO_LARGE: Final = 1 << 63
"""For any number in a database."""


class DestructionStore:
    """What was to be destroyed, and what was. Every method takes part in the caller's transaction."""

    def __init__(self, database: Database) -> None:
        """Use the tables of `database`."""
        self._database = database

    def add(self, sha256: bytes, request: str, reason: str, now: datetime, by: str) -> Destruction:
        """Keep that somebody asks for it. Raises InvalidTextError, UnsuitableDestructionError."""
        check_texts([request, reason, by])
        with self._database.writing():
            if (row := self._database.row(_OPEN, (sha256,))) is not None:
                message = f"{row[5]} has asked for it already (destruction {row[0]})"
                raise UnsuitableDestructionError(message)
            said = (request, reason, times.to_number(now), by, DestructionState.ASKED.value)
            made = self._database.row(_ADD, (sha256, *said))
            return self.destruction(made[0] if made else 0)

    def destruction(self, number: int) -> Destruction:
        """The one of that number. Raises UnknownDestructionError."""
        with self._database.reading():
            row = self._database.row(_ONE, (number,)) if 0 < number < _TOO_LARGE else None
        if row is None:
            message = f"there is no destruction number {number}"
            raise UnknownDestructionError(message)
        return _destruction(row)

    def confirm(self, number: int, now: datetime, by: str) -> Destruction:
        """Somebody confirms it."""
        with self._database.writing():
            self._database.change(
                _CONFIRM, (DestructionState.CONFIRMED.value, times.to_number(now), by, number)
            )
            return self.destruction(number)

    def end(self, number: int, state: DestructionState, now: datetime, by: str, why: str) -> Destruction:
        """It is over. Raises InvalidTextError."""
        check_texts([why])
        with self._database.writing():
            self._database.change(_END, (state.value, times.to_number(now), by, why, number))
            return self.destruction(number)

    def of_content(self, sha256: bytes) -> list[Destruction]:
        """All about a content, oldest first."""
        with self._database.reading():
            return [_destruction(row) for row in self._database.rows(_OF_CONTENT, (sha256,))]

    def page(self, *, before: int | None = None, limit: int = 50) -> list[Destruction]:
        """The newest first."""
        start = _TOO_LARGE - 1 if before is None else before
        with self._database.reading():
            return [_destruction(row) for row in self._database.rows(_PAGE, (start, limit))]

    def cases(self, sha256: bytes) -> list[tuple[int, bool]]:
        """The cases that a content is in, and whether each is decided."""
        with self._database.reading():
            rows = self._database.rows(_CASES, (sha256,))
        return [(number, state == "decided") for number, state in rows]

    def unmatched(self, sha256: bytes) -> bool:
        """Whether a submission of it has yet to be examined and matched."""
        with self._database.reading():
            return self._database.number(_UNMATCHED, (sha256,)) > 0

    def submitted(self, sha256: bytes) -> bool:
        """Whether anybody ever submitted it."""
        with self._database.reading():
            return self._database.number(_SUBMITTED, (sha256,)) > 0

    def vouched(self, number: int) -> bytes:
        """One, in bytes for the ledger to vouch for."""
        with self._database.reading():
            return hold_vouching.destruction(self._database, number)


def _destruction(row: Row) -> Destruction:
    number, sha256, request, reason, asked, asked_by, state, confirmed, confirmed_by, *end = row
    ended, ended_by, why = end
    return Destruction(
        number=number,
        sha256=sha256,
        request=request,
        reason=reason,
        asked=times.from_number(asked),
        asked_by=asked_by,
        state=DestructionState(state),
        confirmed=times.from_stored(confirmed),
        confirmed_by=confirmed_by,
        ended=times.from_stored(ended),
        ended_by=ended_by,
        why=why,
    )

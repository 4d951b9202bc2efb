"""Matches on entries that were withdrawn since; implements `tocsin.exchange.standing.Standing`."""

from collections import defaultdict
from collections.abc import Sequence

from tocsin.exchange.standing import StandsOn
from tocsin.storage import times
from tocsin.storage.database import Database, Row

# the strings joined here are constants of this file; every value is bound

_COLUMNS = """SELECT submission_match.id, submission.number, submission.id, submission_match.bank,
    submission_match.entry_id, submission_match.found, entry.withdrawn, entry.withdrawn_reason,
    exchange_superseded.by_entry, EXISTS (
        SELECT 1 FROM submission_match AS later WHERE later.entry_id = exchange_superseded.by_entry
            AND later.submission = submission_match.submission)"""
_JOINS = """JOIN entry ON entry.id = submission_match.entry_id AND entry.withdrawn IS NOT NULL
    JOIN submission ON submission.number = submission_match.submission
    LEFT JOIN exchange_superseded ON exchange_superseded.entry_id = submission_match.entry_id"""
_OF_BANK = f"""{_COLUMNS} FROM submission_match {_JOINS}
    WHERE submission_match.bank = ? AND submission_match.id < ? ORDER BY submission_match.id DESC LIMIT ?"""
_OF_CASE = f"""{_COLUMNS} FROM case_submission
    JOIN submission_match ON submission_match.submission = case_submission.submission {_JOINS}
    WHERE case_submission.case_number = ? ORDER BY submission_match.id DESC LIMIT ?"""
_CASES = """SELECT case_submission.submission, review_case.number, review_case.state
    FROM case_submission JOIN review_case ON review_case.number = case_submission.case_number
    WHERE case_submission.submission IN ({values}) ORDER BY review_case.number"""
_COUNT = """SELECT review_case.state = 'decided', COUNT(DISTINCT review_case.number)
    FROM submission_match
    JOIN entry ON entry.id = submission_match.entry_id AND entry.withdrawn IS NOT NULL
    JOIN case_submission ON case_submission.submission = submission_match.submission
    JOIN review_case ON review_case.number = case_submission.case_number
    WHERE submission_match.bank = ? GROUP BY 1"""
_NEWEST = 1 << 62


class StandingStore:
    """In one database."""

    def __init__(self, database: Database) -> None:
        """Look in `database`."""
        self._database = database

    def of_bank(self, bank: str, *, before: int | None = None, limit: int = 100) -> list[StandsOn]:
        """Those of a bank with a number below `before`, newest first."""
        with self._database.reading():
            last = _NEWEST if before is None else before
            return self._found(self._database.rows(_OF_BANK, (bank, last, limit)))

    def of_case(self, case: int, *, limit: int = 100) -> list[StandsOn]:
        """Those of a case's submissions, newest first."""
        with self._database.reading():
            return self._found(self._database.rows(_OF_CASE, (case, limit)))

    def counts(self, bank: str) -> tuple[int, int]:
        """How many cases have one of a bank: open ones, decided ones."""
        with self._database.reading():
            rows = self._database.rows(_COUNT, (bank,))
        found = {bool(decided): int(count) for decided, count in rows}
        return found.get(False, 0), found.get(True, 0)

    def _found(self, rows: Sequence[Row]) -> list[StandsOn]:
        cases: defaultdict[int, list[tuple[int, bool]]] = defaultdict(list)
        submissions = sorted({row[1] for row in rows})
        for submission, case, state in self._database.rows_among(_CASES, (), submissions):
            cases[submission].append((case, state == "decided"))
        return [_stands_on(row, tuple(cases[row[1]])) for row in rows]


def _stands_on(row: Row, cases: tuple[tuple[int, bool], ...]) -> StandsOn:
    number, _, submission, bank, entry, found, withdrawn, reason, by_entry, still = row
    return StandsOn(
        id=number,
        submission=submission,
        cases=cases,
        bank=bank,
        entry=entry,
        found=times.from_number(found),
        withdrawn=times.from_number(withdrawn),
        reason=reason,
        superseded_by=by_entry,
        still_matches=bool(still),
    )

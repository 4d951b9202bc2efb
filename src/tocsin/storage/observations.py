"""Observations: `tocsin.cases.store_observations.Observations` on either database."""

import json

from tocsin.banks.batch import check_texts
from tocsin.cases.model import Observation, Observed
from tocsin.cases.records import observed_from_json, observed_to_json
from tocsin.intake.model import UnknownSubmissionError
from tocsin.law.facts import Facts
from tocsin.storage import case_vouching, times
from tocsin.storage.database import Database, Row

_ADD = """
    INSERT INTO observation (case_number, content_id, about, observed, author, time, claim)
    SELECT ?, id, ?, ?, ?, ?, ? FROM content WHERE sha256 = ? RETURNING id"""
_COLUMNS = """
    SELECT observation.id, observation.case_number, content.sha256, observation.observed,
        observation.author, observation.time, observation.claim
    FROM observation JOIN content ON content.id = observation.content_id"""
_OF_CONTENT = f"{_COLUMNS} WHERE content.sha256 = ? ORDER BY observation.id"
_OF_CASE = f"{_COLUMNS} WHERE observation.case_number = ? ORDER BY observation.id"
_CURRENT = f"""{_COLUMNS} WHERE content.sha256 = ? AND observation.id IN
    (SELECT MAX(later.id) FROM observation AS later
        WHERE later.content_id = content.id GROUP BY later.about)
    ORDER BY observation.id"""  # noqa: S608  # a constant
_OPEN_CASES = """
    SELECT case_content.case_number FROM content
        JOIN case_content ON case_content.content_id = content.id
        JOIN review_case ON review_case.number = case_content.case_number
    WHERE content.sha256 = ? AND review_case.state <> 'decided' ORDER BY case_content.case_number"""


class ObservationStore:
    """The observations in one database. Every method takes part in the caller's transaction."""

    def __init__(self, database: Database) -> None:
        """Use the tables of `database`."""
        self._database = database

    def add(self, observed: Observed, case: int, sha256: bytes, author: str, claim: int) -> Observation:
        """Add one about a content that was submitted. Raises InvalidTextError, UnknownSubmissionError."""
        check_texts([observed.note, observed.scheme, observed.code])
        with self._database.writing():
            now, said = times.now(), json.dumps(observed_to_json(observed))
            row = self._database.row(_ADD, (case, observed.about, said, author, now, claim, sha256))
        if row is None:
            message = f"nobody has submitted content with the SHA-256 {sha256.hex()}"
            raise UnknownSubmissionError(message)
        return Observation(row[0], case, sha256, observed, author, times.from_number(now), claim)

    def of_content(self, sha256: bytes) -> list[Observation]:
        """All of a content, oldest first."""
        return self._found(_OF_CONTENT, sha256)

    def of_case(self, number: int) -> list[Observation]:
        """All that were recorded in a case, oldest first."""
        return self._found(_OF_CASE, number) if 0 < number < 1 << 63 else []

    def current(self, sha256: bytes) -> list[Observation]:
        """The newest of a content about each thing, whoever recorded it, in the order of recording."""
        return self._found(_CURRENT, sha256)

    def facts(self, sha256: bytes) -> Facts:
        """What is held of a content at present."""
        said = [one.observed for one in self.current(sha256)]
        return {one.fact: one.value for one in said if one.fact is not None and one.value is not None}

    def vouched(self, number: int) -> bytes:
        """An observation, in bytes for the ledger to vouch for."""
        with self._database.reading():
            return case_vouching.observation(self._database, number)

    def open_cases(self, sha256: bytes) -> list[int]:
        """The numbers of the undecided cases that hold a content."""
        with self._database.reading():
            return [number for (number,) in self._database.rows(_OPEN_CASES, (sha256,))]

    def _found(self, statement: str, value: bytes | int) -> list[Observation]:
        with self._database.reading():
            return [_observation(row) for row in self._database.rows(statement, (value,))]


def _observation(row: Row) -> Observation:
    number, case, sha256, observed, author, time, claim = row
    said = observed_from_json(json.loads(observed))
    return Observation(number, case, sha256, said, author, times.from_number(time), claim)

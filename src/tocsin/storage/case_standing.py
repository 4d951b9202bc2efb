"""What a case's place depends on, worked out from what is on record of its contents."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final, Protocol

from tocsin.cases.errors import UnknownCaseError
from tocsin.cases.model import Standing
from tocsin.law.facts import Fact, Facts, Value
from tocsin.storage.case_rows import NOVELTIES, Said, put_in_place, read_said, read_standing
from tocsin.storage.database import Database

MOST_TURNS: Final = 1_000
"""Turns of one submitter that are told apart."""
_KEPT = "SELECT opened, standing FROM review_case WHERE number = ?"
# What was judged here is known, whatever matched.
_NOVELTY = """
    SELECT COUNT(*), MIN(
        CASE WHEN EXISTS (
            SELECT 1 FROM judgement JOIN decision ON decision.id = judgement.decision_id
            WHERE judgement.content_id = case_content.content_id AND decision.standpoint = 'in_force')
        THEN 2 ELSE novelty END)
    FROM case_content WHERE case_number = ?"""
_SAID = """
    SELECT 1 FROM review_case
    WHERE said_by = ? AND said_by <> '' AND state <> 'decided' AND number <> ? LIMIT ?"""
_OBSERVED = """
    SELECT DISTINCT content.sha256
    FROM case_content JOIN observation ON observation.content_id = case_content.content_id
        JOIN content ON content.id = case_content.content_id
    WHERE case_content.case_number = ?"""


class HeldFacts(Protocol):
    """What people observed of contents."""

    def facts(self, sha256: bytes) -> Facts:
        """What is held of a content at present."""
        ...


def restand(  # noqa: PLR0913  # whatever may have changed
    database: Database,
    facts: HeldFacts | None,
    number: int,
    *,
    said_by: str = "",
    due: datetime | None = None,
    disagreed: bool | None = None,
) -> Standing:
    """Work out where a case stands, and keep it. Call it inside `writing`.

    `said_by`: the submitter of what comes in, if it speaks of danger. `due`: when what it asks for falls due.

    Raises UnknownCaseError.
    """
    row = database.row(_KEPT, (number,))
    if row is None:
        message = f"there is no case {number}"
        raise UnknownCaseError(message)
    opened, kept = row
    before, said = read_standing(opened, kept), said_of(database, number, said_by, read_said(kept))
    contents, novelty = database.rows(_NOVELTY, (number,))[0]
    observed = [facts.facts(sha256) for (sha256,) in database.rows(_OBSERVED, (number,))] if facts else []
    seen = any(one.get(Fact.PRESENT_DANGER) is Value.YES for one in observed)
    standing = replace(
        before,
        danger=seen or said is not None,
        turn=0 if seen or said is None else said.turn,
        said_by="" if seen or said is None else said.by,
        child=contents > len(observed) or not contents or _child(observed),
        novelty=NOVELTIES[novelty or 0],
        due=min((one for one in (before.due, due) if one is not None), default=None),
        disagreed=before.disagreed if disagreed is None else disagreed,
    )
    put_in_place(database, number, standing, said)
    return standing


def said_of(database: Database, number: int, by: str, before: Said | None = None) -> Said | None:
    """Whose words of danger count for a case: of several submitters, those of the one whose turn is first.

    `by`: who says so now, if anybody does. Whoever said so before has the turn that they had.
    """
    if not by or (before is not None and before.by == by):
        return before
    said = Said(by, len(database.rows(_SAID, (by, number, MOST_TURNS))) + 1)
    return said if before is None or said.turn < before.turn else before


def _child(observed: Iterable[Facts]) -> bool:
    """Whether a real child who has not been identified may be in any of these contents."""
    return not all(
        one.get(Fact.REAL_CHILD) is Value.NO or one.get(Fact.VICTIM_IDENTIFIED) is Value.YES
        for one in observed
    )

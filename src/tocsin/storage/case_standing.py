"""What a case's place depends on, worked out from what is on record of its contents."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from tocsin.cases.errors import UnknownCaseError
from tocsin.cases.model import Standing
from tocsin.law.facts import Fact, Facts, Value
from tocsin.storage.case_rows import NOVELTIES, put_in_place, read_standing, said_danger
from tocsin.storage.database import Database

_KEPT = "SELECT opened, standing FROM review_case WHERE number = ?"
# What was judged here is known, whatever matched.
_NOVELTY = """
    SELECT COUNT(*), MIN(
        CASE WHEN EXISTS (
            SELECT 1 FROM judgement JOIN decision ON decision.id = judgement.decision_id
            WHERE judgement.content_id = case_content.content_id AND decision.standpoint = 'in_force')
        THEN 2 ELSE novelty END)
    FROM case_content WHERE case_number = ?"""
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
    said: bool = False,
    due: datetime | None = None,
    disagreed: bool | None = None,
) -> Standing:
    """Work out where a case stands, and keep it. Call it inside `writing`.

    `said`: a submission that comes in speaks of danger. `due`: when what it asks for falls due.

    Raises UnknownCaseError.
    """
    row = database.row(_KEPT, (number,))
    if row is None:
        message = f"there is no case {number}"
        raise UnknownCaseError(message)
    opened, kept = row
    before, said = read_standing(opened, kept), said or said_danger(kept)
    contents, novelty = database.rows(_NOVELTY, (number,))[0]
    observed = [facts.facts(sha256) for (sha256,) in database.rows(_OBSERVED, (number,))] if facts else []
    standing = replace(
        before,
        danger=said or any(one.get(Fact.PRESENT_DANGER) is Value.YES for one in observed),
        child=contents > len(observed) or not contents or _child(observed),
        novelty=NOVELTIES[novelty or 0],
        due=min((one for one in (before.due, due) if one is not None), default=None),
        disagreed=before.disagreed if disagreed is None else disagreed,
    )
    put_in_place(database, number, standing, said=said)
    return standing


def _child(observed: Iterable[Facts]) -> bool:
    """Whether a real child who has not been identified may be in any of these contents."""
    return not all(
        one.get(Fact.REAL_CHILD) is Value.NO or one.get(Fact.VICTIM_IDENTIFIED) is Value.YES
        for one in observed
    )

"""Decisions and what follows from them: `tocsin.cases.store_decisions.Decisions` on either database."""

import json
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Final

from tocsin.cases.errors import UnknownDecisionError
from tocsin.cases.figures import Figure
from tocsin.cases.model import Decision, Judgement, Outcome, Standpoint
from tocsin.cases.records import proposal_from_json, proposal_to_json
from tocsin.cases.sights import Sight
from tocsin.cases.store_decisions import NewDecision, SecondWord
from tocsin.hashing.signals import SignalType
from tocsin.storage import case_seen, case_vouching, times
from tocsin.storage.database import Database, Row

_ADD = """
    INSERT INTO decision (case_number, proposal, outcome, author, time, idempotency_key, claim,
        needs_second, asked_by, standpoint)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'proposed') RETURNING id"""
_COLUMNS = """
    SELECT id, case_number, proposal, author, time, standpoint, needs_second, second, second_time,
        second_note, undo_until, claim, second_claim, asked_by, supersedes
    FROM decision"""
_DECISION = f"{_COLUMNS} WHERE id = ?"
_SENT = f"{_COLUMNS} WHERE author = ? AND idempotency_key = ?"
_OF_CASE = f"{_COLUMNS} WHERE case_number = ? ORDER BY id"
_PUBLISHED = "SELECT entry_id FROM publication WHERE decision_id = ? ORDER BY entry_id"
_SET_STANDPOINT = "UPDATE decision SET standpoint = ? WHERE id = ?"
_ANSWER = """
    UPDATE decision SET second = ?, second_time = ?, second_note = ?, second_claim = ? WHERE id = ?"""
_TAKE_FORCE = """
    UPDATE decision SET standpoint = 'in_force', taken = ?, supersedes = ?, undo_until = ? WHERE id = ?"""
_JUDGE = """
    INSERT INTO judgement (content_id, decision_id)
    SELECT case_content.content_id, decision.id
    FROM decision JOIN case_content ON case_content.case_number = decision.case_number
    WHERE decision.id = ?"""
_CASE_MATCHES = """
    FROM case_submission
        JOIN submission ON submission.number = case_submission.submission
        JOIN submission_match ON submission_match.submission = case_submission.submission
    WHERE case_submission.case_number = ? AND submission_match.suppressed = 0"""
_JUDGE_MATCHES = f"""
    INSERT INTO judged_match (content_id, entry_id, type, decision_id, bank, distance, wrong)
    SELECT submission.content_id, submission_match.entry_id, submission_match.type, ?,
        MIN(submission_match.bank), MIN(submission_match.distance), 0
    {_CASE_MATCHES}
    GROUP BY submission.content_id, submission_match.entry_id, submission_match.type"""
# The contents are named again because the table's key begins with them.
_WRONG = """
    UPDATE judged_match SET wrong = 1 WHERE decision_id = ? AND entry_id = ? AND content_id IN
        (SELECT case_content.content_id FROM case_content WHERE case_content.case_number = ?)"""
_MATCHED = f"SELECT DISTINCT submission_match.entry_id, submission_match.bank {_CASE_MATCHES}"
_PUBLISH = "INSERT INTO publication (decision_id, entry_id) VALUES (?, ?)"
_STANDING = """
    SELECT publication.entry_id FROM publication JOIN decision ON decision.id = publication.decision_id
    WHERE decision.standpoint = 'in_force' AND publication.entry_id IN ({values})"""
_JUDGEMENTS = """
    SELECT content.sha256, decision.case_number, decision.outcome, decision.author, decision.second,
        decision.time, decision.second_time, decision.taken
    FROM content
        JOIN judgement ON judgement.content_id = content.id
        JOIN decision ON decision.id = judgement.decision_id
    WHERE decision.standpoint = 'in_force' AND content.sha256 IN ({values})"""
_FIGURES = """
    SELECT found.type, found.distance, COUNT(*), SUM(found.wrong),
        SUM(CASE WHEN found.wrong = 0 AND decision.outcome = 'report' THEN 1 ELSE 0 END)
    FROM judged_match AS found JOIN decision ON decision.id = found.decision_id
    WHERE found.bank = ? AND decision.standpoint = 'in_force' AND NOT EXISTS
        (SELECT 1 FROM judged_match AS other JOIN decision AS later ON later.id = other.decision_id
            WHERE other.content_id = found.content_id AND other.entry_id = found.entry_id
                AND other.type = found.type AND later.standpoint = 'in_force'
                AND later.taken > decision.taken)
    GROUP BY found.type, found.distance ORDER BY found.type, found.distance"""
_KEEP_AWAY = """
    INSERT INTO case_skip (person, case_number, until) VALUES (?, ?, ?)
    ON CONFLICT (person, case_number) DO UPDATE SET until = excluded.until"""
_LET_BACK = "DELETE FROM case_skip WHERE case_number = ? AND until = ?"
_TOO_LARGE: Final = 1 << 63
"""For any number in a database."""
_FOR_EVER: Final = times.to_number(datetime.max.replace(tzinfo=UTC))


class DecisionStore:
    """The decisions in one database. Every method takes part in the caller's transaction."""

    def __init__(self, database: Database) -> None:
        """Use the tables of `database`."""
        self._database = database

    def sent(self, author: str, key: str) -> Decision | None:
        """What that person sent with that key, if anything."""
        with self._database.reading():
            row = self._database.row(_SENT, (author, key))
            return None if row is None else self._decision(row)

    def add(self, new: NewDecision) -> Decision:
        """Record a decision as proposed."""
        with self._database.writing():
            row = self._database.row(_ADD, _row(new))
            return self.decision(row[0] if row else 0)

    def decision(self, number: int) -> Decision:
        """The decision of that number. Raises UnknownDecisionError."""
        with self._database.reading():
            row = self._database.row(_DECISION, (number,)) if 0 < number < _TOO_LARGE else None
            if row is None:
                message = f"there is no decision number {number}"
                raise UnknownDecisionError(message)
            return self._decision(row)

    def of_case(self, case: int) -> list[Decision]:
        """All decisions about a case, oldest first."""
        with self._database.reading():
            rows = self._database.rows(_OF_CASE, (case,)) if 0 < case < _TOO_LARGE else []
            return [self._decision(row) for row in rows]

    def set_standpoint(self, number: int, standpoint: Standpoint) -> None:
        """Say where a decision stands."""
        with self._database.writing():
            self._database.change(_SET_STANDPOINT, (standpoint.value, number))

    def answer(self, number: int, word: SecondWord) -> None:
        """Keep what the second person says."""
        said = (word.person, times.to_number(word.time), word.note, word.claim)
        with self._database.writing():
            self._database.change(_ANSWER, (*said, number))

    def take_force(
        self, number: int, supersedes: int | None, undo_until: datetime, wrong: Collection[int]
    ) -> None:
        """A decision is in force: it judges its case's contents and their matches.

        `wrong`: the entries whose matches it calls wrong. No other decision about the case is in force.
        """
        with self._database.writing():
            taken = self._database.take_numbers("decision_taken", 1)
            until = times.to_number(undo_until)
            self._database.change(_TAKE_FORCE, (taken, supersedes, until, number))
            self._database.change(_JUDGE, (number,))
            case = self.decision(number).case
            self._database.change(_JUDGE_MATCHES, (number, case))
            self._database.change_many(_WRONG, [(number, entry, case) for entry in sorted(wrong)])

    def publish(self, number: int, entries: Collection[int]) -> None:
        """Note the entries that a decision made."""
        with self._database.writing():
            self._database.change_many(_PUBLISH, [(number, entry) for entry in sorted(set(entries))])

    def standing(self, entries: Collection[int]) -> set[int]:
        """Those entries that decisions in force made."""
        with self._database.reading():
            return {entry for (entry,) in self._database.rows_among(_STANDING, (), sorted(entries))}

    def matched(self, case: int) -> dict[int, str]:
        """The entries that contents of a case matched, with their banks; not what was suppressed."""
        with self._database.reading():
            return dict(self._database.rows(_MATCHED, (case,)))

    def judgements(self, contents: Collection[bytes]) -> dict[bytes, Judgement]:
        """What was judged last of those contents; those that no decision in force is about are absent."""
        with self._database.reading():
            rows = list(self._database.rows_among(_JUDGEMENTS, (), sorted(contents)))
        rows.sort(key=lambda row: row[-1])
        return {row[0]: _judgement(row) for row in rows}  # the last one stays

    def sights(self, case: int, person: str) -> list[Sight]:
        """What a person knows of the contents of a case, in their order; not what was judged."""
        with self._database.reading():
            return case_seen.sights(self._database, case, person)

    def figures(self, bank: str) -> list[Figure]:
        """What decisions in force say of a bank's matches, by type and distance."""
        with self._database.reading():
            rows = self._database.rows(_FIGURES, (bank,))
        return [Figure(SignalType(kind), *(int(number) for number in numbers)) for kind, *numbers in rows]

    def vouched(self, number: int) -> bytes:
        """A decision with what it judged and published, in bytes for the ledger to vouch for."""
        with self._database.reading():
            return case_vouching.decision(self._database, number)

    def keep_away(self, case: int, people: Collection[str]) -> None:
        """Do not offer a case to these people any more."""
        with self._database.writing():
            self._database.change_many(_KEEP_AWAY, [(one, case, _FOR_EVER) for one in sorted(people)])

    def let_back(self, case: int) -> None:
        """A case that was decided may be offered to everybody again."""
        with self._database.writing():
            self._database.change(_LET_BACK, (case, _FOR_EVER))

    def _decision(self, row: Row) -> Decision:
        number, case, proposal, author, time, standpoint, why, second, second_time, note, until, *rest = row
        claim, second_claim, asked_by, supersedes = rest
        return Decision(
            id=number,
            case=case,
            proposal=proposal_from_json(json.loads(proposal)),
            author=author,
            time=times.from_number(time),
            standpoint=Standpoint(standpoint),
            needs_second=tuple(json.loads(why)),
            second=second,
            second_time=times.from_stored(second_time),
            second_note=note,
            published=tuple(entry for (entry,) in self._database.rows(_PUBLISHED, (number,))),
            undo_until=times.from_stored(until),
            claim=claim,
            second_claim=second_claim,
            asked_by=asked_by,
            supersedes=supersedes,
        )


def _row(new: NewDecision) -> Row:
    return (
        new.case,
        json.dumps(proposal_to_json(new.proposal)),
        new.proposal.outcome.value,
        new.author,
        times.to_number(new.time),
        new.key,
        new.claim,
        json.dumps(list(new.needs_second)),
        new.asked_by,
    )


def _judgement(row: Row) -> Judgement:
    sha256, case, outcome, author, second, time, second_time, _ = row
    by = (author, second) if second else (author,)
    when = times.from_number(time if second_time is None else second_time)
    return Judgement(sha256, case, Outcome(outcome), by, when)

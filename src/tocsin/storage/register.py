"""The register of reports to the NCA: `tocsin.filing.nca.store_register.RegisterStore` on either database."""

import json
from typing import TYPE_CHECKING

from tocsin.banks.batch import check_texts
from tocsin.filing.nca.form import Answer
from tocsin.filing.nca.model import (
    Entry,
    EntryState,
    NewEntry,
    Question,
    UnknownEntryError,
    UnknownQuestionError,
)
from tocsin.filing.nca.priorities import Priority, Proposed
from tocsin.filing.nca.store_register import WantedEntries
from tocsin.storage import notice_vouching, times
from tocsin.storage.database import Database, Row, Value

if TYPE_CHECKING:
    from datetime import datetime

# ruff: noqa: S608  # the strings joined here are constants of this file; every value is bound
_COLUMNS = """number, case_number, platform, account, follows, author, created, revision, state, proposed,
    priority, priority_by, priority_reason, answers, test, reference, sent, sent_by, form, acknowledged,
    acknowledged_words"""
_ADD = f"""INSERT INTO register_entry
        (case_number, platform, account, follows, author, created, revision, state, proposed, answers)
    VALUES (?, ?, ?, ?, ?, ?, 1, 'prepared', ?, '{{}}') RETURNING {_COLUMNS}"""
_ONE = f"SELECT {_COLUMNS} FROM register_entry WHERE number = ?"
_PAGE = f"""SELECT {_COLUMNS} FROM register_entry
    WHERE number < ? AND (? = 0 OR case_number = ?) AND (? = 0 OR platform = ? AND account = ?)
        {{states}}
    ORDER BY number DESC LIMIT ?"""
_COUNTS = "SELECT state, COUNT(*) FROM register_entry GROUP BY state"
_HAS_REFERENCE = "SELECT COUNT(*) FROM register_entry WHERE reference = ? AND reference <> '' AND test = 0"
_KEEP = """UPDATE register_entry SET revision = revision + 1, state = ?, priority = ?, priority_by = ?,
        priority_reason = ?, answers = ?, test = ?, reference = ?, sent = ?, sent_by = ?, form = ?,
        acknowledged = ?, acknowledged_words = ?
    WHERE number = ?"""
_QUESTION_COLUMNS = "id, entry, asked, due, words, noted_by, answered, answer, answered_by"
_ASK = f"""INSERT INTO register_question (entry, asked, due, words, noted_by) VALUES (?, ?, ?, ?, ?)
    RETURNING {_QUESTION_COLUMNS}"""
_QUESTION = f"SELECT {_QUESTION_COLUMNS} FROM register_question WHERE id = ?"
_ANSWER = "UPDATE register_question SET answered = ?, answer = ?, answered_by = ? WHERE id = ?"
_QUESTIONS = f"SELECT {_QUESTION_COLUMNS} FROM register_question WHERE entry = ? ORDER BY id"
_OPEN = f"""SELECT {_QUESTION_COLUMNS} FROM register_question WHERE answered IS NULL
    ORDER BY due, id LIMIT ?"""
_NO_LIMIT = (1 << 63) - 1


class RegisterStore:
    """The register of one database. Every method takes part in the caller's transaction, if there is one."""

    def __init__(self, database: Database) -> None:
        """Keep it in `database`."""
        self._database = database

    def add(self, new: NewEntry, created: "datetime") -> Entry:
        """Keep a new one. Raises InvalidTextError."""
        check_texts((new.platform, new.account))
        told = json.dumps({"priority": new.proposed.priority.value, "reasons": new.proposed.reasons})
        about = (new.case, new.platform, new.account, new.follows)
        values = (*about, new.author, times.to_number(created), told)
        with self._database.writing():
            row = self._database.row(_ADD, values)
        assert row is not None  # noqa: S101  # RETURNING; for the type checker
        return _entry(row)

    def entry(self, number: int) -> Entry:
        """The entry of that number. Raises UnknownEntryError."""
        with self._database.reading():
            row = self._database.row(_ONE, (number,)) if 0 < number < _NO_LIMIT else None
        if row is None:
            message = f"the register has no entry number {number}"
            raise UnknownEntryError(message)
        return _entry(row)

    def page(self, wanted: WantedEntries, *, before: int | None = None, limit: int = 50) -> list[Entry]:
        """Entries, newest first."""
        states = sorted(one.value for one in wanted.states)
        marks = f"AND state IN ({', '.join('?' * len(states))})" if states else ""
        filters: tuple[Value, ...] = (
            _NO_LIMIT if before is None else before,
            wanted.case or 0,
            wanted.case or 0,
            int(wanted.subject is not None),
            wanted.subject.platform if wanted.subject else "",
            wanted.subject.account if wanted.subject else "",
            *states,
            limit,
        )
        with self._database.reading():
            return [_entry(row) for row in self._database.rows(_PAGE.format(states=marks), filters)]

    def counts(self) -> dict[EntryState, int]:
        """How many there are in each state."""
        with self._database.reading():
            return {EntryState(state): count for state, count in self._database.rows(_COUNTS)}

    def has_reference(self, reference: str) -> bool:
        """Whether an entry that is no test has that reference."""
        with self._database.reading():
            return self._database.number(_HAS_REFERENCE, (reference,)) > 0

    def keep(self, entry: Entry) -> Entry:
        """Keep an entry as it is now: the next revision. Raises InvalidTextError."""
        answers = json.dumps({key: [one.text, one.not_held, one.by] for key, one in entry.answers.items()})
        values = (
            entry.state.value,
            entry.priority.value if entry.priority else "",
            entry.priority_by,
            entry.priority_reason,
            answers,
            int(entry.test),
            entry.reference,
            None if entry.sent is None else times.to_number(entry.sent),
            entry.sent_by,
            entry.form,
            None if entry.acknowledged is None else times.to_number(entry.acknowledged),
            entry.acknowledged_words,
            entry.number,
        )
        check_texts([value for value in values if isinstance(value, str)])
        with self._database.writing():
            self._database.change(_KEEP, values)
            return self.entry(entry.number)

    def ask(self, entry: int, asked: "datetime", due: "datetime", words: str, noted_by: str) -> Question:
        """Keep a question of the authority. Raises InvalidTextError."""
        check_texts((words,))
        values = (entry, times.to_number(asked), times.to_number(due), words, noted_by)
        with self._database.writing():
            row = self._database.row(_ASK, values)
        assert row is not None  # noqa: S101  # RETURNING; for the type checker
        return _question(row)

    def question(self, number: int) -> Question:
        """The question of that number. Raises UnknownQuestionError."""
        with self._database.reading():
            row = self._database.row(_QUESTION, (number,)) if 0 < number < _NO_LIMIT else None
        if row is None:
            message = f"the register has no question number {number}"
            raise UnknownQuestionError(message)
        return _question(row)

    def answer(self, number: int, answered: "datetime", answer: str, by: str) -> Question:
        """Keep what was answered. Raises InvalidTextError."""
        check_texts((answer,))
        with self._database.writing():
            self._database.change(_ANSWER, (times.to_number(answered), answer, by, number))
            return self.question(number)

    def questions(self, entry: int) -> list[Question]:
        """What was asked about an entry, oldest first."""
        with self._database.reading():
            return [_question(row) for row in self._database.rows(_QUESTIONS, (entry,))]

    def open_questions(self, limit: int = 50) -> list[Question]:
        """What is not answered, what is due first before all else."""
        with self._database.reading():
            return [_question(row) for row in self._database.rows(_OPEN, (limit,))]

    def vouched(self, number: int) -> bytes:
        """An entry with its questions, in bytes for the ledger to vouch for."""
        with self._database.reading():
            return notice_vouching.entry(self._database, number)


def _entry(row: Row) -> Entry:
    number, case, platform, account, follows, author, created, revision, state, told, *rest = row
    priority, priority_by, priority_reason, answers, test, reference, sent, sent_by, form, *last = rest
    acknowledged, acknowledged_words = last
    facts = json.loads(told)
    return Entry(
        case=case,
        platform=platform,
        account=account,
        follows=follows,
        proposed=Proposed(Priority(facts["priority"]), tuple(facts["reasons"])),
        author=author,
        number=number,
        state=EntryState(state),
        revision=revision,
        created=times.from_number(created),
        priority=Priority(priority) if priority else None,
        priority_by=priority_by,
        priority_reason=priority_reason,
        answers={key: Answer(*said) for key, said in json.loads(answers).items()},
        test=bool(test),
        reference=reference,
        sent=times.from_stored(sent),
        sent_by=sent_by,
        form=form,
        acknowledged=times.from_stored(acknowledged),
        acknowledged_words=acknowledged_words,
    )


def _question(row: Row) -> Question:
    number, entry, asked, due, words, noted_by, answered, answer, answered_by = row
    return Question(
        number,
        entry,
        times.from_number(asked),
        times.from_number(due),
        words,
        noted_by,
        times.from_stored(answered),
        answer,
        answered_by,
    )

"""What the ledger vouches for of notices and of the register: the newest row about each, for all of it.

As tocsin.storage.vouching does of submissions; docs/formats/ledger.md says what is covered.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from tocsin.evidence.checking import Broken
from tocsin.storage.database import Database, Row
from tocsin.storage.vouching import in_bytes, page_by_page, why_not

if TYPE_CHECKING:
    from tocsin.evidence.keys import Keys

_PAGE: Final = 200
_NOTICE = """
    SELECT number, case_number, provider, url, found, law, reference, test, author, state, revision, created,
        sent, reminders, next_reminder, answered, their_reference, problem
    FROM notice WHERE number = ?"""
# Attempts are noted without the ledger, which has what came of them.
_HISTORY = """
    SELECT time, what, actor, words FROM notice_event
    WHERE notice = ? AND what NOT IN ('attempted', 'not_sent') ORDER BY id"""
_ENTRY = """
    SELECT number, case_number, account, follows, author, created, revision, state, proposed, priority,
        priority_by, priority_reason, answers, test, reference, sent, sent_by, form, acknowledged,
        acknowledged_words
    FROM register_entry WHERE number = ?"""
_QUESTIONS = """
    SELECT id, asked, due, words, noted_by, answered, answer, answered_by FROM register_question
    WHERE entry = ? ORDER BY id"""


def notice(database: Database, number: int) -> bytes:
    """A notice with its history but for attempts. Inside a transaction."""
    return b"\n".join(in_bytes(database.rows(one, (number,))) for one in (_NOTICE, _HISTORY))


def entry(database: Database, number: int) -> bytes:
    """An entry of the register with its questions. Inside a transaction."""
    return b"\n".join(in_bytes(database.rows(one, (number,))) for one in (_ENTRY, _QUESTIONS))


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of thing."""

    subject: str
    """How the ledger's subjects begin, and what broken ones are called."""
    paged: str
    """The numbers of all, and the last row about each."""
    gone: str
    """The subjects of those that the ledger says were made, and that are not there."""
    told: Callable[[Database, int], bytes]


_KINDS: Final = (
    _Kind(
        "notice",
        """SELECT number, (SELECT MAX(ledger.number) FROM ledger
                WHERE subject = 'notice:' || CAST(notice.number AS TEXT))
            FROM notice WHERE number > ? ORDER BY number LIMIT ?""",
        # 8: after "notice:".
        """SELECT subject FROM ledger WHERE kind = 'notice.drafted' AND NOT EXISTS
            (SELECT 1 FROM notice WHERE notice.number = CAST(SUBSTR(ledger.subject, 8) AS BIGINT))
            ORDER BY ledger.number""",
        notice,
    ),
    _Kind(
        "register",
        """SELECT number, (SELECT MAX(ledger.number) FROM ledger
                WHERE subject = 'register:' || CAST(register_entry.number AS TEXT))
            FROM register_entry WHERE number > ? ORDER BY number LIMIT ?""",
        # 10: after "register:".
        """SELECT subject FROM ledger WHERE kind = 'register.prepared' AND NOT EXISTS
            (SELECT 1 FROM register_entry
                WHERE register_entry.number = CAST(SUBSTR(ledger.subject, 10) AS BIGINT))
            ORDER BY ledger.number""",
        entry,
    ),
)


def broken(database: Database, keys: "Keys") -> Iterator[Broken]:
    """The notices and entries of the register that are not as the ledger says."""
    for kind in _KINDS:
        with database.reading():
            gone = database.rows(kind.gone)
        for (subject,) in gone:
            yield Broken(str(subject).replace(":", " "), "the ledger tells of it, but it is gone")
        yield from page_by_page(database, kind.paged, _PAGE, partial(_of, database, keys, kind))


def _of(database: Database, keys: "Keys", kind: _Kind, row: Row) -> Iterator[Broken]:
    number, last = row
    if last is None:
        yield Broken(f"{kind.subject} {number}", "the ledger says nothing of it")
    elif why := why_not(database, keys, last, kind.told(database, number)):
        yield Broken(f"{kind.subject} {number}", f"it is not as the ledger says: {why}")

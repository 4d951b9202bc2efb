"""What the ledger vouches for of notices and of the register: the newest row about each, for all of it.

As tocsin.storage.vouching does of submissions; docs/formats/ledger.md says what is covered.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from tocsin.evidence.checking import Broken
from tocsin.storage.database import Database
from tocsin.storage.vouching import Whole, broken_wholes, in_bytes

if TYPE_CHECKING:
    from tocsin.evidence.keys import Keys

_NOTICE = """
    SELECT number, case_number, provider, url, found, law, reference, test, author, state, revision, created,
        sent, reminders, next_reminder, answered, their_reference, problem
    FROM notice WHERE number = ?"""
# Attempts are noted without the ledger, which has what came of them.
_HISTORY = """
    SELECT time, what, actor, words FROM notice_event
    WHERE notice = ? AND what NOT IN ('attempted', 'not_sent') ORDER BY id"""
_ENTRY = """
    SELECT number, case_number, platform, account, follows, author, created, revision, state, proposed,
        priority, priority_by, priority_reason, answers, test, reference, sent, sent_by, form, acknowledged,
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


_KINDS: Final = (
    Whole("notice", "notice", "notice.drafted", notice),
    Whole("register", "register_entry", "register.prepared", entry),
)


def broken(database: Database, keys: "Keys") -> Iterator[Broken]:
    """The notices and entries of the register that are not as the ledger says."""
    for kind in _KINDS:
        yield from broken_wholes(database, keys, kind)

"""What the ledger vouches for of keeping: holds with their ends, and what was destroyed.

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

_HOLD = """
    SELECT number, trigger_event, time, renewals, filing, case_number, is_test, created, author, reason,
        until, unclear, released
    FROM hold WHERE number = ?"""
_ENDS = """
    SELECT purpose, until, no_later_than, rules, then_done, problem FROM hold_end WHERE hold = ?
    ORDER BY purpose"""
_CONTENTS = "SELECT place, sha256 FROM hold_content WHERE hold = ? ORDER BY place"
_CHANGES = "SELECT what, time, author, reason, until FROM hold_change WHERE hold = ? ORDER BY id"
_DESTRUCTION = """
    SELECT number, sha256, request, reason, asked, asked_by, state, confirmed, confirmed_by, ended, ended_by,
        why
    FROM destruction WHERE number = ?"""


def hold(database: Database, number: int) -> bytes:
    """A hold as it stands. Inside a transaction."""
    told = (_HOLD, _ENDS, _CONTENTS, _CHANGES)
    return b"\n".join(in_bytes(database.rows(one, (number,))) for one in told)


def destruction(database: Database, number: int) -> bytes:
    """A destruction as it stands. Inside a transaction."""
    return in_bytes(database.rows(_DESTRUCTION, (number,)))


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of thing of which the last row of the ledger about it vouches for all of it."""

    name: str
    paged: str
    """The numbers of all, and the last row about each."""
    gone: str
    """The subjects of those that the ledger says began, and that are not there."""
    told: Callable[[Database, int], bytes]


_HOLDS = _Kind(
    "hold",
    """SELECT number, (SELECT MAX(ledger.number) FROM ledger
            WHERE subject = 'hold:' || CAST(hold.number AS TEXT))
        FROM hold WHERE number > ? ORDER BY number LIMIT ?""",
    # 6: after "hold:".
    """SELECT subject FROM ledger WHERE kind = 'hold.began' AND NOT EXISTS
        (SELECT 1 FROM hold WHERE hold.number = CAST(SUBSTR(ledger.subject, 6) AS BIGINT))
        ORDER BY ledger.number""",
    hold,
)
_DESTRUCTIONS = _Kind(
    "destruction",
    """SELECT number, (SELECT MAX(ledger.number) FROM ledger
            WHERE subject = 'destruction:' || CAST(destruction.number AS TEXT))
        FROM destruction WHERE number > ? ORDER BY number LIMIT ?""",
    # 13: after "destruction:".
    """SELECT subject FROM ledger WHERE kind = 'destruction.asked' AND NOT EXISTS
        (SELECT 1 FROM destruction WHERE destruction.number = CAST(SUBSTR(ledger.subject, 13) AS BIGINT))
        ORDER BY ledger.number""",
    destruction,
)


def broken(database: Database, keys: "Keys") -> Iterator[Broken]:
    """The holds and destructions that are not as the ledger says."""
    for kind in (_HOLDS, _DESTRUCTIONS):
        with database.reading():
            gone = database.rows(kind.gone)
        for (subject,) in gone:
            yield Broken(str(subject).replace(":", " "), "the ledger tells of it, but it is gone")
        yield from page_by_page(database, kind.paged, _PAGE, partial(_of, database, keys, kind))


def _of(database: Database, keys: "Keys", kind: _Kind, row: Row) -> Iterator[Broken]:
    number, last = row
    if last is None:
        yield Broken(f"{kind.name} {number}", "the ledger says nothing of it")
    elif why := why_not(database, keys, last, kind.told(database, number)):
        yield Broken(f"{kind.name} {number}", f"it is not as the ledger says: {why}")

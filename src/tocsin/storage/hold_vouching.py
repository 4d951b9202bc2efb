"""What the ledger vouches for of keeping: holds with their ends, and what was destroyed.

As tocsin.storage.vouching does of submissions; docs/formats/ledger.md says what is covered.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from tocsin.evidence.checking import Broken
from tocsin.storage.database import Database
from tocsin.storage.vouching import Whole, broken_wholes, in_bytes

if TYPE_CHECKING:
    from tocsin.evidence.keys import Keys

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


_KINDS: Final = (
    Whole("hold", "hold", "hold.began", hold),
    Whole("destruction", "destruction", "destruction.asked", destruction),
)


def broken(database: Database, keys: "Keys") -> Iterator[Broken]:
    """The holds and destructions that are not as the ledger says."""
    for kind in _KINDS:
        yield from broken_wholes(database, keys, kind)

"""What the ledger vouches for of keeping: holds with their ends, and what was destroyed.

As tocsin.storage.vouching does of submissions; docs/formats/ledger.md says what is covered.
"""

from tocsin.storage.database import Database
from tocsin.storage.vouching import in_bytes

_HOLD = """
    SELECT number, trigger_event, time, renewals, filing, case_number, is_test, created, author, reason,
        until, unclear, released
    FROM hold WHERE number = ?"""
_ENDS = """
    SELECT purpose, until, no_later_than, rules, then_done, problem FROM hold_end WHERE hold = ?
    ORDER BY purpose"""
_CONTENTS = "SELECT place, sha256 FROM hold_content WHERE hold = ? ORDER BY place"
_CHANGES = "SELECT what, time, author, reason, until FROM hold_change WHERE hold = ? ORDER BY id"


def hold(database: Database, number: int) -> bytes:
    """A hold as it stands. Inside a transaction."""
    told = (_HOLD, _ENDS, _CONTENTS, _CHANGES)
    return b"\n".join(in_bytes(database.rows(one, (number,))) for one in told)

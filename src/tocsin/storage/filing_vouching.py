"""What the ledger vouches for of filings: what was drafted, checked, confirmed, sent, answered, receipted.

As tocsin.storage.case_vouching does of review. The newest row about a filing vouches for all of it, with a
digest over every call that had ended by then; docs/formats/ledger.md says what is covered.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from tocsin.evidence.checking import Broken
from tocsin.storage import filing_rows
from tocsin.storage.database import Database, Row
from tocsin.storage.vouching import gone, in_bytes, page_by_page, why_not

if TYPE_CHECKING:
    from tocsin.evidence.keys import Keys

_PAGE: Final = 100
_FILING = """
    SELECT number, case_number, decision_id, authority, environment, kind, platform, account, state, revision,
        created, author, checked_by, confirmed_by, stopped, follows
    FROM filing WHERE number = ?"""
_DRAFT = "SELECT report, notes FROM filing_draft WHERE filing = ?"
_FILES = """
    SELECT place, sha256, size, details, include FROM filing_draft_file WHERE filing = ? ORDER BY place"""
# Not when it was last added to, nor whether somebody was alarmed: the calls say it.
_REPORTS = """
    SELECT id, environment, report_id, opened, fate FROM filing_report WHERE filing = ? ORDER BY id"""
_RECEIPT = f"{filing_rows.RECEIPT} WHERE filing = ?"
_TOLD: Final = (_FILING, _DRAFT, _FILES, _REPORTS, _RECEIPT)

_FILINGS = """
    SELECT number, state,
        (SELECT MAX(ledger.number) FROM ledger
            WHERE subject = 'filing:' || CAST(filing.number AS TEXT) AND kind LIKE 'filing.%'),
        EXISTS (SELECT 1 FROM filing_report WHERE filing = filing.number AND fate = 'stray')
    FROM filing WHERE number > ? ORDER BY number LIMIT ?"""
_SETTLED: Final = frozenset({"finished", "retracted", "stopped", "drafted", "checked"})
"""No call ends in these states without a row in the ledger, except about a stray report."""


def filing(database: Database, number: int) -> bytes:
    """A filing as it stands, with its draft, reports, calls that have ended, and receipt.

    Inside a transaction.
    """
    newest = database.row(filing_rows.LAST_LINK, (number,))
    return _bytes(_told(database, number), newest[1] if newest else b"")


def _told(database: Database, number: int) -> bytes:
    return b"\n".join(in_bytes(database.rows(one, (number,))) for one in _TOLD)


def _bytes(told: bytes, newest: bytes) -> bytes:
    return told + b"\n" + newest.hex().encode()


def broken(database: Database, keys: "Keys") -> Iterator[Broken]:
    """What of filings is not as the ledger says."""
    yield from gone(database, "filing", "filing", "filing.drafted")
    yield from page_by_page(database, _FILINGS, _PAGE, lambda row: _of_filing(database, keys, row))


def _of_filing(database: Database, keys: "Keys", row: Row) -> Iterator[Broken]:
    number, state, last, stray = row
    if last is None:
        yield Broken(f"filing {number}", "the ledger says nothing of it")
        return
    told = _told(database, number)
    links = filing_rows.chain(database, number)
    # Calls that failed since are not told of one by one; not while it is settled, when none are made.
    candidates = links[-1:] if state in _SETTLED and not stray else reversed(links)
    why = ""
    for newest in candidates:
        why = why_not(database, keys, last, _bytes(told, newest))
        if not why:
            return
    yield Broken(f"filing {number}", f"it is not as the ledger says: {why}")

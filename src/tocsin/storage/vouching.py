"""What the ledger vouches for in other tables: submissions as they were received, and their matches.

A row of the ledger holds a keyed digest (`Keys.vouch`) of what the tables held when it was written. A home
whose tables were changed since is found by that; see docs/formats/ledger.md for what is covered.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from tocsin.evidence.checking import Broken
from tocsin.evidence.errors import KeysError
from tocsin.storage.database import Database, Row, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tocsin.evidence.keys import Keys

_PAGE: Final = 500
_RECEIVED = """
    SELECT submission.id, content.sha256, content.size, submission.received, submission.submitter,
        submission.idempotency_key, submission.platform, submission.account, submission.url,
        submission.context, submission.job
    FROM submission JOIN content ON content.id = submission.content_id WHERE submission.number = ?"""
_MATCHES = """
    SELECT found, retroactive, member, bank, bank_version, entry_id, type, distance, radius, suppressed,
        detail
    FROM submission_match WHERE submission = ? ORDER BY id"""
_PAGED = """
    SELECT number, id, matched,
        (SELECT MIN(ledger.number) FROM ledger
            WHERE subject = 'submission:' || submission.id AND kind = 'submission.received'),
        (SELECT MAX(ledger.number) FROM ledger
            WHERE subject = 'submission:' || submission.id
                AND kind IN ('submission.examined', 'submission.matched'))
    FROM submission WHERE number > ? ORDER BY number LIMIT ?"""
_DETAIL = "SELECT detail FROM ledger WHERE number = ?"
_WHOLES = """
    SELECT number, (SELECT MAX(ledger.number) FROM ledger
        WHERE subject = '{subject}:' || CAST({table}.number AS TEXT))
    FROM {table} WHERE number > ? ORDER BY number LIMIT ?"""
_GONE = """
    SELECT subject FROM ledger WHERE kind = ? AND NOT EXISTS (SELECT 1 FROM {table}
        WHERE {table}.number = CAST(SUBSTR(ledger.subject, LENGTH('{subject}:') + 1) AS BIGINT))
    ORDER BY ledger.number"""
LOST: Final = "the ledger tells of it, but it is gone"


@dataclass(frozen=True, slots=True)
class Whole:
    """A kind of thing of which the newest row of the ledger about it vouches for all of it."""

    subject: str
    """How the ledger's subjects begin, and what broken ones are called."""
    table: str
    begins: str
    """The kind of row that says that one was made."""
    told: Callable[[Database, int], bytes]
    """All of one, by its number. Inside a transaction."""


def received(database: Database, number: int) -> bytes:
    """The submission of that number as it was received. Inside a transaction."""
    return in_bytes(database.rows(_RECEIVED, (number,)))


def matches(database: Database, number: int) -> bytes:
    """All matches of that submission, oldest first. Inside a transaction."""
    return in_bytes(database.rows(_MATCHES, (number,)))


def broken(database: Database, keys: "Keys") -> Iterator[Broken]:
    """The submissions that are not as the ledger says, or whose matches are not."""
    yield from page_by_page(database, _PAGED, _PAGE, lambda row: _of_submission(database, keys, row))


def broken_wholes(database: Database, keys: "Keys", kind: Whole) -> Iterator[Broken]:
    """Those of a kind that are not as the ledger says, or have gone."""
    yield from gone(database, kind.subject, kind.table, kind.begins)
    paged = _WHOLES.format(subject=kind.subject, table=kind.table)
    yield from page_by_page(database, paged, _PAGE, partial(_of_whole, database, keys, kind))


def gone(database: Database, subject: str, table: str, begins: str) -> Iterator[Broken]:
    """What rows of the kind `begins` say was made, and is not in the table. Subjects are `SUBJECT:NUMBER`."""
    with database.reading():
        found = database.rows(_GONE.format(subject=subject, table=table), (begins,))
    for (one,) in found:
        yield Broken(str(one).replace(":", " "), LOST)


def _of_whole(database: Database, keys: "Keys", kind: Whole, row: Row) -> Iterator[Broken]:
    number, last = row
    if last is None:
        yield Broken(f"{kind.subject} {number}", "the ledger says nothing of it")
    elif why := why_not(database, keys, last, kind.told(database, number)):
        yield Broken(f"{kind.subject} {number}", f"it is not as the ledger says: {why}")


def page_by_page(
    database: Database, statement: str, size: int, broken_of: "Callable[[Row], Iterable[Broken]]"
) -> Iterator[Broken]:
    """What is broken of each row of a statement that takes a number to go on after and a limit.

    The first column is that number. No transaction lasts longer than a page.
    """
    after = 0
    while True:
        with database.reading():
            page = database.rows(statement, (after, size))
            found = [one for row in page for one in broken_of(row)]
        yield from found
        if len(page) < size:
            return
        after = page[-1][0]


def _of_submission(database: Database, keys: "Keys", row: Row) -> Iterator[Broken]:
    number, identity, matched, first, last = row
    if first is not None and (why := why_not(database, keys, first, received(database, number))):
        yield Broken(f"submission {identity}", f"it is not as it was received: {why}")
    if (matched is None) != (last is None):
        says = "it was matched" if matched is None else "nothing of its being matched"
        yield Broken(f"submission {identity}", f"the ledger says {says}")
    elif last is not None and (why := why_not(database, keys, last, matches(database, number))):
        yield Broken(f"submission {identity}", f"its matches are not those that were found: {why}")


def why_not(database: Database, keys: "Keys", number: int, data: bytes) -> str:
    """Why a row of the ledger does not vouch for the data; empty if it does, or says nothing of it."""
    detail = database.row(_DETAIL, (number,))
    try:
        vouched = json.loads(detail[0])["vouched"] if detail else ""
        return "" if keys.vouches(str(vouched), data) else f"row {number} vouches for something else"
    except (ValueError, KeyError, TypeError):
        return ""  # broken, which is told of the row; or without it
    except KeysError as error:
        return error.message


def in_bytes(rows: list[Row]) -> bytes:
    """Rows in bytes that are the same on both databases, of which no two are alike."""
    return json.dumps([[_plain(value) for value in row] for row in rows], separators=(",", ":")).encode()


def _plain(value: Value) -> int | str | None:
    return value.hex() if isinstance(value, bytes) else value

"""The ledger: looking for rows, one row in full, the signed heads, and how to have it verified."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from tocsin.access.model import Permission
from tocsin.evidence import chain
from tocsin.evidence.errors import InvalidEventError
from tocsin.storage.ledger_search import LedgerSearch, Wanted
from tocsin.storage.times import from_number
from tocsin.web.console.asking import PAGE, local_time, page_after
from tocsin.web.console.pages import Pages
from tocsin.web.console.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.evidence.chain import Head, Row

pages = Pages()
READ: Final = Permission.READ_LEDGER
LOOKED_AT: Final = 500
"""Of the newest rows, those that the page of heads checks as it is asked for."""
_FILTERS: Final = ("subject", "actor", "kind", "since", "until")


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the ledger as a page shows it."""

    number: int
    time: datetime
    actor: str
    kind: str
    subject: str
    detail: str
    row: "Row"

    @staticmethod
    def of(row: "Row") -> "Line":
        """The line of a row."""
        return Line(
            row.number, from_number(row.time), row.actor, row.kind, row.subject, _words(row.detail), row
        )


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A signed head as a page shows it."""

    number: int
    time: datetime
    hash: str
    key: str
    stamped: bool
    failure: str


@pages.page("/ledger", needs=READ)
def ledger_page(visit: Visit) -> Response:
    """Rows of the ledger, the newest first."""
    asked = {name: visit.asked(name) for name in _FILTERS if visit.asked(name)}
    try:
        since, until = (local_time(asked.get(name, "")) for name in ("since", "until"))
        wrong = False
    except ValueError:
        since, until, wrong = None, None, True
    search, after = LedgerSearch(visit.node.database), page_after(visit)
    wanted = Wanted(asked.get("subject", ""), asked.get("actor", ""), asked.get("kind", ""), since, until)
    rows = [] if wrong or _nul(asked) else search.rows(wanted, before=after, limit=PAGE)
    return visit.page(
        "ledger.html",
        lines=[Line.of(row) for row in rows],
        asked=asked,
        wrong=wrong,
        kinds=search.kinds(),
        first=after == 0,
        following=rows[-1].number if len(rows) == PAGE else "",
    )


@pages.page("/ledger/heads", needs=READ)
def heads_page(visit: Visit) -> Response:
    """The signed heads, and a look at the newest rows."""
    ledger, search = visit.node.ledger, LedgerSearch(visit.node.database)
    failures = dict(ledger.failures())
    count, heads = ledger.count(), search.heads()
    after = max(0, count - LOOKED_AT)
    rows = list(ledger.rows(after, count - after))
    return visit.page(
        "ledger_heads.html",
        heads=[_head(one, failures) for one in heads],
        count=count,
        unsigned=count - (heads[0].number if heads else 0),
        looked_at=count - after,
        whole=len(rows) == count - after and holds(rows, _hash_of(visit, after)),
    )


@pages.page("/ledger/{row}", needs=READ)
def row_page(visit: Visit) -> Response:
    """One row in full."""
    search, number = LedgerSearch(visit.node.database), visit.number("row")
    row = search.row(number)
    if row is None:
        raise HTTPException(404)
    return visit.page(
        "ledger_row.html",
        line=Line.of(row),
        pairs=_pairs(row.detail),
        whole=holds([row], _hash_of(visit, number - 1)),
        last=number >= visit.node.ledger.count(),
    )


def holds(rows: "Sequence[Row]", before: bytes | None) -> bool:
    """Whether rows, in order, are what their hashes were made of, each with that of the one before it.

    `before` is the hash before the first of them; None where that row is missing.
    """
    for row in rows:
        try:
            computed = chain.hash_of(row)
        except InvalidEventError:
            return False
        if computed != row.hash or row.previous != before:
            return False
        before = row.hash
    return True


def _hash_of(visit: Visit, number: int) -> bytes | None:
    """The hash of a row, and of none what the first row holds in its place; None where the row is missing."""
    if number == 0:
        return chain.genesis(visit.node.ledger.identity())
    row = LedgerSearch(visit.node.database).row(number)
    return None if row is None else row.hash


def _head(head: "Head", failures: dict[int, str]) -> SignedHead:
    stamped = head.time_stamp is not None
    failure = failures.get(head.number, "")
    return SignedHead(head.number, from_number(head.time), head.hash.hex(), head.key_id, stamped, failure)


def _words(detail: str) -> str:
    """A row's detail in one line."""
    return ", ".join(f"{name}: {value}" for name, value in _pairs(detail))


def _pairs(detail: str) -> list[tuple[str, str]]:
    """A row's detail, name by name; texts as they are and all else as JSON."""
    found = json.loads(detail)
    return [
        (name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in found.items()
    ]


def _nul(asked: dict[str, str]) -> bool:
    """Whether it asks for what no row can hold."""
    return any("\0" in value for value in asked.values())

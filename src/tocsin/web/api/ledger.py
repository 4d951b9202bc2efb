"""The ledger, to be read and checked by others."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

from fastapi import Query, Request
from pydantic import BaseModel, JsonValue

from tocsin.access.model import Permission
from tocsin.storage.times import from_number
from tocsin.web.api.shapes import LARGEST, PAGE, Limit, Name
from tocsin.web.callers import node_of
from tocsin.web.operation import Operations

if TYPE_CHECKING:
    from tocsin.evidence.chain import Row

operations = Operations("ledger")


class LedgerRow(BaseModel):
    """One row, with what docs/formats/ledger.md needs to check it."""

    number: int
    time: datetime
    actor: str
    kind: str
    subject: str
    detail: dict[str, JsonValue]
    previous: str
    hash: str
    key_id: str
    signature: str

    @classmethod
    def of(cls, row: "Row") -> Self:
        """The shape of a row."""
        return cls(
            number=row.number,
            time=from_number(row.time),
            actor=row.actor,
            kind=row.kind,
            subject=row.subject,
            detail=json.loads(row.detail),
            previous=row.previous.hex(),
            hash=row.hash.hex(),
            key_id=row.key_id,
            signature=row.signature.hex(),
        )


class LedgerPage(BaseModel):
    """Some rows, in order."""

    items: list[LedgerRow]
    next: int | None
    """For `after`; null where there are no more."""


class LedgerHead(BaseModel):
    """The last row; null in a ledger without rows."""

    head: LedgerRow | None


@operations.operation("GET", "/v1/ledger", needs=Permission.READ_LEDGER)
def read_ledger(
    request: Request,
    *,
    after: Annotated[int, Query(ge=0, le=LARGEST)] = 0,
    limit: Annotated[Limit, Query()] = PAGE,
    subject: Annotated[Name | None, Query(description="Such as entry:17.")] = None,
) -> LedgerPage:
    """Read rows of the ledger: all, or those about a subject."""
    ledger = node_of(request).ledger
    rows = ledger.rows(after, limit) if subject is None else ledger.rows_of(subject, after, limit)
    items = [LedgerRow.of(one) for one in rows]
    return LedgerPage(items=items, next=items[-1].number if len(items) == limit else None)


@operations.operation("GET", "/v1/ledger/head", needs=Permission.READ_LEDGER)
def read_ledger_head(request: Request) -> LedgerHead:
    """Read the last row: kept elsewhere, it proves what the ledger was."""
    row = node_of(request).ledger.head()
    return LedgerHead(head=None if row is None else LedgerRow.of(row))

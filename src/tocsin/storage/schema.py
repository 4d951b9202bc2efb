"""The tables, as numbered steps from an empty database to the newest schema (see docs/formats/home.md).

A step, once released, is never edited: a change is a new step.
"""

import secrets
from typing import TYPE_CHECKING

from tocsin.storage import statements as sql
from tocsin.storage.errors import FutureSchemaError, StoreDamagedError
from tocsin.storage.tables import (
    access,
    banks,
    cases,
    connections,
    evidence,
    exchanges,
    feeds,
    filings,
    hma,
    holds,
    intake,
    jobs,
    notices,
    serving,
)

if TYPE_CHECKING:
    from tocsin.storage.engines import Connection, Engine

STEPS: tuple[tuple[str, ...], ...] = (
    banks.BANKS_AND_ENTRIES,
    (*evidence.LEDGER, *jobs.JOBS, *intake.INTAKE, *access.ACCESS, *hma.HMA),
    (*cases.CASES, *evidence.LEDGER_SEARCH),
    (*filings.FILINGS, *connections.CONNECTIONS, *holds.HOLDS, *notices.NOTICES),
    (*exchanges.EXCHANGES, *feeds.FEEDS, *serving.SERVING),
)
"""Step n (counted from 1) brings schema version n - 1 to n."""
NEWEST = len(STEPS)


def version(engine: "Engine", connection: "Connection") -> int:
    """The schema version of a database; 0 when it has none of our tables."""
    if not engine.has_tables(connection):
        return 0
    row = connection.execute(sql.SCHEMA_VERSION).fetchone()
    return int(row[0]) if row else 0


def refuse_the_future(found: int, place: str) -> None:
    """Raise FutureSchemaError when the database at `place` is of a schema newer than ours."""
    if found > NEWEST:
        message = f"{place} has schema version {found}; this version of Tocsin knows {NEWEST} and older"
        raise FutureSchemaError(message)


def migrate(engine: "Engine", connection: "Connection") -> None:
    """Bring a database to the newest schema, inside the caller's transaction. Raises FutureSchemaError."""
    found = version(engine, connection)
    refuse_the_future(found, engine.place)
    if found == 0 and engine.has_tables(connection):
        message = f"the table schema_version of {engine.place} says nothing"
        raise StoreDamagedError(message)
    if found == 0:
        connection.execute(engine.ddl(sql.CREATE_SCHEMA_VERSION))
        connection.execute(sql.START_SCHEMA_VERSION)
    for step in STEPS[found:]:
        for statement in step:
            connection.execute(engine.ddl(statement))
    if found == 0:
        connection.execute(sql.SET_IDENTITY, (secrets.token_hex(16),))
    connection.execute(sql.SET_SCHEMA_VERSION, (NEWEST,))

"""The tables, as numbered steps from an empty database to the newest schema (see docs/formats/home.md).

A step, once released, is never edited: a change is a new step.
"""

import secrets
import sqlite3
from pathlib import Path

from tocsin.storage import statements as sql
from tocsin.storage.errors import FutureSchemaError
from tocsin.storage.tables import access, banks, evidence, intake, jobs

STEPS: tuple[tuple[str, ...], ...] = (
    banks.BANKS_AND_ENTRIES,
    (*evidence.LEDGER, *jobs.JOBS, *intake.INTAKE, *access.ACCESS),
)
"""Step n (counted from 1) brings schema version n - 1 to n."""
NEWEST = len(STEPS)


def version(connection: sqlite3.Connection) -> int:
    """The schema version of a database; 0 when it has none of our tables."""
    if connection.execute(sql.HAS_SCHEMA_VERSION).fetchone() is None:
        return 0
    row = connection.execute(sql.SCHEMA_VERSION).fetchone()
    return int(row[0]) if row else 0


def refuse_the_future(found: int, path: Path) -> None:
    """Raise FutureSchemaError when the database at `path` is of a schema newer than ours."""
    if found > NEWEST:
        message = f"{path} has schema version {found}; this version of Tocsin knows {NEWEST} and older"
        raise FutureSchemaError(message)


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring a database to the newest schema, inside the caller's transaction. Raises FutureSchemaError."""
    found = version(connection)
    refuse_the_future(found, path)
    if found == 0:
        connection.execute(sql.CREATE_SCHEMA_VERSION)
        connection.execute(sql.START_SCHEMA_VERSION)
    for step in STEPS[found:]:
        for statement in step:
            connection.execute(statement)
    if found == 0:
        connection.execute(sql.SET_IDENTITY, (secrets.token_hex(16),))
    connection.execute(sql.SET_SCHEMA_VERSION, (NEWEST,))

"""Which tables there are, read from the schema itself: their columns, keys and order."""

import sqlite3
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter

from tocsin.storage import schema
from tocsin.storage.database import Database, Row
from tocsin.storage.engines.sqlite import SqliteEngine

PAGE = 5000

# ruff: noqa: S608  # names of tables and columns come from our own schema; values are bound


@dataclass(frozen=True)
class Table:
    """One table of the newest schema."""

    name: str
    columns: tuple[str, ...]
    blobs: tuple[int, ...]
    """Which columns hold bytes, by position."""
    key: tuple[str, ...]
    """The primary key; empty for a table of one row."""
    numbered: bool
    """Whether the database hands out its ids, none of them twice."""

    @cached_property
    def _key_at(self) -> tuple[int, ...]:
        return tuple(self.columns.index(one) for one in self.key)

    def rows(self, database: Database) -> Iterator[list[Row]]:
        """All rows, in pages, in the order of the key. Call it inside a transaction."""
        columns, key = ", ".join(self.columns), ", ".join(self.key)
        order = f"ORDER BY {key} LIMIT {PAGE}" if self.key else ""
        page = database.rows(f"SELECT {columns} FROM {self.name} {order}")
        after = f"SELECT {columns} FROM {self.name} WHERE ({key}) > ({_marks(self.key)}) {order}"
        while page:
            yield page
            if not self.key or len(page) < PAGE:
                return
            page = database.rows(after, [page[-1][place] for place in self._key_at])

    def add(self, database: Database, rows: list[Row]) -> None:
        """Insert rows. Call it inside a transaction."""
        columns = ", ".join(self.columns)
        statement = f"INSERT INTO {self.name} ({columns}) VALUES ({_marks(self.columns)})"
        database.change_many(statement, rows)

    def is_empty(self, database: Database) -> bool:
        """Whether there is no row."""
        return database.row(f"SELECT 1 FROM {self.name} LIMIT 1") is None

    def clear(self, database: Database) -> None:
        """Delete what a new database is made with."""
        database.change(f"DELETE FROM {self.name}")

    def to_text(self, row: Row) -> list[int | str | None]:
        """A row as JSON takes it: bytes in base64."""
        values = list(row)
        for place in self.blobs:
            if values[place] is not None:
                values[place] = b64encode(values[place]).decode("ascii")
        return values

    def from_text(self, values: list[int | str | None]) -> Row:
        """The row that `to_text` wrote."""
        for place in self.blobs:
            value = values[place]
            if isinstance(value, str):
                values[place] = b64decode(value, validate=True)  # type: ignore[call-overload]  # now a row
        return tuple(values)

    def last_number(self, database: Database) -> int:
        """The last id that was handed out, whether its row is still there or not."""
        if isinstance(database.engine, SqliteEngine):
            row = database.row("SELECT seq FROM sqlite_sequence WHERE name = ?", (self.name,))
            return 0 if row is None else int(row[0])
        ((sequence,),) = database.rows("SELECT pg_get_serial_sequence(?, ?)", (self.name, self.key[0]))
        return database.number(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}")

    def go_on_from(self, database: Database, number: int) -> None:
        """Hand out no id up to `number` again."""
        if isinstance(database.engine, SqliteEngine):
            database.change("DELETE FROM sqlite_sequence WHERE name = ?", (self.name,))
            database.change("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (self.name, number))
        elif number:
            database.row("SELECT setval(pg_get_serial_sequence(?, ?), ?)", (self.name, self.key[0], number))


def tables() -> list[Table]:
    """Every table of the newest schema but the one of the schema's version, referred to before referring."""
    connection = sqlite3.connect(":memory:")
    try:
        for statement in (one for step in schema.STEPS for one in step):
            connection.execute(statement)
        named = connection.execute(
            """SELECT name, sql FROM sqlite_schema
                WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"""
        )
        found = {name: _table(connection, name, ddl) for name, ddl in named}
        needs = {name: _needs(connection, name) for name in found}
    finally:
        connection.close()
    return [found[name] for name in TopologicalSorter(needs).static_order()]


def _table(connection: sqlite3.Connection, name: str, ddl: str) -> Table:
    info = connection.execute(f"PRAGMA table_info({name})").fetchall()
    keys = sorted((place, column) for _, column, _, _, _, place in info if place)
    return Table(
        name=name,
        columns=tuple(column for _, column, *_ in info),
        blobs=tuple(number for number, _, kind, *_ in info if kind == "BLOB"),
        key=tuple(column for _, column in keys),
        numbered="AUTOINCREMENT" in ddl,
    )


def _needs(connection: sqlite3.Connection, name: str) -> set[str]:
    """The tables that this one refers to."""
    keys = connection.execute(f"PRAGMA foreign_key_list({name})").fetchall()
    return {other for _, _, other, *_ in keys} - {name}


def _marks(columns: tuple[str, ...]) -> str:
    return ", ".join("?" * len(columns))

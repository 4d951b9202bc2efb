"""What differs between the databases Tocsin can keep its tables in, said once: SQLite and PostgreSQL."""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any, Protocol

from tocsin.errors import Error

Row = tuple[Any, ...]
"""A row as the driver gives it: the statement says which types stand where."""
Value = int | str | bytes | None

BUSY_SECONDS = 60
"""How long to wait for another's transaction; an import's batch takes a few seconds."""


class Mode(StrEnum):
    """What a transaction is for."""

    READING = "reading"
    WRITING = "writing"
    UPDATING = "updating"


class Cursor(Protocol):
    """The answer to a statement."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""
        ...

    def fetchone(self) -> Row | None:
        """The next row."""
        ...

    def fetchall(self) -> list[Row]:
        """All rows that are left."""
        ...


class Connection(Protocol):
    """One connection, used by one thread at a time. Statements are spelled as SQLite spells them."""

    def execute(self, statement: str, values: Sequence[Value] = (), /) -> Cursor:
        """Run a statement."""
        ...

    def executemany(self, statement: str, rows: Iterable[Row], /) -> Cursor:
        """Run a statement for each row of values."""
        ...

    def commit(self) -> None:
        """End the transaction; what it changed is on the disk when this returns."""
        ...

    def rollback(self) -> None:
        """Undo the transaction, as far as there still is one."""
        ...

    def close(self) -> None:
        """Let the connection go."""
        ...


class Engine(Protocol):
    """One database, and how it is spoken to."""

    place: str
    """Where it is, for messages: a path, or a URL without a password."""
    bare: type[Error]
    """What it means that there is a database, and no table of ours in it."""
    most: int
    """How many connections one process may have at once, the writer's not counted."""

    def connect(self, *, writer: bool) -> Connection:
        """A new connection; `writer`: for transactions that write, one of which there is in a process.

        Raises StoreAccessError, StoreUnreachableError, StoreDamagedError.
        """
        ...

    def prepare(self, connection: Connection) -> None:
        """What is to be settled or refused once, when the database is opened. Outside a transaction."""
        ...

    def begin(self, connection: Connection, mode: Mode) -> None:
        """Begin a transaction."""
        ...

    def alone(self, mode: Mode) -> bool:
        """Whether a transaction of this mode waits until it is the only one that writes."""
        ...

    def usable(self, connection: Connection) -> bool:
        """Whether a connection can be used for another transaction."""
        ...

    def translated(self, error: BaseException) -> Error | None:
        """Ours for an error of the driver; None for a mistake in a statement, or any other error."""
        ...

    def ddl(self, statement: str) -> str:
        """A statement about tables, as this database spells it."""
        ...

    def has_tables(self, connection: Connection) -> bool:
        """Whether there is a table `schema_version`."""
        ...

    def rows_among(
        self, connection: Connection, statement: str, before: Sequence[Value], among: Sequence[Value]
    ) -> Iterator[Row]:
        """Rows of a statement with an IN list (see statements.many)."""
        ...

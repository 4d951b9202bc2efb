"""Transactions, on any of the engines: for each thread its own, over a few connections."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from tocsin.storage import schema
from tocsin.storage import statements as sql
from tocsin.storage.engines import BUSY_SECONDS, Connection, Engine, Mode, Row, Value
from tocsin.storage.engines.sqlite import SqliteEngine, create
from tocsin.storage.errors import StoreBusyError, StoreDamagedError

__all__ = ["BUSY_SECONDS", "Database", "Row", "Value", "create"]


class Database:
    """Transactions on one database; implements `tocsin.transactions.Transactions`.

    Any number of threads may use it at once: each transaction has a connection to itself. Readers never wait
    for a writer. The errors of the drivers come out as those of storage.errors when a transaction ends.
    """

    def __init__(self, at: Engine | Path, *, create: bool = False) -> None:
        """Open a database (the path of a SQLite file will do), migrating its tables as needed.

        With `create` its tables are made if there are none.

        Raises FutureSchemaError, OldSqliteError, StoreAccessError, StoreDamagedError, StoreUnreachableError,
        UnsuitableServerError.
        """
        self.engine: Engine = SqliteEngine(at) if isinstance(at, Path) else at
        self._closed = False
        self._inherited: list[Connection] = []
        self._begin_anew()
        try:
            with _Translating(self.engine):
                self._prepare(create=create)
        except BaseException:
            self.close()
            raise

    def _begin_anew(self) -> None:
        """No connections yet, in a process that has just opened the database or has been forked."""
        self._process = os.getpid()
        self._local = threading.local()
        self._open: list[Connection] = []
        self._idle: list[Connection] = []
        self._writer: Connection | None = None
        self._writing = threading.Lock()
        self._room = threading.Semaphore(self.engine.most)

    def _prepare(self, *, create: bool) -> None:
        """Settings and schema. A database from the future is refused before anything in it changes."""
        connection = self._writer = self._connected(writer=True)
        found = schema.version(self.engine, connection)
        schema.refuse_the_future(found, self.engine.place)
        if found == 0 and not create:
            # Never taken for a new one: what is screened against it would all come out as "no match".
            message = f"the database holds none of Tocsin's tables: {self.engine.place}"
            raise (StoreDamagedError if self.engine.has_tables(connection) else self.engine.bare)(message)
        self.engine.prepare(connection)
        if found < schema.NEWEST:
            with self.writing():
                schema.migrate(self.engine, self._connection)

    def writing(self) -> AbstractContextManager[None]:
        """A transaction: durable when the block ends, without any effect when it fails.

        Inside another writing transaction it is part of that one: if it fails, all of it does, unless the
        failure is caught inside. Whoever writes is alone, on every engine: what is read inside does not
        change meanwhile.
        """
        return _Transaction(self, Mode.WRITING)

    def updating(self) -> AbstractContextManager[None]:
        """A transaction that writes without being alone, where the engine can do that.

        For what is neither counted, chained nor indexed, such as leases of jobs and counts of look-ups.
        Inside `writing` it is part of that one; `writing` cannot begin inside it.
        """
        return _Transaction(self, Mode.UPDATING)

    def reading(self) -> AbstractContextManager[None]:
        """A transaction that sees one state of the database; inside another one, that one's state."""
        return _Transaction(self, Mode.READING)

    def after_commit(self, action: Callable[[], None]) -> None:
        """Do something once what this thread is writing is committed; at once where it is in no transaction.

        An action asked for several times is done once. What it raises reaches whoever ended the transaction,
        whose changes are safe by then.
        """
        if not self.inside:
            action()
        elif action not in (actions := self._local.held.actions):
            actions.append(action)

    def rows(self, statement: str, values: Sequence[Value] = ()) -> list[Row]:
        """All rows of a query. Call it inside a transaction, as all that follow."""
        return self._connection.execute(statement, values).fetchall()

    def row(self, statement: str, values: Sequence[Value] = ()) -> Row | None:
        """The first row of a query."""
        return self._connection.execute(statement, values).fetchone()

    def number(self, statement: str, values: Sequence[Value] = ()) -> int:
        """The one whole number that a query answers with."""
        row = self._connection.execute(statement, values).fetchone()
        if row is None:
            message = "the statement answers with no row"
            raise LookupError(message)
        return int(row[0])

    def change(self, statement: str, values: Sequence[Value] = ()) -> int:
        """Run one statement; how many rows it changed."""
        return self._connection.execute(statement, values).rowcount

    def change_many(self, statement: str, rows: Iterable[Row]) -> int:
        """Run one statement for each row of values; how many rows changed in all."""
        return self._connection.executemany(statement, rows).rowcount

    def rows_among(self, statement: str, before: Sequence[Value], among: Sequence[Value]) -> Iterator[Row]:
        """Rows of a statement with an IN list (see statements.many), which may be of any length."""
        return self.engine.rows_among(self._connection, statement, before, among)

    def take_numbers(self, counter: str, count: int) -> int:
        """The first of `count` numbers nobody else will get. Call it inside `writing`."""
        return self.number(sql.TAKE_NUMBERS, (count, counter)) - count + 1

    def close(self) -> None:
        """Let all connections go; those of transactions that other threads are in, when these end.

        Closed beside a thread that uses it, a connection of SQLite takes the process with it.
        """
        if self._process != os.getpid():
            return
        self._closed = True
        while self._idle:
            with suppress(IndexError):  # a thread took it just now, and lets it go itself
                self._drop(self._idle.pop())
        if self._writing.acquire(blocking=False):
            try:
                writer, self._writer = self._writer, None
                if writer is not None:
                    self._drop(writer)
            finally:
                self._writing.release()

    @property
    def inside(self) -> bool:
        """Whether this thread is in a transaction."""
        return self._held() is not None

    @property
    def _connection(self) -> Connection:
        """The one of this thread's transaction."""
        held = self._held()
        if held is None:
            message = "this needs a transaction: `with database.reading():` or `writing():`"
            raise RuntimeError(message)
        return held.connection

    def _held(self) -> "_Held | None":
        """This thread's transaction, if it is in one."""
        if self._process != os.getpid():
            # Forked: the connections are the parent's. Used, closed or merely collected here, they would
            # disturb its transactions; so they are kept and never touched.
            self._inherited += self._open
            self._begin_anew()
        held: _Held | None = getattr(self._local, "held", None)
        return held

    def _begin(self, mode: Mode) -> bool:
        """Begin this thread's transaction; False when it is part of the one it has."""
        held = self._held()
        if held is not None:
            if mode not in _INSIDE[held.mode]:
                message = f"a transaction for {mode} cannot begin inside one for {held.mode}"
                raise RuntimeError(message)
            return False
        self._local.held = self._alone(mode) if self.engine.alone(mode) else self._shared(mode)
        return True

    def _alone(self, mode: Mode) -> "_Held":
        """A transaction on the one connection for writing: its threads wait here, not at the database."""
        if not self._writing.acquire(timeout=BUSY_SECONDS):
            message = f"another thread wrote for more than {BUSY_SECONDS} seconds: {self.engine.place}"
            raise StoreBusyError(message)
        try:
            connection, self._writer = self._begun(self._writer, mode), None
        except BaseException:
            self._writing.release()
            raise
        return _Held(connection, mode, self._process, alone=True)

    def _shared(self, mode: Mode) -> "_Held":
        """A transaction on a connection nobody uses."""
        if not self._room.acquire(timeout=BUSY_SECONDS):
            message = f"all {self.engine.most} connections were in use for {BUSY_SECONDS} seconds"
            raise StoreBusyError(message)
        try:
            try:
                idle = self._idle.pop()
            except IndexError:
                idle = None
            connection = self._begun(idle, mode)
        except BaseException:
            self._room.release()
            raise
        return _Held(connection, mode, self._process, alone=False)

    def _begun(self, idle: Connection | None, mode: Mode) -> Connection:
        """A connection with a transaction begun: `idle`, or a new one where that has been lost."""
        if self._closed:
            message = "the database has been closed"
            raise RuntimeError(message)
        if idle is not None:
            try:
                self.engine.begin(idle, mode)
            except BaseException:
                if self._kept(idle):
                    self._give_back(idle, alone=self.engine.alone(mode))
                    raise
                # The server has gone since; nothing was done on this connection, so another will do.
            else:
                return idle
        connection = self._connected(writer=self.engine.alone(mode))
        try:
            self.engine.begin(connection, mode)
        except BaseException:
            self._drop(connection)
            raise
        return connection

    def _connected(self, *, writer: bool) -> Connection:
        """A new connection."""
        connection = self.engine.connect(writer=writer)
        self._open.append(connection)
        return connection

    def _drop(self, connection: Connection) -> None:
        """Let a connection go."""
        with suppress(ValueError):  # the database has been closed meanwhile
            self._open.remove(connection)
        connection.close()

    def _end(self, *, failed: bool) -> list[Callable[[], None]]:
        """End this thread's transaction: by a commit, unless what it was for has failed.

        What is to be done after it comes back.
        """
        held: _Held = self._local.held
        self._local.held = None
        if held.process != os.getpid():
            return []  # forked inside the transaction, which is the parent's to end
        try:
            if not failed:
                held.connection.commit()
        finally:
            if self._kept(held.connection):
                self._give_back(held.connection, alone=held.alone)
            (self._writing if held.alone else self._room).release()
        return [] if failed else held.actions

    def _give_back(self, connection: Connection, *, alone: bool) -> None:
        """Keep a connection for the next transaction of its sort."""
        if self._closed:
            self._drop(connection)
        elif alone:
            self._writer = connection
        else:
            self._idle.append(connection)

    def _kept(self, connection: Connection) -> bool:
        """Whether a connection is fit for another transaction, with nothing open; closed if it is not."""
        if self.engine.usable(connection):
            return True
        with suppress(Exception):  # what ended the transaction is told already, or was told by whoever failed
            connection.rollback()
        if self.engine.usable(connection):
            return True
        self._drop(connection)
        return False


_INSIDE = {
    Mode.READING: {Mode.READING},
    Mode.UPDATING: {Mode.READING, Mode.UPDATING},
    Mode.WRITING: {Mode.READING, Mode.UPDATING, Mode.WRITING},
}
"""What may begin inside what."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A thread's transaction."""

    connection: Connection
    mode: Mode
    process: int
    alone: bool
    actions: list[Callable[[], None]] = field(default_factory=list)
    """What is to be done after the commit."""


class _Translating:
    """Errors of the driver come out as ours. A class, as the next: half the time of a generator."""

    __slots__ = ("_engine",)

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __enter__(self) -> None:
        """Nothing yet."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Raise ours in place of the driver's."""
        if error is not None and (ours := self._engine.translated(error)) is not None:
            raise ours from error


class _Transaction:
    """One `with` block of a thread, outermost or not."""

    __slots__ = ("_database", "_mode", "_outermost")

    def __init__(self, database: Database, mode: Mode) -> None:
        self._database = database
        self._mode = mode

    def __enter__(self) -> None:
        """Begin, unless the thread is in a transaction already."""
        with _Translating(self._database.engine):
            self._outermost = self._database._begin(self._mode)  # noqa: SLF001  # one class in two parts

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Commit or roll back what began here, and raise ours in place of the driver's errors."""
        with _Translating(self._database.engine):
            actions = self._database._end(failed=error is not None) if self._outermost else ()  # noqa: SLF001  # one class in two parts
            if error is not None and self._database.engine.translated(error) is not None:
                raise error
        for action in actions:
            action()

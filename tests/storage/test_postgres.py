"""PostgreSQL: a server that is killed, a URL that leads nowhere, a password that nobody sees."""

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest
from support.databases import Databases, Server, durable_server, engine

from tocsin.banks.model import EntryDraft, Policy
from tocsin.config import SettingsError
from tocsin.hashing.signals import Signal, SignalType
from tocsin.storage.database import Database
from tocsin.storage.errors import (
    NoHomeError,
    NoPostgresError,
    StoreAccessError,
    StoreBusyError,
    StoreUnreachableError,
    UnsuitableServerError,
)
from tocsin.storage.home import Home

pytestmark = pytest.mark.slow  # real servers

ADD = "INSERT INTO counter (name, value) VALUES (?, 0)"
THERE = "SELECT COUNT(*) FROM counter WHERE name = ?"
WAIT = 60.0


@pytest.fixture
def server() -> Iterator[Server]:
    with durable_server() as server:
        server.execute("CREATE DATABASE tocsin")
        yield server


def add(database: Database, name: str) -> None:
    with database.writing():
        database.change(ADD, (name,))


def there(database: Database, name: str) -> bool:
    with database.reading():
        return database.number(THERE, (name,)) == 1


def test_a_transaction_that_loses_its_server_says_so_and_the_next_one_finds_it_again(server: Server) -> None:
    database = Database(engine(server.url("tocsin")), create=True)
    add(database, "a")
    assert there(database, "a")
    with pytest.raises(StoreUnreachableError), database.writing():
        lose(database, server)
    with pytest.raises(StoreUnreachableError):
        there(database, "a")
    server.start()
    assert there(database, "a")
    assert not there(database, "b")
    add(database, "c")
    assert there(database, "c")
    database.close()


def lose(database: Database, server: Server) -> None:
    """Write something, and lose the server before the commit."""
    database.change(ADD, ("b",))
    server.kill()


def test_idle_connections_of_a_server_that_was_started_again_are_replaced_unnoticed(server: Server) -> None:
    database = Database(engine(server.url("tocsin")), create=True)
    add(database, "a")
    with database.reading():
        threads = [threading.Thread(target=there, args=(database, "a")) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    server.kill()
    server.start()
    assert there(database, "a")
    add(database, "b")
    assert there(database, "b")
    database.close()


def test_nothing_acknowledged_is_lost_when_the_server_is_killed_under_writers(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_DATABASE", server.url("tocsin"))
    acknowledged: list[int] = []
    enough = threading.Event()

    def md5(number: int) -> Signal:
        return Signal(SignalType.MD5, number.to_bytes(16, "big"))

    def work(first: int) -> None:
        for number in range(first, first + 10_000_000):
            try:
                home.add_entries("known", [EntryDraft((md5(number),))])
            except StoreUnreachableError:
                return
            acknowledged.append(number)
            if len(acknowledged) > 60:
                enough.set()

    with Home.open(tmp_path, create=True) as home:
        home.create_bank("known", Policy())
        threads = [threading.Thread(target=work, args=(thread << 32,)) for thread in range(3)]
        for thread in threads:
            thread.start()
        assert enough.wait(WAIT)
        server.kill()
        for thread in threads:
            thread.join(WAIT)
        server.start()
        assert len(home.exact([md5(number) for number in acknowledged])) == len(acknowledged)
        # What was written when the server went may be there or not, whole.
        assert 0 <= home.counts("known").entries - len(acknowledged) <= 3
        assert home.counts("known").entries == len(list(home.entries("known")))


def test_a_connection_killed_during_the_commit_is_no_success(postgres: Databases) -> None:
    """The answer to COMMIT never comes: whether it was done nobody knows, so it is not said to be."""
    with postgres.new() as url:
        database = Database(engine(url))
        killer = threading.Thread(target=kill_what_sleeps, args=(postgres.server,))
        killer.start()
        with pytest.raises(StoreUnreachableError), database.writing():
            commit_slowly(database)
        killer.join()
        assert not there(database, "a")
        database.close()


def commit_slowly(database: Database) -> None:
    """Have a constraint that is checked at the commit, and takes its time."""
    database.change(
        """CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_sleep(120); RETURN NULL; END'"""
    )
    database.change(
        """CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON counter DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION slow()"""
    )
    database.change(ADD, ("a",))


def kill_what_sleeps(server: Server) -> None:
    """Break the connection that is inside its commit."""
    import psycopg  # noqa: PLC0415  # an extra; here there is a server, so it is installed

    deadline = monotonic() + WAIT
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        while monotonic() < deadline:
            sleeping = "wait_event = 'PgSleep' AND query = 'COMMIT'"
            killed = connection.execute(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {sleeping}".encode()  # noqa: S608  # ours
            ).fetchall()
            if killed:
                return
            sleep(0.01)


def test_a_server_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(StoreUnreachableError) as caught:
        Database(engine(f"postgresql://anna:sesame@/tocsin?host={tmp_path}"))
    assert "sesame" not in caught.value.message
    assert str(tmp_path) in caught.value.message


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://anna:sesame@[/tocsin",
        "postgresql://anna:sesame@localhost/tocsin?sesame=1",
        "postgresql:/anna:sesame@localhost",
    ],
)
def test_a_url_that_cannot_be_read_is_not_repeated(url: str) -> None:
    with pytest.raises(StoreAccessError) as caught:
        engine(url)
    assert "sesame" not in f"{caught.value.message} {caught.value.__cause__}"


def test_a_wrong_password_is_told_from_a_server_that_is_not_there(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.execute("CREATE USER anna PASSWORD 'right'")
    (Path(server.data) / "pg_hba.conf").write_text("local all anna scram-sha-256\nlocal all all trust\n")
    server.execute("SELECT pg_reload_conf()")
    for url in (f"postgresql://anna:sesame@/tocsin?host={server.folder}", server.url("nowhere")):
        with pytest.raises(StoreAccessError) as caught:
            Database(engine(url))
        assert "sesame" not in caught.value.message
    assert "sesame" not in caplog.text


def test_a_database_of_another_encoding_is_refused(postgres: Databases) -> None:
    postgres.server.execute("CREATE DATABASE latin ENCODING LATIN1 LOCALE 'C' TEMPLATE template0")
    with pytest.raises(UnsuitableServerError, match="LATIN1"):
        Database(engine(postgres.server.url("latin")), create=True)


def test_a_database_that_may_not_be_written_is_said_to_be(postgres: Databases) -> None:
    with postgres.new() as url:
        name = url.split("/")[3].split("?")[0]
        postgres.server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        database = Database(engine(url))
        with pytest.raises(StoreAccessError):
            add(database, "a")
        database.close()


def test_a_writer_gives_up_on_one_that_does_not_end(postgres: Databases) -> None:
    with postgres.new() as url:
        first, second = Database(engine(url)), Database(engine(f"{url}&options=-c%20lock_timeout%3D100"))
        with first.writing(), pytest.raises(StoreBusyError):
            add(second, "a")
        add(second, "b")
        assert there(first, "b")
        first.close()
        second.close()


def test_a_home_without_its_tables_is_made_only_when_asked_for(
    postgres: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres.new(empty=True) as url:
        monkeypatch.setenv("TOCSIN_DATABASE", url)
        with pytest.raises(NoHomeError):
            Home.open(tmp_path / "home")
        Home.open(tmp_path / "home", create=True).close()
        with Home.open(tmp_path / "home") as home:
            assert home.banks() == []
        assert not (tmp_path / "home" / "tocsin.db").exists()


def test_the_environment_is_stronger_than_the_file(
    home_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_DATABASE", f"postgresql:///tocsin?host={tmp_path}")
    with pytest.raises(StoreUnreachableError):
        Home.open(home_folder)


@pytest.mark.parametrize(
    "text",
    [
        "[database",
        '[database]\nurl = "mysql://x"',
        "[database]\nurl = 5",
        '[database]\nuri = "postgresql://x"',
        '[databases]\nurl = "postgresql://x"',
        "database = 1",
        b"\xff",
    ],
)
def test_settings_that_make_no_sense_are_refused(text: str | bytes, tmp_path: Path) -> None:
    (tmp_path / "tocsin.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SettingsError):
        Home.open(tmp_path, create=True)


def test_without_the_driver_the_way_to_it_is_told(tmp_path: Path) -> None:
    script = f"""
import sys
sys.modules["psycopg"] = None
from tocsin.errors import Error
from tocsin.storage.home import Home
try:
    Home.open({str(tmp_path)!r})
except Error as error:
    print(error.code, error.advice)
"""
    said = subprocess.run(
        [sys.executable, "-c", script],
        env={"TOCSIN_DATABASE": "postgresql:///tocsin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.startswith(NoPostgresError.code)
    assert "tocsin[postgres]" in said.stdout


def test_sqlite_needs_no_driver_of_postgresql(tmp_path: Path) -> None:
    script = f"""
import sys
from tocsin.storage.home import Home
Home.open({str(tmp_path)!r}, create=True).close()
print("psycopg" in sys.modules)
"""
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout == "False\n"

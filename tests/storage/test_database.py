"""Transactions: what every engine promises about them."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.databases import Databases, engine

from tocsin.storage import statements as sql
from tocsin.storage.database import Database
from tocsin.storage.engines.sqlite import SqliteEngine

NAMES = "SELECT source FROM origin ORDER BY source"
ADD_COUNTER = "INSERT INTO counter (name, value) VALUES (?, ?)"
SET_COUNTER = "UPDATE counter SET value = ? WHERE name = ?"
ADD_BANK = """
    INSERT INTO bank (name, kind, radius, quality_floor, purpose, onward_sharing, created)
    VALUES ('known', 'match', 1, 1, '', '', 0) RETURNING id"""
WAIT = 60.0
"""Seconds that are ample."""


def add(database: Database, *names: str) -> None:
    for name in names:
        database.change(sql.ADD_ORIGIN, (name, ""))


def names(database: Database) -> list[str]:
    with database.reading():
        return [name for (name,) in database.rows(NAMES)]


def in_thread(work: Callable[[], object]) -> object:
    """What `work` gives in another thread, which must not have to wait for this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result(WAIT)


class Problem(Exception):  # noqa: N818  # nothing has gone wrong with the program
    """Whatever makes a caller give up."""


def fail(database: Database, work: Callable[[], None]) -> None:
    """Do `work` in a block that fails."""
    with database.writing():
        work()
        raise Problem


def write(database: Database, name: str) -> None:
    with database.writing():
        add(database, name)


def test_what_was_written_is_there_and_what_failed_is_not(database: Database) -> None:
    with database.writing():
        add(database, "a")
    with pytest.raises(Problem):
        fail(database, lambda: add(database, "b"))
    assert names(database) == ["a"]


def test_a_block_inside_another_is_part_of_it(database: Database) -> None:
    def both() -> None:
        with database.writing():
            add(database, "a")
        with database.updating():
            add(database, "b")
        assert names(database) == ["a", "b"]

    with pytest.raises(Problem):
        fail(database, both)
    assert names(database) == []


def test_a_failure_caught_inside_undoes_nothing(database: Database) -> None:
    with database.writing():
        add(database, "a")
        with pytest.raises(Problem):
            fail(database, lambda: add(database, "b"))
    assert names(database) == ["a", "b"]


def test_a_reader_sees_one_state_and_waits_for_no_writer(database: Database) -> None:
    with database.reading():
        assert database.rows(NAMES) == []
        in_thread(lambda: write(database, "a"))
        assert database.rows(NAMES) == []
    with database.writing():
        add(database, "b")
        assert in_thread(lambda: names(database)) == ["a"]
    assert names(database) == ["a", "b"]


def test_many_writers_take_turns(database: Database) -> None:
    taken: list[int] = []

    def take(_: int) -> None:
        for _ in range(20):
            with database.writing():
                before = database.number("SELECT value FROM counter WHERE name = 'entry'")
                taken.append(database.take_numbers("entry", 1))
                assert taken[-1] == before + 1

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(take, range(6)))
    assert sorted(taken) == list(range(1, 121))


def test_a_writer_waits_for_one_of_another_process(database: Database) -> None:
    """Another `Database` shares no lock of this process with it."""
    other = Database(database.engine)
    order: list[str] = []
    begun = threading.Event()

    def second() -> None:
        begun.set()
        with other.writing():
            order.append("second")

    with ThreadPoolExecutor(1) as pool:
        with database.writing():
            waiting = pool.submit(second)
            assert begun.wait(WAIT)
            add(database, "a")
            order.append("first")
        waiting.result(WAIT)
    other.close()
    assert order == ["first", "second"]


@pytest.mark.slow
def test_updating_waits_for_no_writer_on_postgresql(postgres: Databases) -> None:
    with postgres.new() as url:
        database = Database(engine(url))

        def update() -> None:
            with database.updating():
                add(database, "b")

        with database.writing():
            add(database, "a")
            in_thread(update)
            assert database.rows(NAMES) == [("a",), ("b",)]
        database.close()


def test_writing_never_begins_inside_a_lesser_transaction(database: Database) -> None:
    for lesser in (database.reading, database.updating):
        with lesser(), pytest.raises(RuntimeError, match="cannot begin inside"), database.writing():
            pass
    write(database, "a")
    assert names(database) == ["a"]


def test_a_statement_needs_a_transaction(database: Database) -> None:
    with pytest.raises(RuntimeError, match="needs a transaction"):
        database.rows(NAMES)
    assert not database.inside


def test_what_is_to_follow_a_commit_follows_it_once(database: Database) -> None:
    seen: list[list[str]] = []

    def look() -> None:
        assert not database.inside
        seen.append(names(database))

    with database.writing():
        with database.writing():
            add(database, "a")
            database.after_commit(look)
        database.after_commit(look)
        add(database, "b")
        assert seen == []
    assert seen == [["a", "b"]]
    with pytest.raises(Problem):
        fail(database, lambda: database.after_commit(look))
    assert len(seen) == 1
    database.after_commit(look)
    assert len(seen) == 2


def test_a_statement_in_vain_ends_its_transaction_and_no_more(database: Database) -> None:
    def half() -> None:
        add(database, "a")
        database.rows("SELECT nothing FROM origin")

    with pytest.raises(Exception, match="nothing"):
        fail(database, half)
    write(database, "b")
    assert names(database) == ["b"]


def test_a_commit_after_a_statement_in_vain_is_never_taken_for_done(database: Database) -> None:
    """PostgreSQL undoes the whole transaction then; SQLite only the statement."""
    try:
        with database.writing():
            add(database, "a")
            with pytest.raises(Exception, match="nothing"):
                database.rows("SELECT nothing FROM origin")
    except RuntimeError:
        assert names(database) == []
    else:
        assert names(database) == ["a"]


def test_texts_come_in_the_order_of_their_code_points(database: Database) -> None:
    texts = ["B", "a", "A b", "A-a", "ä", "Z", "\u2028", "\U0001f600", "_"]
    with database.writing():
        add(database, *texts)
    assert names(database) == sorted(texts)


def test_numbers_bytes_and_sums_come_back_as_they_are(database: Database) -> None:
    big = 2**63 - 1
    with database.writing():
        database.change("INSERT INTO counter (name, value) VALUES (?, ?)", ("big", big))
        database.change("INSERT INTO counter (name, value) VALUES (?, ?)", ("small", -big))
        row = database.row(
            "SELECT SUM(value), COUNT(*), MAX(value) FROM counter WHERE name <> ?", ("ledger",)
        )
        assert row is not None
        assert (row[0], row[2]) == (0, big)
        assert all(type(number) is int for number in row)


def test_a_percent_sign_is_itself_with_values_and_without(database: Database) -> None:
    with database.reading():
        assert database.row("SELECT 7 % 4, 'a%s'") == (3, "a%s")
        assert database.row("SELECT 7 % 4 + CAST(? AS INTEGER), 'a%s'", (1,)) == (4, "a%s")


@pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 500])
def test_many_rows_come_in_at_once_and_those_that_are_there_only_once(database: Database, count: int) -> None:
    names = [f"{number:03}" for number in range(count)]
    with database.writing():
        bank = database.number(ADD_BANK)
        for added in (count, 0):  # twice in one transaction
            rows = ((bank, number, number) for number in range(count))
            assert database.change_many(sql.ADD_KEY, rows) == added
        assert database.change_many(sql.ADD_KEY, [(bank, -1, 5), (bank, -1, 6)] * (count + 1)) == 1
        assert database.change_many(ADD_COUNTER, ((name, 7) for name in names)) == count
        assert database.change_many(SET_COUNTER, [(8, name) for name in names]) == count
        keys = database.rows("SELECT key, entry_id FROM entry_key ORDER BY key")
        values = database.rows("SELECT name, value FROM counter WHERE value = 8 ORDER BY name")
    assert keys == [(-1, 5), *((number, number) for number in range(count))]
    assert values == [(name, 8) for name in names]


def test_a_forked_child_has_transactions_of_its_own(database: Database) -> None:
    write(database, "a")
    with database.writing():
        add(database, "b")
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = 0 if names_after_fork(database) == ["a"] else 2
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        add(database, "c")
    assert os.waitstatus_to_exitcode(status) == 0
    assert names(database) == ["a", "b", "c"]


def names_after_fork(database: Database) -> list[str]:
    assert not database.inside
    return names(database)


def test_a_closed_database_lets_its_file_go(tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "tocsin.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(SqliteEngine(path))
    write(database, "a")
    in_thread(lambda: names(database))
    database.close()
    assert [one.name for one in tmp_path.iterdir()] == ["tocsin.db"]


def test_closing_leaves_a_transaction_of_another_thread_its_end(database: Database) -> None:
    """It is committed, then its connection goes; nothing begins any more."""
    inside, closed = threading.Event(), threading.Event()
    seen: list[int] = []

    def write() -> None:
        with database.writing():
            inside.set()
            closed.wait(30)
            seen.append(database.take_numbers("entry", 1))

    thread = threading.Thread(target=write)
    thread.start()
    inside.wait(30)
    database.close()
    closed.set()
    thread.join(30)
    assert seen == [1]
    with pytest.raises(RuntimeError, match="closed"), database.reading():
        pass
    again = Database(database.engine)
    with again.reading():
        assert again.number("SELECT value FROM counter WHERE name = 'entry'") == 1
    again.close()

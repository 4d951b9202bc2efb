"""Looking for rows of the ledger."""

from datetime import timedelta
from pathlib import Path

import pytest

from tocsin.evidence.keys import Keys
from tocsin.evidence.ledger import Event
from tocsin.storage.database import Database
from tocsin.storage.ledger import LedgerStore
from tocsin.storage.ledger_search import LedgerSearch, Wanted
from tocsin.storage.times import from_number


@pytest.fixture
def ledger(database: Database, tmp_path: Path) -> LedgerStore:
    made = LedgerStore(database, Keys.open(tmp_path, create=True))
    for number in range(6):
        actor = "person:anna" if number % 2 else "person:bo"
        made.append(
            Event("entry.withdrawn" if number < 4 else "entry.reinstated", actor, f"entry:{number % 3}")
        )
    return made


def test_the_newest_come_first_and_pages_follow_each_other(database: Database, ledger: LedgerStore) -> None:
    search = LedgerSearch(database)
    every = [row.number for row in ledger.rows()]
    first = search.rows(Wanted(), limit=4)
    second = search.rows(Wanted(), before=first[-1].number, limit=4)
    assert [row.number for row in first + second] == sorted(every, reverse=True)
    assert search.rows(Wanted(), before=every[0]) == []


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(subject="entry:1"),
        Wanted(actor="person:anna"),
        Wanted(kind="entry.withdrawn"),
        Wanted(subject="entry:1", actor="person:anna"),
        Wanted(actor="person:bo", kind="entry.reinstated"),
        Wanted(subject="entry:0", actor="person:bo", kind="entry.withdrawn"),
        Wanted(actor="person:nobody"),
    ],
)
def test_filters_together_are_as_if_each_row_were_looked_at(
    database: Database, ledger: LedgerStore, wanted: Wanted
) -> None:
    expected = [
        row
        for row in ledger.rows()
        if wanted.subject in {"", row.subject}
        and wanted.actor in {"", row.actor}
        and wanted.kind in {"", row.kind}
    ]
    assert LedgerSearch(database).rows(wanted) == expected[::-1]


def test_a_time_begins_and_ends_where_it_says(database: Database, ledger: LedgerStore) -> None:
    rows = list(ledger.rows())
    since, until = from_number(rows[2].time), from_number(rows[5].time)
    found = LedgerSearch(database).rows(Wanted(since=since, until=until))
    assert {row.number for row in found} == {
        row.number for row in rows if rows[2].time <= row.time < rows[5].time
    }
    assert LedgerSearch(database).rows(Wanted(since=from_number(rows[-1].time) + timedelta(seconds=1))) == []


def test_a_clock_that_was_set_back_loses_no_row(database: Database, ledger: LedgerStore) -> None:
    with database.writing():
        database.change("UPDATE ledger SET time = time - 3600000000 WHERE number > 4")
    seen, before = [], 0
    while page := LedgerSearch(database).rows(Wanted(), before=before, limit=2):
        seen += page
        before = page[-1].number
    assert sorted(row.number for row in seen) == [row.number for row in ledger.rows()]
    assert [row.time for row in seen] == sorted((row.time for row in seen), reverse=True)


def test_kinds_heads_and_single_rows(database: Database, ledger: LedgerStore) -> None:
    search = LedgerSearch(database)
    assert search.kinds() == ["entry.reinstated", "entry.withdrawn", "key.introduced"]
    assert search.heads() == []
    head = ledger.sign_head()
    assert search.heads() == [head]
    last = ledger.head()
    assert last is not None
    assert search.row(last.number) == last
    assert search.row(last.number + 1) is None
    assert LedgerSearch(database).rows(Wanted(kind="entry.withdrawn' OR '1'='1")) == []

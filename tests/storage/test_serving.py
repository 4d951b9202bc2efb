"""What changed within a time, on both databases: also while somebody writes."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from tocsin.banks.batch import DraftBatch
from tocsin.banks.model import EntryDraft, Label, Origin, Policy
from tocsin.hashing.signals import parse_signal
from tocsin.storage import curating, times
from tocsin.storage.adding import add_batch
from tocsin.storage.database import Database
from tocsin.storage.serving import ChangedEntries, Window

NOON = datetime(2031, 5, 6, 12, tzinfo=UTC)


def add(database: Database, bank: int, *numbers: int) -> list[int]:
    drafts = [
        EntryDraft(
            (parse_signal(f"md5:{one:032x}"),), Origin("o", f"m{one % 2}", str(one)), (Label("s", "1", "c"),)
        )
        for one in numbers
    ]
    with database.writing():
        return list(add_batch(database, bank, DraftBatch.of(drafts)).ids)


def test_a_window_holds_what_changed_last_in_it(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def at(minutes: int) -> None:
        monkeypatch.setattr(times, "present", lambda: NOON + timedelta(minutes=minutes))

    def told(begin: int, end: int, start: int = 0, limit: int = 10) -> list[int]:
        window = Window(NOON + timedelta(minutes=begin), NOON + timedelta(minutes=end))
        page = changed.page(bank.id, window, start=start, limit=limit)
        assert changed.last(bank.id, window) == max([one.entry.id for one in page], default=0) or limit < 10
        return [one.entry.id for one in page]

    changed = ChangedEntries(database)
    at(0)
    with database.writing():
        bank, other = (curating.create_bank(database, name, Policy()) for name in ("one", "other"))
    first = add(database, bank.id, 1, 2, 3)
    at(10)
    add(database, other.id, 4)
    second = add(database, bank.id, 5, 6)
    assert told(-1, 0) == first  # up to and with the end
    assert told(0, 10) == second  # after the beginning
    assert told(-1, 99, limit=4) == [*first, second[0]]
    assert told(-1, 99, start=second[0] + 1) == second[1:]
    at(20)
    with database.writing():
        curating.withdraw(database, [first[1], second[1]], "by mistake")
    assert (told(-1, 0), told(0, 10), told(10, 20)) == (
        [first[0], first[2]],
        [second[0]],
        [first[1], second[1]],
    )
    at(30)
    with database.writing():
        curating.reinstate(database, [first[1]])
    assert (told(10, 20), told(20, 30), told(30, 99)) == ([second[1]], [first[1]], [])
    contributors = changed.contributors(bank.id)
    assert {(one.source, one.member) for one in contributors} == {("o", "m0"), ("o", "m1")}
    assert contributors == sorted(contributors, key=lambda one: one.number) == changed.contributors(bank.id)
    assert changed.codes(bank.id) == [Label("s", "1", "c")]


def test_what_is_being_written_is_waited_for(database: Database) -> None:
    """Else it would come to light within a window that was told already."""
    changed = ChangedEntries(database)
    with database.writing():
        bank = curating.create_bank(database, "one", Policy())
    stamped, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with database.writing():
            add(database, bank.id, 1)
            stamped.set()
            assert go_on.wait(30)

    writer = threading.Thread(target=write)
    writer.start()
    assert stamped.wait(30)
    begin = datetime(1970, 1, 1, tzinfo=UTC)
    assert changed.page(bank.id, Window(begin, datetime.now(UTC)), start=0, limit=10) == []
    threading.Timer(0.05, go_on.set).start()
    end = changed.settled()
    writer.join()
    assert len(changed.page(bank.id, Window(begin, end), start=0, limit=10)) == 1

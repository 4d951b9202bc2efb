"""What is kept for HMA's clients, on both databases, and where look-ups run."""

import threading
import time
from functools import partial
from pathlib import Path

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.banks.model import EntryDraft, Policy
from tocsin.hashing.signals import Signal, SignalType
from tocsin.storage.hma import BankNote, ContentNote, HmaNotes
from tocsin.storage.home import Home
from tocsin.web.hma.curating import NAME
from tocsin.web.hma.errors import HmaRequestError
from tocsin.web.hma.lane import SLOW_SECONDS, Lane
from tocsin.web.hma.types import SIGNALS, parsed


def test_banks_keep_their_ratio_and_who_made_them(home_folder: Path) -> None:
    with Home.open(home_folder) as home:
        notes = HmaNotes(home.database)
        home.create_bank("A", Policy())
        notes.set_bank("A", BankNote(0.1, "token:coop"))
        notes.set_bank("A", BankNote(1 / 3))
        assert notes.banks() == {"A": BankNote(1 / 3, "token:coop")}
        notes.rename("A", "B")
        assert notes.banks() == {"B": BankNote(1 / 3, "token:coop")}
        assert [bank.name for bank in home.banks()] == ["B"]


def test_contents_keep_what_came_with_them_until_their_bank_is_removed(home_folder: Path) -> None:
    with Home.open(home_folder) as home:
        notes = HmaNotes(home.database)
        home.create_bank("A", Policy())
        signal = Signal(SignalType.MD5, bytes(16))
        (number,) = home.add_entries("A", [EntryDraft((signal,))]).entry_ids
        assert notes.content(number) == ContentNote()
        kept = ContentNote(0, {"content_id": "7", "json": {"ä": [1, None]}}, "a note")
        notes.set_content(number, kept)
        assert notes.content(number) == kept
        assert notes.sizes().keys() == {"md5"}
        home.remove_bank("A")
        assert notes.content(number) == ContentNote()
        assert notes.sizes() == {}


_COUNTED = """
    SELECT signal.type, COUNT(DISTINCT signal.entry_id), MAX(entry.added)
    FROM signal JOIN entry ON entry.id = signal.entry_id GROUP BY signal.type"""
_SIGNALS = st.builds(
    lambda kind, number: Signal(kind, number.to_bytes(kind.size, "big")),
    st.sampled_from(SignalType),
    st.integers(0, 3),
)
_DRAFTS = st.lists(st.lists(_SIGNALS, min_size=1, max_size=4).map(lambda found: EntryDraft(tuple(found))))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from("AB"), st.none() | _DRAFTS), max_size=6))
def test_entries_of_each_type_are_counted_as_they_come_and_go(
    home_folder: Path, steps: list[tuple[str, list[EntryDraft] | None]]
) -> None:
    with Home.open(home_folder) as home:
        for bank in home.banks():
            home.remove_bank(bank.name)
        notes = HmaNotes(home.database)
        for name, drafts in steps:
            if name not in {bank.name for bank in home.banks()}:
                home.create_bank(name, Policy())
            if drafts is None:
                home.remove_bank(name)
            else:
                home.add_entries(name, drafts)
            with home.database.reading():
                counted = home.database.rows(_COUNTED)
            sizes = notes.sizes()
            assert {kind: count for kind, (count, _) in sizes.items()} == {row[0]: row[1] for row in counted}
            for kind, _, added in counted:  # the count is written a moment after the entry
                assert 0 <= sizes[kind][1] - added // 1_000_000 <= 1


def test_signal_types_keep_their_ratio(home_folder: Path) -> None:
    with Home.open(home_folder) as home:
        notes = HmaNotes(home.database)
        notes.set_type("pdq", 0.0)
        notes.set_type("pdq", 0.7)
        assert notes.types() == {"pdq": 0.7}


@given(name=st.sampled_from(sorted(SIGNALS)), text=st.text(max_size=80))
def test_only_hexadecimal_digits_of_the_right_number_are_a_signal(name: str, text: str) -> None:
    try:
        found = parsed(name, text)
    except HmaRequestError:
        return
    assert found.hex == text.strip().lower()


@given(text=st.text(max_size=8))
def test_names_are_ascii(text: str) -> None:
    if NAME.fullmatch(text):
        assert text.isascii()
        assert "\n" not in text


def test_look_ups_that_wait_go_to_threads() -> None:
    lane, here = Lane(), threading.get_ident()
    where: list[int] = []

    def waiting(pause: float) -> None:
        time.sleep(pause)
        where.append(threading.get_ident())

    async def several() -> None:
        for pause in (0, 0, 3 * SLOW_SECONDS, 0):
            await lane.run(partial(waiting, pause))

    anyio.run(several)
    assert [one == here for one in where] == [False, True, True, False]


def test_what_a_look_up_raises_comes_out() -> None:
    lane = Lane()

    async def failing() -> None:
        await lane.run(lambda: None)
        await lane.run(lambda: parsed("pdq", "x"))

    with pytest.raises(HmaRequestError):
        anyio.run(failing)

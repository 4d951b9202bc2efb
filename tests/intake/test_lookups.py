"""Counting look-ups, and refusing those that read a list out."""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.commands import tocsin
from support.known import MemoryItems, digest, pdq

from tocsin.access.model import Permission, Principal, Right
from tocsin.banks.model import Policy
from tocsin.content.model import Content
from tocsin.evidence.ledger import Event
from tocsin.hashing.signals import Signal, SignalType
from tocsin.intake.lookups import WINDOW_SECONDS, LookupCount, LookupLimitError, Lookups
from tocsin.intake.model import Context, MatchRecord, Submission
from tocsin.matching.matches import Matcher, Matches
from tocsin.storage.database import Database
from tocsin.storage.home import Home
from tocsin.storage.lookups import DayCount, LookupStore

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

PARTNER = Principal("token:p", frozenset({Permission.MATCH}), {"*": frozenset({Right.MATCH})})
READER = Principal("token:r", frozenset({Permission.MATCH}), {"*": frozenset({Right.MATCH, Right.READ})})


class Events:
    """A ledger that keeps what is appended to it."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.events: list[Event] = []

    def append(self, event: Event) -> int:
        self.events.append(event)
        return len(self.events)


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def items() -> MemoryItems:
    known = MemoryItems({"known": Policy()})
    known.add("known", 1, [pdq(), digest(SignalType.MD5, 1)])
    known.add("known", 2, [pdq(*range(128, 192))])
    return known


@pytest.fixture
def ledger() -> Events:
    return Events()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lookups(ledger: Events, clock: Clock) -> Lookups:
    return Lookups(None, ledger, most_variants=10, clock=clock)


def walk() -> Iterator[Signal]:
    """Hashes that differ by a bit from one another, all near to entry 1."""
    for bit in range(25):
        yield pdq(bit)


def look_up(lookups: Lookups, items: MemoryItems, who: Principal, *signals: Signal) -> Matches:
    found = Matcher(items).match(signals)
    lookups.answered(who, signals, found)
    return found


def test_walking_along_an_entry_ends(lookups: Lookups, items: MemoryItems, ledger: Events) -> None:
    answered = 0
    for signal in walk():
        try:
            answered += bool(look_up(lookups, items, PARTNER, signal).matches)
        except LookupLimitError as error:
            assert error.retry_after > 0  # noqa: PT017  # how many get through is the point
    assert answered == 10
    assert [(one.kind, one.actor, one.subject) for one in ledger.events] == [
        ("lookups.refused", "token:p", "entry:1")
    ]


def test_a_hash_held_still_beside_others_hides_no_walk(lookups: Lookups, items: MemoryItems) -> None:
    """A file has several hashes: its maker can keep one of them, while the others walk."""
    signals = list(walk())
    for signal in signals[:10]:
        look_up(lookups, items, PARTNER, pdq(), signal)
    with pytest.raises(LookupLimitError):
        look_up(lookups, items, PARTNER, pdq(), signals[10])


def test_misses_along_the_edge_are_walking_too(lookups: Lookups, items: MemoryItems) -> None:
    """31 bits from the entry, a bit more is a miss: of 256 look-ups only those matches would be seen."""
    edge = set(range(31))
    look_up(lookups, items, PARTNER, pdq(*edge))
    assert not look_up(lookups, items, PARTNER, pdq(*edge, 60)).matches
    for bit in range(61, 69):
        look_up(lookups, items, PARTNER, pdq(*edge, bit))
    with pytest.raises(LookupLimitError):
        look_up(lookups, items, PARTNER, pdq(*edge, 69))
    assert not look_up(lookups, items, PARTNER, pdq(*range(60, 200))).matches, (
        "far from it, this tells nothing"
    )


def test_others_and_other_entries_go_on(lookups: Lookups, items: MemoryItems) -> None:
    signals = list(walk())
    for signal in signals[:10]:
        look_up(lookups, items, PARTNER, signal)
    with pytest.raises(LookupLimitError):
        look_up(lookups, items, PARTNER, signals[10])
    assert look_up(lookups, items, PARTNER, signals[3]).matches, "the same once more tells nothing new"
    assert look_up(lookups, items, PARTNER, pdq(*range(128, 191))).matches
    assert look_up(lookups, items, PARTNER, digest(SignalType.MD5, 1)).matches
    assert not look_up(lookups, items, PARTNER, pdq(*range(60, 200))).matches
    for signal in signals:
        assert look_up(lookups, items, READER, signal).matches, "whoever reads the bank learns nothing by it"


def submitted(*values: Signal, by: Principal = PARTNER, number: int = 1) -> Submission:
    """A submission with these hashes."""
    content = Content("file", 1, values)
    now = datetime.now(UTC)
    sha256 = number.to_bytes(32)
    return Submission(str(number), number, sha256, 1, now, by.id, Context(), content, now, job=1)


def matched(*members: str | None) -> list[MatchRecord]:
    """A match of each of these members with entry 1."""
    match: JsonObject = {"bank": "known", "entry": 1, "type": "pdq", "distance": 5, "radius": 31}
    now = datetime.now(UTC)
    return [MatchRecord("1", now, False, 1, False, {**match, "member": one}) for one in members]  # noqa: FBT003  # as declared


def test_submissions_walk_as_look_ups_do(lookups: Lookups, items: MemoryItems) -> None:
    signals = list(walk())
    for signal in signals[:5]:
        look_up(lookups, items, PARTNER, signal)
    told = [lookups.tell_too_much(PARTNER, submitted(one), matched(None)) for one in signals]
    assert told == [False] * 10 + [True] * (len(signals) - 10)
    with pytest.raises(LookupLimitError):
        look_up(lookups, items, PARTNER, signals[20])
    assert lookups.tell_too_much(PARTNER, submitted(signals[20]), ()), "whether it is a match or a miss"
    assert not lookups.tell_too_much(PARTNER, submitted(signals[20], by=READER), matched(None))
    assert not lookups.tell_too_much(READER, submitted(signals[20], by=READER), matched(None))


def test_an_archive_walks_by_each_of_its_files(lookups: Lookups) -> None:
    names = [f"{number}.jpg" for number in range(11)]
    assert not lookups.tell_too_much(PARTNER, submitted(), matched(*names[:10]))
    assert not lookups.tell_too_much(PARTNER, submitted(), matched(*names[:10])), "the same once more"
    assert lookups.tell_too_much(PARTNER, submitted(number=2), matched(*names))


def test_after_the_window_it_goes_on(lookups: Lookups, items: MemoryItems, clock: Clock) -> None:
    for signal in list(walk())[:10]:
        look_up(lookups, items, PARTNER, signal)
    clock.now = WINDOW_SECONDS + 1
    assert look_up(lookups, items, PARTNER, pdq(24)).matches


def test_counts_are_kept_together_and_add_up(database: Database, items: MemoryItems, ledger: Events) -> None:
    store, clock = LookupStore(database), Clock()
    lookups = Lookups(store, ledger, clock=clock)
    for _ in range(2):
        look_up(lookups, items, READER, pdq())
        look_up(lookups, items, READER, pdq(*range(60, 200)))
        lookups.refused(READER.id)
        lookups.flush(all_of_them=False)
        assert store.since(READER.id, 0) == {}, "nothing is written for each look-up"
    clock.now = 11
    lookups.flush(all_of_them=False)
    look_up(lookups, items, READER, pdq())
    lookups.flush()
    kept = store.since(READER.id, 0).values()
    assert sum(one.asked for one in kept) == 7
    assert sum(one.matched for one in kept) == 3
    assert sum(one.refused for one in kept) == 2
    assert store.since("token:other", 0) == {}


def test_counts_are_told_by_day_for_ninety_days(database: Database) -> None:
    store, now = LookupStore(database), int(time.time()) // 60
    today = date(1970, 1, 1) + timedelta(days=now // 1440)
    yesterday = today - timedelta(days=1)
    store.add({("token:p", now - 91 * 1440): LookupCount(9, 9, 9)})
    store.add({("token:p", now): LookupCount(3, 1, 0), ("token:a", now): LookupCount(1, 0, 1)})
    store.add({("token:p", now - 1440): LookupCount(2, 0, 0), ("token:p", now): LookupCount(1, 1, 0)})
    assert store.by_day() == [
        DayCount(today, "token:a", LookupCount(1, 0, 1)),
        DayCount(today, "token:p", LookupCount(4, 2, 0)),
        DayCount(yesterday, "token:p", LookupCount(2, 0, 0)),
    ]


def test_the_operator_sees_who_asked_how_much(tmp_path: Path) -> None:
    with Home.open(tmp_path / "home", create=True) as home:
        assert tocsin("admin", "lookups", "--home", home.folder).out == ""
        LookupStore(home.database).add({("token:p", 1440 * 30_000): LookupCount(1234, 2, 1)})
        said = tocsin("admin", "lookups", "--home", home.folder)
        assert said.out == "2052-02-20  token:p  1,234 asked, 2 matched, 1 refused\n"
        (one,) = tocsin("admin", "lookups", "--json", "--home", home.folder).objects
    assert one == {"day": "2052-02-20", "principal": "token:p", "asked": 1234, "matched": 2, "refused": 1}

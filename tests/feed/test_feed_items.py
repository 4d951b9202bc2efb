"""Items of a feed: written, read again, and read strictly."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.banks.model import Label
from tocsin.banks.opinions import Verdict
from tocsin.exchange.items import (
    EntryItem,
    Item,
    OpinionItem,
    SeenItem,
    Source,
    Stated,
    Stood,
    UnfitItemError,
    WithdrawalItem,
    read,
    write,
)
from tocsin.exchange.rights import Purpose, Terms
from tocsin.hashing.signals import Dialect, Orientation, Signal, SignalType

_TEXTS = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=40)
_KEYS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,30}", fullmatch=True)
_FEEDS = st.sampled_from(["a.example/feed", "b.example"])
_TIMES = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001  # hypothesis wants it without
    timezones=st.just(UTC),
)
_SIGNALS = st.sampled_from(list(SignalType)).flatmap(
    lambda kind: st.builds(
        Signal,
        st.just(kind),
        st.binary(min_size=kind.size, max_size=kind.size),
        st.none() | st.integers(0, 100),
        st.none() | st.just("frame 7"),
        st.none() | st.sampled_from(Dialect),
        st.none() | st.sampled_from(Orientation),
    )
)
_TERMS = st.sampled_from(
    [
        Terms("anyone"),
        Terms("named", partners=("a.example/feed",)),
        Terms("in-countries", countries=("DE", "EU"), purposes=(Purpose.DETECTION,), jurisdiction="DE"),
    ]
)
_ENTRIES = st.builds(
    EntryItem,
    _KEYS,
    st.lists(_SIGNALS, min_size=1, max_size=3).map(tuple),
    st.lists(st.builds(Label, *([_TEXTS] * 5)), max_size=3).map(tuple),
    st.builds(Source, _FEEDS, _TEXTS, _TEXTS, _TEXTS),
    st.lists(st.builds(Stated, _FEEDS, _TERMS), min_size=1, max_size=2).map(tuple),
    _TEXTS,
    st.lists(st.builds(Stood, _TEXTS, _TEXTS), max_size=3).map(tuple),
    _TIMES,
    st.booleans(),
)
_ITEMS: st.SearchStrategy[Item] = st.one_of(
    _ENTRIES,
    st.builds(WithdrawalItem, _KEYS, _TEXTS, _TIMES),
    st.builds(OpinionItem, _FEEDS, _KEYS, _TEXTS, st.sampled_from(Verdict), _TEXTS, _TIMES),
    st.builds(SeenItem, _FEEDS, _KEYS, st.integers(0, 10**12), _TIMES),
)
_ENTRY = EntryItem(
    "k1",
    (Signal(SignalType.MD5, bytes(16)),),
    (),
    Source("a.example/feed"),
    (Stated("a.example/feed", Terms("anyone")),),
    "",
    (Stood("publisher", "p1"), Stood("publisher", "p2")),
    datetime(2026, 11, 1, tzinfo=UTC),
)


@given(_ITEMS)
@settings(max_examples=60)
def test_what_is_written_is_read(item: Item) -> None:
    line = write(item)
    assert b"\n" not in line
    found = read(line)
    assert (found.item, found.unknown) == (item, 0)


@given(st.binary(max_size=60) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_whatever_a_line_holds_it_is_an_item_or_unfit(line: bytes | str) -> None:
    with pytest.raises(UnfitItemError):
        read(line if isinstance(line, bytes) else line.encode())


@given(_ITEMS, st.data())
@settings(max_examples=60)
def test_whatever_takes_the_place_of_a_field_it_is_an_item_or_unfit(item: Item, data: st.DataObject) -> None:
    fields = json.loads(write(item))
    name = data.draw(st.sampled_from(sorted(fields)))
    odd: st.SearchStrategy[object] = st.sampled_from(
        [None, True, -1, 1e400, "", "\0", "\ud800", "x" * 10_000, [], [[]], {}, [{}], "9" * 5000]
    )
    fields[name] = data.draw(odd)
    with suppress(UnfitItemError):
        assert read(json.dumps(fields).encode()).unknown < 2


def test_fields_that_are_not_known_are_left_out_and_counted() -> None:
    fields = json.loads(write(_ENTRY))
    fields["colour"] = "blue"
    fields["onward"][0]["moreover"] = 1
    found = read(json.dumps(fields).encode())
    assert (found.item, found.unknown) == (_ENTRY, 2)


@pytest.mark.parametrize(
    "line",
    [
        b'{"item":"withdrawal","key":"a","key":"b","reason":"","time":"2026-11-01T00:00:00Z"}',
        b'{"item":"withdrawal","key":"a","reason":"","time":"2026-11-01T00:00:00"}',
        b'{"item":"withdrawal","key":"../a","reason":"","time":"2026-11-01T00:00:00Z"}',
        b'{"item":"seen","to":"a","key":"a","count":true,"time":"2026-11-01T00:00:00Z"}',
        b'{"item":"seen","to":"a","key":"a","count":-1,"time":"2026-11-01T00:00:00Z"}',
        b'{"item":"seen","to":"a","key":"a","count":NaN,"time":"2026-11-01T00:00:00Z"}',
        b"[" * 100_000,
        b'{"item":"advice","key":"a"}',
    ],
)
def test_lines_that_are_no_items(line: bytes) -> None:
    with pytest.raises(UnfitItemError):
        read(line)


@pytest.mark.parametrize(
    "change",
    [
        {"signals": _ENTRY.signals * 201},
        {"labels": (Label("a", "b", "c"),) * 151},
        {"labels": (Label("a", "b", "c" * 501),)},
        {"purpose": "p" * 2001},
        {"signals": ()},
        {"terms": (Stated("a", Terms("whoever-asks")),)},
        {"terms": (Stated("a", Terms("named")),)},
        {"terms": ()},
        {"stood": _ENTRY.stood * 5},
    ],
)
def test_entries_that_are_unfit(change: dict[str, object]) -> None:
    with pytest.raises(UnfitItemError):
        read(write(replace(_ENTRY, **change)))  # type: ignore[arg-type]  # of any kind


def test_times_are_in_utc_wherever_they_were_written() -> None:
    there = _ENTRY.time.astimezone(timezone(timedelta(hours=5, minutes=30)))
    found = read(write(replace(_ENTRY, time=there))).item
    assert found.time == _ENTRY.time
    assert found.time.tzinfo is UTC

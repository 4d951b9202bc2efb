"""What reviewers set for themselves: tighter at once, looser from the next day on."""

from dataclasses import fields
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.banks.batch import InvalidTextError
from tocsin.cases import preferences as setting
from tocsin.cases.errors import InvalidObservationError
from tocsin.cases.limits import Limits, OwnLimits
from tocsin.cases.preferences import Preferences, Theme, Wanted

MONDAY = date(2026, 3, 2)
TUESDAY = MONDAY + timedelta(days=1)
OWN = st.builds(
    OwnLimits,
    *(st.none() | one for one in (st.floats(0, 24), st.integers(1, 99), *[st.integers(0, 60)] * 4)),
)


def test_a_tighter_limit_holds_at_once_and_a_looser_one_from_the_next_day_on() -> None:
    tight = Preferences().changed(Wanted(OwnLimits(reveals_a_day=5, break_minutes=20)), MONDAY)
    assert tight.limits == OwnLimits(reveals_a_day=5, break_minutes=20)
    assert tight.later is None
    wanted = OwnLimits(reveals_a_day=50, break_minutes=15, hours_a_day=2)
    loose = tight.changed(Wanted(wanted), MONDAY)
    assert loose.limits == OwnLimits(reveals_a_day=5, break_minutes=20, hours_a_day=2)
    assert loose.on(MONDAY).limits == loose.limits
    assert loose.on(TUESDAY).limits == wanted
    assert loose.on(TUESDAY).later is None


def test_a_limit_taken_away_goes_the_next_day() -> None:
    tight = Preferences().changed(Wanted(OwnLimits(reveals_a_day=5)), MONDAY)
    gone = tight.changed(Wanted(), MONDAY)
    assert gone.limits.reveals_a_day == 5
    assert gone.on(TUESDAY).limits == OwnLimits()


@given(st.lists(st.tuples(OWN, st.integers(0, 1)), max_size=12))
def test_within_a_day_limits_only_get_tighter(steps: list[tuple[OwnLimits, int]]) -> None:
    preferences, day, organisation = Preferences(), MONDAY, Limits()
    for own, days in steps:
        before = organisation.tightened(preferences.on(day).limits)
        preferences = preferences.changed(Wanted(own), day)
        after = organisation.tightened(preferences.on(day).limits)
        assert after == organisation.tightened(own).tightened(preferences.on(day).limits)
        for one in fields(Limits):
            then, now = getattr(before, one.name), getattr(after, one.name)
            assert now >= then if one.name == "break_minutes" else now <= then
        day += timedelta(days=days)
        if days:
            assert preferences.on(day).limits == own  # and what was wanted comes


def test_what_was_set_on_a_day_that_has_not_come_waits_no_longer_than_that_counts() -> None:
    far = date(2045, 7, 1)
    tight = Preferences().changed(Wanted(OwnLimits(reveals_a_day=5)), MONDAY).changed(Wanted(), far)
    moved = tight.moved({far: TUESDAY}, TUESDAY)
    assert moved.on(TUESDAY).limits.reveals_a_day == 5
    assert moved.on(TUESDAY + timedelta(days=1)).limits.reveals_a_day is None
    assert tight.moved({}, MONDAY).on(TUESDAY).limits.reveals_a_day is None


@given(OWN, OWN, st.frozensets(st.text(max_size=9), max_size=3), st.sampled_from(Theme))
def test_stored_and_read_they_are_the_same(
    own: OwnLimits, other: OwnLimits, opt_outs: frozenset[str], theme: Theme
) -> None:
    preferences = Preferences().changed(Wanted(own), MONDAY)
    preferences = preferences.changed(Wanted(other, opt_outs, "fr", theme), MONDAY)
    assert Preferences.from_json(preferences.to_json()) == preferences
    assert Preferences.from_json({}) == Preferences()


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(OwnLimits(stretch_minutes=0)),
        Wanted(opt_outs=frozenset({""})),
        Wanted(opt_outs=frozenset({"x" * 201})),
        Wanted(opt_outs=frozenset(str(one) for one in range(101))),
        Wanted(language="xx"),
    ],
)
def test_what_cannot_be_set_is_refused(wanted: Wanted) -> None:
    with pytest.raises(InvalidObservationError):
        setting.check(wanted, ("en", "fr"))


def test_texts_that_no_database_holds_are_refused() -> None:
    with pytest.raises(InvalidTextError):
        setting.check(Wanted(opt_outs=frozenset({"a\0b"})), ("en",))
    setting.check(Wanted(language="en", opt_outs=frozenset({"ncmec:A1"})), ("en",))

"""The rules of limits: what a stretch, a break and a day are, whatever clocks do."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.cases import limits as rules
from tocsin.cases.errors import InvalidObservationError, LimitReachedError
from tocsin.cases.limits import Limits, Meter, OwnLimits, Spent, SteadyClock

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
SMALL = Limits(hours_a_day=0.5, stretch_minutes=10, break_minutes=4)


class Person:
    """Somebody who is served whenever that is allowed; all on one day."""

    def __init__(self, limits: Limits) -> None:
        """Nothing seen yet."""
        self.limits = limits
        self.meter, self.spent = Meter(), Spent()
        self.begun = False
        """Whether the last time that they were served began a stretch."""

    def ask(self, now: datetime) -> float | None:
        """Ask at a moment: None if served, else in how many seconds to come back (0: not today)."""
        self.meter, _ = rules.told(self.meter, now)
        try:
            after, more = rules.admitted(self.meter, self.spent, self.limits, now)
        except LimitReachedError as error:
            return error.retry_after or 0.0
        self.begun, self.meter = after.stretch != self.meter.stretch, after
        self.spent = replace(self.spent, minutes=self.spent.minutes + more)
        return None


# What a stretch is


def test_a_minute_counts_once() -> None:
    somebody = Person(SMALL)
    for seconds in (0, 1, 30, 59):
        assert somebody.ask(START + seconds * SECOND) is None
    assert somebody.spent.minutes == 1
    assert somebody.ask(START + MINUTE) is None
    assert somebody.spent.minutes == 2


def test_after_the_longest_stretch_there_is_a_break_without_any_material() -> None:
    somebody = Person(SMALL)
    for minute in range(10):
        assert somebody.ask(START + minute * MINUTE) is None
    last = START + 9 * MINUTE
    assert somebody.ask(START + 10 * MINUTE) == 180
    # Asking does not make it longer, nor does being impatient make it shorter.
    assert somebody.ask(last + 4 * MINUTE - SECOND) == 1
    assert somebody.ask(last + 4 * MINUTE) is None
    assert somebody.ask(last + 13 * MINUTE) is None


def test_a_gap_as_long_as_a_break_begins_a_new_stretch() -> None:
    somebody = Person(SMALL)
    for minute in (0, 3, 6, 9, 13, 16, 19, 22):
        assert somebody.ask(START + minute * MINUTE) is None
    assert somebody.ask(START + 23 * MINUTE) is not None


@given(st.lists(st.integers(0, 400), max_size=150))
def test_stretches_are_no_longer_than_allowed_and_breaks_are_real(gaps: list[int]) -> None:
    somebody, now = Person(replace(SMALL, hours_a_day=24)), START
    stretch: list[datetime] = []
    for gap in gaps:
        now += gap * SECOND
        if (wait := somebody.ask(now)) is None:
            if stretch and now - stretch[-1] >= SMALL.pause:
                stretch = []
            stretch.append(now)
            assert stretch[-1] - stretch[0] < SMALL.stretch
        else:
            # What it says is when it is lifted, and no earlier.
            assert wait > 0
            assert now + wait * SECOND == stretch[-1] + SMALL.pause


@given(st.lists(st.integers(-3000, 400), max_size=150))
def test_a_clock_that_goes_back_gives_nothing(moves: list[int]) -> None:
    somebody, now = Person(SMALL), START
    run = 0
    for by in moves:
        now += by * SECOND
        before = somebody.spent.minutes
        if somebody.ask(now) is not None:
            continue
        run = (0 if somebody.begun else run) + somebody.spent.minutes - before
        assert run <= SMALL.stretch_minutes
        assert somebody.spent.minutes <= SMALL.minutes_a_day


@given(st.lists(st.tuples(st.integers(0, 240), st.integers(1, 100_000)), max_size=60))
def test_back_jumps_never_make_a_break_shorter(steps: list[tuple[int, int]]) -> None:
    """The clock goes on, and is set back now and then: no stretch begins without a true gap before it."""
    somebody, true, wrong = Person(replace(SMALL, hours_a_day=24)), START, timedelta()
    last: datetime | None = None
    for gap, back in steps:
        true += gap * SECOND
        wrong -= back * SECOND if back % 3 == 0 else timedelta()
        if somebody.ask(true + wrong) is None:
            assert last is None or not somebody.begun or true - last >= SMALL.pause
            last = true


def test_a_minute_that_comes_round_again_counts_again() -> None:
    somebody = Person(SMALL)
    for _ in range(5):
        assert somebody.ask(START + 2 * MINUTE) is None
        assert somebody.ask(START) is None
    assert somebody.spent.minutes == 10
    assert somebody.ask(START + 2 * MINUTE) is not None


def test_a_break_goes_on_where_the_clock_is_set_back() -> None:
    somebody = Person(SMALL)
    for minute in range(10):
        somebody.ask(START + minute * MINUTE)
    early = START - 5 * HOUR
    assert somebody.ask(START + 10 * MINUTE) == 180
    assert somebody.ask(early) == 180
    assert somebody.ask(early + 179 * SECOND) == 1
    assert somebody.ask(early + 180 * SECOND) is None


def test_the_hours_of_a_day() -> None:
    somebody, now = Person(SMALL), START
    while somebody.spent.minutes < SMALL.minutes_a_day:
        now += MINUTE
        somebody.ask(now)
    assert somebody.ask(now + 3 * HOUR) == 0.0
    assert somebody.spent.minutes == 30


# Days that have not come

DAYS = st.dates(date(2026, 1, 1), date(2026, 3, 1))


@given(st.sets(DAYS, max_size=12), DAYS)
def test_days_used_ahead_of_their_time_are_paid_for(days: set[date], today: date) -> None:
    past = [max(day for day in days if day <= today)] if any(day <= today for day in days) else []
    used = [*past, *sorted(day for day in days if day > today)]
    moves = rules.settled(used, today)
    after = [moves.get(day, day) for day in used]
    assert len(set(after)) == len(used)  # no budget was merged with another: none is given twice
    assert after == sorted(after)
    assert all(new <= old for old, new in moves.items())
    if moves:
        assert max(after) >= today  # so that today has been begun
        assert max(after) - today <= timedelta(days=len(moves))  # and nobody waits longer than they were lent
    assert [rules.settled(after, today).get(day, day) for day in after] == after


def test_a_clock_that_was_years_ahead_locks_nobody_out() -> None:
    monday, later = date(2026, 3, 2), date(2045, 7, 1)
    # Today's budget was used, then that of a day in 2045: it is tomorrow's.
    assert rules.settled([monday, later], monday) == {later: date(2026, 3, 3)}
    # A server that ran years ahead for three days, and is set right on the third: today has been begun.
    ahead = [later + timedelta(days=count) for count in range(3)]
    moved = rules.settled([monday, *ahead], date(2026, 3, 5))
    assert list(moved.values()) == [date(2026, 3, 3), date(2026, 3, 4), date(2026, 3, 5)]


def test_days_are_local_and_end_when_the_next_begins() -> None:
    paris = ZoneInfo("Europe/Paris")
    assert rules.day_of(datetime(2026, 3, 28, 23, 30, tzinfo=UTC), paris) == date(2026, 3, 29)
    spring = date(2026, 3, 29)  # 23 hours long
    assert rules.day_ends(spring, paris) == datetime(2026, 3, 29, 22, 0, tzinfo=UTC)


# Reveals


def test_a_look_is_as_long_as_what_is_left_allows() -> None:
    limits = Limits(reveals_a_day=3, reveal_seconds=8, exposed_minutes=1)
    assert rules.granted(Spent(), limits, 5) == 5
    assert rules.granted(Spent(), limits, 99) == 8
    assert rules.granted(Spent(), limits, -1) == 1
    assert rules.granted(Spent(reveals=2, seconds=57), limits, 8) == 3
    for spent in (Spent(reveals=3), Spent(seconds=60)):
        with pytest.raises(LimitReachedError):
            rules.granted(spent, limits, 1)


# One's own limits

LIMITS = st.builds(
    Limits,
    st.floats(0, 24),
    st.integers(1, 99),
    st.integers(0, 99),
    st.integers(0, 99),
    st.integers(1, 60),
    st.integers(0, 99),
)
OWN = st.builds(
    OwnLimits,
    *(st.none() | one for one in (st.floats(0, 24), st.integers(1, 99), *[st.integers(0, 60)] * 4)),
)


@given(LIMITS, OWN, OWN)
def test_own_limits_only_tighten(limits: Limits, own: OwnLimits, other: OwnLimits) -> None:
    ours = limits.tightened(own)
    assert ours.break_minutes >= limits.break_minutes
    for name in ("hours_a_day", "stretch_minutes", "reveals_a_day", "reveal_seconds", "exposed_minutes"):
        assert getattr(ours, name) <= getattr(limits, name)
    assert limits.tightened(own.tightest(other)) == limits.tightened(own).tightened(other)


@pytest.mark.parametrize(
    "own",
    [
        OwnLimits(hours_a_day=float("nan")),
        OwnLimits(hours_a_day=-1),
        OwnLimits(stretch_minutes=0),
        OwnLimits(break_minutes=1441),
        OwnLimits(reveal_seconds=61),
        OwnLimits(reveals_a_day=-1),
    ],
)
def test_what_is_no_limit_is_refused(own: OwnLimits) -> None:
    with pytest.raises(InvalidObservationError):
        own.check()


# The clock


@given(st.lists(st.tuples(st.floats(0, 1e6), st.timedeltas(timedelta(-9999), timedelta(9999))), max_size=20))
def test_setting_the_clock_of_a_running_server_does_nothing(steps: list[tuple[float, timedelta]]) -> None:
    wall, passed = [START], [5.0]
    clock = SteadyClock(lambda: wall[0], lambda: passed[0])
    for seconds, jump in steps:
        passed[0] += seconds
        wall[0] += timedelta(seconds=seconds) + jump
        assert clock() == START + timedelta(seconds=passed[0] - 5.0)


def test_a_clock_goes_on_by_itself() -> None:
    clock = SteadyClock()
    first = clock()
    assert first <= clock() < first + HOUR
    assert abs(first - datetime.now(UTC)) < HOUR

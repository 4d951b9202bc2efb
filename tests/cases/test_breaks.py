"""Breaks count from the last thing that was shown; budgets and breaks outlive clocks that went wrong."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from support.cases import ANNA
from support.viewing import Held, Pictures, Screen

from tocsin.cases.errors import LimitReachedError
from tocsin.cases.limits import Limits, OwnLimits
from tocsin.cases.preferences import Wanted
from tocsin.evidence.errors import NotRenderedError
from tocsin.evidence.renditions import Picture, Region

SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
pytestmark = pytest.mark.parametrize("home_folder", ["sqlite"], indirect=True)
"""What is decided above the store is tried on one database."""
SHORT = Limits(stretch_minutes=1, break_minutes=5, reveal_seconds=60)


def limited(screen: Screen, limits: Limits) -> Held:
    """A case that Anna holds, where the organisation set these limits."""
    screen.viewing = replace(screen.viewing, limits=limits)
    return screen.case()


def reveal(held: Held, seconds: int = 5) -> None:
    held.screen.viewing.reveal(*held.at, None, seconds, "case 1")


def break_ends_after(held: Held, longest_look: timedelta) -> None:
    """Nothing is shown until the break after that look is long enough; asked 30 s after it began."""
    held.screen.clock.move(longest_look + SHORT.pause - 31 * SECOND)
    with pytest.raises(LimitReachedError) as caught:
        held.look()
    assert caught.value.retry_after == 1
    held.screen.clock.move(SECOND)
    held.look()


# What a break counts from


def test_a_preview_during_a_long_look_does_not_begin_the_break(screen: Screen) -> None:
    held = limited(screen, SHORT)
    reveal(held, 60)
    screen.clock.move(30 * SECOND)
    held.look()
    break_ends_after(held, 60 * SECOND)


def test_a_short_look_during_a_long_one_does_not_begin_the_break(screen: Screen) -> None:
    held = limited(screen, SHORT)
    reveal(held, 60)
    screen.clock.move(30 * SECOND)
    reveal(held, 1)
    break_ends_after(held, 60 * SECOND)


# Clocks that went wrong


def test_a_break_ends_when_it_was_said_to_though_the_clock_went_back_by_hours(screen: Screen) -> None:
    held = limited(screen, SHORT)
    held.look()
    screen.clock.move(2 * MINUTE - 5 * HOUR)
    for passed, left in ((0, 300), (200, 100), (99, 1)):
        screen.clock.move(passed * SECOND)
        with pytest.raises(LimitReachedError) as caught:
            held.look()
        assert caught.value.retry_after == left
    screen.clock.move(SECOND)
    held.look()


def test_what_was_left_of_a_day_is_not_given_after_days_that_were_lent(screen: Screen) -> None:
    held = limited(screen, Limits(reveals_a_day=2))
    start = screen.clock.now
    reveal(held)
    screen.clock.move(40 * DAY)
    reveal(held)
    reveal(held)
    screen.clock.now = start
    with pytest.raises(LimitReachedError):
        reveal(held)
    left = screen.viewing.allowance(ANNA)
    assert (left.day, left.reveals_left) == ((start + DAY).date(), 0)
    assert left.day_ends - start > DAY
    screen.clock.now = left.day_ends
    reveal(held)
    reveal(held)


def test_a_looser_limit_set_on_a_day_that_was_lent_holds_when_that_day_is_paid_for(screen: Screen) -> None:
    held = limited(screen, Limits(reveals_a_day=5))
    start = screen.clock.now
    screen.viewing.set_preferences(ANNA, Wanted(OwnLimits(reveals_a_day=1)))
    reveal(held)
    screen.clock.move(40 * DAY)
    reveal(held)
    screen.viewing.set_preferences(ANNA, Wanted(OwnLimits(reveals_a_day=3)))
    screen.clock.now = start
    for days, reveals in ((0, 0), (1, 0), (2, 3)):
        screen.clock.now = start + days * DAY
        left = screen.viewing.allowance(ANNA)
        assert (left.reveals_left, left.limits.reveals_a_day) == (reveals, reveals or 1)


# Looks that fail


@dataclass
class FailsLate(Pictures):
    """A page says that a look has ended while its picture is still being made; then that fails."""

    screen: Screen | None = None
    told: int = 0

    def original(
        self, sha256: bytes, region: Region | None = None, still: int = 0, *, member: int = 0
    ) -> Picture:
        """No picture."""
        assert self.screen is not None
        self.screen.clock.move(3 * SECOND)
        self.told = self.screen.viewing.ended(ANNA, self.screen.viewing.looks(sha256)[-1].id, 3)
        self.broken = True
        return super().original(sha256, region, still, member=member)


def test_a_look_that_was_ended_before_it_failed_takes_back_what_it_cost_and_no_more(screen: Screen) -> None:
    held = screen.case()
    reveal(held, 7)
    failing = FailsLate(screen=screen)
    screen.viewing = replace(screen.viewing, renderer=failing)
    with pytest.raises(NotRenderedError):
        reveal(held, 8)
    assert failing.told == 3
    spent = screen.viewing.own_figures(ANNA).today
    assert (spent.reveals, spent.seconds) == (1, 7)

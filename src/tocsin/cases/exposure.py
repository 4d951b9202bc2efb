"""Figures of what was seen: a person's own, and those of everybody together, never of one.

Of everybody there are figures of whole weeks that are over, and nothing else: a figure that could be asked
for before and after one person's shift, or with and without one person, would be a figure of that person.
They are rounded for the same reason, and there is none of a week in which fewer than five saw anything.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from tocsin.cases.limits import Spent
from tocsin.cases.store_viewing import GroupSpent

FEWEST: Final = 5
WEEK: Final = timedelta(days=7)
MOST_WEEKS: Final = 26
_MINUTES_STEP: Final = 30
_REVEALS_STEP: Final = 10


@dataclass(frozen=True, slots=True)
class OwnFigures:
    """What a person has seen; only they are told."""

    today: Spent
    week: Spent
    """Since Monday."""


@dataclass(frozen=True, slots=True)
class GroupWeek:
    """What everybody together has seen in a week, for each person on average."""

    monday: date
    people: int
    """At least so many: a multiple of five."""
    minutes: int
    """In which material was served, for each of them; to the nearest half hour."""
    reveals: int
    """For each of them; to the nearest ten."""


def monday_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def week(monday: date, seen: GroupSpent) -> GroupWeek | None:
    """The figures of a week; None where so few saw anything that figures would tell about each of them."""
    if seen.people < FEWEST:
        return None
    return GroupWeek(
        monday,
        seen.people // FEWEST * FEWEST,
        _rounded(seen.spent.minutes / seen.people, _MINUTES_STEP),
        _rounded(seen.spent.reveals / seen.people, _REVEALS_STEP),
    )


def _rounded(value: float, step: int) -> int:
    return round(value / step) * step

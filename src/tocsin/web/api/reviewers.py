"""What reviewers may still see and have set for themselves; figures of everybody together, never of one."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Final, Self

from fastapi import Query, Request
from pydantic import BaseModel, Field

from tocsin.access.model import Permission
from tocsin.cases.allowances import Allowance
from tocsin.cases.exposure import FEWEST, MOST_WEEKS, GroupWeek
from tocsin.cases.limits import Limits, OwnLimits, Spent
from tocsin.cases.preferences import MOST_CHARACTERS, MOST_OPT_OUTS, Preferences, Theme, Wanted
from tocsin.web.api.shapes import Given
from tocsin.web.callers import Caller, node_of
from tocsin.web.operation import Operations

operations = Operations("reviewers")
WEEKS: Final = 8


class LimitsShape(BaseModel):
    """What one person may see at most."""

    hours_a_day: float
    stretch_minutes: int
    break_minutes: int
    reveals_a_day: int
    reveal_seconds: int
    exposed_minutes: int

    @classmethod
    def of(cls, limits: Limits) -> Self:
        """The shape of limits."""
        return cls(**asdict(limits))


class OwnLimitsShape(Given):
    """What somebody has set for themselves; null leaves a limit as the organisation has it."""

    hours_a_day: Annotated[float, Field(allow_inf_nan=False)] | None
    stretch_minutes: int | None
    break_minutes: int | None
    reveals_a_day: int | None
    reveal_seconds: int | None
    exposed_minutes: int | None

    @classmethod
    def of(cls, limits: OwnLimits) -> Self:
        """The shape of one's own limits."""
        return cls(**asdict(limits))

    def limits(self) -> OwnLimits:
        """The limits."""
        return OwnLimits(**self.model_dump())


class SpentShape(BaseModel):
    """What a person has seen."""

    minutes: int
    """In which material was served."""
    renditions: int
    reveals: int
    seconds: int
    """Of originals."""

    @classmethod
    def of(cls, spent: Spent) -> Self:
        """The shape of what was seen."""
        return cls(**asdict(spent))


class AllowanceShape(BaseModel):
    """What is left to the caller."""

    day: date
    day_ends: datetime
    limits: LimitsShape
    """In force: the organisation's, tightened by their own."""
    reveals_left: int
    seconds_left: int
    """Of originals."""
    minutes_left: int
    stretch_seconds_left: int
    """Until the next break."""
    break_until: datetime | None
    """While there is a break: nothing is shown before that."""

    @classmethod
    def of(cls, allowance: Allowance) -> Self:
        """The shape of an allowance."""
        return cls(
            day=allowance.day,
            day_ends=allowance.day_ends,
            limits=LimitsShape.of(allowance.limits),
            reveals_left=allowance.reveals_left,
            seconds_left=allowance.seconds_left,
            minutes_left=allowance.minutes_left,
            stretch_seconds_left=int(allowance.stretch_left.total_seconds()),
            break_until=allowance.break_until,
        )


class PreferencesGiven(Given):
    """All that the caller wants to be so from now on; looser limits hold from the next day on."""

    limits: OwnLimitsShape
    opt_outs: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]], Field(max_length=MOST_OPT_OUTS)
    ]
    """Categories of cases that are not to be given to them."""
    language: Annotated[str, Field(max_length=40)]
    """Of the console; empty for what the browser asks for."""
    theme: Annotated[Theme, Field(strict=False)]

    def wanted(self) -> Wanted:
        """The preferences."""
        return Wanted(self.limits.limits(), frozenset(self.opt_outs), self.language, self.theme)


class PreferencesShape(BaseModel):
    """What the caller has set."""

    limits: OwnLimitsShape
    later: OwnLimitsShape | None
    """Looser ones that hold from the next day on."""
    opt_outs: list[str]
    language: str
    theme: Theme

    @classmethod
    def of(cls, preferences: Preferences) -> Self:
        """The shape of preferences."""
        later = preferences.later
        return cls(
            limits=OwnLimitsShape.of(preferences.limits),
            later=None if later is None else OwnLimitsShape.of(later),
            opt_outs=sorted(preferences.opt_outs),
            language=preferences.language,
            theme=preferences.theme,
        )


class Reviewer(BaseModel):
    """The caller as a reviewer. Nobody else is told."""

    allowance: AllowanceShape
    today: SpentShape
    week: SpentShape
    """Since Monday."""
    preferences: PreferencesShape


class WeekShape(BaseModel):
    """What everybody together has seen in a week that is over, for each person on average, rounded."""

    monday: date
    people: int
    """At least so many."""
    minutes: int
    reveals: int

    @classmethod
    def of(cls, week: GroupWeek) -> Self:
        """The shape of a week."""
        return cls(**asdict(week))


class Weeks(BaseModel):
    """Weeks in which enough people saw anything, newest first; others are left out."""

    items: list[WeekShape]
    fewest: int
    """People without whom there are no figures of a week."""


@operations.operation("GET", "/v1/me/review", needs=Permission.REVIEW)
def read_reviewer(request: Request, caller: Caller) -> Reviewer:
    """Read what is left to the caller, what they have seen, and what they have set for themselves."""
    viewing = node_of(request).review.viewing
    figures = viewing.own_figures(caller)
    return Reviewer(
        allowance=AllowanceShape.of(viewing.allowance(caller)),
        today=SpentShape.of(figures.today),
        week=SpentShape.of(figures.week),
        preferences=PreferencesShape.of(viewing.preferences(caller)),
    )


@operations.operation("PUT", "/v1/me/review/preferences", needs=Permission.REVIEW)
def set_preferences(request: Request, caller: Caller, given: PreferencesGiven) -> PreferencesShape:
    """Set the caller's own limits, opt-outs, language and theme: tighter ones hold at once."""
    return PreferencesShape.of(node_of(request).review.viewing.set_preferences(caller, given.wanted()))


@operations.operation("GET", "/v1/wellbeing", needs=Permission.READ_WELLBEING)
def read_weeks(
    request: Request, caller: Caller, weeks: Annotated[int, Query(ge=1, le=MOST_WEEKS)] = WEEKS
) -> Weeks:
    """Read what everybody together has seen, week by week; nothing of one person, or of fewer than five."""
    found = node_of(request).review.viewing.group_figures(caller, weeks)
    return Weeks(items=[WeekShape.of(one) for one in found], fewest=FEWEST)

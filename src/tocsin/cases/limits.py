"""Limits on looking: how much of a day, a stretch and the originals is left. Pure rules, without a store.

Two measures are kept of each person. A *minute* is counted when material is served and the last counted
minute does not cover that moment; it covers the sixty seconds that follow. The *stretch* is the time since
material was first served without a gap as long as a break. Once the stretch is as long as it may be, nothing
is served until the gap since the last material is as long as a break has to be: so a break is a real one.

What a server's clock does gives nothing away (see `told`, `settled`, and `SteadyClock` for most of it):

* It goes back by a little: time stands still until it catches up. Minutes are counted on all the same.
* It goes back by more: what was left of a stretch or a break is left still; the day's budget is carried over.
* It goes forward to days that have not come: those budgets are lent. When it is set right, each day that was
  used out there takes the place of one that is still to come, or has passed unused before today.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, TypeVar

from tocsin.cases.errors import InvalidObservationError, LimitReachedError

N = TypeVar("N", int, float)
MINUTE: Final = timedelta(minutes=1)
TOLERANCE: Final = timedelta(minutes=15)
"""How far a clock may go back, time standing still until it catches up: servers' clocks differ a little."""
MOST_REVEAL_SECONDS: Final = 60
_LONGEST: Final[Mapping[str, float]] = {
    "hours_a_day": 24,
    "stretch_minutes": 24 * 60,
    "break_minutes": 24 * 60,
    "reveals_a_day": 10_000,
    "reveal_seconds": MOST_REVEAL_SECONDS,
    "exposed_minutes": 24 * 60,
}
_LEAST: Final[Mapping[str, float]] = {"stretch_minutes": 1, "reveal_seconds": 1}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one person may see at most. The organisation sets it; people may make it tighter."""

    hours_a_day: float = 4.0
    """Counted minutes of a day, in hours."""
    stretch_minutes: int = 50
    """The longest stretch, after which there is a break."""
    break_minutes: int = 10
    reveals_a_day: int = 200
    reveal_seconds: int = 10
    """The longest reveal."""
    exposed_minutes: int = 60
    """Of originals, a day."""

    def tightened(self, own: "OwnLimits") -> "Limits":
        """The tighter of each."""
        return Limits(
            hours_a_day=_tight(self.hours_a_day, own.hours_a_day),
            stretch_minutes=_tight(self.stretch_minutes, own.stretch_minutes),
            break_minutes=max(self.break_minutes, own.break_minutes or 0),
            reveals_a_day=_tight(self.reveals_a_day, own.reveals_a_day),
            reveal_seconds=_tight(self.reveal_seconds, own.reveal_seconds),
            exposed_minutes=_tight(self.exposed_minutes, own.exposed_minutes),
        )

    @property
    def minutes_a_day(self) -> int:
        """How many minutes are counted at most."""
        return int(self.hours_a_day * 60)

    @property
    def stretch(self) -> timedelta:
        """The longest one."""
        return timedelta(minutes=self.stretch_minutes)

    @property
    def pause(self) -> timedelta:
        """How long a break is at least."""
        return timedelta(minutes=self.break_minutes)


@dataclass(frozen=True, slots=True)
class OwnLimits:
    """What a person has set for themselves; None leaves a limit as the organisation has it."""

    hours_a_day: float | None = None
    stretch_minutes: int | None = None
    break_minutes: int | None = None
    reveals_a_day: int | None = None
    reveal_seconds: int | None = None
    exposed_minutes: int | None = None

    def check(self) -> None:
        """Raise InvalidObservationError where a number is none that a limit can be."""
        for one in fields(self):
            value = getattr(self, one.name)
            least, most = _LEAST.get(one.name, 0), _LONGEST[one.name]
            if value is not None and not least <= value <= most:
                message = f"{one.name} is from {least:g} to {most:g}, not {value:g}"
                raise InvalidObservationError(message)

    def tightest(self, other: "OwnLimits") -> "OwnLimits":
        """The tighter of each, as long as either has one."""
        return OwnLimits(
            hours_a_day=_lower(self.hours_a_day, other.hours_a_day),
            stretch_minutes=_lower(self.stretch_minutes, other.stretch_minutes),
            break_minutes=_higher(self.break_minutes, other.break_minutes),
            reveals_a_day=_lower(self.reveals_a_day, other.reveals_a_day),
            reveal_seconds=_lower(self.reveal_seconds, other.reveal_seconds),
            exposed_minutes=_lower(self.exposed_minutes, other.exposed_minutes),
        )


@dataclass(frozen=True, slots=True)
class Spent:
    """What a person has seen on one day, or several."""

    minutes: int = 0
    """In which material was served."""
    renditions: int = 0
    reveals: int = 0
    seconds: int = 0
    """Of originals: as granted, or less where a look ended sooner."""


@dataclass(frozen=True, slots=True)
class Meter:
    """Where a person is in their stretch. All times are UTC."""

    latest: datetime | None = None
    """The latest time that was ever told while this person looked."""
    minute: datetime | None = None
    """When the last counted minute began, by whatever the clock said."""
    stretch: datetime | None = None
    """When the stretch began."""
    stretch_minutes: int = 0
    """How many minutes were counted in it."""
    until: datetime | None = None
    """When material was last before the person."""


def told(meter: Meter, now: datetime) -> tuple[Meter, datetime]:
    """The meter and the time to go by, where the clock says `now`: never earlier than the latest before."""
    latest = meter.latest
    if latest is None or now >= latest:
        return replace(meter, latest=now), now
    if latest - now <= TOLERANCE:
        return meter, latest
    gone = latest - now
    stretch, until = (None if one is None else one - gone for one in (meter.stretch, meter.until))
    return replace(meter, latest=now, stretch=stretch, until=until), now


def settled(used: Iterable[date], today: date) -> Mapping[date, date]:
    """Where days that were used and have not come yet belong: later ones first used count for earlier ones.

    `used`: every day that counts for the person from the last one up to today on. The last of the new days is
    today at the earliest, so that the budget of today is not a fresh one.
    """
    days = sorted(set(used))
    future = [day for day in days if day > today]
    past = [day for day in days if day <= today]
    last = today
    if past:
        last = max(today, past[-1] + timedelta(days=len(future)))
    first = last - timedelta(days=len(future) - 1)
    return {day: first + timedelta(days=index) for index, day in enumerate(future)}


def admitted(meter: Meter, spent: Spent, limits: Limits, now: datetime) -> tuple[Meter, int]:
    """Serve material now: the meter afterwards, and how many minutes more are counted (0 or 1).

    `meter` is one that has been `told` of `now`; `spent` is what was seen on the day that counts.

    Raises LimitReachedError, whose `retry_after` is set where it is the stretch that has been reached.
    """
    present, minute = meter.latest or now, meter.minute
    more = 0 if covered(meter, spent, now) else 1
    if spent.minutes + more > limits.minutes_a_day:
        message = f"the {limits.hours_a_day:g} hours of today are used up"
        raise LimitReachedError(message)
    if rested(meter, limits, present):
        meter = replace(meter, stretch=present, stretch_minutes=0)
    elif wait := break_left(meter, limits, present, more):
        message = f"a stretch is no longer than {limits.stretch_minutes} minutes; then there is a break"
        error = LimitReachedError(message)
        error.retry_after = wait.total_seconds()
        raise error
    minute = now if more else minute
    until = present if meter.until is None else max(present, meter.until)
    return replace(meter, minute=minute, stretch_minutes=meter.stretch_minutes + more, until=until), more


def covered(meter: Meter, spent: Spent, now: datetime) -> bool:
    """Whether this moment lies in a minute that has been counted for the day."""
    return spent.minutes > 0 and meter.minute is not None and meter.minute <= now < meter.minute + MINUTE


def rested(meter: Meter, limits: Limits, present: datetime) -> bool:
    """Whether there has been no material for as long as a break, so that a new stretch begins."""
    return meter.stretch is None or meter.until is None or present - meter.until >= limits.pause


def break_left(meter: Meter, limits: Limits, present: datetime, more: int = 0) -> timedelta | None:
    """How long the break is still, if the stretch has been as long as it may be."""
    if meter.stretch is None or meter.until is None or rested(meter, limits, present):
        return None
    reached_now = present - meter.stretch >= limits.stretch
    if reached_now or meter.stretch_minutes + more > limits.stretch_minutes:
        return meter.until + limits.pause - present
    return None


def stretch_left(meter: Meter, limits: Limits, present: datetime) -> timedelta:
    """How long material may be served until the next break."""
    if meter.stretch is None or rested(meter, limits, present):
        return limits.stretch
    return max(timedelta(), limits.stretch - (present - meter.stretch))


def granted(spent: Spent, limits: Limits, asked: int) -> int:
    """How many seconds of an original may be shown. Raises LimitReachedError."""
    if spent.reveals >= limits.reveals_a_day:
        message = f"the {limits.reveals_a_day} reveals of today are used up"
        raise LimitReachedError(message)
    left = limits.exposed_minutes * 60 - spent.seconds
    if left <= 0:
        message = f"the {limits.exposed_minutes} minutes of originals of today are used up"
        raise LimitReachedError(message)
    return max(1, min(asked, limits.reveal_seconds, left))


def _tight(one: N, own: N | None) -> N:
    return one if own is None else min(one, own)


def _lower(one: N | None, other: N | None) -> N | None:
    return other if one is None else one if other is None else min(one, other)


def _higher(one: N | None, other: N | None) -> N | None:
    return other if one is None else one if other is None else max(one, other)


def day_of(moment: datetime, zone: tzinfo) -> date:
    """The local day."""
    return moment.astimezone(zone).date()


def day_ends(day: date, zone: tzinfo) -> datetime:
    """When the day after begins, UTC."""
    following = day + timedelta(days=1)
    return datetime(following.year, following.month, following.day, tzinfo=zone).astimezone(UTC)


class SteadyClock:
    """The time since this was made, added to what the machine's clock said then: setting that does nothing.

    It follows the machine's clock again when the process starts anew.
    """

    def __init__(
        self,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        steady: Callable[[], float] | None = None,
    ) -> None:
        """Begin. `steady` counts seconds that nobody sets; by default those since the machine started."""
        self._steady = steady or since_boot
        self._wall, self._began = wall(), self._steady()

    def __call__(self) -> datetime:
        """The time."""
        return self._wall + timedelta(seconds=self._steady() - self._began)


def since_boot() -> float:
    """Seconds since the machine started, those in which it slept included where the system counts them."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)

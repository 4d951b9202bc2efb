"""What is left to a person, and booking on it: the rules of `limits` over what is on record."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo

from tocsin.cases import limits as rules
from tocsin.cases.errors import LimitReachedError
from tocsin.cases.limits import Limits, Meter, Spent
from tocsin.cases.preferences import Preferences
from tocsin.cases.store_viewing import ViewingStore


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person stands at a moment, before anything is booked."""

    person: str
    now: datetime
    """What the clock says."""
    present: datetime
    """The time that counts for them: no earlier than any before."""
    meter: Meter
    day: date
    """The day that counts for them."""
    day_ends: datetime
    preferences: Preferences
    limits: Limits
    """In force: the organisation's, tightened by their own."""
    spent: Spent
    """On that day."""
    moves: Mapping[date, date]
    """Days that have not come yet, with those that they count for; see `limits.settled`."""
    unsettled: bool
    """Whether a clock that has gone back changes what is on record (see `Allowances.settle`)."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left to a person, and of what."""

    day: date
    """The day that counts for them."""
    limits: Limits
    """In force: the organisation's, tightened by their own."""
    spent: Spent
    """On that day."""
    reveals_left: int
    seconds_left: int
    """Of originals."""
    minutes_left: int
    """Of the day, in which material may be served."""
    stretch_left: timedelta
    """Until the next break."""
    break_until: datetime | None
    """While there is a break: nothing is shown before that."""
    day_ends: datetime


@contextmanager
def _until(at: Standing) -> Iterator[None]:
    """What has been reached of the day is lifted when the day ends."""
    try:
        yield
    except LimitReachedError as error:
        if error.retry_after is None:
            error.retry_after = (at.day_ends - at.present).total_seconds()
        raise


@dataclass(frozen=True, slots=True)
class Allowances:
    """The allowances of everybody. Every method is called inside a transaction of the caller."""

    store: ViewingStore
    limits: Limits
    """The organisation's."""
    zone: tzinfo
    """Whose days count."""
    clock: Callable[[], datetime]

    def standing(self, person: str) -> Standing:
        """Where a person stands now."""
        now, stored = self.clock(), self.store.meter(person)
        meter, present = rules.told(stored, now)
        today = rules.day_of(present, self.zone)
        used = self.store.days(person, today)
        moves = rules.settled(used, today)
        day = max((today, *(moves.get(one, one) for one in used)))
        stored_as = next((one for one, other in moves.items() if other == day), day)
        preferences = self.store.preferences(person).moved(moves, day).on(day)
        return Standing(
            person=person,
            now=now,
            present=present,
            meter=meter,
            day=day,
            day_ends=rules.day_ends(day, self.zone),
            preferences=preferences,
            limits=self.limits.tightened(preferences.limits),
            spent=self.store.spent(person, stored_as, stored_as),
            moves=moves,
            unsettled=any(one != other for one, other in moves.items())
            or (stored.latest is not None and present < stored.latest),
        )

    def allowance(self, person: str) -> Allowance:
        """What is left to a person."""
        at = self.standing(person)
        more = 0 if rules.covered(at.meter, at.spent, at.now) else 1
        left = rules.break_left(at.meter, at.limits, at.present, more)
        return Allowance(
            day=at.day,
            limits=at.limits,
            spent=at.spent,
            reveals_left=max(0, at.limits.reveals_a_day - at.spent.reveals),
            seconds_left=max(0, at.limits.exposed_minutes * 60 - at.spent.seconds),
            minutes_left=max(0, at.limits.minutes_a_day - at.spent.minutes),
            stretch_left=rules.stretch_left(at.meter, at.limits, at.present),
            break_until=None if left is None else at.present + left,
            day_ends=at.day_ends,
        )

    def serve(self, person: str) -> None:
        """Book what is served now. Raises LimitReachedError."""
        at = self.standing(person)
        meter, minutes = self._admitted(at)
        self._book(at, meter, Spent(minutes=minutes, renditions=1))

    def reveal(self, person: str, asked: int) -> tuple[Standing, int]:
        """Book a look at an original: where the person stood, and the seconds granted.

        Looks that run at the same time are booked one on top of the other. Raises LimitReachedError.
        """
        at = self.standing(person)
        with _until(at):
            seconds = rules.granted(at.spent, at.limits, asked)
        meter, minutes = self._admitted(at)
        until = max(meter.until or at.present, at.present + timedelta(seconds=seconds))
        self._book(at, replace(meter, until=until), Spent(minutes=minutes, reveals=1, seconds=seconds))
        return at, seconds

    def settle(self, at: Standing) -> None:
        """Write down what a clock that has gone back changes: which days count for which, and the stretch.

        This is committed before anything is refused on account of it. Else days that have not come would be
        held against one day after the other, and a break would begin again whenever somebody asks.
        """
        if at.unsettled:
            self.store.move_days(at.person, at.moves)
            kept = self.store.preferences(at.person)
            self.store.set_preferences(at.person, kept.moved(at.moves, at.day))
            self.store.set_meter(at.person, at.meter)

    def _admitted(self, at: Standing) -> tuple[Meter, int]:
        with _until(at):
            return rules.admitted(at.meter, at.spent, at.limits, at.now)

    def _book(self, at: Standing, meter: Meter, more: Spent) -> None:
        self.settle(at)
        self.store.set_meter(at.person, meter)
        self.store.spend(at.person, at.day, more)

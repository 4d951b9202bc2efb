"""What reviewers set for themselves: tighter limits, categories they opt out of, language, theme.

A limit that is made tighter holds at once. One that is loosened, towards the organisation's and never beyond,
holds from the person's next day on: a moment's decision is not to undo a considered one.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Self

from tocsin.banks.batch import check_texts
from tocsin.cases.errors import InvalidObservationError
from tocsin.cases.limits import OwnLimits
from tocsin.media.answers import list_in, number_in, object_in, text_in

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

MOST_OPT_OUTS: Final = 100
MOST_CHARACTERS: Final = 200
NOTHING: Final = OwnLimits()


class Theme(StrEnum):
    """How pages look."""

    AUTO = "auto"
    """As the browser says."""
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that somebody wants to be so from now on."""

    limits: OwnLimits = NOTHING
    opt_outs: frozenset[str] = frozenset()
    """Categories of cases (`Case.categories`) that are not to be routed to them."""
    language: str = ""
    """One of those of the console; empty for the one that the browser asks for."""
    theme: Theme = Theme.AUTO


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a person has set."""

    limits: OwnLimits = NOTHING
    """Their own, in force."""
    later: OwnLimits | None = None
    """Looser ones that hold from the next day on."""
    since: date | None = None
    """The person's day on which `later` was set."""
    opt_outs: frozenset[str] = frozenset()
    language: str = ""
    theme: Theme = Theme.AUTO

    def on(self, day: date) -> "Preferences":
        """As they are on a day: looser limits that were set on an earlier one hold."""
        if self.later is None or self.since is None or day <= self.since:
            return self
        return replace(self, limits=self.later, later=None, since=None)

    def moved(self, days: Mapping[date, date], last: date) -> "Preferences":
        """The same where days were found not to have come yet (see `limits.settled`)."""
        if self.since is None:
            return self
        return replace(self, since=min(days.get(self.since, self.since), last))

    def changed(self, wanted: Wanted, day: date) -> "Preferences":
        """Set on that day: what is tighter holds at once, what is looser from the next day on."""
        limits = self.on(day).limits
        tight = limits.tightest(wanted.limits)
        later = None if tight == wanted.limits else wanted.limits
        since = None if later is None else day
        return Preferences(tight, later, since, wanted.opt_outs, wanted.language, wanted.theme)

    def to_json(self) -> "JsonObject":
        """As it is stored."""
        return {
            "limits": _set(self.limits),
            "later": None if self.later is None else _set(self.later),
            "since": None if self.since is None else self.since.isoformat(),
            "opt_outs": sorted(self.opt_outs),
            "language": self.language,
            "theme": self.theme.value,
        }

    @classmethod
    def from_json(cls, stored: "JsonObject") -> Self:
        """What `to_json` wrote, or nothing. Raises TypeError, ValueError, KeyError on anything else."""
        if not stored:
            return cls()
        later, since = stored["later"], stored["since"]
        return cls(
            _own(object_in(stored["limits"])),
            None if later is None else _own(object_in(later)),
            None if since is None else date.fromisoformat(text_in(since)),
            frozenset(text_in(one) for one in list_in(stored["opt_outs"])),
            text_in(stored["language"]),
            Theme(text_in(stored["theme"])),
        )


def check(wanted: Wanted, languages: Collection[str]) -> None:
    """Raise InvalidObservationError, or InvalidTextError, where that is nothing to be set."""
    wanted.limits.check()
    check_texts(wanted.opt_outs)
    if len(wanted.opt_outs) > MOST_OPT_OUTS or any(
        not 0 < len(one) <= MOST_CHARACTERS for one in wanted.opt_outs
    ):
        message = f"opt out of at most {MOST_OPT_OUTS} categories, of 1 to {MOST_CHARACTERS} characters"
        raise InvalidObservationError(message)
    if wanted.language and wanted.language not in languages:
        message = f"there is no language {wanted.language!r}: take one of {', '.join(sorted(languages))}"
        raise InvalidObservationError(message)


def _set(own: OwnLimits) -> "JsonObject":
    """Only what is set."""
    return {name: value for name, value in asdict(own).items() if value is not None}


def _own(stored: "JsonObject") -> OwnLimits:
    hours = stored.get("hours_a_day")
    if hours is not None and not isinstance(hours, int | float):
        message = "a number is missing"
        raise TypeError(message)
    whole = {name: number_in(value) for name, value in stored.items() if name != "hours_a_day"}
    return OwnLimits(hours, **whole)

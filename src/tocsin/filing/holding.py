"""The nouns of keeping: holds with their ends, and what is destroyed in the end."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from tocsin.law.duties import Occasion
from tocsin.law.model import Purpose

CYBERTIPLINE_FINISHED: Final = "us.cybertipline_finished"
"""Trigger: the CyberTipline acknowledged a finished report (18 USC 2258A(h)(1))."""
NCA_REPORT_SENT: Final = "uk.nca_report_sent"
"""Trigger: a report was sent to the National Crime Agency (SI 2026/268 reg 8)."""


@dataclass(frozen=True, slots=True)
class End:
    """Until when one kind of copy is kept, as the rules that were in force at the hold's event say."""

    purpose: Purpose
    until: datetime | None = None
    """At least until then. None: no rule says that it must be kept, or there is a `problem`."""
    no_later_than: datetime | None = None
    """A rule wants it gone by then."""
    rules: tuple[str, ...] = ()
    """Ids of the rules that bind it."""
    then: tuple[str, ...] = ()
    """What each of them says is done at the end."""
    problem: str = ""
    """Why nothing says how long. It is kept then, until somebody sees to it."""

    @property
    def conflict(self) -> bool:
        """Whether one rule wants it gone before another lets it go: for a lawyer; nothing is deleted."""
        return bool(self.until and self.no_later_than and self.no_later_than < self.until)


class Change(StrEnum):
    """What was done with a hold since it began."""

    EXTENDED = "extended"
    """Somebody keeps it longer, to a day that they name."""
    RENEWED = "renewed"
    """Its rule was renewed, as an agency does with a letter of preservation."""
    RECKONED = "reckoned"
    """Its ends were worked out again from rules that were put right."""
    RELEASED = "released"
    """It binds nobody any more."""


@dataclass(frozen=True, slots=True)
class HoldChange:
    """One thing that was done with a hold, by whom and why."""

    what: Change
    time: datetime
    by: str
    """`Principal.id`."""
    reason: str
    until: datetime | None = None
    """Of an extension: to when."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A duty to keep, with its end."""

    number: int
    occasion: Occasion
    """The event from which it counts, and how often it was renewed."""
    filing: int | None
    """The filing whose receipt began it."""
    case: int | None
    is_test: bool
    """It follows from a filing that nobody acts on. It binds all the same."""
    created: datetime
    author: str
    """Who began it: `Principal.id`, `node` where a receipt did."""
    reason: str
    contents: tuple[bytes, ...]
    """SHA-256 of what is kept."""
    ends: tuple[End, ...]
    """One for each kind of copy that rules speak of; always one for content."""
    changes: tuple[HoldChange, ...] = ()
    """Oldest first."""

    @property
    def released(self) -> HoldChange | None:
        """Its release, if it was released."""
        return next((one for one in self.changes if one.what is Change.RELEASED), None)

    @property
    def extended_until(self) -> datetime | None:
        """The latest day that somebody extended it to."""
        return max((one.until for one in self.changes if one.until is not None), default=None)

    @property
    def problems(self) -> tuple[str, ...]:
        """What its rules do not say: to be shown."""
        return tuple(dict.fromkeys(one.problem for one in self.ends if one.problem))

    def end(self, purpose: Purpose = Purpose.CONTENT) -> End | None:
        """Its end for one kind of copy; None where no rule speaks of it."""
        return next((one for one in self.ends if one.purpose is purpose), None)

    def until(self, purpose: Purpose = Purpose.CONTENT) -> datetime | None:
        """Until when it binds, extensions counted. None: it cannot be said, or it does not bind."""
        end = self.end(purpose)
        if end is not None and end.problem:
            return None
        ends = (None if end is None else end.until, self.extended_until)
        return max((one for one in ends if one is not None), default=None)

    def binds(self, now: datetime, purpose: Purpose = Purpose.CONTENT) -> bool:
        """Whether a copy may not be deleted because of it; also where its rules do not say until when."""
        if self.released is not None:
            return False
        end = self.end(purpose)
        if end is not None and end.problem:
            return True
        until = self.until(purpose)
        return until is not None and now < until

    def ended(self, now: datetime, purpose: Purpose = Purpose.CONTENT) -> bool:
        """Whether its rules let a copy go that it held: it was not released, nor over when it was set."""
        end = self.end(purpose)
        if end is None or not end.rules or self.released is not None or self.binds(now, purpose):
            return False
        return end.until is None or self.created < end.until


class DestructionState(StrEnum):
    """What became of a wish to destroy a content."""

    ASKED = "asked"
    """It waits for a second person."""
    CONFIRMED = "confirmed"
    """It is about to be done."""
    DESTROYED = "destroyed"
    WITHDRAWN = "withdrawn"
    """Somebody took it back."""
    REFUSED = "refused"
    """Something came up before it was done; the content is where it was, unless `why` says otherwise."""


@dataclass(frozen=True, slots=True)
class Destruction:
    """A wish to destroy a content, and what became of it. The row stays when the content has gone."""

    number: int
    sha256: bytes
    request: str
    """The reference of a request by law enforcement; empty where it is done because a rule lets it go."""
    reason: str
    asked: datetime
    asked_by: str
    state: DestructionState
    confirmed: datetime | None = None
    confirmed_by: str = ""
    """Never who asked."""
    ended: datetime | None = None
    ended_by: str = ""
    why: str = ""
    """Of one that was withdrawn or refused."""

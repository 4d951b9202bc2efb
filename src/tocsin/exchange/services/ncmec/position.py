"""Where a run goes on: the checkpoint of this partner.

All up to `after` is had. An open `Cursor` is where the window from there to its end was left in the middle: a
link of NCMEC's is good for that one window and for about 12 hours, so it is kept no longer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from tocsin.exchange.services.ncmec.entries import moment
from tocsin.media.answers import number_in, object_in, text_in

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Whatever an entry says of its time, it is after this; to ask for years without any entry takes moments."""
WIDEST: Final = 366 * 86_400_000
"""Milliseconds that a window spans at most, and the first does."""
NARROWEST: Final = 1000
_CURSOR_LIFE: Final = timedelta(hours=11)
_FEW_PAGES: Final = 4
_MANY_PAGES: Final = 64
_MOST_NAMES: Final = 500


@dataclass(frozen=True, slots=True)
class Cursor:
    """A window that was left in the middle."""

    to: datetime
    next: str
    """A path behind the environment's URL."""
    begun: datetime
    """When the window was asked for, by our clock."""
    pages: int
    """How many of it were had."""


@dataclass(frozen=True, slots=True)
class Position:
    """What the checkpoint says."""

    after: datetime = BEGINNING
    width: int = WIDEST
    """Milliseconds that the next window may span."""
    cursor: Cursor | None = None
    anew: str = ""
    """Whether the whole list is being told: `begun` before its first page, `on` after it."""
    told: datetime | None = None
    """When, by their clock, a list told anew had been read to its end: what changed until then was named, or
    will be in a window that ends later."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What the environment calls its categorizations, by GUID."""
    names_read: datetime | None = None

    def usable(self, now: datetime) -> "Position":
        """Without a cursor that NCMEC would not take any more; its window is asked for again, narrower."""
        cursor = self.cursor
        if cursor is None or timedelta(0) <= now - cursor.begun < _CURSOR_LIFE:
            return self
        return self.narrower()

    def narrower(self) -> "Position":
        """After a window that could not be had as it was."""
        return replace(self, cursor=None, width=max(NARROWEST, self.width // 4))

    def past(self, to: datetime, pages: int) -> "Position":
        """After a window of so many pages: to begin one takes NCMEC long, to go on in it does not."""
        factor = 2.0 if pages <= _FEW_PAGES else 0.25 if pages > _MANY_PAGES else 1.0
        width = min(WIDEST, max(NARROWEST, int(self.width * factor)))
        return replace(self, after=to, width=width, cursor=None)

    def to_json(self) -> "JsonObject":
        """As the checkpoint that is kept."""
        cursor = self.cursor
        return {
            "after": stamp(self.after),
            "width": self.width,
            "cursor": None
            if cursor is None
            else {
                "to": stamp(cursor.to),
                "next": cursor.next,
                "begun": stamp(cursor.begun),
                "pages": cursor.pages,
            },
            "anew": self.anew,
            "told": None if self.told is None else stamp(self.told),
            "names": dict(list(self.names.items())[:_MOST_NAMES]),
            "names_read": None if self.names_read is None else stamp(self.names_read),
        }


def position_in(checkpoint: "JsonObject | None") -> Position:
    """The position that a checkpoint of ours states.

    The beginning, told anew, where there is none or it is not one of ours any more: what is had twice costs
    time, what is left out costs more.
    """
    if checkpoint is None:
        return Position(anew="begun")
    try:
        return _read(checkpoint)
    except (KeyError, TypeError, ValueError):
        return Position(anew="begun")


def _read(checkpoint: "JsonObject") -> Position:
    open_one = checkpoint["cursor"]
    cursor = None
    if open_one is not None:
        said = object_in(open_one)
        to, begun = moment(text_in(said["to"])), moment(text_in(said["begun"]))
        cursor = Cursor(to, text_in(said["next"]), begun, number_in(said["pages"]))
    names = {guid: text_in(name) for guid, name in object_in(checkpoint["names"]).items()}
    told, read = checkpoint["told"], checkpoint["names_read"]
    return Position(
        moment(text_in(checkpoint["after"])),
        min(WIDEST, max(NARROWEST, number_in(checkpoint["width"]))),
        cursor,
        text_in(checkpoint["anew"]),
        None if told is None else moment(text_in(told)),
        names,
        None if read is None else moment(text_in(read)),
    )


def categorization_names(checkpoint: "JsonObject | None") -> Mapping[str, str]:
    """What the environment of an exchange calls its categorizations, by GUID, as its checkpoint has them."""
    return position_in(checkpoint).names


def stamp(time: datetime) -> str:
    """As NCMEC writes moments: UTC, whatever the zone of this machine, with milliseconds (rounded down)."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}Z"


def floor(time: datetime) -> datetime:
    """A moment as `stamp` writes it, so that one window ends where the next begins."""
    return time.astimezone(UTC).replace(microsecond=time.microsecond // 1000 * 1000)

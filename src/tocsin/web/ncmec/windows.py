"""The time and the page that a client asks for, and the link to the next page."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlencode

from tocsin.storage.serving import Window
from tocsin.web.ncmec.errors import WindowError

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE: Final = 1000
"""Entries in one answer, as NCMEC gives them."""
LARGEST: Final = 2**63 - 1
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asks for."""

    window: Window
    start: int = 1
    """The number from which on entries are asked for."""
    size: int = PAGE
    last: int | None = None
    """The largest number within the window, as an earlier page had it."""

    @classmethod
    def of(cls, query: "Mapping[str, str]", now: datetime) -> Self:
        """What a query asks for. Raises WindowError, also for a time that is not over.

        Who asks up to a time in the future would go on from there, and miss what is added until then. That is
        what python-threatexchange does east of Greenwich, where it writes local time as UTC.
        """
        window = Window(_time(query, "from", _BEGINNING), _time(query, "to", now))
        if window.end > now:
            message = f"`to` is in the future: it is {text_of(now)} here"
            raise WindowError(message)
        last = _number(query, "max", 0) if "max" in query else None
        return cls(window, _number(query, "start", 1), min(max(1, _number(query, "size", PAGE)), PAGE), last)

    def next(self, after: int, last: int) -> str:
        """The link to the page after the entry numbered `after`, relative to the environment's address."""
        where = {
            "from": text_of(self.window.begin),
            "to": text_of(self.window.end),
            "start": after + 1,
            "size": self.size,
            "max": last,
        }
        return f"/v2/entries?{urlencode(where, safe=':')}"


def text_of(time: datetime) -> str:
    """A time as `2026-11-23T12:00:00.123456Z`, without the fraction where there is none."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _time(query: "Mapping[str, str]", name: str, otherwise: datetime) -> datetime:
    """Raises WindowError."""
    text = query.get(name)
    if text is None:
        return otherwise
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is not None:
            return time.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    message = f"`{name}` is not a time with its zone"
    raise WindowError(message)


def _number(query: "Mapping[str, str]", name: str, otherwise: int) -> int:
    """Raises WindowError."""
    text = query.get(name, str(otherwise))
    if not (text.isascii() and text.isdigit() and len(text) < len(str(LARGEST))):
        message = f"`{name}` is not a number"
        raise WindowError(message)
    return int(text)

"""What submissions say of times and addresses: those that a report takes, each event once.

A report demands that times have passed and have a zone. An event whose time has not come, or whose address
no report takes, is said not to be there rather than sent. An event never has an empty name or time.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from tocsin.filing.cybertip.accounts import IpCaptureEvent
from tocsin.filing.cybertip.noting import Noted, text_in
from tocsin.filing.cybertip.shape import Rule
from tocsin.filing.cybertip.value_rules import keeps
from tocsin.filing.cybertip.values import EventName

if TYPE_CHECKING:
    from tocsin.intake.model import Submission
    from tocsin.media.sandbox import JsonObject

MOST_EVENTS: Final = 500
"""Of one person; the newest are kept."""
UPLOADED: Final = ("uploaded", "upload", "uploaded_at", "upload_time")
"""Names under which submitters give the time of an upload, the likeliest first."""
HAPPENED: Final = ("incident", "happened", "posted", "posted_at", "sent", "sent_at", "shared", "published")
_FIRST: Final = 1970
"""Times before that year are those of clocks that were never set."""
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
_EVENTS: Final = {
    "login": EventName.LOGIN,
    "log in": EventName.LOGIN,
    "signin": EventName.LOGIN,
    "sign in": EventName.LOGIN,
    "registration": EventName.REGISTRATION,
    "register": EventName.REGISTRATION,
    "signup": EventName.REGISTRATION,
    "sign up": EventName.REGISTRATION,
    "purchase": EventName.PURCHASE,
    "upload": EventName.UPLOAD,
    "uploaded": EventName.UPLOAD,
    "unknown": EventName.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Happened:
    """An event with the submissions that tell of it."""

    event: IpCaptureEvent
    submissions: frozenset[str]


@dataclass(frozen=True, slots=True)
class When:
    """A time with the submission and the name that it has there."""

    time: datetime
    submission: str
    name: str


def happenings(submissions: Iterable["Submission"], now: datetime, noted: Noted) -> list[Happened]:
    """All that submissions tell of addresses, each event once, oldest first; those without a time first."""
    found: defaultdict[IpCaptureEvent, list[str]] = defaultdict(list)
    for one in submissions:
        for item in _events(one.context.given):
            if (event := _event(item, now, noted)) is not None:
                found[event].append(one.id)
    ordered = sorted(found, key=lambda one: one.date_time or _EARLIEST)
    if len(ordered) > MOST_EVENTS:
        noted.out(
            f"of {len(ordered):,} IP addresses with times only the newest {MOST_EVENTS} are in the report"
        )
        ordered = ordered[-MOST_EVENTS:]
    return [Happened(one, frozenset(found[one])) for one in ordered]


def event_of_file(events: Sequence[Happened], submissions: Collection[str]) -> Happened | None:
    """The one event that a file can have: its first upload, or else the last of what is told with it."""
    own = [one for one in events if not one.submissions.isdisjoint(submissions)]
    uploads = [one for one in own if one.event.event_name is EventName.UPLOAD]
    if uploads:
        return uploads[0]
    return own[-1] if own else None


def time_named(
    submissions: Iterable["Submission"], names: Sequence[str], now: datetime, noted: Noted
) -> When | None:
    """The first time that submissions give under the likeliest of these names."""
    told = list(submissions)
    for name in names:
        found: list[When] = []
        for one in told:
            time = _times(one.context.given).get(name)
            if time is not None and time >= now:
                noted.out(f"the time {name!r} of submission {one.id} has not come yet")
            elif time is not None:
                found.append(When(time, one.id, name))
        if found:
            return min(found, key=lambda one: one.time)
    return None


def _times(given: "JsonObject | None") -> dict[str, datetime]:
    times = (given or {}).get("times")
    if not isinstance(times, dict):
        return {}
    found: dict[str, datetime] = {}
    for name, text in times.items():
        time = _time(text)
        if time is not None:
            found.setdefault(name.strip().lower().replace("-", "_").replace(" ", "_"), time)
    return found


def _events(given: "JsonObject | None") -> list["JsonObject"]:
    events = (given or {}).get("ip_events")
    return [one for one in events if isinstance(one, dict)] if isinstance(events, list) else []


def _event(item: "JsonObject", now: datetime, noted: Noted) -> IpCaptureEvent | None:
    address = _address(text_in(item, "ip"))
    time, port, word = _time(item.get("time")), item.get("port"), text_in(item, "event").lower()
    if not address:
        noted.out(f"the IP address {text_in(item, 'ip')[:60]!r} is none that a report takes")
        return None
    if time is not None and time >= now:
        noted.out(f"the IP address {address} has a time that has not come yet: its time is left out")
        time = None
    name = _EVENTS.get(word.replace("_", " ").replace("-", " "), EventName.OTHER) if word else None
    return IpCaptureEvent(
        ip_address=address,
        event_name=name,
        date_time=time,
        port=port if isinstance(port, int) and not isinstance(port, bool) else None,
    )


def _address(text: str) -> str:
    """An address as a report takes it: without the name of a network card behind it."""
    return str(ip_address(text)) if keeps(Rule.IP, text) else ""


def _time(value: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return time if time is not None and time.tzinfo is not None and time.year >= _FIRST else None

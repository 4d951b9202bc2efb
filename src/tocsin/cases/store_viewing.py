"""What looking needs from outside: where it is kept who has seen what, cases, judgements, pictures.

`tocsin.storage` and `tocsin.evidence.renditions` implement it. Methods of stores take part in the caller's
transaction.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from tocsin.cases.limits import Meter, Spent
from tocsin.cases.model import Judgement
from tocsin.cases.preferences import Preferences

if TYPE_CHECKING:
    from tocsin.evidence.metadata import Metadata
    from tocsin.evidence.renditions import Picture, Region, Rendition, Timeline


@dataclass(frozen=True, slots=True)
class NewLook:
    """A look at an original, as it is granted."""

    person: str
    day: date
    """The person's, whose budget it is of."""
    time: datetime
    case: int
    sha256: bytes
    part: str
    """Which part of the content, in JSON: region, still, member of an archive."""
    page: str
    """From where it was asked for."""
    seconds: int


@dataclass(frozen=True, slots=True)
class Look(NewLook):
    """A look on record."""

    id: int
    shown: int | None
    """How many seconds it lasted at most, where the page has said that it ended; 0: nothing was shown."""
    failed: bool
    """Nothing was shown: the picture could not be made."""


@dataclass(frozen=True, slots=True)
class GroupSpent:
    """What everybody together has seen between two days."""

    people: int
    """Those who have seen anything."""
    spent: Spent


class ViewingStore(Protocol):
    """People's meters, days, looks and preferences."""

    def has_content(self, case: int, sha256: bytes) -> bool:
        """Whether the content is in the case."""
        ...

    def meter(self, person: str) -> Meter:
        """Where a person is in their stretch."""
        ...

    def set_meter(self, person: str, meter: Meter) -> None:
        """Keep it."""
        ...

    def preferences(self, person: str) -> Preferences:
        """What a person has set."""
        ...

    def set_preferences(self, person: str, preferences: Preferences) -> None:
        """Keep it."""
        ...

    def days(self, person: str, today: date) -> Sequence[date]:
        """The person's days on record from the last one up to `today` on, in order."""
        ...

    def move_days(self, person: str, days: Mapping[date, date]) -> None:
        """Count what was seen on some days for others, which are no later and keep their order."""
        ...

    def spent(self, person: str, first: date, last: date) -> Spent:
        """What a person has seen from one day to another, both included."""
        ...

    def spend(self, person: str, day: date, more: Spent) -> None:
        """Add to what a person has seen on a day; numbers below 0 take back."""
        ...

    def group(self, first: date, last: date) -> GroupSpent:
        """What everybody together has seen from one day to another, both included."""
        ...

    def add_look(self, look: NewLook) -> int:
        """Keep a look; its number."""
        ...

    def look(self, look_id: int) -> Look | None:
        """The look of that number."""
        ...

    def vouched(self, look_id: int) -> bytes:
        """A look as it was granted, in bytes for the ledger to vouch for."""
        ...

    def end_look(self, look_id: int, shown: int, *, failed: bool = False) -> None:
        """Keep how long a look lasted."""
        ...

    def looks(self, sha256: bytes) -> Sequence[Look]:
        """All looks at a content, oldest first."""
        ...

    def note_seen(self, person: str, case: int, claim: int, sha256: bytes) -> None:
        """Note that a content of a case was served to a person."""
        ...

    def member_digest(self, sha256: bytes, member: int) -> bytes | None:
        """The SHA-256 of a member of an archive, by its number from 1; None where it is not known."""
        ...

    def second_look(self, person: str, case: int, claim: int, sha256: bytes) -> bool:
        """Whether the person has said under this claim why they look at content that has been judged."""
        ...

    def allow_second_look(self, person: str, case: int, claim: int, sha256: bytes, reason: str) -> None:
        """Keep why."""
        ...


class Held(Protocol):
    """Cases, as far as looking needs them."""

    def demand_held(self, *, number: int, person: str, claim: int) -> object:
        """Renew the lease of whoever holds the case by that claim. Raises UnknownCaseError, NotHeldError."""
        ...


class Judgements(Protocol):
    """What was decided about contents."""

    def judgements(self, contents: Collection[bytes]) -> Mapping[bytes, Judgement]:
        """The judgement of each that has one."""
        ...


class ReadsMetadata(Protocol):
    """What reads metadata: `tocsin.evidence.metadata.MetadataReader`."""

    def metadata(self, sha256: bytes, *, member: int = 0) -> "Metadata":
        """The metadata of a content, or of a member of an archive. Raises an Error: it cannot be read."""
        ...


class Renders(Protocol):
    """What makes pictures: `tocsin.evidence.renditions.Renderer`."""

    def render(self, sha256: bytes, rendition: "Rendition", still: int = 0, *, member: int = 0) -> "Picture":
        """A filtered preview."""
        ...

    def stills(self, sha256: bytes, *, member: int = 0) -> "Timeline":
        """How many stills there are, and when."""
        ...

    def original(
        self, sha256: bytes, region: "Region | None" = None, still: int = 0, *, member: int = 0
    ) -> "Picture":
        """The pixels of a reveal."""
        ...

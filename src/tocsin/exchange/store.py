"""What this room needs from the place where exchanges are kept; `tocsin.storage.exchanges` implements it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from tocsin.errors import Error
from tocsin.exchange.model import Heard, OpinionToGive, Page, SetAside

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

LONGEST_KEY: Final = 500
"""Characters of a record's key."""
LONGEST_TEXT: Final = 2_000
"""Characters of any other text of a record."""
LONGEST_AUTHOR: Final = 150
"""Characters of the name of somebody who says something of a record."""
MOST_SIGNALS: Final = 200
MOST_LABELS: Final = 200
MOST_HEARD: Final = 500
"""Of one record."""
LARGEST_PAGE: Final = 20_000
"""Records, withdrawals and things set aside of one page together."""
GUARD_LEAST: Final = 1_000
"""So many withdrawals within a day never hold an exchange."""
GUARD_PERCENT: Final = 20
"""More than this part of an exchange's live records, withdrawn within a day, hold it."""


class UnknownExchangeError(Error):
    """There is no exchange of that name."""

    code = "exchange.unknown"
    advice = "`tocsin exchange list` shows those there are."


class ExchangeExistsError(Error):
    """There is an exchange of that name already, or one that fills that bank."""

    code = "exchange.exists"
    advice = "Every environment of a partner is an exchange of its own with a bank of its own."


class PageTooLargeError(Error):
    """A page holds more than can be committed together."""

    code = "exchange.page_too_large"
    advice = "Please report this: what reads this partner's answers should have cut the page."


class FloodError(Error):
    """The partner would withdraw or replace so much that a person is to see it first."""

    code = "exchange.held"
    advice = "Ask the partner whether that is meant, then `tocsin exchange run NAME --accept`."


class State(StrEnum):
    """Whether an exchange runs."""

    UNCONFIRMED = "unconfirmed"
    """It is one of production, which a second person is to confirm."""
    READY = "ready"
    HELD = "held"
    """It would withdraw more than the guard lets pass; a person is to accept that."""
    STOPPED = "stopped"
    """The partner refuses us; somebody has to change something, and to run it again."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of records."""

    added: int = 0
    corrected: int = 0
    """The entry was withdrawn and another put in its place."""
    withdrawn: int = 0
    reinstated: int = 0
    unchanged: int = 0
    set_aside: int = 0
    unknown: int = 0
    """Withdrawals of what we never had."""

    def __add__(self, other: "Counts") -> "Counts":
        """The sum, number by number."""
        return Counts(
            self.added + other.added,
            self.corrected + other.corrected,
            self.withdrawn + other.withdrawn,
            self.reinstated + other.reinstated,
            self.unchanged + other.unchanged,
            self.set_aside + other.set_aside,
            self.unknown + other.unknown,
        )

    def to_json(self) -> dict[str, int]:
        """By name."""
        return {name: getattr(self, name) for name in COUNTED}


COUNTED: Final = ("added", "corrected", "withdrawn", "reinstated", "unchanged", "set_aside", "unknown")


@dataclass(frozen=True, slots=True)
class NewExchange:
    """What somebody sets up."""

    name: str
    service: str
    bank: str
    """An empty bank that no other exchange fills."""
    environment: str = ""
    production: bool = False
    settings: "JsonObject" = field(default_factory=dict)
    """Not secret; only the service reads them."""
    every: int = 60
    """Minutes between two runs."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A connection that fills a bank, and how far it has come."""

    id: int
    name: str
    service: str
    environment: str
    production: bool
    bank: str
    settings: "JsonObject"
    every: int
    paused: bool
    state: State
    created: datetime
    created_by: str
    confirmed_by: str
    """The second person, of one of production."""
    checkpoint: "JsonObject | None"
    up_to: datetime | None
    """The partner's list is known as it was then."""
    sweeping: bool
    """The whole list came, and what it no longer names is still to be withdrawn."""
    records: int
    """Records known, withdrawn ones included."""
    withdrawn: int
    accepted: str
    """Who lets the next run withdraw more than the guard does."""
    run: int
    """How many runs there were."""
    job: int
    """The number of the job that is to run it next, or does; 0 where none was planned."""
    started: datetime | None
    ended: datetime | None
    """None while the first run lasts; before `started` while a later one does."""
    next: datetime | None
    failures: int
    """Runs in a row that failed."""
    outcome: str
    """`done`, or the code of the error that ended the last run."""
    message: str
    counts: Counts
    """Of the last run."""


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """A record as it is known, and the entry that holds it."""

    key: str
    entry: int
    changed: datetime | None
    withdrawn: datetime | None
    """When the partner took it back."""


@dataclass(frozen=True, slots=True)
class KeptSetAside:
    """Something set aside."""

    id: int
    what: SetAside
    time: datetime
    times: int


@dataclass(frozen=True, slots=True)
class Swept:
    """A portion of what a whole list no longer named."""

    counts: Counts
    after: str
    """The last key looked at."""


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended."""

    outcome: str
    """`done`, or the code of an error."""
    message: str
    counts: Counts
    state: State
    failures: int
    next: datetime


class Giving(StrEnum):
    """How far an opinion that we give has come."""

    WAITING = "waiting"
    SENDING = "sending"
    GIVEN = "given"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """It may have come through: only a person has it sent again."""


@dataclass(frozen=True, slots=True)
class GivenOpinion:
    """An opinion that we give a partner."""

    id: int
    exchange: str
    entry: int
    what: OpinionToGive
    author: str
    """`Principal.id`."""
    asked: datetime
    state: Giving
    ended: datetime | None
    message: str


class Exchanges(Protocol):
    """Where exchanges are kept. Methods take part in the caller's transaction, if there is one."""

    def add(self, new: NewExchange, by: str) -> Exchange:
        """Keep an exchange. Raises ExchangeExistsError, UnknownBankError, InvalidTextError."""
        ...

    def exchange(self, name: str) -> Exchange:
        """The exchange of that name. Raises UnknownExchangeError."""
        ...

    def exchanges(self) -> Sequence[Exchange]:
        """All of them, by name."""
        ...

    def apply(self, name: str, page: Page) -> Counts:
        """Commit a page whole, with its checkpoint. Raises FloodError, PageTooLargeError."""
        ...

    def sweep(self, name: str, after: str = "") -> "Swept | None":
        """Withdraw a portion of what the whole list no longer names; None when nothing is left to do.

        `after`: the key up to which an earlier portion came. Raises FloodError.
        """
        ...

    def record(self, name: str, key: str) -> KeptRecord | None:
        """A record as it is known."""
        ...

    def heard(self, name: str, key: str) -> Sequence[Heard]:
        """What others say of a record."""
        ...

    def set_aside(self, name: str, *, after: int = 0, limit: int = 100) -> Sequence[KeptSetAside]:
        """What was set aside, oldest first."""
        ...

    def account(self, name: str) -> bytes | None:
        """The account, sealed."""
        ...

    def keep_account(self, name: str, sealed: bytes) -> None:
        """Keep another account."""
        ...

    def plan(self, name: str, job: int, due: datetime) -> None:
        """That job is to run it, at that time."""
        ...

    def begin(self, name: str) -> None:
        """A run begins."""
        ...

    def end(self, name: str, how: RunEnd) -> None:
        """A run ended; what was accepted for it is accepted no more."""
        ...

    def restart(self, name: str) -> None:
        """Forget the checkpoint: the list is told from its beginning."""
        ...

    def set_state(self, name: str, state: State, *, accepted: str = "", confirmed: str = "") -> None:
        """Change the state; who accepts what the next run withdraws, who confirmed it."""
        ...

    def set_paused(self, name: str, *, paused: bool) -> None:
        """Whether it rests."""
        ...

    def remove(self, name: str) -> None:
        """Forget an exchange and its records; the entries stay in the bank."""
        ...

    def of_entry(self, entry: int) -> tuple[str, KeptRecord] | None:
        """The exchange and the record that an entry holds now."""
        ...


class GivenOpinions(Protocol):
    """Where opinions are kept that we give partners. Methods take part in the caller's transaction."""

    def ask_opinion(self, name: str, entry: int, what: OpinionToGive, author: str) -> int:
        """Keep an opinion that is to be given; its number."""
        ...

    def opinion(self, number: int) -> GivenOpinion | None:
        """An opinion that we give."""
        ...

    def opinions(self, name: str, *, after: int = 0, limit: int = 100) -> Sequence[GivenOpinion]:
        """The opinions we give on an exchange's records, oldest first."""
        ...

    def note_opinion(self, number: int, state: Giving, message: str = "") -> None:
        """How far it has come."""
        ...

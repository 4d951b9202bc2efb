"""The nouns of this room: record, withdrawal, page, partner.

A partner's list is a set of records, each under a key of the partner's. It is told in pages. A page is
committed whole, together with the checkpoint after it, so that whatever stops a run costs one page at most.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from tocsin.banks.model import EntryDraft
from tocsin.banks.opinions import Verdict
from tocsin.errors import Error

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject


class PartnerUnreachableError(Error):
    """The partner's service gave no answer that can be used; it may later."""

    code = "exchange.unreachable"
    advice = (
        "The run goes on later where it stopped, by itself. See whether the partner says that it is down."
    )

    wait: float | None = None
    """Seconds that the service asks us to wait, where it says so (Retry-After)."""


class PartnerRefusedError(Error):
    """The partner's service refuses us, and will again until somebody changes something."""

    code = "exchange.refused"
    advice = "Check the account of this exchange and what the partner has agreed to."


class CheckpointExpiredError(Error):
    """The partner no longer takes up where the checkpoint says: what follows is told anew."""

    code = "exchange.checkpoint_expired"
    advice = "Nothing is to be done: the list is fetched anew, and what it no longer holds is withdrawn then."


@dataclass(frozen=True, slots=True)
class Heard:
    """What somebody else says of a record: neither ours nor the record's own statement of what it is."""

    author: str
    """The member who says so, as the partner names it."""
    verdict: Verdict
    reason: str = ""
    """In the partner's words or codes."""
    time: datetime | None = None
    count: int = 1
    """How many say so, where the partner gives a number and no names."""


@dataclass(frozen=True, slots=True)
class Record:
    """One item as the partner states it now; it replaces whatever was said before under the same key."""

    key: str
    """What identifies it at the partner, whatever of it changes: up to 500 characters."""
    draft: EntryDraft
    """As it enters the bank, its `origin` filled in."""
    changed: datetime | None = None
    """When it changed last, by the partner's clock."""
    heard: tuple[Heard, ...] = ()


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A record that the partner takes back. One that we never had is none of our business, and no error."""

    key: str
    reason: str
    time: datetime | None = None
    """By the partner's clock."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """Something in a page that cannot be a record (design invariant 8)."""

    key: str
    """Empty where not even that could be read."""
    code: str
    """Why: a stable word."""
    message: str
    text: str
    """How it begins, at most 200 characters, all of them printable."""


class Telling(StrEnum):
    """What a page is part of."""

    CHANGES = "changes"
    """What changed since the checkpoint."""
    ANEW = "anew"
    """The first page of the whole list, told from its beginning."""
    GOING_ON = "going_on"
    """A further page of the whole list."""
    WHOLE = "whole"
    """Its last page: what was not named since the first is no longer in the list."""


@dataclass(frozen=True, slots=True)
class Page:
    """What is committed together."""

    records: tuple[Record, ...]
    withdrawals: tuple[Withdrawal, ...]
    set_aside: tuple[SetAside, ...]
    checkpoint: "JsonObject"
    """Where to go on after this page; only its partner's code reads it."""
    telling: Telling = Telling.CHANGES
    up_to: datetime | None = None
    """The list is known as it was at that time, by the partner's clock; None in the middle of a window."""


class Stance(StrEnum):
    """What we tell a partner of a record of theirs."""

    CONFIRM = "confirm"
    DISPUTE = "dispute"
    SEEN = "seen"
    """We came upon it; this says nothing of what it is."""


@dataclass(frozen=True, slots=True)
class OpinionToGive:
    """What we tell a partner of a record of theirs."""

    key: str
    """The record's, as `Record.key`."""
    stance: Stance
    reason: str = ""
    """A code of the partner's where it wants one; otherwise words."""
    signal: str = ""
    """Which of its signals is meant (`SignalType` value), where the partner wants to know."""


class Partner(Protocol):
    """A partner's service, spoken to in its own protocol. One object serves one run."""

    def fetch(self, checkpoint: "JsonObject | None", now: datetime) -> Iterator[Page]:
        """Pages from `checkpoint` on (None: from the beginning) until there is no more to have now.

        `now` is our clock, in UTC. Asking again with the checkpoint of any page that came gives what followed
        it, perhaps with some of it again: a page may be told twice, never left out. Each page is bounded.

        Raises:
            PartnerUnreachableError: no usable answer, after tries of its own.
            PartnerRefusedError: the account is wrong, or the request is.
        """
        ...

    def give(self, opinion: OpinionToGive) -> None:
        """Tell an opinion, once. Raises PartnerUnreachableError, PartnerRefusedError."""
        ...

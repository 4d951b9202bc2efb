"""The nouns of this room: bank, policy, origin, label, entry."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tocsin.hashing.signals import Signal

DEFAULT_RADIUS = 31
"""Meta's advice for PDQ: at most 31 of 256 bits differ (ThreatExchange, pdq/README.md)."""
DEFAULT_QUALITY_FLOOR = 50
"""Meta's advice for PDQ: discard hashes of quality 49 or less (ThreatExchange, pdq/README.md)."""
MAX_RADIUS = 64


class BankKind(StrEnum):
    """What an entry of the bank does to content that matches it."""

    MATCH = "match"
    """Known items to find."""
    ALLOW = "allow"
    """Known harmless items: a match with one suppresses other matches, and says so."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How a bank is matched and what may be done with it."""

    kind: BankKind = BankKind.MATCH
    radius: int = DEFAULT_RADIUS
    """Largest PDQ distance that counts as a match, 0 to 64 bits."""
    quality_floor: int = DEFAULT_QUALITY_FLOOR
    """PDQ signals below this quality, 0 to 100, are answered but never matched."""
    purpose: str = ""
    """The use the list's owner agreed to, in the owner's words."""
    onward_sharing: str = ""
    """The owner's rule for passing entries on, in the owner's words."""


@dataclass(frozen=True, slots=True)
class Bank:
    """A named set of entries with one policy."""

    id: int
    name: str
    policy: Policy
    created: datetime
    version: int = 0
    """One more with every transaction that changes its entries, their withdrawal or its policy."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an entry came from: whose list, which member contributed it, and its id there."""

    source: str = ""
    member: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """Somebody's classification, kept exactly as given (design invariant 2)."""

    scheme: str
    version: str
    code: str
    author: str = ""
    time: str = ""
    """As the author wrote it; ISO 8601 with a zone where they gave one."""


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """An entry as it arrives, before a bank has given it a number."""

    signals: tuple[Signal, ...]
    origin: Origin = Origin()
    labels: tuple[Label, ...] = ()
    withdrawn: datetime | None = None
    """When its list withdrew it, where the list says so: it arrives withdrawn."""
    withdrawn_reason: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One known item in a bank."""

    id: int
    bank: str
    signals: tuple[Signal, ...]
    origin: Origin
    labels: tuple[Label, ...]
    added: datetime
    withdrawn: datetime | None
    withdrawn_reason: str = ""

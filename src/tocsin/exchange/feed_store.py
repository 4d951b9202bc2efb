"""What feeds need from the place where they are kept; `tocsin.storage.feeds` implements it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tocsin.banks.model import Entry
from tocsin.banks.opinions import Verdict
from tocsin.errors import Error
from tocsin.exchange.rights import Recipient, Terms

Audience = frozenset[str]
"""Names of partners."""


class NoFeedError(Error):
    """This node has no feed yet."""

    code = "feed.none"
    advice = "`tocsin feed init` makes its keys and says what it is called."


class UnknownPartnerError(Error):
    """There is no partner of that name."""

    code = "feed.unknown_partner"
    advice = "`tocsin partner list` shows those there are."


class NotOfferedError(Error):
    """Nothing of that kind waits to be confirmed."""

    code = "feed.not_offered"
    advice = "`tocsin feed status` shows what was offered. An offer is confirmed once."


@dataclass(frozen=True, slots=True)
class Own:
    """What we are to partners."""

    me: Recipient
    place: str
    """Where our feed can be read: a URL, or words such as "by hand"; told on our card."""
    rechecking: bool = False


@dataclass(frozen=True, slots=True)
class FeedPartner:
    """A partner whose card was entered, its words compared."""

    recipient: Recipient
    verifier: str
    age: str
    """The age recipient that bundles for it are sealed to."""
    place: str
    added: datetime
    added_by: str
    revoked: datetime | None = None
    revoked_by: str = ""
    why: str = ""

    @property
    def name(self) -> str:
        """What its feed is called."""
        return self.recipient.name


@dataclass(frozen=True, slots=True)
class BankTerms:
    """Under which terms entries of a bank may be passed on."""

    terms: Terms
    revision: int
    """One more each time they are set."""
    purpose: str
    """What the bank's policy says entries are for."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A bank, or one entry of it, that somebody offers to partners."""

    id: int
    bank_id: int
    bank: str
    """Empty when the bank is gone."""
    entry: int
    """0: the whole bank, with what is added to it later."""
    offered: datetime
    offered_by: str
    offered_as: str
    confirmed: datetime | None
    confirmed_by: str
    confirmed_as: str
    reached: int


@dataclass(frozen=True, slots=True)
class Told:
    """An entry as partners were told of it."""

    entry: int
    bank_id: int
    offer: int
    key: str
    audience: Audience
    live: bool
    terms: int = 0
    """The revision of the bank's terms that it was told with."""


@dataclass(frozen=True, slots=True)
class ToPublish:
    """Lines for one audience, waiting to be sealed and appended to the log."""

    id: int
    audience: Audience
    lines: bytes
    items: int


@dataclass(frozen=True, slots=True)
class TheirOpinion:
    """What somebody at a partner says of an entry of ours."""

    entry: int
    partner: str
    author: str
    verdict: Verdict
    reason: str
    time: datetime


@dataclass(frozen=True, slots=True)
class TheirSighting:
    """How often a partner came upon what matches an entry of ours."""

    entry: int
    partner: str
    count: int
    time: datetime


class Feeds(Protocol):
    """Where feeds are kept. Every method takes part in the caller's transaction, if there is one."""

    def own(self) -> Own:
        """What we are. Raises NoFeedError."""
        ...

    def set_own(self, own: Own) -> None:
        """Say what we are."""
        ...

    def signed(self) -> str:
        """What `set_signed` was given last; empty: nothing."""
        ...

    def set_signed(self, tree: str) -> None:
        """Remember the tree of our log that was signed last."""
        ...

    def partners(self) -> Sequence[FeedPartner]:
        """All of them, revoked ones included, by name."""
        ...

    def partner(self, name: str) -> FeedPartner:
        """One of them. Raises UnknownPartnerError."""
        ...

    def keep_partner(self, partner: FeedPartner) -> None:
        """Keep a partner in place of what was known of it; its earlier keys are kept beside."""
        ...

    def terms(self, bank: str) -> BankTerms | None:
        """Under which terms entries of a bank may be passed on; None: not at all. Raises UnknownBankError."""
        ...

    def set_terms(self, bank: str, terms: Terms, by: str) -> None:
        """State them. Raises UnknownBankError."""
        ...

    def recheck(self) -> None:
        """Have everything that was told looked at again: partners or terms have changed."""
        ...

    def offer(self, bank: str, entry: int, by: str, known_as: str) -> Offer:
        """Offer a bank, or an entry. The offer that is there already, where there is one."""
        ...

    def offers(self) -> Sequence[Offer]:
        """Those that have not ended, oldest first."""
        ...

    def confirm(self, number: int, by: str, known_as: str) -> Offer:
        """Confirm an offer. Raises NotOfferedError."""
        ...

    def end_offer(self, number: int, by: str) -> None:
        """Offer it no longer; what was told of it is withdrawn. Raises NotOfferedError."""
        ...

    def entries(self, numbers: Iterable[int]) -> Mapping[int, Entry]:
        """Entries by their numbers, of those that are there."""
        ...

    def not_looked_at(self, offer: Offer, limit: int) -> Sequence[Entry]:
        """Entries of a confirmed offer that were not looked at, by number."""
        ...

    def reached(self, offer: int, entry: int) -> None:
        """A bank's entries were looked at up to that one."""
        ...

    def differing(self, limit: int) -> Sequence[Told]:
        """What was told and is no longer so: entries withdrawn, reinstated, removed, offered no longer."""
        ...

    def to_recheck(self, limit: int) -> Sequence[Told]:
        """The next of what is to be looked at again, and the mark moved beyond them."""
        ...

    def told(self, key: str) -> Told | None:
        """What was told under a key."""
        ...

    def told_of(self, entries: Iterable[int]) -> Mapping[int, Told]:
        """What was told of entries, by their numbers."""
        ...

    def keep_told(self, several: Sequence[Told]) -> None:
        """Note what is told now."""
        ...

    def to_outbox(self, audience: Audience, lines: bytes, items: int) -> None:
        """Have lines sealed and appended."""
        ...

    def outbox(self, limit: int) -> Sequence[ToPublish]:
        """The oldest of what waits."""
        ...

    def published(self, several: Sequence[ToPublish]) -> None:
        """They stand in the log."""
        ...

    def hear(self, opinion: TheirOpinion) -> bool:
        """Keep an opinion in place of the author's earlier one; whether it says something new."""
        ...

    def see(self, sighting: TheirSighting) -> bool:
        """Keep a count in place of the partner's earlier one; whether it says something new."""
        ...

    def opinions(self, limit: int = 100) -> Sequence[TheirOpinion]:
        """What partners say of entries of ours, newest first."""
        ...

    def sightings(self, limit: int = 100) -> Sequence[TheirSighting]:
        """What partners came upon, newest first."""
        ...

    def counts(self) -> Mapping[str, int]:
        """How many entries are told of (`live`), taken back (`ended`), and bundles wait (`waiting`)."""
        ...

"""The nouns of notices: hosting providers, what they are asked, what they answered."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tocsin.errors import Error


class UnknownNoticeError(Error):
    """There is no notice of that number."""

    code = "notices.unknown"
    advice = "Use a number that the list of notices has."


class UnknownProviderError(Error):
    """There is no hosting provider of that name."""

    code = "notices.unknown_provider"
    advice = "List the providers, or add this one with the address that it takes notices at."


class UnsuitableNoticeError(Error):
    """That cannot be done with the notice as it stands."""

    code = "notices.unsuitable"
    advice = "Look at the notice again: somebody has gone on with it."


class InvalidNoticeError(Error):
    """The notice, or the provider, is not as it should be."""

    code = "notices.invalid"
    advice = "The message says what is wrong; nothing was kept."


class NotSetUpError(Error):
    """Notices cannot be made or sent as this node is set up."""

    code = "notices.not_set_up"
    advice = "Complete [notices] in tocsin.toml; docs/howto/send-notices.md says how."


class NotSentError(Error):
    """The provider, or the mail server, did not take the notice."""

    code = "notices.not_sent"
    advice = "Look at the notice: it is tried again by itself, unless it says that it has failed."

    final: bool = False
    """Whether sending the same once more makes no sense."""


class Channel(StrEnum):
    """How a provider takes notices."""

    MAIL = "mail"
    API = "api"
    """As JSON, over HTTP (see `tocsin.outgoing.provider_api`)."""
    HAND = "hand"
    """By a form of its own, into which a person pastes the text."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A hosting provider, and how it takes notices; its token is kept apart."""

    name: str
    channel: Channel
    address: str
    """Of mail, or the URL of its API or of its form."""
    hosts: tuple[str, ...] = ()
    """Domains whose URLs it answers for, with all below them."""
    language: str = "en"


class NoticeState(StrEnum):
    """Where a notice stands."""

    DRAFTED = "drafted"
    QUEUED = "queued"
    """A person has said that it is to be sent."""
    SENT = "sent"
    FAILED = "failed"
    """It could not be sent: a person may try again."""
    ACKNOWLEDGED = "acknowledged"
    """The provider has it, and has not said what it does."""
    REMOVED = "removed"
    """The provider, or a person, says that the item is gone. Nothing here looks at the URL."""
    REFUSED = "refused"
    """The provider will not remove it."""
    DISCARDED = "discarded"
    """It was never sent, and is not going to be."""

    @property
    def waiting(self) -> bool:
        """Whether an answer is waited for."""
        return self in {NoticeState.SENT, NoticeState.ACKNOWLEDGED}

    @property
    def over(self) -> bool:
        """Whether nothing more happens to it."""
        return self in {NoticeState.REMOVED, NoticeState.REFUSED, NoticeState.DISCARDED}


ANSWERS = frozenset({NoticeState.ACKNOWLEDGED, NoticeState.REMOVED, NoticeState.REFUSED})
"""What can be answered to a notice."""


@dataclass(frozen=True, slots=True)
class NoticeText:
    """What a provider is told: nothing of the content, only what finding it takes."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A notice on its way in, drafted."""

    case: int
    provider: str
    url: str
    found: datetime
    """When the item was found at the URL."""
    law: str
    """The words for the law that it is sent under; empty: it names none."""
    reference: str
    """Ours: it means nothing to whoever reads it, and counts nothing."""
    test: bool
    author: str


@dataclass(frozen=True, slots=True)
class Notice(NewNotice):
    """A notice on record."""

    number: int
    state: NoticeState
    revision: int
    """Counts what has happened to it; who changes something names the one that they saw."""
    created: datetime
    sent: datetime | None = None
    reminders: int = 0
    """How many were sent."""
    next_reminder: datetime | None = None
    answered: datetime | None = None
    """When the last answer came."""
    their_reference: str = ""
    """What the provider calls it."""
    problem: str = ""
    """Why it could not be sent, the last time."""


@dataclass(frozen=True, slots=True)
class NoticeEvent:
    """Something that happened to a notice."""

    time: datetime
    what: str
    """drafted, changed, queued, attempted, not_sent, sent, failed, reminder_queued, reminded, discarded; and
    answers: acknowledged, removed, refused."""
    by: str
    """`Principal.id`; of what a provider's API says, `provider:NAME`."""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """All that a connector needs for one attempt."""

    notice: Notice
    provider: Provider
    text: NoticeText
    token: str = field(repr=False)
    """Of the provider's API; empty where it has none."""
    reminder: int = 0
    """Which one; 0 is the notice itself."""


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """What a provider's API says of a notice."""

    reference: str = ""
    state: NoticeState = NoticeState.SENT
    words: str = ""

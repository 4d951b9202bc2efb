"""What notices need from outside: where they are kept, and what carries them.

`tocsin.storage.notices`, `tocsin.outgoing.mail` and `tocsin.outgoing.provider_api` implement it. Methods of
stores take part in the caller's transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tocsin.filing.notice_model import (
    Attempt,
    NewNotice,
    Notice,
    NoticeEvent,
    NoticeState,
    Provider,
    ProviderAnswer,
)


@dataclass(frozen=True, slots=True)
class WantedNotices:
    """Which notices are asked for; what is None or empty does not matter."""

    states: frozenset[NoticeState] = frozenset()
    case: int | None = None
    provider: str = ""


class NoticeStore(Protocol):
    """Notices with their histories, and providers with their tokens."""

    def add(self, new: NewNotice, created: datetime) -> Notice:
        """Keep a new one."""
        ...

    def notice(self, number: int) -> Notice:
        """The notice of that number. Raises UnknownNoticeError."""
        ...

    def page(self, wanted: WantedNotices, *, before: int | None = None, limit: int = 50) -> Sequence[Notice]:
        """Notices, newest first."""
        ...

    def counts(self) -> dict[NoticeState, int]:
        """How many there are in each state."""
        ...

    def keep(self, notice: Notice) -> Notice:
        """Keep a notice as it is now: the next revision. It, with its revision."""
        ...

    def happened(self, number: int, event: NoticeEvent) -> None:
        """Add to a notice's history."""
        ...

    def history(self, number: int) -> Sequence[NoticeEvent]:
        """What happened to a notice, oldest first."""
        ...

    def vouched(self, number: int) -> bytes:
        """A notice with its history, in bytes for the ledger to vouch for."""
        ...

    def providers(self) -> Sequence[Provider]:
        """All of them, by name."""
        ...

    def provider(self, name: str) -> Provider:
        """The provider of that name. Raises UnknownProviderError."""
        ...

    def set_provider(self, provider: Provider) -> None:
        """Add a provider, or change it; its token is forgotten where its channel or address changes."""
        ...

    def remove_provider(self, name: str) -> None:
        """Forget a provider with its token. Raises UnknownProviderError."""
        ...

    def set_secret(self, purpose: str, secret: bytes | None) -> None:
        """Seal a secret for a purpose (see `mail_purpose`, `token_purpose`), or with None forget it."""
        ...

    def secret(self, purpose: str) -> bytes | None:
        """The secret for a purpose. Raises SealBrokenError, MissingKeyError."""
        ...


def token_purpose(provider: Provider) -> str:
    """What a provider's token is sealed for: its address is part of it, so that none goes elsewhere."""
    return f"notice-token:{provider.name}:{provider.address}"


def mail_purpose(host: str, port: int, user: str) -> str:
    """What the password of the mail server is sealed for: no other server gets it."""
    return f"notice-mail:{user}@{host}:{port}"


class Carrier(Protocol):
    """Carries notices to providers by one channel."""

    def send(self, attempt: Attempt) -> ProviderAnswer:
        """Send a notice, or a reminder, once. Raises NotSentError."""
        ...

    def ask(self, attempt: Attempt) -> ProviderAnswer | None:
        """What has become of a notice; None where the channel cannot say. Raises NotSentError."""
        ...

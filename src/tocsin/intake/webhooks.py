"""The nouns of telling those outside: webhooks, and what is delivered to them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from tocsin.errors import Error

DELIVER = "deliver"
"""The kind of job that makes one delivery; its payload is `{"delivery": NUMBER}`."""
TEST_EVENT = "webhook.test"
EVENTS = {
    "submission.matched": "A submission matched, when it came or because a bank grew (`retroactive`).",
    "filing.alarm": "A report to an authority needs a person: it is about to expire, or was refused.",
    "exchange.alarm": "An exchange needs a person: a partner refuses us, fails, or would withdraw very much.",
    TEST_EVENT: "Somebody asked for a test; it goes to that webhook whatever it is registered for.",
}
"""What a webhook can be registered for."""


class UnknownWebhookError(Error):
    """There is no webhook of that number."""

    code = "webhooks.unknown"
    advice = "List the webhooks to see their numbers."


class UnknownDeliveryError(Error):
    """There is no delivery of that number."""

    code = "webhooks.unknown_delivery"
    advice = "List the webhook's deliveries; they are kept for 30 days."


class UnknownEventError(Error):
    """There is no event of that name."""

    code = "webhooks.unknown_event"
    advice = "Name one or more events that docs/howto/receive-webhooks.md lists."


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    """To be sent, now or again later; or its webhook is paused."""
    DELIVERED = "delivered"
    DEAD = "dead"
    """Given up; it can be sent again by hand."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Somebody who wants to be told, without the secret that signs what they are told."""

    id: int
    url: str
    events: tuple[str, ...]
    created: datetime
    created_by: str
    active: bool
    paused: str
    """Why it is not active; empty while it is."""
    failures: int
    """Attempts that failed since the last one that did not."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one webhook."""

    id: int
    webhook: int
    message: str
    """Its id as the receiver sees it (`webhook-id`): the same at each attempt."""
    event: str
    body: str
    """As it is sent, to the byte."""
    created: datetime
    delivered: datetime | None
    attempts: int
    last_answer: str
    """Status and beginning of what the receiver last answered, or why it could not be asked."""
    state: DeliveryState


@dataclass(frozen=True, slots=True)
class Outgoing:
    """All that an attempt needs."""

    webhook: Webhook
    delivery: Delivery
    secrets: tuple[bytes, ...]
    """The current one; for a while after it was changed, also the one before."""
    resting: bool
    """The receiver has failed several times in a row, the last time just now: it is not to be asked."""


class Outbox(Protocol):
    """Where deliveries wait. Every method takes part in the caller's transaction, if there is one."""

    def outgoing(self, delivery: int) -> Outgoing | None:
        """What an attempt needs; None when it was delivered already, or its webhook removed."""
        ...

    def delivered(self, delivery: int, answer: str) -> None:
        """Note that the receiver took it."""
        ...

    def failed(self, delivery: int, answer: str, *, gone: bool) -> Webhook:
        """Note that an attempt failed; the webhook, paused if that was one too many or it is `gone`."""
        ...

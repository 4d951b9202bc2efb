"""Webhooks: who is told of matches, and what became of telling them."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import Path, Query, Request
from pydantic import BaseModel, Field

from tocsin.access.model import Permission
from tocsin.intake.webhooks import Delivery, DeliveryState, Webhook
from tocsin.outgoing.webhooks import checked_url
from tocsin.web.api.shapes import PAGE, Given, Limit, Name, Number, Text
from tocsin.web.callers import Caller, node_of
from tocsin.web.operation import Operations

operations = Operations("webhooks")
WEBHOOKS = Permission.MANAGE_WEBHOOKS
WebhookNumber = Annotated[Number, Path()]
DeliveryNumber = Annotated[Number, Path()]


class WebhookGiven(Given):
    """Who is to be told of what."""

    url: Text
    events: Annotated[list[Name], Field(min_length=1, max_length=20)]


class WebhookChanges(Given):
    """Whether to tell them."""

    active: bool
    reason: Text = "paused by hand"


class WebhookShape(BaseModel):
    """Somebody who is told."""

    id: int
    url: str
    events: list[str]
    created: datetime
    created_by: str
    active: bool
    paused: str
    """Why they are not told at present."""
    failures: int

    @classmethod
    def of(cls, webhook: Webhook) -> Self:
        """The shape of a webhook."""
        return cls(
            id=webhook.id,
            url=webhook.url,
            events=list(webhook.events),
            created=webhook.created,
            created_by=webhook.created_by,
            active=webhook.active,
            paused=webhook.paused,
            failures=webhook.failures,
        )


class NewWebhook(BaseModel):
    """A webhook, with the secret that signs what it is told: shown once."""

    webhook: WebhookShape
    secret: str


class NewSecret(BaseModel):
    """A new secret, shown once; the old one signs beside it for a day."""

    secret: str


class WebhookList(BaseModel):
    """All webhooks, oldest first."""

    items: list[WebhookShape]


class DeliveryShape(BaseModel):
    """One message to one webhook; its body is the receiver's alone."""

    id: int
    webhook: int
    message: str
    event: str
    created: datetime
    delivered: datetime | None
    attempts: int
    last_answer: str
    state: DeliveryState

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        """The shape of a delivery."""
        return cls(
            id=delivery.id,
            webhook=delivery.webhook,
            message=delivery.message,
            event=delivery.event,
            created=delivery.created,
            delivered=delivery.delivered,
            attempts=delivery.attempts,
            last_answer=delivery.last_answer,
            state=delivery.state,
        )


class DeliveryPage(BaseModel):
    """Some deliveries, newest first."""

    items: list[DeliveryShape]
    next: int | None
    """For `before`; null where there are no more."""


@operations.operation("GET", "/v1/webhooks", needs=WEBHOOKS)
def list_webhooks(request: Request) -> WebhookList:
    """List webhooks."""
    return WebhookList(items=[WebhookShape.of(one) for one in node_of(request).webhooks.webhooks()])


@operations.operation("POST", "/v1/webhooks", needs=WEBHOOKS, status=201)
def create_webhook(request: Request, caller: Caller, given: WebhookGiven) -> NewWebhook:
    """Register a URL to be told of events."""
    node = node_of(request)
    url = checked_url(given.url, node.settings.allowed_networks)
    webhook, secret = node.webhooks.register(url, given.events, caller.id)
    return NewWebhook(webhook=WebhookShape.of(webhook), secret=secret)


@operations.operation("GET", "/v1/webhooks/{webhook}", needs=WEBHOOKS, answers=(404,))
def read_webhook(request: Request, webhook: WebhookNumber) -> WebhookShape:
    """Read a webhook."""
    return WebhookShape.of(node_of(request).webhooks.webhook(webhook))


@operations.operation("PATCH", "/v1/webhooks/{webhook}", needs=WEBHOOKS, answers=(404,))
def change_webhook(
    request: Request, caller: Caller, webhook: WebhookNumber, changes: WebhookChanges
) -> WebhookShape:
    """Pause a webhook, or resume it and send what waits."""
    webhooks = node_of(request).webhooks
    if changes.active:
        webhooks.resume(webhook, caller.id)
    else:
        webhooks.pause(webhook, caller.id, changes.reason)
    return WebhookShape.of(webhooks.webhook(webhook))


@operations.operation(
    "DELETE", "/v1/webhooks/{webhook}", needs=WEBHOOKS, status=204, answers=(404,), response_model=None
)
def remove_webhook(request: Request, caller: Caller, webhook: WebhookNumber) -> None:
    """Remove a webhook with its deliveries; what waits is not sent."""
    node_of(request).webhooks.remove(webhook, caller.id)


@operations.operation("POST", "/v1/webhooks/{webhook}/secret", needs=WEBHOOKS, status=201, answers=(404,))
def rotate_secret(request: Request, caller: Caller, webhook: WebhookNumber) -> NewSecret:
    """Give a webhook a new secret."""
    return NewSecret(secret=node_of(request).webhooks.rotate(webhook, caller.id))


@operations.operation("POST", "/v1/webhooks/{webhook}/test", needs=WEBHOOKS, status=202, answers=(404,))
def test_webhook(request: Request, caller: Caller, webhook: WebhookNumber) -> DeliveryShape:
    """Have a test message sent."""
    return DeliveryShape.of(node_of(request).webhooks.test(webhook, caller.id))


@operations.operation("GET", "/v1/webhooks/{webhook}/deliveries", needs=WEBHOOKS, answers=(404,))
def list_deliveries(
    request: Request,
    webhook: WebhookNumber,
    *,
    before: Annotated[Number | None, Query()] = None,
    limit: Annotated[Limit, Query()] = PAGE,
) -> DeliveryPage:
    """List what was sent to a webhook, newest first."""
    found = node_of(request).webhooks.deliveries(webhook, before=before, limit=limit)
    items = [DeliveryShape.of(one) for one in found]
    return DeliveryPage(items=items, next=items[-1].id if len(items) == limit else None)


@operations.operation(
    "POST", "/v1/deliveries/{delivery}/redeliver", needs=WEBHOOKS, status=202, answers=(404,)
)
def redeliver(request: Request, caller: Caller, delivery: DeliveryNumber) -> DeliveryShape:
    """Send a message again."""
    return DeliveryShape.of(node_of(request).webhooks.redeliver(delivery, caller.id))

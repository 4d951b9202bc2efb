"""Webhooks and their deliveries, on SQLite and PostgreSQL; implements `tocsin.intake.webhooks.Outbox`.

A message is written, with the job that delivers it, in the transaction of what it tells of: it is sent if and
only if that happened. It is sent at least once, always under the same id.
"""

import base64
import json
import secrets
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from tocsin.banks.batch import check_texts
from tocsin.evidence.ledger import Event, Ledger
from tocsin.evidence.sealing import Sealer
from tocsin.intake.webhooks import (
    DELIVER,
    EVENTS,
    TEST_EVENT,
    Delivery,
    DeliveryState,
    Outgoing,
    UnknownDeliveryError,
    UnknownEventError,
    UnknownWebhookError,
    Webhook,
)
from tocsin.jobs.model import JobQueue, NewJob
from tocsin.storage import times
from tocsin.storage.database import Database, Row

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

SECRET_BYTES = 32
OVERLAP = timedelta(days=1)
"""How long an old secret goes on signing beside the new one."""
REST_AFTER = 5
REST = timedelta(minutes=1)
"""After so many failed attempts in a row, over all of a webhook's messages, it is asked once in that time:
one that hangs is not to hold up all other work."""
PAUSE_AFTER = 1000
"""After so many it is asked no more until somebody resumes it; that takes most of a day."""
KEPT = timedelta(days=30)
"""How long deliveries are kept."""
_FORGET_AT_A_TIME = 20
_ANSWER_LENGTH = 400

_COLUMNS = "id, url, events, created, created_by, active, paused, failures"
_ADD = """INSERT INTO webhook (url, events, secret, created, created_by, active)
    VALUES (?, ?, ?, ?, ?, 1) RETURNING id"""
_SET_SECRET = "UPDATE webhook SET secret = ?, old_secret = ?, old_until = ? WHERE id = ?"  # noqa: S105  # SQL
_ALL = f"SELECT {_COLUMNS} FROM webhook ORDER BY id"  # noqa: S608  # a constant
_ONE = f"SELECT {_COLUMNS} FROM webhook WHERE id = ?"  # noqa: S608  # a constant
_SECRETS = "SELECT secret, old_secret, old_until FROM webhook WHERE id = ?"  # SQL
_REMOVE_DELIVERIES = "DELETE FROM delivery WHERE webhook_id = ?"
_REMOVE = "DELETE FROM webhook WHERE id = ?"
_SET_ACTIVE = "UPDATE webhook SET active = ?, paused = ?, failures = 0 WHERE id = ?"
_SET_FAILURES = "UPDATE webhook SET failures = ?, last_failed = ? WHERE id = ?"
_LAST_FAILED = "SELECT last_failed FROM webhook WHERE id = ?"

_ADD_DELIVERY = """INSERT INTO delivery (webhook_id, message, event, body, created)
    VALUES (?, ?, ?, ?, ?) RETURNING id"""
_SET_JOB = "UPDATE delivery SET job_id = ? WHERE id = ?"
_DELIVERY = """SELECT delivery.id, delivery.webhook_id, delivery.message, delivery.event, delivery.body,
        delivery.created, delivery.delivered, delivery.attempts, delivery.last_answer, job.state
    FROM delivery LEFT JOIN job ON job.id = delivery.job_id"""
_ONE_DELIVERY = f"{_DELIVERY} WHERE delivery.id = ?"
_PAGE = f"""{_DELIVERY} WHERE delivery.webhook_id = ? AND delivery.id < ?
    ORDER BY delivery.id DESC LIMIT ?"""
_LEFT = """SELECT delivery.id FROM delivery LEFT JOIN job ON job.id = delivery.job_id
    WHERE delivery.webhook_id = ? AND delivery.delivered IS NULL
        AND (job.state IS NULL OR job.state IN ('dead', 'done')) ORDER BY delivery.id"""
_DELIVERED = "UPDATE delivery SET delivered = ?, attempts = attempts + 1, last_answer = ? WHERE id = ?"
_FAILED = "UPDATE delivery SET attempts = attempts + 1, last_answer = ? WHERE id = ?"
_SEND_AGAIN = "UPDATE delivery SET delivered = NULL WHERE id = ?"
# Only the oldest are looked at: to look for old ones among all would take longer with each that is kept.
_FORGET = """DELETE FROM delivery WHERE created < ? AND id IN
    (SELECT id FROM delivery WHERE webhook_id = ? ORDER BY id LIMIT ?)"""
_NO_LIMIT = (1 << 63) - 1


class WebhookStore:
    """The webhooks of one database. Every method takes part in the caller's transaction, if there is one."""

    def __init__(
        self,
        database: Database,
        queue: JobQueue,
        sealer: Sealer,
        ledger: Ledger,
        now: Callable[[], int] = times.now,
    ) -> None:
        """Keep webhooks in `database`, with jobs in `queue`, by the clock `now` (microseconds)."""
        self._database = database
        self._queue = queue
        self._sealer = sealer
        self._ledger = ledger
        self._now = now

    def register(self, url: str, events: Sequence[str], actor: str) -> tuple[Webhook, str]:
        """Have a URL (see `outgoing.webhooks.checked_url`) told of events; it, and its secret, shown once.

        Raises UnknownEventError.
        """
        wanted = sorted(set(events))
        unknown = [event for event in wanted if event not in EVENTS]
        if unknown or not wanted:
            message = f"there is no event {unknown[0]!r}" if unknown else "no event is named"
            raise UnknownEventError(message)
        check_texts((url,))
        secret = secrets.token_bytes(SECRET_BYTES)
        with self._database.writing():
            values = (url, json.dumps(wanted), b"", self._now(), actor)
            number = self._database.number(_ADD, values)
            self._set_secret(number, secret, None, None)
            self._record("webhook.registered", actor, number, {"url": url, "events": [*wanted]})
            return self.webhook(number), shown(secret)

    def webhooks(self) -> list[Webhook]:
        """All of them, oldest first."""
        with self._database.reading():
            return [_webhook(row) for row in self._database.rows(_ALL)]

    def webhook(self, number: int) -> Webhook:
        """One webhook. Raises UnknownWebhookError."""
        with self._database.reading():
            row = self._database.row(_ONE, (number,))
        if row is None:
            message = f"there is no webhook number {number}"
            raise UnknownWebhookError(message)
        return _webhook(row)

    def remove(self, number: int, actor: str) -> None:
        """Remove a webhook with its deliveries; what waits is not sent. Raises UnknownWebhookError."""
        with self._database.writing():
            found = self.webhook(number)
            self._database.change(_REMOVE_DELIVERIES, (number,))
            self._database.change(_REMOVE, (number,))
            self._record("webhook.removed", actor, number, {"url": found.url})

    def rotate(self, number: int, actor: str, overlap: timedelta = OVERLAP) -> str:
        """Give a webhook a new secret, shown once. The old one signs too for `overlap`, any older no more.

        Raises UnknownWebhookError.
        """
        secret = secrets.token_bytes(SECRET_BYTES)
        with self._database.writing():
            old, _, _ = self._sealed(number)
            until = self._now() + overlap // timedelta(microseconds=1)
            self._set_secret(number, secret, old, until)
            self._record("webhook.rotated", actor, number, {"overlap_seconds": int(overlap.total_seconds())})
        return shown(secret)

    def pause(self, number: int, actor: str, reason: str) -> None:
        """Send nothing until it is resumed; what is announced waits. Raises UnknownWebhookError."""
        with self._database.writing():
            self.webhook(number)
            self._database.change(_SET_ACTIVE, (0, reason, number))
            self._record("webhook.paused", actor, number, {"reason": reason})

    def resume(self, number: int, actor: str) -> int:
        """Send to a webhook again, first what waited or was given up; how many that is.

        Raises UnknownWebhookError.
        """
        with self._database.writing():
            self.webhook(number)
            self._database.change(_SET_ACTIVE, (1, "", number))
            left = [int(row[0]) for row in self._database.rows(_LEFT, (number,))]
            for delivery in left:
                self._enqueue(delivery)
            self._record("webhook.resumed", actor, number, {"deliveries": len(left)})
            return len(left)

    def announce(self, kind: str, body: "JsonObject") -> None:
        """Have an event delivered to each webhook registered for it, once this transaction is durable.

        Implements `tocsin.intake.model.Announce`. `body` holds ids and links; no content, no hash of a list.
        """
        with self._database.writing():
            told = [webhook for webhook in self.webhooks() if kind in webhook.events]
            if not told:
                return
            message, text = self._message(kind, body)
            for webhook in told:
                self._add(webhook, message, kind, text)

    def test(self, number: int, actor: str) -> Delivery:
        """Have a test event delivered to one webhook. Raises UnknownWebhookError."""
        with self._database.writing():
            message, text = self._message(TEST_EVENT, {"asked_by": actor})
            return self.delivery(self._add(self.webhook(number), message, TEST_EVENT, text))

    def deliveries(self, number: int, *, before: int | None = None, limit: int = 100) -> list[Delivery]:
        """Deliveries of a webhook, newest first; with `before`, those of smaller numbers.

        Raises UnknownWebhookError.
        """
        with self._database.reading():
            self.webhook(number)
            values = (number, _NO_LIMIT if before is None else before, limit)
            return [_delivery(row) for row in self._database.rows(_PAGE, values)]

    def delivery(self, number: int) -> Delivery:
        """One delivery. Raises UnknownDeliveryError."""
        with self._database.reading():
            row = self._database.row(_ONE_DELIVERY, (number,))
        if row is None:
            message = f"there is no delivery number {number}"
            raise UnknownDeliveryError(message)
        return _delivery(row)

    def redeliver(self, number: int, actor: str) -> Delivery:
        """Send a message again, under the same id; one that waits already is left to its turn.

        Raises UnknownDeliveryError.
        """
        with self._database.writing():
            found = self.delivery(number)
            if found.state is not DeliveryState.WAITING:
                self._database.change(_SEND_AGAIN, (number,))
                if self.webhook(found.webhook).active:
                    self._enqueue(number)
                detail: JsonObject = {"delivery": number}
                self._record("webhook.redelivery_asked", actor, found.webhook, detail)
            return self.delivery(number)

    def outgoing(self, delivery: int) -> Outgoing | None:
        """What an attempt needs; None when it was delivered already, or its webhook removed."""
        with self._database.reading():
            row = self._database.row(_ONE_DELIVERY, (delivery,))
            if row is None or row[6] is not None:
                return None
            found = _delivery(row)
            webhook = self.webhook(found.webhook)
            new, old, until = self._sealed(webhook.id)
            resting = webhook.failures >= REST_AFTER and self._has_just_failed(webhook.id)
        sealed = [new] if old is None or until is None or until <= self._now() else [new, old]
        opened = tuple(self._sealer.unseal(one, _purpose(webhook.id)) for one in sealed)
        return Outgoing(webhook, found, opened, resting)

    def delivered(self, delivery: int, answer: str) -> None:
        """Note that the receiver took it."""
        with self._database.writing():
            self._database.change(_DELIVERED, (self._now(), _plain(answer), delivery))
            self._database.change(_SET_FAILURES, (0, None, self.delivery(delivery).webhook))

    def failed(self, delivery: int, answer: str, *, gone: bool) -> Webhook:
        """Note that an attempt failed; the webhook, paused if that was one too many or it is `gone`.

        Raises UnknownDeliveryError.
        """
        with self._database.writing():
            self._database.change(_FAILED, (_plain(answer), delivery))
            webhook = self.webhook(self.delivery(delivery).webhook)
            failures = webhook.failures + 1
            self._database.change(_SET_FAILURES, (failures, self._now(), webhook.id))
            if webhook.active and (gone or failures >= PAUSE_AFTER):
                reason = "the receiver says it is gone" if gone else f"{failures} attempts failed in a row"
                self.pause(webhook.id, "node", reason)
            return self.webhook(webhook.id)

    def _has_just_failed(self, number: int) -> bool:
        row = self._database.row(_LAST_FAILED, (number,))
        last = None if row is None else row[0]
        # A clock set back is no reason to rest for longer.
        return last is not None and abs(self._now() - last) < REST // timedelta(microseconds=1)

    def _message(self, kind: str, body: "JsonObject") -> tuple[str, str]:
        """The id and the text of a new message."""
        time = times.from_number(self._now()).isoformat()
        text = json.dumps({"type": kind, "timestamp": time, "data": body}, separators=(",", ":"))
        return f"msg_{secrets.token_hex(16)}", text

    def _add(self, webhook: Webhook, message: str, kind: str, text: str) -> int:
        """A new delivery with its job; its number. Old ones are forgotten as new ones come."""
        old = self._now() - KEPT // timedelta(microseconds=1)
        self._database.change(_FORGET, (old, webhook.id, _FORGET_AT_A_TIME))
        number = self._database.number(_ADD_DELIVERY, (webhook.id, message, kind, text, self._now()))
        if webhook.active:
            self._enqueue(number)
        return number

    def _enqueue(self, delivery: int) -> None:
        job = self._queue.enqueue(NewJob(DELIVER, {"delivery": delivery}))
        self._database.change(_SET_JOB, (job.id, delivery))

    def _sealed(self, number: int) -> tuple[bytes, bytes | None, int | None]:
        """The sealed secrets of a webhook: the current one, the one before, and until when that counts."""
        row = self._database.row(_SECRETS, (number,))
        if row is None:
            message = f"there is no webhook number {number}"
            raise UnknownWebhookError(message)
        return row[0], row[1], row[2]

    def _set_secret(self, number: int, secret: bytes, old: bytes | None, until: int | None) -> None:
        sealed = self._sealer.seal(secret, _purpose(number))
        self._database.change(_SET_SECRET, (sealed, old, until, number))

    def _record(self, kind: str, actor: str, number: int, detail: "JsonObject") -> None:
        self._ledger.append(Event(kind, actor, f"webhook:{number}", detail))


def shown(secret: bytes) -> str:
    """A secret as people and libraries of Standard Webhooks write it: `whsec_` and Base64."""
    return f"whsec_{base64.b64encode(secret).decode()}"


def _purpose(number: int) -> str:
    return f"webhook:{number}"


def _plain(answer: str) -> str:
    """What a stranger answered, as text that any database keeps and any terminal shows."""
    return "".join(letter if letter.isprintable() else " " for letter in answer)[:_ANSWER_LENGTH]


def _webhook(row: Row) -> Webhook:
    number, url, events, created, created_by, active, paused, failures = row
    return Webhook(
        id=number,
        url=url,
        events=tuple(json.loads(events)),
        created=times.from_number(created),
        created_by=created_by,
        active=bool(active),
        paused=paused,
        failures=failures,
    )


def _delivery(row: Row) -> Delivery:
    number, webhook, message, event, body, created, delivered, attempts, last_answer, job = row
    if delivered is not None:
        state = DeliveryState.DELIVERED
    else:
        state = DeliveryState.DEAD if job == "dead" else DeliveryState.WAITING
    return Delivery(
        id=number,
        webhook=webhook,
        message=message,
        event=event,
        body=body,
        created=times.from_number(created),
        delivered=None if delivered is None else times.from_number(delivered),
        attempts=attempts,
        last_answer=last_answer,
        state=state,
    )

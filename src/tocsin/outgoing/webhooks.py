"""Delivering messages to webhooks: signed as Standard Webhooks says, to checked addresses, until taken.

Followed: standardwebhooks.com, specification 1.0.0: headers `webhook-id`, `webhook-timestamp`,
`webhook-signature` with scheme `v1` (HMAC-SHA256 over id, time and body), 2xx for taken, 410 for gone.
"""

import base64
import hashlib
import hmac
import ssl
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from tocsin.errors import Error
from tocsin.intake.webhooks import Outbox, Outgoing
from tocsin.jobs.model import Job, JobQueue
from tocsin.jobs.retrying import GiveUpError, RetryPolicy
from tocsin.media.answers import number_in
from tocsin.outgoing.addresses import Address, Network, Resolver, Target, checked_addresses, parse
from tocsin.outgoing.errors import FetchFailedError, FetchRefusedError
from tocsin.transactions import Transactions

if TYPE_CHECKING:
    import httpcore2

DELIVERY_POLICY = RetryPolicy(attempts=33, first=timedelta(seconds=5), longest=timedelta(hours=1))
"""For jobs of the kind `deliver`: tried for most of a day, and within the hour when a receiver is back."""
SECONDS = 15.0
"""For one attempt: what the specification advises receivers to keep to."""
_ANSWER_BYTES = 200
_TAKEN = range(200, 300)
_GONE = 410


class DeliveryFailedError(Error):
    """The receiver did not take the message."""

    code = "webhooks.not_delivered"
    advice = "Look at the delivery's last answer; it is tried again for most of a day."


def checked_url(url: str, allowed: Sequence[Network] = (), resolver: Resolver | None = None) -> str:
    """A webhook's URL in its one spelling, if messages may be sent there at present.

    Any port will do, as the operator names it; plain http only to networks that the operator lists. Checked
    again at each attempt. Raises FetchRefusedError, also where the host does not resolve.
    """
    target = parse(url)
    try:
        _checked(target, allowed, SECONDS, resolver)
    except FetchFailedError as error:  # nothing was asked of that host yet: it is the URL that is wrong
        raise FetchRefusedError(error.message) from error
    return target.url


def signature(secret: bytes, message: str, timestamp: int, body: bytes) -> str:
    """One signature as it stands in the header `webhook-signature`."""
    signed = b".".join((message.encode(), str(timestamp).encode(), body))
    return f"v1,{base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()}"


class Deliver:
    """Makes one attempt at a delivery; the handler of jobs of the kind `deliver`."""

    def __init__(  # noqa: PLR0913  # what surrounds a delivery
        self,
        outbox: Outbox,
        queue: JobQueue,
        transactions: Transactions,
        *,
        allowed: Sequence[Network] = (),
        seconds: float = SECONDS,
        tls: ssl.SSLContext | None = None,
        resolver: Resolver | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Deliver what waits in `outbox`; `allowed` are private networks the operator lists."""
        self._outbox = outbox
        self._queue = queue
        self._transactions = transactions
        self._allowed = allowed
        self._seconds = seconds
        self._tls = tls or ssl.create_default_context()
        self._resolver = resolver
        self._clock = clock

    def __call__(self, job: Job) -> None:
        """Send the message, and end the job if it was taken.

        Raises DeliveryFailedError to be called again, GiveUpError when the webhook is paused.
        """
        number = number_in(job.payload["delivery"])
        outgoing = self._outbox.outgoing(number)
        if outgoing is None:
            self._queue.done(job)
            return
        if not outgoing.webhook.active:
            message = f"webhook {outgoing.webhook.id} is paused"
            raise GiveUpError(message)
        if outgoing.resting:
            message = f"webhook {outgoing.webhook.id} failed {outgoing.webhook.failures} times in a row"
            raise DeliveryFailedError(message)
        status, answer = self._attempt(outgoing)
        if status in _TAKEN:
            with self._transactions.writing():
                self._outbox.delivered(number, answer)
                self._queue.done(job)
            return
        if not self._outbox.failed(number, answer, gone=status == _GONE).active:
            message = f"webhook {outgoing.webhook.id} is paused: {answer}"
            raise GiveUpError(message)
        raise DeliveryFailedError(answer)

    def _attempt(self, outgoing: Outgoing) -> tuple[int, str]:
        """Ask the receiver: its status (0 if it could not be asked) and what there is to tell of it."""
        try:
            return self._post(parse(outgoing.webhook.url), outgoing)
        except (FetchRefusedError, FetchFailedError) as error:
            return 0, error.message

    def _post(self, target: Target, outgoing: Outgoing) -> tuple[int, str]:
        from tocsin.outgoing.connecting import Deadline, Request, exchange  # noqa: PLC0415  # takes 0.1 s

        deadline = Deadline.after(self._seconds)
        addresses = _checked(target, self._allowed, deadline.left(), self._resolver)
        body = outgoing.delivery.body.encode()
        request = Request("POST", target, self._headers(outgoing, body), body)
        with exchange(request, addresses, deadline, self._tls) as response:
            return response.status, f"{response.status} {_beginning(response)}".strip()

    def _headers(self, outgoing: Outgoing, body: bytes) -> dict[str, str]:
        timestamp = int(self._clock())
        message = outgoing.delivery.message
        signatures = [signature(secret, message, timestamp, body) for secret in outgoing.secrets]
        return {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Accept-Encoding": "identity",
            "webhook-id": message,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(signatures),
        }


def _checked(
    target: Target, allowed: Sequence[Network], seconds: float, resolver: Resolver | None
) -> tuple[Address, ...]:
    """The addresses of a receiver. Raises FetchRefusedError, FetchFailedError."""
    addresses = checked_addresses(target, allowed, seconds, resolver)
    listed = all(any(address in network for network in allowed) for address in addresses)
    if target.scheme != "https" and not listed:
        message = "webhooks outside the listed networks need https"
        raise FetchRefusedError(message)
    return addresses


def _beginning(response: "httpcore2.Response") -> str:
    """The first bytes of an answer, as text; fewer where it breaks off, for its status has been given."""
    from httpcore2 import NetworkError, ProtocolError, TimeoutException  # noqa: PLC0415  # as above

    found = b""
    with suppress(FetchFailedError, NetworkError, ProtocolError, TimeoutException):
        for piece in response.iter_stream():
            found += piece
            if len(found) >= _ANSWER_BYTES:
                break
    return found[:_ANSWER_BYTES].decode("utf-8", "replace")

"""Notices to a hosting provider's API: JSON over HTTP, in a shape of ours that providers can take up.

`POST ADDRESS` with a notice, `Idempotency-Key` its reference (and number of the reminder), the token as
`Authorization: Bearer`; `GET ADDRESS/REFERENCE` for what became of it. docs/howto/send-notices.md has the
shapes. A test goes to this machine alone.
"""

import json
import ssl
from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from tocsin.errors import Error
from tocsin.filing.notice_model import Attempt, NoticeState, NotSentError, ProviderAnswer
from tocsin.filing.notice_terms import Sender
from tocsin.media.answers import object_in, strictly_read
from tocsin.outgoing.addresses import LOOPBACK, Network, Resolver, Target, checked_addresses, parse
from tocsin.outgoing.errors import FetchFailedError, FetchRefusedError

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

_SECONDS: Final = 20.0
_LONGEST: Final = 1 << 16
_LONGEST_WORDS: Final = 1000
_LONGEST_REFERENCE: Final = 200
_TAKEN: Final = range(200, 300)
_LATER: Final = frozenset({408, 425, 429, *range(500, 600)})
_STATES: Final = {
    "received": NoticeState.SENT,
    "acknowledged": NoticeState.ACKNOWLEDGED,
    "removed": NoticeState.REMOVED,
    "refused": NoticeState.REFUSED,
}


class ProviderApi:
    """Sends notices to APIs of providers; implements `tocsin.filing.store_notices.Carrier`."""

    def __init__(  # what surrounds a request
        self,
        sender: Sender,
        *,
        allowed: Sequence[Network] = (),
        tls: ssl.SSLContext | None = None,
        resolver: Resolver | None = None,
        seconds: float = _SECONDS,
    ) -> None:
        """In the name of `sender`; `allowed` are private networks that the operator lists."""
        self._sender = sender
        self._allowed = allowed
        self._tls = tls
        self._resolver = resolver
        self._seconds = seconds

    def send(self, attempt: Attempt) -> ProviderAnswer:
        """Hand a notice over; what the provider says of it at once. Raises NotSentError."""
        notice = attempt.notice
        body = json.dumps(body_of(attempt, self._sender)).encode()
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Idempotency-Key": f"{notice.reference}.{attempt.reminder}",
        }
        status, answer = self._asked("POST", attempt.provider.address, attempt, headers, body)
        if status not in _TAKEN:
            raise _refused(status, answer)
        return _read(answer)

    def ask(self, attempt: Attempt) -> ProviderAnswer | None:
        """What became of a notice, as the provider says. Raises NotSentError."""
        named = attempt.notice.their_reference or attempt.notice.reference
        url = f"{attempt.provider.address.rstrip('/')}/{quote(named, safe='')}"
        status, answer = self._asked("GET", url, attempt, {}, None)
        if status not in _TAKEN:
            raise _refused(status, answer)
        return _read(answer)

    def _asked(
        self, method: str, url: str, attempt: Attempt, headers: dict[str, str], body: bytes | None
    ) -> tuple[int, bytes]:
        """Raises NotSentError."""
        if attempt.token:
            headers["Authorization"] = f"Bearer {attempt.token}"
        try:
            return self._exchanged(method, parse(url), headers, body, test=attempt.notice.test)
        except FetchRefusedError as error:
            raise _not_sent(error.message, final=True) from error
        except FetchFailedError as error:
            raise _not_sent(error.message, final=False) from error

    def _exchanged(
        self, method: str, target: Target, headers: dict[str, str], body: bytes | None, *, test: bool
    ) -> tuple[int, bytes]:
        """Status and beginning of the answer. Raises FetchRefusedError, FetchFailedError."""
        from tocsin.outgoing.connecting import Deadline, Request, exchange  # noqa: PLC0415  # takes 0.1 s

        deadline = Deadline.after(self._seconds)
        allowed = LOOPBACK if test else self._allowed
        addresses = checked_addresses(target, allowed, deadline.left(), self._resolver)
        listed = all(any(address in network for network in allowed) for address in addresses)
        if test and not listed:
            message = "a test goes to this machine alone, not to a provider"
            raise FetchRefusedError(message)
        if target.scheme != "https" and not listed:
            message = "providers outside the listed networks need https"
            raise FetchRefusedError(message)
        tls = self._tls or ssl.create_default_context()
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", **headers}
        answer = b""
        with exchange(Request(method, target, headers, body), addresses, deadline, tls) as response:
            for piece in response.iter_stream():
                answer += piece
                if len(answer) > _LONGEST:
                    break
            return response.status, answer[:_LONGEST]


def body_of(attempt: Attempt, sender: Sender) -> "JsonObject":
    """A notice as it is sent: where the item is and who asks, and nothing of what it shows."""
    notice = attempt.notice
    return {
        "reference": notice.reference,
        "url": notice.url,
        "found": notice.found.astimezone(UTC).isoformat(),
        "law": notice.law,
        "organisation": sender.organisation,
        "contact": sender.contact,
        "phone": sender.phone,
        "test": notice.test,
        "reminder": attempt.reminder,
    }


def _read(answer: bytes) -> ProviderAnswer:
    """What a provider that has taken a notice says; nothing where it says it in another way."""
    try:
        said = object_in(strictly_read(answer))
        state = _STATES[str(said.get("status", "received"))]
    except (ValueError, KeyError, TypeError, RecursionError, Error):
        return ProviderAnswer()
    reference = _plain(str(said.get("id", "")))[:_LONGEST_REFERENCE]
    return ProviderAnswer(reference, state, _plain(str(said.get("message", ""))))


def _refused(status: int, answer: bytes) -> NotSentError:
    words = _plain(answer[:_LONGEST_WORDS].decode("utf-8", "replace"))
    return _not_sent(f"the provider answers {status} {words}".strip(), final=status not in _LATER)


def _not_sent(message: str, *, final: bool) -> NotSentError:
    error = NotSentError(message)
    error.final = final
    return error


def _plain(text: str) -> str:
    """A stranger's words as any database keeps them and any terminal shows them."""
    return "".join(one if one.isprintable() else " " for one in text)[:_LONGEST_WORDS].strip()

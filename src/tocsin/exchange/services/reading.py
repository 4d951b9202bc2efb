"""Reading what services answer in JSON: strictly as a whole, leniently item by item."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NoReturn

from tocsin.errors import Error
from tocsin.exchange.model import PartnerRefusedError, PartnerUnreachableError, SetAside
from tocsin.hashing.signals import InvalidSignalError, Signal, SignalType
from tocsin.media.answers import object_in, strictly_read

if TYPE_CHECKING:
    from tocsin.exchange.transport import Answer
    from tocsin.media.sandbox import JsonObject, JsonValue

LONGEST: Final = 8 << 20
"""Bytes of an answer: some twenty times a full page of any service here."""
_SHOWN: Final = 200
_OK: Final = range(200, 300)
_LATER: Final = frozenset({408, 425, 429, *range(500, 600)})
_MILLISECONDS: Final = 1e11
"""A time of more seconds than this lies in the year 5138: it counts milliseconds."""


class UnfitItemError(Error):
    """An item cannot be a record."""

    code = "exchange.unfit_item"
    advice = "Tell the partner, with the item's key. The rest of the list is not affected."


def refuse(message: str) -> NoReturn:
    """Raises UnfitItemError."""
    raise UnfitItemError(message)


def demand_success(answer: "Answer") -> bytes:
    """The body of an answer that is one. Raises PartnerRefusedError, PartnerUnreachableError."""
    if answer.status in _OK:
        return answer.body
    message = f"the service answers with status {answer.status}"
    if answer.status in _LATER:
        error = PartnerUnreachableError(message)
        after = answer.headers.get("retry-after", "")
        error.wait = (
            float(after) if after.isascii() and after.isdigit() and len(after) < len("1000000") else None
        )
        raise error
    raise PartnerRefusedError(message)


def object_of(body: bytes) -> "JsonObject":
    """The object that a body writes. Raises PartnerUnreachableError: another answer may be better."""
    try:
        return object_in(strictly_read(body))
    except (ValueError, TypeError, RecursionError) as error:
        message = f"the service answers what is not as its interface says: {str(error)[:_SHOWN]}"
        raise PartnerUnreachableError(message) from error


def text_of(item: Mapping[str, "JsonValue"], name: str, longest: int = 2000) -> str:
    """A text or number of an item, as text; empty where there is none.

    Raises UnfitItemError for what is neither, or too long.
    """
    value = item.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        refuse(f"{name} is no text")
    text = str(value).strip()
    if len(text) > longest:
        refuse(f"{name} has {len(text):,} characters")
    return text


def time_of(value: "JsonValue") -> datetime | None:
    """The time that a number of seconds or milliseconds, or ISO 8601, states; UTC where no zone is given.

    None where it states none that there is.
    """
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value)
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return None
        return datetime.fromtimestamp(value / 1000 if abs(value) > _MILLISECONDS else value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def signal_of(kind: SignalType, text: str) -> Signal:
    """The signal that hexadecimal digits in either case write. Raises UnfitItemError."""
    try:
        return Signal(kind, bytes.fromhex(text))
    except (ValueError, InvalidSignalError) as error:
        message = f"{text[:80]!r} is no value of {kind.value}"
        raise UnfitItemError(message) from error


def aside(key: str, error: Error | str, raw: object) -> SetAside:
    """What is set aside: an item that raised `error`, or for the reason that `error` is the message of."""
    message = error if isinstance(error, str) else error.message
    code = UnfitItemError.code if isinstance(error, str) else error.code
    return SetAside(key[:_SHOWN], code, message[:_SHOWN], str(raw)[:_SHOWN])

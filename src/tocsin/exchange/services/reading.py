"""Reading what services answer in JSON: strictly as a whole, leniently item by item."""

import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NoReturn

from tocsin.errors import Error
from tocsin.exchange.model import (
    PartnerRefusedError,
    PartnerUnreachableError,
    Record,
    SetAside,
    Withdrawal,
)
from tocsin.hashing.signals import InvalidSignalError, Signal, SignalType
from tocsin.media.answers import object_in, strictly_read

if TYPE_CHECKING:
    from tocsin.exchange.transport import Answer, Web
    from tocsin.media.sandbox import JsonObject, JsonValue

LONGEST: Final = 8 << 20
"""Bytes of an answer: some twenty times a full page of any service here."""
_TRIES: Final = 3
"""What comes damaged is asked for so often."""
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


def get_object(
    web: "Web",
    url: str,
    headers: Mapping[str, str],
    demand: "Callable[[Answer], bytes]" = demand_success,
) -> "JsonObject":
    """The object that a URL answers with; asked for again where it came damaged.

    Raises PartnerRefusedError, PartnerUnreachableError.
    """
    for _ in range(_TRIES - 1):
        body = demand(web.get(url, headers, longest=LONGEST))
        with suppress(PartnerUnreachableError):
            return object_of(body)
    return object_of(demand(web.get(url, headers, longest=LONGEST)))


def sort_out(
    items: "Iterable[JsonValue]",
    key_of: "Callable[[JsonObject], str]",
    read: "Callable[[str, JsonObject], Record | Withdrawal]",
) -> tuple[tuple[Record, ...], tuple[Withdrawal, ...], tuple[SetAside, ...]]:
    """What a page's items are; one for which `key_of` or `read` raises Error or TypeError is set aside."""
    records: list[Record] = []
    withdrawals: list[Withdrawal] = []
    put_aside: list[SetAside] = []
    for item in items:
        key = ""
        try:
            stated = object_in(item)
            key = key_of(stated)
            found = read(key, stated)
        except (Error, TypeError) as error:
            put_aside.append(aside(key, error if isinstance(error, Error) else str(error), item))
            continue
        if isinstance(found, Record):
            records.append(found)
        else:
            withdrawals.append(found)
    return tuple(records), tuple(withdrawals), tuple(put_aside)


def number_key(item: "JsonObject") -> str:
    """The number under `id`. Raises UnfitItemError."""
    key = text_of(item, "id", 100)
    if not (key.isascii() and key.isdigit()):
        refuse("its id is no number")
    return key


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

"""The context of a submission: checked where its fields are known, and kept exactly as given.

What authorities can act on is addresses and times, so those are checked strictly: an IP address with the time
it was used, each time with its zone. A time without one is refused, never guessed at.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, NoReturn

from tocsin.banks.batch import InvalidTextError, check_texts
from tocsin.errors import Error
from tocsin.intake.model import Context
from tocsin.media.answers import strictly_read

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue

MOST_BYTES: Final = 64 << 10
"""Length of a context as JSON."""
MOST_EXTRA_BYTES: Final = 16 << 10
MOST_DEPTH: Final = 8
MOST_EVENTS: Final = 1000
MOST_CHARACTERS: Final = {"platform": 200, "url": 8192, "account.url": 8192, "note": 20_000}
_SHORT: Final = 1000
_RULE: Final = re.compile(r"([a-z0-9][A-Za-z0-9._:-]{0,99})?")
_PORTS: Final = 65535
_SHOWN: Final = 200
"""Characters shown of what a stranger wrote."""


class ContextError(Error):
    """The context of the submission is not as it should be."""

    code = "intake.bad_context"
    advice = "The message names the field; docs/reference/http.md describes them all. Nothing was kept."

    path: str = ""
    """Where, as in `ip_events[0].time`."""


def _refuse(path: str, problem: str, cause: Exception | None = None) -> NoReturn:
    shown = "".join(one if one.isprintable() else "\ufffd" for one in path[:_SHOWN])
    error = ContextError(f"{shown}: {problem}")
    error.path = shown
    raise error from cause


def context_of(given: "JsonObject") -> Context:
    """A context as its submitter sent it.

    Fields, all optional: `platform`, `url`, `note`: texts. `file_name`: the name under which the file was
    uploaded to the platform, which reports to authorities repeat. `account`: an object of texts (`id`,
    `name`, `email`, `display_name`, `phone`, `url`). `ip_events`: objects with `ip`, `time` and, where known,
    `port` and `event`. `times`: an object of ISO 8601 times with zones, by names the submitter chooses.
    `review`: true asks that people look at it, whether anything matches or not. `danger`: true says that a
    child may be in danger now. `notice`: the rule under which removal is asked for, as in `us.tida`.
    `extra`: an object of anything. No other fields.

    Raises:
        ContextError: it is not that.
    """
    _check_size(given, MOST_BYTES, "context")
    _check_plain(given, "", 0)
    for name, value in given.items():
        if (check := _FIELDS.get(name)) is None:
            _refuse(name, f"there is no such field; {', '.join(_FIELDS)} are known; put it into extra")
        check(value, name)
    account = given.get("account")
    return Context(
        platform=str(given.get("platform", "")),
        account=_account_key(account) if isinstance(account, Mapping) else "",
        url=str(given.get("url", "")),
        given=given,
    )


def parse_context(text: str | bytes) -> Context:
    """A context from its JSON text. Raises ContextError."""
    if len(text) > MOST_BYTES:
        _refuse("context", f"it is longer than {MOST_BYTES:,} bytes")
    try:
        given = strictly_read(text)
    except (ValueError, RecursionError) as error:
        _refuse("context", f"it is no JSON ({error})", error)
    if not isinstance(given, dict):
        _refuse("context", "an object is missing")
    return context_of(given)


def _account_key(account: "Mapping[str, JsonValue]") -> str:
    """What an account is looked up by: its id, or else its name, or else its address."""
    return next((str(account[name]) for name in ("id", "name", "email") if account.get(name)), "")


def _check_size(value: "JsonValue", most: int, path: str) -> None:
    try:
        length = len(json.dumps(value, ensure_ascii=False))
    except (TypeError, ValueError, RecursionError) as error:
        _refuse(path, f"it is no JSON ({error})", error)
    if length > most:
        _refuse(path, f"it is longer than {most:,} characters as JSON")


def _check_plain(value: "JsonValue", path: str, depth: int) -> None:
    """What no database, and no other reader of JSON, could hold is refused wherever it stands."""
    if depth > MOST_DEPTH:
        _refuse(path, f"it is nested more than {MOST_DEPTH} deep")
    if isinstance(value, float) and not math.isfinite(value):
        _refuse(path, "it is not a finite number")
    if isinstance(value, str):
        _check_text(value, path)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            here = f"{path}.{name}" if path else name
            _check_text(name, here)
            _check_plain(inner, here, depth + 1)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            _check_plain(inner, f"{path}[{place}]", depth + 1)


def _check_text(text: str, path: str) -> None:
    try:
        check_texts([text])
    except InvalidTextError as error:
        _refuse(path, error.message, error)


def _text(value: "JsonValue", path: str) -> None:
    most = MOST_CHARACTERS.get(path, _SHORT)
    if not isinstance(value, str):
        _refuse(path, "a text is missing")
    if len(value) > most:
        _refuse(path, f"it has more than {most:,} characters")


def _object(value: "JsonValue", path: str) -> "Mapping[str, JsonValue]":
    if not isinstance(value, Mapping):
        _refuse(path, "an object is missing")
    return value


def _account(value: "JsonValue", path: str) -> None:
    for name, inner in _object(value, path).items():
        if name not in _ACCOUNT:
            _refuse(f"{path}.{name}", f"there is no such field; {', '.join(_ACCOUNT)} are known")
        _text(inner, f"{path}.{name}")


def _ip_events(value: "JsonValue", path: str) -> None:
    if not isinstance(value, list):
        _refuse(path, "an array is missing")
    if len(value) > MOST_EVENTS:
        _refuse(path, f"there are more than {MOST_EVENTS}")
    for place, item in enumerate(value):
        _ip_event(item, f"{path}[{place}]")


def _ip_event(value: "JsonValue", path: str) -> None:
    event = _object(value, path)
    for name in ("ip", "time"):
        if name not in event:
            _refuse(f"{path}.{name}", "it is missing")
    for name, inner in event.items():
        if (check := _EVENT.get(name)) is None:
            _refuse(f"{path}.{name}", f"there is no such field; {', '.join(_EVENT)} are known")
        check(inner, f"{path}.{name}")


def _ip(value: "JsonValue", path: str) -> None:
    if not isinstance(value, str):
        _refuse(path, "a text is missing")
    try:
        ip_address(value)
    except ValueError as error:
        _refuse(path, f"{value[:_SHOWN]!r} is no IP address", error)


def _port(value: "JsonValue", path: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _PORTS:
        _refuse(path, f"a port is a whole number from 1 to {_PORTS}")


def _time(value: "JsonValue", path: str) -> None:
    if not isinstance(value, str):
        _refuse(path, "a text with an ISO 8601 time is missing")
    try:
        time = datetime.fromisoformat(value)
    except ValueError as error:
        _refuse(path, f"{value[:_SHOWN]!r} is no ISO 8601 time; write 2026-03-01T14:05:09Z", error)
    if time.tzinfo is None:
        problem = f"{value[:_SHOWN]!r} has no zone: add Z if it is UTC, or an offset such as +01:00"
        _refuse(path, problem)


def _times(value: "JsonValue", path: str) -> None:
    for name, inner in _object(value, path).items():
        _time(inner, f"{path}.{name}")


def _flag(value: "JsonValue", path: str) -> None:
    if not isinstance(value, bool):
        _refuse(path, "true or false is missing")


def _notice(value: "JsonValue", path: str) -> None:
    if not isinstance(value, str) or not _RULE.fullmatch(value):
        _refuse(path, "the id of a rule is missing, as in us.tida")


def _extra(value: "JsonValue", path: str) -> None:
    _check_size(_object(value, path), MOST_EXTRA_BYTES, path)


_Check = Callable[["JsonValue", str], None]
_FIELDS: "Final[Mapping[str, _Check]]" = {
    "platform": _text,
    "account": _account,
    "url": _text,
    "file_name": _text,
    "ip_events": _ip_events,
    "times": _times,
    "note": _text,
    "review": _flag,
    "danger": _flag,
    "notice": _notice,
    "extra": _extra,
}
_ACCOUNT: Final = ("id", "name", "email", "display_name", "phone", "url")
_EVENT: "Final[Mapping[str, _Check]]" = {"ip": _ip, "time": _time, "port": _port, "event": _text}

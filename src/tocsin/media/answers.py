"""Reading JSON that others wrote, a sandbox child above all: what is of another kind is a TypeError."""

import json
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonValue


def strictly_read(text: str | bytes) -> "JsonValue":
    """The JSON that `text` writes, nothing of it lost. Raises ValueError, RecursionError.

    What Python would take, and RFC 8259 does not have (NaN, infinities), is refused; and names that stand
    twice in an object, of which one would silently go.
    """
    found: JsonValue = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    return found


def _once(pairs: "list[tuple[str, JsonValue]]") -> "dict[str, JsonValue]":
    found = dict(pairs)
    if len(found) < len(pairs):
        message = "a name stands twice in an object"
        raise ValueError(message)
    return found


def _no_constant(word: str) -> NoReturn:
    message = f"{word} is not JSON"
    raise ValueError(message)


def object_in(value: "JsonValue") -> "dict[str, JsonValue]":
    """The object that `value` is. Raises TypeError."""
    if not isinstance(value, dict):
        message = "an object is missing"
        raise TypeError(message)
    return value


def list_in(value: "JsonValue") -> "list[JsonValue]":
    """The array that `value` is. Raises TypeError."""
    if not isinstance(value, list):
        message = "an array is missing"
        raise TypeError(message)
    return value


def text_in(value: "JsonValue") -> str:
    """The text that `value` is. Raises TypeError."""
    if not isinstance(value, str):
        message = "a text is missing"
        raise TypeError(message)
    return value


def number_in(value: "JsonValue") -> int:
    """The integer that `value` is. Raises TypeError."""
    if not isinstance(value, int):
        message = "a whole number is missing"
        raise TypeError(message)
    return value

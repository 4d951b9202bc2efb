"""Reading JSON that others wrote, a sandbox child above all: what is of another kind is a TypeError."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonValue


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

"""What can still be read of JSON that came corrupt: cut off, or with bytes of it garbled."""

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject, JsonValue

_MOST_FAILURES: Final = 200
"""So that a hostile answer does not cost a look at its rest from every one of its bytes."""
_GARBLED: Final = "\ufffd"
"""Stands for bytes that are no UTF-8."""
_FIELD: Final = re.compile(r'"(\w{1,50})"\s*:\s*("(?:[^"\\]|\\.){0,2000}"|true|false|-?\d{1,18})')


@dataclass(slots=True)
class Salvage:
    """What was found."""

    items: "list[JsonValue]" = field(default_factory=list)
    """The objects of the array that could be read, in their order."""
    fields: "JsonObject" = field(default_factory=dict)
    """Plain fields outside the array."""


def salvaged(body: bytes, array: str, mark: str) -> Salvage:
    """The objects with a field `mark` of the array named `array`, and the plain fields around it."""
    text = body.decode("utf-8", "replace")
    head, name, rest = text.partition(f'"{array}"')
    found = Salvage()
    if not name:
        return found
    end = _items(rest, mark, found)
    for part in (head, rest[end:]):
        for match in _FIELD.finditer(part):
            _keep(found, match[1], match[2])
    return found


def _items(text: str, mark: str, found: Salvage) -> int:
    """Read objects; where the last of them ended."""
    decoder = json.JSONDecoder()
    at, end, failures = text.find("{"), 0, 0
    while at >= 0 and failures < _MOST_FAILURES:
        try:
            item, past = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            failures += 1
            past = at + 1
        else:
            if isinstance(item, dict) and mark in item:
                end = past
                if _GARBLED not in text[at:past]:
                    found.items.append(item)
        at = text.find("{", past)
    return end


def _keep(found: Salvage, name: str, text: str) -> None:
    try:
        found.fields = {name: json.loads(text), **found.fields}
    except ValueError:
        return  # garbled as well

"""Signals and labels as JSON objects, read and written the same way by every format that holds any."""

import json
from collections.abc import Iterable
from dataclasses import astuple

from tocsin.banks.lists import cells
from tocsin.banks.lists.cells import BadRowError
from tocsin.banks.model import Label
from tocsin.hashing.signals import Dialect, Orientation, Signal

Json = str | int | float | bool | list["Json"] | dict[str, "Json"] | None
_LABEL_FIELDS = ("scheme", "version", "code", "author", "time")


def parsed(text: str) -> Json:
    """What a JSON text says. Raises BadRowError."""
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError) as error:
        code, message = "bad_json", f"not JSON: {error}"
        raise BadRowError(code, message) from None
    return value


def text_of(value: Json) -> str:
    """A field that is a text or a number, as a cell would hold it; nothing for null. Raises BadRowError."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | list | dict):
        code, message = "bad_field", "a field holds something other than a text or a number"
        raise BadRowError(code, message)
    return str(value)


def signals(value: Json) -> list[Signal]:
    """Signals from an array of their objects. Raises BadRowError."""
    return [_signal(fields) for fields in _objects(value)]


def labels(value: Json) -> list[Label]:
    """Labels from an array of their objects. Raises BadRowError."""
    found = [Label(*(text_of(fields.get(name)) for name in _LABEL_FIELDS)) for fields in _objects(value)]
    cells.checked(text for one in found for text in astuple(one))
    return found


def _signal(fields: dict[str, Json]) -> Signal:
    """A signal from its object. Raises BadRowError."""
    found = cells.typed_hash(text_of(fields.get("value")), text_of(fields.get("type")), None)
    if found is None:
        code, message = "no_hash", "a signal has no value"
        raise BadRowError(code, message)
    kind, value = found
    view = text_of(fields.get("view"))
    cells.checked([view])
    return Signal(
        kind,
        value,
        cells.quality(text_of(fields.get("quality"))),
        view or None,
        cells.word(text_of(fields.get("dialect")), Dialect, "dialect"),
        cells.word(text_of(fields.get("orientation")), Orientation, "orientation"),
    )


def _objects(value: Json) -> list[dict[str, Json]]:
    """The objects of an array, or none for null. Raises BadRowError."""
    if value is None:
        return []
    if not isinstance(value, list):
        code, message = "bad_field", "a field should hold an array of objects"
        raise BadRowError(code, message)
    found = [item for item in value if isinstance(item, dict)]
    if len(found) != len(value):
        code, message = "bad_field", "an array should hold objects only"
        raise BadRowError(code, message)
    return found


def signal_fields(one: Signal) -> dict[str, Json]:
    """A signal's object; what is unknown is left out."""
    fields: dict[str, Json] = {"type": one.type.value, "value": one.hex}
    if one.quality is not None:
        fields["quality"] = one.quality
    for name, value in (("view", one.view), ("dialect", one.dialect), ("orientation", one.orientation)):
        if value is not None:
            fields[name] = str(value)
    return fields


def label_fields(one: Label) -> dict[str, Json]:
    """A label's object."""
    return {name: getattr(one, name) for name in _LABEL_FIELDS}


def cell(items: Iterable[dict[str, Json]]) -> str:
    """Objects in one cell of a table; nothing for none."""
    several = list(items)
    return json.dumps(several, ensure_ascii=False) if several else ""

"""The fields in which a tool writes, and the JSON in them."""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Final

from tocsin.provenance.fields import Field, Fields, Space
from tocsin.provenance.generators.statement import in_words
from tocsin.provenance.model import Failed, NotChecked
from tocsin.provenance.opened import OWN_READER
from tocsin.provenance.rules import document
from tocsin.provenance.texts import TextError, parse_json

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

MAX_FIELDS: Final = 16
"""Fields of one tool that are read; a file of any tool has three at most."""

MAX_JSON: Final = 256 << 10
"""Characters of settings that are read as JSON; tools write a few thousand."""


@cache
def _places(tool: str) -> frozenset[tuple[Space, str]]:
    split = (place.split(":", 1) for place in document("generators")["places"][tool])
    return frozenset((Space(space), name) for space, name in split)


def candidates(tool: str, fields: Fields) -> Iterator[Field | NotChecked]:
    """The fields that stand where `tool` writes, as many as are read."""
    places = _places(tool)
    found = [field for field in fields.found if (field.space, field.name) in places]
    yield from found[:MAX_FIELDS]
    if len(found) > MAX_FIELDS:
        yield NotChecked(f"{len(found) - MAX_FIELDS} fields of {tool}", "there are more than any tool writes")


def objects(tool: str, fields: Fields) -> Iterator[tuple[Field, "JsonObject"] | NotChecked | Failed]:
    """The JSON objects that a marker of the tool stands in, or above; broken and vast ones are told."""
    markers: list[str] = document("generators")["markers"][tool]
    for field in candidates(tool, fields):
        if isinstance(field, NotChecked):
            yield field
            continue
        text = field.value.strip("\0 \r\n\t\ufeff")
        if not text.startswith("{") or not any(marker in text or marker == field.name for marker in markers):
            continue
        if len(text) > MAX_JSON:
            yield NotChecked(
                f"{in_words(field)}, which may be of {tool}", "it is larger than any tool writes it"
            )
            continue
        try:
            value = parse_json(text)
        except TextError as error:
            yield Failed(
                OWN_READER, error.code, f"{in_words(field)}, which may be of {tool}: {error.message}"
            )
            continue
        if isinstance(value, dict):
            yield field, value

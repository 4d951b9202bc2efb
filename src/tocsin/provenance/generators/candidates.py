"""The fields in which a tool writes, and the JSON in them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Final

from tocsin.provenance.fields import Field, Fields, Space
from tocsin.provenance.generators.forms import bare
from tocsin.provenance.generators.statement import in_words
from tocsin.provenance.model import Failed, NotChecked
from tocsin.provenance.opened import OWN_READER
from tocsin.provenance.rules import document
from tocsin.provenance.texts import TextError, parse_json

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

MAX_FIELDS: Final = 200
"""Fields that look like a tool's that are read; a file of any tool has three at most."""

MAX_CHARACTERS: Final = 8 << 20
"""Of all of them together."""

MAX_JSON: Final = 256 << 10
"""Characters of settings that are read as JSON; tools write a few thousand."""


@cache
def _places(tool: str) -> frozenset[tuple[Space, str]]:
    split = (place.split(":", 1) for place in document("generators")["places"][tool])
    return frozenset((Space(space), name.casefold()) for space, name in split)


def key_of(field: Field) -> str:
    """The name of a field as it is compared."""
    return bare(field.name).casefold()


def candidates(tool: str, fields: Fields, likely: Callable[[Field], bool]) -> Iterator[Field | NotChecked]:
    """The fields that stand where `tool` writes and look likely, as many as are read."""
    places = _places(tool)
    standing = (field for field in fields.found if (field.space, key_of(field)) in places)
    found = [replace(field, value=bare(field.value)) for field in standing if likely(field)]
    sizes = accumulate(len(field.value) for field in found)
    room = sum(size <= MAX_CHARACTERS for size in islice(sizes, MAX_FIELDS))
    if len(found) > room:  # so that large ones do not hide small ones
        found.sort(key=lambda field: len(field.value))
        sizes = accumulate(len(field.value) for field in found)
        room = sum(size <= MAX_CHARACTERS for size in islice(sizes, MAX_FIELDS))
    yield from found[:room]
    if len(found) > room:
        yield NotChecked(f"{len(found) - room} fields of {tool}", "there are more than any tool writes")


def objects(tool: str, fields: Fields) -> Iterator[tuple[Field, "JsonObject"] | NotChecked | Failed]:
    """The JSON objects that a marker of the tool stands in, or above; broken and vast ones are told."""
    markers: list[str] = document("generators")["markers"][tool]

    def likely(field: Field) -> bool:
        is_object = bare(field.value).startswith("{")
        return is_object and any(one in field.value or one == key_of(field) for one in markers)

    for field in candidates(tool, fields, likely):
        yield from (field,) if isinstance(field, NotChecked) else _object(tool, field)


def _object(tool: str, field: Field) -> Iterator[tuple[Field, "JsonObject"] | NotChecked | Failed]:
    where = f"{in_words(field)}, which may be of {tool}"
    if len(field.value) > MAX_JSON:
        yield NotChecked(where, "it is larger than any tool writes it")
        return
    try:
        value = parse_json(field.value)
    except TextError as error:
        yield Failed(OWN_READER, error.code, f"{where}: {error.message}")
        return
    if isinstance(value, dict):
        yield field, value

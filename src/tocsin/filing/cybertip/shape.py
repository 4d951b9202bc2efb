"""How a dataclass of the report is an element of XML: said once, in its annotations, for all who walk it.

A field is a child element of its own name in camel case, unless an `Annotated` mark says otherwise. Its type
says the rest: `X | None` may be omitted, `tuple[X, ...]` is repeated, a dataclass is an element with
children, which is always there unless it is optional; a plain `bool` is an element that stands there or not.
"""

import types
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum, auto
from functools import cache
from typing import Annotated, Union, get_args, get_origin, get_type_hints


class Role(Enum):
    """What a field is in XML."""

    ELEMENT = auto()
    ATTRIBUTE = auto()
    TEXT = auto()
    """The text of the element that the dataclass is."""


ATTRIBUTE = Role.ATTRIBUTE
TEXT = Role.TEXT


class Rule(Enum):
    """What the documentation demands of one value, whatever stands around it."""

    REQUIRED = auto()
    PAST = auto()
    URL = auto()
    EMAIL = auto()
    IP = auto()
    COUNTRY = auto()
    STATE = auto()
    CALLING_CODE = auto()
    DIGITS = auto()
    HASH_TYPE = auto()
    AGE = auto()
    PORT = auto()
    LATITUDE = auto()
    LONGITUDE = auto()
    NUMBER = auto()
    """A report's number: above zero, within a long."""


@dataclass(frozen=True, slots=True)
class Named:
    """The name in XML, where camel case does not give it."""

    name: str


@dataclass(frozen=True, slots=True)
class Limit:
    """How many characters a text may have at most."""

    characters: int


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a dataclass, as XML has it."""

    field: str
    """Its name in the dataclass."""
    name: str
    """Its name in XML; of a text empty."""
    role: Role
    type: type
    """Of one value: str, bool, int, Decimal, date, datetime, a StrEnum or a dataclass."""
    repeated: bool
    optional: bool
    limit: int
    """0: none."""
    rules: frozenset[Rule]

    @property
    def is_flag(self) -> bool:
        """Whether it says all by standing there."""
        return self.type is bool and not self.optional


def parts_of(shape: type) -> tuple[Part, ...]:
    """The fields of a dataclass, in the order of XML."""
    return _parts_of(shape)


@cache
def _parts_of(shape: type) -> tuple[Part, ...]:
    hints = get_type_hints(shape, include_extras=True)
    return tuple(_part(one.name, hints[one.name]) for one in fields(shape))


def _part(field: str, hint: object) -> Part:
    marks: tuple[object, ...] = ()
    if get_origin(hint) is Annotated:
        hint, *rest = get_args(hint)
        marks = tuple(rest)
    role = next((one for one in marks if isinstance(one, Role)), Role.ELEMENT)
    named = next((one.name for one in marks if isinstance(one, Named)), _camel(field))
    repeated = get_origin(hint) is tuple
    optional = get_origin(hint) in {types.UnionType, Union}
    kind = get_args(hint)[0] if repeated or optional else hint
    if not isinstance(kind, type):
        message = f"{field} has no type that XML knows"
        raise TypeError(message)
    return Part(
        field=field,
        name="" if role is TEXT else named,
        role=role,
        type=kind,
        repeated=repeated,
        optional=optional,
        limit=next((one.characters for one in marks if isinstance(one, Limit)), 0),
        rules=frozenset(one for one in marks if isinstance(one, Rule)),
    )


def _camel(field: str) -> str:
    first, *rest = field.split("_")
    return first + "".join(word.capitalize() for word in rest)


def held(value: object, part: Part) -> tuple[object, ...]:
    """What a field holds, as far as it is written: nothing if it is omitted."""
    found = getattr(value, part.field)
    ones: tuple[object, ...] = found if part.repeated else (found,)
    return tuple(one for one in ones if not _is_nothing(one, part))


def _is_nothing(one: object, part: Part) -> bool:
    if one is None or one == "":
        return True
    if is_dataclass(one):
        return (part.optional or part.repeated) and is_empty(one)
    return not one and not part.optional and not part.repeated


def is_empty(value: object) -> bool:
    """Whether nothing is said in any field of a dataclass, nor in what it is made of."""
    return all(
        is_dataclass(one) and is_empty(one) for part in parts_of(type(value)) for one in held(value, part)
    )


def placed(value: object, part: Part, path: str) -> tuple[tuple[str, object], ...]:
    """What a field of the dataclass at `path` holds, each with its path: repeated ones are counted from 1."""
    at = place_of(part, path)
    ones = held(value, part)
    return tuple((f"{at}[{place}]" if part.repeated else at, one) for place, one in enumerate(ones, 1))


def place_of(part: Part, path: str) -> str:
    """The path of a field of the dataclass at `path`, without a count."""
    if part.role is Role.TEXT:
        return path
    return f"{path}/@{part.name}" if part.role is Role.ATTRIBUTE else f"{path}/{part.name}"


def elements(value: object, path: str) -> Iterator[tuple[str, object]]:
    """A dataclass and every dataclass within it that is written, each with its path, in the order of XML."""
    yield path, value
    for part in parts_of(type(value)):
        for at, one in placed(value, part, path):
            if is_dataclass(one):
                yield from elements(one, at)

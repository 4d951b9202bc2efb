"""How a dataclass of the report is an element of XML: said once, in its annotations, for all who walk it.

A field is a child element of its own name in camel case, unless an `Annotated` mark says otherwise. Its type
says the rest: `X | None` may be omitted, `tuple[X, ...]` is repeated, a dataclass is an element with
children, which is always there unless it is optional; a plain `bool` is an element that stands there or not.
"""

import types
from dataclasses import dataclass, fields
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


@cache
def parts_of(shape: type) -> tuple[Part, ...]:
    """The fields of a dataclass, in the order of XML."""
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

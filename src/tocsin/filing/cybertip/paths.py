"""Fields of a report by their paths, as `report/reporter/legalURL` or `file[2]/originalFileName`.

Names are those of the XML. What is repeated is counted from 1; an attribute has an `@` before its name; the
text of an element that has attributes is named by the element. To read and write them takes no more than the
shape of the values.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, is_dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final, NoReturn, TypeVar

from tocsin.errors import Error
from tocsin.filing.cybertip.shape import ATTRIBUTE, TEXT, Part, parts_of, placed
from tocsin.filing.draft import Sourced

T = TypeVar("T")
Value = str | bool | int | Decimal | date | datetime | StrEnum
_STEP: Final = re.compile(r"@?([A-Za-z0-9]+)(?:\[([1-9][0-9]{0,5})\])?")
FILE: Final = re.compile(r"file\[([1-9][0-9]{0,5})\]")
"""The first step of a path into a file's details."""
_BOOLEANS: Final = {"true": True, "false": False}


class FieldError(Error):
    """A report has no such field, or it does not take that."""

    code = "filing.field"
    advice = "Use a path that the draft shows, and write the value as the message says."

    path: str = ""


def refuse(path: str, problem: str) -> NoReturn:
    """Raise FieldError."""
    error = FieldError(f"{path}: {problem}")
    error.path = path
    raise error


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value that is said."""

    path: str
    name: str
    """Of its element or attribute."""
    value: Value


def leaves(given: object, path: str) -> Iterator[Leaf]:
    """All that a part says, in the order of XML; what is not said is left out."""
    for part in parts_of(type(given)):
        for where, one in placed(given, part, path):
            if is_dataclass(one):
                yield from leaves(one, where)
            elif isinstance(one, Value):
                yield Leaf(where, part.name, one)


def canonical(shape: type, path: str) -> str:
    """A path with the sign of an attribute where one is named without it. Raises FieldError."""
    here, kind, steps = "", shape, path.split("/")
    for step in steps:
        part, number = _step(kind, step, path)
        here += f"/{'@' if part.role is ATTRIBUTE else ''}{part.name}{f'[{number}]' if number else ''}"
        kind = part.type
    return here[1:]


def _step(shape: type, step: str, whole: str) -> tuple[Part, int]:
    """The field that one step of a path names, and which of several, or 0."""
    found = _STEP.fullmatch(step)
    parts = parts_of(shape) if is_dataclass(shape) else ()
    part = next((one for one in parts if found and one.name == found[1]), None)
    if part is None or found is None or part.repeated != bool(found[2]):
        refuse(whole, "there is no such field")
    return part, int(found[2] or 0)


def changed(given: T, path: str, text: str | None, whole: str = "") -> T:
    """A part with one field written anew from text, or taken out (None).

    `path` is below the part. What is not there yet is made on the way; a repeated one may be the next after
    the last. Raises FieldError.
    """
    whole = whole or path
    text = text.strip() or None if text is not None else None
    name, _, rest = path.partition("/")
    part, number = _step(type(given), name, whole)
    now = getattr(given, part.field)
    if part.repeated:
        return _set(given, part, _changed_among(part, now, number, rest, text, whole), whole)
    return _set(given, part, _changed_one(part, now, rest, text, whole), whole)


def _changed_among(  # noqa: PLR0913, PLR0917  # as `changed`, and which
    part: Part, now: tuple[object, ...], number: int, rest: str, text: str | None, whole: str
) -> tuple[object, ...]:
    there = number <= len(now)
    if text is None and not (rest and there):
        return (*now[: number - 1], *now[number:])
    if number > len(now) + 1:
        refuse(whole, f"there are {len(now)} of these")
    one = _changed_one(part, now[number - 1] if there else None, rest, text, whole)
    return (*now[: number - 1], one, *now[number:])


def _changed_one(part: Part, now: object, rest: str, text: str | None, whole: str) -> object:
    if not is_dataclass(part.type):
        if rest:
            refuse(whole, "there is no such field")
        return _nothing(part) if text is None else _value(part, text, whole)
    if rest:
        return now if now is text else changed(part.type() if now is None else now, rest, text, whole)
    if text is None:
        return None if part.optional else part.type()
    own = next((one for one in parts_of(part.type) if one.role is TEXT), None)
    if own is None:
        refuse(whole, "it has parts: name one of them")
    return _set(part.type() if now is None else now, own, _value(own, text, whole), whole)


def _set(given: T, part: Part, value: object, whole: str) -> T:
    try:
        made: T = replace(given, **{part.field: value})  # type: ignore[type-var]  # T is a dataclass
    except ValueError as error:
        refuse(whole, str(error))
    return made


def _nothing(part: Part) -> object:
    if part.is_flag:
        return False
    return None if part.optional else part.type()


def _value(part: Part, text: str, whole: str) -> object:
    kind = part.type
    if kind is bool:
        return _BOOLEANS[text] if text in _BOOLEANS else refuse(whole, "write true or false")
    if issubclass(kind, StrEnum):
        known = next((one for one in kind if one.value == text), None)
        return known or refuse(whole, f"write one of: {', '.join(one.value for one in kind)}")
    if kind is str:
        return text
    return _parsed(kind, text, whole)


def _parsed(kind: type, text: str, whole: str) -> object:
    try:
        if kind is int:
            return int(text)
        if kind is Decimal:
            return Decimal(text)
        if kind is date:
            return date.fromisoformat(text)
        time = datetime.fromisoformat(text)
        if time.tzinfo is not None:
            time.astimezone(UTC)  # which the first and the last day of all may not have
    except (ValueError, OverflowError, InvalidOperation):
        shapes = {int: "a whole number", Decimal: "a number", date: "a day as in 2026-03-01"}
        refuse(whole, f"write {shapes.get(kind, 'a time with its zone, as in 2026-03-01T14:05:09Z')}")
    return time if time.tzinfo is not None else refuse(whole, "a time needs its zone: add Z, or +01:00")


def within(path: str, part: str) -> bool:
    """Whether a path is that of a part or of something in it."""
    return path == part or path.startswith((f"{part}/", f"{part}["))


def in_draft(path: str, places: Sequence[int]) -> str:
    """A path that counts the files that are sent, with the file's place in the draft instead."""
    found = FILE.match(path)
    number = int(found[1]) if found else 0
    if found is None or not 0 < number <= len(places):
        return path
    return f"file[{places[number - 1]}]{path[found.end() :]}"


def source_of(sources: Sequence[Sourced], path: str) -> Sourced | None:
    """Where a field comes from: the source that is nearest to it; the later one where two are as near."""
    around = [one for one in sources if within(path, one.field)]
    return max(enumerate(around), key=lambda one: (len(one[1].field), one[0]))[1] if around else None


def renumbered(path: str, removed: str) -> str | None:
    """A path once one of several repeated parts (`removed`) has gone; None if it went with it."""
    if within(path, removed):
        return None
    stem, _, number = removed.removesuffix("]").rpartition("[")
    if removed.endswith("]") and path.startswith(f"{stem}["):
        at, _, rest = path[len(stem) + 1 :].partition("]")
        if int(at) > int(number):
            return f"{stem}[{int(at) - 1}]{rest}"
    return path


def counts(given: object, path: str) -> dict[str, int]:
    """How many there are of each repeated part, by path, whatever is in it."""
    found: dict[str, int] = {}
    for part in parts_of(type(given)):
        value, here = getattr(given, part.field), f"{path}/{part.name}"
        inner: Sequence[tuple[str, object]] = [(here, value)]
        if part.repeated:
            found[here] = len(value)
            inner = [(f"{here}[{at}]", one) for at, one in enumerate(value, 1)]
        for where, one in inner:
            if is_dataclass(part.type) and one is not None:
                found |= counts(one, where)
    return found

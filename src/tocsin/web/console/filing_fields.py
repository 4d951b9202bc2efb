"""The fields of a draft as a form has them: walked from the values themselves, by what their shape says.

A field is named by its path in the authority's XML, as sources and edits name it: `report/reporter/legalURL`,
`file[2]/originalFileName`. Parts that are repeated are counted from 1.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from tocsin.filing.cybertip.files import FileDetails
from tocsin.filing.cybertip.shape import Part, Role, Rule, parts_of
from tocsin.filing.draft import Draft, Sourced

LONG: Final = 300
"""A text that may have more characters than this is written in an area of several lines."""
_OFFERED: Final = 1
_NOT_OURS: Final = frozenset(
    (FileDetails, name) for name in ("report_id", "file_id", "file_name", "potential_meme")
)
"""What only the authority can give, and what the schema has for old times' sake."""
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_NAMES: Final = {
    name.lower(): name
    for name in ("IP", "URL", "ESP", "EXIF", "LE", "ID", "CT", "AI", "USA", "IM", "ESPs", "MD5")
}


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a draft, or one that could be given."""

    path: str
    label: str
    """The authority's own name for it, in words: these are English in any language."""
    value: str
    """As a form has it; empty for one that is not said."""
    kind: str
    """text, long, time, date, number, choice or flag."""
    choices: tuple[str, ...]
    limit: int
    required: bool
    source: Sourced | None


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report, with its fields in the authority's order."""

    path: str
    label: str
    fields: tuple[Field, ...]
    """Those that say something."""
    others: tuple[Field, ...]
    """Those of the same parts that could."""


def sections(draft: Draft) -> tuple[Section, ...]:
    """The parts of the report, without its files; of repeated ones also the next, which says nothing yet."""
    found = []
    for part in parts_of(type(draft.report)):
        given = getattr(draft.report, part.field)
        path = f"report/{part.name}"
        if part.repeated:
            found += [
                _section(draft, f"{path}[{at}]", f"{label(part.name)} {at}", one)
                for at, one in enumerate((*given, part.type()), 1)
            ]
        elif is_dataclass(part.type):
            found.append(_section(draft, path, label(part.name), given or part.type()))
        else:
            fields = (_leaf(draft, part, path, given, label(part.name)),)
            found.append(_parted(path, label(part.name), fields))
    return tuple(found)


def file_section(draft: Draft, place: int) -> Section:
    """What is said of one file."""
    file = next(one for one in draft.files if one.place == place)
    return _section(draft, f"file[{place}]", f"File {place}", file.details)


def part_of(path: str, parts: Sequence[Section]) -> str:
    """The path of the part that a field is in, or would be; empty where that part is not there."""
    return next((one.path for one in parts if path == one.path or path.startswith(f"{one.path}/")), "")


def label(name: str) -> str:
    """The words of a name in camel case."""
    words = [_NAMES.get(word.lower(), word.lower()) for word in _WORDS.findall(name)]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def source_of(sources: Sequence[Sourced], path: str) -> Sourced | None:
    """Where a field comes from: what is said of it, or else of the nearest part that it is in."""
    nearest: Sourced | None = None
    for one in sources:
        within = path == one.field or path.startswith((f"{one.field}/", f"{one.field}["))
        if within and (nearest is None or len(one.field) >= len(nearest.field)):
            nearest = one
    return nearest


def _section(draft: Draft, path: str, words: str, given: object) -> Section:
    return _parted(path, words, tuple(_fields(draft, path, "", given)))


def _parted(path: str, words: str, fields: Sequence[Field]) -> Section:
    return Section(
        path, words, tuple(one for one in fields if one.value), tuple(one for one in fields if not one.value)
    )


def _fields(draft: Draft, path: str, before: str, given: object, depth: int = 0) -> Iterator[Field]:
    """The fields of a part and of the parts within it; of parts that are not there, one level deep."""
    for part in parts_of(type(given)):
        if (type(given), part.field) in _NOT_OURS:
            continue
        value = getattr(given, part.field)
        where = path if part.role is Role.TEXT else f"{path}/{part.name}"
        if not is_dataclass(part.type):
            yield from _leaves(draft, part, where, before, value)
        elif part.repeated:
            offered = (part.type(),) if depth < _OFFERED else ()
            for at, one in enumerate((*value, *offered), 1):
                deeper = depth + (at > len(value))
                yield from _fields(draft, f"{where}[{at}]", f"{before}{label(part.name)} {at}: ", one, deeper)
        elif value is not None or depth < _OFFERED:
            deeper = depth + (value is None)
            yield from _fields(draft, where, f"{before}{label(part.name)}: ", value or part.type(), deeper)


def _leaves(draft: Draft, part: Part, path: str, before: str, value: object) -> Iterator[Field]:
    words = f"{before}{label(part.name or part.field)}"
    if part.repeated and isinstance(value, tuple):
        for at, one in enumerate((*value, None), 1):
            yield _leaf(draft, part, f"{path}[{at}]", one, f"{words} {at}")
    else:
        yield _leaf(draft, part, path, value, words)


def _leaf(draft: Draft, part: Part, path: str, value: object, words: str) -> Field:
    said = "" if part.is_flag and value is False else written(value)
    return Field(
        path=path,
        label=words,
        value=said,
        kind=_kind(part),
        choices=_choices(part),
        limit=part.limit,
        required=Rule.REQUIRED in part.rules,
        source=source_of(draft.sources, path) if said else None,
    )


def written(value: object) -> str:
    """A value as a form has it; empty for one that is not said."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _kind(part: Part) -> str:
    if part.is_flag:
        return "flag"
    if part.type is bool or issubclass(part.type, StrEnum):
        return "choice"
    if part.type is datetime:
        return "time"
    if part.type is date:
        return "date"
    if part.type is not str:
        return "number"
    return "long" if not part.limit or part.limit > LONG else "text"


def _choices(part: Part) -> tuple[str, ...]:
    if part.is_flag:
        return ("true",)
    if part.type is bool:
        return ("true", "false")
    return tuple(one.value for one in part.type) if issubclass(part.type, StrEnum) else ()

"""The fields of a draft as a form has them: walked from the values themselves, by what their shape says.

A field is named by its path in the authority's XML, as sources and edits name it: `report/reporter/legalURL`,
`file[2]/originalFileName`. Parts that are repeated are counted from 1.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from tocsin.filing.cybertip.files import FileDetails
from tocsin.filing.cybertip.paths import within
from tocsin.filing.cybertip.preview import in_words, source_of
from tocsin.filing.cybertip.report import Report
from tocsin.filing.cybertip.shape import Part, Role, Rule, parts_of
from tocsin.filing.draft import Draft, Sourced

LONG: Final = 300
"""A text that may have more characters than this is written in an area of several lines."""
_OFFERED: Final = 1
_NOT_OURS: Final = frozenset(
    {
        (Report, "batched_report"),
        *((FileDetails, name) for name in ("report_id", "file_id", "file_name", "potential_meme")),
    }
)
"""What only the authority can give, what is chosen on drafting, and what is there for old times' sake."""
_LOGGED: Final = frozenset({"file_viewed_by_esp", "exif_viewed_by_esp"})
"""What the log of looks says: a person can have it left out, and no more."""


Sources = Sequence[Sourced]


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
        if (Report, part.field) in _NOT_OURS:
            continue
        given = getattr(draft.report, part.field)
        path = f"report/{part.name}"
        if part.repeated:
            found += [
                _section(draft, f"{path}[{at}]", in_words(f"{part.name}[{at}]"), one)
                for at, one in enumerate((*given, part.type()), 1)
            ]
        elif is_dataclass(part.type):
            found.append(_section(draft, path, in_words(part.name), given or part.type()))
        else:
            fields = (_leaf(draft.sources, part, path, given, in_words(part.name)),)
            found.append(_parted(path, in_words(part.name), fields))
    return tuple(found)


def file_section(draft: Draft, place: int) -> Section:
    """What is said of one file."""
    file = next(one for one in draft.files if one.place == place)
    return _section(draft, f"file[{place}]", f"File {place}", file.details)


def part_of(draft: Draft, path: str) -> str:
    """The path of the part that a field is in, as a form changes it; empty where there is none."""
    root, _, rest = path.partition("/")
    if root == "report":
        name = rest.partition("/")[0]
        return f"report/{name}" if name else ""
    return root if any(root == f"file[{one.place}]" for one in draft.files) else ""


def _section(draft: Draft, path: str, words: str, given: object) -> Section:
    around = [one for one in draft.sources if within(path, one.field) or within(one.field, path)]
    return _parted(path, words, tuple(_fields(around, path, "", given)))


def _parted(path: str, words: str, fields: Sequence[Field]) -> Section:
    return Section(
        path, words, tuple(one for one in fields if one.value), tuple(one for one in fields if not one.value)
    )


def _fields(sources: Sources, path: str, before: str, given: object, depth: int = 0) -> Iterator[Field]:
    """The fields of a part and of the parts within it; of parts that are not there, one level deep."""
    for part in parts_of(type(given)):
        value = getattr(given, part.field)
        if (type(given), part.field) in _NOT_OURS or (part.field in _LOGGED and value is None):
            continue
        where = path if part.role is Role.TEXT else f"{path}/{part.name}"
        if not is_dataclass(part.type):
            yield from _leaves(sources, part, where, before, value)
        elif part.repeated:
            offered = (part.type(),) if depth < _OFFERED else ()
            for at, one in enumerate((*value, *offered), 1):
                deeper = depth + (at > len(value))
                yield from _fields(
                    sources, f"{where}[{at}]", f"{before}{in_words(f'{part.name}[{at}]')}, ", one, deeper
                )
        elif value is not None or depth < _OFFERED:
            deeper = depth + (value is None)
            yield from _fields(
                sources, where, f"{before}{in_words(part.name)}, ", value or part.type(), deeper
            )


def _leaves(sources: Sources, part: Part, path: str, before: str, value: object) -> Iterator[Field]:
    words = f"{before}{in_words(part.name or part.field)}"
    if part.repeated and isinstance(value, tuple):
        for at, one in enumerate((*value, None), 1):
            yield _leaf(sources, part, f"{path}[{at}]", one, f"{words} {at}" if at > 1 else words)
    else:
        yield _leaf(sources, part, path, value, words)


def _leaf(sources: Sources, part: Part, path: str, value: object, words: str) -> Field:
    said = "" if part.is_flag and value is False else written(value)
    return Field(
        path=path,
        label=words,
        value=said,
        kind=_kind(part),
        choices=(said,) if part.field in _LOGGED else _choices(part),
        limit=part.limit,
        required=Rule.REQUIRED in part.rules,
        source=source_of(sources, path) if said else None,
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
    free = not part.rules - {Rule.REQUIRED}
    return "long" if free and (not part.limit or part.limit > LONG) else "text"


def _choices(part: Part) -> tuple[str, ...]:
    if part.is_flag:
        return ("true",)
    if part.type is bool:
        return ("true", "false")
    return tuple(one.value for one in part.type) if issubclass(part.type, StrEnum) else ()

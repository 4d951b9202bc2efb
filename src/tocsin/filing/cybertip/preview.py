"""A draft as whoever receives it reads it: sections of lines, each with where it comes from, and the XML."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from tocsin.filing.cybertip.fitting import FETCHED, fit
from tocsin.filing.cybertip.paths import Leaf, in_draft, leaves, source_of, within
from tocsin.filing.cybertip.schema import Schema
from tocsin.filing.cybertip.writing import details_xml, report_xml, text_of
from tocsin.filing.draft import Draft, DraftFile, Sourced

__all__ = ["Line", "Preview", "Section", "in_words", "preview", "source_of"]

MOST_FILES: Final = 50
"""Files that are shown; of more it is said how many."""
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_TITLES: Final = {
    "batchedReport": "Batched report",
    "incidentSummary": "Incident",
    "internetDetails": "Where it happened",
    "lawEnforcement": "Law enforcement",
    "reporter": "Who reports",
    "personOrUserReported": "Who is reported",
    "intendedRecipient": "For whom it was meant",
    "victim": "Victim",
    "additionalInfo": "Further information",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is said."""

    path: str
    label: str
    """The schema's own names, in words."""
    value: str
    source: Sourced | None


@dataclass(frozen=True, slots=True)
class Section:
    """What is said of one thing."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """All that would be sent."""

    sections: tuple[Section, ...]
    xml: bytes
    """The report."""
    files: tuple[tuple[int, bytes], ...]
    """The details of each file that is shown, by its place."""
    more: int = 0
    """Files that are in the report and are not shown here."""
    left_out: tuple[str, ...] = ()


def preview(draft: Draft, schema: Schema | None = None) -> Preview:
    """The draft without the files that are left out, and without what `schema` has no place for.

    Raises UnwritableDocumentError.
    """
    included = [one for one in draft.files if one.include]
    shown = included[:MOST_FILES]
    lost = () if schema is None else _lost(draft, shown, schema)
    sections = [*_of_report(draft), *(_of_file(draft, one) for one in shown)]
    return Preview(
        tuple(sent for one in sections if (sent := _without(one, lost)).lines),
        _sent(report_xml(draft.report), schema),
        tuple((one.place, _sent(details_xml(one.details), schema)) for one in shown),
        len(included) - len(shown),
        (*draft.left_out, *(f"{path}: it has no place in {FETCHED}" for path in lost)),
    )


def _lost(draft: Draft, shown: Sequence[DraftFile], schema: Schema) -> tuple[str, ...]:
    """The paths of what is not sent because the schema lacks it."""
    dropped = fit(draft.report, [one.details for one in shown], schema).dropped
    return tuple(in_draft(path, [one.place for one in shown]) for path in dropped)


def _without(section: Section, lost: Sequence[str]) -> Section:
    lines = (one for one in section.lines if not any(within(one.path, path) for path in lost))
    return replace(section, lines=tuple(lines))


def _sent(document: bytes, schema: Schema | None) -> bytes:
    return document if schema is None else schema.pruned(document)[0]


def _of_report(draft: Draft) -> list[Section]:
    found: dict[str, list[Leaf]] = {}
    for one in leaves(draft.report, "report"):
        found.setdefault(one.path.split("/")[1], []).append(one)
    return [_section(draft, _title(name), f"report/{name}", of) for name, of in found.items()]


def _of_file(draft: Draft, file: DraftFile) -> Section:
    path = f"file[{file.place}]"
    return _section(draft, f"File {file.place}", path, list(leaves(file.details, path)))


def _section(draft: Draft, title: str, path: str, found: list[Leaf]) -> Section:
    sources = [one for one in draft.sources if within(path, one.field) or within(one.field, path)]
    lines = [
        Line(one.path, _label(one.path, path), text_of(one.value), source_of(sources, one.path))
        for one in found
    ]
    return Section(title, tuple(lines))


def _title(name: str) -> str:
    stem, _, number = name.rstrip("]").partition("[")
    title = _TITLES.get(stem, in_words(stem))
    return f"{title} {number}" if number and number != "1" else title


def _label(path: str, section: str) -> str:
    """The steps of a path below its section, in words."""
    steps = path[len(section) :].strip("/").split("/")
    return ", ".join(in_words(step) for step in steps if step) or in_words(section.rpartition("/")[2])


def in_words(step: str) -> str:
    """A name in camel case as words; of several its number, from the second on."""
    stem, _, number = step.rstrip("]").lstrip("@").partition("[")
    words = [one if one.isupper() and len(one) > 1 else one.lower() for one in _WORD.findall(stem)]
    text = " ".join(words)
    text = text[:1].upper() + text[1:]
    return f"{text} {number}" if number and number != "1" else text

"""A draft against the schema as the operator fetched it: what it lacks, and what it would refuse."""

from collections.abc import Sequence
from dataclasses import dataclass, is_dataclass, replace

from tocsin.filing.cybertip.files import FileDetails
from tocsin.filing.cybertip.problems import Problem
from tocsin.filing.cybertip.report import Report
from tocsin.filing.cybertip.schema import Schema
from tocsin.filing.cybertip.shape import parts_of
from tocsin.filing.cybertip.writing import details_xml, report_xml

FETCHED = "the authority's schema, as it was fetched here"

_SOME_REPORT = 1
_SOME_FILE = "0" * 32


@dataclass(frozen=True, slots=True)
class Fit:
    """How a draft fits a schema. Paths are those of `Problem.field`."""

    dropped: tuple[str, ...]
    """What the schema has no place for: it will not be sent."""
    problems: tuple[Problem, ...]
    """What it would refuse of the rest."""


def fit(report: Report, files: Sequence[FileDetails], schema: Schema) -> Fit:
    """How a report and its files fit a schema. Raises UnwritableDocumentError.

    The numbers that only the authority can give are taken as given.
    """
    documents: list[tuple[str, type, bytes]] = [("report", Report, report_xml(report))]
    for place, one in enumerate(files, 1):
        numbered = replace(one, report_id=one.report_id or _SOME_REPORT, file_id=one.file_id or _SOME_FILE)
        documents.append((f"file[{place}]", FileDetails, details_xml(numbered)))
    dropped: list[str] = []
    found: list[Problem] = []
    for root, shape, document in documents:
        pruned, lacking = schema.pruned(document)
        dropped += [_placed(path, root, shape) for path in lacking]
        found += [
            Problem(_placed(one.place, root, shape), "not_in_schema", one.sentence, FETCHED)
            for one in schema.violations(pruned)
        ]
    return Fit(tuple(dropped), tuple(found))


def _placed(path: str, root: str, shape: type) -> str:
    """A path of the document, with a count wherever several may stand."""
    here = root
    for step in path.strip("/").split("/")[1:]:
        name, _, _ = step.partition("[")
        parts = parts_of(shape) if is_dataclass(shape) else ()
        part = next((one for one in parts if one.name == name), None)
        here += f"/{step}[1]" if part and part.repeated and name == step else f"/{step}"
        shape = part.type if part else str
    return here

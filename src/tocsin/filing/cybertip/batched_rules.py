"""What a batched report may hold (documentation, appendix E): one file that went viral, and who had it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tocsin.filing.cybertip.accounts import PersonOrUserReported
from tocsin.filing.cybertip.files import FileAnnotations, FileDetails
from tocsin.filing.cybertip.problems import BATCHED, Problem
from tocsin.filing.cybertip.report import Report
from tocsin.filing.cybertip.shape import held, parts_of, place_of
from tocsin.filing.cybertip.values import FileRelevance

_OF_REPORT = frozenset(
    {"internet_details", "law_enforcement", "intended_recipient", "victim", "additional_info"}
)
_OF_FILE = frozenset(
    {
        "original_file_name",
        "location_of_file",
        "original_file_hash",
        "ip_capture_event",
        "device_id",
        "details",
        "additional_info",
    }
)
_NOT_HERE = "A batched report cannot have it."


def of_batched(report: Report, files: Sequence[FileDetails]) -> Iterator[Problem]:
    """The problems with a batched report."""
    yield from _without(report, "report", _OF_REPORT)
    yield from _without(
        report.incident_summary, "report/incidentSummary", frozenset({"escalate_to_high_priority"})
    )
    for place, person in enumerate(report.person_or_user_reported, 1):
        yield from _of_person(person, f"report/personOrUserReported[{place}]")
    for place, file in enumerate(files, 1):
        if place > 1:
            yield _problem(f"file[{place}]", "A batched report has one file.")
        yield from _of_file(file, f"file[{place}]")


def _of_person(person: PersonOrUserReported, path: str) -> Iterator[Problem]:
    if not person.esp_identifier:
        yield _problem(f"{path}/espIdentifier", "In a batched report each account is named by it.")
    others = frozenset(part.field for part in parts_of(PersonOrUserReported)) - {"esp_identifier"}
    yield from _without(person, path, others)


def _of_file(file: FileDetails, path: str) -> Iterator[Problem]:
    yield from _without(file, path, _OF_FILE)
    said = file.file_annotations or FileAnnotations()
    if not (said.viral or said.potential_meme):
        yield _problem(
            f"{path}/fileAnnotations", "The file of a batched report is viral or a potential meme."
        )
    if replace(said, viral=False, potential_meme=False) != FileAnnotations():
        yield _problem(
            f"{path}/fileAnnotations", "A batched report's file is viral, a potential meme, no more."
        )
    if file.file_relevance not in {None, FileRelevance.REPORTED}:
        yield _problem(f"{path}/fileRelevance", "The file of a batched report is what is reported.")


def _without(value: object, path: str, fields: frozenset[str]) -> Iterator[Problem]:
    for part in parts_of(type(value)):
        if part.field in fields and held(value, part):
            yield _problem(place_of(part, path), _NOT_HERE)


def _problem(field: str, sentence: str) -> Problem:
    return Problem(field, "batched", sentence, BATCHED)

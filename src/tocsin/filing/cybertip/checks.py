"""Every rule that the CyberTipline documents, and what else would make it refuse a report."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from tocsin.filing.cybertip.accounts import (
    AssociatedAccount,
    EstimatedLocation,
    PermanentlyDisabled,
    TemporarilyDisabled,
)
from tocsin.filing.cybertip.batched_rules import of_batched
from tocsin.filing.cybertip.files import FileDetails, OriginalFileHash
from tocsin.filing.cybertip.people import Email, Phone
from tocsin.filing.cybertip.problems import DOC, OURS, XSD, Problem
from tocsin.filing.cybertip.report import Report
from tocsin.filing.cybertip.shape import elements
from tocsin.filing.cybertip.value_rules import of_values
from tocsin.filing.cybertip.values import HASH_LENGTHS, STATES, FileRelevance

__all__ = ["Problem", "problems"]


def problems(report: Report, files: Sequence[FileDetails], now: datetime) -> tuple[Problem, ...]:
    """What must be put right before a report and its files are sent, in the order of the report.

    The files are those that are sent, counted from 1; their numbers at the authority may be missing.
    """
    found = [*of_values(report, "report", now), *_between(report, "report"), *_of_report(report)]
    for place, file in enumerate(files, 1):
        found += [*of_values(file, f"file[{place}]", now), *_between(file, f"file[{place}]")]
    if report.batched_report:
        found += of_batched(report, files)
    return tuple(found)


def _of_report(report: Report) -> Iterator[Problem]:
    if not any(one.address for one in report.reporter.reporting_person.email):
        field = "report/reporter/reportingPerson/email"
        words = "Who reports must be reachable by e-mail: set email under [filing] in tocsin.toml."
        yield Problem(field, "required", words, DOC)
    if len(report.person_or_user_reported) > 1 and not report.batched_report:
        field = "report/personOrUserReported[2]"
        yield Problem(field, "several_persons", "One report is about one person, unless it is batched.", DOC)
    known = _addresses_of_people(report)
    for place, details in enumerate(report.internet_details, 1):
        emails = details.email_incident.email_address if details.email_incident else ()
        for number, email in enumerate(emails, 1):
            if email.address and email.address not in known:
                field = f"report/internetDetails[{place}]/emailIncident/emailAddress[{number}]"
                yield Problem(field, "email_of_nobody", "No person in the report has this address.", DOC)


def _addresses_of_people(report: Report) -> frozenset[str]:
    """The addresses of those whom the report is about; whose it is that reports does not matter here."""
    about = Report(
        person_or_user_reported=report.person_or_user_reported,
        intended_recipient=report.intended_recipient,
        victim=report.victim,
    )
    return frozenset(one.address for _, one in elements(about, "") if isinstance(one, Email))


def _between(value: object, root: str) -> Iterator[Problem]:
    """The problems between fields of one element."""
    for path, one in elements(value, root):
        match one:
            case Email() | Phone():
                yield from _of_verified(one, path)
            case EstimatedLocation():
                yield from _of_location(one, path)
            case TemporarilyDisabled() | PermanentlyDisabled():
                yield from _of_disabled(one, path)
            case AssociatedAccount():
                yield from _of_associated(one, path)
            case OriginalFileHash():
                yield from _of_hash(one, path)
            case FileDetails():
                yield from _of_file(one, path)


def _of_verified(one: Email | Phone, path: str) -> Iterator[Problem]:
    if one.verification_date and not one.verified:
        yield Problem(f"{path}/@verified", "unverified", "A date of verification needs `true` here.", DOC)


def _of_location(one: EstimatedLocation, path: str) -> Iterator[Problem]:
    if one.country_code != "US":
        return
    if one.region and one.region not in STATES:
        yield Problem(f"{path}/region", "not_a_state", "It is not the code of a state of the US.", DOC)
    if one.city and not one.region:
        yield Problem(f"{path}/region", "required", "A city in the US needs its state.", DOC)


def _of_disabled(one: TemporarilyDisabled | PermanentlyDisabled, path: str) -> Iterator[Problem]:
    if _order(one.user_notified_date, one.disabled_date) < 0:
        sentence = "It is before the account was disabled."
        yield Problem(f"{path}/@userNotifiedDate", "before_disabled", sentence, DOC)
    reenabled = one.reenabled_date if isinstance(one, TemporarilyDisabled) else None
    if _order(reenabled, one.disabled_date) <= 0:
        sentence = "It is not after the account was disabled."
        yield Problem(f"{path}/@reenabledDate", "before_disabled", sentence, DOC)


def _order(one: datetime | None, other: datetime | None) -> int:
    """Below zero: `one` is before. Above it: after, or they cannot be compared, which is another problem."""
    if one is None or other is None or one.tzinfo is None or other.tzinfo is None:
        return 1
    return (one > other) - (one < other)


def _of_associated(one: AssociatedAccount, path: str) -> Iterator[Problem]:
    if one.approximate_age is not None and one.date_of_birth:
        sentence = "It is given with the date of birth: leave one of them out."
        yield Problem(f"{path}/approximateAge", "two_ages", sentence, XSD)


def _of_hash(one: OriginalFileHash, path: str) -> Iterator[Problem]:
    digits = HASH_LENGTHS.get(one.hash_type)
    if digits and not (len(one.value) == digits and set(one.value.lower()) <= set("0123456789abcdef")):
        yield Problem(path, "not_that_hash", f"A {one.hash_type} has {digits} hexadecimal digits.", OURS)


def _of_file(one: FileDetails, path: str) -> Iterator[Problem]:
    if one.exif_viewed_by_esp and not one.file_viewed_by_esp:
        sentence = "If its EXIF was viewed, the file was: `true` is needed here."
        yield Problem(f"{path}/fileViewedByEsp", "exif_without_file", sentence, DOC)
    if one.file_relevance is not FileRelevance.SUPPLEMENTAL:
        return
    if one.potential_meme or (one.file_annotations and one.file_annotations.potential_meme):
        field = f"{path}/potentialMeme" if one.potential_meme else f"{path}/fileAnnotations/potentialMeme"
        yield Problem(field, "supplemental", "A supplemental file cannot be a potential meme.", DOC)
    if one.industry_classification:
        sentence = "A supplemental file cannot be classified."
        yield Problem(f"{path}/industryClassification", "supplemental", sentence, DOC)

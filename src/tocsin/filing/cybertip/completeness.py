"""What a report lacks that would help whoever acts on it: not rules, which `checks` has, but use.

Officers say that many reports cannot be acted on: no address with its time, no word on what happened, no sign
whether anybody looked (Stanford Internet Observatory, "How to fix the online child exploitation reporting
system", 2024). Each of these is one line here, with how much it would help.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tocsin.filing.cybertip.accounts import IpCaptureEvent, PersonOrUserReported
from tocsin.filing.cybertip.files import FileAnnotations, FileDetails
from tocsin.filing.cybertip.people import Person
from tocsin.filing.cybertip.report import Report
from tocsin.filing.draft import Draft

_WHO: Final = "report/personOrUserReported[1]"
_WEIGHTS: Final = {"high": 6, "some": 3, "little": 1}
MOST_NAMED: Final = 5
"""Files of which one thing is said to be missing, each by itself; of more it is said once."""


class Help(StrEnum):
    """How much something would help."""

    HIGH = "high"
    SOME = "some"
    LITTLE = "little"


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that is not in the report."""

    field: str
    """Its path."""
    words: str
    """What it is, and why it helps."""
    help: Help


def completeness(draft: Draft) -> tuple[Missing, ...]:
    """What is missing, what would help most first."""
    if draft.report.batched_report is not None:  # which takes next to nothing
        return ()
    found = [*_of_report(draft.report), *_of_who(draft.report), *_of_files(draft)]
    return tuple(sorted(found, key=lambda one: -_WEIGHTS[one.help]))


def _of_report(report: Report) -> Iterator[Missing]:
    summary, reporter = report.incident_summary, report.reporter
    if not summary.incident_date_time_description and summary.incident_date_time is None:
        yield _high("report/incidentSummary/incidentDateTime", "When it happened, with its zone.")
    if not report.internet_details:
        words = "Where it happened: the page, chat, mail, game or network."
        yield _high("report/internetDetails[1]/webPageIncident/url[1]", words)
    if not reporter.reporting_person.email:
        words = "An e-mail address of whoever reports: authorities require it. Set it once in [filing]."
        yield _high("report/reporter/reportingPerson/email[1]", words)
    if not reporter.company_template and not reporter.legal_url:
        words = "Where legal process is served, and what this organisation can give: set it once in [filing]."
        yield Missing("report/reporter/companyTemplate", words, Help.SOME)
    if not summary.platform:
        yield Missing("report/incidentSummary/platform", "The service on which it happened.", Help.SOME)
    if report.victim == () and report.intended_recipient == ():
        words = "Whoever it was meant for or was harmed by it, if anything is known of them."
        yield Missing("report/intendedRecipient[1]/espIdentifier", words, Help.LITTLE)


def _of_who(report: Report) -> Iterator[Missing]:
    who = next(iter(report.person_or_user_reported), PersonOrUserReported())
    person = who.person or Person()
    if not (who.esp_identifier or who.screen_name or person.email or person.phone):
        yield _high(f"{_WHO}/espIdentifier", "Whose account it is: id, name, e-mail or telephone number.")
    yield from _of_events(who.ip_capture_event)
    if who.esp_identifier and not (person.email or person.phone):
        words = "An e-mail address or telephone number of the account, and whether it was verified."
        yield _high(f"{_WHO}/personOrUserReportedPerson/email[1]", words)
    if person == Person(email=person.email, phone=person.phone):
        words = "The name, address or date of birth that the account was registered with."
        yield Missing(f"{_WHO}/personOrUserReportedPerson/firstName", words, Help.SOME)
    if not who.device_id:
        yield Missing(f"{_WHO}/deviceId[1]/idValue", "A device of the account.", Help.SOME)
    if who.account_permanently_disabled is None and who.account_temporarily_disabled is None:
        words = "Whether the account was disabled, when, and whether its user was told."
        yield Missing(f"{_WHO}/accountPermanentlyDisabled", words, Help.SOME)
    if not who.profile_url:
        yield Missing(f"{_WHO}/profileUrl[1]", "The page of the account's profile.", Help.LITTLE)


def _of_events(events: tuple[IpCaptureEvent, ...]) -> Iterator[Missing]:
    path = f"{_WHO}/ipCaptureEvent"
    if not events:
        words = "An IP address with its time and port: without one, nobody can find out who it was."
        yield _high(f"{path}[1]/ipAddress", words)
        return
    for place, one in enumerate(events, 1):
        if one.date_time is None:
            words = f"When {one.ip_address} was used: an address is given to others within hours."
            yield _high(f"{path}[{place}]/dateTime", words)
            break
    shared = [place for place, one in enumerate(events, 1) if one.port is None and ":" not in one.ip_address]
    if shared:
        words = f"The port of {len(shared):,} IPv4 addresses: it tells apart those who share one."
        yield Missing(f"{path}[{shared[0]}]/port", words, Help.SOME)


def _of_files(draft: Draft) -> Iterator[Missing]:
    files = [(one.place, one.details) for one in draft.files if one.include]
    if not files:
        if draft.files:
            yield _high("file[1]/include", "A file: none of those of the case is in the report.")
        return
    for test, field, words, helps in _ASKED:
        places = [place for place, details in files if test(details)]
        for place in places[:MOST_NAMED]:
            yield Missing(f"file[{place}]/{field}", f"File {place}: {words}", helps)
        if len(places) > MOST_NAMED:
            yield Missing(
                f"file[{places[MOST_NAMED]}]/{field}",
                f"{len(places) - MOST_NAMED:,} more files: {words}",
                helps,
            )


def _not_viewed(details: FileDetails) -> bool:
    return details.file_viewed_by_esp is not True


def _no_time(details: FileDetails) -> bool:
    return details.uploaded_to_esp_timestamp is None


def _no_place(details: FileDetails) -> bool:
    return not details.location_of_file


def _no_word_on_public(details: FileDetails) -> bool:
    return details.publicly_available is None


def _no_name(details: FileDetails) -> bool:
    return not details.original_file_name


def _no_event(details: FileDetails) -> bool:
    return details.ip_capture_event is None


def _no_annotation(details: FileDetails) -> bool:
    return (details.file_annotations or FileAnnotations()) == FileAnnotations()


_ASKED: Final = (
    (
        _not_viewed,
        "fileViewedByEsp",
        "no confirmed looks in this case cover all of it; whether somebody viewed it counts in court.",
        Help.HIGH,
    ),
    (_no_event, "ipCaptureEvent/ipAddress", "the IP address that it was uploaded from.", Help.SOME),
    (_no_time, "uploadedToEspTimestamp", "when it was uploaded.", Help.SOME),
    (_no_word_on_public, "publiclyAvailable", "whether all of it could be seen by anybody.", Help.SOME),
    (_no_place, "locationOfFile", "where it stands or stood.", Help.LITTLE),
    (_no_name, "originalFileName", "the name that it had.", Help.LITTLE),
    (
        _no_annotation,
        "fileAnnotations/generativeAi",
        "what a person can say of it: generated, a drawing, an infant, viral.",
        Help.LITTLE,
    ),
)


def _high(field: str, words: str) -> Missing:
    return Missing(field, words, Help.HIGH)

"""Drafts of filings about benign things, and filings of them."""

from datetime import UTC, datetime

from tocsin.filing.cybertip.accounts import PersonOrUserReported
from tocsin.filing.cybertip.files import FileDetails
from tocsin.filing.cybertip.people import Email, Person
from tocsin.filing.cybertip.report import IncidentSummary, Report, Reporter
from tocsin.filing.cybertip.values import IncidentType
from tocsin.filing.draft import Draft, DraftFile, Source, Sourced
from tocsin.filing.model import Authority, Environment, Kind, Subject
from tocsin.filing.store_filings import NewFiling

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
SOURCES = (
    Sourced("report/incidentSummary", Source.DECISION, "decision:1"),
    Sourced("report/reporter", Source.SETTINGS, "filing.email"),
)


def report(account: str) -> Report:
    """A report about an account, as short as one can be."""
    return Report(
        incident_summary=IncidentSummary(
            incident_type=IncidentType.CHILD_PORNOGRAPHY, incident_date_time=NOON
        ),
        reporter=Reporter(
            reporting_person=Person(first_name="Ada", email=(Email(address="ada@example.org"),))
        ),
        person_or_user_reported=(PersonOrUserReported(esp_identifier=account),),
    )


def draft(account: str = "account-1", *files: tuple[bytes, int]) -> Draft:
    """A draft about an account, with files given by SHA-256 and size."""
    listed = tuple(
        DraftFile(place, sha256, size, FileDetails(original_file_name=f"picture-{place}.png"))
        for place, (sha256, size) in enumerate(files, 1)
    )
    return Draft(report(account), listed, SOURCES)


def new_filing(  # noqa: PLR0913  # what tests vary
    case: int = 1,
    account: str = "account-1",
    *,
    platform: str = "forum.example",
    about: Draft | None = None,
    decision: int = 1,
    environment: Environment = Environment.SIMULATOR,
    author: str = "person:anna",
) -> NewFiling:
    """A filing on its way in."""
    return NewFiling(
        case=case,
        decision=decision,
        authority=Authority.NCMEC,
        environment=environment,
        kind=Kind.REPORT,
        subject=Subject(platform, account),
        author=author,
        follows=None,
        draft=about or draft(account),
    )

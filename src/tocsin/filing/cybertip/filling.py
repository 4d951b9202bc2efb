"""A draft of a report to the CyberTipline from a case as it is on record; a pure function.

Nothing is made up. What nobody knows is left out, never an empty element; what a field is taken from is
noted with it; what was too much is said in `Draft.left_out`. What a person says later goes above all this.
"""

from datetime import datetime
from typing import Final

from tocsin.cases.model import Observation
from tocsin.filing.cybertip.filling_account import accounts
from tocsin.filing.cybertip.filling_files import files
from tocsin.filing.cybertip.happenings import HAPPENED, UPLOADED, Happened, happenings, time_named
from tocsin.filing.cybertip.incidents import InternetDetails, WebPageIncident
from tocsin.filing.cybertip.material import Material
from tocsin.filing.cybertip.noting import Noted, as_url, clean, files_left
from tocsin.filing.cybertip.people import ContactPerson, Email, Person, Phone
from tocsin.filing.cybertip.report import BatchedReport, IncidentSummary, Report, Reporter
from tocsin.filing.cybertip.values import BatchReason, IncidentType
from tocsin.filing.draft import Draft, DraftFile, Source
from tocsin.filing.model import Kind
from tocsin.law.facts import Fact, Value

MOST_URLS: Final = 100
_PLATFORM: Final = 256
_REASON: Final = 3000
_SUMMARY: Final = "report/incidentSummary"
_URLS: Final = "report/internetDetails[1]/webPageIncident"


def fill(material: Material) -> Draft:
    """The draft of one report: about one account, unless it is batched."""
    noted = Noted()
    events = happenings(material.submissions, material.now, noted)
    batched = material.kind is Kind.BATCHED
    told = [] if batched else events
    draft_files = files(material, told, noted)
    report = Report(
        batched_report=BatchedReport(BatchReason.VIRAL_POTENTIAL_MEME) if batched else None,
        incident_summary=_summary(material, events, noted),
        internet_details=() if batched else _internet(material, noted),
        reporter=_reporter(material, noted),
        person_or_user_reported=accounts(material, told, noted),
        additional_info="" if batched else _info(material, draft_files, noted),
    )
    if batched:
        noted.of("report/batchedReport", Source.PERSON, material.author)
    if material.unread:
        noted.out(f"the metadata of {material.unread:,} files was not read for this draft")
    return Draft(report, draft_files, tuple(noted.sources), noted.told())


def _summary(material: Material, events: list[Happened], noted: Noted) -> IncidentSummary:
    when, words = _when(material, events, noted)
    if words:
        noted.of(f"{_SUMMARY}/incidentDateTimeDescription", Source.NODE)
    decision = material.record.decision
    kind = None
    if material.kind is not Kind.TEXT:  # of an incident without files a person has to say what it is
        kind = IncidentType.CHILD_PORNOGRAPHY
        noted.of(f"{_SUMMARY}/incidentType", Source.DECISION, f"decision:{decision.id}" if decision else "")
    return IncidentSummary(
        incident_type=kind,
        platform=_platform(material, noted),
        escalate_to_high_priority="" if material.kind is Kind.BATCHED else _danger(material, noted),
        incident_date_time=when,
        incident_date_time_description=words,
    )


def _when(material: Material, events: list[Happened], noted: Noted) -> tuple[datetime | None, str]:
    """When it happened, and what that time is: the likeliest that submissions tell of."""
    path = f"{_SUMMARY}/incidentDateTime"
    for names in (HAPPENED, UPLOADED):
        told = time_named(material.submissions, names, material.now, noted)
        if told is not None:
            noted.of(path, Source.SUBMISSION, f"submission:{told.submission}")
            return told.time, f"The earliest time given as {told.name!r}."
    timed = [one for one in events if one.event.date_time is not None]
    if timed:
        noted.of(path, Source.SUBMISSION, f"submission:{min(timed[0].submissions)}")
        return timed[0].event.date_time, "The earliest time at which an IP address of the account is known."
    received = min((one for one in material.submissions), key=lambda one: one.received, default=None)
    if received is None or received.received >= material.now:
        return None, ""
    noted.of(path, Source.SUBMISSION, f"submission:{received.id}")
    return received.received, "When it came to the notice of whoever reports; when it happened is not known."


def _platform(material: Material, noted: Noted) -> str:
    """The service on which it happened: as submissions say, or else as it is set."""
    path = f"{_SUMMARY}/platform"
    for one in material.submissions:
        if platform := clean(one.context.platform):
            noted.of(path, Source.SUBMISSION, f"submission:{one.id}")
            return noted.fitting(platform, _PLATFORM, "the name of the platform")
    if material.organisation.service:
        noted.of(path, Source.SETTINGS, "filing.service")
    return noted.fitting(material.organisation.service, _PLATFORM, "the name of the platform")


def _danger(material: Material, noted: Noted) -> str:
    """Why it is urgent: a person has recorded present danger, or who submitted it says so."""
    path = f"{_SUMMARY}/escalateToHighPriority"
    observed = _endangered(material)
    if observed is not None:
        noted.of(path, Source.OBSERVATION, f"observation:{observed.id}")
        said = "A reviewer recorded that a child may be in danger now."
        return _cut(f"{said} {clean(observed.observed.note)}".strip(), noted)
    for one in material.submissions:
        given = one.context.given or {}
        if given.get("danger") is True:
            noted.of(path, Source.SUBMISSION, f"submission:{one.id}")
            note = given.get("note")
            said = "Whoever submitted it says that a child may be in danger now."
            return _cut(f"{said} {clean(note) if isinstance(note, str) else ''}".strip(), noted)
    return ""


def _endangered(material: Material) -> Observation | None:
    """The observation of present danger that holds of one of the contents."""
    return next(
        (
            one
            for content in material.contents
            for one in content.observations
            if one.observed.fact is Fact.PRESENT_DANGER and one.observed.value is Value.YES
        ),
        None,
    )


def _cut(text: str, noted: Noted) -> str:
    if len(text) > _REASON:
        noted.out(f"why it is urgent has {len(text):,} characters: only {_REASON:,} are in the report")
    return text[:_REASON]


def _internet(material: Material, noted: Noted) -> tuple[InternetDetails, ...]:
    """The pages that submissions name. Chats, mails and games are a person's to say."""
    found: dict[str, str] = {}
    for one in material.submissions:
        if url := as_url(one.context.url):
            found.setdefault(url, one.id)
    if not found:
        return ()
    if len(found) > MOST_URLS:
        noted.out(f"of {len(found):,} addresses only the first {MOST_URLS} stand with the incident")
    urls = list(found)[:MOST_URLS]
    for place, url in enumerate(urls, 1):
        noted.of(f"{_URLS}/url[{place}]", Source.SUBMISSION, f"submission:{found[url]}")
    return (InternetDetails(web_page_incident=WebPageIncident(url=tuple(urls))),)


def _reporter(material: Material, noted: Noted) -> Reporter:
    us = material.organisation
    noted.of("report/reporter", Source.SETTINGS, "filing")
    contact = ContactPerson(
        us.contact_first_name, us.contact_last_name, _phones(us.contact_phone), _emails(us.contact_email)
    )
    return Reporter(
        reporting_person=Person(us.first_name, us.last_name, _phones(us.phone), _emails(us.email)),
        contact_person=None if contact == ContactPerson() else contact,
        company_template=us.company_template,
        terms_of_service=us.terms_of_service,
        legal_url=us.legal_url,
    )


def _phones(number: str) -> tuple[Phone, ...]:
    return (Phone(number),) if number else ()


def _emails(address: str) -> tuple[Email, ...]:
    return (Email(address),) if address else ()


def _info(material: Material, draft_files: tuple[DraftFile, ...], noted: Noted) -> str:
    """How it came about, and what of the case is not in it."""
    decision, case = material.record.decision, material.record.case
    company = material.organisation.company
    people = 0 if decision is None else 1 + bool(decision.second)
    told = [
        f"{company}: case {case.number}." if company else f"Case {case.number} of whoever reports.",
        f"Decided by {people} {'person' if people == 1 else 'people'} after review.",
    ]
    if material.follows:
        told.append(f"This follows report {material.follows} about the same account.")
    left = sum(not one.include for one in draft_files) + len(material.contents) - len(draft_files)
    if left and material.kind is not Kind.TEXT:
        told.append(files_left(left))
    others = len(material.record.subjects) - 1
    if others > 0:
        told.append(f"Other accounts of the same case, each reported by itself: {others:,}.")
    noted.of("report/additionalInfo", Source.NODE)
    return noted.joined(told)

"""The report: `<report>` of the CyberTipline as values (schema of 2025-11).

Whatever is omitted is None, "" or (); an empty part is the same as none, and is never written, but where the
schema demands the element. All times have a zone.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from tocsin.filing.cybertip.accounts import IntendedRecipient, PersonOrUserReported, Victim
from tocsin.filing.cybertip.incidents import InternetDetails
from tocsin.filing.cybertip.people import NOBODY, ContactPerson, Person
from tocsin.filing.cybertip.shape import ATTRIBUTE, TEXT, Limit, Named, Rule
from tocsin.filing.cybertip.values import BatchReason, IncidentType


@dataclass(frozen=True, slots=True)
class BatchedReport:
    """`batchedReport`: one file that went viral, and the accounts that had it."""

    reason: Annotated[BatchReason | None, ATTRIBUTE, Rule.REQUIRED] = None


@dataclass(frozen=True, slots=True)
class ReportAnnotations:
    """`reportAnnotations`: each is said, or nothing is said of it."""

    sextortion: bool = False
    csam_solicitation: bool = False
    minor_to_minor_interaction: bool = False
    spam: bool = False
    sadistic_online_exploitation: bool = False


@dataclass(frozen=True, slots=True)
class IncidentSummary:
    """`incidentSummary`: what happened, and when."""

    incident_type: Annotated[IncidentType | None, Rule.REQUIRED] = None
    platform: Annotated[str, Limit(256)] = ""
    escalate_to_high_priority: Annotated[str, Limit(3000)] = ""
    """Why it is urgent: a child is in danger now."""
    report_annotations: ReportAnnotations | None = None
    incident_date_time: Annotated[datetime | None, Rule.REQUIRED, Rule.PAST] = None
    incident_date_time_description: Annotated[str, Limit(3000)] = ""


@dataclass(frozen=True, slots=True)
class ServedLegalProcessInternational:
    """`servedLegalProcessInternational`."""

    served: Annotated[bool | None, TEXT, Rule.REQUIRED] = None
    flea_country: Annotated[str, ATTRIBUTE, Rule.COUNTRY] = ""
    """Of the foreign law enforcement agency."""


@dataclass(frozen=True, slots=True)
class LawEnforcement:
    """`lawEnforcement`: who has been told already, or has asked."""

    agency_name: Annotated[str, Rule.REQUIRED, Limit(255)] = ""
    case_number: Annotated[str, Limit(100)] = ""
    officer_contact: ContactPerson | None = None
    reported_to_le: bool | None = None
    served_legal_process_domestic: bool | None = None
    served_legal_process_international: ServedLegalProcessInternational | None = None


@dataclass(frozen=True, slots=True)
class Reporter:
    """`reporter`: who reports."""

    reporting_person: Person = NOBODY
    contact_person: ContactPerson | None = None
    company_template: str = ""
    terms_of_service: str = ""
    legal_url: Annotated[str, Named("legalURL"), Rule.URL, Limit(2083)] = ""


@dataclass(frozen=True, slots=True)
class Report:
    """`report`."""

    batched_report: BatchedReport | None = None
    incident_summary: IncidentSummary = IncidentSummary()
    internet_details: tuple[InternetDetails, ...] = ()
    law_enforcement: LawEnforcement | None = None
    reporter: Reporter = Reporter()
    person_or_user_reported: tuple[PersonOrUserReported, ...] = ()
    intended_recipient: tuple[IntendedRecipient, ...] = ()
    victim: tuple[Victim, ...] = ()
    additional_info: str = ""

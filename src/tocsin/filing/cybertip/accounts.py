"""Accounts in a report: whose they are, from where they were used, what became of them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from tocsin.filing.cybertip.people import NOBODY, Address, Email, Person, Phone
from tocsin.filing.cybertip.shape import ATTRIBUTE, TEXT, Limit, Named, Rule
from tocsin.filing.cybertip.values import AssociationType, EventName

Numbers = Annotated[tuple[int, ...], Named("priorCTReports"), Rule.NUMBER]
"""Numbers of earlier reports."""


@dataclass(frozen=True, slots=True)
class IpCaptureEvent:
    """`ipCaptureEvent`: an address from which somebody did something."""

    ip_address: Annotated[str, Rule.REQUIRED, Rule.IP] = ""
    event_name: EventName | None = None
    date_time: Annotated[datetime | None, Rule.PAST] = None
    possible_proxy: bool | None = None
    port: Annotated[int | None, Rule.PORT] = None


@dataclass(frozen=True, slots=True)
class DeviceId:
    """`deviceId`: a device with which somebody did something."""

    id_type: Annotated[str, Rule.REQUIRED, Limit(255)] = ""
    id_value: Annotated[str, Rule.REQUIRED, Limit(2083)] = ""
    event_name: EventName | None = None
    date_time: Annotated[datetime | None, Rule.PAST] = None


@dataclass(frozen=True, slots=True)
class EstimatedLocation:
    """`estimatedLocation`: where somebody is thought to be."""

    city: Annotated[str, Limit(255)] = ""
    region: Annotated[str, Limit(255)] = ""
    """In the US one of its states, without which its city cannot be given."""
    country_code: Annotated[str, Rule.COUNTRY] = ""
    verified: Annotated[bool | None, ATTRIBUTE] = None
    timestamp: Annotated[datetime | None, ATTRIBUTE, Rule.PAST] = None


@dataclass(frozen=True, slots=True)
class TemporarilyDisabled:
    """`accountTemporarilyDisabled`."""

    disabled: Annotated[bool | None, TEXT, Rule.REQUIRED] = None
    disabled_date: Annotated[datetime | None, ATTRIBUTE, Rule.PAST] = None
    user_notified: Annotated[bool | None, ATTRIBUTE] = None
    user_notified_date: Annotated[datetime | None, ATTRIBUTE, Rule.PAST] = None
    reenabled_date: Annotated[datetime | None, ATTRIBUTE] = None


@dataclass(frozen=True, slots=True)
class PermanentlyDisabled:
    """`accountPermanentlyDisabled`."""

    disabled: Annotated[bool | None, TEXT, Rule.REQUIRED] = None
    disabled_date: Annotated[datetime | None, ATTRIBUTE, Rule.PAST] = None
    user_notified: Annotated[bool | None, ATTRIBUTE] = None
    user_notified_date: Annotated[datetime | None, ATTRIBUTE, Rule.PAST] = None


@dataclass(frozen=True, slots=True)
class Platform:
    """`platform` of an associated account: which service it is at."""

    name: Annotated[str, TEXT, Rule.REQUIRED, Limit(256)] = ""
    third_party_user: Annotated[bool | None, ATTRIBUTE] = None


@dataclass(frozen=True, slots=True)
class AssociatedAccount:
    """`associatedAccount`: another account that belongs to somebody. `type` is required by the schema."""

    platform: Platform | None = None
    first_name: Annotated[str, Limit(100)] = ""
    middle_name: Annotated[str, Limit(100)] = ""
    last_name: Annotated[str, Limit(100)] = ""
    approximate_age: Annotated[int | None, Rule.AGE] = None
    date_of_birth: Annotated[date | None, Rule.PAST] = None
    phone: tuple[Phone, ...] = ()
    email: tuple[Email, ...] = ()
    all_emails_reported: bool | None = None
    address: tuple[Address, ...] = ()
    esp_service: Annotated[str, Limit(100)] = ""
    esp_identifier: Annotated[str, Limit(255)] = ""
    profile_url: Annotated[tuple[str, ...], Rule.URL, Limit(2083)] = ()
    screen_name: Annotated[str, Limit(256)] = ""
    display_name: Annotated[tuple[str, ...], Limit(255)] = ()
    profile_bio: str = ""
    group_identifier: Annotated[str, Limit(255)] = ""
    compromised_account: bool | None = None
    account_temporarily_disabled: TemporarilyDisabled | None = None
    account_permanently_disabled: PermanentlyDisabled | None = None
    ip_capture_event: tuple[IpCaptureEvent, ...] = ()
    device_id: tuple[DeviceId, ...] = ()
    prior_ct_report: Annotated[tuple[int, ...], Named("priorCTReport"), Rule.NUMBER] = ()
    additional_info: str = ""
    type: Annotated[AssociationType | None, ATTRIBUTE, Rule.REQUIRED] = None


@dataclass(frozen=True, slots=True)
class PersonOrUserReported:
    """`personOrUserReported`: who is reported. One in a report, unless it is batched."""

    person: Annotated[Person | None, Named("personOrUserReportedPerson")] = None
    vehicle_description: Annotated[str, Limit(300)] = ""
    esp_identifier: Annotated[str, Limit(255)] = ""
    esp_service: Annotated[str, Limit(100)] = ""
    compromised_account: bool | None = None
    screen_name: Annotated[str, Limit(256)] = ""
    display_name: Annotated[tuple[str, ...], Limit(255)] = ()
    profile_url: Annotated[tuple[str, ...], Rule.URL, Limit(2083)] = ()
    profile_bio: str = ""
    ip_capture_event: tuple[IpCaptureEvent, ...] = ()
    device_id: tuple[DeviceId, ...] = ()
    third_party_user_reported: bool | None = None
    prior_ct_reports: Numbers = ()
    group_identifier: Annotated[str, Limit(255)] = ""
    account_temporarily_disabled: TemporarilyDisabled | None = None
    account_permanently_disabled: PermanentlyDisabled | None = None
    estimated_location: EstimatedLocation | None = None
    all_emails_reported: bool | None = None
    associated_account: tuple[AssociatedAccount, ...] = ()
    additional_info: str = ""


@dataclass(frozen=True, slots=True)
class IntendedRecipient:
    """`intendedRecipient`: for whom it was meant."""

    person: Annotated[Person | None, Named("intendedRecipientPerson")] = None
    esp_identifier: Annotated[str, Limit(255)] = ""
    esp_service: Annotated[str, Limit(100)] = ""
    compromised_account: bool | None = None
    screen_name: Annotated[str, Limit(256)] = ""
    display_name: Annotated[tuple[str, ...], Limit(255)] = ()
    profile_url: Annotated[tuple[str, ...], Rule.URL, Limit(2083)] = ()
    profile_bio: str = ""
    ip_capture_event: tuple[IpCaptureEvent, ...] = ()
    device_id: tuple[DeviceId, ...] = ()
    prior_ct_reports: Numbers = ()
    group_identifier: Annotated[str, Limit(255)] = ""
    account_temporarily_disabled: TemporarilyDisabled | None = None
    account_permanently_disabled: PermanentlyDisabled | None = None
    estimated_location: EstimatedLocation | None = None
    all_emails_reported: bool | None = None
    additional_info: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Victim:
    """`victim`: a child who was harmed, with the account that it has, if any."""

    person: Annotated[Person, Named("victimPerson")] = NOBODY
    esp_identifier: Annotated[str, Limit(255)] = ""
    esp_service: Annotated[str, Limit(100)] = ""
    compromised_account: bool | None = None
    screen_name: Annotated[str, Limit(256)] = ""
    display_name: Annotated[tuple[str, ...], Limit(255)] = ()
    profile_url: Annotated[tuple[str, ...], Rule.URL, Limit(2083)] = ()
    profile_bio: str = ""
    ip_capture_event: tuple[IpCaptureEvent, ...] = ()
    device_id: tuple[DeviceId, ...] = ()
    school_name: Annotated[str, Limit(255)] = ""
    prior_ct_reports: Numbers = ()
    account_temporarily_disabled: TemporarilyDisabled | None = None
    account_permanently_disabled: PermanentlyDisabled | None = None
    estimated_location: EstimatedLocation | None = None
    all_emails_reported: bool | None = None
    associated_account: tuple[AssociatedAccount, ...] = ()
    additional_info: str = ""

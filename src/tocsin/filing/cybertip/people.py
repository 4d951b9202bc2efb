"""People in a report: names, addresses, numbers."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from tocsin.filing.cybertip.shape import ATTRIBUTE, TEXT, Limit, Rule
from tocsin.filing.cybertip.values import AddressType, EmailType, PhoneType


@dataclass(frozen=True, slots=True)
class Email:
    """`email`, `emailAddress`."""

    address: Annotated[str, TEXT, Rule.REQUIRED, Rule.EMAIL, Limit(255)] = ""
    type: Annotated[EmailType | None, ATTRIBUTE] = None
    verified: Annotated[bool | None, ATTRIBUTE] = None
    verification_date: Annotated[datetime | None, ATTRIBUTE, Rule.PAST] = None


@dataclass(frozen=True, slots=True)
class Phone:
    """`phone`, `phoneNumber`."""

    number: Annotated[str, TEXT, Rule.REQUIRED, Limit(50)] = ""
    type: Annotated[PhoneType | None, ATTRIBUTE] = None
    verified: Annotated[bool | None, ATTRIBUTE] = None
    verification_date: Annotated[datetime | None, ATTRIBUTE, Rule.PAST] = None
    country_calling_code: Annotated[str, ATTRIBUTE, Rule.CALLING_CODE] = ""
    extension: Annotated[str, ATTRIBUTE, Rule.DIGITS, Limit(10)] = ""


@dataclass(frozen=True, slots=True)
class Address:
    """`address`, `incidentAddress`."""

    address: Annotated[str, Limit(255)] = ""
    city: Annotated[str, Limit(100)] = ""
    zip_code: Annotated[str, Limit(20)] = ""
    state: Annotated[str, Rule.STATE] = ""
    """Of the US."""
    non_usa_state: Annotated[str, Limit(100)] = ""
    country: Annotated[str, Rule.COUNTRY] = ""
    type: Annotated[AddressType | None, ATTRIBUTE] = None


@dataclass(frozen=True, slots=True)
class ContactPerson:
    """`contactPerson`, `officerContact`: whom to ask."""

    first_name: Annotated[str, Limit(100)] = ""
    last_name: Annotated[str, Limit(100)] = ""
    phone: tuple[Phone, ...] = ()
    email: tuple[Email, ...] = ()
    address: tuple[Address, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """`reportingPerson`, `personOrUserReportedPerson`, `intendedRecipientPerson`, `victimPerson`."""

    first_name: Annotated[str, Limit(100)] = ""
    last_name: Annotated[str, Limit(100)] = ""
    phone: tuple[Phone, ...] = ()
    email: tuple[Email, ...] = ()
    address: tuple[Address, ...] = ()
    age: Annotated[int | None, Rule.AGE] = None
    date_of_birth: Annotated[date | None, Rule.PAST] = None


NOBODY = Person()
"""A person of whom nothing is known, where the schema demands one."""

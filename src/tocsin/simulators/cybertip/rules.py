"""The validation rules that the documentation of 2025-06-11 states beside the schema, in our own words.

Each rule is a function from a document that keeps to the schema to sentences, one for each breach.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from tocsin.simulators.cybertip.batched import batch_breaches, batch_file_breaches
from tocsin.simulators.cybertip.codes import Code, RefusedError
from tocsin.simulators.cybertip.documents import Document
from tocsin.simulators.cybertip.truth import Report

if TYPE_CHECKING:
    from lxml.etree import _Element

_PAST: Final = ("incidentDateTime", "dateTime", "uploadedToEspTimestamp")
_PAST_ATTRIBUTES: Final = ("verificationDate", "disabledDate", "userNotifiedDate", "timestamp")
_URLS: Final = ("url", "profileUrl", "legalURL", "locationOfFile")
_EMAILS: Final = ("email", "emailAddress")
_EMAIL: Final = re.compile(
    r"[^\s@<>(),;:\"\[\]\\]{1,64}@([a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{0,62}", re.IGNORECASE
)
_HEX_DIGITS: Final = {"MD5": 32, "SHA1": 40, "SHA-1": 40, "SHA256": 64, "SHA-256": 64, "PDQ": 64}
_INVOLVED: Final = ("personOrUserReported", "intendedRecipient", "victim")
_US: Final = (
    "AL AK AZ AR CA CO CT DE DC FL GA GU HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY "
    "NC ND OH OK OR PA PR RI SC SD TN TX UT VT VA VI WA WV WI WY"
)
_STATES: Final = frozenset(_US.split())
_BATCHED: Final = re.compile(rb"<batchedReport[\s/>]")


class Rules:
    """Each check raises RefusedError."""

    def __init__(self, clock: Callable[[], datetime], prior: Callable[[int], bool]) -> None:
        """`prior` tells whether a number is that of a report that may be named as a prior one."""
        self._clock = clock
        self._prior = prior

    def check_report(self, document: Document) -> None:
        """A report that is to be opened."""
        root = document.root
        batched = root.find("batchedReport") is not None
        _refuse(
            *self._everywhere(root),
            *(batch_breaches(root) if batched else _persons(root)),
            *_incident_emails(root),
            *_locations(root),
            *_disabled(root),
            *self._prior_reports(root),
        )

    def check_details(self, document: Document, report: Report | None) -> None:
        """A file's details; the report, if there is such a one."""
        root = document.root
        batched = report is not None and _BATCHED.search(report.xml) is not None
        _refuse(
            *self._everywhere(root),
            *_viewed(root),
            *_supplemental(root),
            *_hashes(root),
            *(batch_file_breaches(root) if batched else ()),
        )

    @staticmethod
    def check_finish(report: Report) -> None:
        """A report that is to be finished."""
        if _BATCHED.search(report.xml) and len(report.files) > 1:
            raise RefusedError(Code.VALIDATION_FAILED, "A batched report may have only one file.")

    def _everywhere(self, root: "_Element") -> Iterator[str]:
        now = self._clock()
        for one in root.iter(*_PAST):
            yield from _past(str(one.tag), one.text or "", now)
        for one in root.iter("*"):
            for name in _PAST_ATTRIBUTES:
                yield from _past(name, one.get(name, ""), now)
            if "verificationDate" in one.attrib and one.get("verified") not in ("true", "1"):
                yield f"{one.tag!s}: verificationDate may only be given if verified is true."
        for one in root.iter("dateOfBirth"):
            if not _is_before(one.text or "", now):
                yield "dateOfBirth must be in the past."
        yield from _values(root)

    def _prior_reports(self, root: "_Element") -> Iterator[str]:
        for one in root.iter("priorCTReports", "priorCTReport"):
            if not self._prior(int(one.text or "0")):
                yield f"{one.tag!s}: {one.text} is not a valid report ID."


def _refuse(*breaches: str) -> None:
    if breaches:
        raise RefusedError(Code.VALIDATION_FAILED, "\n".join(breaches))


def _past(name: str, text: str, now: datetime) -> Iterator[str]:
    """A time, if there is one, has a zone and lies in the past."""
    if not text.strip():
        return
    time = _time(text)
    if time is None or time.tzinfo is None:
        yield f"{name} must be a time with its zone."
    elif time > now:
        yield f"{name} must be in the past."


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:  # a year or an hour that the schema takes and Python does not
        return None


def _is_before(day: str, now: datetime) -> bool:
    try:
        return date.fromisoformat(day.strip()[:10]) <= now.date()
    except ValueError:  # a year that the schema takes and Python does not
        return False


def _values(root: "_Element") -> Iterator[str]:
    """Addresses that are none."""
    for one in root.iter(*_URLS):
        if not _is_url((one.text or "").strip()):
            yield f"{one.tag!s} must be a valid URL."
    for one in root.iter(*_EMAILS):
        if not _EMAIL.fullmatch((one.text or "").strip()):
            yield f"{one.tag!s} must be a valid e-mail address."
    for one in root.iter("ipAddress"):
        if not _is_ip((one.text or "").strip()):
            yield "ipAddress must be a valid IPv4 or IPv6 address."


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme and parts.hostname) and not re.search(r"\s", text)


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return "%" not in text  # a zone of one machine


def _persons(root: "_Element") -> Iterator[str]:
    if len(root.findall("personOrUserReported")) > 1:
        yield "Only one personOrUserReported may be given, unless the report is batched."
    if root.find("reporter/reportingPerson/email") is None:
        yield "reportingPerson must have an e-mail address."


def _incident_emails(root: "_Element") -> Iterator[str]:
    known = {
        (one.text or "").strip().lower() for name in _INVOLVED for one in root.iterfind(f"{name}//email")
    }
    for one in root.iterfind("internetDetails/emailIncident/emailAddress"):
        if (one.text or "").strip().lower() not in known:
            yield "emailIncident: the e-mail address must also be given for a person of the report."


def _locations(root: "_Element") -> Iterator[str]:
    for one in root.iter("estimatedLocation"):
        region = one.findtext("region")
        if one.findtext("countryCode") != "US":
            continue
        if one.findtext("city") and not region:
            yield "estimatedLocation: region is required with a city in the US."
        if region and region not in _STATES:
            yield "estimatedLocation: region must be a US state."


def _disabled(root: "_Element") -> Iterator[str]:
    for one in root.iter("accountTemporarilyDisabled", "accountPermanentlyDisabled"):
        disabled, notified, again = (
            _time(one.get(name, "")) for name in ("disabledDate", "userNotifiedDate", "reenabledDate")
        )
        if _before(notified, disabled):
            yield "userNotifiedDate must not be before disabledDate."
        if again and disabled and not _before(disabled, again):
            yield "reenabledDate must be after disabledDate."


def _before(first: datetime | None, second: datetime | None) -> bool:
    if first is None or second is None or first.tzinfo is None or second.tzinfo is None:
        return False  # said elsewhere
    return first < second


def _viewed(root: "_Element") -> Iterator[str]:
    if _is_true(root, "exifViewedByEsp") and not _is_true(root, "fileViewedByEsp"):
        yield "fileViewedByEsp must be true when exifViewedByEsp is true."


def _supplemental(root: "_Element") -> Iterator[str]:
    if root.findtext("fileRelevance") != "Supplemental Reported":
        return
    if root.find("fileAnnotations/potentialMeme") is not None or _is_true(root, "potentialMeme"):
        yield "A supplemental file may not be annotated as a potential meme."
    if root.find("industryClassification") is not None:
        yield "A supplemental file may not have an industryClassification."


def _hashes(root: "_Element") -> Iterator[str]:
    for one in root.iter("originalFileHash"):
        kind, text = (one.get("hashType") or "").strip(), (one.text or "").strip()
        digits = _HEX_DIGITS.get(kind.upper())
        if not kind or not text or (digits and not re.fullmatch(rf"[0-9a-fA-F]{{{digits}}}", text)):
            yield f"originalFileHash is not a valid {kind or 'hash'}."


def _is_true(root: "_Element", name: str) -> bool:
    return (root.findtext(name) or "").strip() in ("true", "1")

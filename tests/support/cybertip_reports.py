"""Reports to the CyberTipline for tests: one that keeps every rule, and any that the shapes allow."""

from collections.abc import Callable
from dataclasses import is_dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from hypothesis import strategies as st

from tocsin.filing.cybertip.accounts import (
    AssociatedAccount,
    DeviceId,
    IpCaptureEvent,
    PermanentlyDisabled,
    PersonOrUserReported,
)
from tocsin.filing.cybertip.files import (
    Details,
    FileAnnotations,
    FileDetails,
    NameValuePair,
    OriginalFileHash,
)
from tocsin.filing.cybertip.incidents import InternetDetails, WebPageIncident
from tocsin.filing.cybertip.people import ContactPerson, Email, Person
from tocsin.filing.cybertip.report import IncidentSummary, Report, Reporter
from tocsin.filing.cybertip.shape import Part, Rule, parts_of
from tocsin.filing.cybertip.values import (
    COUNTRIES,
    HASH_LENGTHS,
    LARGEST_NUMBER,
    STATES,
    DetailsType,
    EventName,
    FileRelevance,
    IncidentType,
    IndustryClassification,
)

T = TypeVar("T")

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
THEN = datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC)

REPORT = Report(
    incident_summary=IncidentSummary(
        incident_type=IncidentType.CHILD_PORNOGRAPHY,
        platform="Example Pictures",
        incident_date_time=THEN,
        incident_date_time_description="When the file was uploaded",
    ),
    internet_details=(
        InternetDetails(web_page_incident=WebPageIncident(url=("https://pictures.example/p/9",))),
    ),
    reporter=Reporter(
        reporting_person=Person(
            first_name="Ada", last_name="Example", email=(Email("trust@pictures.example"),)
        ),
        contact_person=ContactPerson(email=(Email("legal@pictures.example"),)),
        company_template="Legal process: legal@pictures.example",
        terms_of_service="https://pictures.example/terms",
        legal_url="https://pictures.example/legal",
    ),
    person_or_user_reported=(
        PersonOrUserReported(
            person=Person(
                email=(Email("someone@example.net", verified=True, verification_date=THEN),),
            ),
            esp_identifier="account-17",
            esp_service="Example Pictures",
            screen_name="someone",
            display_name=("Some One",),
            profile_url=("https://pictures.example/u/17",),
            ip_capture_event=(
                IpCaptureEvent("192.0.2.7", EventName.LOGIN, THEN, possible_proxy=False, port=443),
                IpCaptureEvent("2001:db8::7", EventName.UPLOAD, THEN),
            ),
            prior_ct_reports=(4000001,),
            account_permanently_disabled=PermanentlyDisabled(
                disabled=True, disabled_date=THEN, user_notified=False
            ),
        ),
    ),
    additional_info="Found by the similarity of a picture to one on a list.",
)
"""It keeps every rule."""

FILE = FileDetails(
    report_id=4000002,
    file_id="0123456789abcdef0123456789abcdef",
    original_file_name="harmless.png",
    uploaded_to_esp_timestamp=THEN,
    location_of_file="https://pictures.example/p/9/file",
    file_viewed_by_esp=True,
    exif_viewed_by_esp=True,
    publicly_available=False,
    file_relevance=FileRelevance.REPORTED,
    file_annotations=FileAnnotations(viral=True, generative_ai=True),
    industry_classification=IndustryClassification.B2,
    original_file_hash=(
        OriginalFileHash("d41d8cd98f00b204e9800998ecf8427e", "MD5"),
        OriginalFileHash("0" * 64, "PDQ"),
    ),
    ip_capture_event=IpCaptureEvent("192.0.2.7", EventName.UPLOAD, THEN),
    device_id=(DeviceId("IMEI", "0"),),
    details=(Details((NameValuePair("Make", "Example"),), DetailsType.EXIF),),
    additional_info=("Entry 5 of the list, at distance 12.",),
)
"""It keeps every rule."""


def reports(*, rough: bool = False) -> st.SearchStrategy[Report]:
    """Any report that the schema allows; its values keep their own rules, unless it is `rough`."""
    return _any(Report, 5, rough=rough)


def details(*, rough: bool = False) -> st.SearchStrategy[FileDetails]:
    """Any details of a file, likewise."""
    return _any(FileDetails, 8, rough=rough)


def _any(shape: type[T], most: int, *, rough: bool) -> st.SearchStrategy[T]:
    """Values of a dataclass with one to `most` fields besides those that must be there: never empty."""

    @st.composite
    def drawn(draw: st.DrawFn) -> T:
        parts = {part.field: part for part in parts_of(shape)}
        needed = {field for field, part in parts.items() if _is_needed(part)}
        free = sorted(field for field, part in parts.items() if not _is_held_always(part))
        other = draw(st.sets(st.sampled_from(free), min_size=1, max_size=most))
        chosen = needed | _allowed(shape, other)
        return shape(**{field: draw(_of_part(parts[field], rough=rough)) for field in sorted(chosen)})

    return drawn()


def _is_needed(part: Part) -> bool:
    return Rule.REQUIRED in part.rules or _is_held_always(part) or part.field in {"report_id", "file_id"}


def _is_held_always(part: Part) -> bool:
    return is_dataclass(part.type) and not (part.optional or part.repeated)


def _allowed(shape: type, fields: set[str]) -> set[str]:
    """Without what cannot stand together."""
    if shape is InternetDetails:
        return set(sorted(fields)[:1])
    if shape is AssociatedAccount and "date_of_birth" in fields:
        return fields - {"approximate_age"}
    if shape is FileDetails and "potential_meme" in fields:
        return fields - {"file_annotations"}
    return fields


def _of_part(part: Part, *, rough: bool) -> st.SearchStrategy[object]:
    one: st.SearchStrategy[object]
    if is_dataclass(part.type):
        one = st.deferred(lambda: _any(part.type, 3, rough=rough))
    elif part.is_flag:
        one = st.just(value=True)
    else:
        one = _of_leaf(part, rough=rough)
    return st.lists(one, min_size=1, max_size=2).map(tuple) if part.repeated else one


def _of_leaf(part: Part, *, rough: bool) -> st.SearchStrategy[object]:
    odd = next((_ODD[rule] for rule in sorted(part.rules, key=str) if rough and rule in _ODD), None)
    if odd is not None:
        return st.sampled_from(odd)
    if part.type is datetime and rough:
        return st.sampled_from(_ODD_TIMES)
    ruled = next((_RULED[rule] for rule in sorted(part.rules, key=str) if rule in _RULED), None)
    if ruled is not None:
        return ruled
    if issubclass(part.type, StrEnum):
        return st.sampled_from(sorted(part.type))
    if part.type is str:
        return _texts(min(part.limit or 30, 30))
    return _KINDS[part.type]()


def _texts(most: int) -> st.SearchStrategy[str]:
    alphabet = st.one_of(
        st.sampled_from(" <>&\"'\t\n\r]]>é中\U0001f600"),
        st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"),
    )
    return st.text(alphabet, min_size=1, max_size=most).filter(lambda text: bool(text.strip()))


_ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_KINDS: dict[type, Callable[[], st.SearchStrategy[object]]] = {
    bool: st.booleans,
    int: lambda: st.integers(0, 2**31),
    date: lambda: st.dates(date(1900, 1, 1), date(2026, 10, 30)),
    datetime: lambda: st.datetimes(datetime(2000, 1, 1), datetime(2026, 10, 30), timezones=_ZONES),  # noqa: DTZ001 - the zone is drawn
    Decimal: lambda: st.decimals(-90, 90, places=5),
}
_URLS = st.from_regex(r"\Ahttps?://[a-z]{1,10}\.example/[a-z0-9/?=&]{0,10}\Z")
_RULED: dict[Rule, st.SearchStrategy[object]] = {
    Rule.URL: _URLS,
    Rule.EMAIL: st.from_regex(r"\A[a-z]{1,10}@[a-z]{1,10}\.example\Z"),
    Rule.IP: st.one_of(st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(str)),
    Rule.COUNTRY: st.sampled_from(sorted(COUNTRIES)),
    Rule.STATE: st.sampled_from(sorted(STATES)),
    Rule.CALLING_CODE: st.from_regex(r"\A\+[0-9]{1,3}\Z"),
    Rule.DIGITS: st.from_regex(r"\A[0-9]{1,10}\Z"),
    Rule.HASH_TYPE: st.sampled_from(sorted(HASH_LENGTHS)),
    Rule.AGE: st.integers(0, 150),
    Rule.PORT: st.integers(1, 65535),
    Rule.NUMBER: st.integers(1, LARGEST_NUMBER),
}
_ODD_TIMES = (THEN, NOW, NOW + timedelta(days=1), NOW - timedelta(microseconds=1), THEN.replace(tzinfo=None))
_ODD: dict[Rule, tuple[object, ...]] = {
    Rule.URL: (
        "https://pictures.example/p/9",
        "http://192.0.2.1:8080/",
        "http://x.example:99999/",
        "https://",
        "//x.example/",
        "x.example",
        "https://x.example/a b",
        "https://ex\u00e4mple.example/",
        "http://[::1/",
    ),
    Rule.EMAIL: (
        "someone@example.net",
        "some.one+tag@mail.example",
        "x" * 64 + "@example.net",
        "x" * 65 + "@example.net",
        "s\u00f6meone@example.net",
        "someone@ex\u00e4mple.net",
        "someone@example.123",
        "someone@example",
        "someone@192.0.2.1",
        "someone@-x.example",
        "a@b@example.net",
        "some one@example.net",
    ),
    Rule.IP: ("192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "192.0.2.01", "1", "fe80::1%1", "192.0.2.1/32"),
}

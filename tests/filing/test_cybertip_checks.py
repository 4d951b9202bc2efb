"""Every rule of the CyberTipline's documentation: what breaks it, and what just keeps it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.cybertip_reports import FILE, NOW, REPORT, THEN

from tocsin.filing.cybertip.accounts import (
    AssociatedAccount,
    DeviceId,
    EstimatedLocation,
    IntendedRecipient,
    IpCaptureEvent,
    PermanentlyDisabled,
    PersonOrUserReported,
    Platform,
    TemporarilyDisabled,
    Victim,
)
from tocsin.filing.cybertip.checks import Problem, problems
from tocsin.filing.cybertip.files import (
    Details,
    FileAnnotations,
    FileDetails,
    NameValuePair,
    OriginalFileHash,
)
from tocsin.filing.cybertip.incidents import (
    CellPhoneIncident,
    EmailIncident,
    InternetDetails,
    WebPageIncident,
)
from tocsin.filing.cybertip.people import Address, Email, Person, Phone
from tocsin.filing.cybertip.problems import BATCHED
from tocsin.filing.cybertip.report import (
    BatchedReport,
    IncidentSummary,
    LawEnforcement,
    Report,
    Reporter,
    ServedLegalProcessInternational,
)
from tocsin.filing.cybertip.values import (
    LARGEST_NUMBER,
    AssociationType,
    BatchReason,
    DetailsType,
    FileRelevance,
    IncidentType,
    IndustryClassification,
)
from tocsin.filing.cybertip.writing import report_xml
from tocsin.filing.errors import UnwritableDocumentError

LATER = NOW + timedelta(seconds=1)
NAIVE = datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 - that is what is wrong with it
ONE = "report/personOrUserReported[1]"
PERSON = f"{ONE}/personOrUserReportedPerson"


def _found(report: Report, *files: FileDetails) -> set[tuple[str, str]]:
    return {(one.field, one.code) for one in problems(report, files, NOW)}


def _summary(**changes: Any) -> Report:  # noqa: ANN401 - a field's value
    return replace(REPORT, incident_summary=replace(REPORT.incident_summary, **changes))


def _account(**changes: Any) -> Report:  # noqa: ANN401 - a field's value
    return replace(REPORT, person_or_user_reported=(replace(REPORT.person_or_user_reported[0], **changes),))


def _person(**changes: Any) -> Report:  # noqa: ANN401 - a field's value
    return _account(person=Person(**changes))


def _web(*urls: str) -> Report:
    details = InternetDetails(web_page_incident=WebPageIncident(url=urls))
    return replace(REPORT, internet_details=(details,))


def test_a_report_that_keeps_every_rule_has_no_problem() -> None:
    assert problems(REPORT, [FILE, replace(FILE, report_id=0, file_id="")], NOW) == ()


BROKEN: list[tuple[Report, str, str]] = [
    (_summary(incident_type=None), "report/incidentSummary/incidentType", "required"),
    (_summary(incident_date_time=None), "report/incidentSummary/incidentDateTime", "required"),
    (_summary(incident_date_time=NOW), "report/incidentSummary/incidentDateTime", "not_past"),
    (_summary(incident_date_time=LATER), "report/incidentSummary/incidentDateTime", "not_past"),
    (_summary(incident_date_time=NAIVE), "report/incidentSummary/incidentDateTime", "no_zone"),
    (_summary(platform="x" * 257), "report/incidentSummary/platform", "too_long"),
    (_summary(escalate_to_high_priority=" \n"), "report/incidentSummary/escalateToHighPriority", "blank"),
    (
        _summary(escalate_to_high_priority="x" * 3001),
        "report/incidentSummary/escalateToHighPriority",
        "too_long",
    ),
    (
        _web("https://x.example/", "pictures.example/p/9"),
        "report/internetDetails[1]/webPageIncident/url[2]",
        "not_a_url",
    ),
    (replace(REPORT, reporter=Reporter()), "report/reporter/reportingPerson/email", "required"),
    (
        replace(REPORT, reporter=Reporter(Person(email=(Email("trust@"),)))),
        "report/reporter/reportingPerson/email[1]",
        "not_an_email",
    ),
    (
        replace(REPORT, reporter=replace(REPORT.reporter, legal_url="javascript:x")),
        "report/reporter/legalURL",
        "not_a_url",
    ),
    (
        replace(REPORT, person_or_user_reported=REPORT.person_or_user_reported * 2),
        "report/personOrUserReported[2]",
        "several_persons",
    ),
    (
        replace(REPORT, law_enforcement=LawEnforcement(reported_to_le=True)),
        "report/lawEnforcement/agencyName",
        "required",
    ),
    (
        replace(
            REPORT,
            law_enforcement=LawEnforcement(
                "Police",
                served_legal_process_international=ServedLegalProcessInternational(True, "XX"),  # noqa: FBT003 - the element's text
            ),
        ),
        "report/lawEnforcement/servedLegalProcessInternational/@fleaCountry",
        "not_a_country",
    ),
    (
        replace(
            REPORT,
            internet_details=(InternetDetails(cell_phone_incident=CellPhoneIncident(latitude=Decimal(91))),),
        ),
        "report/internetDetails[1]/cellPhoneIncident/latitude",
        "out_of_range",
    ),
    (
        replace(
            REPORT,
            internet_details=(
                InternetDetails(cell_phone_incident=CellPhoneIncident(longitude=Decimal("-180.1"))),
            ),
        ),
        "report/internetDetails[1]/cellPhoneIncident/longitude",
        "out_of_range",
    ),
    (replace(REPORT, additional_info="\x07"), "report/additionalInfo", "unprintable"),
    (_person(email=(Email(type=None, verified=True),)), f"{PERSON}/email[1]", "required"),
    (_person(email=(Email("x" * 65 + "@example.net"),)), f"{PERSON}/email[1]", "not_an_email"),
    (_person(email=(Email("a@" + "x." * 130 + "net"),)), f"{PERSON}/email[1]", "too_long"),
    (
        _person(email=(Email("a@example.net", verification_date=THEN),)),
        f"{PERSON}/email[1]/@verified",
        "unverified",
    ),
    (
        _person(email=(Email("a@example.net", verified=True, verification_date=LATER),)),
        f"{PERSON}/email[1]/@verificationDate",
        "not_past",
    ),
    (
        _person(phone=(Phone("1", verified=False, verification_date=THEN),)),
        f"{PERSON}/phone[1]/@verified",
        "unverified",
    ),
    (_person(phone=(Phone("1" * 51),)), f"{PERSON}/phone[1]", "too_long"),
    (
        _person(phone=(Phone("1", country_calling_code="0044"),)),
        f"{PERSON}/phone[1]/@countryCallingCode",
        "not_a_calling_code",
    ),
    (_person(phone=(Phone("1", extension="x1"),)), f"{PERSON}/phone[1]/@extension", "not_digits"),
    (_person(phone=(Phone("1", extension="1" * 11),)), f"{PERSON}/phone[1]/@extension", "too_long"),
    (_person(address=(Address(state="ON"),)), f"{PERSON}/address[1]/state", "not_a_state"),
    (_person(address=(Address(country="UK"),)), f"{PERSON}/address[1]/country", "not_a_country"),
    (_person(age=151), f"{PERSON}/age", "not_an_age"),
    (_person(age=-1), f"{PERSON}/age", "not_an_age"),
    (_person(date_of_birth=NOW.date()), f"{PERSON}/dateOfBirth", "not_past"),
    (
        _account(ip_capture_event=(IpCaptureEvent("192.0.2.256"),)),
        f"{ONE}/ipCaptureEvent[1]/ipAddress",
        "not_an_ip",
    ),
    (
        _account(ip_capture_event=(IpCaptureEvent("fe80::1%eth0"),)),
        f"{ONE}/ipCaptureEvent[1]/ipAddress",
        "not_an_ip",
    ),
    (
        _account(ip_capture_event=(IpCaptureEvent(date_time=THEN),)),
        f"{ONE}/ipCaptureEvent[1]/ipAddress",
        "required",
    ),
    (
        _account(ip_capture_event=(IpCaptureEvent("::1", date_time=NAIVE),)),
        f"{ONE}/ipCaptureEvent[1]/dateTime",
        "no_zone",
    ),
    (
        _account(ip_capture_event=(IpCaptureEvent("::1", port=0),)),
        f"{ONE}/ipCaptureEvent[1]/port",
        "not_a_port",
    ),
    (
        _account(ip_capture_event=(IpCaptureEvent("::1", port=65536),)),
        f"{ONE}/ipCaptureEvent[1]/port",
        "not_a_port",
    ),
    (_account(device_id=(DeviceId("IMEI"),)), f"{ONE}/deviceId[1]/idValue", "required"),
    (_account(prior_ct_reports=(0,)), f"{ONE}/priorCTReports[1]", "not_a_number"),
    (_account(prior_ct_reports=(1, LARGEST_NUMBER + 1)), f"{ONE}/priorCTReports[2]", "not_a_number"),
    (_account(profile_url=("https:///u",)), f"{ONE}/profileUrl[1]", "not_a_url"),
    (_account(display_name=("x", "y" * 256)), f"{ONE}/displayName[2]", "too_long"),
    (_account(vehicle_description="x" * 301), f"{ONE}/vehicleDescription", "too_long"),
    (
        _account(estimated_location=EstimatedLocation(city="Springfield", country_code="US")),
        f"{ONE}/estimatedLocation/region",
        "required",
    ),
    (
        _account(estimated_location=EstimatedLocation(region="Bavaria", country_code="US")),
        f"{ONE}/estimatedLocation/region",
        "not_a_state",
    ),
    (
        _account(
            account_temporarily_disabled=TemporarilyDisabled(
                disabled=True, disabled_date=THEN, user_notified_date=THEN - timedelta(seconds=1)
            )
        ),
        f"{ONE}/accountTemporarilyDisabled/@userNotifiedDate",
        "before_disabled",
    ),
    (
        _account(
            account_temporarily_disabled=TemporarilyDisabled(
                disabled=False, disabled_date=THEN, reenabled_date=THEN
            )
        ),
        f"{ONE}/accountTemporarilyDisabled/@reenabledDate",
        "before_disabled",
    ),
    (
        _account(account_permanently_disabled=PermanentlyDisabled(disabled_date=THEN)),
        f"{ONE}/accountPermanentlyDisabled",
        "required",
    ),
    (
        _account(associated_account=(AssociatedAccount(screen_name="other"),)),
        f"{ONE}/associatedAccount[1]/@type",
        "required",
    ),
    (
        _account(
            associated_account=(
                AssociatedAccount(
                    approximate_age=0, date_of_birth=date(2000, 1, 1), type=AssociationType.LINKED
                ),
            )
        ),
        f"{ONE}/associatedAccount[1]/approximateAge",
        "two_ages",
    ),
]


@pytest.mark.parametrize(
    ("report", "field", "code"), BROKEN, ids=lambda one: one if isinstance(one, str) else ""
)
def test_a_broken_rule_of_the_report_is_named(report: Report, field: str, code: str) -> None:
    assert _found(report) == {(field, code)}


def _phone_at(latitude: int, longitude: int) -> Report:
    phone = CellPhoneIncident(latitude=Decimal(latitude), longitude=Decimal(longitude))
    return replace(REPORT, internet_details=(InternetDetails(cell_phone_incident=phone),))


@pytest.mark.parametrize(
    ("latitude", "longitude", "wrong"),
    [(91, 0, "latitude"), (-91, 0, "latitude"), (0, 181, "longitude"), (0, -181, "longitude")],
)
def test_a_place_is_on_the_earth(latitude: int, longitude: int, wrong: str) -> None:
    where = f"report/internetDetails[1]/cellPhoneIncident/{wrong}"
    assert _found(_phone_at(latitude, longitude)) == {(where, "out_of_range")}


KEPT: list[Report] = [
    _summary(incident_date_time=NOW - timedelta(microseconds=1)),
    _summary(platform="x" * 256, escalate_to_high_priority="x" * 3000),
    _web("http://192.0.2.1:8080/x?y=%C3%A9#z", "https://[2001:db8::1]/", "ftp://files.example/a"),
    _person(email=(Email("x" * 64 + "@" + "y" * 60 + ".example"),), age=0),
    _person(age=150, date_of_birth=NOW.date() - timedelta(days=1)),
    _person(phone=(Phone("1" * 50, country_calling_code="+1", extension="1" * 10),)),
    _person(address=(Address(state="PR", country="US"), Address(country="A1", non_usa_state="Ontario"))),
    _account(ip_capture_event=(IpCaptureEvent("::ffff:192.0.2.1", port=1), IpCaptureEvent("::", port=65535))),
    _account(prior_ct_reports=(1, LARGEST_NUMBER)),
    *(_phone_at(latitude, longitude) for latitude, longitude in ((90, 180), (-90, -180))),
    _account(estimated_location=EstimatedLocation(city="Springfield", region="IL", country_code="US")),
    _account(estimated_location=EstimatedLocation(city="Munich", country_code="DE")),
    _account(
        account_temporarily_disabled=TemporarilyDisabled(
            disabled=True,
            disabled_date=THEN,
            user_notified_date=THEN,
            reenabled_date=THEN + timedelta(seconds=1),
        )
    ),
    _account(
        associated_account=(
            AssociatedAccount(
                Platform("Other", third_party_user=True), approximate_age=9, type=AssociationType.OTHER
            ),
        )
    ),
    replace(REPORT, person_or_user_reported=()),
    replace(REPORT, internet_details=(InternetDetails(),), victim=(Victim(),)),
]


@pytest.mark.parametrize("report", KEPT)
def test_a_rule_that_is_just_kept_is_no_problem(report: Report) -> None:
    assert _found(report) == set()


def _by_mail(address: str, **people: Any) -> Report:  # noqa: ANN401 - a field's value
    incident = InternetDetails(email_incident=EmailIncident((Email(address),)))
    return replace(REPORT, internet_details=(incident,), **people)


@pytest.mark.parametrize(
    "report",
    [
        _by_mail("someone@example.net"),
        _by_mail("kid@example.net", victim=(Victim(Person(email=(Email("kid@example.net"),))),)),
        _by_mail(
            "to@example.net",
            intended_recipient=(IntendedRecipient(Person(email=(Email("to@example.net"),))),),
        ),
    ],
)
def test_an_address_of_an_email_incident_belongs_to_somebody_in_the_report(report: Report) -> None:
    assert _found(report) == set()


@pytest.mark.parametrize("address", ["other@example.net", "trust@pictures.example"])
def test_an_address_that_is_nobodys_or_only_the_reporters_is_a_problem(address: str) -> None:
    field = "report/internetDetails[1]/emailIncident/emailAddress[1]"

    assert _found(_by_mail(address)) == {(field, "email_of_nobody")}


BROKEN_FILES: list[tuple[FileDetails, str, str]] = [
    (replace(FILE, report_id=-1), "file[2]/reportId", "not_a_number"),
    (replace(FILE, original_file_name="x" * 2057), "file[2]/originalFileName", "too_long"),
    (replace(FILE, uploaded_to_esp_timestamp=LATER), "file[2]/uploadedToEspTimestamp", "not_past"),
    (replace(FILE, location_of_file="/p/9"), "file[2]/locationOfFile", "not_a_url"),
    (replace(FILE, location_of_file="https://x.example/a b"), "file[2]/locationOfFile", "not_a_url"),
    (
        replace(FILE, location_of_file="https://x.example/" + "x" * 2083),
        "file[2]/locationOfFile",
        "too_long",
    ),
    (replace(FILE, file_viewed_by_esp=False), "file[2]/fileViewedByEsp", "exif_without_file"),
    (replace(FILE, file_viewed_by_esp=None), "file[2]/fileViewedByEsp", "exif_without_file"),
    (
        replace(FILE, file_relevance=FileRelevance.SUPPLEMENTAL),
        "file[2]/industryClassification",
        "supplemental",
    ),
    (
        replace(
            FILE,
            file_relevance=FileRelevance.SUPPLEMENTAL,
            industry_classification=None,
            file_annotations=FileAnnotations(potential_meme=True),
        ),
        "file[2]/fileAnnotations/potentialMeme",
        "supplemental",
    ),
    (
        replace(
            FILE,
            file_relevance=FileRelevance.SUPPLEMENTAL,
            industry_classification=None,
            file_annotations=None,
            potential_meme=True,
        ),
        "file[2]/potentialMeme",
        "supplemental",
    ),
    (
        replace(FILE, original_file_hash=(OriginalFileHash("0" * 64, "SHA-256"),)),
        "file[2]/originalFileHash[1]/@hashType",
        "unknown_hash_type",
    ),
    (
        replace(FILE, original_file_hash=(OriginalFileHash("0" * 32),)),
        "file[2]/originalFileHash[1]/@hashType",
        "required",
    ),
    (
        replace(FILE, original_file_hash=(OriginalFileHash("0" * 32, "SHA1"),)),
        "file[2]/originalFileHash[1]",
        "not_that_hash",
    ),
    (
        replace(FILE, original_file_hash=(OriginalFileHash("g" * 32, "MD5"),)),
        "file[2]/originalFileHash[1]",
        "not_that_hash",
    ),
    (
        replace(FILE, details=(Details((), DetailsType.EXIF),)),
        "file[2]/details[1]/nameValuePair",
        "required",
    ),
    (
        replace(FILE, details=(Details((NameValuePair("x" * 65, "y"),), DetailsType.EXIF),)),
        "file[2]/details[1]/nameValuePair[1]/name",
        "too_long",
    ),
    (
        replace(FILE, ip_capture_event=IpCaptureEvent("localhost")),
        "file[2]/ipCaptureEvent/ipAddress",
        "not_an_ip",
    ),
    (replace(FILE, additional_info=("x", " ")), "file[2]/additionalInfo[2]", "blank"),
]


@pytest.mark.parametrize(
    ("file", "field", "code"), BROKEN_FILES, ids=lambda one: one if isinstance(one, str) else ""
)
def test_a_broken_rule_of_a_file_is_named(file: FileDetails, field: str, code: str) -> None:
    assert _found(REPORT, FILE, file) == {(field, code)}


@pytest.mark.parametrize(
    "file",
    [
        replace(FILE, file_viewed_by_esp=True, exif_viewed_by_esp=False),
        replace(FILE, file_viewed_by_esp=False, exif_viewed_by_esp=None),
        replace(FILE, original_file_hash=(OriginalFileHash("0123456789abcdefFEDCBA9876543210", "MD5"),)),
        replace(FILE, original_file_name="x" * 2056, location_of_file="https://x.example/" + "x" * 2065),
        replace(
            FILE,
            file_relevance=FileRelevance.SUPPLEMENTAL,
            industry_classification=None,
            file_annotations=FileAnnotations(viral=True),
        ),
    ],
)
def test_a_rule_of_a_file_that_is_just_kept_is_no_problem(file: FileDetails) -> None:
    assert _found(REPORT, file) == set()


BATCH = Report(
    batched_report=BatchedReport(BatchReason.VIRAL_POTENTIAL_MEME),
    incident_summary=IncidentSummary(IncidentType.CHILD_PORNOGRAPHY, incident_date_time=THEN),
    reporter=REPORT.reporter,
    person_or_user_reported=(
        PersonOrUserReported(esp_identifier="1"),
        PersonOrUserReported(esp_identifier="2"),
    ),
)
VIRAL = FileDetails(
    file_viewed_by_esp=True,
    file_annotations=FileAnnotations(viral=True, potential_meme=True),
    industry_classification=IndustryClassification.A1,
)


def test_a_batched_report_may_name_many_accounts_and_one_file() -> None:
    assert _found(BATCH, VIRAL) == set()
    assert _found(BATCH) == set()


@pytest.mark.parametrize(
    ("report", "file", "field"),
    [
        (replace(BATCH, additional_info="x"), VIRAL, "report/additionalInfo"),
        (replace(BATCH, internet_details=REPORT.internet_details), VIRAL, "report/internetDetails"),
        (replace(BATCH, law_enforcement=LawEnforcement("Police")), VIRAL, "report/lawEnforcement"),
        (
            replace(BATCH, intended_recipient=(IntendedRecipient(screen_name="x"),)),
            VIRAL,
            "report/intendedRecipient",
        ),
        (replace(BATCH, victim=(Victim(screen_name="x"),)), VIRAL, "report/victim"),
        (
            replace(BATCH, incident_summary=replace(BATCH.incident_summary, escalate_to_high_priority="x")),
            VIRAL,
            "report/incidentSummary/escalateToHighPriority",
        ),
        (
            replace(
                BATCH, person_or_user_reported=(PersonOrUserReported(esp_identifier="1", screen_name="x"),)
            ),
            VIRAL,
            "report/personOrUserReported[1]/screenName",
        ),
        (BATCH, replace(VIRAL, file_annotations=None), "file[1]/fileAnnotations"),
        (
            BATCH,
            replace(VIRAL, file_annotations=FileAnnotations(viral=True, infant=True)),
            "file[1]/fileAnnotations",
        ),
        (BATCH, replace(VIRAL, original_file_name="x"), "file[1]/originalFileName"),
        (BATCH, replace(VIRAL, location_of_file="https://x.example/"), "file[1]/locationOfFile"),
        (BATCH, replace(VIRAL, original_file_hash=FILE.original_file_hash), "file[1]/originalFileHash"),
        (BATCH, replace(VIRAL, ip_capture_event=FILE.ip_capture_event), "file[1]/ipCaptureEvent"),
        (BATCH, replace(VIRAL, device_id=FILE.device_id), "file[1]/deviceId"),
        (BATCH, replace(VIRAL, details=FILE.details), "file[1]/details"),
        (BATCH, replace(VIRAL, additional_info=("x",)), "file[1]/additionalInfo"),
    ],
)
def test_a_batched_report_may_hold_little_more(report: Report, file: FileDetails, field: str) -> None:
    (problem,) = problems(report, [file], NOW)

    assert (problem.field, problem.code, problem.source) == (field, "batched", BATCHED)


def test_a_batched_report_has_neither_a_second_nor_a_supplemental_file() -> None:
    supplemental = replace(
        VIRAL,
        industry_classification=None,
        file_relevance=FileRelevance.SUPPLEMENTAL,
        file_annotations=FileAnnotations(viral=True),
    )

    assert _found(BATCH, VIRAL, VIRAL) == {("file[2]", "batched")}
    assert _found(BATCH, supplemental) == {("file[1]/fileRelevance", "batched")}


def test_an_account_in_a_batched_report_is_named() -> None:
    nameless = replace(BATCH, person_or_user_reported=(PersonOrUserReported(screen_name="x"),))

    assert _found(nameless) == {
        ("report/personOrUserReported[1]/espIdentifier", "batched"),
        ("report/personOrUserReported[1]/screenName", "batched"),
    }


def test_a_problem_says_what_and_by_whose_rule() -> None:
    (problem,) = problems(_summary(platform="x" * 300), [], NOW)

    assert problem == Problem(
        "report/incidentSummary/platform",
        "too_long",
        "It has 300 characters, and may have 256.",
        "NCMEC, CyberTipline schema of 2025-11",
    )


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=3))
def test_what_cannot_be_written_is_a_problem_and_nothing_else_is(text: str) -> None:
    report = Report(additional_info=f"x{text}")
    complaint = ("report/additionalInfo", "unprintable") in _found(report)

    assert complaint is not _is_written(lambda: report_xml(report))


def _is_written(write: Callable[[], bytes]) -> bool:
    try:
        return bool(write())
    except UnwritableDocumentError:
        return False


@pytest.mark.parametrize("number", ["NaN", "Infinity"])
def test_a_number_that_is_none_is_no_place(number: str) -> None:
    nowhere = InternetDetails(cell_phone_incident=CellPhoneIncident(longitude=Decimal(number)))

    assert _found(replace(REPORT, internet_details=(nowhere,))) == {
        ("report/internetDetails[1]/cellPhoneIncident/longitude", "out_of_range")
    }


def test_times_of_other_zones_are_compared_as_times() -> None:
    early = datetime.fromisoformat("2026-11-01T13:59:59+02:00")
    late = datetime.fromisoformat("2026-11-01T07:00:01-05:00")

    assert _found(_summary(incident_date_time=early.astimezone(UTC))) == set()
    assert _found(_summary(incident_date_time=early)) == set()
    assert _found(_summary(incident_date_time=late)) != set()

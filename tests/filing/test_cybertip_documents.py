"""What is written of a report is read back equal, is what the schema takes, and has nothing empty in it."""

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given, settings
from lxml import etree
from support.cybertip_reports import FILE, REPORT, details, reports

from tocsin.filing.cybertip.accounts import PersonOrUserReported, Victim
from tocsin.filing.cybertip.files import FileAnnotations, FileDetails
from tocsin.filing.cybertip.incidents import CellPhoneIncident, ChatImIncident, EmailIncident, InternetDetails
from tocsin.filing.cybertip.people import Email, Person
from tocsin.filing.cybertip.reading import details_of, report_of
from tocsin.filing.cybertip.report import IncidentSummary, Report, ReportAnnotations
from tocsin.filing.cybertip.schema import Schema
from tocsin.filing.cybertip.writing import details_xml, report_xml
from tocsin.filing.cybertip.xml import LARGEST
from tocsin.filing.errors import UnreadableDocumentError, UnwritableDocumentError

SCHEMA = Schema.of(resources.files("tocsin.simulators").joinpath("data/cybertip.xsd").read_bytes())


@settings(deadline=None, max_examples=25)
@given(reports())
def test_any_report_is_read_back_equal_and_valid(report: Report) -> None:
    document = report_xml(report)

    assert report_of(document) == report
    assert SCHEMA.violations(document) == ()
    assert SCHEMA.lacks(document) == ()


@settings(deadline=None)
@given(details())
def test_any_details_are_read_back_equal_and_valid(one: FileDetails) -> None:
    document = details_xml(one)

    assert details_of(document) == one
    assert SCHEMA.violations(document) == ()
    assert SCHEMA.lacks(document) == ()


def test_a_whole_report_is_this_text() -> None:
    expected = Path(__file__).with_name("cybertip_report.xml").read_bytes()

    assert report_of(expected) == REPORT
    assert _canonical(report_xml(REPORT)) == _canonical(expected)
    assert report_xml(REPORT).startswith(
        b'<?xml version="1.0" encoding="UTF-8"?>\n<report xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        b' xsi:noNamespaceSchemaLocation="https://report.cybertip.org/ispws/xsd">'
    )


def test_the_details_of_a_file_are_this_text() -> None:
    expected = Path(__file__).with_name("cybertip_details.xml").read_bytes()

    assert details_of(expected) == FILE
    assert _canonical(details_xml(FILE)) == _canonical(expected).replace(b"<viral>", b"<viral>true").replace(
        b"<generativeAi>", b"<generativeAi>true"
    )


def _canonical(document: bytes) -> bytes:
    parser = etree.XMLParser(remove_blank_text=True)
    return etree.tostring(etree.fromstring(document, parser), method="c14n")


def test_an_empty_part_is_not_written() -> None:
    report = replace(
        REPORT,
        incident_summary=replace(REPORT.incident_summary, report_annotations=ReportAnnotations()),
        internet_details=(InternetDetails(), InternetDetails(email_incident=EmailIncident((Email(),)))),
        person_or_user_reported=(PersonOrUserReported(person=Person(), display_name=("", "x")),),
        intended_recipient=(),
        victim=(Victim(),),
    )

    document = report_xml(report)

    assert not [one.tag for one in etree.fromstring(document).iter() if not (len(one) or one.text)]
    assert b"internetDetails" not in document
    assert b"victim" not in document
    assert report_of(document).person_or_user_reported == (PersonOrUserReported(display_name=("x",)),)


def test_what_the_schema_demands_is_written_even_if_nothing_is_known() -> None:
    document = report_xml(replace(REPORT, victim=(Victim(screen_name="kid"),)))

    assert b"<victim><victimPerson/><screenName>kid</screenName></victim>" in document
    assert SCHEMA.violations(document) == ()


def test_a_draft_that_is_not_complete_is_kept_as_it_is() -> None:
    assert report_of(report_xml(Report())) == Report()
    assert details_of(details_xml(FileDetails())) == FileDetails()
    assert b"reportId" not in details_xml(FileDetails())


def test_what_is_false_is_said_and_what_is_not_known_is_not() -> None:
    document = details_xml(FileDetails(1, "a", file_viewed_by_esp=False, file_annotations=FileAnnotations()))

    assert b"<fileViewedByEsp>false</fileViewedByEsp>" in document
    assert b"exifViewedByEsp" not in document
    assert b"fileAnnotations" not in document


@pytest.mark.parametrize("text", ["\r\n", " a ", "]]>", "<b>&amp;", "\u2028", "\U0001f600"])
def test_a_text_stays_to_the_character(text: str) -> None:
    chat = InternetDetails(chat_im_incident=ChatImIncident(content=text + "x" + text))
    report = replace(REPORT, internet_details=(chat,))

    assert report_of(report_xml(report)) == report


@pytest.mark.parametrize("text", ["\0", "\x08", "\x1b[0m", "\ud800", "\ufffe"])
def test_what_xml_cannot_say_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(UnwritableDocumentError, match=r"^report/additionalInfo holds"):
        report_xml(replace(REPORT, additional_info=text))


def test_a_day_and_a_place_are_kept_as_they_were_given() -> None:
    phone = CellPhoneIncident(latitude=Decimal("-0.50"), longitude=Decimal("1E+2"))
    victim = Victim(Person(age=0, date_of_birth=date(2020, 2, 29)))
    report = replace(REPORT, internet_details=(InternetDetails(cell_phone_incident=phone),), victim=(victim,))
    document = report_xml(report)

    assert b"<latitude>-0.50</latitude><longitude>100</longitude>" in document
    assert b"<age>0</age><dateOfBirth>2020-02-29</dateOfBirth>" in document
    assert report_of(document) == report
    with pytest.raises(UnreadableDocumentError, match="dateOfBirth: its value"):
        report_of(document.replace(b"2020-02-29", b"2021-02-29"))


@pytest.mark.parametrize("number", ["NaN", "Infinity"])
def test_a_number_that_is_none_is_refused(number: str) -> None:
    nowhere = InternetDetails(cell_phone_incident=CellPhoneIncident(latitude=Decimal(number)))

    with pytest.raises(UnwritableDocumentError, match="latitude holds"):
        report_xml(replace(REPORT, internet_details=(nowhere,)))


def test_a_document_that_could_not_be_read_again_is_not_written() -> None:
    with pytest.raises(UnwritableDocumentError, match="larger"):
        report_xml(replace(REPORT, additional_info="x" * LARGEST))


@pytest.mark.parametrize(
    ("zone", "written"),
    [
        (UTC, "2026-01-02T03:04:05Z"),
        (timezone(timedelta(hours=-5)), "2026-01-02T03:04:05-05:00"),
        (timezone(timedelta(hours=15)), "2026-01-01T12:04:05Z"),
        (timezone(timedelta(minutes=9, seconds=21)), "2026-01-02T02:54:44Z"),
    ],
)
def test_a_time_has_a_zone_that_the_schema_has(zone: timezone, written: str) -> None:
    time = datetime(2026, 1, 2, 3, 4, 5, tzinfo=zone)
    report = Report(incident_summary=IncidentSummary(incident_date_time=time))

    assert f"<incidentDateTime>{written}</incidentDateTime>".encode() in report_xml(report)
    assert report_of(report_xml(report)) == report


WHOLE = report_xml(REPORT)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ((b"<platform>", b"<!-- x --><platform>"), ""),
        ((b"<platform>", b"<?x y?><platform>"), ""),
        ((b"<platform>Example", b"<platform><![CDATA[Ex]]>ample"), ""),
        ((b"<platform>Example", b"<platform>Ex<!-- x -->ample"), ""),
        ((b"<platform>", b"\n  <platform>"), ""),
        ((b"<possibleProxy>false", b"<possibleProxy> 0 "), ""),
        ((b"<platform>", b"text<platform>"), "report/incidentSummary: it has text between"),
        ((b"<platform>", b"<informational/><platform>"), "report/incidentSummary: it has an element"),
        ((b"<platform>", b"<x:y xmlns:x='urn:x'/><platform>"), "report/incidentSummary: it has an element"),
        ((b"<platform>", b"<platform>x</platform><platform>"), "platform: it is there twice"),
        ((b"<platform>", b"<platform type='x'>"), "report/incidentSummary/platform: it has more than text"),
        ((b"<platform>", b"<platform><b/>"), "report/incidentSummary/platform: it has more than text"),
        ((b"<incidentSummary>", b"<incidentSummary x='1'>"), "report/incidentSummary: it has an attribute"),
        ((b'verified="true"', b'verified="yes"'), r"email\[1\]/@verified: its value"),
        ((b"31T23:59:59Z</inc", b"31 23:59:59Z</inc"), "incidentSummary/incidentDateTime: its value"),
        ((b"31T23:59:59Z</inc", b"32T23:59:59Z</inc"), "incidentSummary/incidentDateTime: its value"),
        ((b"<port>443", b"<port>0x1bb"), r"ipCaptureEvent\[1\]/port: its value"),
        ((b"<eventName>Login", b"<eventName>Logon"), r"ipCaptureEvent\[1\]/eventName: its value"),
        ((b"<priorCTReports>4000001", b"<priorCTReports>"), r"priorCTReports\[1\]: its value"),
        ((b"</webPageIncident>", b"</webPageIncident><chatImIncident/>"), "one kind of incident"),
        ((b"trust@pictures.example", b"<b/>"), r"email\[1\]: it has elements within its text"),
        ((b"<report ", b"<reports "), "well-formed"),
    ],
)
def test_reading_is_strict(change: tuple[bytes, bytes], complaint: str) -> None:
    document = WHOLE.replace(*change, 1)
    assert document != WHOLE

    if not complaint:
        assert report_of(document) == REPORT
        return
    with pytest.raises(UnreadableDocumentError, match=complaint):
        report_of(document)


def test_what_is_said_by_standing_there_cannot_be_denied() -> None:
    with pytest.raises(
        UnreadableDocumentError, match="fileAnnotations/viral: it can be said, and not denied"
    ):
        details_of(details_xml(FILE).replace(b"<viral>true", b"<viral>false"))


def test_annotations_may_stand_in_any_order_and_elements_may_not() -> None:
    flags = b"<viral>true</viral><generativeAi>true</generativeAi>"
    turned = b"<generativeAi/><viral/>"

    assert details_of(details_xml(FILE).replace(flags, turned)) == FILE
    name, time = (
        b"<platform>Example Pictures</platform>",
        b"<incidentDateTime>2026-10-31T23:59:59Z</incidentDateTime>",
    )
    with pytest.raises(UnreadableDocumentError, match="not at that place"):
        report_of(WHOLE.replace(time, b"").replace(name, time + name))


def test_a_complaint_does_not_repeat_what_is_in_the_document() -> None:
    with pytest.raises(UnreadableDocumentError) as caught:
        report_of(WHOLE.replace(b"<port>443", b"<port>secret"))

    assert "secret" not in caught.value.message


def test_another_kind_of_document_is_refused() -> None:
    with pytest.raises(UnreadableDocumentError, match="not a fileDetails"):
        details_of(WHOLE)


def test_two_ways_of_saying_one_thing_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="one kind"):
        InternetDetails(email_incident=EmailIncident(), chat_im_incident=ChatImIncident())
    with pytest.raises(ValueError, match="not both"):
        FileDetails(potential_meme=False, file_annotations=FileAnnotations())


@pytest.mark.skipif("TOCSIN_CYBERTIP_FIXTURES" not in os.environ, reason="no fixtures from elsewhere")
def test_fixtures_from_elsewhere_are_read_and_written_equal_in_meaning() -> None:
    folder = Path(os.environ["TOCSIN_CYBERTIP_FIXTURES"])
    for path in sorted(folder.glob("*.xml")):
        document = path.read_bytes()
        if etree.fromstring(document).tag == "report":
            assert report_of(report_xml(report_of(document))) == report_of(document)
            assert SCHEMA.violations(report_xml(report_of(document))) == ()
        else:
            assert details_of(details_xml(details_of(document))) == details_of(document)
            assert SCHEMA.violations(details_xml(details_of(document))) == ()


@pytest.mark.skipif("TOCSIN_CYBERTIP_XSD" not in os.environ, reason="no schema of the authority")
def test_the_authoritys_own_schema_takes_what_is_written() -> None:
    schema = Schema.of(Path(os.environ["TOCSIN_CYBERTIP_XSD"]).read_bytes())

    @settings(deadline=None, max_examples=500)
    @given(reports(), details())
    def takes(report: Report, one: FileDetails) -> None:
        assert schema.violations(report_xml(report)) == ()
        assert schema.violations(details_xml(one)) == ()

    takes()

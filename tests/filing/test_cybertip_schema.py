"""An operator's own schema has the last word: what it lacks is left out, and what it refuses is shown."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.cybertip_reports import FILE, REPORT, reports

from tocsin.filing.cybertip.accounts import Victim
from tocsin.filing.cybertip.incidents import ChatImIncident, InternetDetails
from tocsin.filing.cybertip.people import Person
from tocsin.filing.cybertip.reading import report_of
from tocsin.filing.cybertip.report import Report, ReportAnnotations
from tocsin.filing.cybertip.schema import Schema
from tocsin.filing.cybertip.writing import details_xml, report_xml
from tocsin.filing.errors import UnreadableDocumentError

XSD = resources.files("tocsin.simulators").joinpath("data/cybertip.xsd").read_bytes()
SCHEMA = Schema.of(XSD)
DOCUMENT = report_xml(REPORT)


def _older(*lines: bytes) -> Schema:
    """The schema without the declarations that have these words."""
    kept = [line for line in XSD.split(b"\n") if not any(words in line for words in lines)]
    assert len(kept) < len(XSD.split(b"\n"))
    return Schema.of(b"\n".join(kept))


def test_what_the_schema_has_is_left_as_it_is() -> None:
    for document in (DOCUMENT, details_xml(FILE)):
        assert SCHEMA.lacks(document) == ()
        assert SCHEMA.pruned(document) == (document, ())
        assert SCHEMA.violations(document) == ()


def test_an_element_that_the_schema_lacks_is_left_out_wherever_it_stands() -> None:
    schema = _older(b'"possibleProxy"', b'"platform" type="text256"')

    pruned, dropped = schema.pruned(DOCUMENT)

    assert dropped == (
        "report/incidentSummary/platform",
        "report/personOrUserReported/ipCaptureEvent[1]/possibleProxy",
    )
    assert schema.lacks(DOCUMENT) == dropped
    assert schema.violations(DOCUMENT) != ()
    assert schema.violations(pruned) == ()
    assert b"possibleProxy" not in pruned
    person = REPORT.person_or_user_reported[0]
    first, second = person.ip_capture_event
    assert report_of(pruned) == replace(
        REPORT,
        incident_summary=replace(REPORT.incident_summary, platform=""),
        person_or_user_reported=(
            replace(person, ip_capture_event=(replace(first, possible_proxy=None), second)),
        ),
    )


def test_an_attribute_that_the_schema_lacks_is_left_out() -> None:
    schema = _older(b'attribute name="verificationDate"')

    pruned, dropped = schema.pruned(DOCUMENT)

    assert dropped == ("report/personOrUserReported/personOrUserReportedPerson/email/@verificationDate",)
    assert schema.violations(pruned) == ()
    assert b'<email verified="true">' in pruned


def test_an_annotation_that_is_new_goes_with_the_element_that_it_leaves_empty() -> None:
    schema = _older(b'"sadisticOnlineExploitation"')
    said = ReportAnnotations(sadistic_online_exploitation=True)
    report = replace(REPORT, incident_summary=replace(REPORT.incident_summary, report_annotations=said))

    pruned, dropped = schema.pruned(report_xml(report))

    assert dropped == ("report/incidentSummary/reportAnnotations/sadisticOnlineExploitation",)
    assert report_of(pruned) == REPORT


def test_the_details_go_with_a_kind_of_incident_that_is_not_known() -> None:
    schema = _older(b'element name="chatImIncident" type="chatImIncident"')
    details = InternetDetails(chat_im_incident=ChatImIncident(content="x"))
    report = replace(REPORT, internet_details=(details,))

    pruned, dropped = schema.pruned(report_xml(report))

    assert dropped == ("report/internetDetails/chatImIncident",)
    assert b"internetDetails" not in pruned
    assert schema.violations(pruned) == ()


def test_what_becomes_empty_and_is_demanded_stays() -> None:
    schema = _older(b'"firstName"')
    report = replace(REPORT, victim=(Victim(Person(first_name="Kim"), screen_name="kim"),))

    pruned, _ = schema.pruned(report_xml(report))

    assert b"<victim><victimPerson/><screenName>kim</screenName></victim>" in pruned
    assert schema.violations(pruned) == ()


def test_what_a_value_breaks_is_said_with_its_place() -> None:
    document = DOCUMENT.replace(b"<port>443", b"<port>99999")

    (violation,) = SCHEMA.violations(document)

    assert violation.place == "/report/personOrUserReported/ipCaptureEvent[1]/port"
    assert "99999" in violation.sentence
    assert SCHEMA.lacks(document) == ()


def test_threads_share_a_schema() -> None:
    documents = [
        DOCUMENT,
        DOCUMENT.replace(b"<port>443", b"<port>99999"),
        DOCUMENT.replace(b"<platform>", b"<x/><platform>"),
        DOCUMENT.replace(b"Login", b"Logon"),
    ] * 100
    alone = [SCHEMA.violations(document) for document in documents[:4]] * 100

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(SCHEMA.violations, documents)) == alone


def test_what_stands_at_the_wrong_place_is_not_lacking_but_refused() -> None:
    platform = b"<platform>Example Pictures</platform>"
    turned = DOCUMENT.replace(platform, b"").replace(b"</incidentSummary>", platform + b"</incidentSummary>")

    assert SCHEMA.lacks(turned) == ()
    assert SCHEMA.violations(turned) != ()


@settings(deadline=None, max_examples=15)
@given(reports(), st.data())
def test_whatever_one_schema_lacks_the_rest_is_valid(report: Report, data: st.DataObject) -> None:
    schema = _OLDER[data.draw(st.integers(0, len(_OLDER) - 1))]

    pruned, dropped = schema.pruned(report_xml(report))

    assert schema.lacks(pruned) == ()
    assert schema.violations(pruned) == ()
    assert bool(dropped) is (pruned != report_xml(report))


_OLDER = tuple(
    _older(words)
    for words in (
        b'"profileBio"',
        b'"schoolName"',
        b'"associatedAccount" type',
        b'attribute name="thirdPartyUser"',
        b'"peer2peerIncident" type',
    )
)

SMALL = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:element name="fileDetails"/>
  <xs:element name="name" type="xs:string"/>
  <xs:attributeGroup name="marks"><xs:attribute name="mark"/></xs:attributeGroup>
  <xs:group name="pair"><xs:choice><xs:element name="one"/><xs:element name="two"/></xs:choice></xs:group>
  <xs:complexType name="base">
    <xs:sequence><xs:element ref="name"/><xs:element name="gone" minOccurs="0"/></xs:sequence>
    <xs:attribute name="old"/>
  </xs:complexType>
  <xs:complexType name="extended"><xs:complexContent><xs:extension base="base">
    <xs:sequence><xs:group ref="pair"/></xs:sequence><xs:attributeGroup ref="marks"/>
  </xs:extension></xs:complexContent></xs:complexType>
  <xs:complexType name="restricted"><xs:complexContent><xs:restriction base="base">
    <xs:sequence><xs:element ref="name"/></xs:sequence>
  </xs:restriction></xs:complexContent></xs:complexType>
  <xs:complexType name="text"><xs:simpleContent><xs:extension base="xs:string">
    <xs:attribute name="mark"/>
  </xs:extension></xs:simpleContent></xs:complexType>
  <xs:element name="report"><xs:complexType><xs:sequence>
    <xs:element name="extended" type="extended"/>
    <xs:element name="restricted" type="restricted"/>
    <xs:element name="text" type="text"/>
    <xs:element name="open"><xs:complexType><xs:sequence>
      <xs:any processContents="skip" maxOccurs="unbounded"/></xs:sequence>
      <xs:anyAttribute processContents="skip"/>
    </xs:complexType></xs:element>
    <xs:element name="report" type="nested" minOccurs="0"/>
  </xs:sequence></xs:complexType></xs:element>
  <xs:complexType name="nested"><xs:sequence>
    <xs:element name="nested" type="nested" minOccurs="0"/>
  </xs:sequence></xs:complexType>
</xs:schema>"""


def test_every_way_of_declaring_is_understood() -> None:
    schema = Schema.of(SMALL)
    document = (
        b'<report><extended mark="1" old="2" x="3"><name/><gone/><two/><x/></extended>'
        b'<restricted old="1"><name/><gone/></restricted><text mark="1" x="2">t</text>'
        b'<open x="1"><x/></open><report><nested><nested><x/></nested></nested></report></report>'
    )

    pruned, dropped = schema.pruned(document)

    assert dropped == (
        "report/extended/@x",
        "report/extended/x",
        "report/restricted/gone",
        "report/text/@x",
        "report/report/nested/nested/x",
    )
    assert schema.violations(pruned) == ()


@pytest.mark.parametrize(
    ("xsd", "complaint"),
    [
        (b"<html/>", "not a schema"),
        (b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element/></xs:schema>', "not a schema"),
        (SMALL.replace(b'"fileDetails"', b'"other"'), "no fileDetails"),
        (b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>', "no report and no fileDetails"),
        (SMALL.replace(b"</xs:schema>", b""), "well-formed"),
        (SMALL + b" " * 2_000_000, "larger"),
    ],
)
def test_what_is_not_the_schema_is_refused(xsd: bytes, complaint: str) -> None:
    with pytest.raises(UnreadableDocumentError, match=complaint):
        Schema.of(xsd)


@pytest.mark.parametrize(
    "elsewhere",
    [
        b'<xs:include schemaLocation="file:///other.xsd"/>',
        b'<xs:import namespace="urn:x" schemaLocation="https://authority.example/other.xsd"/>',
        b'<xs:redefine schemaLocation="other.xsd"/>',
    ],
)
def test_other_documents_are_not_fetched_for_a_schema(elsewhere: bytes) -> None:
    start = SMALL.index(b">") + 1

    with pytest.raises(UnreadableDocumentError, match="several documents"):
        Schema.of(SMALL[:start] + elsewhere + SMALL[start:])


def test_another_kind_of_document_has_no_place_at_all() -> None:
    with pytest.raises(UnreadableDocumentError, match="no other"):
        SCHEMA.lacks(b"<other/>")

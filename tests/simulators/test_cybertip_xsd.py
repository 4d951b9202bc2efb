"""The simulated CyberTipline's schema: what it takes, and that it refuses in the words of Xerces."""

import re
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from support.cybertip_calls import REPORT, XML, details

from tocsin.simulators.cybertip.codes import RefusedError
from tocsin.simulators.cybertip.documents import Documents

DOCUMENTS = Documents()
VALIDATOR = etree.XMLSchema(etree.fromstring(DOCUMENTS.schema.text))
SAMPLES = Path(__file__).parent / "cybertip_samples"
SUMMARY = "</incidentType>"
PERSON = "<reportingPerson>"
END = "</reporter>"
EVENT = "<ipCaptureEvent><ipAddress>192.0.2.1</ipAddress></ipCaptureEvent>"


def refusal(xml: str | bytes, root: str = "report") -> list[str]:
    """The lines that say what is wrong; none if nothing is."""
    source = xml.encode() if isinstance(xml, str) else xml
    try:
        DOCUMENTS.read(XML, source, root)
    except RefusedError as refused:
        description = refused.description
    else:
        return []
    first, *lines = description.split("\n")
    assert first == "Validation failed"
    return lines


def after(place: str, more: str) -> str:
    """The least report, with more in it."""
    assert place in REPORT
    return REPORT.replace(place, place + more)


def test_the_schema_is_a_schema_of_four_documents() -> None:
    schema = etree.fromstring(DOCUMENTS.schema.text)
    names = [one.get("name") for one in schema.findall("{*}element")]
    assert names == ["report", "fileDetails", "reportResponse", "reportDoneResponse"]
    etree.XMLSchema(schema)


@pytest.mark.parametrize("root", ["report", "fileDetails"])
def test_a_document_with_everything_in_it_is_valid(root: str) -> None:
    assert refusal((SAMPLES / f"{root}.xml").read_bytes(), root) == []


def test_the_sample_has_every_element_that_the_schema_knows() -> None:
    schema = etree.fromstring(DOCUMENTS.schema.text)
    answers = {"reportResponse", "reportDoneResponse", "responseCode", "responseDescription", "files", "hash"}
    alternatives = {"potentialMeme", "batchedReport"}
    known = {one.get("name") for one in schema.iter("{*}element")} - answers - alternatives
    used = {str(one.tag) for root in ("report", "fileDetails") for one in _sample(root).iter("*")}
    assert known - used == set()


def _sample(root: str) -> "etree._Element":
    return etree.fromstring((SAMPLES / f"{root}.xml").read_bytes())


def test_what_was_seen_of_the_real_service_is_said_to_the_letter() -> None:
    """An answer of the test environment that was published in June 2026."""
    xml = details(1, "a" * 32, EVENT + EVENT)
    column = xml.rindex("<ipCaptureEvent>") + len("<ipCaptureEvent>") + 1
    assert refusal(xml, "fileDetails") == [
        (
            f"[1,{column}] - cvc-complex-type.2.4.a: Invalid content was found starting with element "
            "'ipCaptureEvent'. One of '{deviceId, details, additionalInfo}' is expected."
        )
    ]


@pytest.mark.parametrize(
    ("xml", "lines"),
    [
        (
            after(SUMMARY, "<foo/>"),
            [
                (
                    "cvc-complex-type.2.4.a: Invalid content was found starting with element 'foo'. One "
                    "of '{platform, escalateToHighPriority, reportAnnotations, incidentDateTime}' is "
                    "expected."
                )
            ],
        ),
        (
            after(END, "<additionalInfo/><additionalInfo/>"),
            [
                (
                    "cvc-complex-type.2.4.d: Invalid content was found starting with element "
                    "'additionalInfo'. No "
                    "child element is expected at this point."
                )
            ],
        ),
        (
            "<report/>",
            [
                (
                    "cvc-complex-type.2.4.b: The content of element 'report' is not complete. One of "
                    "'{batchedReport, incidentSummary}' is expected."
                )
            ],
        ),
        (
            REPORT.replace("2026-01-02T", "2026-13-02T"),
            [
                "cvc-datatype-valid.1.2.1: '2026-13-02T03:04:05Z' is not a valid value for 'dateTime'.",
                (
                    "cvc-type.3.1.3: The value '2026-13-02T03:04:05Z' of element 'incidentDateTime' is not "
                    "valid."
                ),
            ],
        ),
        (
            after(PERSON, "<phone extension='x'>1</phone>"),
            [
                (
                    "cvc-pattern-valid: Value 'x' is not facet-valid with respect to pattern '[0-9]+' "
                    "for type "
                    "'#AnonType_extension'."
                ),
                (
                    "cvc-attribute.3: The value 'x' of attribute 'extension' on element 'phone' is not valid "
                    "with respect to its type, '#AnonType_extension'."
                ),
            ],
        ),
        (
            after(PERSON, "<phone type='Pager'>1</phone>"),
            [
                (
                    "cvc-enumeration-valid: Value 'Pager' is not facet-valid with respect to enumeration "
                    "'[Mobile, Home, Business, Work, Fax, Internet, Recovery]'. It must be a value from "
                    "the enumeration."
                ),
                (
                    "cvc-attribute.3: The value 'Pager' of attribute 'type' on element 'phone' is not valid "
                    "with respect to its type, '#AnonType_type'."
                ),
            ],
        ),
        (
            after(PERSON, f"<lastName>{'x' * 101}</lastName>"),
            [
                (
                    f"cvc-maxLength-valid: Value '{'x' * 101}' with length = '101' is not facet-valid "
                    "with respect "
                    "to maxLength '100' for type '#AnonType_lastName'."
                ),
                f"cvc-type.3.1.3: The value '{'x' * 101}' of element 'lastName' is not valid.",
            ],
        ),
        (
            after(PERSON, "<phone pager='1'>1</phone>"),
            ["cvc-complex-type.3.2.2: Attribute 'pager' is not allowed to appear in element 'phone'."],
        ),
        (
            after(END, "<personOrUserReported><associatedAccount/></personOrUserReported>"),
            ["cvc-complex-type.4: Attribute 'type' must appear on element 'associatedAccount'."],
        ),
        (
            after(END, "text"),
            [
                (
                    "cvc-complex-type.2.3: Element 'report' cannot have character [children], because "
                    "the type's "
                    "content type is element-only."
                )
            ],
        ),
        (
            after(SUMMARY, "<reportAnnotations><spam>false</spam></reportAnnotations>"),
            ["cvc-elt.5.2.2.2.2: The value of element 'spam' does not match the {fixed} value 'true'."],
        ),
        ("<other/>", ["cvc-elt.1.a: Cannot find the declaration of element 'other'."]),
    ],
)
def test_a_breach_is_told_in_the_words_of_xerces(xml: str, lines: list[str]) -> None:
    found = refusal(xml)
    assert [one.partition(" - ")[2] for one in found] == lines


def test_a_breach_is_placed_behind_its_tag() -> None:
    xml = "<report>\n  <incidentSummary><é a='>'/>\n </incidentSummary>\n</report>"
    places = [one.partition(" - ")[0] for one in refusal(xml)]
    assert places == ["[2,30]", "[4,10]"]


@pytest.mark.parametrize(
    "xml",
    [
        after(SUMMARY, "<reportAnnotations/>"),
        after(SUMMARY, "<reportAnnotations><spam/><sextortion>true</sextortion></reportAnnotations>"),
        REPORT.replace("</email>", "</email><address><state/><country/></address>"),
        after(END, "<personOrUserReported/><personOrUserReported/>"),
    ],
)
def test_what_the_schema_allows_is_taken(xml: str) -> None:
    assert refusal(xml) == []


@pytest.mark.parametrize(
    "more",
    [
        "<fileAnnotations/><potentialMeme>true</potentialMeme>",
        "<fileAnnotations><viral>false</viral></fileAnnotations>",
        "<fileAnnotations><viral/><viral/></fileAnnotations>",
        "<fileAnnotations><informational/></fileAnnotations>",
        "<industryClassification>C1</industryClassification>",
        "<originalFileHash>00</originalFileHash>",
        f"<originalFileHash hashType='X'>{'0' * 65}</originalFileHash>",
        "<details/>",
        "<details><nameValuePair type='EXIF'><name>a</name><value>b</value></nameValuePair></details>",
        "<publiclyAvailable>yes</publiclyAvailable>",
        "<exifViewedByEsp>true</exifViewedByEsp><fileViewedByEsp>true</fileViewedByEsp>",
    ],
)
def test_details_that_break_the_schema_are_refused(more: str) -> None:
    assert refusal(details(1, "a", more), "fileDetails")


def test_another_schema_can_be_given() -> None:
    schema = Documents().schema.text.replace(b'name="platform"', b'name="stage"')
    xml = after(SUMMARY, "<platform>x</platform>").encode()
    with pytest.raises(RefusedError, match=r"'platform'.*stage"):
        Documents(schema).read(XML, xml, "report")


def _spoilt(root: str, data: st.DataObject) -> bytes:
    """A sample with some of its elements or attributes gone, doubled, moved, renamed or filled otherwise."""
    tree = _sample(root)
    texts = st.sampled_from(
        ["", "true", "false", "1", "-1", "x" * 300, "2026-01-02T03:04:05Z", "\u00e9<'>\"", "\n"]
    )
    names = st.sampled_from(["additionalInfo", "email", "type", "foo", "{urn:x}foo", "espIdentifier"])
    for _ in range(data.draw(st.integers(1, 3))):
        elements = list(tree.iter("*"))
        one, other = (elements[data.draw(st.integers(0, len(elements) - 1))] for _ in range(2))
        act = data.draw(st.sampled_from(["gone", "doubled", "moved", "renamed", "text", "attribute", "tail"]))
        parent = one.getparent()
        if act in ("gone", "doubled", "moved") and parent is not None:
            if act == "doubled":
                parent.insert(parent.index(one), deepcopy(one))
            else:
                parent.remove(one)
            if act == "moved" and other not in one.iter():
                other.append(one)
        elif act == "renamed":
            one.tag = data.draw(names)
        elif act == "attribute":
            one.set(data.draw(names), data.draw(texts))
        elif act == "tail" and parent is not None:
            one.tail = data.draw(texts)
        else:
            one.text = data.draw(texts)
    return etree.tostring(tree, encoding="UTF-8", xml_declaration=True)


@given(st.sampled_from(["report", "fileDetails"]), st.data())
def test_whatever_breaks_the_schema_is_said_in_the_form_of_xerces(root: str, data: st.DataObject) -> None:
    source = _spoilt(root, data)
    parsed = etree.fromstring(source)
    valid = VALIDATOR.validate(parsed)
    found = DOCUMENTS.schema.violations(source, parsed)
    assert (found == []) == valid
    for line in found:
        place = re.match(r"\[([0-9]+),([0-9]+)\] - cvc-[A-Za-z0-9.-]+: ", line)
        assert place is not None, line
        before = source.decode().split("\n")[int(place[1]) - 1][: int(place[2]) - 1]
        assert before.endswith(">")

"""How a draft fits the schema that an operator fetched."""

from dataclasses import replace
from importlib import resources

from support.cybertip_reports import FILE, REPORT

from tocsin.filing.cybertip.files import FileDetails
from tocsin.filing.cybertip.fitting import FETCHED, Fit, fit
from tocsin.filing.cybertip.schema import Schema

XSD = resources.files("tocsin.simulators").joinpath("data/cybertip.xsd").read_bytes()
SCHEMA = Schema.of(XSD)


def test_a_draft_that_fits_has_neither_losses_nor_problems() -> None:
    assert fit(REPORT, [FILE, replace(FILE, report_id=0, file_id=""), FileDetails()], SCHEMA) == Fit((), ())


def test_what_will_not_be_sent_is_named_as_problems_name_fields() -> None:
    lines = [
        line for line in XSD.split(b"\n") if b'"possibleProxy"' not in line and b'"profileUrl"' not in line
    ]
    older = Schema.of(b"\n".join(lines).replace(b'"generativeAi"', b'"other"'))

    assert fit(REPORT, [FileDetails(), FILE], older) == Fit(
        (
            "report/personOrUserReported[1]/profileUrl[1]",
            "report/personOrUserReported[1]/ipCaptureEvent[1]/possibleProxy",
            "file[2]/fileAnnotations/generativeAi",
        ),
        (),
    )


def test_what_would_be_refused_is_named_likewise() -> None:
    stricter = Schema.of(XSD.replace(b'<xs:enumeration value="Upload"/>', b""))

    found = fit(REPORT, [FILE], stricter)

    assert found.dropped == ()
    assert [(one.field, one.code, one.source) for one in found.problems] == [
        ("report/personOrUserReported[1]/ipCaptureEvent[2]/eventName", "not_in_schema", FETCHED),
        ("file[1]/ipCaptureEvent/eventName", "not_in_schema", FETCHED),
    ]

"""How a draft fits the schema that an operator fetched."""

from dataclasses import replace
from importlib import resources

from support.cybertip_reports import FILE, NOW, REPORT

from tocsin.filing.calling import request_of
from tocsin.filing.cybertip.files import FileDetails
from tocsin.filing.cybertip.fitting import FETCHED, Fit, fit
from tocsin.filing.cybertip.schema import Schema
from tocsin.filing.draft import DraftFile
from tocsin.filing.model import Fate, OpenedReport
from tocsin.filing.moves import FILEINFO, Request

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


def test_what_the_schema_lacks_is_not_said_of_a_file_that_is_sent() -> None:
    report = OpenedReport(1, 1, "4000002", NOW, NOW, Fate.OPEN)
    request = Request(FILEINFO, report, DraftFile(1, b"", 1, FILE), "0" * 32)
    older = Schema.of(
        b"\n".join(line for line in XSD.split(b"\n") if b'"industryClassification" t' not in line)
    )

    assert b"industryClassification" in request_of(request, b"")
    assert b"industryClassification" in request_of(request, b"", SCHEMA)
    assert b"industryClassification" not in request_of(request, b"", older)
    assert older.violations(request_of(request, b"", older)) == ()

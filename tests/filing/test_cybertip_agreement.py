"""What passes the checks is taken by the simulated CyberTipline, which was written without knowing them."""

from dataclasses import replace
from typing import Any

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from support.cybertip_reports import FILE, NOW, REPORT, details, reports

from tocsin.filing.cybertip.checks import problems
from tocsin.filing.cybertip.files import FileDetails
from tocsin.filing.cybertip.report import Report
from tocsin.filing.cybertip.shape import parts_of
from tocsin.filing.cybertip.writing import details_xml, report_xml
from tocsin.simulators.cybertip.documents import Documents
from tocsin.simulators.cybertip.rules import Rules

RULES = Rules(lambda: NOW, lambda _: True)
DOCUMENTS = Documents()
XML = "text/xml; charset=utf-8"


def _changed(draw: st.DrawFn, good: Any, other: Any) -> Any:  # noqa: ANN401 - a dataclass, and the same one
    """The good one with a few fields of the other."""
    fields = draw(st.sets(st.sampled_from([part.field for part in parts_of(type(good))]), max_size=3))
    return replace(good, **{field: getattr(other, field) for field in fields})


@st.composite
def nearly_good_reports(draw: st.DrawFn) -> Report:
    other = draw(reports(rough=True))
    report: Report = _changed(draw, REPORT, other)
    if len(report.person_or_user_reported) == 1 and other.person_or_user_reported:
        account = _changed(draw, REPORT.person_or_user_reported[0], other.person_or_user_reported[0])
        report = replace(report, person_or_user_reported=(account,))
    return report


@st.composite
def nearly_good_details(draw: st.DrawFn) -> FileDetails:
    other = draw(details(rough=True))
    good = replace(FILE, file_annotations=None) if other.potential_meme is not None else FILE
    return _changed(draw, good, replace(other, file_annotations=None))  # type: ignore[no-any-return]  # FileDetails


@settings(deadline=None, max_examples=20)
@given(nearly_good_reports())
def test_a_report_without_problems_is_taken(report: Report) -> None:
    found = problems(report, [], NOW)
    event("without problems" if not found else "with problems")
    assume(not found)

    RULES.check_report(DOCUMENTS.read(XML, report_xml(report), "report"))


@settings(deadline=None, max_examples=50)
@given(nearly_good_details())
def test_details_without_problems_are_taken(one: FileDetails) -> None:
    found = problems(REPORT, [one], NOW)
    event("without problems" if not found else "with problems")
    assume(not found)

    RULES.check_details(DOCUMENTS.read(XML, details_xml(one), "fileDetails"), None)

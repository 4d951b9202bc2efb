"""What a report lacks is told, the most useful first, and nothing that is there."""

from dataclasses import replace

import pytest
from support.drafting import CONTEXT
from support.material import digest, material, record, submission

from tocsin.filing.cybertip.completeness import MOST_NAMED, Help, Missing, completeness
from tocsin.filing.cybertip.editing import edited
from tocsin.filing.cybertip.filling import fill
from tocsin.filing.cybertip.material import Seen
from tocsin.filing.draft import Draft
from tocsin.filing.filer import Filer
from tocsin.filing.model import Kind
from tocsin.filing.viewed import Viewed

WHO = "report/personOrUserReported[1]"
VIEWED = Seen(Viewed(file=True, metadata=False, because="so"))


def filled(files: int = 1, kind: Kind = Kind.REPORT, **context: object) -> Draft:
    """A draft about so many files."""
    made = [submission(n, {**CONTEXT, **context}) for n in range(1, files + 1)]  # type: ignore[dict-item]
    seen = {digest(n): VIEWED for n in range(1, files + 1)}
    return fill(material(record(made), kind=kind, seen=seen))


def fields(draft: Draft) -> dict[str, Missing]:
    """What is missing, by its field."""
    return {one.field: one for one in completeness(draft)}


def test_what_would_help_most_comes_first() -> None:
    """In three steps."""
    found = [one.help for one in completeness(fill(material(record([submission(1, CONTEXT)]))))]
    assert found == sorted(found, key=[Help.HIGH, Help.SOME, Help.LITTLE].index)
    assert set(found) == set(Help)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (f"{WHO}/deviceId[1]/idValue", "a-device"),
        (f"{WHO}/accountPermanentlyDisabled", "true"),
        (f"{WHO}/profileUrl[1]", "https://example.org/u-17"),
        (f"{WHO}/personOrUserReportedPerson/firstName", "Some"),
        ("report/intendedRecipient[1]/espIdentifier", "u-18"),
        ("file[1]/publiclyAvailable", "true"),
        ("file[1]/originalFileName", "1.jpg"),
        ("file[1]/fileAnnotations/generativeAi", "true"),
    ],
)
def test_what_is_asked_for_can_be_written_there(path: str, text: str) -> None:
    """Its field is the path to edit, and once that is done it is not asked for again."""
    draft = filled()
    assert path in fields(draft)
    assert path not in fields(edited(draft, {path: text}, "person:rita"))


def test_addresses_without_times_and_ports() -> None:
    """Without an address nobody is found; without its time somebody else is."""
    assert fields(filled(ip_events=[]))[f"{WHO}/ipCaptureEvent[1]/ipAddress"].help is Help.HIGH
    later = [{"ip": "192.0.2.1", "time": "2031-01-01T00:00:00Z"}]
    assert fields(filled(ip_events=later))[f"{WHO}/ipCaptureEvent[1]/dateTime"].help is Help.HIGH
    once = [{"ip": "192.0.2.1", "time": "2026-03-01T00:00:00Z"}]
    assert f"{WHO}/ipCaptureEvent[1]/port" in fields(filled(ip_events=once))
    assert not [path for path in fields(filled()) if "/ipCaptureEvent[" in path]


def test_a_file_that_nobody_viewed() -> None:
    """It is said of each, and of many once: a page has to stay readable."""
    one = submission(1, CONTEXT)
    unseen = fill(material(record([one])))
    assert fields(unseen)["file[1]/fileViewedByEsp"].help is Help.HIGH
    assert "file[1]/fileViewedByEsp" not in fields(filled())
    many = fill(material(record([submission(n, CONTEXT) for n in range(1, 41)])))
    told = [one for one in completeness(many) if one.field.endswith("/fileViewedByEsp")]
    assert len(told) == MOST_NAMED + 1
    assert "35 more files" in told[-1].words


def test_files_that_are_left_out_lack_nothing() -> None:
    """Without any, that is what is missing."""
    draft = filled()
    draft = replace(draft, files=tuple(replace(one, include=False) for one in draft.files))
    assert [path for path in fields(draft) if path.startswith("file[")] == ["file[1]/include"]


def test_who_reports() -> None:
    """Nothing is set: it is said where to set it."""
    draft = fill(material(record([submission(1, {"review": True})]), account="", organisation=Filer()))
    found = fields(draft)
    assert found["report/reporter/reportingPerson/email[1]"].help is Help.HIGH
    assert "[filing]" in found["report/reporter/companyTemplate"].words
    assert "report/incidentSummary/platform" in found
    assert f"{WHO}/espIdentifier" in found


def test_a_batched_report_takes_nothing_more() -> None:
    """Its rules forbid what else would help."""
    assert completeness(filled(kind=Kind.BATCHED)) == ()

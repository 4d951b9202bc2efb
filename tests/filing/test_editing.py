"""Fields by their paths: read, written, taken out; and what of it is kept when a draft is made anew."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.cybertip_reports import details, reports
from support.drafting import CONTEXT
from support.material import NOW, digest, material, record, submission

from tocsin.filing.cybertip.editing import carried, draft_leaves, edited, with_included
from tocsin.filing.cybertip.files import FileDetails
from tocsin.filing.cybertip.filling import fill
from tocsin.filing.cybertip.paths import FieldError, canonical, leaves
from tocsin.filing.cybertip.report import Report
from tocsin.filing.cybertip.writing import text_of
from tocsin.filing.draft import Draft, DraftFile, Source, Sourced

WHO = "report/personOrUserReported[1]"
GIVEN = ("reportId", "fileId", "fileName")
LOGGED = ("fileViewedByEsp", "exifViewedByEsp")


def drafted(*numbers: int, events: int = 1) -> Draft:
    """A draft about these files."""
    told = [{"ip": f"192.0.2.{n}", "time": "2026-03-01T00:00:00Z"} for n in range(events)]
    made = [submission(n, {**CONTEXT, "ip_events": told}) for n in numbers]
    return fill(material(record(made)))


@given(reports(), details(), st.data())
@settings(max_examples=30)
def test_what_a_draft_says_can_be_written_where_it_stands(
    report: Report, file: FileDetails, data: st.DataObject
) -> None:
    """Any field of any report: written anew with what it says, it says the same."""
    draft = Draft(report, (DraftFile(1, digest(1), 10, file),))
    said = {one.path: text_of(one.value) for one in draft_leaves(draft)}
    writable = [path for path, text in said.items() if _is_ours(path) and text.strip() == text]
    if not writable:
        return
    path = data.draw(st.sampled_from(writable))
    again = edited(draft, {path: said[path]}, "person:rita")
    assert {one.path: text_of(one.value) for one in draft_leaves(again)} == said
    assert again.sources == (Sourced(path, Source.PERSON, "person:rita"),)


@given(reports(), st.data())
@settings(max_examples=30)
def test_what_is_taken_out_is_gone(report: Report, data: st.DataObject) -> None:
    """With what was part of it; what stands behind it moves up, and its source with it."""
    found = {one.path: one.value for one in draft_leaves(Draft(report)) if _is_ours(one.path)}
    if not found:
        return
    sources = tuple(Sourced(path, Source.SUBMISSION, str(place)) for place, path in enumerate(found))
    path = data.draw(st.sampled_from(list(found)))
    again = edited(Draft(report, sources=sources), {path: None}, "person:rita")
    named = dict(zip(map(str, range(len(found))), found.items(), strict=True))
    left = {one.path: one.value for one in draft_leaves(again) if _is_ours(one.path)}
    assert len(left) < len(found)
    for one in again.sources:
        if one.source is Source.SUBMISSION:
            before, value = named[one.which]
            assert left[one.field] == value, (before, one.field)
    assert {one.field for one in again.sources if one.source is Source.SUBMISSION} == set(left)


def _is_ours(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name not in {*GIVEN, *LOGGED} and "batchedReport" not in path


def test_attributes_are_named_with_or_without_their_sign() -> None:
    """A form may name them like elements; sources name them as problems do."""
    path = "accountTemporarilyDisabled/disabledDate"
    assert canonical(Report, f"personOrUserReported[1]/{path}").endswith("/@disabledDate")
    with pytest.raises(FieldError):
        canonical(Report, "personOrUserReported/espIdentifier")


def test_many_edits_come_in_the_order_of_their_numbers() -> None:
    """The tenth of several is written after the ninth, in whatever order a form sends them."""
    names = {f"{WHO}/displayName[{n}]": f"name {n}" for n in range(12, 0, -1)}
    made = edited(drafted(1), names, "person:rita")
    assert made.report.person_or_user_reported[0].display_name == tuple(f"name {n}" for n in range(1, 13))
    fewer = edited(made, {f"{WHO}/displayName[{n}]": None for n in (1, 10, 2)}, "person:rita")
    assert fewer.report.person_or_user_reported[0].display_name == tuple(
        f"name {n}" for n in range(1, 13) if n not in {1, 2, 10}
    )


def test_a_blank_field_beyond_the_last_is_nothing() -> None:
    """Forms offer one more than there are."""
    draft = drafted(1)
    blank = {f"{WHO}/displayName[1]": "", f"{WHO}/deviceId[1]/idType": " ", f"{WHO}/vehicleDescription": ""}
    assert edited(draft, blank, "person:rita").report == draft.report


@pytest.mark.parametrize(
    "edits",
    [
        {f"{WHO}/accountTemporarilyDisabled/@disabledDate": "2026-03-01T00:00:00Z"},
        {f"{WHO}/ipCaptureEvent[1]/port": "99999999999999999999"},
        {f"{WHO}/ipCaptureEvent[1]/dateTime": "0001-01-01T00:00:00+23:59"},
        {"report/incidentSummary/incidentDateTime": "9999-12-31T23:59:59-23:59"},
        {"report/internetDetails[1]/cellPhoneIncident/latitude": "NaN"},
        {"file[1]/originalFileName": "a\x00b"},
    ],
)
def test_what_could_be_kept_and_not_be_read_again_is_refused(edits: dict[str, str]) -> None:
    """A draft that cannot be read could not be mended, nor shown."""
    with pytest.raises(FieldError):
        edited(drafted(1), edits, "person:rita")
    whole = {
        f"{WHO}/accountTemporarilyDisabled": "true",
        f"{WHO}/accountTemporarilyDisabled/@disabledDate": "2026-03-01T00:00:00Z",
    }
    assert edited(drafted(1), whole, "person:rita") != drafted(1)


def test_files_keep_what_was_written_to_them_wherever_they_stand() -> None:
    """By their content, not by their place."""
    old = edited(drafted(1, 2), {"file[2]/originalFileName": "second.jpg"}, "person:rita")
    old = with_included(old, 2, "person:rita", include=False)
    new = carried(old, drafted(2, 3))
    assert [(one.sha256, one.details.original_file_name, one.include) for one in new.files] == [
        (digest(2), "second.jpg", False), (digest(3), "", True),
    ]  # fmt: skip


def test_what_does_not_fit_any_more_is_told_and_not_put_elsewhere() -> None:
    """A port that was written to one address is not written to another one."""
    old = edited(drafted(1, 2, events=2), {f"{WHO}/ipCaptureEvent[2]/port": "80"}, "person:rita")
    old = edited(old, {"file[1]/originalFileName": "gone.jpg"}, "person:rita")
    new = carried(old, drafted(2, events=3))
    assert {one.port for one in new.report.person_or_user_reported[0].ip_capture_event} == {None}
    assert [word in " ".join(new.left_out) for word in ("ipCaptureEvent[2]/port", "file[1]")] == [True, True]


def test_leaves_name_what_is_said_and_nothing_else() -> None:
    """Flags that are not said are not there."""
    draft = drafted(1)
    (file,) = draft.files
    said = {one.name for one in leaves(replace(file.details, publicly_available=False), "file[1]")}
    assert "publiclyAvailable" in said
    assert "generativeAi" not in said
    assert NOW not in {one.value for one in leaves(draft.report, "report")}

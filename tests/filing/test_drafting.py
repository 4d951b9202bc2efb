"""Drafting: from a decided case, of one account, once; changed by people, checked, and never by accident."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from importlib import resources
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from support.cases import ANNA, BELA, person
from support.drafting import CONTEXT, RITA, Bureau

from tocsin.access.errors import DeniedError
from tocsin.access.model import Permission, Principal
from tocsin.cases.model import Outcome
from tocsin.filing.cybertip.paths import FieldError
from tocsin.filing.draft import Source
from tocsin.filing.errors import (
    NotToBeReportedError,
    OutdatedDraftError,
    UnknownFilingError,
    UnsuitableFilingError,
)
from tocsin.filing.model import Authority, Environment, Filing, Kind, State, Subject
from tocsin.filing.store_connections import FetchedSchema
from tocsin.filing.store_filings import WantedFilings

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

SQLITE = pytest.mark.parametrize("home_folder", ["sqlite"], indirect=True)
"""What is decided above the store is tried on one database: CI is short of time."""
XSD = resources.files("tocsin.simulators").joinpath("data/cybertip.xsd").read_bytes()
NOW = datetime(2026, 3, 1, tzinfo=UTC)
WHO = "report/personOrUserReported[1]"


def of(account: str, **more: "JsonObject") -> "JsonObject":
    """A context of another account."""
    return {**CONTEXT, "account": {"id": account}, "url": f"https://example.org/{account}", **more}


def drafted(bureau: Bureau) -> Filing:
    """A filing of a case with one file."""
    number, _ = bureau.submit()
    return bureau.drafted(bureau.decided(number))[0]


def waiting(bureau: Bureau) -> list[tuple[int, str]]:
    """What is to be drafted."""
    return [(one.case, one.subject.account) for one in bureau.drafting.to_draft()]


# What is to be drafted


def test_only_what_was_decided_to_be_reported_waits(bureau: Bureau) -> None:
    """One by one as decisions are made; a filing takes it off the list, and giving that up puts it back."""
    first, second, third = (bureau.submit(context=of(name))[0] for name in ("a", "b", "c"))
    assert waiting(bureau) == []
    bureau.decided(first)
    bureau.decided(second, outcome=Outcome.NO_ACTION)
    assert waiting(bureau) == [(first, "a")]
    bureau.decided(third)
    assert waiting(bureau) == [(third, "c"), (first, "a")]
    filing, _ = bureau.drafted(first, "a")
    assert waiting(bureau) == [(third, "c")]
    bureau.filings.set_state(filing.number, State.RETRACTED)
    assert sorted(waiting(bureau)) == [(first, "a"), (third, "c")]


def test_each_account_of_a_case_waits_by_itself(bureau: Bureau) -> None:
    """One report is about one person."""
    number, _ = bureau.submit(context=of("a"), data=b"one")
    again, _ = bureau.submit(context=of("b"), data=b"one")
    assert again == number
    bureau.decided(number)
    assert sorted(waiting(bureau)) == [(number, "a"), (number, "b")]
    bureau.drafted(number, "b")
    assert waiting(bureau) == [(number, "a")]


# Drafting


def test_a_draft_is_kept_with_its_sources(bureau: Bureau) -> None:
    """As a draft, by whoever drafted it, for the environment in use; the ledger does not name the account."""
    number, sha256 = bureau.submit()
    filing, draft = bureau.drafted(bureau.decided(number))
    assert (filing.case, filing.account, filing.kind, filing.state) == (
        number, "u-17", Kind.REPORT, State.DRAFTED,
    )  # fmt: skip
    assert (filing.environment, filing.author, filing.revision) == (Environment.SIMULATOR, RITA.id, 1)
    (who,) = draft.report.person_or_user_reported
    assert (who.esp_identifier, who.screen_name) == ("u-17", "somebody")
    assert [(one.sha256, one.include) for one in draft.files] == [(sha256, True)]
    assert {one.source for one in draft.sources} >= {Source.SUBMISSION, Source.SETTINGS, Source.VIEWING}
    (row,) = bureau.table.desk.ledger.rows_of(f"filing:{filing.number}")
    assert (row.kind, row.actor) == ("filing.drafted", RITA.id)
    assert "u-17" not in json.dumps(row.detail)


def test_nothing_is_drafted_of_a_case_that_is_not_to_be_reported(bureau: Bureau) -> None:
    """Undecided, decided otherwise, decided and undone."""
    number, _ = bureau.submit()
    with pytest.raises(NotToBeReportedError):
        bureau.drafted(number)
    claim = bureau.claimed(number)
    bureau.decided(number, claim)
    made = bureau.table.deciding.of_case(number)[-1]
    bureau.table.deciding.undo(ANNA, made.id)
    with pytest.raises(NotToBeReportedError):
        bureau.drafted(number)
    other, _ = bureau.submit()
    with pytest.raises(NotToBeReportedError):
        bureau.drafted(bureau.decided(other, outcome=Outcome.NO_ACTION))
    third, _ = bureau.submit()
    with pytest.raises(NotToBeReportedError):
        bureau.drafted(bureau.decided(third), "somebody else")


@SQLITE
def test_an_account_of_a_case_is_drafted_once(bureau: Bureau) -> None:
    """Until that is given up."""
    filing = drafted(bureau)
    with pytest.raises(UnsuitableFilingError, match=f"filing {filing.number}"):
        bureau.drafted(filing.case)
    bureau.filings.set_state(filing.number, State.RETRACTED)
    assert bureau.drafted(filing.case)[0].number != filing.number


def test_two_who_draft_the_same_at_once(bureau: Bureau) -> None:
    """One of them is told that there is one."""
    number = bureau.decided(bureau.submit()[0])
    at_once = Barrier(2)

    def draft(_: int) -> bool:
        at_once.wait(60)
        try:
            bureau.drafting.draft(RITA, number, "u-17")
        except UnsuitableFilingError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(draft, range(2))) == [False, True]
    assert len(bureau.filings.page(WantedFilings())) == 1


@SQLITE
def test_an_account_is_reported_again_with_the_numbers_of_earlier_reports(bureau: Bureau) -> None:
    """Another case of the same account is another report, which names the earlier ones (Coop's defect 6)."""
    first = drafted(bureau)
    bureau.finished(first, "4711")
    second, draft = bureau.drafted(bureau.decided(bureau.submit()[0]))
    assert second.case != first.case
    assert draft.report.person_or_user_reported[0].prior_ct_reports == (4711,)
    assert any(one.source is Source.FILING and "priorCTReports" in one.field for one in draft.sources)


@SQLITE
def test_numbers_of_tests_do_not_go_to_production(bureau: Bureau) -> None:
    """A number means something only to the system that gave it."""
    bureau.finished(drafted(bureau), "4711")
    bureau.environments.append(Environment.TEST)
    _, draft = bureau.drafted(bureau.decided(bureau.submit()[0]))
    assert draft.report.person_or_user_reported[0].prior_ct_reports == ()


@SQLITE
def test_a_follow_up(bureau: Bureau) -> None:
    """It follows a report that has a receipt; what that one had is listed, and not sent twice."""
    first = drafted(bureau)
    with pytest.raises(UnsuitableFilingError):
        bureau.drafting.draft(RITA, first.case, "u-17", Kind.FOLLOW_UP, first.number)
    bureau.finished(first, "4711")
    with pytest.raises(UnsuitableFilingError):
        bureau.drafting.draft(RITA, first.case, "u-17", Kind.FOLLOW_UP)
    filing = bureau.drafting.draft(RITA, first.case, "u-17", Kind.FOLLOW_UP, first.number)
    draft = bureau.filings.draft(filing.number)
    assert filing.follows == first.number
    assert "4711" in draft.report.additional_info
    assert draft.report.person_or_user_reported[0].prior_ct_reports == (4711,)
    assert [one.include for one in draft.files] == [False]


@SQLITE
def test_a_follow_up_is_about_the_account_that_was_reported(bureau: Bureau) -> None:
    """One of the accounts, where that was a batched report."""
    number, _ = bureau.submit(context=of("a"), data=b"one")
    bureau.submit(context=of("b"), data=b"one")
    batched = bureau.drafted(bureau.decided(number), "", Kind.BATCHED)[0]
    alone = bureau.drafted(bureau.decided(bureau.submit(context=of("c"))[0]), "c")[0]
    for one, report_id in ((batched, "1"), (alone, "2")):
        bureau.finished(one, report_id)
    later = bureau.decided(bureau.submit(context=of("b"))[0])
    with pytest.raises(UnsuitableFilingError, match="another account"):
        bureau.drafting.draft(RITA, later, "b", Kind.FOLLOW_UP, alone.number)
    made = bureau.drafting.draft(RITA, later, "b", Kind.FOLLOW_UP, batched.number)
    assert "follows report 1 " in bureau.filings.draft(made.number).report.additional_info


@SQLITE
def test_an_incident_without_files(bureau: Bureau) -> None:
    """It can be reported too (Coop's defect 7); what it is, a person has to say."""
    number = bureau.decided(bureau.submit()[0])
    filing, draft = bureau.drafted(number, kind=Kind.TEXT)
    assert draft.files == ()
    found = {one.field for one in bureau.drafting.check(RITA, filing.number, 1)}
    assert found == {"report/incidentSummary/incidentType"}
    said = {"report/incidentSummary/incidentType": "Online Enticement of Children for Sexual Acts"}
    now = bureau.drafting.edit(RITA, filing.number, 1, said)
    assert bureau.drafting.check(RITA, filing.number, now.revision) == ()
    assert bureau.filings.filing(filing.number).state is State.CHECKED


@SQLITE
def test_a_batched_report(bureau: Bureau) -> None:
    """One file and the ids of the accounts that had it: by rules of its own, which it keeps."""
    number, _ = bureau.submit(context=of("a"), data=b"one")
    for name in ("b", "c"):
        bureau.submit(context=of(name), data=b"one")
    filing, draft = bureau.drafted(bureau.decided(number), "", Kind.BATCHED)
    assert [one.esp_identifier for one in draft.report.person_or_user_reported] == ["a", "b", "c"]
    assert bureau.drafting.check(RITA, filing.number, 1) == ()
    assert waiting(bureau) == []


def test_an_account_is_one_of_its_platform(bureau: Bureau) -> None:
    """Two platforms may name theirs alike: two reports, each with its own files and earlier reports."""
    number, own = bureau.submit(data=b"one")
    elsewhere = {**CONTEXT, "platform": "chat.example"}
    assert bureau.submit(context=elsewhere, data=b"two")[0] == number
    bureau.decided(number)
    there, here = Subject("chat.example", "u-17"), Subject("example.org", "u-17")
    assert [one.subject for one in bureau.drafting.to_draft()] == [there, here]
    with pytest.raises(NotToBeReportedError, match=r"name one of example\.org, chat\.example"):
        bureau.drafting.draft(RITA, number, "u-17")
    with pytest.raises(NotToBeReportedError, match="several platforms"):
        bureau.drafting.draft(RITA, number, "", Kind.BATCHED)
    first = bureau.drafting.draft(RITA, number, "u-17", platform="example.org")
    assert (first.platform, bureau.filings.filing(first.number).subject) == ("example.org", here)
    assert [one.sha256 for one in bureau.filings.draft(first.number).files] == [own]
    assert [one.subject for one in bureau.drafting.to_draft()] == [there]
    bureau.finished(first, "7")
    with pytest.raises(UnsuitableFilingError, match="about another account"):
        bureau.drafting.draft(RITA, number, "u-17", Kind.FOLLOW_UP, first.number, platform="chat.example")
    second = bureau.drafting.draft(RITA, number, "u-17", platform="chat.example")
    (who,) = bureau.filings.draft(second.number).report.person_or_user_reported
    assert who.esp_service == "chat.example"
    assert who.prior_ct_reports == ()
    assert bureau.drafting.to_draft() == []


@SQLITE
def test_a_batched_report_is_of_one_platform(bureau: Bureau) -> None:
    number, _ = bureau.submit(context=of("a"), data=b"one")
    bureau.submit(context=of("b"), data=b"one")
    bureau.submit(context={**of("c"), "platform": "chat.example"}, data=b"one")
    bureau.decided(number)
    made = bureau.drafting.draft(RITA, number, "", Kind.BATCHED, platform="example.org")
    people = bureau.filings.draft(made.number).report.person_or_user_reported
    assert [one.esp_identifier for one in people] == ["a", "b"]
    assert [one.subject for one in bureau.drafting.to_draft()] == [Subject("chat.example", "c")]


def test_a_report_without_files_leaves_those_to_be_reported(bureau: Bureau) -> None:
    number, sha256 = bureau.submit()
    bureau.decided(number)
    bureau.drafted(number, kind=Kind.TEXT)
    assert waiting(bureau) == [(number, "u-17")]
    with pytest.raises(UnsuitableFilingError, match="about that account"):
        bureau.drafted(number, kind=Kind.TEXT)
    _, draft = bureau.drafted(number)
    assert [one.sha256 for one in draft.files] == [sha256]
    assert waiting(bureau) == []
    words, _ = bureau.submit(context=of("u-18"), data=b"some words", kind="text", format="text")
    bureau.decided(words)
    bureau.drafted(words, "u-18", Kind.TEXT)
    assert waiting(bureau) == []
    with pytest.raises(UnsuitableFilingError, match="about that account"):
        bureau.drafted(words, "u-18")


@SQLITE
def test_whom_a_batched_report_does_not_name_waits(bureau: Bureau) -> None:
    """It names accounts by their ids: who has none is reported by another."""
    number, _ = bureau.submit(context=of("a"), data=b"one")
    bureau.submit(context={**CONTEXT, "account": {}, "url": "https://example.org/a"}, data=b"one")
    bureau.drafted(bureau.decided(number), "", Kind.BATCHED)
    assert waiting(bureau) == [(number, "")]
    with pytest.raises(UnsuitableFilingError, match="about that account"):
        bureau.drafted(number, "a")
    bureau.drafted(number, "")
    assert waiting(bureau) == []


@SQLITE
def test_who_has_more_than_the_file_of_a_batched_report_waits(bureau: Bureau) -> None:
    number, _ = bureau.submit(context=of("a"), data=b"one")
    bureau.submit(context=of("b"), data=b"one")
    bureau.submit(context={**of("b"), "url": "https://example.org/a"}, data=b"two")
    bureau.drafted(bureau.decided(number), "", Kind.BATCHED)
    case = bureau.drafting.gathering.record(number)
    assert (len(case.contents), waiting(bureau)) == (2, [(number, "b")])


@SQLITE
def test_what_comes_between_drafting_and_keeping_it(bureau: Bureau) -> None:
    """A decision undone while the files are read: nothing is kept."""
    number, _ = bureau.submit()
    bureau.decided(number)
    made = bureau.table.deciding.of_case(number)[-1]

    def undo(sha256: bytes, *, member: int = 0) -> object:
        del sha256, member
        bureau.table.deciding.undo(ANNA, made.id)
        raise UnknownFilingError

    drafting = replace(bureau.drafting, metadata=type("Undoing", (), {"metadata": staticmethod(undo)})())
    with pytest.raises(NotToBeReportedError):
        drafting.draft(RITA, number, "u-17")
    assert bureau.filings.page(WantedFilings()) == []


# Changing


@SQLITE
def test_what_a_person_writes_says_so(bureau: Bureau) -> None:
    """A field, one in a part that was not there, one more of several: the next revision, a draft again."""
    filing = drafted(bureau)
    bureau.drafting.check(RITA, filing.number, 1)
    edits = {
        f"{WHO}/displayName[1]": "Some Body",
        f"{WHO}/displayName[2]": "Sb",
        f"{WHO}/accountPermanentlyDisabled": "true",
        f"{WHO}/accountPermanentlyDisabled/disabledDate": "2026-03-02T00:00:00Z",
        "report/incidentSummary/reportAnnotations/sextortion": "true",
        "file[1]/fileAnnotations/infant": "true",
    }
    now = bureau.drafting.edit(RITA, filing.number, 1, edits)
    draft = bureau.filings.draft(filing.number)
    who = draft.report.person_or_user_reported[0]
    assert (now.revision, now.state, now.checked_by) == (2, State.DRAFTED, "")
    assert who.display_name == ("Some Body", "Sb")
    assert who.account_permanently_disabled is not None
    assert who.account_permanently_disabled.disabled is True
    assert draft.files[0].details.file_annotations is not None
    assert draft.files[0].details.file_annotations.infant
    by_person = {one.field for one in draft.sources if one.source is Source.PERSON}
    assert f"{WHO}/displayName[2]" in by_person
    assert f"{WHO}/accountPermanentlyDisabled/@disabledDate" in by_person
    assert {one.which for one in draft.sources if one.source is Source.PERSON} == {RITA.id}
    assert bureau.drafting.check(RITA, filing.number, 2) == ()


@SQLITE
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("report/nothing", "x"),
        ("report", "x"),
        ("elsewhere/x", "x"),
        ("file[2]/originalFileName", "x"),
        ("file[1]/fileId", "x"),
        ("file[1]/fileViewedByEsp", "true"),
        ("file[1]/exifViewedByEsp", "true"),
        ("report/batchedReport/reason", "VIRAL_POTENTIAL_MEME"),
        ("report/incidentSummary/incidentType", "something else"),
        ("report/incidentSummary/incidentDateTime", "2026-03-01T00:00:00"),
        ("report/incidentSummary", "x"),
        (f"{WHO}/ipCaptureEvent[9]/port", "80"),
        (f"{WHO}/ipCaptureEvent[1]/port", "eighty"),
        (f"{WHO}/ipCaptureEvent/port", "80"),
        (f"{WHO}/screenName/x", "x"),
    ],
)
def test_what_cannot_be_written_is_refused_whole(bureau: Bureau, path: str, text: str) -> None:
    """With the other edits that came with it. What was viewed, only the log can say."""
    filing = drafted(bureau)
    before = bureau.filings.draft(filing.number)
    with pytest.raises(FieldError):
        bureau.drafting.edit(RITA, filing.number, 1, {f"{WHO}/screenName": "other", path: text})
    assert bureau.filings.draft(filing.number) == before
    assert bureau.filings.filing(filing.number).revision == 1


@SQLITE
def test_taking_out(bureau: Bureau) -> None:
    """One of several: those behind it move up, with their sources; what was viewed can be left unsaid."""
    events: list[JsonObject] = [
        {"ip": f"192.0.2.{number}", "time": f"2026-03-01T14:05:0{number}Z"} for number in (1, 2, 3)
    ]
    number, _ = bureau.submit(context={**CONTEXT, "ip_events": events})
    filing, _ = bureau.drafted(bureau.decided(number))
    bureau.drafting.edit(RITA, filing.number, 1, {f"{WHO}/ipCaptureEvent[3]/port": "80"})
    edits = {f"{WHO}/ipCaptureEvent[1]": None, "file[1]/fileViewedByEsp": None, f"{WHO}/screenName": " "}
    bureau.drafting.edit(RITA, filing.number, 2, edits)
    draft = bureau.filings.draft(filing.number)
    who = draft.report.person_or_user_reported[0]
    assert [(one.ip_address, one.port) for one in who.ip_capture_event] == [
        ("192.0.2.2", None), ("192.0.2.3", 80),
    ]  # fmt: skip
    assert who.screen_name == ""
    assert draft.files[0].details.file_viewed_by_esp is None
    by_person = {one.field for one in draft.sources if one.source is Source.PERSON}
    assert f"{WHO}/ipCaptureEvent[2]/port" in by_person
    assert f"{WHO}/ipCaptureEvent[3]/port" not in by_person


@SQLITE
def test_a_file_is_left_out_and_put_back(bureau: Bureau) -> None:
    """A person chooses; without any file it is not a report of files."""
    filing = drafted(bureau)
    now = bureau.drafting.include(RITA, filing.number, 1, 1, include=False)
    assert [one.include for one in bureau.filings.draft(filing.number).files] == [False]
    assert [one.code for one in bureau.drafting.check(RITA, filing.number, now.revision)] == ["no_file"]
    left = "1 more of the account's files in this case"
    assert left in bureau.filings.draft(filing.number).report.additional_info
    now = bureau.drafting.include(RITA, filing.number, now.revision, 1, include=True)
    assert left not in bureau.filings.draft(filing.number).report.additional_info
    assert bureau.drafting.check(RITA, filing.number, now.revision) == ()
    with pytest.raises(FieldError):
        bureau.drafting.include(RITA, filing.number, now.revision, 2, include=True)


@SQLITE
def test_drafting_anew_keeps_what_people_wrote(bureau: Bureau) -> None:
    """What came with the case since is in it; what was written, too, where the same still stands there."""
    filing = drafted(bureau)
    written = {
        f"{WHO}/screenName": "other",
        f"{WHO}/ipCaptureEvent[1]/port": "81",
        "report/incidentSummary/platform": None,
    }
    now = bureau.drafting.edit(RITA, filing.number, 1, written)
    now = bureau.drafting.include(RITA, filing.number, now.revision, 1, include=False)
    bureau.environments.append(Environment.TEST)
    now = bureau.drafting.redraft(RITA, filing.number, now.revision)
    draft = bureau.filings.draft(filing.number)
    who = draft.report.person_or_user_reported[0]
    assert (who.screen_name, who.ip_capture_event[0].port) == ("other", 81)
    assert draft.report.incident_summary.platform == ""
    assert [one.include for one in draft.files] == [False]
    assert (now.environment, now.revision, now.state) == (Environment.TEST, 4, State.DRAFTED)


@SQLITE
def test_who_saw_an_earlier_revision_does_nothing(bureau: Bureau) -> None:
    """They are told to look again."""
    filing = drafted(bureau)
    bureau.drafting.edit(RITA, filing.number, 1, {f"{WHO}/screenName": "other"})
    with pytest.raises(OutdatedDraftError):
        bureau.drafting.edit(RITA, filing.number, 1, {f"{WHO}/screenName": "third"})
    with pytest.raises(OutdatedDraftError):
        bureau.drafting.include(RITA, filing.number, 1, 1, include=False)
    with pytest.raises(OutdatedDraftError):
        bureau.drafting.check(RITA, filing.number, 1)
    with pytest.raises(OutdatedDraftError):
        bureau.drafting.redraft(RITA, filing.number, 1)


@SQLITE
def test_what_was_confirmed_is_not_changed(bureau: Bureau) -> None:
    """Whoever confirmed it saw that, and nothing else goes out."""
    filing = drafted(bureau)
    bureau.filings.checked(filing.number, RITA.id)
    bureau.filings.confirmed(filing.number, BELA.id, enough=True)
    for act in (
        lambda: bureau.drafting.edit(RITA, filing.number, 1, {f"{WHO}/screenName": "other"}),
        lambda: bureau.drafting.include(RITA, filing.number, 1, 1, include=False),
        lambda: bureau.drafting.redraft(RITA, filing.number, 1),
        lambda: bureau.drafting.check(RITA, filing.number, 1),
    ):
        with pytest.raises(UnsuitableFilingError):
            act()


@SQLITE
def test_who_may(bureau: Bureau) -> None:
    """Nobody without the permission; a program may draft, and neither change nor check it."""
    filing = drafted(bureau)
    with pytest.raises(DeniedError):
        bureau.drafting.draft(person("anna"), filing.case, "u-17")
    program = Principal("token:reports", frozenset({Permission.FILE}))
    with pytest.raises(DeniedError):
        bureau.drafting.edit(program, filing.number, 1, {f"{WHO}/screenName": "other"})
    with pytest.raises(DeniedError):
        bureau.drafting.check(program, filing.number, 1)
    with pytest.raises(DeniedError):
        bureau.drafting.redraft(program, filing.number, 1)
    bureau.filings.set_state(filing.number, State.RETRACTED)
    assert bureau.drafting.draft(program, filing.case, "u-17").author == "token:reports"


@SQLITE
def test_the_ledger_tells_what_was_done(bureau: Bureau) -> None:
    """Which fields, and never what was written into them."""
    filing = drafted(bureau)
    bureau.drafting.edit(RITA, filing.number, 1, {f"{WHO}/screenName": "a secret"})
    bureau.drafting.check(RITA, filing.number, 2)
    rows = list(bureau.table.desk.ledger.rows_of(f"filing:{filing.number}"))
    assert [row.kind for row in rows] == ["filing.drafted", "filing.changed", "filing.checked"]
    assert "a secret" not in json.dumps([row.detail for row in rows])
    assert f"{WHO}/screenName" in json.dumps(rows[1].detail)


@SQLITE
def test_a_preview_is_what_would_be_sent(bureau: Bureau) -> None:
    """Each line with its source; a file that is left out is not in it."""
    filing = drafted(bureau)
    shown = bureau.drafting.preview(filing.number)
    lines = {line.path: line for section in shown.sections for line in section.lines}
    assert lines[f"{WHO}/espIdentifier"].value == "u-17"
    source = lines["report/reporter/legalURL"].source
    assert source is not None
    assert source.source is Source.SETTINGS
    assert [line.path for line in lines.values() if line.source is None] == []
    assert b"<espIdentifier>u-17</espIdentifier>" in shown.xml
    assert [place for place, _ in shown.files] == [1]
    bureau.drafting.include(RITA, filing.number, 1, 1, include=False)
    assert bureau.drafting.preview(filing.number).files == ()


# The authority's own schema, where it was fetched


def fetched(bureau: Bureau, old: bytes, new: bytes = b"") -> None:
    """The authority's schema is ours, but for one thing; of each line that has `old`."""
    lines = (line.replace(old, new) if new else line for line in XSD.split(b"\n") if new or old not in line)
    where = Authority.NCMEC, Environment.SIMULATOR
    bureau.schemas[Environment.SIMULATOR] = FetchedSchema(*where, NOW, "person:rita", b"", b"\n".join(lines))


@SQLITE
def test_a_draft_is_held_against_the_schema_that_was_fetched(bureau: Bureau) -> None:
    """What it would refuse is named by the file's place in the draft, and nothing can be confirmed."""
    number, _ = bureau.submit()
    bureau.submit()
    filing = bureau.drafted(bureau.decided(number))[0]
    bureau.drafting.include(RITA, filing.number, 1, 1, include=False)
    fetched(bureau, b'<xs:enumeration value="Reported"/>', b'<xs:enumeration value="Other"/>')
    (problem,) = bureau.drafting.check(RITA, filing.number, 2)
    assert (problem.code, problem.field) == ("not_in_schema", "file[2]/fileRelevance")
    assert bureau.filings.filing(filing.number).state is State.DRAFTED
    bureau.schemas.clear()
    assert bureau.drafting.check(RITA, filing.number, 2) == ()


@SQLITE
def test_a_preview_says_what_the_schema_has_no_place_for(bureau: Bureau) -> None:
    """It is in neither the lines nor the XML, as it will not be sent."""
    filing = drafted(bureau)
    fetched(bureau, b'"legalURL"')
    shown = bureau.drafting.preview(filing.number)
    assert "report/reporter/legalURL: it has no place in the authority's schema" in shown.left_out[-1]
    assert "report/reporter/legalURL" not in {one.path for part in shown.sections for one in part.lines}
    assert b"legalURL" not in shown.xml
    assert bureau.drafting.check(RITA, filing.number, 1) == ()

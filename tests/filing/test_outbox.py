"""Filings sent to a simulated authority: what people do with them, and what follows from each answer."""

from datetime import timedelta

import pytest
from support.outbox import REMO, RITA, ROSA, Office, cybertip, office

from tocsin.access.errors import DeniedError
from tocsin.access.model import Principal, permissions_of
from tocsin.filing.cybertip.editing import edited
from tocsin.filing.errors import (
    InvalidReasonError,
    NotConnectedError,
    NotToBeReportedError,
    OutdatedDraftError,
    UnsuitableFilingError,
)
from tocsin.filing.model import Environment, Fate, State
from tocsin.simulators.cybertip.faults import Fault, Kind, Step
from tocsin.simulators.cybertip.server import Cybertip
from tocsin.simulators.cybertip.truth import State as Truth

__all__ = ["cybertip", "office"]
FILES = (b"first", b"second", b"third")
MINUTE = timedelta(minutes=1)
OUTAGE = Fault(Kind.HTML, status=503)


def truth(cybertip: Cybertip) -> list[Truth]:
    return [one.state for one in cybertip.reports]


def test_a_filing_is_finished_with_all_its_files_and_the_receipt_is_kept(
    office: Office, cybertip: Cybertip
) -> None:
    number = office.confirmed(*FILES)
    office.work()
    assert office.state(number) is State.FINISHED
    (report,) = cybertip.finished
    receipt = office.filings.receipt(number)
    assert receipt is not None
    assert receipt.report_id == str(report.number) == office.filings.filing(number).report_id
    assert not receipt.inferred
    assert receipt.file_ids == tuple(one.id for one in report.files)
    assert b"reportDoneResponse" in receipt.raw
    assert [one.size for one in report.files] == [len(one) for one in FILES]
    assert not report.undetailed
    assert office.events(number) == ["confirmed", "opened", *["file_uploaded"] * 3, "finished"]
    timeline = office.outbox.timeline(number)
    assert [one.md5.hex() for one in timeline.files] == [one.md5 for one in report.files]
    assert len(timeline.calls) == 1 + 2 * len(FILES) + 1
    assert all(one.ended and one.request_id and not one.problem for one in timeline.calls)
    assert [one.fate for one in timeline.reports] == [Fate.FINISHED]
    with office.database.reading():
        assert office.database.rows("SELECT filing FROM hold") == [(number,)]
    assert office.announced.told == []
    assert office.broken() == []


def test_a_filing_without_files_is_finished(office: Office, cybertip: Cybertip) -> None:
    number = office.confirmed()
    office.work()
    assert office.state(number) is State.FINISHED
    assert truth(cybertip) == [Truth.FINISHED]


def test_a_file_that_a_person_left_out_is_not_sent(office: Office, cybertip: Cybertip) -> None:
    filing = office.checked(*FILES)
    found = office.filings.draft(filing.number)
    kept = tuple(
        one if one.place != 2 else type(one)(one.place, one.sha256, one.size, one.details, include=False)
        for one in found.files
    )
    office.filings.set_draft(filing.number, type(found)(found.report, kept, found.sources))
    office.filings.checked(filing.number, RITA.id)
    office.outbox.confirm(RITA, filing.number, 2)
    office.work()
    (report,) = cybertip.finished
    assert [one.size for one in report.files] == [len(FILES[0]), len(FILES[2])]


def test_one_person_confirms_a_test_and_only_the_revision_they_saw(office: Office) -> None:
    filing = office.checked()
    with pytest.raises(OutdatedDraftError):
        office.outbox.confirm(RITA, filing.number, 2)
    assert office.outbox.confirm(RITA, filing.number, 1).state is State.CONFIRMED
    with pytest.raises(UnsuitableFilingError):
        office.outbox.confirm(REMO, filing.number, 1)


def test_production_takes_two_people_of_whom_one_at_most_is_the_author(office: Office) -> None:
    office.connections.environment = Environment.PRODUCTION
    filing = office.checked(environment=Environment.PRODUCTION)
    once = office.outbox.confirm(RITA, filing.number, 1)
    assert (once.state, once.confirmed_by) == (State.CHECKED, (RITA.id,))
    with pytest.raises(UnsuitableFilingError):
        office.outbox.confirm(RITA, filing.number, 1)
    assert office.claim() is None
    twice = office.outbox.confirm(REMO, filing.number, 1)
    assert (twice.state, twice.confirmed_by) == (State.CONFIRMED, (RITA.id, REMO.id))
    other = office.checked(environment=Environment.PRODUCTION)
    office.outbox.confirm(REMO, other.number, 1)
    assert office.outbox.confirm(ROSA, other.number, 1).state is State.CONFIRMED


def test_who_wrote_into_the_draft_counts_as_its_author(office: Office) -> None:
    """Rita drafted it and Remo wrote in it: with both of them nobody has read it who did not write it."""
    office.connections.environment = Environment.PRODUCTION
    filing = office.checked(environment=Environment.PRODUCTION)
    draft = office.filings.draft(filing.number)
    made = edited(draft, {"report/incidentSummary/platform": "forum.example"}, REMO.id)
    office.filings.set_draft(filing.number, made)
    office.filings.checked(filing.number, RITA.id)
    office.outbox.confirm(RITA, filing.number, 2)
    with pytest.raises(UnsuitableFilingError, match="person:remo and person:rita wrote this draft"):
        office.outbox.confirm(REMO, filing.number, 2)
    assert office.filings.filing(filing.number).confirmed_by == (RITA.id,)
    assert office.outbox.confirm(ROSA, filing.number, 2).state is State.CONFIRMED


def test_a_changed_draft_is_to_be_confirmed_again_by_two(office: Office) -> None:
    office.connections.environment = Environment.PRODUCTION
    filing = office.checked(environment=Environment.PRODUCTION)
    office.outbox.confirm(RITA, filing.number, 1)
    office.filings.set_draft(filing.number, office.filings.draft(filing.number))
    office.filings.checked(filing.number, RITA.id)
    assert office.outbox.confirm(REMO, filing.number, 2).state is State.CHECKED


def test_only_people_who_may_file_do(office: Office) -> None:
    number = office.confirmed()
    program = Principal("token:uploads", permissions_of(["reporter"]))
    reviewer = Principal("person:anna", permissions_of(["reviewer"]))
    for who in (program, reviewer):
        with pytest.raises(DeniedError):
            office.outbox.confirm(who, number, 1)
        with pytest.raises(DeniedError):
            office.outbox.retract(who, number, "why")
        with pytest.raises(DeniedError):
            office.outbox.retry(who, number)
        with pytest.raises(DeniedError):
            office.outbox.discard(who, number)


def test_what_was_drafted_for_another_environment_is_not_confirmed(office: Office) -> None:
    filing = office.checked()
    office.connections.environment = Environment.TEST
    with pytest.raises(UnsuitableFilingError, match="drafted for simulator"):
        office.outbox.confirm(RITA, filing.number, 1)


def test_what_is_not_to_be_reported_any_more_is_not_confirmed(office: Office) -> None:
    filing = office.checked()
    office.undo(filing.decision)
    with pytest.raises(NotToBeReportedError):
        office.outbox.confirm(RITA, filing.number, 1)


def test_a_decision_undone_before_the_report_is_opened_leaves_nothing(
    office: Office, cybertip: Cybertip
) -> None:
    number = office.confirmed(*FILES)
    office.undo(office.filings.filing(number).decision)
    office.work()
    assert office.state(number) is State.RETRACTED
    assert cybertip.requests == ()
    assert office.events(number) == ["confirmed", "retracted"]
    assert office.broken() == []


@pytest.mark.parametrize("step", ["submit", "upload", "fileinfo"])
def test_a_decision_undone_while_a_report_is_open_retracts_it(
    office: Office, cybertip: Cybertip, step: str
) -> None:
    number = office.confirmed(*FILES)

    def undo(now: str, when: str) -> None:
        if (now, when) == (step, "after"):
            office.undo(office.filings.filing(number).decision)

    office.connections.hook = undo
    office.work()
    assert office.state(number) is State.RETRACTED
    assert truth(cybertip) == [Truth.RETRACTED]
    assert office.outbox.timeline(number).giving_up == "its decision is no longer in force"
    assert office.broken() == []


def test_a_person_retracts_what_waits_for_an_authority_that_is_away(
    office: Office, cybertip: Cybertip
) -> None:
    number = office.confirmed(*FILES)
    cybertip.faults.always(OUTAGE, Step.UPLOAD)
    job = office.claim()
    assert job is not None
    office.do(job)
    assert office.outbox.timeline(number).trouble
    office.outbox.retract(REMO, number, "the wrong account")
    office.work(cybertip.clock)
    assert office.state(number) is State.RETRACTED
    assert truth(cybertip) == [Truth.RETRACTED]
    assert office.outbox.timeline(number).giving_up == "the wrong account"
    office.work(cybertip.clock, within=MINUTE)  # the job that waited has nothing to do
    assert len(cybertip.reports) == 1
    with pytest.raises(UnsuitableFilingError):
        office.outbox.retract(REMO, number, "once more")
    with pytest.raises(InvalidReasonError):
        office.outbox.retract(REMO, number, " ")
    assert office.broken() == []


def test_what_is_finished_cannot_be_retracted_and_somebody_is_told_if_it_was_tried(
    office: Office, cybertip: Cybertip
) -> None:
    number = office.confirmed(*FILES)

    def retract(step: str, when: str) -> None:
        if (step, when) == ("finish", "after"):
            office.outbox.retract(REMO, number, "the wrong account")

    office.connections.hook = retract
    office.work()
    assert office.state(number) is State.FINISHED
    assert office.filings.receipt(number) is not None
    assert [one["why"] for one in office.announced.told] == ["finished"]
    with pytest.raises(UnsuitableFilingError):
        office.outbox.retract(REMO, number, "why")
    assert truth(cybertip) == [Truth.FINISHED]
    assert office.broken() == []


def test_a_draft_is_discarded_and_what_is_sent_is_not(office: Office) -> None:
    filing = office.checked()
    assert office.outbox.discard(RITA, filing.number).state is State.RETRACTED
    number = office.confirmed()
    with pytest.raises(UnsuitableFilingError):
        office.outbox.discard(RITA, number)
    with pytest.raises(UnsuitableFilingError):
        office.outbox.retry(RITA, number)
    assert office.broken() == []


def test_no_connection_stops_a_filing_until_a_person_has_seen_to_it(
    office: Office, cybertip: Cybertip
) -> None:
    number = office.confirmed(*FILES)
    office.connections.refusal = NotConnectedError("there is no account")
    office.work()
    filing = office.filings.filing(number)
    assert (filing.state, filing.stopped) == (State.STOPPED, "there is no account")
    assert [one["why"] for one in office.announced.told] == ["refused"]
    assert cybertip.requests == ()
    office.connections.refusal = None
    office.outbox.retry(REMO, number)
    office.work()
    assert office.state(number) is State.FINISHED
    assert office.broken() == []


def test_a_file_that_is_not_there_gives_the_report_up_and_says_so(office: Office, cybertip: Cybertip) -> None:
    number = office.confirmed(*FILES)
    with office.database.writing():
        office.database.change(
            "UPDATE filing_draft_file SET sha256 = ? WHERE filing = ? AND place = 2", (bytes(32), number)
        )
    office.work()
    assert office.state(number) is State.STOPPED
    assert truth(cybertip) == [Truth.RETRACTED]
    assert office.outbox.discard(RITA, number).state is State.RETRACTED


def test_what_an_operator_s_schema_lacks_is_left_out(office: Office, cybertip: Cybertip) -> None:
    number = office.confirmed()
    fetched = office.connections.transport(
        office.filings.filing(number).authority, Environment.SIMULATOR
    ).schema()
    xsd = fetched.body
    assert b"espIdentifier" in xsd
    office.connections.fetched = office.fetched(xsd.replace(b'name="espIdentifier"', b'name="other"'))
    office.work()
    (report,) = cybertip.reports
    assert b"espIdentifier" not in report.xml
    assert b"incidentType" in report.xml

"""Duties of a case, from its record, receipts and holds: what counts as having met one, and what does not."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.filings import report
from support.holding import FREDA, NOON, Keeping, keeping

from tocsin.cases.model import (
    Case,
    Decision,
    Observation,
    Observed,
    Outcome,
    Proposal,
    Stage,
    Standing,
    Standpoint,
)
from tocsin.cases.model import State as CaseState
from tocsin.config import SettingsError
from tocsin.content.model import Content
from tocsin.filing.cybertip.accounts import PersonOrUserReported
from tocsin.filing.cybertip.files import FileDetails
from tocsin.filing.draft import Draft, DraftFile
from tocsin.filing.duties import Duties, Organisation, Owed, State
from tocsin.filing.errors import UnsuitableHoldError
from tocsin.filing.holding import CYBERTIPLINE_FINISHED, NCA_REPORT_SENT
from tocsin.filing.model import Authority, Environment, Filing, Kind, Receipt
from tocsin.filing.model import State as FilingState
from tocsin.filing.record import CaseRecord, ContentRecord
from tocsin.intake.model import Context, Submission
from tocsin.law.duties import Occasion
from tocsin.law.facts import AgeBand, Fact, Value
from tocsin.law.owing import Happened
from tocsin.law.packs import shipped
from tocsin.node.settings import DutiesSettings

__all__ = ["keeping"]

BOTH = Organisation(frozenset({"us", "uk"}), frozenset({"user_to_user"}), frozenset({"uk"}))
LATER = NOON + timedelta(days=3)
A, B = b"a" * 32, b"b" * 32


def observation(**observed: object) -> Observation:
    return Observation(1, 1, A, Observed(**observed), "person:anna", NOON)  # type: ignore[arg-type]  # its fields


GRADED = (
    observation(fact=Fact.REAL_CHILD, value=Value.YES),
    observation(fact=Fact.PHOTOREALISTIC, value=Value.YES),
    observation(fact=Fact.PRESENT_DANGER, value=Value.NO),
    observation(age=AgeBand.CHILD),
    observation(scheme="ncmec:2025", code="A1"),
    observation(scheme="iwf:2024", code="A"),
)


def submission(sha256: bytes, account: str, given: dict[str, str] | None = None) -> Submission:
    context = Context(
        (given or {}).get("platform", "app"), account, (given or {}).get("url", ""), dict(given or {})
    )
    return Submission("01", 1, sha256, 10, NOON, "token:uploads", context, None, NOON, 1)


def record(
    *submissions: Submission, outcome: Outcome | None = Outcome.REPORT, second: datetime | None = None
) -> CaseRecord:
    decision = None
    if outcome is not None:
        decision = Decision(
            1, 1, Proposal(outcome), "person:anna", NOON, Standpoint.IN_FORCE, second_time=second
        )
    case = Case(1, NOON, "main", CaseState.DECIDED, Stage.FIRST, Standing(NOON), len(submissions))
    digests = dict.fromkeys(one.sha256 for one in submissions)
    contents = tuple(
        ContentRecord(place, sha256, 10, None, ("01",), (), GRADED, ())
        for place, sha256 in enumerate(digests, 1)
    )
    return CaseRecord(case, decision, submissions, contents)


ONE = record(submission(A, "mallory"))
TWO = record(submission(A, "mallory"), submission(B, "trent"))


class Reports:
    """Filings that have receipts."""

    def __init__(self) -> None:
        self.filings: list[Filing] = []
        self.named: dict[int, tuple[str, ...]] = {}
        """The accounts that batched reports name."""

    def receipt(
        self, account: str, environment: Environment = Environment.PRODUCTION, platform: str = "app"
    ) -> Receipt:
        number = len(self.filings) + 1
        made = Filing(
            number,
            1,
            1,
            Authority.NCMEC,
            environment,
            Kind.REPORT,
            platform,
            account,
            FilingState.FINISHED,
            1,
            NOON,
            "person:anna",
        )
        self.filings.append(made)
        time = NOON + timedelta(hours=number)
        return Receipt(number, f"{number}", time, environment, (), b"", "")

    def filing(self, number: int) -> Filing:
        return self.filings[number - 1]

    def of_kind(self, kind: Kind, account: str, *named: str) -> Receipt:
        receipt = self.receipt(account)
        self.filings[-1] = replace(self.filings[-1], kind=kind)
        self.named[receipt.filing] = named
        return receipt

    def draft(self, number: int) -> Draft:
        people = tuple(PersonOrUserReported(esp_identifier=one) for one in self.named[number])
        one_file = (DraftFile(1, A, 10, FileDetails()),)
        return Draft(replace(report(""), person_or_user_reported=people), one_file)


@pytest.fixture
def reports() -> Reports:
    return Reports()


@pytest.fixture
def duties(keeping: Keeping, reports: Reports) -> Duties:
    return Duties(BOTH, shipped(), keeping.holds, reports.filing, reports.draft)


def found(owed: Sequence[Owed], rule: str) -> Owed:
    return next(one for one in owed if one.rule == rule)


def test_every_duty_is_there_once_whatever_stands_of_the_case(duties: Duties) -> None:
    ids = sorted({one.provision.id for one in shipped().duties})
    for one in (ONE, TWO, record(), record(submission(A, ""), outcome=None)):
        assert sorted(owed.rule for owed in duties.of(one, [], LATER)) == ids


def test_it_begins_when_the_second_person_confirmed(duties: Duties) -> None:
    second = NOON + timedelta(hours=5)
    assert found(duties.of(ONE, [], LATER), "us.2258A").began == NOON
    assert found(duties.of(record(submission(A, "m"), second=second), [], LATER), "us.2258A").began == second


def test_one_report_of_one_account_meets_it_in_both_countries(duties: Duties, reports: Reports) -> None:
    owed = duties.of(ONE, [reports.receipt("mallory")], LATER)
    assert found(owed, "us.2258A").state is State.SATISFIED
    assert found(owed, "uk.osa66.p2").state is State.SATISFIED
    assert found(owed, "uk.osa66.p2").met_under == "uk.osa66.foreign"


def test_all_accounts_have_to_be_reported(duties: Duties, reports: Reports) -> None:
    first = reports.receipt("mallory")
    owed = found(duties.of(TWO, [first], LATER), "us.2258A")
    assert owed.state is State.OWED
    assert "not about: trent (app)" in owed.because
    both = [first, reports.receipt("trent")]
    assert found(duties.of(TWO, both, LATER), "us.2258A").state is State.SATISFIED


def test_one_account_on_each_of_two_platforms_is_two(duties: Duties, reports: Reports) -> None:
    two = record(submission(A, "mallory"), submission(B, "mallory", {"platform": "web"}))
    owed = found(duties.of(two, [first := reports.receipt("mallory")], LATER), "us.2258A")
    assert owed.state is State.OWED
    assert "not about: mallory (web)" in owed.because
    both = [first, reports.receipt("mallory", platform="web")]
    assert found(duties.of(two, both, LATER), "us.2258A").state is State.SATISFIED


def test_a_report_without_files_meets_what_has_none(duties: Duties, reports: Reports) -> None:
    """What was said can stand in it; a picture cannot. What somebody called benign is in no report."""
    receipt = reports.of_kind(Kind.TEXT, "mallory")
    owed = found(duties.of(ONE, [receipt], LATER), "us.2258A")
    assert owed.state is State.OWED
    assert "not about: mallory (app)" in owed.because
    (file,) = ONE.contents
    words = replace(file, content=Content("text", 10, (), format="text"))
    for one in (words, replace(file, observations=(*GRADED, observation(scheme="vics-us:2.0", code="0")))):
        case = replace(ONE, contents=(one,))
        assert found(duties.of(case, [receipt], LATER), "us.2258A").state is State.SATISFIED
    both = [receipt, reports.receipt("mallory")]
    assert found(duties.of(ONE, both, LATER), "us.2258A").state is State.SATISFIED


def test_a_batched_report_is_about_all_whom_it_names(duties: Duties, reports: Reports) -> None:
    receipt = reports.of_kind(Kind.BATCHED, "", "mallory", "trent")
    viral = (submission(A, "mallory"), submission(A, "trent"))
    assert found(duties.of(record(*viral), [receipt], LATER), "us.2258A").state is State.SATISFIED
    case = record(*viral, submission(A, ""), submission(A, "eve"))
    owed = found(duties.of(case, [receipt], LATER), "us.2258A")
    assert owed.state is State.OWED
    assert "not about: an account that nobody has named (app), eve (app)" in owed.because


def test_a_batched_report_tells_of_its_one_file_and_of_no_other(duties: Duties, reports: Reports) -> None:
    receipt = reports.of_kind(Kind.BATCHED, "", "mallory", "trent")
    case = record(submission(A, "mallory"), submission(A, "trent"), submission(B, "trent"))
    owed = found(duties.of(case, [receipt], LATER), "us.2258A")
    assert owed.state is State.OWED
    assert "not about: trent (app)" in owed.because


def test_what_is_of_no_account_that_is_known_has_to_be_reported_too(duties: Duties, reports: Reports) -> None:
    case = record(submission(A, "mallory"), submission(B, ""))
    owed = found(duties.of(case, [first := reports.receipt("mallory")], LATER), "us.2258A")
    assert owed.state is State.OWED
    assert "not about: an account that nobody has named (app)" in owed.because
    both = [first, reports.receipt("")]
    assert found(duties.of(case, both, LATER), "us.2258A").state is State.SATISFIED


def test_what_came_in_after_the_report_was_not_in_it(duties: Duties, reports: Reports) -> None:
    """A case can be opened again, take more of the same account, and be decided again."""
    report = reports.receipt("mallory")
    more = replace(submission(B, "mallory"), received=report.time + timedelta(minutes=1))
    again = record(submission(A, "mallory"), more)
    owed = found(duties.of(again, [report], LATER), "us.2258A")
    assert owed.state is State.OWED
    assert "not about: mallory (app)" in owed.because
    followed = [report, reports.receipt("mallory")]
    assert found(duties.of(again, followed, LATER), "us.2258A").state is State.SATISFIED


def test_a_test_meets_nothing_not_even_one_half(duties: Duties, reports: Reports) -> None:
    for environment in (Environment.TEST, Environment.SIMULATOR):
        receipts = [reports.receipt("mallory", environment)]
        assert found(duties.of(ONE, receipts, LATER), "us.2258A").state is State.OWED
    mixed = [reports.receipt("mallory"), reports.receipt("trent", Environment.TEST)]
    assert found(duties.of(TWO, mixed, LATER), "us.2258A").state is State.OWED
    earlier = [reports.receipt("mallory", Environment.TEST), reports.receipt("trent")]
    assert found(duties.of(TWO, earlier, LATER), "us.2258A").state is State.OWED


def test_a_receipt_that_is_to_come_meets_nothing_yet(duties: Duties, reports: Reports) -> None:
    receipts = [reports.receipt("mallory")]
    assert found(duties.of(ONE, receipts, NOON + timedelta(minutes=1)), "us.2258A").state is State.OWED


def test_the_form_to_the_nca_meets_the_uk_duty_about_what_it_held(keeping: Keeping, duties: Duties) -> None:
    sent = Occasion(NCA_REPORT_SENT, NOON + timedelta(hours=1))
    keeping.holds.begin_of_case(sent, 1, [A], is_test=False, actor=FREDA.id, reason="entry 1")
    assert found(duties.of(ONE, [], LATER), "uk.osa66.p2").state is State.SATISFIED
    assert found(duties.of(ONE, [], LATER), "us.2258A").state is State.OWED
    assert "not about: trent (app)" in found(duties.of(TWO, [], LATER), "uk.osa66.p2").because


def test_a_second_form_meets_it_from_when_it_was_sent(keeping: Keeping, duties: Duties) -> None:
    first, second = NOON + timedelta(hours=1), NOON + timedelta(hours=3)
    for time, sha256 in ((first, A), (second, B)):
        sent = Occasion(NCA_REPORT_SENT, time)
        keeping.holds.begin_of_case(sent, 1, [sha256], is_test=False, actor=FREDA.id, reason="entry")
    between = found(duties.of(TWO, [], NOON + timedelta(hours=2)), "uk.osa66.p2")
    assert between.state is State.OWED
    assert "not about: trent (app)" in between.because
    assert found(duties.of(TWO, [], LATER), "uk.osa66.p2").state is State.SATISFIED


@pytest.mark.parametrize(("event", "is_test"), [("us.2703f_letter", False), (NCA_REPORT_SENT, True)])
def test_what_is_held_for_something_else_was_not_in_the_form(
    keeping: Keeping, duties: Duties, event: str, *, is_test: bool
) -> None:
    other = Occasion(event, NOON)
    keeping.holds.begin_of_case(other, 1, [B], is_test=is_test, actor=FREDA.id, reason="another")
    sent = Occasion(NCA_REPORT_SENT, NOON + timedelta(hours=1))
    keeping.holds.begin_of_case(sent, 1, [A], is_test=False, actor=FREDA.id, reason="entry 1")
    owed = found(duties.of(TWO, [], LATER), "uk.osa66.p2")
    assert owed.state is State.OWED


def test_a_hold_that_somebody_sets_is_no_receipt(keeping: Keeping, duties: Duties) -> None:
    said = Occasion(CYBERTIPLINE_FINISHED, NOON - timedelta(hours=1))
    assert keeping.holds.set(FREDA, said, 1, [A], "it was reported, they say").binds(NOON)
    assert found(duties.of(ONE, [], LATER), "us.2258A").state is State.OWED
    handed_in = Occasion(NCA_REPORT_SENT, NOON - timedelta(hours=1))
    with pytest.raises(UnsuitableHoldError, match="record in the register"):
        keeping.holds.set(FREDA, handed_in, 1, [A], "it was handed in, they say")


def test_a_notice_counts_from_when_the_first_came_in(duties: Duties) -> None:
    told = record(submission(A, "m", {"notice": "us.tida"}), submission(A, "m", {"notice": "us.tida"}))
    assert found(duties.of(told, [], LATER), "us.tida").by == NOON + timedelta(hours=48)
    assert found(duties.of(ONE, [], LATER), "us.tida").state is State.NOT_APPLICABLE


@pytest.mark.parametrize("notice", ["", 7, ["us.tida"], {"us.tida": True}])
def test_a_notice_that_is_none_begins_nothing(duties: Duties, notice: object) -> None:
    """A context says what its submitter wants."""
    odd = submission(A, "m", {"notice": notice})  # type: ignore[dict-item]  # what it should not be
    assert duties.of(record(odd), [], LATER) == duties.of(record(submission(A, "m")), [], LATER)


def test_a_question_is_owed_an_answer_in_seven_days(duties: Duties) -> None:
    asked = Happened("uk.nca_question", LATER)
    answer = found(duties.of(ONE, [], LATER, events=[asked]), "uk.osa66.answer")
    assert answer.by == LATER + timedelta(days=7)


@pytest.mark.parametrize("outcome", [Outcome.NO_ACTION, Outcome.FALSE_MATCH, Outcome.UNDETERMINED])
def test_what_is_not_to_be_reported_is_owed_nobody(duties: Duties, outcome: Outcome) -> None:
    owed = duties.of(record(submission(A, "m"), outcome=outcome), [], LATER)
    assert {one.state for one in owed} == {State.NOT_APPLICABLE}


def test_an_organisation_that_says_nothing_is_told_what_is_missing(
    keeping: Keeping, reports: Reports
) -> None:
    nobody = Duties(Organisation(), shipped(), keeping.holds, reports.filing, reports.draft)
    owed = found(nobody.of(ONE, [], LATER), "us.2258A")
    assert (owed.state, owed.missing) == (State.UNDETERMINED, ("jurisdictions",))


def test_a_time_needs_its_zone(duties: Duties) -> None:
    with pytest.raises(ValueError, match="without its zone"):
        duties.of(ONE, [], datetime(2026, 11, 23))  # noqa: DTZ001  # what is refused
    assert duties.of(ONE, [], datetime(2026, 11, 23, tzinfo=UTC))


def test_the_settings_say_what_the_organisation_is(tmp_path: Path) -> None:
    assert DutiesSettings.read(tmp_path).organisation == Organisation()
    (tmp_path / "tocsin.toml").write_text(
        '[duties]\njurisdictions = ["us", "uk"]\nservices = ["user_to_user"]\nestablished_in = ["uk"]\n'
    )
    assert DutiesSettings.read(tmp_path).organisation == BOTH
    (tmp_path / "tocsin.toml").write_text('[duties]\nservices = ["everything"]\n')
    with pytest.raises(SettingsError, match=r"duties\.services"):
        DutiesSettings.read(tmp_path)

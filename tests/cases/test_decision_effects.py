"""What decisions do elsewhere, on each engine: entries, opinions, figures; and taking it back."""

import json

import pytest
from support.cases import ANNA, BELA, CLEO, entry_match, person
from support.deciding import CORA, DORA, Table
from support.intake import do_jobs, intake_of
from support.known import pdq

from tocsin.access.errors import DeniedError
from tocsin.access.model import Permission, Principal, Right
from tocsin.banks.model import Entry, EntryDraft, Label, Origin, Policy
from tocsin.banks.opinions import Verdict
from tocsin.banks.store import UnknownBankError, UnknownEntryError
from tocsin.cases.errors import InvalidObservationError
from tocsin.cases.figures import Figure, Totals
from tocsin.cases.model import (
    Decision,
    EntryOpinion,
    Observed,
    Outcome,
    Proposal,
    Publication,
    Standpoint,
)
from tocsin.content.examiner import Examiner
from tocsin.hashing.signals import Orientation, SignalType
from tocsin.law.facts import Fact, Value
from tocsin.storage.jobs import JobStore

CONFIRM_NEEDS = {Permission.GIVE_OPINIONS}
CONFIRM = EntryOpinion(1, confirm=True, reason="it is")
DISPUTE = EntryOpinion(1, confirm=False)


def live(table: Table, bank: str = "local") -> list[Entry]:
    return [one for one in table.home.entries(bank) if one.withdrawn is None]


def publish(table: Table, number: int, key: str = "", opinions: tuple[EntryOpinion, ...] = ()) -> Decision:
    """Publish the case's content to the local bank, by Anna and Cora."""
    wanted = Proposal(
        Outcome.REPORT, publish=(Publication(table.content(number), "local"),), opinions=opinions
    )
    table.decide(ANNA, number, wanted, key)
    return table.confirm(CORA, number)


def verdicts(table: Table, entry: int = 1) -> list[tuple[str, Verdict]]:
    return [(one.author, one.verdict) for one in table.opinions(entry)]


def test_an_entry_has_the_upright_signals_and_our_codes(table: Table) -> None:
    upright, turned = pdq(1, 2, 3), pdq(9, orientation=Orientation.MIRROR)
    _, number = table.desk.submit(None, entry_match(1, labels=["iwf:A"]), signals=(upright, turned))
    assert number is not None
    claim = table.claimed(ANNA, number).claim
    for one in (
        Observed(scheme="ncmec:2014", code="A1"),
        Observed(scheme="ncmec:2014", code="B2"),
        Observed(scheme="ucs:v3", code="x"),
        Observed(scheme="ucs:v3", code=""),
        Observed(Fact.REAL_CHILD, Value.UNDETERMINED),
    ):
        table.observing.record(ANNA, number, claim, table.content(number), one)
    publish(table, number)
    (entry,) = live(table)
    assert {one.type for one in entry.signals} == {SignalType.SHA256, SignalType.PDQ}
    assert [one for one in entry.signals if one.type is SignalType.PDQ] == [upright]
    (label,) = entry.labels  # the list's own stays with the list
    assert (label.scheme, label.version, label.code, label.author) == (
        "ncmec",
        "2014",
        "B2",
        f"case:{number}",
    )
    assert entry.origin == Origin("review", "", table.content(number).hex())


def test_what_was_submitted_earlier_is_matched_with_what_is_published(table: Table) -> None:
    earlier, _ = table.desk.submit(b"earlier", signals=(pdq(*range(100, 200)),))
    _, number = table.desk.submit(b"known now", entry_match(1), signals=(pdq(*range(101, 200)),))
    assert number is not None
    made = publish(table, number)
    with Examiner(1) as idle, intake_of(table.home, idle) as intake:  # nothing is to be examined
        do_jobs(intake, JobStore(table.home.database))
    (found,) = table.desk.submissions.matches(earlier.id)
    assert (found.retroactive, found.match["bank"], found.match["entry"]) == (True, "local", *made.published)
    assert found.match["distance"] == 1


def test_publishing_has_to_go_with_the_outcome_and_the_bank(table: Table) -> None:
    number = table.case()
    content = table.content(number)
    claim = table.claimed(ANNA, number).claim
    for outcome, bank in (
        (Outcome.NO_ACTION, "local"),
        (Outcome.UNDETERMINED, "local"),
        (Outcome.REPORT, "fine"),
        (Outcome.UNDETERMINED, "fine"),
    ):
        wanted = Proposal(outcome, publish=(Publication(content, bank),))
        with pytest.raises(InvalidObservationError):
            table.deciding.decide(ANNA, number, claim, wanted, "k")
    with pytest.raises(UnknownBankError):
        table.deciding.decide(
            ANNA, number, claim, Proposal(Outcome.REPORT, publish=(Publication(content, "x"),)), "k"
        )
    with pytest.raises(InvalidObservationError):
        table.deciding.decide(
            ANNA, number, claim, Proposal(Outcome.REPORT, publish=(Publication(bytes(32), "local"),)), "k"
        )
    fine = Proposal(Outcome.NO_ACTION, publish=(Publication(content, "fine"),))
    assert table.deciding.decide(ANNA, number, claim, fine, "k").standpoint is Standpoint.PROPOSED


def test_undoing_withdraws_what_was_published(table: Table) -> None:
    number = table.case()
    made = publish(table, number)
    (entry,) = live(table)
    undone = table.deciding.undo(ANNA, made.id)
    assert undone.published == (entry.id,)
    assert live(table) == []
    (withdrawn,) = table.home.entries("local")
    assert f"decision {made.id}" in withdrawn.withdrawn_reason
    again = publish(table, number, "again")
    (entry_again,) = live(table)
    assert again.published == (entry_again.id,) == (entry.id,)


def test_what_another_decision_published_too_stays(table: Table) -> None:
    publish(table, table.case(data=b"the same"))
    made = publish(table, table.case(entry_match(2), data=b"the same"))
    assert len(live(table)) == 1
    table.deciding.undo(ANNA, made.id)
    assert len(live(table)) == 1


def test_opinions_reach_the_lists_owner_and_undoing_says_the_contrary(table: Table) -> None:
    number = table.case(entry_match(1), entry_match(2))
    other = EntryOpinion(2, confirm=False, reason="a landscape")
    made = table.decide(ANNA, number, Proposal(Outcome.REPORT, opinions=(CONFIRM, other)))
    assert verdicts(table, 1) == [(ANNA.id, Verdict.CONFIRM)]
    assert verdicts(table, 2) == [(ANNA.id, Verdict.DISPUTE)]
    assert [one.reason for one in (*table.opinions(1), *table.opinions(2))] == ["it is", "a landscape"]
    table.deciding.undo(ANNA, made.id)
    assert verdicts(table, 1) == [(ANNA.id, Verdict.CONFIRM), (ANNA.id, Verdict.DISPUTE)]
    assert verdicts(table, 2) == [(ANNA.id, Verdict.DISPUTE), (ANNA.id, Verdict.CONFIRM)]
    assert "taken back" in table.opinions(1)[-1].reason


def test_opinions_and_false_matches_are_of_entries_that_matched_and_may_be_read(table: Table) -> None:
    number = table.case(entry_match(1))
    claim = table.claimed(ANNA, number).claim
    for wanted in (
        Proposal(Outcome.REPORT, opinions=(EntryOpinion(2, confirm=True),)),
        Proposal(Outcome.REPORT, false_matches=(2,)),
        Proposal(Outcome.REPORT, opinions=(CONFIRM, DISPUTE)),
    ):
        with pytest.raises(InvalidObservationError):
            table.deciding.decide(ANNA, number, claim, wanted, "k")
    blind = Principal(ANNA.id, ANNA.permissions, {"*": frozenset({Right.MATCH})})
    for wanted in (
        Proposal(Outcome.REPORT, opinions=(CONFIRM,)),
        Proposal(Outcome.REPORT, false_matches=(1,)),
    ):
        with pytest.raises(UnknownEntryError):
            table.deciding.decide(blind, number, claim, wanted, "k")
    dumb = Principal(ANNA.id, person("x").permissions - CONFIRM_NEEDS, ANNA.banks)
    with pytest.raises(DeniedError):
        table.deciding.decide(dumb, number, claim, Proposal(Outcome.REPORT, opinions=(CONFIRM,)), "k")
    assert table.opinions(1) == []


def test_nothing_of_a_decision_remains_when_one_of_its_effects_fails(table: Table) -> None:
    number = table.case(entry_match(1), entry_match(2))
    proposal = Proposal(
        Outcome.REPORT, publish=(Publication(table.content(number), "local"),), opinions=(CONFIRM,)
    )
    table.decide(ANNA, number, proposal)
    before = table.desk.ledger.count()
    mute = Principal(CORA.id, CORA.permissions - CONFIRM_NEEDS, CORA.banks)
    claim = table.claimed(CORA, number).claim
    with pytest.raises(DeniedError):
        table.deciding.confirm(mute, number, claim)
    assert live(table) == []
    assert table.opinions(1) == []
    assert table.desk.ledger.count() == before + 1  # that the case was claimed
    assert table.deciding.confirm(CORA, number, claim).standpoint is Standpoint.IN_FORCE


def test_a_decision_made_anew_takes_back_what_it_does_not_repeat(table: Table) -> None:
    number = table.case(entry_match(1), entry_match(2))
    opinions = (CONFIRM, EntryOpinion(2, confirm=True))
    first = publish(table, number, opinions=opinions)
    table.deciding.reopen(BELA, number, "it is a landscape")
    assert len(live(table)) == 1
    wanted = Proposal(Outcome.NO_ACTION, opinions=(EntryOpinion(2, confirm=True),))
    table.decide(BELA, number, wanted)
    second = table.confirm(DORA, number)
    assert second.supersedes == first.id
    assert live(table) == []
    assert verdicts(table, 1) == [(CORA.id, Verdict.CONFIRM), (DORA.id, Verdict.DISPUTE)]
    assert verdicts(table, 2) == [(CORA.id, Verdict.CONFIRM)]
    table.deciding.undo(BELA, second.id)
    assert [one.id for one in live(table)] == list(first.published)
    assert verdicts(table, 1)[-1] == (BELA.id, Verdict.CONFIRM)
    assert table.deciding.decision(first.id).standpoint is Standpoint.IN_FORCE


def test_to_take_back_what_was_published_takes_two_whatever_the_outcome(table: Table) -> None:
    number = table.case()
    publish(table, number)
    table.deciding.reopen(BELA, number, "look again")
    assert table.deciding.needs_second(BELA, number, Proposal(Outcome.REPORT)) == ("overturn",)


def test_a_bank_that_is_gone_does_not_keep_a_decision_from_being_undone(table: Table) -> None:
    number = table.case(entry_match(1))
    made = publish(table, number, opinions=(CONFIRM,))
    for name in ("local", "known"):
        table.home.remove_bank(name)
    assert table.deciding.undo(ANNA, made.id).standpoint is Standpoint.UNDONE


def test_labels_of_lists_stay_as_they_are(table: Table) -> None:
    label = Label("iwf", "2024", "A", "iwf", "2026-01-01T00:00:00Z")
    with table.home.database.writing():
        (entry,) = table.home.add_entries("known", [EntryDraft((pdq(200),), labels=(label,))]).entry_ids
    number = table.case(entry_match(entry))
    claim = table.claimed(ANNA, number).claim
    content = table.content(number)
    table.observing.record(ANNA, number, claim, content, Observed(scheme="ncmec:2014", code="B2"))
    opinion = EntryOpinion(entry, confirm=False, reason="no")
    table.deciding.decide(ANNA, number, claim, Proposal(Outcome.FALSE_MATCH, opinions=(opinion,)), "k")
    after = table.home.entry(entry)
    assert (after.labels, after.withdrawn) == ((label,), None)


def test_false_matches_correct_the_figures_of_a_policy(table: Table) -> None:
    near, far, exact = entry_match(1, distance=4), entry_match(2, distance=29), entry_match(3, exact=True)
    table.decide(ANNA, table.case(near, far), Proposal(Outcome.REPORT, false_matches=(2,)))
    table.decide(ANNA, table.case(far), Outcome.FALSE_MATCH)
    table.decide(ANNA, table.case(exact), Outcome.REPORT)
    table.decide(ANNA, table.case(entry_match(4, distance=29)), Outcome.UNDETERMINED)
    table.case(near)  # nobody has decided this one
    figures = table.deciding.figures("known")
    pdq_type, sha256 = SignalType.PDQ, SignalType.SHA256
    assert figures.figures == (
        Figure(pdq_type, 4, 1, 0, 1),
        Figure(pdq_type, 29, 3, 2, 0),
        Figure(sha256, 0, 1, 0, 1),
    )
    assert figures.radius == Policy().radius
    assert figures.of_type(pdq_type) == Totals(4, 2, 1)
    assert figures.within(31) == Totals(5, 2, 2)
    assert figures.within(28) == Totals(2, 0, 2)  # a smaller radius would have lost nothing
    assert figures.within(3) == Totals(1, 0, 1)
    assert (figures.within(31).false_share, Totals().false_share) == (0.4, None)
    assert table.deciding.figures("local").figures == ()
    with pytest.raises(UnknownBankError):
        table.deciding.figures("x")


def test_figures_follow_what_is_in_force_and_count_a_content_once(table: Table) -> None:
    first = table.case(entry_match(1), data=b"the same")
    made = table.decide(ANNA, first, Outcome.FALSE_MATCH)
    assert table.deciding.figures("known").within(31) == Totals(1, 1, 0)
    table.deciding.undo(ANNA, made.id)
    assert table.deciding.figures("known").within(31) == Totals()
    table.decide(ANNA, first, Outcome.FALSE_MATCH, "2")
    second = table.case(entry_match(1), data=b"the same")
    table.decide(BELA, second, Outcome.REPORT)
    assert table.deciding.figures("known").within(31) == Totals(1, 1, 0)
    table.confirm(CLEO, second)
    assert table.deciding.figures("known").within(31) == Totals(1, 0, 1)


def test_no_match_is_false_where_nothing_matched(table: Table) -> None:
    _, number = table.desk.submit(None, context={"review": True}, suppressed=[entry_match(1)])
    assert number is not None
    claim = table.claimed(ANNA, number).claim
    for wanted in (Proposal(Outcome.FALSE_MATCH), Proposal(Outcome.NO_ACTION, false_matches=(1,))):
        with pytest.raises(InvalidObservationError):
            table.deciding.decide(ANNA, number, claim, wanted, "k")


def test_the_ledger_says_what_a_decision_did(table: Table) -> None:
    number = table.case(entry_match(1))
    made = publish(table, number, opinions=(CONFIRM,))
    detail = json.loads(table.desk.events(number)[-1].detail)
    assert detail["published"] == list(made.published)
    assert (detail["banks"], detail["opinions"], detail["author"]) == (["local"], [1], ANNA.id)
    (added,) = [one for one in table.desk.ledger.rows_of("bank:local") if one.kind == "entries.added"]
    assert added.actor == CORA.id

"""Decisions, on each engine: once, by two people where they are needed, undone, made anew."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from support.cases import ANNA, BELA, CLEO, MANAGER, entry_match, person
from support.deciding import CORA, DORA, Table

from tocsin.access.errors import DeniedError
from tocsin.access.model import Principal, local
from tocsin.cases.deciding import UNDO
from tocsin.cases.errors import (
    InvalidObservationError,
    NotDecidedError,
    NotHeldError,
    OtherDecisionError,
    TakenError,
    TooLateError,
    UnknownDecisionError,
    UnsuitableError,
)
from tocsin.cases.model import Novelty, Observed, Outcome, Proposal, Publication, Stage, Standpoint, State
from tocsin.law.facts import Fact, Value

REPORT, NO_ACTION = Proposal(Outcome.REPORT, "seen"), Proposal(Outcome.NO_ACTION)


def publishing(table: Table, number: int, bank: str = "local") -> Proposal:
    return Proposal(Outcome.REPORT, publish=(Publication(table.content(number), bank),))


def test_a_decision_is_in_force_at_once(table: Table) -> None:
    number = table.case()
    made = table.decide(ANNA, number, REPORT)
    assert (made.standpoint, made.author, made.second) == (Standpoint.IN_FORCE, ANNA.id, "")
    assert (made.proposal, made.needs_second, made.case) == (REPORT, (), number)
    case = table.desk.cases.case(number)
    assert (case.state, case.holder) == (State.DECIDED, None)
    assert table.deciding.of_case(number) == [made]
    content = table.content(number)
    judgement = table.deciding.judgements([content, bytes(32)])[content]
    assert (judgement.outcome, judgement.case, judgement.by) == (Outcome.REPORT, number, (ANNA.id,))
    event = table.desk.events(number)[-1]
    assert (event.kind, event.actor) == ("decision.made", ANNA.id)
    assert json.loads(event.detail)["outcome"] == "report"
    assert "seen" not in event.detail


def test_the_same_sent_twice_is_one_decision(table: Table) -> None:
    number = table.case()
    claim = table.claimed(ANNA, number).claim
    made = table.deciding.decide(ANNA, number, claim, REPORT, "k")
    rows = len(table.desk.events(number))
    # A form sent twice, a connection lost before the answer, the back button a day later.
    table.desk.clock.move(timedelta(days=1))
    assert table.deciding.decide(ANNA, number, claim, REPORT, "k") == made
    assert table.deciding.of_case(number) == [made]
    assert len(table.desk.events(number)) == rows


def test_a_key_is_for_one_decision(table: Table) -> None:
    number, other = table.case(), table.case()
    claim = table.claimed(ANNA, number).claim
    made = table.deciding.decide(ANNA, number, claim, REPORT, "k")
    with pytest.raises(OtherDecisionError):
        table.deciding.decide(ANNA, number, claim, NO_ACTION, "k")
    with pytest.raises(OtherDecisionError):
        table.decide(ANNA, other, REPORT, "k")
    assert table.deciding.of_case(number) == [made]
    assert table.deciding.of_case(other) == []
    assert (
        table.decide(BELA, table.case(), NO_ACTION, "k").standpoint is Standpoint.IN_FORCE
    )  # hers, not Anna's


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_a_decision_has_a_key(table: Table, key: str) -> None:
    number = table.case()
    claim = table.claimed(ANNA, number).claim
    with pytest.raises(InvalidObservationError):
        table.deciding.decide(ANNA, number, claim, REPORT, key)


def test_only_who_holds_a_case_decides_it(table: Table) -> None:
    number = table.case()
    claim = table.claimed(ANNA, number).claim
    for who, by in ((BELA, claim), (ANNA, claim + 1)):
        with pytest.raises(NotHeldError):
            table.deciding.decide(who, number, by, REPORT, "k")
    with pytest.raises(DeniedError):
        table.deciding.decide(person("anna", "auditor"), number, claim, REPORT, "k")
    table.desk.lease_passes()
    with pytest.raises(NotHeldError):
        table.deciding.decide(ANNA, number, claim, REPORT, "k")
    assert table.deciding.of_case(number) == []


def test_publishing_takes_two(table: Table) -> None:
    number = table.case()
    proposal = publishing(table, number)
    assert table.deciding.needs_second(ANNA, number, proposal) == ("publish",)
    made = table.decide(ANNA, number, proposal)
    assert (made.standpoint, made.needs_second) == (Standpoint.PROPOSED, ("publish",))
    assert list(table.home.entries("local")) == []
    case = table.desk.cases.case(number)
    assert (case.state, case.stage, case.first_reviewer) == (State.WAITING, Stage.SECOND, ANNA.id)
    assert table.deciding.judgements([table.content(number)]) == {}
    with pytest.raises(UnsuitableError):
        table.claimed(ANNA, number)
    confirmed = table.confirm(CORA, number)
    (entry,) = table.home.entries("local")
    assert (confirmed.standpoint, confirmed.second) == (Standpoint.IN_FORCE, CORA.id)
    assert confirmed.published == (entry.id,)
    assert entry.origin.id == table.content(number).hex()
    assert table.deciding.judgements([table.content(number)])[table.content(number)].by == (ANNA.id, CORA.id)
    kinds = table.desk.kinds(number)
    assert [kind for kind in kinds if kind.startswith("decision")] == [
        "decision.proposed",
        "decision.confirmed",
    ]
    assert table.deciding.needs_second(ANNA, number, proposal) == ("publish",)


def test_confirming_twice_is_once(table: Table) -> None:
    number = table.case()
    table.decide(ANNA, number, publishing(table, number))
    claim = table.claimed(CORA, number).claim
    first = table.deciding.confirm(CORA, number, claim)
    assert table.deciding.confirm(CORA, number, claim) == first
    assert len(list(table.home.entries("local"))) == 1
    with pytest.raises(NotHeldError):
        table.deciding.disagree(CORA, number, claim, "no")


def test_nobody_confirms_their_own(table: Table) -> None:
    number = table.case()
    table.decide(CORA, number, publishing(table, number))
    # Whatever the queue would let through: a claim made by hand.
    with table.home.database.writing():
        claim = table.desk.cases.claim(number, CORA.id).claim
    for answer in (table.deciding.confirm, table.deciding.disagree):
        with pytest.raises(UnsuitableError):
            answer(CORA, number, claim, "me too")
    with pytest.raises(UnsuitableError):
        table.deciding.decide(CORA, number, claim, NO_ACTION, "other")
    assert list(table.home.entries("local")) == []


@pytest.mark.parametrize("who", ["token:cora", "local:cora", "node", "anonymous"])
def test_only_people_act(table: Table, who: str) -> None:
    number, asked, proposed, decided = (table.case() for _ in range(4))
    made = table.decide(ANNA, decided, NO_ACTION)
    waiting = table.decide(ANNA, proposed, publishing(table, proposed))
    table.desk.queue.ask_second(ANNA, asked, table.claimed(ANNA, asked).claim)
    program, deciding, queue = (
        Principal(who, MANAGER.permissions, CORA.banks),
        table.deciding,
        table.desk.queue,
    )
    # Whatever the queue would let through: claims made by hand, as by an earlier version.
    claim = table.desk.cases.claim(number, who).claim
    second = table.desk.cases.claim(proposed, who).claim
    saw = Observed(Fact.REAL_CHILD, Value.NO)
    for act in (
        lambda: queue.next(program),
        lambda: queue.claim(program, asked),
        lambda: table.observing.record(program, number, claim, table.content(number), saw),
        lambda: deciding.decide(program, number, claim, NO_ACTION, "k"),
        lambda: deciding.confirm(program, proposed, second),
        lambda: deciding.disagree(program, proposed, second, "no"),
        lambda: deciding.undo(program, made.id),
        lambda: deciding.take_back(program, asked),
    ):
        with pytest.raises(DeniedError, match="not a person who has signed in"):
            act()
    assert deciding.of_case(number) == []
    assert deciding.of_case(proposed) == [waiting]
    assert table.observing.of_content(table.content(number)) == []
    assert queue.case(program, number).number == number  # reading stays


def test_a_case_is_opened_again_at_a_shell_and_by_no_program(table: Table) -> None:
    number = table.case()
    table.decide(ANNA, number, NO_ACTION)
    with pytest.raises(DeniedError):
        table.deciding.reopen(Principal("token:mara", MANAGER.permissions), number, "again")
    table.deciding.reopen(local("root"), number, "again")
    assert table.desk.events(number)[-1].actor == "local:root"


def test_who_confirms_needs_the_right_to_publish(table: Table) -> None:
    number = table.case()
    table.decide(ANNA, number, publishing(table, number))
    with pytest.raises(DeniedError):
        table.confirm(BELA, number)
    (still,) = table.deciding.of_case(number)
    assert (still.standpoint, still.second) == (Standpoint.PROPOSED, "")
    assert list(table.home.entries("local")) == []
    table.desk.lease_passes()
    assert table.confirm(CORA, number).standpoint is Standpoint.IN_FORCE


def test_another_outcome_than_before_takes_two(table: Table) -> None:
    table.decide(ANNA, table.case(data=b"the same"), REPORT)
    again = table.case(entry_match(2), data=b"the same")
    assert table.deciding.needs_second(BELA, again, REPORT) == ()
    made = table.decide(BELA, again, NO_ACTION)
    assert (made.standpoint, made.needs_second) == (Standpoint.PROPOSED, ("overturn",))
    content = table.content(again)
    assert table.deciding.judgements([content])[content].outcome is Outcome.REPORT
    table.confirm(CLEO, again)
    judgement = table.deciding.judgements([content])[content]
    assert (judgement.outcome, judgement.by) == (Outcome.NO_ACTION, (BELA.id, CLEO.id))


def test_who_asks_for_a_second_reviewer_gets_two(table: Table) -> None:
    number = table.case()
    claim = table.claimed(ANNA, number).claim
    table.desk.queue.ask_second(ANNA, number, claim, "what is this?")
    made = table.decide(BELA, number, NO_ACTION)
    assert (made.standpoint, made.needs_second) == (Standpoint.PROPOSED, ("asked",))
    assert table.confirm(ANNA, number).second == ANNA.id


def test_with_nothing_to_confirm_nothing_is_confirmed(table: Table) -> None:
    number = table.case()
    with pytest.raises(UnsuitableError):
        table.confirm(ANNA, number)
    assert table.deciding.pending(number) is None


def test_who_disagree_are_both_recorded_and_a_third_decides(table: Table) -> None:
    number = table.case()
    table.decide(ANNA, number, publishing(table, number))
    rejected = table.disagree(CORA, number)
    assert (rejected.standpoint, rejected.author, rejected.second) == (Standpoint.REJECTED, ANNA.id, CORA.id)
    assert rejected.second_note == "I do not"
    case = table.desk.cases.case(number)
    assert case.standing.disagreed
    assert case.state is State.WAITING
    assert table.deciding.at_odds(number) == {ANNA.id, CORA.id}
    for who in (ANNA, CORA):
        assert table.desk.queue.next(who) is None
        assert table.deciding.needs_second(who, number, NO_ACTION) == ("disagreed",)
    given = table.desk.queue.next(CLEO)
    assert given is not None
    assert table.claimed(CLEO, number).claim == given.claim
    made = table.deciding.decide(CLEO, number, given.claim, NO_ACTION, "k")
    assert made.standpoint is Standpoint.IN_FORCE
    assert [one.standpoint for one in table.deciding.of_case(number)] == [
        Standpoint.REJECTED,
        Standpoint.IN_FORCE,
    ]
    table.deciding.reopen(MANAGER, number, "look again")
    assert table.desk.queue.next(ANNA) is not None


def test_disagreeing_twice_is_once(table: Table) -> None:
    number = table.case()
    table.decide(ANNA, number, publishing(table, number))
    claim = table.claimed(CORA, number).claim
    first = table.deciding.disagree(CORA, number, claim, "no")
    rows = len(table.desk.events(number))
    assert table.deciding.disagree(CORA, number, claim, "no") == first
    assert len(table.desk.events(number)) == rows


def test_the_third_may_publish_with_one_of_the_two(table: Table) -> None:
    number = table.case()
    table.decide(ANNA, number, publishing(table, number))
    table.disagree(CORA, number)
    assert table.decide(DORA, number, publishing(table, number)).standpoint is Standpoint.PROPOSED
    given = table.desk.queue.next(CORA)  # who is offered it again: it is somebody else's proposal
    assert given is not None
    assert table.deciding.confirm(CORA, number, given.claim).standpoint is Standpoint.IN_FORCE


@pytest.mark.parametrize(("one", "other"), [(ANNA, CORA), (CORA, ANNA), (ANNA, CLEO)])
def test_two_who_disagreed_decide_together_where_there_is_no_third(
    table: Table, one: Principal, other: Principal
) -> None:
    number = table.case()
    table.decide(ANNA, number, publishing(table, number))
    table.disagree(CORA, number)
    made = table.decide(one, number, NO_ACTION)
    assert (made.standpoint, made.needs_second) == (Standpoint.PROPOSED, ("disagreed",))
    with pytest.raises(UnsuitableError):
        table.confirm(one, number)
    made = table.confirm(other, number)
    assert (made.standpoint, made.author, made.second) == (Standpoint.IN_FORCE, one.id, other.id)
    assert table.desk.cases.case(number).state is State.DECIDED


def test_who_asked_for_a_second_reviewer_takes_that_back(table: Table) -> None:
    number = table.case()
    assert not table.deciding.may_take_back(MANAGER, number)
    table.desk.queue.ask_second(ANNA, number, table.claimed(ANNA, number).claim, "a drawing?")
    claim = table.claimed(BELA, number).claim
    with pytest.raises(TakenError):
        table.deciding.take_back(ANNA, number)
    table.desk.queue.release(BELA, number, claim)
    with pytest.raises(DeniedError):
        table.deciding.take_back(BELA, number)
    assert [table.deciding.may_take_back(who, number) for who in (ANNA, BELA, MANAGER)] == [True, False, True]
    case = table.deciding.take_back(ANNA, number)
    assert (case.stage, case.first_reviewer, case.note) == (Stage.FIRST, "", "")
    assert case.reserved_for == ANNA.id
    event = table.desk.events(number)[-1]
    assert (event.kind, event.actor) == ("case.second_taken_back", ANNA.id)
    assert json.loads(event.detail) == {"asked_by": ANNA.id}
    with pytest.raises(DeniedError):
        table.deciding.take_back(ANNA, number)
    with pytest.raises(UnsuitableError):
        table.deciding.take_back(MANAGER, number)
    assert table.decide(ANNA, number, NO_ACTION).standpoint is Standpoint.IN_FORCE


def test_a_manager_has_a_case_wait_for_a_first_reviewer_again(table: Table) -> None:
    number = table.case()
    table.decide(ANNA, number, publishing(table, number))
    table.disagree(CORA, number)
    table.desk.queue.ask_second(CLEO, number, table.claimed(CLEO, number).claim)  # and leaves
    mara = person("mara", "review-manager")
    case = table.deciding.take_back(mara, number)
    assert (case.stage, case.reserved_for, case.standing.disagreed) == (Stage.FIRST, "", True)
    assert table.deciding.at_odds(number) == {ANNA.id, CORA.id}
    table.decide(ANNA, number, NO_ACTION)
    for who in (ANNA, mara):
        assert not table.deciding.may_take_back(who, number)
        with pytest.raises(UnsuitableError):  # what was proposed is answered, or undone by its author
            table.deciding.take_back(who, number)


def test_a_decision_can_be_undone_by_its_author_for_a_while(table: Table) -> None:
    number = table.case()
    made = table.decide(ANNA, number, REPORT)
    with pytest.raises(UnsuitableError):
        table.deciding.undo(BELA, made.id)
    table.desk.clock.move(UNDO)
    undone = table.deciding.undo(ANNA, made.id)
    assert undone == replace(made, standpoint=Standpoint.UNDONE)
    assert table.deciding.undo(ANNA, made.id) == undone
    case = table.desk.cases.case(number)
    assert (case.state, case.stage, case.reserved_for) == (State.WAITING, Stage.FIRST, ANNA.id)
    assert table.deciding.judgements([table.content(number)]) == {}
    assert table.desk.events(number)[-1].kind == "decision.undone"
    given = table.desk.queue.next(ANNA)
    assert given is not None
    assert given.number == number
    assert table.deciding.decide(ANNA, number, given.claim, NO_ACTION, "2").standpoint is Standpoint.IN_FORCE


def test_it_is_told_what_can_be_undone(table: Table) -> None:
    number = table.case()
    assert table.deciding.undoable(ANNA, number) is None
    made = table.decide(ANNA, number, REPORT)
    assert table.deciding.undoable(ANNA, number) == made
    assert table.deciding.undoable(BELA, number) is None
    table.desk.clock.move(UNDO * 2)
    assert table.deciding.undoable(ANNA, number) is None


def test_threads_that_send_the_same_decide_once(table: Table) -> None:
    number = table.case()
    claim = table.claimed(ANNA, number).claim
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(table.deciding.decide, ANNA, number, claim, REPORT, "k") for _ in range(4)]
        made = [one.result() for one in sent]
    assert made == [*table.deciding.of_case(number)] * 4


@pytest.mark.parametrize("number", [0, -1, 10**30])
def test_numbers_no_database_has_are_of_nothing(table: Table, number: int) -> None:
    assert table.deciding.of_case(number) == []
    assert table.observing.of_case(number) == []
    with pytest.raises(UnknownDecisionError):
        table.deciding.decision(number)


def test_an_undone_decision_sent_again_stays_undone(table: Table) -> None:
    number = table.case()
    claim = table.claimed(ANNA, number).claim
    made = table.deciding.decide(ANNA, number, claim, REPORT, "k")
    undone = table.deciding.undo(ANNA, made.id)
    assert table.deciding.decide(ANNA, number, claim, REPORT, "k") == undone
    assert table.desk.cases.case(number).state is State.WAITING


def test_what_was_judged_is_known_until_that_is_undone(table: Table) -> None:
    made = table.decide(ANNA, table.case(data=b"the same"), REPORT)
    again = table.case(data=b"the same")
    assert table.desk.cases.restand(again).standing.novelty is Novelty.KNOWN
    table.deciding.undo(ANNA, made.id)
    assert table.desk.cases.case(again).standing.novelty is Novelty.NEAR


def later(table: Table, number: int) -> None:
    del number
    table.desk.clock.move(UNDO + timedelta(microseconds=1))


def reopened(table: Table, number: int) -> None:
    table.deciding.reopen(ANNA, number, "a mistake")


def decided_anew(table: Table, number: int) -> None:
    reopened(table, number)
    table.decide(BELA, number, REPORT)


@pytest.mark.parametrize("since", [later, reopened, decided_anew])
def test_what_something_happened_to_is_not_undone(table: Table, since: Callable[[Table, int], None]) -> None:
    number = table.case()
    made = table.decide(ANNA, number, REPORT)
    since(table, number)
    before = table.deciding.of_case(number)
    with pytest.raises(TooLateError):
        table.deciding.undo(ANNA, made.id)
    assert table.deciding.of_case(number) == before


def test_a_proposal_can_be_undone_whenever_nobody_holds_it(table: Table) -> None:
    number = table.case()
    made = table.decide(ANNA, number, publishing(table, number))
    assert made.undo_until is None
    claim = table.claimed(CORA, number).claim
    assert table.deciding.undoable(ANNA, number) is None
    with pytest.raises(TakenError):
        table.deciding.undo(ANNA, made.id)
    table.desk.queue.release(CORA, number, claim)
    table.desk.clock.move(timedelta(days=100))
    assert table.deciding.undoable(ANNA, number) == made
    assert table.deciding.undo(ANNA, made.id).standpoint is Standpoint.UNDONE
    assert table.decide(ANNA, number, NO_ACTION, "again").undo_until == table.desk.clock() + UNDO


def test_undoing_does_not_forget_that_a_second_was_asked_for(table: Table) -> None:
    number = table.case()
    table.desk.queue.ask_second(ANNA, number, table.claimed(ANNA, number).claim)
    made = table.decide(BELA, number, REPORT)
    table.deciding.undo(BELA, made.id)
    case = table.desk.cases.case(number)
    assert (case.stage, case.first_reviewer, case.reserved_for) == (Stage.SECOND, ANNA.id, BELA.id)
    assert table.decide(BELA, number, NO_ACTION, "2").standpoint is Standpoint.PROPOSED


def test_undoing_the_third_ones_decision_keeps_the_two_away(table: Table) -> None:
    number = table.case()
    table.decide(ANNA, number, publishing(table, number))
    table.disagree(CORA, number)
    table.deciding.undo(CLEO, table.decide(CLEO, number, NO_ACTION).id)
    assert table.desk.cases.case(number).standing.disagreed
    assert table.deciding.needs_second(ANNA, number, NO_ACTION) == ("disagreed",)
    table.desk.clock.move(timedelta(hours=13))  # it is reserved no more
    assert table.desk.queue.next(CORA) is None


def test_a_case_is_opened_again_and_decided_anew_by_two(table: Table) -> None:
    number = table.case()
    table.decide(ANNA, number, REPORT)
    case = table.deciding.reopen(BELA, number, "the list took it back")
    assert (case.state, case.stage) == (State.WAITING, Stage.FIRST)
    event = table.desk.events(number)[-1]
    assert (event.kind, json.loads(event.detail)) == ("case.reopened", {"reason": "the list took it back"})
    (first,) = table.deciding.of_case(number)
    assert first.standpoint is Standpoint.IN_FORCE
    made = table.decide(ANNA, number, NO_ACTION)
    assert made.needs_second == ("overturn",)
    table.confirm(BELA, number)
    assert [one.standpoint for one in table.deciding.of_case(number)] == [
        Standpoint.SUPERSEDED,
        Standpoint.IN_FORCE,
    ]
    with pytest.raises(InvalidObservationError):
        table.deciding.reopen(ANNA, number, "  ")
    with pytest.raises(DeniedError):
        table.deciding.reopen(person("ada", "auditor"), number, "why not")
    table.deciding.reopen(person("mara", "review-manager"), number, "again")
    with pytest.raises(NotDecidedError):
        table.deciding.reopen(ANNA, number, "again")


def test_one_person_cannot_overturn_by_undoing(table: Table) -> None:
    number = table.case()
    first = table.decide(ANNA, number, REPORT)
    table.deciding.reopen(BELA, number, "look again")
    same = table.decide(BELA, number, REPORT)
    table.deciding.undo(BELA, same.id)
    assert table.deciding.decision(first.id).standpoint is Standpoint.IN_FORCE
    assert table.decide(BELA, number, NO_ACTION, "2").needs_second == ("overturn",)


def test_there_is_no_decision_of_that_number(table: Table) -> None:
    with pytest.raises(UnknownDecisionError):
        table.deciding.undo(ANNA, 77)

"""Nobody decides about what they have not seen: what becomes known while a case is held is told of first."""

import pytest
from support.cases import ANNA, entry_match
from support.deciding import CORA, Table

from tocsin.cases.errors import GrownError
from tocsin.cases.model import Outcome, Proposal, Publication, State
from tocsin.intake.model import Submission
from tocsin.matching.matches import Matches


def of(table: Table, number: int) -> Submission:
    """The first submission of a case."""
    return table.desk.submissions.submission(table.desk.queue.submissions(number)[0])


def matches_later(table: Table, number: int, entry: int = 5) -> None:
    """A list that grows knows the first content of a case."""
    submission, found = of(table, number), Matches((entry_match(entry, exact=True, labels=["ncmec:A1"]),))
    with table.home.database.writing():
        table.desk.submissions.record_matches(submission.id, [(None, found)], {}, retroactive=True)
        table.desk.casework.matched(submission)


def test_a_match_that_comes_while_a_case_is_held_is_not_judged_unseen(table: Table) -> None:
    number = table.case()
    claim = table.claimed(ANNA, number).claim
    matches_later(table, number)
    wrong = Proposal(Outcome.FALSE_MATCH)
    with pytest.raises(GrownError):
        table.deciding.decide(ANNA, number, claim, wrong, "one")
    assert not table.deciding.of_case(number)
    assert not table.deciding.judgements([table.content(number)])
    table.deciding.decide(ANNA, number, claim, wrong, "one")  # who was told of it decides
    assert table.desk.cases.case(number).state is State.DECIDED
    assert table.deciding.decide(ANNA, number, claim, wrong, "one").proposal == wrong


def test_whoever_claims_it_then_sees_it(table: Table) -> None:
    number = table.case()
    claim = table.claimed(ANNA, number).claim
    matches_later(table, number)
    table.desk.queue.release(ANNA, number, claim)
    table.decide(ANNA, number, Outcome.REPORT)
    assert table.desk.cases.case(number).state is State.DECIDED


def test_a_second_person_is_told_too(table: Table) -> None:
    number = table.case()
    publish = (Publication(table.content(number), "local"),)
    table.decide(ANNA, number, Proposal(Outcome.REPORT, publish=publish))
    claim = table.claimed(CORA, number).claim
    matches_later(table, number)
    with pytest.raises(GrownError):
        table.deciding.confirm(CORA, number, claim)
    table.deciding.confirm(CORA, number, claim)
    assert table.desk.cases.case(number).state is State.DECIDED


@pytest.mark.parametrize("context", [{"danger": True}, {"notice": "us.tida"}], ids=["danger", "a duty"])
def test_a_danger_or_a_duty_is_told_of(table: Table, context: dict[str, bool | str]) -> None:
    number = table.case(data=b"it")
    claim = table.claimed(ANNA, number).claim
    assert table.desk.submit(b"it", entry_match(1), context=context)[1] == number
    with pytest.raises(GrownError):
        table.deciding.decide(ANNA, number, claim, Proposal(Outcome.REPORT), "one")


def test_an_entry_that_nothing_in_the_case_matched_is_told_of(table: Table) -> None:
    number = table.case(data=b"it")
    claim = table.claimed(ANNA, number).claim
    assert table.desk.submit(b"it", entry_match(1), entry_match(2))[1] == number
    with pytest.raises(GrownError):
        table.deciding.decide(ANNA, number, claim, Proposal(Outcome.REPORT), "one")


def test_the_same_again_and_again_keeps_nobody_from_deciding(table: Table) -> None:
    number = table.case(data=b"it")
    claim = table.claimed(ANNA, number).claim
    for _ in range(5):
        assert table.desk.submit(b"it", entry_match(1))[1] == number
    table.deciding.decide(ANNA, number, claim, Proposal(Outcome.REPORT), "one")

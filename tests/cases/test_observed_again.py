"""The same observation in another case, or under a later claim, is another observation."""

import pytest
from support.cases import ANNA
from support.deciding import Table

from tocsin.cases.model import Observation, Observed
from tocsin.law.facts import Fact, Value

pytestmark = pytest.mark.parametrize("home_folder", ["sqlite"], indirect=True)
"""What is decided above the store is tried on one database."""
REAL = Observed(Fact.REAL_CHILD, Value.YES)


def recorded(table: Table, number: int) -> Observation:
    """What Anna records under a claim of its own."""
    claim = table.claimed(ANNA, number).claim
    made = table.observing.record(ANNA, number, claim, table.content(number), REAL)
    table.desk.queue.release(ANNA, number, claim)
    return made


def test_the_same_said_under_a_later_claim_is_said_again(table: Table) -> None:
    number = table.case()
    first, later = recorded(table, number), recorded(table, number)
    assert [(one.id, one.claim) for one in table.observing.of_case(number)] == [(first.id, 1), (later.id, 2)]
    assert list(table.observing.current(table.content(number))) == [later]


def test_the_same_said_in_another_case_is_of_that_case_too(table: Table) -> None:
    number = table.case(data=b"one")
    first = recorded(table, number)
    table.desk.cases.close(number)
    other = table.case(data=b"one")
    assert other != number
    assert table.content(other) == table.content(number)
    later = recorded(table, other)
    assert first.claim == later.claim
    assert list(table.observing.of_case(number)) == [first]
    assert list(table.observing.of_case(other)) == [later]
    assert [row.kind for row in table.desk.events(other)].count("observation.recorded") == 1

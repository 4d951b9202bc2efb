"""Priorities that are proposed for the NCA: from what people observed, never from artificial origin."""

import itertools
from collections.abc import Iterator

import pytest
from support.cases import Desk, entry_match
from support.notices import Bureau

from tocsin.filing.nca.priorities import Priority, proposed
from tocsin.law.facts import Fact, Value


@pytest.fixture
def bureau(desk: Desk) -> Bureau:
    return Bureau.over(desk)


pytestmark = pytest.mark.parametrize("home_folder", ["sqlite"], indirect=True)


def test_danger_that_somebody_observed_or_said(bureau: Bureau) -> None:
    said = bureau.case(context={"danger": True, "url": "https://example.org/1"})
    found = proposed(bureau.record(said))
    assert found.priority is Priority.P1
    assert "says that a child may be in danger" in found.reasons[0]
    bureau.observe(said, present_danger=Value.NO)
    assert proposed(bureau.record(said)).priority is Priority.P2
    seen = bureau.case(context={"review": True, "url": "https://example.org/2"})
    bureau.observe(seen, present_danger=Value.YES, victim_identified=Value.YES)
    assert proposed(bureau.record(seen)).priority is Priority.P1


def test_a_child_who_may_still_have_to_be_found(bureau: Bureau) -> None:
    number = bureau.case()
    found = proposed(bureau.record(number))
    assert found.priority is Priority.P2
    assert "nobody has ruled out" in found.reasons[0]
    assert "no list knows a content of it" in found.reasons
    bureau.observe(number, real_child=Value.YES)
    assert "shows a real child" in proposed(bureau.record(number)).reasons[0]
    bureau.observe(number, victim_identified=Value.YES)
    assert proposed(bureau.record(number)).priority is Priority.P3


def test_what_is_known_is_no_less_urgent_by_that_alone(bureau: Bureau) -> None:
    number = bureau.desk.case(entry_match(exact=True))
    assert proposed(bureau.record(number)).priority is Priority.P2


def test_nothing_of_artificial_origin_changes_anything(bureau: Bureau) -> None:
    """Whatever people say of how it was made, alone and together (design.md 3.1)."""
    made = (Fact.FULLY_SYNTHETIC, Fact.REAL_ALTERED, Fact.PHOTOREALISTIC, Fact.DRAWING)
    number = bureau.case()
    before = proposed(bureau.record(number))
    for values in _combinations(len(made)):
        bureau.observed[number] = []
        bureau.observe(number, **{one.value: value for one, value in zip(made, values, strict=True)})
        assert proposed(bureau.record(number)) == before


def _combinations(count: int) -> Iterator[tuple[Value, ...]]:
    return itertools.product(Value, repeat=count)

"""Observations, on each engine: three values, revised and never overwritten, contradictions told."""

import dataclasses
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.cases import ANNA, BELA, entry_match, person
from support.deciding import Table

from tocsin.access.errors import DeniedError
from tocsin.banks.batch import InvalidTextError
from tocsin.cases.contradictions import contradictions
from tocsin.cases.errors import InvalidObservationError, NotHeldError, UnknownCaseError
from tocsin.cases.model import Basis, Observed, Outcome
from tocsin.law.facts import AgeBand, Fact, Value

YES, NO, OPEN = Value.YES, Value.NO, Value.UNDETERMINED
REAL = Observed(Fact.REAL_CHILD, YES)


def record(table: Table, number: int, *several: Observed) -> None:
    """Record, by Anna."""
    claim = table.claimed(ANNA, number).claim
    for one in several:
        table.observing.record(ANNA, number, claim, table.content(number), one)


def test_what_was_observed_comes_back(table: Table) -> None:
    number = table.case()
    several = [
        Observed(Fact.REAL_CHILD, OPEN, basis=Basis.ORIGINAL, note="π \U0001f642"),
        Observed(age=AgeBand.CHILD),
        Observed(scheme="ncmec:2014", code="B2", basis=Basis.LIST),
    ]
    record(table, number, *several)
    found = table.observing.of_content(table.content(number))
    assert [one.observed for one in found] == several
    assert list(table.observing.current(table.content(number))) == list(found)
    assert list(table.observing.of_case(number)) == list(found)
    assert {(one.author, one.case, one.claim) for one in found} == {(ANNA.id, number, 1)}
    assert table.observing.facts(table.content(number)) == {Fact.REAL_CHILD: OPEN}


def test_a_later_one_supersedes_and_the_earlier_one_stays(table: Table) -> None:
    number = table.case()
    record(table, number, REAL, Observed(Fact.DRAWING, NO))
    claim = table.claimed(ANNA, number).claim
    table.desk.queue.release(ANNA, number, claim)
    claim = table.claimed(BELA, number).claim
    later = table.observing.record(
        BELA, number, claim, table.content(number), Observed(Fact.REAL_CHILD, OPEN)
    )
    history = table.observing.of_content(table.content(number))
    assert [one.author for one in history] == [ANNA.id, ANNA.id, BELA.id]
    assert [one.observed.value for one in history] == [YES, NO, OPEN]
    assert later in table.observing.current(table.content(number))
    assert table.observing.facts(table.content(number)) == {Fact.REAL_CHILD: OPEN, Fact.DRAWING: NO}


def test_a_code_is_taken_back_by_an_empty_one_and_those_of_other_schemes_stay(table: Table) -> None:
    number = table.case()
    record(
        table,
        number,
        Observed(scheme="ncmec:2014", code="A1"),
        Observed(scheme="ucs:v3", code="whatever/it-says"),
        Observed(scheme="ncmec:2014", code=""),
    )
    current = {
        one.observed.about: one.observed.code for one in table.observing.current(table.content(number))
    }
    assert current == {"severity:ncmec:2014": "", "severity:ucs:v3": "whatever/it-says"}


def test_the_same_twice_is_recorded_once(table: Table) -> None:
    number = table.case()
    record(table, number, REAL, REAL)
    assert len(table.observing.of_content(table.content(number))) == 1
    record(table, number, Observed(Fact.REAL_CHILD, NO), REAL)  # but there and back again is three
    assert len(table.observing.of_content(table.content(number))) == 3


def test_the_ledger_says_what_was_observed_and_not_its_note(table: Table) -> None:
    number = table.case()
    record(table, number, Observed(Fact.PRESENT_DANGER, YES, note="she said so"))
    event = table.desk.events(number)[-1]
    assert event.kind == "observation.recorded"
    assert '"about":"present_danger"' in event.detail
    assert '"value":"yes"' in event.detail
    assert table.content(number).hex() in event.detail
    assert "she said" not in event.detail


@pytest.mark.parametrize(
    "observed",
    [
        Observed(),
        Observed(Fact.REAL_CHILD),
        Observed(value=YES),
        Observed(Fact.REAL_CHILD, YES, age=AgeBand.CHILD),
        Observed(Fact.REAL_CHILD, YES, scheme="ncmec:2014", code="A1"),
        Observed(code="A1"),
        Observed(Fact.REAL_CHILD, YES, code="A1"),
        Observed(scheme="iwf:1900", code="A"),
        Observed(scheme="ncmec:2014", code="A3"),
        Observed(Fact.REAL_CHILD, YES, note="x" * 4001),
    ],
)
def test_what_is_no_observation_is_refused(table: Table, observed: Observed) -> None:
    number = table.case()
    with pytest.raises(InvalidObservationError):
        record(table, number, observed)
    assert table.observing.of_content(table.content(number)) == []


def test_what_no_database_can_store_is_refused(table: Table) -> None:
    number = table.case()
    with pytest.raises(InvalidTextError):
        record(table, number, dataclasses.replace(REAL, note="a\0b"))


def test_only_who_holds_the_case_records_and_only_of_its_contents(table: Table) -> None:
    number, other = table.case(), table.case()
    claim = table.claimed(ANNA, number).claim
    content = table.content(number)
    for who, case, by in ((BELA, number, claim), (ANNA, number, claim + 1), (ANNA, other, claim)):
        with pytest.raises(NotHeldError):
            table.observing.record(who, case, by, content, REAL)
    with pytest.raises(UnknownCaseError):
        table.observing.record(ANNA, 1234, claim, content, REAL)
    with pytest.raises(InvalidObservationError):
        table.observing.record(ANNA, number, claim, table.content(other), REAL)
    with pytest.raises(DeniedError):
        table.observing.record(person("anna", "auditor"), number, claim, content, REAL)
    table.desk.lease_passes()
    with pytest.raises(NotHeldError):
        table.observing.record(ANNA, number, claim, content, REAL)
    assert table.observing.of_content(content) == []


def test_recording_renews_the_lease(table: Table) -> None:
    number = table.case()
    before = table.claimed(ANNA, number).lease_until
    table.desk.clock.move(table.desk.cases._lease / 2)  # half of it
    record(table, number, REAL)
    after = table.desk.cases.case(number).lease_until
    assert before is not None
    assert after is not None
    assert after > before


def test_an_observation_counts_in_every_open_case_of_its_content(table: Table) -> None:
    first = table.case(data=b"the same")
    table.decide(ANNA, first, Outcome.NO_ACTION)
    second = table.case(entry_match(2), data=b"the same")
    assert second != first
    assert not table.desk.cases.case(second).standing.danger
    record(table, second, Observed(Fact.PRESENT_DANGER, YES), Observed(Fact.REAL_CHILD, NO))
    standing = table.desk.cases.case(second).standing
    assert (standing.danger, standing.child) == (True, False)


PAIRS = [
    [Observed(Fact.FULLY_SYNTHETIC, YES), REAL],
    [Observed(Fact.FULLY_SYNTHETIC, YES), Observed(Fact.REAL_ALTERED, YES)],
    [Observed(Fact.DRAWING, YES), Observed(Fact.PHOTOREALISTIC, YES)],
    [Observed(Fact.REAL_CHILD, NO), Observed(Fact.VICTIM_IDENTIFIED, YES)],
    [REAL, Observed(age=AgeBand.ADULT)],
]


@pytest.mark.parametrize("pair", PAIRS)
def test_a_contradiction_is_told_and_not_refused(table: Table, pair: Sequence[Observed]) -> None:
    number = table.case()
    record(table, number, *pair)
    content = table.content(number)
    (found,) = table.observing.contradictions(content, ANNA.id)
    assert {found.first, found.second} == {one.about for one in pair}
    assert found.words
    assert table.observing.contradictions(content, BELA.id) == ()
    for one in pair:
        assert contradictions([one]) == ()
    open_one = Observed(age=AgeBand.CHILD) if pair[1].age else Observed(pair[1].fact, OPEN)
    record(table, number, open_one)
    assert table.observing.contradictions(content, ANNA.id) == ()


_FACTS = st.builds(
    Observed, fact=st.sampled_from(Fact), value=st.sampled_from(Value), note=st.text(max_size=3)
)
_AGES = st.builds(Observed, age=st.sampled_from(AgeBand), basis=st.sampled_from(Basis))
_CODES = st.builds(Observed, scheme=st.just("ncmec:2014"), code=st.sampled_from(["", "A1", "B2"]))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.booleans(), st.one_of(_FACTS, _AGES, _CODES)), min_size=1, max_size=8))
def test_history_only_grows_and_the_newest_is_current(
    table: Table, steps: list[tuple[bool, Observed]]
) -> None:
    number = table.case()
    content = table.content(number)
    before: list[object] = []
    said: dict[str, Observed] = {}
    for other, observed in steps:
        if "\0" in observed.note or not observed.note.isprintable():
            observed = dataclasses.replace(observed, note="")  # noqa: PLW2901  # what can be kept
        who = BELA if other else ANNA
        claim = table.claimed(who, number).claim
        made = table.observing.record(who, number, claim, content, observed)
        table.desk.queue.release(who, number, claim)
        history = list(table.observing.of_content(content))
        assert history[: len(before)] == before
        assert made in history
        before = list(history)
        said[observed.about] = observed
    assert {one.observed.about: one.observed for one in table.observing.current(content)} == said
    facts = {one.fact: one.value for one in said.values() if one.fact is not None}
    assert table.observing.facts(content) == facts

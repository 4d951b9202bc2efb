"""Signs of artificial origin never move a case, through the real stores (design invariant 1)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.cases import ANNA, Desk, entry_match

from tocsin.cases.model import Observed
from tocsin.cases.urgency import deciding, order
from tocsin.law.facts import Fact, Value
from tocsin.provenance.model import Derivation, DerivationKind, Direction, Finding, Item, Strength
from tocsin.provenance.rules import FAMILIES, rules
from tocsin.storage.home import Home
from tocsin.storage.observations import ObservationStore

rule = st.sampled_from([one for family in FAMILIES for one in rules(family).values()])
items: st.SearchStrategy[Item | Derivation] = st.builds(
    Item,
    rule=rule,
    found=st.just("a sign of artificial origin"),
    reader=st.just("test 1"),
    strength=st.none() | st.sampled_from(Strength),
    direction=st.none() | st.sampled_from(Direction),
) | st.builds(
    Derivation,
    rule=rule,
    kind=st.sampled_from(DerivationKind),
    value=st.just("0.5"),
    found=st.just("a face was transferred"),
    reader=st.just("test 1"),
)
artificial_facts = st.sampled_from(
    [
        Observed(fact, value)
        for fact in (Fact.FULLY_SYNTHETIC, Fact.REAL_ALTERED, Fact.PHOTOREALISTIC, Fact.DRAWING)
        for value in Value
    ]
)
facts = st.sampled_from(
    [
        Observed(fact, value)
        for fact in (Fact.REAL_CHILD, Fact.PRESENT_DANGER, Fact.VICTIM_IDENTIFIED)
        for value in Value
    ]
)


@dataclass(frozen=True)
class Made:
    """What a case is made of."""

    danger: bool
    notice: bool
    match: str
    observed: tuple[Observed, ...]
    signs: tuple[Finding, ...]
    seen: tuple[Observed, ...]
    """What people observed of its artificial origin."""


made = st.builds(
    Made,
    danger=st.booleans(),
    notice=st.booleans(),
    match=st.sampled_from(["", "near", "exact"]),
    observed=st.lists(facts, max_size=3).map(tuple),
    signs=st.lists(items, min_size=1, max_size=3).map(tuple),
    seen=st.lists(artificial_facts, max_size=2).map(tuple),
)


@pytest.fixture(scope="module")
def home_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """One home for all that hypothesis thinks of; each example begins with an empty queue."""
    with Home.open(tmp_path_factory.mktemp("order"), create=True) as home:
        yield home


def opened(desk: Desk, one: Made, *, artificial: bool, by: str = "token:uploads") -> int:
    """The number of a new case, with the signs of artificial origin that `one` has, or without any."""
    labels = ["example:ai-generated"] if artificial else []
    matches = [entry_match(exact=one.match == "exact", labels=labels)] if one.match else []
    context = {"review": True, "danger": one.danger, "notice": "us.tida" if one.notice else ""}
    submission, number = desk.submit(
        None, *matches, findings=one.signs if artificial else (), context={**context}, by=by
    )
    assert number is not None
    store = ObservationStore(desk.database)
    for observed in (*one.observed, *(one.seen if artificial else ())):
        store.add(observed, number, submission.sha256, ANNA.id, 1)
    desk.cases.restand(number)
    return number


def emptied(home: Home) -> Desk:
    """A desk without cases that wait."""
    with home.database.writing():
        home.database.change("UPDATE review_case SET state = 'decided', decided = 0")
    return Desk.over(home)


def in_order(desk: Desk) -> list[int]:
    return [case.number for case in desk.queue.page(ANNA)]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(several=st.lists(made, min_size=2, max_size=4), which=st.integers(0, 3))
def test_signs_of_artificial_origin_never_move_a_case(
    home_of_all: Home, several: list[Made], which: int
) -> None:
    desk = emptied(home_of_all)
    numbers = [opened(desk, one, artificial=False) for one in several]
    before = in_order(desk)
    place = which % len(several)
    number, one = numbers[place], several[place]
    (submission,) = desk.queue.submissions(number)
    kept = desk.submissions.submission(submission)
    assert kept.content is not None
    desk.submissions.examined(kept.sha256, replace(kept.content, findings=one.signs))
    for observed in one.seen:
        ObservationStore(desk.database).add(observed, number, kept.sha256, ANNA.id, 1)
    desk.casework.matched(desk.submissions.submission(submission))
    assert in_order(desk) == before
    desk.cases.restand(number)
    assert in_order(desk) == before


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=made)
def test_a_case_with_such_signs_stands_where_its_like_without_them_stands(
    home_of_all: Home, one: Made
) -> None:
    desk = emptied(home_of_all)
    plain, artificial = (opened(desk, one, artificial=each, by=f"token:{each}") for each in (False, True))
    first, second = desk.queue.case(ANNA, plain), desk.queue.case(ANNA, artificial)
    assert order(first.standing).rank == order(second.standing).rank
    assert first.standing == replace(second.standing, due=first.standing.due)
    assert (first.standing.due is None) == (second.standing.due is None)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(several=st.lists(made, min_size=2, max_size=4))
def test_the_queue_has_the_order_that_its_reasons_tell(home_of_all: Home, several: list[Made]) -> None:
    desk = emptied(home_of_all)
    for one in several:
        opened(desk, one, artificial=True)
    page = desk.queue.page(ANNA)
    assert len(page) == len(several)
    for earlier, later in combinations(page, 2):
        told = deciding(earlier.standing, later.standing)
        assert told is not None or (
            order(earlier.standing) == order(later.standing) and earlier.number < later.number
        )
        assert deciding(later.standing, earlier.standing) is None

"""The order of cases, and its reasons: one thing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.cases.model import Ground, Novelty, Reason, Standing
from tocsin.cases.urgency import LEVELS, deciding, order, order_of, reasons

NOON = datetime(2031, 5, 6, 12, tzinfo=UTC)
LEGEND = [Ground.DANGER, *(ground for level in LEVELS for ground in level), Ground.DUE, Ground.AGE]
times = st.integers(0, 3).map(lambda hours: NOON + timedelta(hours=hours))
standings = st.builds(
    Standing,
    opened=times,
    danger=st.booleans(),
    child=st.booleans(),
    novelty=st.sampled_from(Novelty),
    due=st.none() | times,
    disagreed=st.booleans(),
    turn=st.integers(0, 3),
    said_by=st.sampled_from(["", "token:a", "token:b"]),
)


def standing(  # noqa: PLR0913  # all there is
    *,
    hours: int = 0,
    danger: bool = False,
    child: bool = False,
    novelty: Novelty = Novelty.KNOWN,
    due: int | None = None,
    disagreed: bool = False,
    turn: int = 0,
) -> Standing:
    """A standing that is as little urgent as can be, but for what is given."""
    when = None if due is None else NOON + timedelta(hours=due)
    return Standing(NOON + timedelta(hours=hours), danger, child, novelty, when, disagreed, turn)


@pytest.mark.parametrize(
    ("sooner", "later", "why"),
    [
        (standing(hours=9, danger=True), standing(child=True, novelty=Novelty.NEW, due=1), Ground.DANGER),
        (
            standing(hours=9, danger=True, turn=1),
            standing(danger=True, child=True, novelty=Novelty.NEW, due=1, turn=2),
            Ground.DANGER,
        ),
        (standing(hours=9, danger=True), standing(danger=True, child=True, turn=1), Ground.DANGER),
        (standing(danger=True, child=True, turn=2), standing(danger=True, turn=2), Ground.CHILD),
        (standing(hours=9, child=True), standing(novelty=Novelty.NEW, due=1), Ground.CHILD),
        (standing(hours=9, novelty=Novelty.NEW), standing(novelty=Novelty.NEAR, due=1), Ground.NEW),
        (standing(hours=9, novelty=Novelty.NEAR), standing(disagreed=True, due=1), Ground.NEAR),
        (standing(hours=9, disagreed=True), standing(due=1), Ground.DISAGREED),
        (standing(hours=9, due=2), standing(due=3), Ground.DUE),
        (standing(hours=9, due=2), standing(), Ground.DUE),
        (standing(), standing(hours=1), Ground.AGE),
    ],
)
def test_what_counts_first(sooner: Standing, later: Standing, why: Ground) -> None:
    assert order(sooner) < order(later)
    told = deciding(sooner, later)
    assert told is not None
    assert told.ground is why
    assert deciding(later, sooner) is None


@given(standings, standings)
def test_the_reasons_that_are_shown_are_the_rule_that_orders(first: Standing, second: Standing) -> None:
    assert order_of(reasons(first)) == order(first)
    # Whoever reads both lists can tell which comes first, without anything else.
    assert (order(first) < order(second)) == (read_as_a_person(first) < read_as_a_person(second))
    if (told := deciding(first, second)) is not None:
        assert told in reasons(first)
        assert told not in reasons(second)
        counts_before = reasons(first)[: reasons(first).index(told)]
        assert all(one in reasons(second) for one in counts_before)


def read_as_a_person(one: Standing) -> list[tuple[int, int, datetime]]:
    """The list of reasons, to be compared line by line: by the place in the legend, then by turn and time."""
    return [(LEGEND.index(reason.ground), reason.turn, reason.when or NOON) for reason in reasons(one)]


def test_a_real_child_is_presumed_until_people_say_otherwise() -> None:
    assert Reason(Ground.CHILD) in reasons(Standing(NOON))

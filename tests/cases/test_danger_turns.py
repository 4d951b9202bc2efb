"""Submitters who say that a child is in danger take turns: none of them holds up the others."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.cases import ANNA, BELA, Desk, desk, entry_match

from tocsin.cases.model import Case, Ground, Observed, Reason
from tocsin.cases.queue import EVERY, reasons_of
from tocsin.law.facts import Fact, Value
from tocsin.storage import case_standing
from tocsin.storage.home import Home
from tocsin.storage.observations import ObservationStore
from tocsin.web.console.queue_words import grounds
from tocsin.web.console.texts import Texts

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

__all__ = ["desk"]
SPAM, REAL, THIRD = "token:spam", "token:real", "person:cara"
DANGER: "JsonObject" = {"danger": True}


@pytest.fixture(scope="module")
def home_of_turns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """One home for all that hypothesis thinks of; each example begins with an empty queue."""
    with Home.open(tmp_path_factory.mktemp("turns"), create=True) as home:
        yield home


def numbers(desk: Desk) -> list[int]:
    return [case.number for case in desk.queue.page(ANNA, limit=200)]


def taken(desk: Desk) -> Case:
    """The next case for Anna, which she then decides."""
    case = desk.queue.next(ANNA)
    assert case is not None
    desk.cases.close(case.number)
    return case


def danger(desk: Desk, number: int) -> Reason:
    """The ground of danger of a case."""
    (found,) = [one for one in reasons_of(desk.queue.case(ANNA, number)) if one.ground is Ground.DANGER]
    return found


def test_one_submitters_dangers_do_not_hold_up_another_submitters(desk: Desk) -> None:
    spam = [desk.case(context=DANGER, by=SPAM) for _ in range(30)]
    real = desk.case(
        entry_match(exact=True), context=DANGER, by=REAL
    )  # known: less urgent, were it not danger
    assert numbers(desk) == [spam[0], real, *spam[1:]]
    assert (danger(desk, real).by, danger(desk, real).turn) == (REAL, 1)
    assert (danger(desk, spam[11]).by, danger(desk, spam[11]).turn) == (SPAM, 12)


def test_the_page_says_who_says_so_and_of_how_many_others(desk: Desk) -> None:
    several = [desk.case(context=DANGER, by=SPAM) for _ in range(3)]
    submission, seen = desk.submit(None, context=DANGER, by=REAL)
    assert seen is not None
    ObservationStore(desk.database).add(
        Observed(Fact.PRESENT_DANGER, Value.YES), seen, submission.sha256, ANNA.id, 1
    )
    desk.cases.restand(seen)
    told = [
        grounds(desk.queue.case(ANNA, one), Texts.of("en"), desk.clock())[0].words for one in (*several, seen)
    ]
    assert told == [
        "possible danger now, said by token:spam",
        "possible danger now, said by token:spam, who had said so of 1 other open case",
        "possible danger now, said by token:spam, who had said so of 2 other open cases",
        "possible danger now",
    ]


def test_other_platforms_and_accounts_are_the_same_submitter(desk: Desk) -> None:
    for place in range(3):
        where: JsonObject = {"platform": f"forum{place}", "account": {"id": f"u{place}"}, **DANGER}
        assert danger(desk, desk.case(context=where, by=SPAM)).turn == place + 1


def test_only_what_is_open_counts(desk: Desk) -> None:
    first, second = (desk.case(context=DANGER, by=SPAM) for _ in range(2))
    desk.case(by=SPAM)  # without danger
    desk.cases.close(first)
    third = desk.case(context=DANGER, by=SPAM)
    assert [danger(desk, one).turn for one in (second, third)] == [2, 2]
    desk.queue.claim(ANNA, second)
    assert danger(desk, desk.case(context=DANGER, by=SPAM)).turn == 3


def test_the_submitter_whose_turn_is_first_counts_for_a_case(desk: Desk) -> None:
    """What is submitted into a case of somebody who sends many is no less urgent for that."""
    spam = [desk.submit(b"%d" % place, context=DANGER, by=SPAM)[1] for place in range(5)]
    last = spam[-1]
    assert last is not None
    for _ in range(2):
        assert desk.submit(b"4", context=DANGER, by=SPAM)[1] == last
        assert danger(desk, last).turn == 5
    assert desk.submit(b"4", context={"review": True}, by=REAL)[1] == last
    assert (danger(desk, last).by, danger(desk, last).turn) == (SPAM, 5)
    assert desk.submit(b"4", context=DANGER, by=REAL)[1] == last
    assert (danger(desk, last).by, danger(desk, last).turn) == (REAL, 1)
    assert desk.submit(b"4", context=DANGER, by=SPAM)[1] == last
    assert (danger(desk, last).by, danger(desk, last).turn) == (REAL, 1)
    assert numbers(desk) == [spam[0], last, *spam[1:4]]


def test_danger_that_a_reviewer_recorded_takes_no_turns(desk: Desk) -> None:
    spam = [desk.submit(None, context=DANGER, by=SPAM) for _ in range(3)]
    quiet, number = desk.submit(None, context={"review": True}, by=SPAM)
    store = ObservationStore(desk.database)
    for submission, seen in (spam[2], (quiet, number)):
        assert seen is not None
        store.add(Observed(Fact.PRESENT_DANGER, Value.YES), seen, submission.sha256, ANNA.id, 1)
        desk.cases.restand(seen)
        assert (danger(desk, seen).by, danger(desk, seen).turn) == ("", 0)
    assert numbers(desk) == [spam[2][1], number, spam[0][1], spam[1][1]]
    assert spam[2][1] is not None
    store.add(Observed(Fact.PRESENT_DANGER, Value.NO), spam[2][1], spam[2][0].sha256, ANNA.id, 1)
    desk.cases.restand(spam[2][1])
    assert (danger(desk, spam[2][1]).by, danger(desk, spam[2][1]).turn) == (SPAM, 3)  # it is still said


def test_turns_are_told_apart_up_to_a_limit(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_standing, "MOST_TURNS", 2)
    several = [desk.case(context=DANGER, by=SPAM) for _ in range(4)]
    assert [danger(desk, one).turn for one in several] == [1, 2, 3, 3]
    assert numbers(desk) == several


def test_every_tenth_turn_is_not_for_what_is_called_danger_again_and_again(desk: Desk) -> None:
    """Every other time: so that of those, too, none waits for ever behind danger of others."""
    spam = [desk.case(context=DANGER, by=SPAM) for _ in range(3 * EVERY)]
    quiet = [desk.case() for _ in range(2)]
    given = [taken(desk) for _ in range(2 * EVERY)]
    assert [case.number for case in given] == [*spam[:9], quiet[0], *spam[9:19]]
    longest = [place for place, case in enumerate(given, 1) if case.given is Ground.LONGEST]
    assert longest == [EVERY, 2 * EVERY]


def test_where_only_repeated_danger_waits_the_tenth_turn_is_in_order(desk: Desk) -> None:
    several = [desk.case(context=DANGER, by=SPAM) for _ in range(EVERY + 2)]
    desk.queue.claim(BELA, several[0])
    given = [taken(desk) for _ in range(EVERY)]
    assert [case.number for case in given] == several[1 : EVERY + 1]
    assert {case.given for case in given} == {None}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=st.lists(
        st.tuples(st.sampled_from([SPAM, SPAM, SPAM, REAL, THIRD]), st.booleans(), st.booleans()), max_size=12
    )
)
def test_before_the_nth_danger_of_one_come_at_most_n_of_each_other(
    home_of_turns: Home, said: list[tuple[str, bool, bool]]
) -> None:
    with home_of_turns.database.writing():
        home_of_turns.database.change("UPDATE review_case SET state = 'decided', decided = 0")
    desk = Desk.over(home_of_turns)
    by: dict[int, str] = {}
    for who, notice, known in said:
        context: JsonObject = {"danger": True, "notice": "us.tida" if notice else ""}
        by[desk.case(*[entry_match(exact=True)] * known, context=context, by=who)] = who
    order = numbers(desk)
    assert sorted(order) == sorted(by)
    counts = dict.fromkeys(by.values(), 0)
    for number in order:
        counts[by[number]] += 1
        nth = counts[by[number]]
        assert danger(desk, number).turn == nth
        assert all(count <= nth for count in counts.values())

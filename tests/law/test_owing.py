"""What is owed for a case: moments that are the same, words about what is owed, laws that are over."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tocsin.law.facts import About, AgeBand, Fact, Value
from tocsin.law.owing import Happened, Owed, Seen, Situation, Standing, State, owing
from tocsin.law.packs import Packs, assemble, shipped
from tocsin.law.reading import read_pack

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)
BOTH = {
    About.JURISDICTIONS: frozenset({"uk", "us"}),
    About.SERVICES: frozenset({"user_to_user"}),
    About.ESTABLISHED_IN: frozenset({"uk"}),
}
DANGER = Seen(
    {Fact.PHOTOREALISTIC: Value.YES, Fact.PRESENT_DANGER: Value.YES, Fact.REAL_CHILD: Value.YES},
    AgeBand.CHILD,
    {"iwf:2024": "A"},
)
OVER = """
id = "own"
version = "2026-11-23"
jurisdiction = "own"
title = "Of one's own"
reviewer = "counsel"
[[duty]]
id = "own.tell"
version = 1
title = "A duty that is over"
effective_from = 2020-01-01
effective_to = 2024-12-31
source = "An act"
confidence = "primary"
who = "Whoever hosts"
to = "An authority"
what = "Tell it"
when = "at once"
"""


def owed(rule: str, *events: Happened, seen: Seen = DANGER, packs: Packs | None = None) -> Owed:
    situation = Situation(Standing.REPORT, NOON, (seen,), BOTH, events=events)
    return next(one for one in owing(situation, LATER, packs) if one.rule == rule)


def test_an_answer_in_the_moment_of_the_question_meets_it_and_an_earlier_one_does_not() -> None:
    asked = Happened("uk.nca_question", NOON)
    assert owed("uk.osa66.answer", asked, Happened("uk.nca_answered", NOON)).state is State.SATISFIED
    early = Happened("uk.nca_answered", NOON - timedelta(seconds=1))
    assert owed("uk.osa66.answer", asked, early).state is State.OWED


def test_what_is_owed_at_once_leaves_nobody_a_choice() -> None:
    first = owed("uk.osa66.p1")
    assert first.state is State.OWED
    assert first.because == "People decided to report. What was observed fits: present_danger is yes."
    assert owed("uk.osa66.p2").because == "uk.osa66.p1 takes its place."


def test_a_choice_is_offered_only_of_what_is_owed() -> None:
    calm = replace(DANGER, facts={**DANGER.facts, Fact.PRESENT_DANGER: Value.NO})
    chooses = "An authorised person chooses which of uk.osa66.p1, uk.osa66.p2, uk.osa66.p3 it is."
    assert chooses in owed("uk.osa66.p2", seen=calm).because
    met = owed("uk.osa66.p2", Happened("uk.nca_report_sent", NOON), seen=calm)
    assert met.state is State.SATISFIED
    assert chooses not in met.because


def test_a_report_elsewhere_is_named_and_none_is_not() -> None:
    elsewhere = Happened("us.cybertipline_finished", NOON)
    assert owed("uk.osa66.p1", elsewhere).state is State.SATISFIED
    nca = Happened("uk.nca_report_sent", NOON)
    assert "No rule says that uk.nca_report_sent meets it." in owed("us.2258A", nca).because
    assert "No rule" not in owed("us.2258A").because


def test_a_law_that_is_over_says_until_when_it_was_in_force() -> None:
    packs = assemble([*shipped().packs, read_pack(OVER, "own.toml")])
    found = owed("own.tell", packs=packs)
    assert found.state is State.NOT_APPLICABLE
    assert found.because == "It is in force from 2020-01-01 until 2024-12-31, and was not then."

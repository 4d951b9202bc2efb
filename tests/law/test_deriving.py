"""Statuses from observations: three values, dated, and never changed by more of them once decided."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from tocsin.law.conditions import (
    AgeIn,
    All,
    Any,
    Beyond,
    CodeIn,
    Condition,
    FactIs,
    Known,
    ask,
    leaves,
)
from tocsin.law.deriving import Because, Status, derive
from tocsin.law.duties import due
from tocsin.law.facts import AgeBand, Fact, Value
from tocsin.law.packs import shipped

TODAY = date(2026, 11, 23)
YES, NO, OPEN = Value.YES, Value.NO, Value.UNDETERMINED
SCHEMES = ("iwf:2024", "ncmec:2025", "interpol:2024", "vics-us:2.0")
ARTIFICIAL = frozenset({Fact.FULLY_SYNTHETIC, Fact.REAL_ALTERED, Fact.PHOTOREALISTIC, Fact.DRAWING})


@dataclass(frozen=True)
class Seen:
    """All that may be observed of a content, by what it is about."""

    said: Mapping[str, str]

    def only(self, about: frozenset[str]) -> "Seen":
        return Seen({one: value for one, value in self.said.items() if one in about})

    @property
    def facts(self) -> dict[Fact, Value]:
        return {fact: Value(self.said[fact]) for fact in Fact if fact in self.said}

    @property
    def age(self) -> AgeBand | None:
        return AgeBand(self.said["age"]) if "age" in self.said else None

    @property
    def codes(self) -> dict[str, str]:
        graded = {about.partition(":") for about in self.said if about.startswith("severity:")}
        return {scheme: self.said[f"severity:{scheme}"] for _, _, scheme in graded}

    def statuses(self, on: date = TODAY) -> dict[str, Status]:
        return {one.rule: one for one in derive(self.facts, on, age=self.age, codes=self.codes)}

    def ask(self, condition: Condition) -> Value:
        schemes = shipped().schemes
        known = Known(self.facts, self.age, self.codes, lambda scheme, code: schemes[scheme].has(code))
        return ask(condition, known).value


def options(about: str) -> list[str]:
    """What may be said about something."""
    if about == "age":
        return list(AgeBand)
    if about.startswith("severity:"):
        return [one.code for one in shipped().scheme(about.removeprefix("severity:")).codes]
    return [YES, NO]


ABOUT = frozenset({*Fact, "age", *(f"severity:{scheme}" for scheme in SCHEMES)})
SEEN = st.fixed_dictionaries({about: st.sampled_from(options(about)) for about in sorted(ABOUT)}).map(Seen)
SOME = st.frozensets(st.sampled_from(sorted(ABOUT)))
LEAVES = st.one_of(
    st.builds(FactIs, st.sampled_from(Fact), st.sampled_from([YES, NO])),
    st.builds(AgeIn, st.frozensets(st.sampled_from(AgeBand), min_size=1)),
    st.builds(CodeIn, st.just("iwf:2024"), st.frozensets(st.sampled_from("ABC"), min_size=1)),
    st.builds(Beyond, st.just("what a court decides")),
)
CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    LEAVES,
    lambda parts: st.one_of(
        st.lists(parts, min_size=1, max_size=3).map(lambda found: All(tuple(found))),
        st.lists(parts, min_size=1, max_size=3).map(lambda found: Any(tuple(found))),
    ),
)


def statuses(
    *, age: AgeBand | None = None, codes: Mapping[str, str] | None = None, **facts: Value
) -> dict[str, Status]:
    held = {Fact(name): value for name, value in facts.items()}
    return {one.rule: one for one in derive(held, TODAY, age=age, codes=codes or {})}


# Knowing more


@given(CONDITIONS, SEEN, SOME, SOME)
def test_what_is_decided_stays_decided_whatever_else_becomes_known(
    condition: Condition, seen: Seen, some: frozenset[str], more: frozenset[str]
) -> None:
    before, after = seen.only(some).ask(condition), seen.only(some | more).ask(condition)
    assert before in (OPEN, after)


@given(SEEN, SOME, SOME)
def test_no_status_changes_once_it_is_decided(seen: Seen, some: frozenset[str], more: frozenset[str]) -> None:
    before, after = seen.only(some).statuses(), seen.only(some | more).statuses()
    for rule, status in before.items():
        assert status.answer in (OPEN, after[rule].answer)


@given(SEEN, SOME)
def test_a_decided_status_follows_from_what_it_names(seen: Seen, some: frozenset[str]) -> None:
    for rule, status in seen.only(some).statuses().items():
        if status.answer is not OPEN:
            assert (status.missing, status.questions) == ((), ())
            named = frozenset(one.about for one in status.because)
            assert named <= some
            assert {one.about: one.said for one in status.because} == seen.only(named).said
            assert seen.only(named).statuses()[rule].answer is status.answer


@given(SEEN, SOME, SOME)
def test_only_what_is_missing_can_decide(seen: Seen, some: frozenset[str], more: frozenset[str]) -> None:
    for rule, status in seen.only(some).statuses().items():
        beside = some | (more - frozenset(status.missing))
        if status.answer is OPEN:
            assert status.missing or status.questions
            assert seen.only(beside).statuses()[rule].answer is OPEN


@given(SEEN, SOME)
def test_what_is_missing_can_decide(seen: Seen, some: frozenset[str]) -> None:
    held = seen.only(some)
    conditions = {rule.provision.id: rule.when for rule in shipped().rules(TODAY)}
    for rule, status in held.statuses().items():
        if status.missing:
            tried = (
                Seen({**held.said, **dict(zip(status.missing, values, strict=True))})
                for values in product(*map(options, status.missing))
            )
            assert any(one.ask(conditions[rule]) is not OPEN for one in tried)


def test_undetermined_is_as_not_observed() -> None:
    assert derive(dict.fromkeys(Fact, OPEN), TODAY) == derive({}, TODAY)


# Artificial origin


@given(SEEN, SOME)
def test_facts_do_not_order_what_is_derived(seen: Seen, some: frozenset[str]) -> None:
    assert list(seen.only(some).statuses()) == list(Seen({}).statuses())


def test_when_a_duty_falls_due_depends_on_nothing_observed() -> None:
    assert list(inspect.signature(due).parameters) == ["rule_id", "received", "packs"]


def test_rules_with_a_duty_in_a_time_ask_nothing_about_origin() -> None:
    timed = {duty.provision.id for duty in shipped().duties if duty.immediately or duty.within}
    urgent = [rule for pack in shipped().packs for rule in pack.rules if timed & set(rule.duties)]
    assert [rule.provision.id for rule in urgent] == ["uk.osa66.priority1"]
    for rule in urgent:
        asked = {leaf.fact for leaf in leaves(rule.when) if isinstance(leaf, FactIs)}
        assert not asked & ARTIFICIAL


@given(SEEN, SOME, st.sampled_from([Fact.FULLY_SYNTHETIC, Fact.REAL_ALTERED]))
def test_a_sign_of_artificial_origin_takes_no_duty_away(
    seen: Seen, some: frozenset[str], artificial: Fact
) -> None:
    before = seen.only(some - {artificial})
    after = Seen({**before.said, artificial: YES})
    duties = [
        {duty for status in held.statuses().values() for duty in status.duties} for held in (before, after)
    ]
    assert duties[0] <= duties[1]


# The rules


def test_a_realistic_image_and_a_drawing_fall_under_two_statutes() -> None:
    realistic = statuses(photorealistic=YES, age=AgeBand.CHILD, codes={"iwf:2024": "B"})
    assert realistic["uk.pca1978.s1"].answer is YES
    assert realistic["uk.cja2009.s62"].answer is NO
    assert realistic["uk.pca1978.s1"].duties == ("uk.osa66.p2", "uk.osa66.p3")
    assert realistic["uk.cja2009.s62"].duties == ()
    drawn = statuses(photorealistic=NO, drawing=YES, age=AgeBand.CHILD, codes={"iwf:2024": "prohibited"})
    assert drawn["uk.pca1978.s1"].answer is NO
    assert drawn["uk.pca1978.s1"].because == (
        Because("photorealistic", "no"),
        Because("severity:iwf:2024", "prohibited"),
    )
    assert drawn["uk.cja2009.s62"].answer is YES


def test_a_code_counts_within_its_scheme_and_version_only() -> None:
    for codes in ({"ncmec:2025": "A1"}, {"vics-us:2.0": "1"}, {"iwf:2023": "A"}, {"caid:2024": "A"}):
        status = statuses(photorealistic=YES, age=AgeBand.CHILD, codes=codes)["uk.pca1978.s1"]
        assert (status.answer, status.missing) == (OPEN, ("severity:iwf:2024",))
    graded = statuses(
        photorealistic=YES, drawing=NO, real_child=YES, age=AgeBand.CHILD, codes={"iwf:2024": "A"}
    )
    assert graded["us.2256.8.A"].missing == ("severity:ncmec:2025",)
    assert graded["us.2256.8.B"].missing == ("severity:ncmec:2025",)


def test_a_code_that_the_scheme_does_not_have_says_neither_yes_nor_no() -> None:
    status = statuses(photorealistic=YES, age=AgeBand.CHILD, codes={"iwf:2024": "Z"})["uk.pca1978.s1"]
    assert (status.answer, status.missing) == (OPEN, ("severity:iwf:2024",))


def test_the_three_definitions_of_the_us() -> None:
    codes = {"ncmec:2025": "B2"}
    real = statuses(real_child=YES, age=AgeBand.TEEN, codes=codes)
    assert [real[f"us.2256.8.{one}"].answer for one in "ABC"] == [YES, OPEN, OPEN]
    assert real["us.2256.8.B"].missing == ("photorealistic", "drawing")
    made = statuses(fully_synthetic=YES, photorealistic=YES, drawing=NO, age=AgeBand.TEEN, codes=codes)
    assert [made[f"us.2256.8.{one}"].answer for one in "ABC"] == [OPEN, YES, OPEN]
    likeness = statuses(
        real_child=NO, real_altered=YES, identifiable_child=YES, age=AgeBand.TEEN, codes=codes, drawing=YES
    )
    assert [likeness[f"us.2256.8.{one}"].answer for one in "ABC"] == [NO, NO, YES]


def test_what_no_observation_answers_stays_a_candidate() -> None:
    status = statuses(age=AgeBand.CHILD, drawing=YES)["us.1466A"]
    assert (status.answer, status.missing) == (OPEN, ())
    assert status.questions == ("whether it is obscene",)
    assert status.words.startswith("Candidate at most")
    assert statuses(age=AgeBand.ADULT)["us.1466A"].answer is NO


def test_words_claim_no_more_than_a_candidate() -> None:
    held = statuses(photorealistic=YES, age=AgeBand.CHILD, codes={"iwf:2024": "A"}, present_danger=YES)
    for status in held.values():
        assert "illegal" not in status.words
        assert status.reviewer == "not reviewed by a lawyer"
        assert status.source
        if status.answer is YES:
            assert status.words.startswith("Candidate:")
            assert status.words.endswith("decides.")


def test_rules_are_those_of_the_day() -> None:
    before = {one.rule for one in derive({}, date(2026, 4, 6))}
    after = {one.rule for one in derive({}, date(2026, 4, 7))}
    assert after - before == {"uk.osa66.priority1"}
    assert derive({}, date(1990, 1, 1)) == ()


def test_packs_can_be_given() -> None:
    only_us = replace(shipped(), packs=tuple(pack for pack in shipped().packs if pack.id == "us"))
    assert {one.jurisdiction for one in derive({}, TODAY, only_us)} == {"us"}

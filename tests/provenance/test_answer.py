"""Whatever signs come together, the answer says them all and never says "later"."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.provenance.answer import explanation_of
from tocsin.provenance.collecting import Collector
from tocsin.provenance.findings import FindingError, finding_from_json, finding_to_json
from tocsin.provenance.model import (
    Absent,
    Derivation,
    DerivationKind,
    Direction,
    Failed,
    Finding,
    Fingerprint,
    FingerprintKind,
    ForgeCost,
    Item,
    NotChecked,
    Place,
    Rule,
    Strength,
    Subject,
)
from tocsin.provenance.rules import FAMILIES, rules
from tocsin.provenance.summary import LAST
from tocsin.provenance.triage import Reason

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonValue

RULES = [rule for family in FAMILIES for rule in rules(family).values()]
WORDS = st.text(max_size=30)
PLACES = st.builds(
    Place,
    st.sampled_from(["jpeg", "png"]),
    WORDS,
    st.none() | st.integers(0, 1 << 40),
    st.none() | st.integers(0, 1 << 40),
    st.binary(min_size=32, max_size=32).map(bytes.hex),
)
ITEMS = st.builds(
    Item,
    rule=st.sampled_from(RULES),
    found=WORDS,
    reader=WORDS,
    where=st.lists(PLACES, max_size=2).map(tuple),
    subject=st.builds(Subject, tool=st.none() | WORDS, model=st.none() | WORDS),
    fingerprints=st.lists(
        st.builds(Fingerprint, st.sampled_from(list(FingerprintKind)), WORDS), max_size=2
    ).map(tuple),
    caveats=st.lists(WORDS, max_size=2).map(tuple),
    strength=st.none() | st.sampled_from(list(Strength)),
    direction=st.none() | st.sampled_from(list(Direction)),
)
DERIVATIONS = st.builds(
    Derivation,
    rule=st.sampled_from(RULES),
    kind=st.sampled_from(list(DerivationKind)),
    value=WORDS,
    found=WORDS,
    reader=WORDS,
    hash=st.none() | WORDS,
)
FINDINGS: st.SearchStrategy[Finding] = st.one_of(
    ITEMS,
    DERIVATIONS,
    st.builds(Absent, WORDS, WORDS),
    st.builds(NotChecked, WORDS, WORDS),
    st.builds(Failed, WORDS, WORDS, WORDS),
)


@given(st.lists(FINDINGS, max_size=8), FINDINGS)
def test_no_finding_takes_away_a_reason_to_look_sooner(findings: list[Finding], another: Finding) -> None:
    """The triage rule of design.md 3, as far as origin has a say in it: reasons are only ever added."""
    before = {one.reason for one in explanation_of(findings).raises}
    after = {one.reason for one in explanation_of([*findings, another]).raises}
    assert before <= after


CAMERA = Item(rules("camera")["camera.exif"], "the camera's fields", "reader")
FACE = Derivation(CAMERA.rule, DerivationKind.IDENTITY, "node", "a face was put in", "reader")


@given(ITEMS)
def test_whatever_is_forged_onto_a_photograph_stands_beside_the_camera(forged: Item) -> None:
    answer = explanation_of([CAMERA, FACE, forged])
    assert {CAMERA, forged} == set(answer.items)
    assert answer.derivation == (FACE,)
    assert {Reason.MAY_BE_CAPTURED, Reason.MAY_DEPICT_A_PERSON} <= {one.reason for one in answer.raises}
    if forged.leans in {Direction.GENERATED, Direction.PARTLY_GENERATED}:
        rules_cited = {name for one in answer.contradictions for name in one.items}
        assert {CAMERA.rule.name, forged.rule.name} <= rules_cited
        assert Reason.CONTRADICTED in {one.reason for one in answer.raises}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_in_every_direction_and_strength_only_adds_reasons(rule: Rule) -> None:
    """All kinds of items one by one, where the property test above mixes them at random."""
    before = {one.reason for one in explanation_of([CAMERA, FACE]).raises}
    for direction in Direction:
        for strength in Strength:
            item = Item(rule, "found", "reader", direction=direction, strength=strength)
            assert before <= {one.reason for one in explanation_of([CAMERA, FACE, item]).raises}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_what_is_declared_is_called_forgeable(rule: Rule) -> None:
    """A generated sign up to S3 is a claim, and the answer must not let anybody take it for more."""
    if rule.direction in {Direction.GENERATED, Direction.PARTLY_GENERATED} and rule.strength <= Strength.S3:
        item = Item(rule, "found", "reader")
        assert rule.forge_cost in {ForgeCost.TEXT_EDIT, ForgeCost.CUSTOM_TOOL, ForgeCost.SELF_MADE_KEY}
        said = " ".join([rule.means, *rule.caveats, explanation_of([item]).summary]).lower()
        assert any(word in said for word in ("forge", "declare", "anybody", "anyone")), said


@given(st.lists(FINDINGS, max_size=8))
def test_answers_survive_the_way_to_the_parent(findings: list[Finding]) -> None:
    sent = json.loads(json.dumps([finding_to_json(one) for one in findings]))
    assert [finding_from_json(one) for one in sent] == findings
    json.dumps(explanation_of(findings).to_json())


@given(st.lists(FINDINGS, max_size=8))
def test_nothing_that_was_found_is_left_out(findings: list[Finding]) -> None:
    answer = explanation_of(findings)
    said = (*answer.items, *answer.derivation, *answer.absent, *answer.not_checked, *answer.failed)
    assert set(said) == set(findings)
    looked = answer.items or answer.derivation or answer.absent
    assert answer.summary.endswith(LAST) is bool(looked)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        {"finding": "verdict"},
        {"finding": "absent", "what": 1, "reader": ""},
        {"finding": "item", **dict.fromkeys(("rule", "found", "reader", "where"))},
        {**finding_to_json(CAMERA), "rule": "camera.exif@999"},
        {**finding_to_json(CAMERA), "rule": "made.up@1"},
        {**finding_to_json(CAMERA), "strength": "S6"},
        {**finding_to_json(CAMERA), "where": [{"container": "x"}]},
    ],
)
def test_what_is_no_finding_of_ours_is_not_believed(answer: "JsonValue") -> None:
    with pytest.raises(FindingError):
        finding_from_json(answer)


def test_long_values_are_cut_and_not_lost() -> None:
    item = Item(CAMERA.rule, "x" * 1_000_000, "reader", caveats=("y" * 10_000,) * 500)
    sent = finding_to_json(item)
    assert len(json.dumps(sent)) < 300_000
    assert isinstance(finding_from_json(json.loads(json.dumps(sent))), Item)


def test_two_generators_are_a_contradiction_and_one_told_twice_is_not() -> None:
    rule = next(one for one in RULES if one.direction is Direction.GENERATED)
    one, other = (Item(rule, "found", "reader", subject=Subject(tool=tool)) for tool in ("Aa", "Bb"))
    assert [found.rule for found in explanation_of([one, other]).contradictions] == [
        "answer.several_generators"
    ]
    assert explanation_of([one, one]).contradictions == ()


def test_a_tool_and_the_one_that_it_runs_are_no_contradiction() -> None:
    own, run = rules("generators")["generators.tensorart"], rules("graphs")["comfyui.graph"]
    assert own.runs == run.tool
    one, other = (Item(rule, "found", "reader", subject=Subject(tool=rule.tool)) for rule in (own, run))
    assert explanation_of([one, other]).contradictions == ()
    third = Item(run, "found", "reader", subject=Subject(tool="Aa"))
    (found,) = explanation_of([one, other, third]).contradictions
    assert "“Aa”, “Tensor.Art”" in found.found


def test_the_summary_of_nothing_claims_nothing() -> None:
    answer = explanation_of([NotChecked("pixels", "not asked for"), Absent("Exif", "reader")])
    assert "No sign of a camera or of a generator was found in what was checked." in answer.summary
    assert "Not checked: pixels." in answer.summary


@given(st.lists(st.builds(NotChecked, WORDS, WORDS) | st.builds(Failed, WORDS, WORDS, WORDS), max_size=4))
def test_where_nobody_looked_nothing_is_said_to_be_missing(findings: list[Finding]) -> None:
    summary = explanation_of(findings).summary
    assert summary.startswith("Nothing of this file was examined")
    assert "No sign" not in summary


@given(
    st.lists(ITEMS | DERIVATIONS, max_size=3), st.integers(2, 400), ITEMS | DERIVATIONS, st.integers(1, 1500)
)
def test_no_flood_of_signs_crowds_out_another_kind(
    few: list[Finding], count: int, flood: Item | Derivation, length: int
) -> None:
    collector = Collector()
    for number in range(count):
        collector.add(replace(flood, found=f"{number:0{length}}"))
    for finding in few:
        collector.add(finding)
    kept = collector.findings()
    for finding in few:
        assert finding in kept or _kind(finding) in {_kind(flood), *map(_kind, few[: few.index(finding)])}
    assert {_kind(one) for one in few} <= {_kind(one) for one in kept if isinstance(one, Item | Derivation)}
    if not any(isinstance(one, NotChecked) for one in kept):
        assert len(kept) == count + len(few)
    assert len(json.dumps([finding_to_json(one) for one in kept])) < 1 << 20


def _kind(finding: Finding) -> object:
    return finding.leans if isinstance(finding, Item) else getattr(finding, "kind", None)

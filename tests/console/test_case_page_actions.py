"""What the case page does, over HTTP: every action, and what is said where it cannot be done."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from support.case_pages import claimed, events, kinds, let_go, looked, open_case, page, reviewer, said
from support.console import Client, Console, console
from support.intake import jpeg
from support.nodes import OPERATOR

from tocsin.access.model import Right
from tocsin.banks.model import EntryDraft, Policy
from tocsin.banks.opinions import Verdict
from tocsin.cases.model import Stage, Standpoint, State
from tocsin.hashing.signals import SignalType

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonValue

TYPED = "what I saw <b>and</b> typed"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console(tmp_path_factory.mktemp("console") / "home") as opened:
        for name in ("known", "local"):
            opened.node.curation.create_bank(OPERATOR, name, Policy())
        yield opened


@pytest.fixture(scope="module")
def anna(served: Console) -> Client:
    return reviewer(served, "anna")


@pytest.fixture(scope="module")
def cleo(served: Console) -> Client:
    return reviewer(served, "cleo", "reviewer", "curator")


@pytest.fixture(autouse=True)
def _nobody_holds_a_case(served: Console) -> Iterator[None]:
    yield
    let_go(served)


@pytest.fixture
def number(served: Console, request: pytest.FixtureRequest) -> int:
    return open_case(served, request.node.name.encode())


def state(served: Console, number: int) -> State:
    return served.node.review.queue.case(OPERATOR, number).state


# ---- the claim


def test_one_claims_and_the_other_is_told(served: Console, anna: Client, cleo: Client, number: int) -> None:
    held = claimed(anna, number)
    refused = cleo.act(f"/cases/{number}/claim")
    assert refused.status_code == 409
    assert "Somebody else has the case." in said(refused)
    renewed = anna.act(f"/cases/{number}/renew", claim=str(held.claim))
    assert renewed.status_code == 200
    assert renewed.json()["until"] > "2"
    for claim in (str(held.claim + 1), "", "x", "9" * 40):
        gone = anna.act(f"/cases/{number}/renew", claim=claim)
        assert (gone.status_code, gone.json()["code"]) == (409, "cases.not_held")
    assert kinds(served, number)[-1] == "case.claimed"


def test_who_holds_a_case_is_led_to_it(served: Console, anna: Client, number: int) -> None:
    claimed(anna, number)
    other = open_case(served, b"another one")
    refused = anna.act(f"/cases/{other}/claim")
    assert refused.status_code == 409
    assert f'href="/console/cases/{number}">Go to case {number}' in refused.text
    assert anna.act("/cases/next").headers["location"] == f"/console/cases/{number}"


def test_the_next_case_and_none(served: Console, anna: Client, number: int) -> None:
    del number
    given = anna.act("/cases/next")
    assert given.status_code == 303
    assert given.headers["location"].endswith("?said=claimed")
    let_go(served)
    none = anna.act("/cases/next", queue="an-empty-one")
    assert none.headers["location"] == "/console/queue?said=none"


@pytest.mark.parametrize(("action", "kind"), [("release", "case.released"), ("skip", "case.skipped")])
def test_a_case_is_given_back(served: Console, anna: Client, number: int, action: str, kind: str) -> None:
    held = claimed(anna, number)
    answer = anna.act(f"/cases/{number}/{action}", claim=str(held.claim))
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/console/queue")
    assert kinds(served, number)[-1] == kind
    assert state(served, number) is State.WAITING


def test_a_case_is_handed_over_moved_and_asked_about(
    served: Console, anna: Client, cleo: Client, number: int
) -> None:
    unknown = claimed(anna, number).send(anna, "hand-over", to="nobody", note=TYPED)
    assert unknown.status_code == 409
    assert "what I saw &lt;b&gt;and&lt;/b&gt; typed</textarea>" in unknown.text
    assert 'value="nobody"' in unknown.text
    handed = page(anna, number).send(anna, "hand-over", to="cleo", note=TYPED)
    assert handed.status_code == 303
    held = claimed(cleo, number)
    assert TYPED in held.said
    assert held.send(cleo, "move", queue="No Such Name").status_code == 422
    assert held.send(cleo, "move", queue="later").status_code == 303
    asked = claimed(cleo, number).send(cleo, "second", note="is it?")
    assert asked.status_code == 303
    case = served.node.review.queue.case(OPERATOR, number)
    assert (case.queue, case.stage, case.first_reviewer) == ("later", Stage.SECOND, "person:cleo")
    refused = cleo.act(f"/cases/{number}/claim")
    assert refused.status_code == 409
    assert "Second review" in said(refused)
    third = claimed(anna, number)
    assert "is it?" in third.said
    assert "second" not in third.forms  # the second one asks no third
    assert "a second reviewer was asked for" in third.said


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ("second", {"note": TYPED}),
        ("hand-over", {"to": "cleo", "note": TYPED}),
        ("observe-real_child", {"value": "yes", "note": TYPED}),
        ("decide", {"outcome": "report", "note": TYPED}),
    ],
)
def test_what_was_typed_outlives_the_claim(
    served: Console, anna: Client, number: int, form: str, fields: dict[str, str]
) -> None:
    held = claimed(anna, number)
    let_go(served)
    before = kinds(served, number)
    refused = held.send(anna, form, **fields)
    assert refused.status_code == 409
    assert "What you typed is below." in said(refused)
    assert "What you typed:" in said(refused)
    assert "what I saw &lt;b&gt;and&lt;/b&gt; typed</textarea>" in refused.text
    assert kinds(served, number) == before


@pytest.mark.parametrize(
    "action",
    ["claim", "renew", "release", "skip", "hand-over", "move", "second", "decision", "confirm", "undo"],
)
def test_a_form_of_another_page_does_nothing(served: Console, anna: Client, number: int, action: str) -> None:
    held = claimed(anna, number)
    before = kinds(served, number)
    forged = anna.post(f"/console/cases/{number}/{action}", data={"claim": str(held.claim), "csrf": "0"})
    assert forged.status_code == 403
    assert kinds(served, number) == before


# ---- observations


def test_facts_ages_and_codes_are_recorded_and_revised(served: Console, anna: Client, number: int) -> None:
    held = claimed(anna, number)
    for fields in ({"value": "yes"}, {"value": "undetermined", "note": TYPED, "basis": "original"}):
        assert held.send(anna, "observe-photorealistic", **fields).status_code == 303
    assert held.send(anna, "observe-age", age="7-10").status_code == 303
    assert held.send(anna, "observe-severity", graded="iwf:2024|B").status_code == 303
    told = page(anna, number)
    assert "Undetermined person:anna" in told.said
    assert "1 earlier" in told.said
    assert "a look at the original" in told.said
    assert "what I saw &lt;b&gt;and&lt;/b&gt; typed" in told.text
    assert told.send(anna, "observe-back-1").status_code == 303
    assert "taken back" in page(anna, number).said
    said_so = [detail for kind, _, detail in events(served, number) if kind == "observation.recorded"]
    assert [one["about"] for one in said_so] == ["photorealistic"] * 2 + ["age"] + ["severity:iwf:2024"] * 2


def test_what_does_not_go_together_is_told(served: Console, anna: Client, number: int) -> None:
    held = claimed(anna, number)
    for fact in ("fully_synthetic", "real_altered"):
        assert held.send(anna, f"observe-{fact}", value="yes").status_code == 303
    assert "Your observations do not go together:" in page(anna, number).said
    del served


@pytest.mark.parametrize(
    "fields",
    [
        {"about": "real_child", "value": "perhaps"},
        {"about": "unheard_of", "value": "yes"},
        {"about": "real_child", "value": "yes", "basis": "a dream"},
        {"about": "age", "age": "40"},
        {"about": "severity", "graded": "nobody:1|A"},
        {"about": "severity", "graded": ""},
        {"about": "severity", "graded": "vics-uk:2.0|", "code": ""},
        {"about": "age", "age": ""},
        {"about": "real_child", "value": "yes", "note": "x" * 5000},
    ],
)
def test_what_is_no_observation_is_refused(
    served: Console, anna: Client, number: int, fields: dict[str, str]
) -> None:
    held = claimed(anna, number)
    refused = held.send(anna, "observe-real_child", **fields)
    assert refused.status_code == 422
    assert page(anna, number).claim == held.claim
    assert "observation.recorded" not in kinds(served, number)


@pytest.mark.parametrize("sha256", ["0" * 64, "zz" * 32, "00", " " * 64])
def test_what_is_not_in_the_case_is_not_observed(
    served: Console, anna: Client, number: int, sha256: str
) -> None:
    held = claimed(anna, number)
    fields = {**held.forms["observe-real_child"], "value": "yes"}
    answer = anna.act(f"/cases/{number}/contents/{sha256}/observations", **fields)
    assert answer.status_code == 422
    assert "observation.recorded" not in kinds(served, number)


# ---- decisions


def test_a_double_submit_decides_once_and_can_be_undone(served: Console, anna: Client, number: int) -> None:
    held = claimed(anna, number)
    for _ in range(2):
        decided = held.send(anna, "decide", outcome="no_action", note=TYPED)
        assert decided.headers["location"] == f"/console/cases/{number}?content=1&said=decided"
    assert kinds(served, number).count("decision.made") == 1
    told = page(anna, number)
    assert "Nothing that we have to act on" in told.said
    assert "decide" not in told.forms  # a page one went back to says what stands
    assert {"undo", "/console/cases/next"} <= set(told.forms)
    undone = told.send(anna, "undo")
    assert undone.headers["location"].endswith("&said=undone")
    assert page(anna, number).claim > held.claim
    again = told.send(anna, "undo")  # once more changes nothing
    assert again.status_code == 303
    assert kinds(served, number).count("decision.undone") == 1


def test_an_old_form_with_other_words_is_refused(served: Console, anna: Client, number: int) -> None:
    held = claimed(anna, number)
    assert held.send(anna, "decide", outcome="no_action").status_code == 303
    other = held.send(anna, "decide", outcome="report", note=TYPED)
    assert other.status_code == 409
    assert kinds(served, number).count("decision.made") == 1


def test_a_decision_without_an_outcome_keeps_what_was_typed(
    served: Console, anna: Client, number: int
) -> None:
    held = claimed(anna, number)
    refused = held.send(anna, "decide", note=TYPED)
    assert refused.status_code == 422
    assert "choose an outcome" in said(refused)
    assert "what I saw &lt;b&gt;and&lt;/b&gt; typed</textarea>" in refused.text
    assert f'name="key" value="{held.forms["decide"]["key"]}"' in refused.text
    assert state(served, number) is State.CLAIMED


def test_a_question_is_taken_back(served: Console, anna: Client, cleo: Client, number: int) -> None:
    claimed(cleo, number).send(cleo, "second", note="is it?")
    path = f"/console/cases/{number}/take-back"
    assert path not in page(anna, number).forms
    taken = page(cleo, number).send(cleo, path)
    assert (taken.status_code, taken.headers["location"].count("said=second-taken-back")) == (303, 1)
    case = served.node.review.queue.case(OPERATOR, number)
    assert (case.holder, case.stage) == ("person:cleo", Stage.FIRST)
    told = page(cleo, number)
    assert "took back that a second reviewer was asked for" in told.said
    assert path not in told.forms


def test_undoing_what_is_not_ones_own(served: Console, anna: Client, cleo: Client, number: int) -> None:
    assert claimed(anna, number).send(anna, "decide", outcome="no_action").status_code == 303
    decision = page(anna, number).forms["undo"]["decision"]
    assert "undo" not in page(cleo, number).forms
    assert cleo.act(f"/cases/{number}/undo", decision=decision).status_code == 409
    other = open_case(served, b"something else again")
    for wrong in (decision, "0", "x", ""):
        assert anna.act(f"/cases/{other}/undo", decision=wrong).status_code == 404
    assert state(served, number) is State.DECIDED


def test_a_case_is_opened_again_for_a_reason(served: Console, anna: Client, number: int) -> None:
    assert claimed(anna, number).send(anna, "decide", outcome="no_action").status_code == 303
    told = page(anna, number)
    assert told.send(anna, "reopen", reason="").status_code == 422
    assert told.send(anna, "reopen", reason="new facts").status_code == 303
    assert state(served, number) is State.WAITING
    assert told.send(anna, "reopen", reason="once more").status_code == 409
    held = claimed(anna, number)
    assert "new facts" in held.said
    assert "a second person is needed: it overturns an earlier judgement" in held.said


def test_contents_that_nobody_looked_at_are_named(served: Console, anna: Client) -> None:
    account: dict[str, JsonValue] = {"platform": "forum", "account": {"id": "of several"}}
    (number,) = {open_case(served, jpeg(one), **account) for one in (210, 211, 212)}
    held = looked(anna, claimed(anna, number))
    assert "You have not looked at 2 contents of this case: 2, 3" in held.said
    assert "Decide also on 2 contents that nobody looked at" in held.said
    assert [one for one in held.links if one.endswith("?content=3")]
    refused = held.send(anna, "decide", outcome="no_action", note=TYPED)
    assert refused.status_code == 409
    assert "you have not looked at 2 of the contents" in said(refused)
    assert TYPED.partition("<")[0] in said(refused)
    looked(anna, page(anna, number, content=2))
    held = looked(anna, page(anna, number, content=3))
    assert "You have not looked" not in held.said
    assert "you looked at it" in held.said
    assert held.send(anna, "decide", outcome="no_action").status_code == 303
    assert "unseen" not in events(served, number)[-1][2]


def test_who_decides_on_what_nobody_looked_at_says_so(served: Console, anna: Client) -> None:
    account: dict[str, JsonValue] = {"platform": "forum", "account": {"id": "of two"}}
    (number,) = {open_case(served, jpeg(one), **account) for one in (213, 214)}
    held = looked(anna, claimed(anna, number))
    assert held.send(anna, "decide", outcome="no_action", unseen="1").status_code == 303
    assert events(served, number)[-1][2]["unseen"] == 1
    told = page(anna, number).said
    assert "It judges also contents that nobody looked at." in told
    assert "contents not looked at: 1" in told


def test_publishing_takes_two_people(served: Console, anna: Client, cleo: Client) -> None:
    data = jpeg(201)
    number = open_case(served, data)
    held = looked(anna, claimed(anna, number))
    assert "A second person is needed for that" in held.said
    (field,) = [name for name in held.forms["decide"] if name.startswith("publish-")]
    proposed = held.send(anna, "decide", outcome="report", note=TYPED, **{field: "local"})
    assert proposed.headers["location"].endswith("?content=1&said=proposed")
    mine = page(anna, number)
    assert "Somebody else has to confirm it." in mine.said
    assert "confirm" not in mine.forms
    assert anna.act(f"/cases/{number}/claim").status_code == 409
    second = looked(cleo, claimed(cleo, number))
    assert "it publishes an entry to a list" in second.said
    assert "decide" not in second.forms
    for _ in range(2):  # sent twice
        assert second.send(cleo, "confirm", note="I agree").status_code == 303
    assert kinds(served, number).count("decision.confirmed") == 1
    told = page(anna, number)
    assert "Confirmed by person:cleo" in told.said
    assert "Published as entry" in told.said
    assert served.node.banks.bank("local").version > 0


def test_who_may_not_curate_confirms_no_publishing(served: Console, anna: Client, number: int) -> None:
    data = jpeg(202)
    number = open_case(served, data)
    held = looked(anna, claimed(anna, number))
    (field,) = [name for name in held.forms["decide"] if name.startswith("publish-")]
    assert held.send(anna, "decide", outcome="report", **{field: "local"}).status_code == 303
    bela = reviewer(served, "bela", rights=(Right.READ, Right.MATCH))
    second = looked(bela, claimed(bela, number))
    refused = second.send(bela, "confirm", note=TYPED)
    assert refused.status_code == 403
    assert "lacks the permission banks.curate" in said(refused)
    assert "what I saw &lt;b&gt;and&lt;/b&gt; typed</textarea>" in refused.text
    assert second.send(bela, "disagree", note="I see something else").status_code == 303
    (decision,) = served.node.review.deciding.of_case(number)
    assert decision.standpoint is Standpoint.REJECTED
    assert "Disagreed: person:bela" in page(anna, number).said
    assert "two reviewers disagreed" in page(anna, number).said


def test_opinions_and_false_matches_reach_the_list(served: Console, anna: Client) -> None:
    data = jpeg(203)
    content = served.node.submissions.submission(served.submit(data)).content
    assert content is not None
    digest = next(one for one in content.signals if one.type is SignalType.SHA256)
    (entry,) = served.node.curation.add(OPERATOR, "known", [EntryDraft((digest,))]).entry_ids
    number = open_case(served, data)
    held = claimed(anna, number)
    fields = {f"opinion-{entry}": "dispute", f"reason-{entry}": TYPED, f"false-{entry}": "1"}
    assert held.send(anna, "decide", outcome="false_match", **fields).status_code == 303
    (opinion,) = served.node.curation.opinions.of(entry)
    assert (opinion.verdict, opinion.reason, opinion.author) == (Verdict.DISPUTE, TYPED, "person:anna")
    figures = served.node.review.deciding.figures("known").figures
    assert [one.false_matches for one in figures] == [1]
    told = page(anna, number)
    assert f"Dispute entry {entry}" in told.said
    assert f"The match with entry {entry} is false" in told.said


def test_what_matched_nothing_gets_no_opinion(served: Console, anna: Client, number: int) -> None:
    held = claimed(anna, number)
    for strange in ({"opinion-999999": "confirm"}, {"false-999999": "1"}, {"opinion-x": "confirm"}):
        assert held.send(anna, "decide", outcome="report", **strange).status_code in {404, 422}
    for strange in ({"publish-zz": "local"}, {f"publish-{'0' * 64}": "local"}):
        assert held.send(anna, "decide", outcome="report", **strange).status_code == 422
    assert state(served, number) is State.CLAIMED

"""Pages of banks and entries, over HTTP: who sees what, what forms change, and what is asked once more."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from support.console import Client, Console, console
from support.nodes import OPERATOR

from tocsin.access.model import Right
from tocsin.banks.model import BankKind, EntryDraft, Label, Origin, Policy
from tocsin.banks.store import UnknownBankError
from tocsin.cases.figures import Figure, Figures
from tocsin.hashing.signals import Signal, SignalType
from tocsin.web.console.bank_figures import WIDTH, drawn

HOSTILE = "<script>alert(1)</script>\u202egnp.exe"
MANY = 120


def sha256(number: int) -> Signal:
    return Signal(SignalType.SHA256, number.to_bytes(2) * 16)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console(tmp_path_factory.mktemp("console") / "home") as opened:
        curation = opened.node.curation
        curation.create_bank(OPERATOR, "known", Policy(purpose="triage only", onward_sharing="nobody"))
        label = Label("scheme", "1", HOSTILE, HOSTILE)
        drafts = [
            EntryDraft((sha256(number),), Origin(HOSTILE, "member", str(number)), (label,))
            for number in range(MANY)
        ]
        curation.add(OPERATOR, "known", drafts)
        curation.create_bank(OPERATOR, "secret", Policy())
        for name, role, rights in (
            ("cora", "curator", (Right.MATCH, Right.READ, Right.CURATE)),
            ("matt", "curator", (Right.MATCH,)),
            ("nora", "curator", ()),
        ):
            opened.session(name, role)
            opened.node.accounts.grants.grant(OPERATOR, f"person:{name}", "known", rights)
        yield opened


@pytest.fixture(scope="module")
def curator(served: Console) -> Client:
    return served.client("cora")


@pytest.fixture(scope="module")
def manager(served: Console) -> Client:
    return served.client("manager", "bank-manager")


def said(page: str) -> str:
    """The words of a page."""
    return unescape(re.sub(r"<[^>]*>", " ", page))


def test_a_list_does_not_leak_to_those_who_may_only_match(served: Console, curator: Client) -> None:
    matcher = served.client("matt")
    listed, bank = matcher.get("/console/banks").text, matcher.get("/console/banks/one?name=known").text
    assert "known" in listed
    assert "secret" not in listed
    for page in (listed, bank):
        assert str(MANY) not in said(page)
        assert not any(sha256(number).hex in page for number in range(MANY))
    assert "not for you" in listed
    assert "those who may read this bank" in bank
    assert matcher.get("/console/banks/entries?name=known").status_code == 403
    entries = curator.get("/console/banks/entries?name=known").text
    number = int(re.findall(r"/entries/(\d+)", entries)[0])
    there, nowhere = (matcher.get(f"/console/entries/{one}") for one in (number, 10**9))
    assert there.status_code == nowhere.status_code == 404
    assert there.text.replace(f"number {number}<", "") == nowhere.text.replace(f"number {10**9}<", "")


def test_a_bank_without_rights_is_as_one_that_is_not_there(served: Console) -> None:
    nobody = served.client("nora")
    answers = [nobody.get(f"/console/banks/one?name={name}") for name in ("known", "absent")]
    assert [one.status_code for one in answers] == [404, 404]
    assert answers[0].text.replace("&#39;known&#39;", "") == answers[1].text.replace("&#39;absent&#39;", "")
    assert nobody.get("/console/banks/entries?name=known").status_code == 404
    assert "known" not in nobody.get("/console/banks").text


def test_every_entry_is_on_one_of_the_pages(curator: Client) -> None:
    seen: list[str] = []
    path: str | None = "/console/banks/entries?name=known"
    while path:
        page = curator.get(path).text
        seen += re.findall(r'digest">([0-9a-f]{64})<', page)
        after = re.search(r'href="([^"]+)" data-key="\]"', page)
        path = unescape(after[1]) if after else None
    assert seen == [sha256(number).hex for number in range(MANY)]


def test_hostile_texts_stay_texts(curator: Client) -> None:
    entries = curator.get("/console/banks/entries?name=known").text
    entry = curator.get(re.findall(r"(/console/entries/\d+)", entries)[0]).text
    for page in (entries, entry):
        assert "<script>alert" not in page
        assert "\u202e" not in page
        assert "U+202E" in page


def test_a_bank_is_made_by_a_form_that_keeps_what_was_typed(served: Console, manager: Client) -> None:
    fields = {"name": "a/b?c#d", "kind": "allow", "radius": "99", "quality_floor": "50", "purpose": "why <b>"}
    refused = manager.act("/banks/new", **fields)
    assert refused.status_code == 422
    assert 'value="a/b?c#d"' in refused.text
    assert "why &lt;b&gt;" in refused.text
    assert manager.act("/banks/new", **(fields | {"radius": "many"})).status_code == 422
    assert manager.act("/banks/new").status_code == 422
    assert manager.act("/banks/new", **(fields | {"purpose": "x" * 2001, "radius": "9"})).status_code == 422
    made = manager.act("/banks/new", **(fields | {"radius": "9"}))
    assert made.status_code == 303
    assert manager.get(made.headers["location"]).status_code == 200
    assert served.node.banks.bank("a/b?c#d").policy == Policy(BankKind.ALLOW, 9, 50, "why <b>")
    assert manager.act("/banks/new", **(fields | {"radius": "9"})).status_code == 409
    rows = list(served.node.ledger.rows_of("bank:a/b?c#d"))
    assert [(row.kind, row.actor) for row in rows] == [("bank.created", "person:manager")]


def test_a_policy_is_not_set_over_somebody_elses(served: Console, manager: Client) -> None:
    served.node.curation.create_bank(OPERATOR, "shared", Policy())
    page = manager.get("/console/banks/one?name=shared").text
    before = re.findall(r'name="before" value="([^"]+)"', page)[0]
    fields = {"name": "shared", "before": before, "kind": "match", "radius": "12", "quality_floor": "60"}
    assert manager.act("/banks/policy", **(fields | {"radius": "-1"})).status_code == 422
    assert manager.act("/banks/policy", **fields).status_code == 303
    assert served.node.banks.bank("shared").policy.radius == 12
    overtaken = manager.act("/banks/policy", **(fields | {"radius": "20"}))
    assert overtaken.status_code == 409
    assert "Somebody changed the policy" in overtaken.text
    assert served.node.banks.bank("shared").policy.radius == 12


def test_removing_a_bank_asks_for_its_name(served: Console, manager: Client) -> None:
    served.node.curation.create_bank(OPERATOR, "doomed", Policy())
    asked = manager.act("/banks/remove", name="doomed")
    assert asked.status_code == 200
    assert "This cannot be undone" in asked.text
    assert manager.act("/banks/remove", name="doomed", sure="1", typed="domed").status_code == 422
    assert "doomed" in {one.name for one in served.node.banks.banks()}
    assert manager.act("/banks/remove", name="doomed", sure="1", typed="doomed").status_code == 303
    with pytest.raises(UnknownBankError):
        served.node.banks.bank("doomed")
    assert [row.kind for row in served.node.ledger.rows_of("bank:doomed")] == ["bank.created", "bank.removed"]


def test_withdrawing_says_why_and_is_undone(served: Console, curator: Client) -> None:
    number = served.node.banks.page("known", after=0, limit=1)[0].id
    assert curator.act(f"/entries/{number}/withdraw", reason=" ").status_code == 422
    assert served.node.banks.entry(number).withdrawn is None
    done = curator.act(f"/entries/{number}/withdraw", reason="the owner <i>says</i> so")
    page = curator.get(done.headers["location"]).text
    assert "the owner &lt;i&gt;says&lt;/i&gt; so" in page
    assert served.node.banks.entry(number).withdrawn is not None
    assert curator.act(f"/entries/{number}/reinstate").status_code == 303
    assert served.node.banks.entry(number).withdrawn is None
    rows = [row for row in served.node.ledger.rows() if row.kind in {"entry.withdrawn", "entry.reinstated"}]
    assert [(row.kind, row.actor) for row in rows] == [
        ("entry.withdrawn", "person:cora"),
        ("entry.reinstated", "person:cora"),
    ]


def test_an_opinion_changes_nothing_else(served: Console, curator: Client) -> None:
    entry = served.node.banks.page("known", after=0, limit=2)[1]
    assert curator.act(f"/entries/{entry.id}/opinions", verdict="agree").status_code == 422
    assert curator.act(f"/entries/{entry.id}/opinions", verdict="dispute", reason=HOSTILE).status_code == 303
    page = curator.get(f"/console/entries/{entry.id}").text
    assert "disputes it" in page
    assert "<script>alert" not in page
    assert served.node.banks.entry(entry.id) == entry


def test_who_may_not_curate_is_refused(served: Console, manager: Client) -> None:
    number = served.node.banks.page("known", after=0, limit=1)[0].id
    assert manager.act(f"/entries/{number}/withdraw", reason="why").status_code == 403
    assert served.client("matt").act(f"/entries/{number}/withdraw", reason="why").status_code == 404
    assert (
        served.client("cora").act("/banks/remove", name="known", sure="1", typed="known").status_code == 403
    )
    assert served.node.banks.counts("known").entries == MANY


def test_figures_say_what_another_radius_would_have_kept() -> None:
    pdq, equal = SignalType.PDQ, SignalType.MD5
    figures = Figures(
        "known",
        31,
        (
            Figure(equal, 0, 5, 1, 4),
            Figure(pdq, 0, 40, 0, 9),
            Figure(pdq, 12, 10, 5, 0),
            Figure(pdq, 40, 1, 1, 0),
        ),
    )
    found = drawn(figures)
    assert [(kind, totals.matches) for kind, totals in found.digests] == [(equal, 5)]
    assert [(step.distance, step.current) for step in found.steps] == [(0, False), (12, True), (40, False)]
    assert [step.within.matches for step in found.steps] == [45, 55, 56]
    assert [step.within.false_matches for step in found.steps] == [1, 6, 7]
    assert found.steps[0].right_width == WIDTH
    assert found.steps[2].false_width >= 1
    assert not drawn(Figures("known", 31, ()))

"""`tocsin cases`: what it lists, shows and changes, and that its objects are as documented."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cases import ANNA, Desk, entry_match
from support.commands import Said, tocsin
from support.deciding import Table

from tocsin.cases.model import Observed, Outcome, Proposal
from tocsin.law.facts import Fact, Value
from tocsin.storage.home import Home

ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with Home.open(tmp_path / "home", create=True) as opened:
        yield opened


def cases(home: Home, *arguments: str) -> Said:
    return tocsin("cases", *arguments, "--home", home.folder)


@pytest.fixture
def decided(home: Home) -> int:
    """A case that was decided about one content, observed, whose match is false; another case waits."""
    table = Table.over(home)
    number = table.case(entry_match(1, distance=7))
    claim = table.claimed(ANNA, number).claim
    content = table.content(number)
    table.observing.record(ANNA, number, claim, content, Observed(Fact.DRAWING, Value.YES, note="a sketch"))
    table.deciding.decide(ANNA, number, claim, Proposal(Outcome.FALSE_MATCH, "not this"), "key")
    table.desk.case(context={"danger": True})
    return number


def test_cases_are_listed_counted_and_found(home: Home, decided: int) -> None:
    waiting = cases(home, "list", "--json")
    assert [(one["number"], one["danger"]) for one in waiting.objects] == [(decided + 1, True)]
    said = cases(home, "list", "--limit", "1")
    assert re.search(
        r"^ +\d+  waits for first reviewer  1 submission  danger said by token:uploads, child, new, age ",
        said.out,
    )
    assert f"--after {decided + 1}" in said.err
    assert cases(home, "list", "--after", str(decided + 1)).err == "There are none.\n"
    (found,) = cases(home, "list", "--state", "decided", "--queue", "*", "--json").objects
    assert found["number"] == decided
    assert [one["number"] for one in cases(home, "find", f"#{decided}", "--json").objects] == [decided]
    assert cases(home, "counts").out == "main  waiting, first reviewer: 1\n"


def test_a_case_is_shown_with_what_was_observed_and_decided(home: Home, decided: int) -> None:
    said = cases(home, "show", str(decided))
    assert "  drawing: yes  (person:anna, by rendition)\n" in said.out
    assert ": false_match, in_force  (person:anna, " in said.out
    assert f"judged false_match in case {decided}\n" in said.out
    missing = cases(home, "show", "99")
    assert (missing.code, "[cases.unknown]" in missing.err) == (4, True)


def test_a_decided_case_is_opened_again_for_a_reason(home: Home, decided: int) -> None:
    assert cases(home, "reopen", str(decided)).code == 2
    assert cases(home, "reopen", str(decided), "--reason", " ").code == 4
    (case,) = cases(home, "reopen", str(decided), "--reason", "a partner asked", "--json").objects
    assert (case["state"], case["note"]) == ("waiting", "a partner asked")
    *_, last = home.ledger.rows_of(f"case:{decided}")
    assert (last.kind, last.actor.partition(":")[0]) == ("case.reopened", "local")
    assert cases(home, "reopen", str(decided), "--reason", "again").code == 4


def test_figures_tell_what_a_smaller_radius_would_have_kept(home: Home, decided: int) -> None:
    del decided
    said = cases(home, "figures", "known")
    assert said.out == "pdq    distance  7: 1 decided, 1 false, 0 reported; up to here 1, 100.0% false\n"
    assert "radius is 31" in said.err
    assert cases(home, "figures", "local").err == "Nothing has been decided about a match of this bank.\n"
    assert "[banks.unknown_bank]" in cases(home, "figures", "nobody's").err


def test_cases_are_opened_for_earlier_submissions_once(home: Home) -> None:
    desk = Desk.over(home)
    for number in range(60):
        assert desk.submit(b"%d" % number)[1] is None
    assert cases(home, "open", "--json").objects == [{"submissions": 0}]
    (home.folder / "tocsin.toml").write_text('[review]\nopen = "all"\n')
    assert cases(home, "open").out == "60 submissions were put into cases\n"
    assert cases(home, "open", "--json").objects == [{"submissions": 0}]
    (count,) = cases(home, "counts", "--json").objects
    assert count["cases"] == 60


def test_objects_are_as_documented(home: Home, decided: int) -> None:
    page = (ROOT / "docs/reference/json-cases.md").read_text("utf-8")
    shapes = {
        section.splitlines()[0]: set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))
        for section in page.split("\n## ")[1:]
    }
    (whole,) = cases(home, "show", str(decided), "--json").objects
    printed = {
        "case": cases(home, "list", "--json").objects,
        "whole case": [{name: value for name, value in whole.items() if name not in shapes["case"]}],
        "observation": whole["observations"],
        "decision": whole["decisions"],
        "count": cases(home, "counts", "--json").objects,
        "opened": cases(home, "open", "--json").objects,
        "figure": cases(home, "figures", "known", "--json").objects,
    }
    assert shapes["case"] <= set(whole)
    assert {name: set(objects[0]) for name, objects in printed.items()} == shapes

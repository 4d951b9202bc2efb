"""The rule packs answer the worked examples as expected, each by its rule and source."""

from pathlib import Path

import pytest
from support.law_examples import DutyExample, HoldExample, duty_examples, hold_examples, page

from tocsin.law.errors import NoRetentionRuleError, NotInForceError
from tocsin.law.packs import shipped

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "worked-examples.md"
DUTIES, HOLDS = list(duty_examples()), list(hold_examples())
NEEDED = 60


def said(example: DutyExample | HoldExample) -> str:
    return str(example.table["says"])


def test_there_are_as_many_as_were_promised_and_none_twice() -> None:
    assert len(DUTIES) + len(HOLDS) >= NEEDED
    tables = [
        str(sorted(one.items())) for one in (*(two.table for two in DUTIES), *(two.table for two in HOLDS))
    ]
    assert len(set(tables)) == len(tables)


def test_every_duty_and_retention_rule_has_one() -> None:
    duties = {one.provision.id for one in shipped().duties}
    assert {one.table["rule"] for one in DUTIES} == duties
    rules = {one.provision.id for one in shipped().retentions}
    assert {rule for one in HOLDS for rule in one.table.get("rules", ())} == rules


def test_every_rule_of_satisfaction_meets_something() -> None:
    met = {one.owed.met_under for one in DUTIES} - {""}
    assert met == {one.provision.id for one in shipped().satisfactions}


@pytest.mark.parametrize("example", DUTIES, ids=said)
def test_a_duty(example: DutyExample) -> None:
    owed, table = example.owed, example.table
    assert owed.state.value == table["state"], owed.because
    assert owed.by == table.get("by")
    assert table["source"] in owed.source
    assert table.get("because", "") in owed.because
    assert set(table.get("missing", ())) <= set(owed.missing), owed.missing
    assert owed.words == table.get("words", owed.words)


@pytest.mark.parametrize("example", HOLDS, ids=said)
def test_a_hold(example: HoldExample) -> None:
    table = example.table
    if "problem" in table:
        with pytest.raises((NoRetentionRuleError, NotInForceError)) as raised:
            print(example.kept)  # noqa: T201  # what is wrong, where it is not raised
        assert raised.value.message == table["problem"]
        return
    kept = example.kept
    assert (kept.until, kept.no_later_than) == (table.get("until"), table.get("no_later_than"))
    assert kept.conflict == table.get("conflict", False)
    assert [one.rule for one in kept.bounds] == table["rules"]
    sources = [part.provision.source for rule in table["rules"] for part in shipped().versions(rule)]
    assert any(table["source"] in one for one in sources)


def test_the_page_is_theirs() -> None:
    assert PAGE.read_text("utf-8") == page(), "run `python -m support.law_examples` in tests/"

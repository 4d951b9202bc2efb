"""`kill -9` while people decide: of each decision there is all or nothing, and what was answered is there."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import decider
from support.deciding import Table

from tocsin.banks.opinions import Verdict
from tocsin.cases.model import Decision, Standpoint, State
from tocsin.storage.home import Home
from tocsin.storage.verifying import Verification


def killed(folder: Path, first: int, seconds: float) -> dict[int, str]:
    """What a decider answered until it was killed that long after its first answer."""
    command = [sys.executable, decider.__file__, str(folder), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        text = child.stdout.readline()
        time.sleep(seconds)
        child.kill()
        text += child.stdout.read()
    return {int(number): said for number, said in (line.split() for line in text.split("\n")[:-1])}


def check(table: Table, answered: dict[int, str]) -> None:
    """Each decision, its case, its ledger rows, its entry and its opinion tell the same."""
    verification = Verification(table.home.database, table.home.folder)
    # A desk records submissions by hand, without rows in the ledger.
    assert [one for one in verification.run() if not one.what.startswith("submission")] == []
    with table.home.database.reading():
        numbers = [one for (one,) in table.home.database.rows("SELECT number FROM review_case")]
    decisions = [one for number in numbers for one in table.deciding.of_case(number)]
    said = {one.id: one.standpoint for one in decisions}
    for number, word in answered.items():
        assert said[number] is (Standpoint.IN_FORCE if word == "confirmed" else Standpoint.UNDONE) or (
            word == "confirmed" and said[number] is Standpoint.UNDONE
        )
    live = {one.id for one in table.home.entries("local") if one.withdrawn is None}
    assert live == {one.published[0] for one in decisions if one.standpoint is Standpoint.IN_FORCE}
    opinions = [one.verdict for one in table.curation.opinions.of(1, limit=10_000)]
    undone = sum(one.standpoint is Standpoint.UNDONE for one in decisions)
    confirmed = sum(one.standpoint is not Standpoint.PROPOSED for one in decisions)
    assert (opinions.count(Verdict.CONFIRM), opinions.count(Verdict.DISPUTE)) == (confirmed, undone)
    for one in decisions:
        check_one(table, one)


def check_one(table: Table, one: Decision) -> None:
    """The case and the ledger say of a decision what it says."""
    decided = table.desk.cases.case(one.case).state is State.DECIDED
    assert decided is (one.standpoint is Standpoint.IN_FORCE)
    kinds = [
        row.kind for row in table.desk.events(one.case) if json.loads(row.detail).get("decision") == one.id
    ]
    wanted = ["decision.proposed"]
    if one.standpoint is not Standpoint.PROPOSED:
        wanted.append("decision.confirmed")
    if one.standpoint is Standpoint.UNDONE:
        wanted.append("decision.undone")
    assert kinds == wanted
    judged = table.content(one.case) in table.deciding.judgements([table.content(one.case)])
    assert judged is decided


@pytest.mark.slow
def test_killed_deciders_leave_all_or_nothing(home_folder: Path) -> None:
    dice = random.Random(6)  # noqa: S311  # when to kill
    with Home.open(home_folder) as home:
        Table.over(home)
    answered: dict[int, str] = {}
    for number in range(4):
        answered |= killed(home_folder, number * 1000, dice.uniform(0.05, 0.4))
        with Home.open(home_folder) as home:
            with home.database.writing():
                pass  # a server may still be at what the killed process asked of it
            check(Table.over(home), answered)
    assert len(answered) >= 4

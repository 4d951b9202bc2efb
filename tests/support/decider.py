"""Decides for fault tests, until it is killed: `python decider.py HOME FIRST`, saying what was answered.

Each case is published by two people and gives an opinion; every third one is undone.
"""

import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))  # run by its path, it sees its own folder only

from support.cases import ANNA, entry_match
from support.deciding import CORA, Table
from tocsin.cases.model import EntryOpinion, Outcome, Proposal, Publication
from tocsin.storage.home import Home


def main(folder: str, first: int) -> None:
    """Decide one case after the other."""
    with Home.open(folder) as home:
        table = Table.over(home)
        # Others than those who were killed before, and may hold a case still.
        author, second = (replace(who, id=f"{who.id}{first}") for who in (ANNA, CORA))
        for number in range(first, first + 1000):
            case = table.case(entry_match(1), data=b"%d" % number)
            publish = (Publication(table.content(case), "local"),)
            table.decide(
                author, case, Proposal(Outcome.REPORT, "so", publish, (EntryOpinion(1, confirm=True),))
            )
            made = table.confirm(second, case)
            said = "confirmed"
            if number % 3 == 0:
                table.deciding.undo(author, made.id)
                said = "undone"
            sys.stdout.write(f"{made.id} {said}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

"""What people did in review and was changed, dropped or added by hand is named by `tocsin ledger verify`."""

import shutil
import sqlite3
from pathlib import Path
from typing import Final

import pytest
from support.cases import ANNA, BELA, CLEO, MANAGER
from support.deciding import CORA, Table
from support.viewing import Screen

from tocsin.cases.errors import LimitReachedError
from tocsin.cases.limits import Limits
from tocsin.cases.model import Basis, EntryOpinion, Observed, Outcome, Proposal, Publication
from tocsin.errors import Error
from tocsin.evidence.renditions import Rendition
from tocsin.law.facts import Fact, Value
from tocsin.storage.database import create
from tocsin.storage.home import DATABASE, Home
from tocsin.storage.verifying import Verification

OTHERWISE: Final = "it is not as the ledger says"
UNSAID: Final = "the ledger says nothing of it"
GONE: Final = "the ledger tells of it, but it is gone"
CHANGES: Final = {
    "UPDATE observation SET observed = replace(observed, 'yes', 'no')": OTHERWISE,
    "UPDATE observation SET author = 'person:eve'": OTHERWISE,
    "UPDATE observation SET content_id = content_id + 1": OTHERWISE,
    "UPDATE observation SET case_number = case_number + 1": GONE,
    "UPDATE observation SET time = time - 1": OTHERWISE,
    "DELETE FROM observation": GONE,
    """INSERT INTO observation (case_number, content_id, about, observed, author, time, claim)
        SELECT case_number, content_id, about, observed, author, time, claim FROM observation""": UNSAID,
    "UPDATE decision SET proposal = replace(proposal, 'because', 'although')": OTHERWISE,
    "UPDATE decision SET outcome = 'no_action'": OTHERWISE,
    "UPDATE decision SET author = 'person:eve' WHERE second <> ''": OTHERWISE,
    "UPDATE decision SET second = 'person:eve' WHERE second <> ''": OTHERWISE,
    "UPDATE decision SET second_note = 'yes' WHERE second <> ''": OTHERWISE,
    "UPDATE decision SET needs_second = '[]' WHERE second <> ''": OTHERWISE,
    "UPDATE decision SET undo_until = undo_until + 1": OTHERWISE,
    "UPDATE decision SET supersedes = NULL WHERE supersedes IS NOT NULL": OTHERWISE,
    "UPDATE decision SET standpoint = 'undone' WHERE standpoint = 'in_force'": "the ledger has it in_force",
    "UPDATE decision SET standpoint = 'undone' WHERE standpoint = 'rejected'": "the ledger has it rejected",
    "UPDATE decision SET standpoint = 'rejected' WHERE standpoint = 'undone'": "the ledger has it undone",
    "UPDATE decision SET standpoint = 'undone' WHERE standpoint = 'proposed'": "the ledger has it proposed",
    "DELETE FROM decision WHERE standpoint = 'superseded'": GONE,
    """INSERT INTO decision (case_number, proposal, outcome, author, time, idempotency_key, claim,
        needs_second, asked_by, standpoint)
        SELECT case_number, proposal, outcome, author, time, 'other', claim, needs_second, asked_by, 'undone'
        FROM decision LIMIT 1""": UNSAID,
    "DELETE FROM judgement": OTHERWISE,
    """INSERT INTO judgement SELECT content.id, decision.id FROM content, decision WHERE true
        ON CONFLICT DO NOTHING""": OTHERWISE,
    "DELETE FROM publication": OTHERWISE,
    "DELETE FROM case_seen": OTHERWISE,
    "UPDATE case_seen SET claim = claim + 1": OTHERWISE,
    "UPDATE judged_match SET wrong = 1 - wrong": OTHERWISE,
    "DELETE FROM judged_match": OTHERWISE,
    "UPDATE reveal SET person = 'person:eve'": OTHERWISE,
    "UPDATE reveal SET time = time + 1": OTHERWISE,
    "UPDATE reveal SET page = '/other'": OTHERWISE,
    "UPDATE reveal SET seconds = 1": OTHERWISE,
    "UPDATE reveal SET part = replace(part, '0', '1')": OTHERWISE,
    "UPDATE reveal SET content_id = content_id + 1": OTHERWISE,
    "UPDATE reveal SET shown = 1": "the ledger tells its end otherwise",
    "UPDATE reveal SET failed = 1 - failed": "the ledger tells its end otherwise",
    "DELETE FROM reveal": GONE,
    "UPDATE second_look SET reason = 'none'": "why judged content was shown again is not as the ledger says",
    "DELETE FROM second_look": "why judged content was shown again is not as the ledger says",
    "UPDATE review_case SET state = 'decided' WHERE state = 'waiting'": "says that it is not decided",
    "UPDATE review_case SET state = 'waiting' WHERE state = 'decided'": "the ledger says that it is decided",
    """UPDATE review_case SET stage = 'first', first_reviewer = ''
        WHERE state = 'waiting' AND stage = 'second'""": "the ledger has it wait for a second reviewer",
    """UPDATE review_case SET stage = 'second', first_reviewer = 'person:eve'
        WHERE state = 'waiting' AND stage = 'first'""": "the ledger has it wait for a first reviewer",
    "UPDATE review_case SET first_reviewer = 'person:eve' WHERE stage = 'second' AND state = 'waiting'": (
        "the ledger has it wait for a second reviewer"
    ),
    "UPDATE review_case SET queue = 'attic' WHERE number = 1": "the ledger has it in the queue main",
    "DELETE FROM review_case WHERE state = 'waiting'": GONE,
    """INSERT INTO review_case (opened, queue, state, stage, rank, turn, due, standing)
        SELECT opened, queue, 'waiting', stage, rank, turn, due, standing FROM review_case LIMIT 1""": UNSAID,
    "DELETE FROM case_submission WHERE case_number = 1": "is in it no more, and the ledger does not say so",
    """INSERT INTO case_submission SELECT 1, number, 'content' FROM submission WHERE true
        ON CONFLICT DO NOTHING""": "is in it, and the ledger does not say so",
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which everything has been done that can be done in review."""
    folder = tmp_path_factory.mktemp("reviewed") / "home"
    folder.mkdir()
    create(folder / DATABASE)
    with Home.open(folder) as home:
        table = Table.over(home)
        _decided(table)
        _looked(Screen.over(table, Limits(reveals_a_day=3)))
    return folder


def _decided(table: Table) -> None:
    """Decisions that stand everywhere that one can."""
    queue, deciding = table.desk.queue, table.deciding
    published = table.case()
    publish = Proposal(
        Outcome.REPORT,
        "because",
        (Publication(table.content(published), "local"),),
        (EntryOpinion(1, confirm=True),),
    )
    claim = table.claimed(ANNA, published).claim
    yes = Observed(Fact.REAL_CHILD, Value.YES, basis=Basis.CONTEXT, note="they say so")
    table.observing.record(ANNA, published, claim, table.content(published), yes)
    deciding.decide(ANNA, published, claim, publish, "one")
    table.confirm(CORA, published)
    deciding.reopen(ANNA, published, "more is known")
    table.decide(BELA, published, Outcome.NO_ACTION)
    table.confirm(CORA, published)
    undone = table.case(data=b"undone")
    deciding.undo(ANNA, table.decide(ANNA, undone, Outcome.REPORT).id)
    restored = table.case(data=b"restored")
    table.decide(ANNA, restored, Outcome.REPORT)
    deciding.reopen(ANNA, restored, "more is known")
    deciding.undo(BELA, table.decide(BELA, restored, Outcome.REPORT).id)
    rejected = table.case(data=b"rejected")
    proposal = Proposal(Outcome.REPORT, publish=(Publication(table.content(rejected), "local"),))
    table.decide(ANNA, rejected, proposal)
    table.disagree(BELA, rejected)
    table.decide(CLEO, rejected, proposal)
    moved = table.case(data=b"moved")
    queue.move(MANAGER, moved, None, "later")
    queue.ask_second(ANNA, moved, table.claimed(ANNA, moved).claim, "what is it?")
    answered = table.case(data=b"answered")
    queue.ask_second(ANNA, answered, table.claimed(ANNA, answered).claim)
    deciding.undo(BELA, table.decide(BELA, answered, Outcome.REPORT).id)
    taken_back = table.case(data=b"taken back")
    queue.ask_second(ANNA, taken_back, table.claimed(ANNA, taken_back).claim)
    deciding.take_back(ANNA, taken_back)


def _looked(screen: Screen) -> None:
    """Looks of each sort."""
    held, viewing = screen.case(), screen.viewing
    viewing.ended(ANNA, viewing.reveal(*held.at, None, 5, "/case").id, 0)
    viewing.ended(ANNA, viewing.reveal(*held.at, None, 5, "/case").id, 2)
    screen.pictures.broken = True
    with pytest.raises(Error):
        viewing.reveal(*held.at, None, 5, "/case")
    screen.pictures.broken = False
    viewing.reveal(*held.at, None, 5, "/case")
    with pytest.raises(LimitReachedError):
        viewing.reveal(*held.at, None, 5, "/case")
    screen.table.deciding.decide(*held.at[:3], Proposal(Outcome.REPORT), "looked")
    screen.table.deciding.reopen(ANNA, held.number, "more is known")
    again = screen.table.claimed(ANNA, held.number)
    viewing.rendition(ANNA, held.number, again.claim, held.at[3], Rendition.BLUR, despite="to be sure")


def broken(folder: Path) -> list[str]:
    """Why what is broken is so."""
    with Home.open(folder) as home:
        return [one.why for one in Verification(home.database, folder).run()]


def test_what_nobody_changed_is_whole(whole: Path) -> None:
    # These submissions were put into the tables by hand.
    assert [one for one in broken(whole) if "received" not in one and "being matched" not in one] == []


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_by_hand_is_named(change: str, whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "home"
    shutil.copytree(whole, folder)
    connection = sqlite3.connect(folder / DATABASE)
    connection.execute("PRAGMA foreign_keys = OFF")
    assert connection.execute(change).rowcount > 0
    connection.commit()
    connection.close()
    found = broken(folder)
    assert any(CHANGES[change] in one for one in found), found

"""A hold or a destruction that was changed, dropped or added by hand is named by `tocsin ledger verify`."""

import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from support.holding import FINN, FREDA, NOON, Keeping, filing

from tocsin.filing.holding import CYBERTIPLINE_FINISHED
from tocsin.law.duties import Occasion
from tocsin.storage.backup.saving import save
from tocsin.storage.database import create
from tocsin.storage.home import DATABASE, Home
from tocsin.storage.verifying import Verification

OTHERWISE: Final = "it is not as the ledger says"
UNSAID: Final = "the ledger says nothing of it"
GONE: Final = "the ledger tells of it, but it is gone"
CHANGES: Final = {
    "UPDATE hold SET released = 1 - released": OTHERWISE,
    "UPDATE hold SET until = until - 1": OTHERWISE,
    "UPDATE hold SET time = time - 1": OTHERWISE,
    "UPDATE hold SET is_test = 1 - is_test": OTHERWISE,
    "UPDATE hold_end SET until = until - 1": OTHERWISE,
    "UPDATE hold_end SET rules = '[]'": OTHERWISE,
    "DELETE FROM hold_end": OTHERWISE,
    "DELETE FROM hold_content": OTHERWISE,
    "UPDATE hold_change SET author = 'person:eve'": OTHERWISE,
    "DELETE FROM hold_change WHERE what = 'extended'": OTHERWISE,
    "DELETE FROM hold": GONE,
    """INSERT INTO hold (trigger_event, time, renewals, is_test, created, author, reason, unclear)
        SELECT trigger_event, time, renewals, is_test, created, author, reason, unclear FROM hold""": UNSAID,
    "UPDATE destruction SET confirmed_by = 'person:eve'": OTHERWISE,
    "UPDATE destruction SET state = 'withdrawn'": OTHERWISE,
    "DELETE FROM destruction": GONE,
    """INSERT INTO destruction (sha256, request, reason, asked, asked_by, state, ended)
        SELECT sha256, request, reason, asked, asked_by, state, ended FROM destruction""": UNSAID,
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with holds of each sort, and a content that was destroyed."""
    folder = tmp_path_factory.mktemp("held") / "home"
    folder.mkdir()
    create(folder / DATABASE)
    with Home.open(folder) as home:
        keeping = Keeping.over(home)
        sha256, case = keeping.content(b"a benign picture")
        keeping.holds.begin(Occasion(CYBERTIPLINE_FINISHED, NOON), filing(case=case), [sha256])
        keeping.holds.extend(FREDA, 1, "to be sure", until=NOON + timedelta(days=400))
        letter = Occasion("us.2703f_letter", NOON)
        keeping.holds.set(FREDA, letter, case, [sha256], "letter")
        keeping.holds.release(FREDA, 2, "the agency let it go")
        keeping.clock.move(timedelta(days=401))
        asked = keeping.destroying.ask(FREDA, sha256, "its year is over")
        keeping.destroying.confirm(FINN, asked.number)
        keeping.work()
    return folder


def broken(folder: Path) -> list[str]:
    """What is broken of holds and destructions, and why."""
    with Home.open(folder) as home:
        found = Verification(home.database, folder).run()
        return [f"{one.what}: {one.why}" for one in found if one.what.startswith(("hold", "destruction"))]


def test_what_nobody_changed_is_whole(whole: Path) -> None:
    assert broken(whole) == []


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_by_hand_is_named(change: str, whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "home"
    shutil.copytree(whole, folder)
    connection = sqlite3.connect(folder / DATABASE)
    assert connection.execute(change).rowcount > 0
    connection.commit()
    connection.close()
    found = broken(folder)
    assert any(CHANGES[change] in one for one in found), found


def test_a_backup_does_not_miss_what_was_destroyed(whole: Path, tmp_path: Path) -> None:
    saved = save(whole, tmp_path / "backup", with_keys=False, vault_in_home=True, report=lambda *_: None)
    assert saved.manifest.missing == 0

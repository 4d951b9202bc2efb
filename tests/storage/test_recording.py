"""Whatever changes a bank is in the ledger: who did it, what, and only if it was done."""

import json
import os
import pwd
import shutil
import threading
from pathlib import Path

import pytest

from tocsin.banks.importing import ImportOptions, import_file
from tocsin.banks.model import BankKind, EntryDraft, Policy
from tocsin.banks.store import BankExistsError, UnknownEntryError
from tocsin.evidence.errors import KeysError
from tocsin.hashing.signals import Signal, SignalType
from tocsin.node.node import Node
from tocsin.node.settings import NodeSettings
from tocsin.storage.home import Home
from tocsin.storage.recording import local_actor
from tocsin.storage.verifying import Verification


def drafts(*numbers: int) -> list[EntryDraft]:
    return [EntryDraft((Signal(SignalType.MD5, number.to_bytes(16)),)) for number in numbers]


def recorded(home: Home) -> list[tuple[str, str, str, dict[str, object]]]:
    """Actor, kind, subject and detail of each row after the introduction of the key."""
    return [(row.actor, row.kind, row.subject, json.loads(row.detail)) for row in home.ledger.rows(after=1)]


def test_each_change_of_a_bank_is_recorded(home: Home) -> None:
    with home.acting_as("person:anna"):
        home.create_bank("known", Policy(purpose="screening"))
        home.set_policy("known", Policy(kind=BankKind.ALLOW))
        ids = home.add_entries("known", drafts(1, 2, 2)).entry_ids
        home.withdraw(ids[:2], "a landscape")
        home.reinstate(ids[:1])
        home.remove_bank("known")
    rows = recorded(home)
    assert {actor for actor, *_ in rows} == {"person:anna"}
    first, last = ids[0], ids[1]
    assert [row[1:] for row in rows[2:]] == [
        ("entries.added", "bank:known", {"added": 2, "first": first, "last": last}),
        ("entry.withdrawn", f"entry:{first}", {"bank": "known", "reason": "a landscape"}),
        ("entry.withdrawn", f"entry:{last}", {"bank": "known", "reason": "a landscape"}),
        ("entry.reinstated", f"entry:{first}", {"bank": "known"}),
        ("bank.removed", "bank:known", {"entries": 2}),
    ]
    assert [row[1] for row in rows[:2]] == ["bank.created", "bank.policy_set"]
    assert rows[0][3]["purpose"] == "screening"
    assert list(Verification(home.database, home.folder).run()) == []


def test_what_changes_nothing_is_not_recorded(home: Home) -> None:
    home.create_bank("known", Policy())
    ids = home.add_entries("known", drafts(1)).entry_ids
    home.withdraw(ids, "once")
    before = home.ledger.count()
    home.withdraw(ids, "twice")
    home.add_entries("known", drafts(1))
    assert home.ledger.count() == before


def test_what_fails_leaves_no_row(home: Home) -> None:
    home.create_bank("known", Policy())
    ids = home.add_entries("known", drafts(1)).entry_ids
    before = home.ledger.count()
    with pytest.raises(BankExistsError):
        home.create_bank("known", Policy())
    with pytest.raises(UnknownEntryError):
        home.withdraw([*ids, 999], "one of them is not there")
    assert home.ledger.count() == before
    assert home.entry(ids[0]).withdrawn is None


def test_an_import_is_recorded_by_batch_and_at_its_end(home: Home, tmp_path: Path) -> None:
    home.create_bank("known", Policy())
    listed = tmp_path / "list.txt"
    listed.write_text("".join(f"{number:032x}\n" for number in range(50)) + "nonsense\n")
    import_file(home, "known", listed, ImportOptions(type=SignalType.MD5))
    *_, added, finished = recorded(home)
    assert added[1:] == ("entries.added", "bank:known", {"added": 50, "first": 1, "last": 50})
    assert finished[1:] == (
        "import.finished",
        "bank:known",
        {"lines": 51, "added": 50, "already_there": 0, "withdrawn": 0, "set_aside": 1},
    )


def test_each_thread_acts_for_itself_and_by_default_for_who_runs_it(home: Home) -> None:
    start = threading.Barrier(2)

    def work(name: str) -> None:
        with home.acting_as(f"person:{name}"):
            start.wait()
            home.create_bank(name, Policy())

    threads = [threading.Thread(target=work, args=(name,)) for name in ("anna", "ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    home.create_bank("mine", Policy())
    assert sorted((actor, subject) for actor, _, subject, _ in recorded(home)) == [
        (local_actor(), "bank:mine"),
        ("person:anna", "bank:anna"),
        ("person:ben", "bank:ben"),
    ]


def test_a_home_from_before_gets_its_keys_with_its_first_change(home_folder: Path) -> None:
    with Home.open(home_folder, actor="token:uploads") as home:
        assert home.banks() == []
        assert not (home_folder / "keys").exists()
        home.create_bank("known", Policy())
        assert (home_folder / "keys").exists()
        assert recorded(home)[0][0] == "token:uploads"


def test_the_environment_does_not_say_who_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    before = local_actor()
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    assert local_actor() == before
    assert before in {f"local:{pwd.getpwuid(os.getuid()).pw_name}", f"local:{os.getuid()}"}


@pytest.mark.parametrize("which", ["none", "another home's"])
def test_a_ledger_that_has_begun_is_never_given_other_keys(which: str, tmp_path: Path) -> None:
    home, kept = tmp_path / "home", tmp_path / "kept"
    with Home.open(home, create=True) as store:
        store.create_bank("known", Policy())
    (home / "keys").rename(kept)
    if which != "none":
        with Home.open(tmp_path / "other", create=True) as other:
            other.create_bank("known", Policy())
        shutil.copytree(tmp_path / "other" / "keys", home / "keys")
    before = sorted(home.glob("keys/*"))
    with Home.open(home) as store, pytest.raises(KeysError):
        store.create_bank("more", Policy())
    with pytest.raises(KeysError):
        Node.open(home, NodeSettings(children=1))
    assert sorted(home.glob("keys/*")) == before
    shutil.rmtree(home / "keys", ignore_errors=True)
    kept.rename(home / "keys")
    with Home.open(home) as store:
        store.create_bank("more", Policy())
        assert [bank.name for bank in store.banks()] == ["known", "more"]

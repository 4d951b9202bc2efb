"""Backups: what is restored is what there was, into either database; what is damaged is never restored."""

import gzip
import io
import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tocsin.banks.model import EntryDraft, Label, Policy
from tocsin.config import SETTINGS, database_url
from tocsin.errors import Refusal
from tocsin.evidence.folder import FolderVault
from tocsin.evidence.keys import Keys
from tocsin.evidence.ledger import Event
from tocsin.hashing.signals import Signal, SignalType
from tocsin.intake.model import Context, NewSubmission
from tocsin.jobs.model import JobState, NewJob
from tocsin.storage.backup.errors import (
    BackupBusyError,
    BackupDamagedError,
    BackupFolderError,
    FutureBackupError,
    NoBackupError,
    RestorePlaceError,
)
from tocsin.storage.backup.files import listed
from tocsin.storage.backup.manifest import Manifest, _digest
from tocsin.storage.backup.restoring import SQLITE, _point_at, check, restore
from tocsin.storage.backup.saving import Saved, save
from tocsin.storage.backup.tables import tables
from tocsin.storage.database import Row
from tocsin.storage.home import Home
from tocsin.storage.jobs import JobStore
from tocsin.storage.ledger import LedgerStore
from tocsin.storage.opening import open_database
from tocsin.storage.submissions import SubmissionStore
from tocsin.storage.verifying import Verification

pytestmark = pytest.mark.slow  # copies real homes, each with its syncs
CONTENTS = [f"harmless text {number}\n".encode() * 20 for number in range(4)]
PDQ = [sha256(bytes([number])).digest() for number in range(20)]


def quiet(_: str, __: int) -> None:
    """Nobody looks."""


def receive(folder: Path, contents: list[bytes]) -> None:
    """What the node does when content arrives, without examining it."""
    with Home.open(folder) as home:
        keys = Keys.open(folder, create=True)
        vault, ledger = FolderVault(folder / "vault", keys), LedgerStore(home.database, keys)
        jobs, submissions = JobStore(home.database), SubmissionStore(home.database)
        for content in contents:
            digest = sha256(content).digest()
            vault.put(io.BytesIO(content), digest)
            with home.database.writing():
                new = NewSubmission(digest, len(content), "token:uploads", Context(platform="snow ❄"))
                one, _ = submissions.add(new)
                ledger.append(Event("submission.received", "token:uploads", f"submission:{one.id}"))
                jobs.enqueue(NewJob("examine", {"submission": one.id}, key=one.id))


def fill(folder: Path) -> None:
    """Something in many tables, with gaps where rows were deleted."""
    with Home.open(folder) as home:
        home.create_bank("known", Policy())
        label = Label("scheme", "1", "A1", author="anna")
        drafts = [EntryDraft((Signal(SignalType.PDQ, one, quality=90),), labels=(label,)) for one in PDQ]
        ids = home.add_entries("known", drafts).entry_ids
        home.withdraw(ids[3:5], "a mistake")
        home.create_bank("gone", Policy())
        home.remove_bank("gone")
    receive(folder, CONTENTS)
    with Home.open(folder) as home:
        queue = JobStore(home.database)
        job = queue.claim(["examine"], "me", timedelta(hours=1))
        assert job is not None
        queue.failed(job, Refusal("test.why", "no luck", ""), retry=None)
    for name in ("trust/c2pa.pem", "detectors/one/model.onnx"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode() * 100)


@pytest.fixture
def source(home_folder: Path) -> Path:
    fill(home_folder)
    return home_folder


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def target(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database to restore into."""
    if request.param == "sqlite":
        yield SQLITE
        return
    with request.getfixturevalue("postgres").new(empty=True) as url:
        yield url


def all_rows(folder: Path) -> dict[str, list[Row]]:
    database = open_database(folder, create=False)
    try:
        with database.reading():
            found = {one.name: [row for page in one.rows(database) for row in page] for one in tables()}
            found["last numbers"] = [
                (one.name, one.last_number(database)) for one in tables() if one.numbered
            ]
            return found
    finally:
        database.close()


def files_of(folder: Path) -> dict[str, bytes]:
    kept = ("vault", "trust", "detectors", "keys")
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for name in kept
        for path in (folder / name).rglob("*")
        if path.is_file()
    }


def saved(home: Path, to: Path, *, with_keys: bool = True) -> Saved:
    return save(home, to, with_keys=with_keys, vault_in_home=True, report=quiet)


def restored(backup: Path, home: Path, database: str | None = None) -> Path:
    restore(backup, home, database=database, report=quiet)
    return home


def broken(home: Path) -> list[object]:
    with Home.open(home) as store:
        vault = FolderVault(home / "vault", Keys.open(home))
        return list(Verification(store.database, home, vault).run())


def test_what_is_restored_is_what_there_was(source: Path, target: str, tmp_path: Path) -> None:
    before = all_rows(source)
    saved(source, tmp_path / "backup")
    new = restored(tmp_path / "backup", tmp_path / "new", target)
    assert all_rows(new) == before
    assert files_of(new) == files_of(source)
    assert broken(new) == []
    with Home.open(new) as home:
        assert [hit.distance for hit in home.near([PDQ[0]], 0)] == [0]
        assert home.near([PDQ[3]], 0) == []  # withdrawn


def test_a_restored_home_goes_on_where_the_old_one_was(source: Path, target: str, tmp_path: Path) -> None:
    (handed_out,) = [last for name, last in all_rows(source)["last numbers"] if name == "job"]
    assert handed_out >= len(CONTENTS)
    saved(source, tmp_path / "backup")
    new = restored(tmp_path / "backup", tmp_path / "new", target)
    with Home.open(new) as home:
        assert home.create_bank("new", Policy()).id == 3  # 2 was removed, and is not given again
        home.add_entries("new", [EntryDraft((Signal(SignalType.PDQ, PDQ[0], quality=50),))])
        queue = JobStore(home.database)
        assert queue.counts()[JobState.DEAD] == 1
        assert queue.enqueue(NewJob("x", {})).id > handed_out
        assert len(home.near([PDQ[0]], 0)) == 2
    receive(new, [b"another"])
    assert broken(new) == []


def test_the_tables_are_in_the_order_in_which_they_refer_to_each_other() -> None:
    names = [one.name for one in tables()]
    assert names.index("bank") < names.index("entry") < names.index("signal")
    assert names.index("content") < names.index("submission") < names.index("submission_match")
    assert "schema_version" not in names


def test_many_pages_of_rows_come_whole(
    home_folder: Path, tmp_path: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.storage.backup.tables.PAGE", 3)
    monkeypatch.setattr("tocsin.storage.backup.restoring._BATCH", 4)
    fill(home_folder)
    before = all_rows(home_folder)
    assert len(before["entry"]) == len(before["signal"]) == len(before["entry_label"]) == len(PDQ)
    assert before["entry"] == sorted(before["entry"])
    saved(home_folder, tmp_path / "backup")
    assert all_rows(restored(tmp_path / "backup", tmp_path / "new", target)) == before


def test_a_second_backup_copies_only_what_is_new_and_forgets_what_is_gone(
    home_folder: Path, tmp_path: Path
) -> None:
    fill(home_folder)
    to = tmp_path / "backup"
    first = saved(home_folder, to)
    assert (first.manifest.contents, first.manifest.missing) == (4, 0)
    receive(home_folder, [b"one more"])
    (home_folder / "trust" / "c2pa.pem").unlink()
    second = saved(home_folder, to)
    assert second.manifest.contents == 5
    assert 0 < second.copied < 1000
    assert second.removed == 1
    assert len(list((to / "parts").iterdir())) == 1
    new = restored(to, tmp_path / "new", SQLITE)
    assert files_of(new) == files_of(home_folder)
    assert broken(new) == []


def test_keys_are_in_it_only_when_asked_for_and_from_then_on(home_folder: Path, tmp_path: Path) -> None:
    receive(home_folder, CONTENTS[:1])
    to = tmp_path / "backup"
    assert not saved(home_folder, to, with_keys=False).manifest.keys
    secret = next((home_folder / "keys").glob("vault-*.key")).read_bytes()
    assert all(secret not in path.read_bytes() for path in to.rglob("*") if path.is_file())
    assert not any(name.startswith("keys/") for name in names(to))
    new = restored(to, tmp_path / "new", SQLITE)
    shutil.copytree(home_folder / "keys", new / "keys")
    assert broken(new) == []
    assert saved(home_folder, to).manifest.keys
    assert saved(home_folder, to, with_keys=False).manifest.keys
    assert any(name.startswith("keys/") for name in names(to))


def names(backup: Path) -> list[str]:
    return [one.path for one in listed(backup, Manifest.read(backup).files)]


def test_contents_that_the_vault_lost_are_counted(home_folder: Path, tmp_path: Path) -> None:
    receive(home_folder, CONTENTS)
    next((home_folder / "vault").rglob("*.age")).unlink()
    manifest = saved(home_folder, tmp_path / "backup").manifest
    assert (manifest.contents, manifest.missing) == (3, 1)


def test_what_arrives_while_the_backup_is_made_is_in_it_whole_or_not(
    home_folder: Path, tmp_path: Path
) -> None:
    """After each table something more arrives; the tables agree all the same."""
    receive(home_folder, CONTENTS)
    count = 0

    def more(_: str, __: int) -> None:
        nonlocal count
        count += 1
        receive(home_folder, [f"meanwhile {count}".encode()])

    save(home_folder, tmp_path / "backup", with_keys=True, vault_in_home=True, report=more)
    assert count > 5
    new = restored(tmp_path / "backup", tmp_path / "new", SQLITE)
    assert len(all_rows(new)["submission"]) == len(CONTENTS)
    assert broken(new) == []


@pytest.fixture
def whole(tmp_path: Path, sqlite_template: Path) -> Path:
    """A whole backup of a home on SQLite."""
    (tmp_path / "old").mkdir()
    shutil.copy(sqlite_template, tmp_path / "old" / "tocsin.db")
    fill(tmp_path / "old")
    saved(tmp_path / "old", tmp_path / "backup")
    return tmp_path / "backup"


def every_file(backup: Path) -> list[Path]:
    return [path for path in backup.rglob("*") if path.is_file() and path.name != "tocsin-backup"]


@pytest.mark.slow
def test_whatever_part_is_damaged_or_missing_nothing_is_restored(whole: Path, tmp_path: Path) -> None:
    check(whole, quiet)
    for path in every_file(whole):
        content = path.read_bytes()
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        for worse in (content[:middle], flipped, None):
            path.unlink()
            if worse is not None:
                path.write_bytes(worse)
            for attempt in (check_it, restore_it):
                with pytest.raises((BackupDamagedError, NoBackupError)):
                    attempt(whole, tmp_path / "new")
            assert not (tmp_path / "new").exists()
            assert not (tmp_path / "new.restoring").exists()
            path.write_bytes(content)
    restored(whole, tmp_path / "new")


def write_manifest(backup: Path, fields: dict[str, Any]) -> None:
    fields = {name: value for name, value in fields.items() if name != "digest"}
    (backup / "manifest.json").write_text(json.dumps({**fields, "digest": _digest(fields)}))


def check_it(backup: Path, _: Path) -> None:
    check(backup, quiet)


def restore_it(backup: Path, new: Path) -> None:
    restored(backup, new)


def test_a_backup_that_was_not_ended_leaves_the_one_before_whole(whole: Path, tmp_path: Path) -> None:
    receive(tmp_path / "old", [b"after the first"])
    calls = 0

    def fail(_: str, __: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save(tmp_path / "old", whole, with_keys=True, vault_in_home=True, report=fail)
    assert len(all_rows(restored(whole, tmp_path / "new"))["submission"]) == len(CONTENTS)
    saved(tmp_path / "old", whole)
    assert len(list((whole / "parts").iterdir())) == 1
    assert len(all_rows(restored(whole, tmp_path / "newer"))["submission"]) == len(CONTENTS) + 1


def test_a_first_backup_that_was_not_ended_is_none(whole: Path, tmp_path: Path) -> None:
    (whole / "manifest.json").unlink()
    with pytest.raises(NoBackupError):
        restored(whole, tmp_path / "new")
    saved(tmp_path / "old", whole)
    restored(whole, tmp_path / "new")


def test_a_file_that_would_leave_the_home_is_refused(whole: Path, tmp_path: Path) -> None:
    manifest = json.loads((whole / "manifest.json").read_bytes())
    path = whole / manifest["files"]["path"]
    for name in ("../evil", "/evil", "trust/../../evil", "", "a\0b"):
        lines = gzip.decompress(path.read_bytes()).splitlines()
        first = json.loads(lines[0]) | {"path": name}
        path.write_bytes(gzip.compress(b"\n".join([json.dumps(first).encode(), *lines[1:]]) + b"\n"))
        manifest["files"]["sha256"] = sha256(path.read_bytes()).hexdigest()
        write_manifest(whole, manifest)
        with pytest.raises(BackupDamagedError):
            restored(whole, tmp_path / "new")
    assert not (tmp_path / "evil").exists()


def test_nothing_is_restored_over_something(whole: Path, target: str, tmp_path: Path) -> None:
    new = restored(whole, tmp_path / "new", target)
    with pytest.raises(RestorePlaceError, match="there is something in"):
        restored(whole, new, target)
    (tmp_path / "empty").mkdir()
    if target != SQLITE:
        with pytest.raises(RestorePlaceError, match="in the database already"):
            restored(whole, tmp_path / "empty", target)
        assert list((tmp_path / "empty").iterdir()) == []
    restored(whole, tmp_path / "empty", SQLITE)


def test_a_backup_of_another_version_says_which(whole: Path, tmp_path: Path) -> None:
    manifest = json.loads((whole / "manifest.json").read_bytes())
    write_manifest(whole, manifest | {"schema": 99, "tocsin": "9.9"})
    with pytest.raises(FutureBackupError, match=r"made by Tocsin 9\.9"):
        restored(whole, tmp_path / "new")


def test_only_a_backups_folder_is_written_to(whole: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    with pytest.raises(BackupFolderError, match="lost with it"):
        saved(old, old / "backup")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "one.jpg").touch()
    with pytest.raises(BackupFolderError, match="something else"):
        saved(old, tmp_path / "photos")
    with Home.open(tmp_path / "other", create=True):
        pass
    with pytest.raises(BackupFolderError, match="another home"):
        saved(tmp_path / "other", whole)
    restored(whole, tmp_path / "new")


def test_two_backups_at_once_do_not_get_into_each_others_way(whole: Path, tmp_path: Path) -> None:
    refused = 0

    def another(_: str, __: int) -> None:
        nonlocal refused
        with pytest.raises(BackupBusyError):
            saved(tmp_path / "old", whole)
        refused += 1

    save(tmp_path / "old", whole, with_keys=True, vault_in_home=True, report=another)
    assert refused


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ("", ""),
        ("[node]\nchildren = 2\n", "[node]\nchildren = 2\n"),
        ('[database]\nurl = "postgresql:///old"\n\n[node]\nchildren = 2\n', "[node]\nchildren = 2\n"),
        ('[node]\nchildren = 2\n[database]\nurl = "postgresql:///old"', "[node]\nchildren = 2\n"),
    ],
)
def test_the_settings_name_the_new_database(tmp_path: Path, settings: str, kept: str) -> None:
    path = tmp_path / SETTINGS
    path.write_text(settings)
    _point_at(path, None)
    assert path.read_text() == kept
    path.write_text(settings)
    url = 'postgresql://me:"p\\ä@host/db'
    _point_at(path, url)
    assert database_url(tmp_path) == url
    assert kept.strip() in path.read_text()


def test_settings_that_cannot_be_changed_safely_are_not(tmp_path: Path) -> None:
    (tmp_path / SETTINGS).write_text('database.url = "postgresql:///old"\n')
    with pytest.raises(RestorePlaceError):
        _point_at(tmp_path / SETTINGS, None)
    with pytest.raises(RestorePlaceError):
        _point_at(tmp_path / SETTINGS, "postgresql:///new")

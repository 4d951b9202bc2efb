"""A backup killed at any moment: the folder holds the earlier state or the new one, and nothing else."""

import random
import subprocess
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest
from support.commands import PROGRAM, clean_environment, tocsin

from tocsin.banks.model import EntryDraft, Policy
from tocsin.errors import Error
from tocsin.hashing.signals import Signal, SignalType
from tocsin.storage.backup.errors import NoBackupError
from tocsin.storage.backup.restoring import SQLITE, check, restore
from tocsin.storage.home import Home


def quiet(_: str, __: int) -> None:
    """Nobody looks."""


def grow(home: Path, first: int) -> None:
    """Twenty more entries, a bank's policy, and a file."""
    with Home.open(home) as store:
        values = [sha256(bytes([number])).digest() for number in range(first, first + 20)]
        store.add_entries("known", [EntryDraft((Signal(SignalType.PDQ, one, quality=90),)) for one in values])
    (home / "trust").mkdir(exist_ok=True)
    (home / "trust" / f"{first}.pem").write_bytes(bytes([first % 251]) * 300_000)


def killed_after(seconds: float, *arguments: str | Path) -> None:
    process = subprocess.Popen(
        [*PROGRAM, *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=clean_environment(),
    )
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    process.kill()
    process.wait()


def entries_in(backup: Path, folder: Path) -> int:
    restore(backup, folder, database=SQLITE, report=quiet)
    with Home.open(folder) as store:
        count = store.counts("known").entries
    assert len(list((folder / "trust").iterdir())) == count // 20
    return count


@pytest.mark.slow
def test_a_killed_backup_leaves_a_whole_one(tmp_path: Path) -> None:
    home, backup = tmp_path / "home", tmp_path / "backup"
    with Home.open(home, create=True) as store:
        store.create_bank("known", Policy())
    chance = random.Random(3)  # noqa: S311  # moments to kill at
    started = time.monotonic()
    killed_after(60, "admin", "backup", backup, "--with-keys", "--home", home)
    usual = time.monotonic() - started
    whole = 0
    for number in range(1, 9):
        grow(home, 20 * number)
        killed_after(chance.uniform(usual / 2, usual), "admin", "backup", backup, "--home", home)
        check(backup, quiet)
        found = entries_in(backup, tmp_path / f"new-{number}") if number > 1 else 20
        assert whole <= found <= 20 * number
        whole = found
    assert tocsin("admin", "backup", backup, "--home", home).code == 0
    assert entries_in(backup, tmp_path / "last") == 160
    assert len(list((backup / "parts").iterdir())) == 1


@pytest.mark.slow
def test_a_killed_restore_leaves_no_home_and_the_next_one_is_whole(tmp_path: Path) -> None:
    home, backup, new = tmp_path / "home", tmp_path / "backup", tmp_path / "new"
    with Home.open(home, create=True) as store:
        store.create_bank("known", Policy())
    for number in range(3):
        grow(home, 20 * number)
    assert tocsin("admin", "backup", backup, "--with-keys", "--home", home).code == 0
    chance = random.Random(4)  # noqa: S311  # as above
    for _ in range(6):
        killed_after(chance.uniform(0.2, 1), "admin", "restore", backup, "--home", new)
        if new.exists():
            break
    with suppress(Error):
        restore(backup, new, database=SQLITE, report=quiet)
    assert tocsin("ledger", "verify", "--home", new).code == 0
    with Home.open(new) as store:
        assert store.counts("known").entries == 60


def test_a_folder_without_a_manifest_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(NoBackupError):
        check(tmp_path, quiet)

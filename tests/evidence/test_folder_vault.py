"""The vault in a folder: files others can open, faults of disks, kills, and every damage named."""

import hashlib
import io
import os
import random
import resource
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyrage
import pytest
from support.evidence import keys, put, read
from support.evidence_child import content
from support.evidence_processes import finished, started_child

from tocsin.evidence.errors import (
    KeysError,
    MissingKeyError,
    VaultAccessError,
    VaultDamagedError,
    VaultError,
    VaultFullError,
)
from tocsin.evidence.folder import FOLDER, FolderVault
from tocsin.evidence.keys import Keys

__all__ = ["keys"]


@pytest.fixture
def vault(tmp_path: Path, keys: Keys) -> FolderVault:
    return FolderVault(tmp_path / FOLDER, keys)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_file_is_age_format_and_opens_with_the_identity_as_it_stands(
    vault: FolderVault, keys: Keys
) -> None:
    digest = put(vault, b"content")
    sealed = vault.path(digest).read_bytes()
    assert sealed.startswith(b"age-encryption.org/v1\n-> X25519 ")
    text = (keys.folder / f"vault-{keys.vault_id}.key").read_text()
    (secret,) = (line for line in text.splitlines() if not line.startswith("#"))
    assert pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(secret)]) == b"content"
    assert b"content" not in sealed


def test_nobody_else_may_read_it(vault: FolderVault, keys: Keys) -> None:
    path = vault.path(put(vault, b"content"))
    private = [path, *files(keys.folder)]
    assert {one.stat().st_mode & 0o777 for one in private} == {0o600}
    folders = [path.parent, vault.folder, keys.folder]
    assert {one.stat().st_mode & 0o777 for one in folders} == {0o700}


@pytest.mark.parametrize("size", [0, 100, 200_000])
def test_each_flipped_byte_and_each_truncation_is_refused(vault: FolderVault, size: int) -> None:
    digest = put(vault, random.Random(size).randbytes(size))  # noqa: S311  # a sample, no secret
    path = vault.path(digest)
    whole = path.read_bytes()
    header = whole.index(b"\n--- ") + 50
    places = {*range(0, min(header, len(whole)), 7), *range(header, len(whole), max(1, len(whole) // 40))}
    for place in sorted(places):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises((VaultDamagedError, MissingKeyError)), vault.open(digest):
            pass
        path.write_bytes(whole[:place])
        with pytest.raises((VaultDamagedError, MissingKeyError)), vault.open(digest):
            pass
    path.write_bytes(whole + b"x")
    with pytest.raises(VaultDamagedError), vault.open(digest):
        pass
    path.write_bytes(whole)
    with vault.open(digest) as file:
        assert len(file.read()) == size


def test_a_file_in_the_place_of_another_is_refused(vault: FolderVault) -> None:
    first, second = put(vault, b"first"), put(vault, b"other")
    vault.path(first).write_bytes(vault.path(second).read_bytes())
    with pytest.raises(VaultDamagedError, match="another content"), vault.open(first):
        pass


def test_a_file_of_the_wrong_length_is_written_anew_when_the_content_comes_again(vault: FolderVault) -> None:
    digest = put(vault, b"content" * 1000)
    path = vault.path(digest)
    for damaged in (b"", path.read_bytes()[:-1], path.read_bytes() + b"x", b"nothing of the sort"):
        path.write_bytes(damaged)
        put(vault, b"content" * 1000)
        assert read(vault, digest) == b"content" * 1000


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size` bytes: writing fails as on a full disk, with EFBIG."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_write_that_finds_no_room_leaves_nothing_half_written(vault: FolderVault) -> None:
    data = random.Random(1).randbytes(500_000)  # noqa: S311  # a sample, no secret
    digest = hashlib.sha256(data).digest()
    put(vault, b"small")
    with largest_file(300_000), pytest.raises(VaultFullError):
        vault.put(io.BytesIO(data), digest)
    assert not vault.has(digest)
    assert len(files(vault.folder)) == 1
    put(vault, data)
    assert read(vault, digest) == data


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    yield place
    subprocess.run(["umount", str(place)], check=True)  # noqa: S607  # wherever the system has it


def test_a_full_disk_leaves_nothing_half_written(small_disk: Path, keys: Keys) -> None:
    vault = FolderVault(small_disk / FOLDER, keys)
    kept = []
    with pytest.raises(VaultFullError):  # noqa: PT012  # until it is full
        for number in range(10):
            kept.append(put(vault, content(number)))  # noqa: PERF401  # those before the one that fails count
    assert kept
    assert set(vault.digests()) == set(kept)
    assert len(files(vault.folder)) == len(kept)
    assert all(len(read(vault, one)) == len(content(0)) for one in kept)


def test_a_disk_that_may_only_be_read_is_said_to_be_so(small_disk: Path, keys: Keys) -> None:
    vault = FolderVault(small_disk / FOLDER, keys)
    digest = put(vault, b"content")
    remount = ["mount", "-o", "remount,ro", str(small_disk)]
    subprocess.run(remount, check=True)
    assert read(vault, digest) == b"content"
    with pytest.raises(VaultAccessError):
        put(vault, b"more")
    with pytest.raises(KeysError):
        Keys.open(small_disk, create=True)


def test_leftovers_of_the_killed_are_swept_when_old_and_held_by_nobody(
    vault: FolderVault, keys: Keys
) -> None:
    put(vault, b"content")
    new = vault.folder / ".new"
    old, young = new / "old", new / "young"
    for path in (old, young):
        path.write_bytes(b"half")
    long_ago = time.time() - 7200
    os.utime(old, (long_ago, long_ago))
    with vault._new() as (held, _):
        os.utime(held, (long_ago, long_ago))
        FolderVault(vault.folder, keys)
        assert not old.exists()
        assert young.exists()
        assert held.exists()


def test_nothing_readable_is_left_on_the_disk(vault: FolderVault, tmp_path: Path) -> None:
    data = b"plain text " * 20_000
    digest = put(vault, data)
    with vault.open(digest) as file:
        assert str(Path(f"/proc/self/fd/{file.fileno()}").readlink()).startswith("/memfd:")
        assert not any(b"plain text" in path.read_bytes() for path in files(tmp_path))


@pytest.mark.slow  # starts and kills processes
def test_a_kill_loses_nothing_acknowledged_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    acknowledged: set[int] = set()
    for turn in range(5):
        child = started_child(tmp_path, "put", str(turn * 1000), "1000")
        assert child.stdout is not None
        acknowledged |= {int(child.stdout.readline()) for _ in range(3 + turn)}
        child.kill()
        acknowledged |= {int(line) for line in finished(child, killed=True)}
    vault = FolderVault(tmp_path / FOLDER, Keys.open(tmp_path))
    expected = {hashlib.sha256(content(number)).digest() for number in acknowledged}
    there = set(vault.digests())
    assert expected <= there
    for digest in there:
        with vault.open(digest):
            pass


@pytest.mark.slow  # starts processes
def test_processes_put_the_same_contents_at_once(tmp_path: Path) -> None:
    running = [started_child(tmp_path, "put", "0", "20") for _ in range(3)]
    for child in running:
        assert len(finished(child)) == 20
    vault = FolderVault(tmp_path / FOLDER, Keys.open(tmp_path))
    assert set(vault.digests()) == {hashlib.sha256(content(number)).digest() for number in range(20)}
    for digest in vault.digests():
        with vault.open(digest):
            pass
    assert len(files(vault.folder)) == 20


def test_errors_of_the_vault_are_one_family() -> None:
    assert issubclass(VaultFullError, VaultError)
    assert issubclass(VaultAccessError, VaultError)
    assert issubclass(VaultDamagedError, VaultError)


def test_what_a_disk_may_still_hold_of_a_destroyed_content_does_not_open(tmp_path: Path, keys: Keys) -> None:
    vault = FolderVault(tmp_path / FOLDER, keys)
    digest = put(vault, b"a benign content" * 1000)
    left = tmp_path / "left"
    left.hardlink_to(vault.path(digest))
    vault.destroy(digest)
    assert b"age-encryption.org" not in left.read_bytes()
    left.rename(vault.path(digest))
    with pytest.raises(VaultDamagedError), vault.open(digest):
        pass

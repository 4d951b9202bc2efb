"""The vault in a folder: one file in the age format for each content, named by its SHA-256.

The layout is described in docs/formats/vault.md. A file is written under a name of its own in `.new`, synced,
renamed to its place, and the folder synced: what has a place is whole. Two processes that put the same
content at once write it twice and rename it twice, which changes nothing.
"""

import errno
import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from tocsin.evidence import sealed_files
from tocsin.evidence.errors import NotInVaultError, VaultAccessError, VaultError, VaultFullError
from tocsin.evidence.files import sync_folder
from tocsin.evidence.keys import Keys
from tocsin.evidence.vault import SUFFIX, place_of

FOLDER: Final = "vault"
_NEW: Final = ".new"
_OLD_SECONDS: Final = 3600
_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class FolderVault:
    """Implements `tocsin.evidence.vault.Vault`. Any number of processes and threads may use one folder."""

    def __init__(self, folder: Path, keys: Keys) -> None:
        """Use `folder`, which is made (for its owner only) when something is first put into it.

        Sweeps away what writers that were killed left an hour ago or earlier.
        """
        self.folder = folder
        self._keys = keys
        _sweep(folder / _NEW)

    def path(self, sha256: bytes) -> Path:
        """Where a content is or would be."""
        return self.folder / place_of(sha256)

    def put(self, source: BinaryIO, sha256: bytes) -> None:
        """Keep what `source` (seekable, at its beginning) holds. See `Vault.put`.

        A file that is there, but of another length than this content has when encrypted, is written anew.
        Raises VaultFullError, VaultAccessError, WrongContentError.
        """
        place = self.path(sha256)
        with _translated(self.folder):
            if _is_whole(place, sealed_files.size_of(source)):
                sync_folder(place.parent)  # who wrote it may have been killed just before doing so
                return
            with self._new() as (path, file):
                sealed_files.encrypt(source, file, self._keys.identity(self._keys.vault_id), sha256)
                file.flush()
                os.fsync(file.fileno())
                self._settle(path, place)

    @contextmanager
    def open(self, sha256: bytes) -> Iterator[BinaryIO]:
        """The content, decrypted and verified. See `Vault.open`.

        Raises NotInVaultError, VaultDamagedError, MissingKeyError, VaultAccessError, VaultFullError.
        """
        with _translated(self.folder):
            try:
                kept = self.path(sha256).open("rb")
            except FileNotFoundError as error:
                message = f"the vault does not hold {sha256.hex()}"
                raise NotInVaultError(message) from error
            with kept:
                plain = sealed_files.private_file(os.fstat(kept.fileno()).st_size)
                try:
                    sealed_files.decrypt(kept, plain, self._keys.identities(), sha256)
                except BaseException:
                    plain.close()
                    raise
        with plain:
            yield plain

    def has(self, sha256: bytes) -> bool:
        """Whether there is a file for it."""
        return self.path(sha256).exists()

    def destroy(self, sha256: bytes) -> bool:
        """Remove a content for good; False if it was not there. See `Vault.destroy`.

        The beginning of the file is overwritten first, without which the rest cannot be decrypted: a disk
        may keep the blocks of a file that was removed. Raises VaultAccessError.
        """
        place = self.path(sha256)
        with _translated(self.folder), suppress(FileNotFoundError):
            with place.open("r+b") as file:
                size = min(sealed_files.LONGEST_HEADER, os.fstat(file.fileno()).st_size)
                file.write(secrets.token_bytes(size))
                file.flush()
                os.fsync(file.fileno())
            place.unlink()
            sync_folder(place.parent)
            return True
        return False

    def digests(self) -> Iterator[bytes]:
        """What the folder holds, by folder and name. Raises VaultAccessError."""
        with _translated(self.folder):
            for folder in sorted(self.folder.glob("[0-9a-f][0-9a-f]")):
                for path in sorted(folder.glob(f"*{SUFFIX}")):
                    with suppress(ValueError):  # a name that is no digest is none of ours
                        yield bytes.fromhex(path.name.removesuffix(SUFFIX))

    def renew(self, sha256: bytes) -> bool:
        """Encrypt a content to the current identity; False if it was so already.

        Raises NotInVaultError, VaultDamagedError, MissingKeyError, VaultAccessError, VaultFullError.
        """
        place, identity = self.path(sha256), self._keys.identity(self._keys.vault_id)
        with _translated(self.folder), suppress(FileNotFoundError), place.open("rb") as kept:
            if sealed_files.opens(kept, identity):
                return False
        with self.open(sha256) as plain, _translated(self.folder), self._new() as (path, file):
            sealed_files.encrypt(plain, file, identity, sha256)
            file.flush()
            os.fsync(file.fileno())
            self._settle(path, place)
        return True

    @contextmanager
    def _new(self) -> Iterator[tuple[Path, BinaryIO]]:
        """A locked file beside the others, gone again unless it was renamed to its place."""
        new = self.folder / _NEW
        for folder in (self.folder, new):  # one after the other: `parents` would let others read the first
            folder.mkdir(mode=0o700, exist_ok=True)
        path = new / secrets.token_hex(16)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w+b") as file:
            fcntl.flock(handle, fcntl.LOCK_SH)
            try:
                yield path, file
            finally:
                path.unlink(missing_ok=True)

    def _settle(self, new: Path, place: Path) -> None:
        """Give a file its place, durably."""
        made = not place.parent.exists()
        place.parent.mkdir(mode=0o700, exist_ok=True)
        new.rename(place)
        sync_folder(place.parent)
        if made:
            sync_folder(self.folder)
            sync_folder(self.folder.parent)


def _is_whole(place: Path, size: int) -> bool:
    try:
        with place.open("rb") as file:
            beginning = file.read(sealed_files.LONGEST_HEADER)
            return sealed_files.is_whole(beginning, os.fstat(file.fileno()).st_size, size)
    except FileNotFoundError:
        return False


def _sweep(new: Path) -> None:
    """Remove what killed writers left: files that are old and that nobody holds."""
    with _translated(new), suppress(FileNotFoundError):
        for path in list(new.iterdir()):
            if time.time() - path.stat().st_mtime > _OLD_SECONDS:
                _remove_unheld(path)


def _remove_unheld(path: Path) -> None:
    with path.open("rb") as file, suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)


@contextmanager
def _translated(folder: Path) -> Iterator[None]:
    """Turn the system's errors about the vault into ours."""
    try:
        yield
    except OSError as error:
        ours: type[VaultError] = VaultFullError if error.errno in _FULL else VaultAccessError
        message = f"{str(ours.__doc__).rstrip('.')}: {error.strerror or error}: {error.filename or folder}"
        raise ours(message) from error

"""The node's keys: an age identity for the vault and an Ed25519 key for the ledger, in the home's `keys`.

A key's id is the beginning of the SHA-256 of its public part, so that the same key has one name everywhere.
Keys are never deleted: old ones go on opening and verifying what they sealed and signed. They are not
protected by a passphrase, because a node starts by itself after a power cut; the disk below may be encrypted.
"""

import fcntl
import hashlib
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from tocsin.evidence.errors import KeysDamagedError, KeysError, MissingKeyError, NoKeysError
from tocsin.evidence.files import write_durably
from tocsin.evidence.sealing import keyed_digest, open_sealed, seal

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from pyrage.x25519 import Identity

FOLDER: Final = "keys"
VAULT: Final = "vault"
LEDGER: Final = "ledger"
_CURRENT: Final = "current.json"
_ID_LENGTH: Final = 16


@dataclass(frozen=True, slots=True)
class _Ring:
    """Which keys are current, and the state of the file that says so."""

    current: dict[str, str]
    stamp: tuple[int, int, int]


def key_id(public: bytes) -> str:
    """The id of a key with this public part: raw for Ed25519, the `age1...` recipient in ASCII for age."""
    return hashlib.sha256(public).hexdigest()[:_ID_LENGTH]


class Keys:
    """The keys in one folder; any number of threads and processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        """Use `Keys.open`."""
        self.folder = folder
        self._turn = threading.RLock()
        self._identities: dict[str, Identity] = {}
        self._signers: dict[str, Ed25519PrivateKey] = {}
        self._ring = _read_ring(folder)

    @classmethod
    def open(cls, home: Path, *, create: bool = False) -> Self:
        """The keys of a home; with `create`, made (readable by their owner only) if there are none.

        Raises NoKeysError, KeysDamagedError, KeysError.
        """
        folder = home / FOLDER
        with _translated(folder):
            if create and not (folder / _CURRENT).exists():
                folder.mkdir(mode=0o700, exist_ok=True)
                with locked(folder):
                    if not (folder / _CURRENT).exists():
                        _write_ring(folder, {VAULT: _make_vault(folder), LEDGER: _make_ledger(folder)})
            return cls(folder)

    @property
    def ledger_id(self) -> str:
        """The id of the key that signs the ledger now."""
        return self._now().current[LEDGER]

    @property
    def vault_id(self) -> str:
        """The id of the identity that the vault encrypts to now."""
        return self._now().current[VAULT]

    def rotate(self, which: str) -> tuple[str, str]:
        """Make a new key of the kind `vault` or `ledger` current; the ids of the old one and the new one.

        The ledger introduces a new key to its readers when it next records something. Raises KeysError.
        """
        make = {VAULT: _make_vault, LEDGER: _make_ledger}[which]
        with _translated(self.folder), locked(self.folder):
            current = _read_ring(self.folder).current
            new = make(self.folder)
            _write_ring(self.folder, {**current, which: new})
        return current[which], new

    def identity(self, identity_id: str) -> "Identity":
        """The age identity of that id. Raises MissingKeyError, KeysDamagedError."""
        from pyrage import IdentityError, x25519  # noqa: PLC0415  # not needed to match and scan

        with self._turn:
            if identity_id not in self._identities:
                text = self._text(VAULT, identity_id)
                lines = [line for line in text.splitlines() if line.startswith("AGE-SECRET-KEY-")]
                try:
                    found = x25519.Identity.from_str("".join(lines))
                except IdentityError as error:
                    raise self._damaged(VAULT, identity_id) from error
                if key_id(str(found.to_public()).encode()) != identity_id:
                    raise self._damaged(VAULT, identity_id)
                self._identities[identity_id] = found
            return self._identities[identity_id]

    def identities(self) -> "list[Identity]":
        """Every age identity of this home, the current one first."""
        current = self.vault_id
        others = [one for one in self.ids(VAULT) if one != current]
        return [self.identity(one) for one in (current, *others)]

    def ids(self, which: str) -> list[str]:
        """The ids of all keys of a kind, old ones included."""
        paths = self.folder.glob(f"{which}-*.key")
        return sorted(path.stem.removeprefix(f"{which}-") for path in paths)

    def sign(self, signer_id: str, message: bytes) -> bytes:
        """The Ed25519 signature of a message, 64 bytes. Raises MissingKeyError, KeysDamagedError."""
        return self._signer(signer_id).sign(message)

    def public(self, signer_id: str) -> bytes:
        """The public part of a ledger key, 32 bytes. Raises MissingKeyError, KeysDamagedError."""
        return self._signer(signer_id).public_key().public_bytes_raw()

    def seal(self, secret: bytes, purpose: str = "") -> bytes:
        """A small secret as it may rest in the database: only this home and `purpose` open it."""
        identity_id = self.vault_id
        return seal(str(self.identity(identity_id)).encode(), identity_id, secret, purpose)

    def unseal(self, sealed: bytes, purpose: str = "") -> bytes:
        """What was sealed for `purpose`. Raises SealBrokenError, MissingKeyError, KeysDamagedError."""
        return open_sealed(lambda one: str(self.identity(one)).encode(), sealed, purpose)

    def vouch(self, data: bytes) -> str:
        """The id of the current identity, a colon and the keyed digest of some data under it."""
        identity_id = self.vault_id
        return f"{identity_id}:{keyed_digest(str(self.identity(identity_id)).encode(), data)}"

    def vouches(self, vouched: str, data: bytes) -> bool:
        """Whether `vouch` gave that for this data. Raises MissingKeyError, KeysDamagedError."""
        identity_id, _, found = vouched.partition(":")
        if identity_id not in self.ids(VAULT):
            message = f"the key is not there: {identity_id!r}"
            raise MissingKeyError(message)
        return keyed_digest(str(self.identity(identity_id)).encode(), data) == found

    def _signer(self, signer_id: str) -> "Ed25519PrivateKey":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415  # not to match and scan
            Ed25519PrivateKey,
        )
        from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

        with self._turn:
            if signer_id not in self._signers:
                try:
                    found = load_pem_private_key(self._text(LEDGER, signer_id).encode(), None)
                except (ValueError, TypeError) as error:
                    raise self._damaged(LEDGER, signer_id) from error
                if not isinstance(found, Ed25519PrivateKey):
                    raise self._damaged(LEDGER, signer_id)
                if key_id(found.public_key().public_bytes_raw()) != signer_id:
                    raise self._damaged(LEDGER, signer_id)
                self._signers[signer_id] = found
            return self._signers[signer_id]

    def _text(self, which: str, wanted: str) -> str:
        path = self.folder / f"{which}-{wanted}.key"
        with _translated(path):
            try:
                return path.read_text("utf-8")
            except FileNotFoundError as error:
                message = f"the key is not there: {path}"
                raise MissingKeyError(message) from error
            except UnicodeDecodeError as error:
                raise self._damaged(which, wanted) from error

    def _damaged(self, which: str, wanted: str) -> KeysDamagedError:
        return KeysDamagedError(
            f"this is not the key it is named for: {self.folder / f'{which}-{wanted}.key'}"
        )

    def _now(self) -> _Ring:
        """Which keys are current: another process may have rotated them."""
        with self._turn, _translated(self.folder):
            if _stamp(self.folder) != self._ring.stamp:
                self._ring = _read_ring(self.folder)
            return self._ring


def _make_vault(folder: Path) -> str:
    """Make an age identity, in a file as `age-keygen` writes it; its id."""
    from pyrage import x25519  # noqa: PLC0415  # not needed to match and scan

    identity = x25519.Identity.generate()
    public = str(identity.to_public())
    made = key_id(public.encode())
    write_durably(folder / f"{VAULT}-{made}.key", f"# public key: {public}\n{identity}\n".encode())
    return made


def _make_ledger(folder: Path) -> str:
    """Make an Ed25519 key, in a file as OpenSSL writes it (PKCS #8, PEM); its id."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # not needed to match and scan
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415

    key = Ed25519PrivateKey.generate()
    made = key_id(key.public_key().public_bytes_raw())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_durably(folder / f"{LEDGER}-{made}.key", pem)
    return made


def _read_ring(folder: Path) -> _Ring:
    path = folder / _CURRENT
    try:
        stamp = _stamp(folder)
        current = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        message = f"there are no keys in {folder}"
        raise NoKeysError(message) from error
    except ValueError as error:
        message = f"this does not say which keys are current: {path}"
        raise KeysDamagedError(message) from error
    if not (isinstance(current, dict) and all(isinstance(current.get(one), str) for one in (VAULT, LEDGER))):
        message = f"this does not say which keys are current: {path}"
        raise KeysDamagedError(message)
    return _Ring({VAULT: current[VAULT], LEDGER: current[LEDGER]}, stamp)


def _write_ring(folder: Path, current: dict[str, str]) -> None:
    write_durably(folder / _CURRENT, json.dumps(current, indent=1).encode() + b"\n")


def _stamp(folder: Path) -> tuple[int, int, int]:
    """What changes when the file of the current keys is replaced."""
    try:
        found = (folder / _CURRENT).stat()
    except FileNotFoundError as error:
        message = f"there are no keys in {folder}"
        raise NoKeysError(message) from error
    return found.st_ino, found.st_mtime_ns, found.st_size


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Only one process at a time makes keys in `folder`."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"{error.strerror or error}: {path}"
        raise KeysError(message) from error

"""The keys of a feed: what signs it, what opens partners' bundles, and the secret that pseudonyms come from.

They rest beside the home's other keys, readable by their owner only. A key that was rotated away stays, so
that what was sealed to it, or signed by it, can still be read.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from tocsin.errors import Error
from tocsin.evidence.files import write_durably
from tocsin.evidence.keys import FOLDER, key_id, locked
from tocsin.exchange.feed.notes import Signer, Verifier

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from pyrage.x25519 import Identity

SIGNING: Final = "feed-signing"
AGE: Final = "feed-age"
_BEFORE: Final = "before"
_CURRENT: Final = "feed.json"
_NAMES: Final = "feed-names.key"
_PSEUDONYM: Final = 12


class FeedKeysError(Error):
    """The feed's keys cannot be used."""

    code = "feed.keys"
    advice = "`tocsin feed init` makes them; after a loss, bring the folder `keys` back from a backup."


class FeedKeys:
    """The keys of one home's feed."""

    def __init__(self, folder: Path) -> None:
        """Use `FeedKeys.open`."""
        self._folder = folder

    @classmethod
    def open(cls, home: Path, *, create: bool = False) -> Self:
        """The feed's keys in a home; with `create`, made if there are none. Raises FeedKeysError."""
        keys = cls(home / FOLDER)
        with _translated(keys._folder):
            if create:
                keys._folder.mkdir(mode=0o700, exist_ok=True)
                with locked(keys._folder):
                    if not (keys._folder / _CURRENT).exists():
                        write_durably(keys._folder / _NAMES, os.urandom(32))
                        keys._write({SIGNING: keys._make_signing(), AGE: keys._make_age(), _BEFORE: ""})
            keys._current()
        return keys

    def rotate(self, which: str) -> tuple[str, str]:
        """Make a new key of the kind SIGNING or AGE current; the ids of the old and the new one.

        Raises FeedKeysError.
        """
        with _translated(self._folder), locked(self._folder):
            current = self._current()
            new = self._make_signing() if which == SIGNING else self._make_age()
            before = {_BEFORE: current[SIGNING]} if which == SIGNING else {}
            self._write({**current, **before, which: new})
        return current[which], new

    def signer(self, name: str) -> Signer:
        """The key that signs now, under the name of the feed. Raises FeedKeysError."""
        return self.signer_of(name, self._current()[SIGNING])

    def signer_of(self, name: str, number: str) -> Signer:
        """A key that signed once, or does now. Raises FeedKeysError."""
        key = self._signing(number)
        return Signer(Verifier(name, key.public_key().public_bytes_raw()), key.sign)

    def signer_before(self, name: str) -> Signer | None:
        """The key that signed before the one of today, if there was one. Raises FeedKeysError."""
        number = self._current()[_BEFORE]
        return self.signer_of(name, number) if number else None

    @property
    def recipient(self) -> str:
        """What partners seal to now: `age1...`. Raises FeedKeysError."""
        return str(self._identity(self._current()[AGE]).to_public())

    def identities(self) -> "list[Identity]":
        """What opens partners' bundles, the newest first. Raises FeedKeysError."""
        current = self._current()[AGE]
        others = sorted(path.stem.removeprefix(f"{AGE}-") for path in self._folder.glob(f"{AGE}-*.key"))
        return [self._identity(one) for one in (current, *(one for one in others if one != current))]

    def pseudonym(self, principal: str) -> str:
        """What partners are told in place of somebody's name: always the same, and no way back to it."""
        with _translated(self._folder):
            secret = (self._folder / _NAMES).read_bytes()
        return hmac.digest(secret, principal.encode(), "sha256").hex()[:_PSEUDONYM]

    def _current(self) -> dict[str, str]:
        try:
            with _translated(self._folder):
                found = json.loads((self._folder / _CURRENT).read_bytes())
            return {name: str(found[name]) for name in (SIGNING, AGE, _BEFORE)}
        except (ValueError, KeyError, TypeError) as error:
            message = f"this does not say which keys are current: {self._folder / _CURRENT}"
            raise FeedKeysError(message) from error

    def _write(self, current: dict[str, str]) -> None:
        write_durably(self._folder / _CURRENT, json.dumps(current, indent=1).encode() + b"\n")

    def _make_signing(self) -> str:
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # not to match and scan
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415

        key = Ed25519PrivateKey.generate()
        made = key_id(key.public_key().public_bytes_raw())
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_durably(self._folder / f"{SIGNING}-{made}.key", pem)
        return made

    def _make_age(self) -> str:
        from pyrage import x25519  # noqa: PLC0415  # not needed to match and scan

        identity = x25519.Identity.generate()
        public = str(identity.to_public())
        made = key_id(public.encode())
        write_durably(self._folder / f"{AGE}-{made}.key", f"# public key: {public}\n{identity}\n".encode())
        return made

    def _signing(self, number: str) -> "Ed25519PrivateKey":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
        from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

        path = self._folder / f"{SIGNING}-{number}.key"
        try:
            with _translated(path):
                key = load_pem_private_key(path.read_bytes(), None)
        except (ValueError, TypeError) as error:
            raise _damaged(path) from error
        if not isinstance(key, Ed25519PrivateKey) or key_id(key.public_key().public_bytes_raw()) != number:
            raise _damaged(path)
        return key

    def _identity(self, number: str) -> "Identity":
        from pyrage import IdentityError, x25519  # noqa: PLC0415  # not needed to match and scan

        path = self._folder / f"{AGE}-{number}.key"
        try:
            with _translated(path):
                lines = path.read_text("utf-8").splitlines()
            found = x25519.Identity.from_str(
                "".join(one for one in lines if one.startswith("AGE-SECRET-KEY-"))
            )
        except (IdentityError, UnicodeDecodeError) as error:
            raise _damaged(path) from error
        if key_id(str(found.to_public()).encode()) != number:
            raise _damaged(path)
        return found


def digest(text: str) -> bytes:
    """What fingerprint words are made from: the SHA-256 of a card's text."""
    return hashlib.sha256(text.encode()).digest()


def _damaged(path: Path) -> FeedKeysError:
    return FeedKeysError(f"this is not the key it is named for: {path}")


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"{error.strerror or error}: {path}"
        raise FeedKeysError(message) from error

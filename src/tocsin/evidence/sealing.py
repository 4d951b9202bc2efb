"""Small secrets as they rest in the database: AES-256-GCM under a key that HKDF derives from an identity.

A sealed secret is: one byte 1, the 16 ASCII bytes of the identity's id, a nonce of 12 bytes, the ciphertext
with its tag of 16 bytes. The additional data are the first 17 bytes and the purpose, so that a secret moved
to another place in the database does not open there.
"""

import hmac
import os
from collections.abc import Callable
from typing import Final, Protocol

from tocsin.evidence.errors import SealBrokenError

_VERSION: Final = b"\x01"
_HEADER: Final = 17
_NONCE: Final = 12
_INFO: Final = b"tocsin-sealed-secret-1"
_VOUCHED: Final = b"tocsin-vouched-1"


class Sealer(Protocol):
    """Seals to the node's key; `tocsin.evidence.keys.Keys` does."""

    def seal(self, secret: bytes, purpose: str) -> bytes:
        """A secret as it may rest in the database: only this node opens it, for `purpose` only."""
        ...

    def unseal(self, sealed: bytes, purpose: str) -> bytes:
        """What was sealed for `purpose`. Raises SealBrokenError, MissingKeyError."""
        ...


def _derived(identity: bytes, info: bytes = _INFO) -> bytes:
    """32 bytes for AES or HMAC, from the identity's secret text."""
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415  # not needed to match and scan
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

    return HKDF(SHA256(), 32, None, info).derive(identity)


def seal(identity: bytes, identity_id: str, secret: bytes, purpose: str) -> bytes:
    """Seal a secret under an identity of that id (16 ASCII characters)."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  # not to match and scan

    header = _VERSION + identity_id.encode()
    nonce = os.urandom(_NONCE)
    return header + nonce + AESGCM(_derived(identity)).encrypt(nonce, secret, header + purpose.encode())


def keyed_digest(identity: bytes, data: bytes) -> str:
    """HMAC-SHA256 under a key of the identity's: whoever has no key cannot try out what the data may be."""
    return hmac.digest(_derived(identity, _VOUCHED), data, "sha256").hex()


def open_sealed(identity_of: Callable[[str], bytes], sealed: bytes, purpose: str) -> bytes:
    """The secret. Raises SealBrokenError, and what `identity_of` raises for an id it does not have."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415  # not needed to match and scan
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    header, nonce, rest = sealed[:_HEADER], sealed[_HEADER : _HEADER + _NONCE], sealed[_HEADER + _NONCE :]
    try:
        if header[:1] != _VERSION:
            raise SealBrokenError
        identity = identity_of(_id_in(header))
        return AESGCM(_derived(identity)).decrypt(nonce, rest, header + purpose.encode())
    except (InvalidTag, ValueError) as error:
        raise SealBrokenError from error


def _id_in(header: bytes) -> str:
    """The id, which becomes part of a file's name: hexadecimal digits and nothing else."""
    found = header[1:].decode("ascii")
    if len(found) != _HEADER - 1 or not set(found) <= set("0123456789abcdef"):
        raise SealBrokenError
    return found

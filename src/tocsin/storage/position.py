"""How far the PDQ index has followed the database: what its checkpoint says."""

import struct
from dataclasses import dataclass
from hashlib import blake2b
from typing import Self

_LAYOUT = struct.Struct("<16sQQ8s")
_NO_PROOF = bytes(8)


def proof_of(value: bytes) -> bytes:
    """Eight bytes that tell a signal's value from another's."""
    return blake2b(value, digest_size=8).digest()


@dataclass(frozen=True, slots=True)
class Position:
    """Every PDQ signal up to `signal` has been added, every removal up to `removal` carried out."""

    signal: int = 0
    removal: int = 0
    proof: bytes = _NO_PROOF
    """Of the value of the last signal added: a database restored from a backup betrays itself by it."""

    def encoded(self, identity: str) -> bytes:
        """The index's checkpoint, for the database of that identity (32 hexadecimal digits)."""
        return _LAYOUT.pack(bytes.fromhex(identity), self.signal, self.removal, self.proof)

    @classmethod
    def decoded(cls, checkpoint: bytes, identity: str) -> Self | None:
        """The position, or None when the checkpoint is not one of that database."""
        if len(checkpoint) != _LAYOUT.size:
            return None
        whose, signal, removal, proof = _LAYOUT.unpack(checkpoint)
        return cls(signal, removal, proof) if whose.hex() == identity else None

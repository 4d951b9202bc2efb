"""MD5, SHA-1 and SHA-256 of content in one pass."""

import hashlib
from collections.abc import Iterable

from tocsin.hashing.signals import Signal, SignalType

EXACT_TYPES = (SignalType.MD5, SignalType.SHA1, SignalType.SHA256)


def digest_signals(chunks: Iterable[bytes | memoryview]) -> list[Signal]:
    """The three exact signals of the bytes that `chunks` make up, each chunk read once.

    MD5 and SHA-1 are here because lists hold them, not because they are safe: anyone can make two files
    that share one (RFC 6151; Stevens et al., "The first collision for full SHA-1", 2017).
    """
    digests = {kind: hashlib.new(kind.value, usedforsecurity=False) for kind in EXACT_TYPES}
    for chunk in chunks:
        for digest in digests.values():
            digest.update(chunk)
    return [Signal(kind, digest.digest()) for kind, digest in digests.items()]

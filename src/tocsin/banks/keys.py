"""The key that tells whether an entry is in a bank already.

A key is 8 bytes of BLAKE2b over the origin (source, member, id) where the entry has an id there, or else over
its signals' types and values. Among ten million entries the chance that any two share one by accident is
below three in a million; docs/formats/home.md spells the encoding out.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b

from tocsin.hashing.signals import SignalType

KEY_BYTES = 8


def entry_key(source: str, member: str, id_at_origin: str, signals: Iterable[tuple[str, bytes]]) -> bytes:
    """The key of an entry with these signals (type, value), in whatever order. No text holds a NUL."""
    if id_at_origin:
        data = f"origin\0{source}\0{member}\0{id_at_origin}".encode()
    else:
        data = b"signals\0" + b"".join(sorted({kind.encode() + b":" + value for kind, value in signals}))
    return blake2b(data, digest_size=KEY_BYTES).digest()


def origin_keys(sources: Sequence[str], members: Sequence[str], ids: Sequence[str]) -> list[bytes]:
    """What `entry_key` gives for entries that have an id at their origin, only faster."""
    rows = zip(sources, members, ids, strict=True)
    return [blake2b(f"origin\0{a}\0{b}\0{c}".encode(), digest_size=KEY_BYTES).digest() for a, b, c in rows]


def single_signal_keys(kind: SignalType, values: Sequence[bytes]) -> list[bytes]:
    """What `entry_key` gives for entries of one signal each without an id at their origin, only faster."""
    prefix = b"signals\0" + kind.encode() + b":"
    return [blake2b(prefix + value, digest_size=KEY_BYTES).digest() for value in values]

"""The Merkle tree of RFC 6962 (section 2.1), SHA-256, as tiles of height 8 hold it (C2SP tlog-tiles)."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

HASH_SIZE: Final = 32
WIDTH: Final = 256
"""Hashes in a full tile."""
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
_BITS: Final = 8


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\0" + entry).digest()


def subtree_root(hashes: Sequence[bytes]) -> bytes:
    """The root over one or more hashes of neighbours, the last of which may stand for fewer leaves."""
    level = list(hashes)
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [hashlib.sha256(b"\1" + left + right).digest() for left, right in pairs]
        if len(level) % 2:
            above.append(level[-1])  # it has no neighbour yet: it goes up as it is
        level = above
    return level[0]


def edge(size: int, level: int) -> tuple[int, int]:
    """The index and the width (0 to 255) of the partial tile at a level of a tree of `size` leaves."""
    nodes = size >> (_BITS * level)
    return nodes // WIDTH, nodes % WIDTH


def levels(size: int) -> range:
    """The levels at which a tree of `size` leaves has a tile."""
    return range((max(size.bit_length(), 1) + _BITS - 1) // _BITS)


def root(size: int, hashes_at: Callable[[int], Sequence[bytes]]) -> bytes:
    """The root of a tree from the hashes of its partial tiles: `hashes_at(level)`, as wide as `edge` says."""
    below: list[bytes] = []
    for level in levels(size):
        nodes = [*hashes_at(level), *below]
        below = [subtree_root(nodes)] if nodes else []
    return below[0] if below else EMPTY_ROOT

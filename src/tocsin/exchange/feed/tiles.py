"""Where the parts of a feed are, and how tiles and leaves are written (C2SP tlog-tiles)."""

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tocsin.exchange.feed.errors import AlteredError, WithheldError
from tocsin.exchange.feed.merkle import HASH_SIZE, WIDTH

CHECKPOINT: Final = "checkpoint"
LONGEST_LEAF: Final = 256
LONGEST_ENTRIES: Final = WIDTH * (LONGEST_LEAF + 2)
_GROUP: Final = 1000
_LEAF: Final = re.compile(rb"tocsin-feed/1 ([a-z]{1,16}) ([0-9a-f]{64}) (0|[1-9][0-9]{0,15})\n")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf of the log: it stands for a file, and says nothing of what is in it."""

    kind: str
    """What the file is: `items` for a sealed bundle. Leaves of kinds that are not known are passed over."""
    sha256: bytes
    size: int
    """Bytes of the file."""

    @property
    def name(self) -> str:
        """Where its file is."""
        return bundle_name(self.sha256)

    def to_bytes(self) -> bytes:
        """The leaf as it stands in the log."""
        return f"tocsin-feed/1 {self.kind} {self.sha256.hex()} {self.size}\n".encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Leaf | None":
        """The leaf, or None for one of another version, which is passed over."""
        found = _LEAF.fullmatch(data)
        if found is None:
            return None
        return cls(found[1].decode(), bytes.fromhex(found[2].decode()), int(found[3]))


def bundle_name(sha256: bytes) -> str:
    """Where the file of that digest is."""
    text = sha256.hex()
    return f"bundle/{text[:2]}/{text}"


def tile_name(level: int | str, index: int, width: int = WIDTH) -> str:
    """Where a tile is: of hashes at a level, or of leaves at the level `entries`."""
    parts = [f"{index % _GROUP:03}"]
    while index := index // _GROUP:
        parts.insert(0, f"x{index % _GROUP:03}")
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(parts)}{partial}"


def split_tile(data: bytes, width: int, name: str) -> list[bytes]:
    """The hashes of a tile. Raises WithheldError for one that is too short, AlteredError if too long."""
    if len(data) != width * HASH_SIZE:
        kind = WithheldError if len(data) < width * HASH_SIZE else AlteredError
        message = f"{name} should hold {width} hashes and has {len(data)} bytes"
        raise kind(message)
    return [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]


def join_leaves(leaves: Sequence[bytes]) -> bytes:
    """A tile of leaves: each after its length (two bytes, big-endian)."""
    return b"".join(struct.pack(">H", len(leaf)) + leaf for leaf in leaves)


def split_leaves(data: bytes, width: int, name: str) -> list[bytes]:
    """The leaves of a tile. Raises WithheldError for one that is cut, AlteredError if there is more."""
    leaves, at = [], 0
    for _ in range(width):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            message = f"{name} is cut: it should hold {width} leaves"
            raise WithheldError(message)
        leaves.append(data[at + 2 : end])
        at = end
    if at != len(data):
        message = f"{name} holds more than {width} leaves"
        raise AlteredError(message)
    return leaves

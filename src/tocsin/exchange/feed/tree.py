"""A log as a source shows it, held against the tree that was signed: nothing of it is believed unproven."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tocsin.exchange.feed.errors import AlteredError, ForkError, RollbackError, WithheldError
from tocsin.exchange.feed.merkle import (
    EMPTY_ROOT,
    HASH_SIZE,
    WIDTH,
    edge,
    leaf_hash,
    levels,
    root,
    subtree_root,
)
from tocsin.exchange.feed.sources import Source
from tocsin.exchange.feed.tiles import LONGEST_ENTRIES, Leaf, split_leaves, split_tile, tile_name

ENTRIES: Final = "entries"


@dataclass(frozen=True, slots=True)
class Seen:
    """A tree that was signed, as whoever saw it remembers it."""

    size: int
    root: bytes
    time: int = 0
    """Seconds since 1970: when it was signed as the newest."""


class SignedTree:
    """The tree of a signed checkpoint, over a source.

    The tiles at its right edge are read at once and must give the signed root; every other tile is proven
    by the one above it, every leaf by its tile.
    """

    def __init__(self, source: Source, size: int, signed_root: bytes) -> None:
        """Read the edge. Raises WithheldError, AlteredError, and what the source raises."""
        self.size = size
        self.root = signed_root
        self._source = source
        self._last: dict[int, tuple[int, list[bytes]]] = {}
        self._edges = {level: self._read_edge(level) for level in levels(size)}
        if (found := root(size, self.edge)) != signed_root:
            message = f"the tiles give {found.hex()} as the root of {size} leaves, not {signed_root.hex()}"
            raise AlteredError(message)

    def edge(self, level: int) -> Sequence[bytes]:
        """The hashes of the partial tile at a level."""
        return self._edges[level]

    def hashes(self, level: int, index: int) -> Sequence[bytes]:
        """The hashes of a tile, proven. Raises as the constructor does."""
        if index == edge(self.size, level)[0]:
            return self._edges[level]
        if (last := self._last.get(level)) is not None and last[0] == index:
            return last[1]
        wanted = self.hashes(level + 1, index // WIDTH)[index % WIDTH]
        name = tile_name(level, index)
        found = split_tile(self._read(name, WIDTH * HASH_SIZE), WIDTH, name)
        if subtree_root(found) != wanted:
            message = f"{name} is not what was signed"
            raise AlteredError(message)
        self._last[level] = (index, found)
        return found

    def check_contains(self, seen: Seen) -> None:
        """Raise RollbackError or ForkError unless the tree goes on from one that was seen before."""
        if seen.size > self.size:
            message = f"the feed has {self.size} leaves and had {seen.size} when it was last seen"
            raise RollbackError(message)
        if self.root_at(seen.size) != seen.root:
            message = f"the first {seen.size} leaves of the feed are not those that were seen before"
            raise ForkError(message)

    def root_at(self, size: int) -> bytes:
        """The root of the first `size` leaves."""
        if size == 0:
            return EMPTY_ROOT
        return self.root if size == self.size else root(size, lambda level: self._cut(size, level))

    def entries(self, index: int, width: int = WIDTH) -> list[bytes]:
        """The leaves of a tile as bytes, proven."""
        name = tile_name(ENTRIES, index, width)
        data = self._source.read(name, LONGEST_ENTRIES)
        if data is None and width < WIDTH:  # it became full since; what is wanted is its beginning
            full = tile_name(ENTRIES, index)
            found = split_leaves(self._read(full, LONGEST_ENTRIES), WIDTH, full)[:width]
        else:
            found = split_leaves(_present(data, name), width, name)
        if [leaf_hash(one) for one in found] != list(self.hashes(0, index)[:width]):
            message = f"{name} is not what was signed"
            raise AlteredError(message)
        return found

    def leaves(self, start: int = 0) -> Iterator[tuple[int, Leaf]]:
        """The leaves from an index on, each with its index; those of other versions are passed over."""
        for index in range(start // WIDTH, -(-self.size // WIDTH)):
            width = min(WIDTH, self.size - index * WIDTH)
            for at, data in enumerate(self.entries(index, width), index * WIDTH):
                leaf = Leaf.from_bytes(data) if at >= start else None
                if leaf is not None:
                    yield at, leaf

    def _cut(self, size: int, level: int) -> Sequence[bytes]:
        index, width = edge(size, level)
        return self.hashes(level, index)[:width] if width else ()

    def _read_edge(self, level: int) -> list[bytes]:
        index, width = edge(self.size, level)
        if not width:
            return []
        name = tile_name(level, index, width)
        data = self._source.read(name, width * HASH_SIZE)
        if data is not None:
            return split_tile(data, width, name)
        full = tile_name(level, index)
        data = self._source.read(full, WIDTH * HASH_SIZE)
        if data is None:
            return split_tile(_present(None, name), width, name)
        return split_tile(data, WIDTH, full)[:width]

    def _read(self, name: str, longest: int) -> bytes:
        return _present(self._source.read(name, longest), name)


def _present(data: bytes | None, name: str) -> bytes:
    if data is None:
        message = f"{name} is missing"
        raise WithheldError(message)
    return data

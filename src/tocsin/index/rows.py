"""A run of rows to search: the hashes, whose they are, and the directory into them if there is one."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tocsin.index.arrays import Bytes, Ids, Words

CHUNKS = 16
"""A hash is 16 chunks of 16 bits, on a ring: after the last comes the first."""
CHUNK_BITS = 16
CHUNK_VALUES = 1 << CHUNK_BITS
OVERREAD = 32
"""Spare neighbours at the end: the kernel compares 32 at a time."""
NUMBER_BYTES = 3


@dataclass(frozen=True, slots=True)
class Directory:
    """For each chunk, the rows ordered by that chunk's value.

    The postings of chunk c with value v are `starts[c, v]` up to `starts[c, v + 1]`. Posting p of chunk c
    has in `neighbours[c * n + p]` the value of the row's next chunk on the ring, and at byte
    3 * ((c - 1) * n + p) of `numbers` the row's number; rows are ordered by chunk 0, whose postings are the
    row numbers themselves.
    """

    starts: NDArray[np.uint32]
    neighbours: NDArray[np.uint16]
    numbers: Bytes


@dataclass(frozen=True, slots=True)
class Rows:
    """Pairs of (id, hash) that are searched together."""

    hashes: Words
    ids: NDArray[np.uint64] | NDArray[np.uint32]
    sequence: int
    """Removals up to this operation have already been applied."""
    directory: Directory | None = None

    def __len__(self) -> int:
        """How many pairs."""
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Hits:
    """Those of query q stand at `limits[q]` up to `limits[q + 1]`: row numbers (or ids) and distances."""

    limits: NDArray[np.int64]
    rows: NDArray[np.uint32]
    distances: Bytes


@dataclass(frozen=True, slots=True)
class Live:
    """The live part: the newest pairs, in memory, in the order added. Immutable; spare room is shared."""

    ids: Ids
    hashes: Words
    count: int

    @classmethod
    def empty(cls) -> Self:
        """Nothing."""
        return cls(np.empty(0, np.uint64), np.empty((0, 4), np.uint64), 0)

    def added(self, ids: Ids, hashes: Words) -> Self:
        """This and the given pairs.

        They go into spare room behind `count`, which nobody who holds `self` looks at; only the newest value
        may be added to.
        """
        end = self.count + len(ids)
        all_ids, all_hashes = self.ids, self.hashes
        if end > len(all_ids):
            room = max(256, 2 * end)
            all_ids, all_hashes = np.empty(room, np.uint64), np.empty((room, 4), np.uint64)
            all_ids[: self.count], all_hashes[: self.count] = (
                self.ids[: self.count],
                self.hashes[: self.count],
            )
        all_ids[self.count : end], all_hashes[self.count : end] = ids, hashes
        return type(self)(all_ids, all_hashes, end)

    def removed(self, ids: Ids) -> Self:
        """This without the pairs of `ids`."""
        keep = ~np.isin(self.ids[: self.count], ids)
        kept = int(keep.sum())
        if kept == self.count:
            return self
        return type(self)(self.ids[: self.count][keep], self.hashes[: self.count][keep], kept)

    def rows(self, sequence: int) -> Rows:
        """To be searched."""
        hashes = self.hashes[: self.count]
        hashes.flags.writeable = False
        return Rows(hashes, self.ids[: self.count], sequence)

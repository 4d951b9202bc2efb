"""Tombstones: ids removed at some operation, hiding rows that older segments still hold.

Layout: docs/formats/hamming-index.md, "Tombstones".
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tocsin.index.arrays import Ids
from tocsin.index.files import checksum, corrupt, write_atomically
from tocsin.index.settings import Step

_HEADER = struct.Struct("<8sIIQ")
"""magic, version, CRC of what follows the header, count."""
_MAGIC = b"TOCSINTS"


@dataclass(frozen=True, slots=True)
class Tombstones:
    """Removed ids, ascending and unique, each with the sequence of its latest removal."""

    ids: Ids
    sequences: Ids

    @classmethod
    def none(cls) -> Self:
        """Nothing removed."""
        return cls(np.empty(0, np.uint64), np.empty(0, np.uint64))

    def __len__(self) -> int:
        """How many ids."""
        return len(self.ids)

    def extended(self, ids: Ids, sequence: int) -> Self:
        """These and `ids`, removed at `sequence`, which is later than all before."""
        unique = np.unique(ids)
        at = np.searchsorted(self.ids, unique)
        known = np.append(self.ids, np.uint64(0))[at] == unique
        known &= at < len(self.ids)
        sequences = self.sequences.copy()
        sequences[at[known]] = sequence
        new = at[~known]
        return type(self)(np.insert(self.ids, new, unique[~known]), np.insert(sequences, new, sequence))

    def after(self, sequence: int) -> Self:
        """Those removed later than `sequence`."""
        keep = self.sequences > np.uint64(sequence)
        return self if bool(keep.all()) else type(self)(self.ids[keep], self.sequences[keep])

    def hides(self, ids: Ids | NDArray[np.uint32], sequence: int) -> NDArray[np.bool_]:
        """bool[n]: which of `ids`, rows of a segment of this `sequence`, were removed later."""
        if not len(self.ids) or not len(ids):
            return np.zeros(len(ids), np.bool_)
        at = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        hidden: NDArray[np.bool_] = (self.ids[at] == ids) & (self.sequences[at] > np.uint64(sequence))
        return hidden

    def write(self, path: Path, step: Step) -> None:
        """Write to a new file."""
        body = self.ids.tobytes() + self.sequences.tobytes()
        data = _HEADER.pack(_MAGIC, 1, checksum(body), len(self)) + body
        write_atomically(path, lambda file: file.write(data), step)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` wrote. Raises IndexCorruptError."""
        data = path.read_bytes()
        if len(data) < _HEADER.size:
            raise corrupt(path, "it is cut short")
        magic, version, crc, count = _HEADER.unpack_from(data)
        body = memoryview(data)[_HEADER.size :]
        if (magic, version) != (_MAGIC, 1) or len(body) != 16 * count or checksum(body) != crc:
            raise corrupt(path, "its checksum does not fit")
        both = np.frombuffer(body, np.uint64).reshape(2, count)
        return cls(both[0], both[1])

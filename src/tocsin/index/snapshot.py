"""What the index holds at one instant: immutable, so that searches need no lock."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from tocsin.index.log import Record
from tocsin.index.rows import Live, Rows
from tocsin.index.segment import Segment
from tocsin.index.tombstones import Tombstones


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state after operation `sequence`."""

    segments: tuple[Segment, ...]
    live: Live
    tombstones: Tombstones
    sequence: int
    checkpoint: bytes | None

    def parts(self) -> Iterator[Rows]:
        """Everything to search."""
        for segment in self.segments:
            yield segment.rows
        if self.live.count:
            yield self.live.rows(self.sequence)

    def after(self, record: Record) -> "Snapshot":
        """The state once `record` has happened too."""
        live, tombstones = self.live, self.tombstones
        if record.hashes is not None:
            live = live.added(record.ids, record.hashes)
        else:
            live = live.removed(record.ids)
            if self.segments and len(record.ids):
                tombstones = tombstones.extended(record.ids, record.sequence)
        checkpoint = self.checkpoint if record.checkpoint is None else record.checkpoint
        return replace(
            self, live=live, tombstones=tombstones, sequence=record.sequence, checkpoint=checkpoint
        )

    def stored(self) -> int:
        """How many pairs are held, removed ones not yet merged away included."""
        return sum(len(part) for part in self.parts())

    def hidden(self) -> int:
        """How many pairs are held but removed. Reads every id if there are tombstones."""
        if not len(self.tombstones):
            return 0
        return sum(int(np.sum(self.tombstones.hides(part.ids, part.sequence))) for part in self.parts())

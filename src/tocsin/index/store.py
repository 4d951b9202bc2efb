"""Files of an index being replaced by newer ones: every change of the manifest is made here."""

import threading
from dataclasses import replace
from pathlib import Path

from tocsin.index.building import Pairs, write_segment
from tocsin.index.log import Log
from tocsin.index.manifest import Manifest
from tocsin.index.segment import Segment, open_segment
from tocsin.index.settings import Settings, Step
from tocsin.index.snapshot import Snapshot
from tocsin.index.tombstones import Tombstones


class Store:
    """The folder as its writer sees it. Several threads may write new files; committing is for one."""

    def __init__(
        self, folder: Path, manifest: Manifest, written: Tombstones, settings: Settings, step: Step
    ) -> None:
        """`manifest` is the folder's, and `written` the tombstones in the file it names."""
        self.folder = folder
        self.manifest = manifest
        self.settings = settings
        self.step = step
        self._written = written
        self._numbering = threading.Lock()
        self._next = manifest.next_file

    def write_segments(self, pairs: Pairs, sequence: int, *, preload: bool) -> tuple[Segment, ...]:
        """Write pairs to as many segments as they need, and open these: for a later `commit`."""
        segments = []
        for first in range(0, len(pairs.ids), self.settings.segment_rows):
            until = first + self.settings.segment_rows
            some = Pairs(pairs.ids[first:until], pairs.hashes[first:until])
            path = self._new_file("segment", "seg")
            ref = write_segment(path, some, sequence, self.settings, self.step)
            segment = open_segment(self.folder, ref)
            if preload:
                segment.preload()
            segments.append(segment)
        return tuple(segments)

    def new_log(self) -> Log:
        """Start an empty log. Not part of the index until committed."""
        return Log.create(self._new_file("log", "log"), self.step)

    def commit(self, snapshot: Snapshot, log: Log | None = None) -> None:
        """Make the snapshot's segments and tombstones those of the folder, and remove the files they replace.

        With `log`, which goes on from this snapshot, also its sequence and checkpoint; else the log stays.
        """
        before = self.manifest
        tombstones = self._tombstones_file(snapshot.tombstones)
        after = replace(
            before,
            tombstones=tombstones,
            next_file=self._next,
            segments=tuple(s.ref for s in snapshot.segments),
        )
        if log is not None:
            after = replace(
                after, log=log.path.name, sequence=snapshot.sequence, checkpoint=snapshot.checkpoint
            )
        after.write(self.folder, self.step)
        self.manifest, self._written = after, snapshot.tombstones
        for name in sorted(before.files() - after.files()):
            (self.folder / name).unlink()
            self.step("store: removed")

    def _tombstones_file(self, tombstones: Tombstones) -> str | None:
        """The file that holds these: the one there is, a new one, or none."""
        if not len(tombstones):
            return None
        if tombstones is self._written:
            return self.manifest.tombstones
        path = self._new_file("tombstones", "tmb")
        tombstones.write(path, self.step)
        return path.name

    def _new_file(self, kind: str, suffix: str) -> Path:
        """A path that no file of this index ever had."""
        with self._numbering:
            number, self._next = self._next, self._next + 1
        return self.folder / f"{kind}-{number:08d}.{suffix}"

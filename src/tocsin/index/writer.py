"""The one writer of an index: makes operations durable, then visible; merges segments in the background."""

import fcntl
import os
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np

from tocsin.index.arrays import Ids, Words
from tocsin.index.building import Pairs, gathered
from tocsin.index.errors import IndexClosedError, IndexFailedError, IndexLockedError
from tocsin.index.folder import create, load, remove_orphans
from tocsin.index.log import FILE_HEADER, Log, Record
from tocsin.index.merging import run_to_merge, runs_to_compact, too_many_tombstones
from tocsin.index.rows import Live
from tocsin.index.settings import Settings, Step
from tocsin.index.snapshot import Snapshot
from tocsin.index.store import Store


class _ClosingError(Exception):
    """Raised inside a merge to leave it when the index is being closed."""


def _locked(folder: Path) -> int:
    """The descriptor of the folder's lock, taken. Raises IndexLockedError."""
    descriptor = os.open(folder / "writer.lock", os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        message = f"another process, or another object in this one, is writing to the index in {folder}"
        raise IndexLockedError(message) from None
    return descriptor


class Writer:
    """Holds the folder's lock from creation to `close`.

    Searches read `snapshot` without a lock; everything else happens under `_changed`, except that a merge
    writes its new segment outside it.
    """

    def __init__(
        self, folder: Path, settings: Settings, step: Step, *, preload: bool, merging: bool = True
    ) -> None:
        """Recover the state of `folder`, or make it an empty index.

        Without `merging`, segments are merged when there are too many, and else when `merge` is called.

        Raises IndexLockedError, IndexCorruptError.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._settings = settings
        self._preload = preload
        self._merging = merging
        self._changed = threading.Condition(threading.RLock())
        self._merger: threading.Thread | None = None
        self._closing = False
        self._failure: BaseException | None = None
        self._lock = _locked(folder)
        try:
            self._recover(folder, step)
        except BaseException:
            os.close(self._lock)
            raise
        with self._changed:
            self._start_merger()

    def _recover(self, folder: Path, step: Step) -> None:
        """Read the folder's state and open its log for appending."""
        create(folder, step)
        loaded = load(folder)
        loaded.close()
        remove_orphans(folder, loaded.manifest)

        def step_or_leave(name: str) -> None:
            step(name)
            if self._closing and threading.current_thread() is self._merger:
                raise _ClosingError

        self._store = Store(folder, loaded.manifest, loaded.tombstones, self._settings, step_or_leave)
        self._snapshot = loaded.snapshot
        self._log = Log(folder / loaded.manifest.log, loaded.tail.offset, step)
        if self._preload:
            for segment in self._snapshot.segments:
                segment.preload()

    def snapshot(self) -> Snapshot:
        """What has been acknowledged. Raises IndexClosedError."""
        if self._closing:
            raise IndexClosedError
        return self._snapshot

    def log_bytes(self) -> int:
        """Length of the log."""
        return self._log.size

    def apply(self, ids: Ids, hashes: Words | None, checkpoint: bytes | None) -> None:
        """Add pairs, or remove those of `ids` if there are no hashes. Durable when this returns.

        Raises IndexClosedError, IndexFailedError, OSError.
        """
        with self._changed:
            self._check()
            if not len(ids) and checkpoint is None:
                return
            try:
                self._apply(ids, hashes, checkpoint)
            except BaseException as error:
                self._failure = error
                raise
            self._start_merger()
            while self._merger is not None and len(self._snapshot.segments) > self._settings.most_segments:
                self._wait()

    def compact(self) -> None:
        """Merge everything into as few segments as there can be and drop what was removed.

        Raises IndexClosedError, IndexFailedError, OSError.
        """
        with self._changed:
            self._check()
            while self._merger is not None:
                self._wait()
            try:
                self._flush(self._snapshot)
                self._compact()
            except BaseException as error:
                self._failure = error
                raise

    @property
    def merge_due(self) -> bool:
        """Whether it pays to merge."""
        with self._changed:
            return self._run_due() is not None

    def merge(self) -> None:
        """Merge as far as it pays; operations go on meanwhile.

        Raises IndexClosedError (also when it is closed meanwhile), IndexFailedError.
        """
        with self._changed:
            self._check()
            self._merging = True
            self._start_merger()
            while self._merger is not None:
                self._wait()
            self._check()

    def close(self) -> None:
        """Stop merging and let the lock go. Closing again does nothing."""
        with self._changed:
            if self._closing:
                return
            self._closing = True
            merger = self._merger
        if merger is not None:
            merger.join()
        self._log.close()
        fcntl.flock(self._lock, fcntl.LOCK_UN)  # closing is not enough if a forked child holds it too
        os.close(self._lock)

    def _check(self) -> None:
        """Raise unless operations can go on."""
        if self._closing:
            raise IndexClosedError
        if self._failure is not None:
            message = f"an earlier write failed: {self._failure!r}"
            raise IndexFailedError(message) from self._failure

    def _wait(self) -> None:
        """Wait until the merger has done something."""
        self._changed.wait()
        self._check()

    def _apply(self, ids: Ids, hashes: Words | None, checkpoint: bytes | None) -> None:
        """Make one operation durable, then visible."""
        record = Record(self._snapshot.sequence + 1, ids, hashes, checkpoint)
        if hashes is not None and len(ids) >= self._settings.live_rows:
            self._flush(self._snapshot, record)
            return
        self._log.append(record)
        self._snapshot = self._snapshot.after(record)
        operations = self._snapshot.sequence - self._store.manifest.sequence
        if (
            self._snapshot.live.count >= self._settings.live_rows
            or operations >= self._settings.log_operations
            or self._log.size > self._settings.log_bytes
        ):
            self._flush(self._snapshot)

    def _flush(self, snapshot: Snapshot, large: Record | None = None) -> None:
        """Turn the live part, and a large add, into segments; start a new log; commit it all at once."""
        ids, hashes = snapshot.live.ids[: snapshot.live.count], snapshot.live.hashes[: snapshot.live.count]
        if large is not None and large.hashes is not None:
            ids = np.concatenate([ids, large.ids]) if len(ids) else large.ids
            hashes = np.concatenate([hashes, large.hashes]) if len(hashes) else large.hashes
            kept = snapshot.checkpoint if large.checkpoint is None else large.checkpoint
            snapshot = replace(snapshot, sequence=large.sequence, checkpoint=kept)
        elif self._log.size == len(FILE_HEADER):
            return
        new = self._store.write_segments(Pairs(ids, hashes), snapshot.sequence, preload=self._preload)
        snapshot = _pruned(replace(snapshot, segments=snapshot.segments + new, live=Live.empty()))
        log = self._store.new_log()
        self._store.commit(snapshot, log)
        self._log.close()
        self._log, self._snapshot = log, snapshot

    def _next_run(self) -> range | None:
        """The segments to merge now, if any."""
        if not self._merging and len(self._snapshot.segments) <= self._settings.most_segments:
            return None
        return self._run_due()

    def _run_due(self) -> range | None:
        """The segments that it pays to merge, if any."""
        if not self._settings.merging or self._closing or self._failure is not None:
            return None
        rows = [len(segment.rows) for segment in self._snapshot.segments]
        if too_many_tombstones(len(self._snapshot.tombstones), sum(rows), self._settings):
            oldest = min(range(len(rows)), key=lambda k: self._snapshot.segments[k].rows.sequence)
            return range(oldest, oldest + 1)
        return run_to_merge(rows, self._settings)

    def _start_merger(self) -> None:
        """Start merging in the background if there is something to merge and nobody does it yet."""
        if self._merger is None and self._next_run() is not None:
            self._merger = threading.Thread(target=self._merge_in_background, name="tocsin-index-merger")
            self._merger.start()

    def _merge_in_background(self) -> None:
        """Merge until there is nothing to merge; what fails is raised by the next operation."""
        failure: BaseException | None = None
        while failure is None:
            with self._changed:
                run = self._next_run()
                if run is None:
                    break
                before = self._snapshot
            try:
                self._merge(before, run)
            except _ClosingError:
                break
            except BaseException as error:  # noqa: BLE001  # kept and raised by the next operation
                failure = error
        with self._changed:
            self._failure = self._failure or failure
            self._merger = None
            self._changed.notify_all()

    def _merge(self, before: Snapshot, run: range) -> None:
        """Replace a run of `before`'s segments by one without the removed pairs."""
        old = before.segments[run.start : run.stop]
        pairs = gathered([segment.rows for segment in old], before.tombstones)
        new = self._store.write_segments(pairs, before.sequence, preload=self._preload)
        with self._changed:
            segments = self._snapshot.segments
            start = segments.index(old[0])
            merged = segments[:start] + new + segments[start + len(old) :]
            snapshot = _pruned(replace(self._snapshot, segments=merged))
            self._store.commit(snapshot)
            self._snapshot = snapshot
            self._changed.notify_all()

    def _compact(self) -> None:
        """Merge all there is, run by run."""
        before = self._snapshot
        for run in runs_to_compact([len(segment.rows) for segment in before.segments], self._settings):
            oldest = min(segment.rows.sequence for segment in before.segments[run.start : run.stop])
            if len(run) > 1 or len(before.tombstones.after(oldest)):
                self._merge(before, run)


def _pruned(snapshot: Snapshot) -> Snapshot:
    """Without the tombstones that no segment needs any more."""
    oldest = min((segment.rows.sequence for segment in snapshot.segments), default=snapshot.sequence)
    return replace(snapshot, tombstones=snapshot.tombstones.after(oldest))

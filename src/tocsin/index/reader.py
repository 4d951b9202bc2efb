"""A reader of an index: follows what the writer, in this or another process, makes durable."""

import threading
from pathlib import Path

from tocsin.index.errors import IndexClosedError
from tocsin.index.folder import load, replayed
from tocsin.index.snapshot import Snapshot


class Reader:
    """Needs no lock in the folder and never writes to it."""

    def __init__(self, folder: Path, *, preload: bool) -> None:
        """Read the state of `folder`. Raises IndexMissingError, IndexCorruptError."""
        self._folder = folder
        self._preload = preload
        self._following = threading.Lock()
        self._loaded = load(folder)
        self._snapshot = self._loaded.snapshot
        self._closed = False
        self._preload_new(())

    def snapshot(self) -> Snapshot:
        """What the writer has made durable, and perhaps an operation it is about to acknowledge.

        Costs two fstat calls when nothing has changed. Raises IndexClosedError, IndexCorruptError.
        """
        with self._following:
            if self._closed:
                raise IndexClosedError
            if self._loaded.replaced():
                newer = load(self._folder, self._snapshot.segments)
                self._loaded.close()
                self._loaded = newer
                before, self._snapshot = self._snapshot, newer.snapshot
                self._preload_new(before.segments)
            elif self._loaded.tail.grown():
                self._snapshot = replayed(self._snapshot, self._loaded.tail)
                self._loaded.tail.check_rest()
            return self._snapshot

    def log_bytes(self) -> int:
        """Length of the log as far as it has been read."""
        return self._loaded.tail.offset

    def close(self) -> None:
        """Let the files go. Closing again does nothing."""
        with self._following:
            if not self._closed:
                self._closed = True
                self._loaded.close()

    def _preload_new(self, known: tuple[object, ...]) -> None:
        """Bring segments that are not in `known` into memory if asked to."""
        if self._preload:
            for segment in self._snapshot.segments:
                if segment not in known:
                    segment.preload()

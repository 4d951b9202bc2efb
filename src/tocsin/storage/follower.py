"""The PDQ index that follows the database: derived from it, rebuilt from it, never trusted over it."""

import fcntl
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tocsin.index import (
    HammingIndex,
    IndexCorruptError,
    IndexFailedError,
    IndexLockedError,
    IndexMissingError,
)
from tocsin.storage import reading
from tocsin.storage import statements as sql
from tocsin.storage.database import Database
from tocsin.storage.position import Position, proof_of
from tocsin.storage.tail import READ_ROWS, read_pdq

_LOG = logging.getLogger(__name__)
_REMOVE_IDS = 1_000_000
UNUSABLE = (IndexMissingError, IndexCorruptError, OSError)
"""What says that the index cannot be read. OSError: there is, for one, a file where its folder was."""


class IndexFollower:
    """Keeps the index in a folder in step with the PDQ signals of a database.

    Never call it inside a transaction: it compares the index with the newest state of the database. With the
    older state that a transaction sees, a good index would look as if it came from elsewhere.
    """

    def __init__(self, folder: Path, database: Database) -> None:
        """The index in `folder`, made when first needed."""
        self._folder = folder
        self._database = database
        self._index: HammingIndex | None = None
        self._writable = False
        self._held = False
        self._warned: set[str] = set()
        with database.reading():
            (self._identity,) = database.rows(sql.IDENTITY)[0]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the index open for writing from one catch-up to the next."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
            if self._writable:
                self.close()

    def close(self) -> None:
        """Let the index's files and lock go."""
        if self._index is not None:
            self._index.close()
        self._index, self._writable = None, False

    def usable(self) -> tuple[HammingIndex | None, Position]:
        """The index and how far it has followed; None and the very beginning when it cannot be used."""
        try:
            if self._index is None:
                self._index = HammingIndex.open(self._folder, readonly=True)
            position = self._trusted(self._index.checkpoint)
        except UNUSABLE:
            position = None
        if position is None:
            self.close()
            return None, Position()
        return self._index, position

    def follow(self) -> None:
        """Bring the index up to the database, unless another process is writing to it just now.

        A failure to write the index is logged, not raised: what the database holds is safe, and is found
        without the index, only slower.
        """
        _, position = self.usable()
        target = self._target()
        if (position.signal, position.removal) == target:
            return
        try:
            index = self._open_to_write()
            self._advance(index, target)
            self._warned.clear()
        except IndexLockedError:
            return
        except (OSError, IndexFailedError, IndexCorruptError) as error:
            self._warn("the PDQ index could not be brought up to date, so searching takes longer", error)
            self.close()
        if not self._held:
            self.close()

    def _warn(self, what: str, error: Exception | None = None) -> None:
        """Log `what` went wrong, once until the index has been brought up to date again."""
        if what not in self._warned:
            self._warned.add(what)
            _LOG.warning("%s: %s" if error else "%s", *((what, error) if error else (what,)))

    def _target(self) -> tuple[int, int]:
        """The last PDQ signal and the last removal there are."""
        with self._database.reading():
            counters = reading.counters(self._database)
        return counters["last_pdq"], counters["last_removal"]

    def _trusted(self, checkpoint: bytes | None) -> Position | None:
        """The position a checkpoint states, or None when it does not speak of this database as it is now."""
        if checkpoint is None:
            return Position()
        position = Position.decoded(checkpoint, self._identity)
        if position is None:
            return None
        with self._database.reading():
            last_pdq, last_removal = self._target()
            if position.signal > last_pdq or position.removal > last_removal:
                return None
            if position.signal == 0:
                return position
            row = self._database.row(sql.PDQ_VALUE, (position.signal,))
            if row is None:
                row = self._database.row(sql.REMOVAL_OF, (position.signal, position.signal))
                return position if row else None
        return position if proof_of(row[0]) == position.proof else None

    def _open_to_write(self) -> HammingIndex:
        """The index, trusted and open for writing; one that is not is replaced. Raises IndexLockedError."""
        if self._index is not None and self._writable:
            return self._index
        self.close()
        self._folder.parent.mkdir(exist_ok=True)
        index = self._opened()
        if index is None:  # an empty index is false, too
            index = self._replaced()
        self._index, self._writable = index, True
        return index

    def _opened(self) -> HammingIndex | None:
        """The index open for writing, or None when it is damaged or does not belong to this database."""
        try:
            index = HammingIndex.open(self._folder)
        except IndexCorruptError as error:
            self._warn("the PDQ index is damaged", error)
            return None
        if self._trusted(index.checkpoint) is None:
            index.close()
            self._warn("the PDQ index does not belong to this state of the database")
            return None
        return index

    def _replaced(self) -> HammingIndex:
        """An empty index in place of one that cannot be used. Only one process at a time does this."""
        descriptor = os.open(self._folder.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if (good := self._opened()) is not None:
                return good  # another process has replaced it while we waited
            self._warn("building the PDQ index again from the database")
            aside = self._folder.with_suffix(".damaged")
            if aside.exists():
                shutil.rmtree(aside)
            self._folder.rename(aside)
            shutil.rmtree(aside)
            return HammingIndex.open(self._folder)
        finally:
            os.close(descriptor)

    def _advance(self, index: HammingIndex, target: tuple[int, int]) -> None:
        """Add the signals and carry out the removals up to `target`, in steps that each leave a checkpoint.

        Additions come first: a signal that a removal names is either in the index already, or gone from the
        database and never added.
        """
        last, last_removal = target
        position = self._trusted(index.checkpoint) or Position()
        while position.signal < last:
            ids, values = read_pdq(self._database, position.signal, last, READ_ROWS)
            done = len(ids) < READ_ROWS
            reached = last if done else int(ids[-1])
            # When the very last signal has been removed meanwhile there is no value to prove it by.
            proof = proof_of(values[-1].tobytes()) if len(ids) and ids[-1] == reached else Position().proof
            position = Position(reached, position.removal, proof)
            index.add(ids, values, checkpoint=position.encoded(self._identity))
        if position.removal < last_removal:
            self._remove(index, position, last_removal)

    def _remove(self, index: HammingIndex, position: Position, last: int) -> None:
        """Carry out the removals after `position` up to number `last`."""
        with self._database.reading():
            removals = self._database.rows(sql.REMOVALS_AFTER, (position.removal,))
        for number, first_signal, last_signal in removals:
            if number > last:
                return
            for start in range(first_signal, last_signal + 1, _REMOVE_IDS):
                end = min(start + _REMOVE_IDS, last_signal + 1)
                reached = number if end > last_signal else number - 1
                here = Position(position.signal, reached, position.proof)
                index.remove(np.arange(start, end, dtype=np.uint64), checkpoint=here.encoded(self._identity))

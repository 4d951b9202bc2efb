"""The PDQ index that follows the database: derived from it, rebuilt from it, never trusted over it."""

import fcntl
import logging
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tocsin.index import (
    HammingIndex,
    IndexCorruptError,
    IndexFailedError,
    IndexLockedError,
    IndexMissingError,
)
from tocsin.index.errors import IndexClosedError
from tocsin.storage import reading
from tocsin.storage import statements as sql
from tocsin.storage.database import Database
from tocsin.storage.followed import Followed
from tocsin.storage.position import Position, proof_of
from tocsin.storage.tail import READ_ROWS, read_pdq

_LOG = logging.getLogger(__name__)
_REMOVE_IDS = 1_000_000
_UNUSABLE = (IndexMissingError, IndexCorruptError, IndexClosedError, OSError)
"""What says that the index cannot be read. OSError: there is, for one, a file where its folder was."""
_PAUSE = 10.0
"""Searches that find the index behind bring it up, and leave it at that for so many times as long."""
_MERGE_SECONDS = 1.0
"""After following, the index is merged, if that pays; commands are mostly over before."""
_PROOF_SECONDS = 1.0
"""How long a checkpoint that was proved by the database counts as proved."""

Pairs = list[tuple[NDArray[np.uint64], NDArray[np.uint8]]]
"""For each query: signal numbers and distances."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the index answers, and the checkpoint of the very state that answered."""

    checkpoint: bytes | None
    pairs: Pairs

    @classmethod
    def nothing(cls, queries: int) -> Self:
        """The answer where there is no index."""
        return cls(None, [(np.empty(0, np.uint64), np.empty(0, np.uint8))] * queries)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a state of the index has followed the database, as the caller's transaction sees it."""

    position: Position | None
    """None when it does not speak of this database as it is now."""
    last_signal: int
    last_removal: int

    @property
    def behind(self) -> bool:
        """Whether there is something to follow."""
        return self.position is None or (self.position.signal, self.position.removal) != (
            self.last_signal,
            self.last_removal,
        )


class IndexFollower:
    """Keeps the index in a folder in step with PDQ signals of a database. Threads may share it.

    `found` is to be called outside of any transaction, and `standing` in one that began after it: the index
    is compared with a state of the database at least as new. With an older one, a good index would look as if
    it came from elsewhere.
    """

    def __init__(self, folder: Path, database: Database, followed: Followed) -> None:
        """The index in `folder` of what is `followed`, made when first needed."""
        self._folder = folder
        self._database = database
        self._followed = followed
        self._reader: HammingIndex | None = None
        self._writer: HammingIndex | None = None
        self._held = False
        self._preload = False
        self._merging = False
        self._merger: threading.Timer | None = None
        self._warned: set[str] = set()
        self._opening = threading.Lock()
        self._turn = threading.RLock()
        self._due = 0.0
        self._proved: tuple[bytes, float] | None = None
        with database.reading():
            (self._identity,) = database.rows(sql.IDENTITY)[0]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the index open for writing from one catch-up to the next, and merge it meanwhile."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
            self._close_writer()

    def close(self) -> None:
        """Let the index's files and lock go."""
        merger = self._merger
        if merger is not None:
            merger.cancel()
        self._close_reader()
        self._close_writer()
        if merger is not None:
            merger.join()

    def preload(self) -> None:
        """Bring the index, and whatever it will be from now on, into memory: worth it for a server.

        Searches that come meanwhile wait for that, which takes less time than they would without it.
        """
        self._preload = True
        self._close_reader()
        self._checkpoint()

    def found(self, values: NDArray[np.uint8], radius: int) -> Found:
        """What the index holds within `radius` bits of each value (uint8[q, 32])."""
        try:
            checkpoint, (limits, ids, distances) = self._open_to_read().search_at(values, radius)
        except _UNUSABLE:
            self._close_reader()
            return Found.nothing(len(values))
        bounds = zip(limits[:-1].tolist(), limits[1:].tolist(), strict=True)
        return Found(checkpoint, [(ids[start:end], distances[start:end]) for start, end in bounds])

    def standing(self, checkpoint: bytes | None) -> Standing:
        """Where a state of the index stands. In the caller's transaction."""
        counters = reading.counters(self._database)
        last, last_removal = counters[self._followed.last_signal], counters[self._followed.last_removal]
        return Standing(self._trusted(checkpoint, last, last_removal), last, last_removal)

    def lag(self) -> int:
        """How many signal numbers the index has not come to yet. Not inside a transaction."""
        checkpoint = self._checkpoint()
        with self._database.reading():
            standing = self.standing(checkpoint)
        return max(0, standing.last_signal - (standing.position.signal if standing.position else 0))

    def due(self) -> bool:
        """Whether a search that finds the index behind should bring it up."""
        return time.monotonic() >= self._due

    def follow(self, *, wait: bool = True) -> None:
        """Bring the index up to the database, unless another process is writing to it just now.

        A failure to write the index is logged, not raised: what the database holds is safe, and is found
        without the index, only slower. Without `wait` nothing is done while another thread is at it. Not
        inside a transaction.
        """
        if not self._turn.acquire(blocking=wait):
            return
        try:
            start = time.monotonic()
            ours = self._follow()
            end = time.monotonic()
            self._due = end + _PAUSE * (end - start) if ours else 0.0
        finally:
            self._turn.release()

    def _follow(self) -> bool:
        """The same; False when it could not be done, so that the next search may try at once."""
        checkpoint = self._checkpoint()
        with self._database.reading():
            standing = self.standing(checkpoint)
        if not standing.behind:
            return True
        try:
            index = self._open_to_write()
            self._advance(index, standing)
            self._merge_soon(index)
            self._warned.clear()
        except IndexLockedError:
            return False
        except (OSError, IndexFailedError, IndexCorruptError) as error:
            self._warn("the PDQ index could not be brought up to date, so searching takes longer", error)
            self._close_writer()
            return False
        self._give_back()
        return True

    def _give_back(self) -> None:
        """Close the index for writing unless it is still needed."""
        if not self._held and not self._merging:
            self._close_writer()

    def _merge_soon(self, index: HammingIndex) -> None:
        """Have it merged in the background, if that pays.

        A merge of millions takes seconds: one begun at each catch-up, and left when the index is closed right
        after, would hold up whoever waits for the catch-up and never come to its end.
        """
        if self._held or self._merging or not index.merge_due:
            return
        if self._merger is None or not self._merger.is_alive():
            self._merger = threading.Timer(_MERGE_SECONDS, self._merge)
            self._merger.daemon = True
            self._merger.start()

    def _merge(self) -> None:
        """Merge the index, unless another process writes to it; this one goes on writing meanwhile."""
        try:
            with self._turn:
                if self._held:
                    return
                index = self._open_to_write()
                self._merging = True
            try:
                index.merge()
            finally:
                with self._turn:
                    self._merging = False
                    self._give_back()
        except (IndexLockedError, IndexClosedError):
            return  # the other process does it, or this one is about to end
        except (OSError, IndexFailedError, IndexCorruptError) as error:
            self._warn("the PDQ index could not be merged, so searching takes longer", error)

    def _checkpoint(self) -> bytes | None:
        """That of the index as it is now; None where it cannot be read."""
        try:
            return self._open_to_read().checkpoint
        except _UNUSABLE:
            self._close_reader()
            return None

    def _open_to_read(self) -> HammingIndex:
        """The index open for reading: one object for all threads, which sees what any process writes."""
        if (index := self._reader) is not None:
            return index
        with self._opening:
            if self._reader is None:
                self._reader = HammingIndex.open(self._folder, readonly=True, preload=self._preload)
            return self._reader

    def _close_reader(self) -> None:
        with self._opening:
            index, self._reader = self._reader, None
        if index is not None:
            index.close()

    def _close_writer(self) -> None:
        with self._turn:
            index, self._writer = self._writer, None
            if index is not None:
                index.close()

    def _warn(self, what: str, error: Exception | None = None) -> None:
        """Log `what` went wrong, once until the index has been brought up to date again."""
        if what not in self._warned:
            self._warned.add(what)
            _LOG.warning("%s: %s" if error else "%s", *((what, error) if error else (what,)))

    def _trusted(self, checkpoint: bytes | None, last: int, last_removal: int) -> Position | None:
        """The position a checkpoint states, or None when it does not speak of this database as it is now."""
        if checkpoint is None:
            return Position()
        position = Position.decoded(checkpoint, self._identity)
        if position is None or position.signal > last or position.removal > last_removal:
            return None
        return position if position.signal == 0 or self._is_proved(checkpoint, position) else None

    def _is_proved(self, checkpoint: bytes, position: Position) -> bool:
        """Whether the last signal that the index followed is the one that the database has."""
        proved = self._proved
        if proved is not None and proved[0] == checkpoint and time.monotonic() < proved[1]:
            return True
        row = self._database.row(self._followed.value, (position.signal,))
        if row is None:
            removed = self._database.row(self._followed.removal_of, (position.signal, position.signal))
            return removed is not None
        if proof_of(row[0]) != position.proof:
            return False
        self._proved = checkpoint, time.monotonic() + _PROOF_SECONDS
        return True

    def _open_to_write(self) -> HammingIndex:
        """The index, trusted and open for writing; one that is not is replaced. Raises IndexLockedError."""
        if self._writer is not None:
            return self._writer
        self._folder.parent.mkdir(exist_ok=True)
        index = self._opened()
        if index is None:  # an empty index is false, too
            index = self._replaced()
        self._writer = index
        return index

    def _opened(self) -> HammingIndex | None:
        """The index open for writing, or None when it is damaged or does not belong to this database."""
        try:
            index = HammingIndex.open(self._folder, merging=self._held)
        except IndexCorruptError as error:
            self._warn("the PDQ index is damaged", error)
            return None
        if self._position(index) is None:
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
            self._close_reader()
            return HammingIndex.open(self._folder, merging=self._held)
        finally:
            os.close(descriptor)

    def _position(self, index: HammingIndex) -> Position | None:
        """How far an index has followed, or None when it does not belong to this state of the database."""
        checkpoint = index.checkpoint
        with self._database.reading():
            return self.standing(checkpoint).position

    def _advance(self, index: HammingIndex, target: Standing) -> None:
        """Add the signals and carry out the removals up to `target`, in steps that each leave a checkpoint.

        Additions come first: a signal that a removal names is either in the index already, or gone from the
        database and never added.
        """
        last, last_removal = target.last_signal, target.last_removal
        position = self._position(index) or Position()
        while position.signal < last:
            ids, values = read_pdq(self._database, self._followed, position.signal, last, READ_ROWS)
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
            removals = self._database.rows(self._followed.removals_after, (position.removal,))
        for number, first_signal, last_signal in removals:
            if number > last:
                return
            for start in range(first_signal, last_signal + 1, _REMOVE_IDS):
                end = min(start + _REMOVE_IDS, last_signal + 1)
                reached = number if end > last_signal else number - 1
                here = Position(position.signal, reached, position.proof)
                index.remove(np.arange(start, end, dtype=np.uint64), checkpoint=here.encoded(self._identity))

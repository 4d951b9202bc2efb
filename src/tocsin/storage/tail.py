"""The newest PDQ signals, searched one by one as long as the index does not hold them yet."""

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tocsin.hashing.signals import SignalType
from tocsin.storage.database import Database
from tocsin.storage.followed import Followed

READ_ROWS = 250_000
_NO_IDS = np.empty(0, np.uint64)
_NO_DISTANCES = np.empty(0, np.uint8)
_NO_VALUES = np.empty((0, SignalType.PDQ.size), np.uint8)


def read_pdq(
    database: Database, followed: Followed, after: int, last: int, rows: int
) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
    """The next at most `rows` PDQ signals numbered above `after` up to `last`: uint64[n], uint8[n, 32]."""
    with database.reading():
        found = database.rows(followed.after, (after, last, rows))
    ids = np.array([number for number, _ in found], np.uint64)
    values = np.frombuffer(b"".join([value for _, value in found]), np.uint8)
    return ids, values.reshape(-1, SignalType.PDQ.size)


@dataclass(frozen=True, slots=True, eq=False)
class Newest:
    """The PDQ signals numbered above `after` up to `last`."""

    after: int
    last: int
    ids: NDArray[np.uint64]
    values: NDArray[np.uint8]

    def search(self, query: NDArray[np.uint8], radius: int) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
        """Ids and distances of the signals within `radius` bits of `query` (uint8[32])."""
        if not len(self.ids):
            return _NO_IDS, _NO_DISTANCES
        distances = np.bitwise_count(self.values ^ query).sum(axis=1, dtype=np.uint16)
        near = distances <= radius
        return self.ids[near], distances[near].astype(np.uint8)


class Tail:
    """The newest PDQ signals, kept in memory from one search to the next. Threads may share it."""

    def __init__(self, followed: Followed) -> None:
        """Hold nothing yet of what is `followed`."""
        self._followed = followed
        self._held = Newest(0, 0, _NO_IDS, _NO_VALUES)
        self._turn = threading.Lock()

    def cover(self, database: Database, after: int, last: int) -> Newest:
        """The signals numbered above `after` up to `last`.

        `after` may be lower than the last time: while another process builds the index anew, it holds less.
        """
        held = self._held
        if (held.after, held.last) == (after, last):
            return held
        with self._turn:
            self._held = held = self._covering(database, after, last)
        return held

    def _covering(self, database: Database, after: int, last: int) -> Newest:
        held = self._held
        reached = held.last if held.after <= after <= held.last <= last else after
        keep = (held.ids > after) & (held.ids <= reached)
        ids, values = [held.ids[keep]], [held.values[keep]]
        while reached < last:
            more_ids, more_values = read_pdq(database, self._followed, reached, last, READ_ROWS)
            ids.append(more_ids)
            values.append(more_values)
            reached = int(more_ids[-1]) if len(more_ids) == READ_ROWS else last
        return Newest(after, last, np.concatenate(ids), np.concatenate(values))

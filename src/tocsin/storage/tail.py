"""The newest PDQ signals, searched one by one as long as the index does not hold them yet."""

import numpy as np
from numpy.typing import NDArray

from tocsin.hashing.signals import SignalType
from tocsin.storage import statements as sql
from tocsin.storage.database import Database

READ_ROWS = 250_000
_NONE = (np.empty(0, np.uint64), np.empty(0, np.uint8))


def read_pdq(
    database: Database, after: int, last: int, rows: int
) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
    """The next at most `rows` PDQ signals numbered above `after` up to `last`: uint64[n], uint8[n, 32]."""
    with database.reading():
        found = database.rows(sql.PDQ_AFTER, (after, last, rows))
    ids = np.array([number for number, _ in found], np.uint64)
    values = np.frombuffer(b"".join([value for _, value in found]), np.uint8)
    return ids, values.reshape(-1, SignalType.PDQ.size)


class Tail:
    """The PDQ signals numbered above `after` up to `last`, kept in memory from one search to the next."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._after = self._last = 0
        self._ids = np.empty(0, np.uint64)
        self._values = np.empty((0, SignalType.PDQ.size), np.uint8)

    def cover(self, database: Database, after: int, last: int) -> None:
        """Hold the signals numbered above `after` up to `last`.

        `after` may be lower than the last time: while another process builds the index anew, it holds less.
        """
        reached = self._last if self._after <= after <= self._last <= last else after
        keep = (self._ids > after) & (self._ids <= reached)
        ids, values = [self._ids[keep]], [self._values[keep]]
        while reached < last:
            more_ids, more_values = read_pdq(database, reached, last, READ_ROWS)
            ids.append(more_ids)
            values.append(more_values)
            reached = int(more_ids[-1]) if len(more_ids) == READ_ROWS else last
        self._ids, self._values = np.concatenate(ids), np.concatenate(values)
        self._after, self._last = after, last  # not before all has been read: reading can fail

    def search(self, query: NDArray[np.uint8], radius: int) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
        """Ids and distances of the signals within `radius` bits of `query` (uint8[32])."""
        if not len(self._ids):
            return _NONE
        distances = np.bitwise_count(self._values ^ query).sum(axis=1, dtype=np.uint16)
        near = distances <= radius
        return self._ids[near], distances[near].astype(np.uint8)

"""Which PDQ signals are near to a value: those in the index by it, any newer ones one by one."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tocsin.banks.store import KnownSignal, NearHit
from tocsin.storage import reading
from tocsin.storage import statements as sql
from tocsin.storage.database import Database
from tocsin.storage.follower import UNUSABLE, IndexFollower
from tocsin.storage.position import Position
from tocsin.storage.tail import Tail

_TRIES = 3

Found = list[tuple[NDArray[np.uint64], NDArray[np.uint8]]]
"""For each query: signal numbers and distances."""


class NearSearch:
    """Searches the PDQ signals of live entries.

    The index holds withdrawn entries too; what the database says when the answer is put together is the last
    word. So a withdrawal needs no change of the index and takes effect for every process at once.
    """

    def __init__(self, folder: Path, database: Database) -> None:
        """Search `database` by the help of the index in `folder`."""
        self.follower = IndexFollower(folder, database)
        self._database = database
        self._tail = Tail()

    def search(self, values: NDArray[np.uint8], radius: int) -> list[NearHit]:
        """Live signals within `radius` bits of each value (uint8[q, 32]): all of them, nearest first."""
        self.follower.follow()
        for _ in range(_TRIES):
            if (hits := self._attempt(values, radius)) is not None:
                return hits
            self.follower.close()
        return self._joined(values, radius, Position(), [_NOTHING] * len(values))

    def _attempt(self, values: NDArray[np.uint8], radius: int) -> list[NearHit] | None:
        """One search, or None when another process built the index anew in the middle of it."""
        index, position = self.follower.usable()
        if index is None:
            return self._joined(values, radius, position, [_NOTHING] * len(values))
        try:
            limits, ids, distances = index.search(values, radius)
        except UNUSABLE:
            return None
        index_now, position_now = self.follower.usable()
        if index_now is not index or position_now.signal < position.signal:
            return None
        bounds = zip(limits[:-1].tolist(), limits[1:].tolist(), strict=True)
        found = [(ids[start:end], distances[start:end]) for start, end in bounds]
        return self._joined(values, radius, position, found)

    def _joined(
        self, values: NDArray[np.uint8], radius: int, position: Position, found: Found
    ) -> list[NearHit]:
        """What the index found up to `position`, and what is newer, as far as it is live."""
        with self._database.reading():
            counters = reading.counters(self._database)
            self._tail.cover(self._database, position.signal, max(counters["last_pdq"], position.signal))
            pairs: list[tuple[list[int], list[int]]] = []
            for value, (ids, distances) in zip(values, found, strict=True):
                held = ids <= position.signal  # what came into the index meanwhile is in the tail as well
                new_ids, new_distances = self._tail.search(value, radius)
                pairs.append(
                    (
                        ids[held].tolist() + new_ids.tolist(),
                        distances[held].tolist() + new_distances.tolist(),
                    )
                )
            known = self._known({number for ids, _ in pairs for number in ids})
        return [
            hit for query, (ids, distances) in enumerate(pairs) for hit in _hits(query, ids, distances, known)
        ]

    def _known(self, numbers: set[int]) -> dict[int, KnownSignal]:
        """The live signals among these numbers."""
        rows = list(self._database.rows_among(sql.LIVE_SIGNALS, (), sorted(numbers)))
        return reading.known_signals(self._database, rows)


_NOTHING = (np.empty(0, np.uint64), np.empty(0, np.uint8))


def _hits(query: int, ids: list[int], distances: list[int], known: dict[int, KnownSignal]) -> list[NearHit]:
    """The hits of one query, nearest first and oldest first among equals."""
    best = sorted(set(zip(distances, ids, strict=True)))
    return [NearHit(query, known[number], distance) for distance, number in best if number in known]

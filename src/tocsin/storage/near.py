"""Which PDQ signals are near to a value: those in the index by it, any newer ones one by one."""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from tocsin.storage.database import Database
from tocsin.storage.followed import Followed
from tocsin.storage.follower import Found, IndexFollower, Standing
from tocsin.storage.tail import Tail

T = TypeVar("T")
Live = Callable[[Database, Collection[int]], dict[int, T]]
"""Reads what the signals of given numbers stand for, by number; without those not to be found any more."""


class NearSearch(Generic[T]):
    """Searches PDQ signals. Threads may share it, and do not wait for each other.

    The index also holds signals that are not to be found any more, as those of withdrawn entries; what the
    database says when the answer is put together is the last word. So a withdrawal needs no change of the
    index and takes effect for every process at once.
    """

    def __init__(self, folder: Path, database: Database, followed: Followed, live: Live[T]) -> None:
        """Search what is `followed` in `database`, by the help of the index in `folder`."""
        self.follower = IndexFollower(folder, database, followed)
        self._database = database
        self._tail = Tail(followed)
        self._live = live

    def search(
        self, values: NDArray[np.uint8], radius: int, newest: int | None = None
    ) -> list[tuple[int, T, int]]:
        """Live signals within `radius` bits of each value (uint8[q, 32]): all of them, nearest first.

        Each with the place of the value in `values`, and the distance in bits. With `newest`, only so many of
        the newest signals that are so near a value, live or not.
        """
        hits = self._attempt(values, radius, newest, patient=False)
        if hits is None:
            self.follower.follow(wait=False)
            hits = self._attempt(values, radius, newest, patient=True)
        return hits or []

    def _attempt(
        self, values: NDArray[np.uint8], radius: int, newest: int | None, *, patient: bool
    ) -> list[tuple[int, T, int]] | None:
        """One search; None when the index should be brought up first, unless `patient`.

        The database is read after the index, so that it is at least as new: an index that is ahead of it is
        one that does not belong to it.
        """
        found = self.follower.found(values, radius)
        with self._database.reading():
            standing = self.follower.standing(found.checkpoint)
            if standing.behind and not patient and self.follower.due():
                return None
            if standing.position is None:
                found = Found.nothing(len(values))
            return list(self._joined(values, radius, found, standing, newest))

    def _joined(
        self,
        values: NDArray[np.uint8],
        radius: int,
        found: Found,
        standing: Standing,
        newest: int | None,
    ) -> Iterator[tuple[int, T, int]]:
        """What the index found, and what is newer, as far as it is live."""
        reached = standing.position.signal if standing.position else 0
        tail = self._tail.cover(self._database, reached, standing.last_signal)
        pairs: list[tuple[list[int], list[int]]] = []
        for value, (ids, distances) in zip(values, found.pairs, strict=True):
            new_ids, new_distances = tail.search(value, radius)
            ids = np.concatenate([ids, new_ids])  # noqa: PLW2901  # all of them
            distances = np.concatenate([distances, new_distances])  # noqa: PLW2901  # as above
            if newest is not None and len(ids) > newest:
                latest = np.argpartition(ids, -newest)[-newest:]
                ids, distances = ids[latest], distances[latest]  # noqa: PLW2901  # fewer of them
            pairs.append((ids.tolist(), distances.tolist()))
        numbers = {number for ids, _ in pairs for number in ids}
        live = self._live(self._database, numbers) if numbers else {}
        for query, (several, bits) in enumerate(pairs):
            for distance, number in sorted(set(zip(bits, several, strict=True))):
                if number in live:
                    yield query, live[number], distance

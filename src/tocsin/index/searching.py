"""Searching a snapshot: by the compiled kernels, or by NumPy while that costs less than loading them."""

import sys

import numpy as np
from numpy.typing import NDArray

from tocsin.index import reference
from tocsin.index.arrays import Bytes, Ids, Words
from tocsin.index.building import KERNELS
from tocsin.index.plan import plan_for
from tocsin.index.rows import Hits, Rows
from tocsin.index.settings import Settings
from tocsin.index.snapshot import Snapshot
from tocsin.index.tombstones import Tombstones

Answer = tuple[NDArray[np.int64], Ids, Bytes]
"""limits int64[q + 1], ids uint64[total], distances uint8[total]: query i has limits[i] to limits[i + 1]."""


class Searcher:
    """Answers queries; remembers how much NumPy has done, to tell when the kernels pay."""

    def __init__(self, settings: Settings, *, preload: bool) -> None:
        """Take `numpy_work` and `probe_cost` from the settings; with `preload`, load the kernels now."""
        self._work_left = settings.numpy_work
        if preload:
            from tocsin.index import kernels  # noqa: F401, PLC0415  # numba takes 1.3 s to import
        self._probe_cost = settings.probe_cost

    def search(self, snapshot: Snapshot, queries: Words, radius: int) -> Answer:
        """All pairs within `radius` of each query; a query's hits are in no particular order."""
        compiled = self._compiled(len(queries) * snapshot.stored())
        found = [
            _visible(self._scan(part, queries, radius, compiled=compiled), part, snapshot.tombstones)
            for part in snapshot.parts()
        ]
        if len(found) == 1:
            return found[0]
        return _joined(found, len(queries))

    def _compiled(self, work: int) -> bool:
        """Whether to use the kernels for this much more work."""
        self._work_left -= work
        return self._work_left < 0 or KERNELS in sys.modules

    def _scan(self, part: Rows, queries: Words, radius: int, *, compiled: bool) -> Hits:
        """The part's rows within the radius."""
        if not compiled:
            return reference.scan(part.hashes, queries, radius)
        from tocsin.index import kernels  # noqa: PLC0415  # numba takes 1.3 s to import

        return kernels.scan(part, queries, plan_for(radius), self._probe_cost)


def _visible(hits: Hits, part: Rows, tombstones: Tombstones) -> Answer:
    """Hits with ids for row numbers, without the removed ones."""
    ids = part.ids[hits.rows].astype(np.uint64, copy=False)
    if not len(ids) or not len(tombstones):
        return hits.limits, ids, hits.distances
    keep = ~tombstones.hides(ids, part.sequence)
    kept = np.concatenate([[0], np.cumsum(keep)])
    return kept[hits.limits], ids[keep], hits.distances[keep]


def _joined(found: list[Answer], queries: int) -> Answer:
    """Several parts' answers as one."""
    if not found:
        return np.zeros(queries + 1, np.int64), np.empty(0, np.uint64), np.empty(0, np.uint8)
    found = [answer for answer in found if len(answer[1])] or found[:1]
    if len(found) == 1:
        return found[0]
    limits = np.sum([answer[0] for answer in found], axis=0)
    ids = np.concatenate([answer[1] for answer in found])
    distances = np.concatenate([answer[2] for answer in found])
    if queries == 1:
        return limits, ids, distances
    owners = np.concatenate([np.repeat(np.arange(queries), np.diff(answer[0])) for answer in found])
    order = np.argsort(owners, kind="stable")
    return limits, ids[order], distances[order]

"""Which parts of a directory a query of some radius must look at.

A hash is a ring of m = 16 chunks. Give chunk i an allowance a_i, all of them together radius + 1. If a row
lies within the radius, its chunk distances d_i sum to less than the allowances do, so by the cycle lemma
there is a chunk i to start from such that every run of chunks from there stays below its allowance:
d_i < a_i, d_i + d_(i+1) < a_i + a_(i+1), and so on (J. Qin and C. Xiao, "Pigeonring", PVLDB 12(1), 2018).
The first condition says which values of chunk i to look up; the second is tested on the neighbour stored with
each posting, and leaves about one posting in 400 to be compared in full at radius 31.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tocsin.index.rows import CHUNK_BITS, CHUNK_VALUES, CHUNKS


@dataclass(frozen=True, slots=True)
class Plan:
    """The probes for one radius, each as (chunk << 32 | mask << 16 | limit).

    Look up the value of the query's chunk with the bits of the mask flipped, and keep postings whose
    neighbour differs from the query's next chunk in no more bits than the limit.
    """

    radius: int
    allowances: NDArray[np.int64]
    probes: NDArray[np.int64]


def _allowances(radius: int) -> NDArray[np.int64]:
    """Radius + 1 shared out over the chunks, as evenly as whole numbers can be."""
    shares = np.arange(CHUNKS + 1) * (radius + 1) // CHUNKS
    return np.diff(shares).astype(np.int64)


@lru_cache(maxsize=1)
def _values_by_weight() -> tuple[NDArray[np.uint16], NDArray[np.int64]]:
    """All chunk values by number of set bits, and where each number of set bits begins."""
    weights = np.bitwise_count(np.arange(CHUNK_VALUES, dtype=np.uint16))
    order = np.argsort(weights, kind="stable").astype(np.uint16)
    begins = np.concatenate([[0], np.cumsum(np.bincount(weights))]).astype(np.int64)
    return order, begins


@lru_cache(maxsize=65)
def plan_for(radius: int) -> Plan:
    """The plan for a radius of 0 to 64."""
    allowances = _allowances(radius)
    values, begins = _values_by_weight()
    probes = []
    for chunk in range(CHUNKS):
        allowed = int(allowances[chunk])
        both = allowed + int(allowances[(chunk + 1) % CHUNKS])
        for distance in range(allowed):
            masks = values[begins[distance] : begins[distance + 1]].astype(np.int64)
            probes.append(chunk << 32 | masks << 16 | min(both - 1 - distance, CHUNK_BITS))
    return Plan(radius, allowances, np.concatenate(probes))

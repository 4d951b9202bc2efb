"""Compiled search and sorting. Importing this costs numba's import (1.3 s) and, once, compilation."""
# Numba infers the types inside compiled functions; the types at their doors are stated in their signatures.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, call-overload, var-annotated"
# ruff: noqa: ANN001, ANN202, C901, PLR0913, PLR0917

import numpy as np
from numba import int64, njit, types, uint8, uint16, uint32, uint64
from numpy.typing import NDArray

from tocsin.index.arrays import Bytes, Words
from tocsin.index.instructions import LANES, lowest_bit, near_mask, prefetch, set_bits
from tocsin.index.plan import Plan
from tocsin.index.rows import CHUNKS, NUMBER_BYTES, Hits, Rows

_AHEAD = 16
"""Probes whose postings are asked for before they are needed (measured: 16 beats 4 and 32)."""
_BATCH = 1024
"""Postings collected before their rows are compared."""


def _fixed(scalar: types.Type, dimensions: int) -> types.Array:
    """A C-contiguous array that is only read."""
    return types.Array(scalar, dimensions, "C", readonly=True)


_QUERY = [_fixed(uint64, 2), int64, int64]
_OUT = [types.Array(uint32, 1, "C"), types.Array(uint8, 1, "C"), types.Array(int64, 1, "C")]


@njit(inline="always")
def _distance(hashes, row, query):
    """Bits in which a row differs from the query."""
    return (
        set_bits(hashes[row, 0] ^ query[0])
        + set_bits(hashes[row, 1] ^ query[1])
        + set_bits(hashes[row, 2] ^ query[2])
        + set_bits(hashes[row, 3] ^ query[3])
    )


@njit(int64(_fixed(uint64, 2), *_QUERY, *_OUT), nogil=True, cache=True)
def _scan_flat(hashes, queries, first, radius, out_rows, out_distances, limits):
    """Compare queries from `first` on with every row; the number of the query whose hits found no room.

    `limits` always says how much room would have been enough.
    """
    for number in range(first, len(queries)):
        query = queries[number]
        found = limits[number]
        for row in range(len(hashes)):
            distance = _distance(hashes, row, query)
            if distance <= radius:
                if found < len(out_rows):
                    out_rows[found] = row
                    out_distances[found] = distance
                found += 1
        limits[number + 1] = found
        if found > len(out_rows):
            return number
    return len(queries)


@njit(inline="always")
def _found_before(chunk, hash_chunks, query_chunks, allowances):
    """Whether a chunk before this one leads to the same row, so that each hit is reported once."""
    before = set_bits(uint64(hash_chunks[0] ^ query_chunks[0]))
    for i in range(chunk):
        distance = before
        after = (i + 1) % CHUNKS
        before = set_bits(uint64(hash_chunks[after] ^ query_chunks[after]))
        if distance < allowances[i] and distance + before < allowances[i] + allowances[after]:
            return True
    return False


@njit(nogil=True)
def _verify(hashes, numbers, query, allowances, radius, postings, count, found, out_rows, out_distances):
    """Compare the rows of `count` postings in full; the number of hits found so far.

    Three passes, so that the loads of one do not wait for each other.
    """
    n = len(hashes)
    for k in range(count):
        if postings[k] >= n:
            prefetch(numbers, NUMBER_BYTES * (postings[k] - n))
    for k in range(count):
        posting = postings[k]
        chunk = posting // n
        row = posting
        if chunk > 0:
            at = NUMBER_BYTES * (posting - n)
            row = int64(numbers[at]) | int64(numbers[at + 1]) << 8 | int64(numbers[at + 2]) << 16
        prefetch(hashes.reshape(-1), 4 * row)
        postings[k] = row << 4 | chunk
    for k in range(count):
        row = postings[k] >> 4
        distance = _distance(hashes, row, query)
        if distance <= radius and not _found_before(
            postings[k] & 15, hashes[row].view(np.uint16), query.view(np.uint16), allowances
        ):
            if found < len(out_rows):
                out_rows[found] = row
                out_distances[found] = distance
            found += 1
    return found


_DIRECTORY = [_fixed(uint32, 2), _fixed(uint16, 1), _fixed(uint8, 1)]
_PLAN = [_fixed(int64, 1), _fixed(uint8, 1), _fixed(uint16, 1), _fixed(uint16, 1)]


@njit(int64(_fixed(uint64, 2), *_DIRECTORY, *_PLAN, *_QUERY, *_OUT), nogil=True, cache=True)
def _scan_directory(
    hashes, starts, neighbours, numbers, allowances, chunks, masks, near, queries, first, radius,
    out_rows, out_distances, limits,
):  # fmt: skip
    """As `_scan_flat`, by way of the directory."""
    n = len(hashes)
    probes = len(chunks)
    begins = np.empty(probes, np.int64)
    ends = np.empty(probes, np.int64)
    postings = np.empty(_BATCH + LANES, np.int64)
    for number in range(first, len(queries)):
        query = queries[number]
        query_chunks = query.view(np.uint16)
        for k in range(probes):
            chunk = int64(chunks[k])
            value = int64(query_chunks[chunk] ^ masks[k])
            begins[k] = chunk * n + starts[chunk, value]
            ends[k] = chunk * n + starts[chunk, value + 1]
        found = limits[number]
        count = 0
        for k in range(probes):
            if k + _AHEAD < probes:
                at = begins[k + _AHEAD]
                until = min(ends[k + _AHEAD], at + 8 * LANES)
                while at < until:
                    prefetch(neighbours, at)
                    at += LANES
                prefetch(neighbours, until)
            at, end = begins[k], ends[k]
            value, limit = query_chunks[(chunks[k] + 1) % CHUNKS], near[k]
            while at < end:
                mask = near_mask(neighbours, at, value, limit)
                if mask != 0:
                    if end - at < LANES:
                        mask &= (uint32(1) << uint32(end - at)) - uint32(1)
                    while mask != 0:
                        postings[count] = at + int64(lowest_bit(mask))
                        count += 1
                        mask &= mask - uint32(1)
                    if count >= _BATCH:
                        found = _verify(
                            hashes, numbers, query, allowances, radius, postings, count, found,
                            out_rows, out_distances,
                        )  # fmt: skip
                        count = 0
                at += LANES
        found = _verify(
            hashes, numbers, query, allowances, radius, postings, count, found, out_rows, out_distances
        )
        limits[number + 1] = found
        if found > len(out_rows):
            return number
    return len(queries)


_NEIGHBOURS, _NUMBERS = types.Array(uint16, 1, "C"), types.Array(uint8, 1, "C")


@njit(
    types.void(_fixed(uint16, 2), int64, types.Array(uint32, 1, "C"), _NEIGHBOURS, _NUMBERS),
    nogil=True,
    cache=True,
)
def _list_rows(chunks, chunk, places, neighbours, numbers):
    """Counting sort of the rows by one chunk; `places` says where each value's postings begin."""
    for row in range(len(chunks)):
        value = chunks[row, chunk]
        at = int64(places[value])
        places[value] += uint32(1)
        neighbours[at] = chunks[row, (chunk + 1) % CHUNKS]
        numbers[NUMBER_BYTES * at] = row & 0xFF
        numbers[NUMBER_BYTES * at + 1] = row >> 8 & 0xFF
        numbers[NUMBER_BYTES * at + 2] = row >> 16


def listed(
    chunks: NDArray[np.uint16], chunk: int, starts: NDArray[np.uint32]
) -> tuple[NDArray[np.uint16], Bytes]:
    """The neighbours and row numbers of one chunk's postings; as `building.listed`, seven times faster."""
    neighbours = np.empty(len(chunks), np.uint16)
    numbers = np.empty(NUMBER_BYTES * len(chunks), np.uint8)
    _list_rows(chunks, chunk, starts[:-1].copy(), neighbours, numbers)
    return neighbours, numbers


def scan(rows: Rows, queries: Words, plan: Plan, probe_cost: int) -> Hits:
    """All rows within the plan's radius of each query (uint64[q, 4])."""
    limits = np.zeros(len(queries) + 1, np.int64)
    out_rows, out_distances = np.empty(256, np.uint32), np.empty(256, np.uint8)
    directory = rows.directory if len(rows) > probe_cost * len(plan.chunks) else None
    done = 0
    while True:
        if directory is None:
            done = _scan_flat(rows.hashes, queries, done, plan.radius, out_rows, out_distances, limits)
        else:
            done = _scan_directory(
                rows.hashes, directory.starts, directory.neighbours, directory.numbers, plan.allowances,
                plan.chunks, plan.masks, plan.limits, queries, done, plan.radius,
                out_rows, out_distances, limits,
            )  # fmt: skip
        if done == len(queries):
            total = limits[-1]
            return Hits(limits, out_rows[:total], out_distances[:total])
        room = 2 * int(limits[done + 1])
        out_rows, out_distances = np.resize(out_rows, room), np.resize(out_distances, room)

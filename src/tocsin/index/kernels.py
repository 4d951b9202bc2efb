"""Compiled search and sorting. Importing this costs numba's import (1.3 s) and, once, compilation."""
# Numba infers the types inside compiled functions; the types at their doors are stated in their signatures.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, call-overload, var-annotated"
# ruff: noqa: ANN001, ANN202, PLR0913, PLR0917

import numpy as np
from numba import int64, njit, types, uint8, uint16, uint32, uint64
from numpy.typing import NDArray

from tocsin.compiling import cached_njit
from tocsin.index.arrays import Bytes, Words
from tocsin.index.instructions import LANES, lowest_bit, near_mask, prefetch, set_bits
from tocsin.index.plan import Plan
from tocsin.index.rows import CHUNKS, NUMBER_BYTES, Hits, Rows

_AHEAD = 16
"""Probes whose postings are asked for before they are needed (measured: 16 beats 4 and 32)."""
_BATCH = 2048
"""Postings collected before their rows are compared, unless one probe has more."""


def _fixed(scalar: types.Type, dimensions: int) -> types.Array:
    """A C-contiguous array that is only read."""
    return types.Array(scalar, dimensions, "C", readonly=True)


_HITS = types.Tuple([types.Array(scalar, 1, "C") for scalar in (int64, uint32, uint8)])


@njit(inline="always")
def _distance(hashes, row, queries, number):
    """Bits in which a row differs from a query."""
    return (
        set_bits(hashes[row, 0] ^ queries[number, 0])
        + set_bits(hashes[row, 1] ^ queries[number, 1])
        + set_bits(hashes[row, 2] ^ queries[number, 2])
        + set_bits(hashes[row, 3] ^ queries[number, 3])
    )


@njit(nogil=True)
def _with_room(array, used, more):
    """The array, or a longer copy of it, with room for so many more values than are used.

    Called between the inner loops, never inside: where a loop may allocate, numba counts references to every
    array in it at every turn, which makes a flood of hits ten times slower.
    """
    if used + more <= len(array):
        return array
    longer = np.empty(2 * (used + more), array.dtype)
    longer[:used] = array[:used]
    return longer


@njit(nogil=True)
def _compare(hashes, first, last, queries, number, radius, rows, distances, found):
    """Compare rows from `first` to `last` with a query; the number of hits so far."""
    for row in range(first, last):
        distance = _distance(hashes, row, queries, number)
        if distance <= radius:
            rows[found] = row
            distances[found] = distance
            found += 1
    return found


@cached_njit(_HITS(_fixed(uint64, 2), _fixed(uint64, 2), int64), nogil=True)
def _scan_flat(hashes, queries, radius):
    """Compare every query with every row; limits, rows and distances."""
    limits = np.zeros(len(queries) + 1, np.int64)
    rows, distances = np.empty(_BATCH, np.uint32), np.empty(_BATCH, np.uint8)
    found = 0
    for number in range(len(queries)):
        for first in range(0, len(hashes), _BATCH):
            rows, distances = _with_room(rows, found, _BATCH), _with_room(distances, found, _BATCH)
            last = min(first + _BATCH, len(hashes))
            found = _compare(hashes, first, last, queries, number, radius, rows, distances, found)
        limits[number + 1] = found
    return limits, rows[:found], distances[:found]


@njit(inline="always")
def _found_before(chunk, row_chunks, row, query_chunks, number, allowances):
    """Whether a chunk before this one leads to the same row, so that each hit is reported once."""
    distance = set_bits(uint64(row_chunks[row, 0] ^ query_chunks[number, 0]))
    for i in range(chunk):
        after = (i + 1) % CHUNKS
        next_distance = set_bits(uint64(row_chunks[row, after] ^ query_chunks[number, after]))
        if distance < allowances[i] and distance + next_distance < allowances[i] + allowances[after]:
            return True
        distance = next_distance
    return False


@njit(nogil=True)
def _read_rows(postings, count, n, hashes, numbers):
    """Replace postings by (row << 4 | chunk); the loads of a pass do not wait for each other."""
    for k in range(count):
        if postings[k] >= n:
            prefetch(numbers, NUMBER_BYTES * (postings[k] - n))
    for k in range(count):
        row = postings[k]
        chunk = row // n
        if chunk > 0:
            at = NUMBER_BYTES * (row - n)
            row = int64(numbers[at]) | int64(numbers[at + 1]) << 8 | int64(numbers[at + 2]) << 16
        prefetch(hashes, 4 * row)
        postings[k] = row << 4 | chunk


@njit(nogil=True)
def _keep_hits(postings, count, hashes, queries, number, radius, allowances, rows, distances, found):
    """Compare the rows of `_read_rows` in full; the number of hits so far."""
    row_chunks, query_chunks = hashes.view(np.uint16), queries.view(np.uint16)
    for k in range(count):
        row, chunk = postings[k] >> 4, postings[k] & 15
        distance = _distance(hashes, row, queries, number)
        if distance <= radius and not _found_before(chunk, row_chunks, row, query_chunks, number, allowances):
            rows[found] = row
            distances[found] = distance
            found += 1
    return found


@njit(nogil=True)
def _near_postings(begins, ends, neighbours, probes, query_chunks, number, postings, first):
    """Collect postings whose neighbour is near, from probe `first` on until there is a batch of them.

    The number of postings, and the probe to go on with.
    """
    count = 0
    for k in range(first, len(probes)):
        if k + _AHEAD < len(probes):
            at = begins[k + _AHEAD]
            until = min(ends[k + _AHEAD], at + 8 * LANES)
            while at < until:
                prefetch(neighbours, at)
                at += LANES
            prefetch(neighbours, until)
        at, end = begins[k], ends[k]
        if count + end - at > len(postings) and count > 0:
            return count, k, postings
        if end - at > len(postings):
            postings = np.empty(end - at, np.int64)
        value, near = query_chunks[number, ((probes[k] >> 32) + 1) % CHUNKS], uint16(probes[k])
        while at < end:
            mask = near_mask(neighbours, at, value, near)
            if mask != 0:
                if end - at < LANES:
                    mask &= (uint32(1) << uint32(end - at)) - uint32(1)
                while mask != 0:
                    postings[count] = at + int64(lowest_bit(mask))
                    count += 1
                    mask &= mask - uint32(1)
            at += LANES
    return count, len(probes), postings


@cached_njit(
    _HITS(
        _fixed(uint64, 2), _fixed(uint32, 2), _fixed(uint16, 1), _fixed(uint8, 1),
        _fixed(int64, 1), _fixed(int64, 1), _fixed(uint64, 2), int64,
    ),
    nogil=True)  # fmt: skip
def _scan_directory(hashes, starts, neighbours, numbers, allowances, probes, queries, radius):
    """As `_scan_flat`, by way of the directory."""
    n = len(hashes)
    query_chunks = queries.view(np.uint16)
    begins, ends = np.empty(len(probes), np.int64), np.empty(len(probes), np.int64)
    postings = np.empty(_BATCH, np.int64)
    limits = np.zeros(len(queries) + 1, np.int64)
    rows, distances = np.empty(_BATCH, np.uint32), np.empty(_BATCH, np.uint8)
    found = 0
    for number in range(len(queries)):
        for k in range(len(probes)):
            chunk = probes[k] >> 32
            value = int64(query_chunks[number, chunk]) ^ (probes[k] >> 16 & 0xFFFF)
            begins[k] = chunk * n + starts[chunk, value]
            ends[k] = chunk * n + starts[chunk, value + 1]
        done = 0
        while done < len(probes):
            count, done, postings = _near_postings(
                begins, ends, neighbours, probes, query_chunks, number, postings, done
            )
            _read_rows(postings, count, n, hashes, numbers)
            rows, distances = _with_room(rows, found, count), _with_room(distances, found, count)
            found = _keep_hits(
                postings, count, hashes, queries, number, radius, allowances, rows, distances, found
            )
        limits[number + 1] = found
    return limits, rows[:found], distances[:found]


_NEIGHBOURS, _NUMBERS = types.Array(uint16, 1, "C"), types.Array(uint8, 1, "C")


@cached_njit(
    types.void(_fixed(uint16, 2), int64, types.Array(uint32, 1, "C"), _NEIGHBOURS, _NUMBERS), nogil=True
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
    directory = rows.directory
    if directory is None or len(rows) <= probe_cost * len(plan.probes):
        return Hits(*_scan_flat(rows.hashes, queries, plan.radius))
    return Hits(
        *_scan_directory(
            rows.hashes,
            directory.starts,
            directory.neighbours,
            directory.numbers,
            plan.allowances,
            plan.probes,
            queries,
            plan.radius,
        )
    )

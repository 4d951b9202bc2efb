"""Compiled search. Importing this module costs numba's import (1.3 s) and, the first time, its compilation."""

import numpy as np
from llvmlite import ir
from numba import boolean, float64, int64, njit, types, uint8, uint16, uint32, uint64, void  # noqa: F401
from numba.core import cgutils
from numba.extending import intrinsic

from tocsin.index.arrays import Words
from tocsin.index.plan import Plan
from tocsin.index.rows import CHUNKS, NUMBER_BYTES, OVERREAD, Hits, Rows

_LANES = OVERREAD
_AHEAD = 16
_BATCH = 1024


@intrinsic
def _near_mask(_typing, values, at, value, limit):  # type: ignore[no-untyped-def]
    """Bit k of the answer: whether values[at + k] differs from value in at most limit bits (k < 32)."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        array = cgutils.create_struct_proxy(signature.args[0])(context, builder, value=arguments[0])
        vector = ir.VectorType(ir.IntType(16), _LANES)
        indices = ir.Constant(ir.VectorType(ir.IntType(32), _LANES), [0] * _LANES)

        def splat(scalar):  # type: ignore[no-untyped-def]
            first = builder.insert_element(ir.Constant(vector, ir.Undefined), scalar, ir.IntType(32)(0))
            return builder.shuffle_vector(first, first, indices)

        pointer = builder.bitcast(builder.gep(array.data, [arguments[1]]), vector.as_pointer())
        loaded = builder.load(pointer)
        loaded.align = 2
        different = builder.xor(loaded, splat(arguments[2]))
        kind = ir.FunctionType(vector, [vector])
        count = cgutils.get_or_insert_function(builder.module, kind, f"llvm.ctpop.v{_LANES}i16")
        near = builder.icmp_unsigned("<=", builder.call(count, [different]), splat(arguments[3]))
        return builder.bitcast(near, ir.IntType(_LANES))

    return uint32(values, int64, uint16, uint16), generate


@intrinsic
def _prefetch(_typing, array, at):  # type: ignore[no-untyped-def]
    """Ask for the cache line of array[at]; never faults."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        proxy = cgutils.create_struct_proxy(signature.args[0])(context, builder, value=arguments[0])
        pointer = builder.bitcast(builder.gep(proxy.data, [arguments[1]]), ir.IntType(8).as_pointer())
        word = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer.type, word, word, word])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [pointer, word(0), word(3), word(1)])
        return context.get_dummy_value()

    return void(array, int64), generate


@intrinsic
def _set_bits(_typing, word):  # type: ignore[no-untyped-def]
    """How many bits of a word are set."""

    def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        return builder.ctpop(arguments[0])

    return uint64(uint64), generate


@intrinsic
def _lowest_bit(_typing, word):  # type: ignore[no-untyped-def]
    """The number of the lowest set bit."""

    def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        return builder.cttz(arguments[0], ir.IntType(1)(1))

    return uint32(uint32), generate


def _fixed(scalar: types.Type, dimensions: int) -> types.Array:
    """A C-contiguous array that is only read."""
    return types.Array(scalar, dimensions, "C", readonly=True)


_QUERY = [_fixed(uint64, 2), int64, int64]
_OUT = [types.Array(uint32, 1, "C"), types.Array(uint8, 1, "C"), types.Array(int64, 1, "C")]


@njit(inline="always")
def _distance(hashes, row, query):  # type: ignore[no-untyped-def]
    """Bits in which a row differs from the query."""
    return (
        _set_bits(hashes[row, 0] ^ query[0])
        + _set_bits(hashes[row, 1] ^ query[1])
        + _set_bits(hashes[row, 2] ^ query[2])
        + _set_bits(hashes[row, 3] ^ query[3])
    )


@njit(int64(_fixed(uint64, 2), *_QUERY, *_OUT), nogil=True, cache=True)
def _scan_flat(hashes, queries, first, radius, out_rows, out_distances, limits):  # type: ignore[no-untyped-def]
    """Compare each query from `first` on with every row; the number of the query that found no room for its hits.

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
def _found_before(chunk, hash_chunks, query_chunks, allowances):  # type: ignore[no-untyped-def]
    """Whether a chunk before this one leads to the same row, so that each hit is reported once."""
    before = _set_bits(uint64(hash_chunks[0] ^ query_chunks[0]))
    for i in range(chunk):
        distance = before
        after = (i + 1) % CHUNKS
        before = _set_bits(uint64(hash_chunks[after] ^ query_chunks[after]))
        if distance < allowances[i] and distance + before < allowances[i] + allowances[after]:
            return True
    return False


@njit(nogil=True)
def _verify(hashes, numbers, query, allowances, radius, postings, count, found, out_rows, out_distances):  # type: ignore[no-untyped-def]
    """Compare the rows of `count` postings in full; the number of hits found so far.

    Three passes, so that the loads of one do not wait for each other.
    """
    n = len(hashes)
    for k in range(count):
        if postings[k] >= n:
            _prefetch(numbers, NUMBER_BYTES * (postings[k] - n))
    for k in range(count):
        posting = postings[k]
        chunk = posting // n
        row = posting
        if chunk > 0:
            at = NUMBER_BYTES * (posting - n)
            row = int64(numbers[at]) | int64(numbers[at + 1]) << 8 | int64(numbers[at + 2]) << 16
        _prefetch(hashes.reshape(-1), 4 * row)
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
def _scan_directory(  # type: ignore[no-untyped-def]  # noqa: PLR0913  # a kernel takes plain arrays
    hashes, starts, neighbours, numbers, allowances, chunks, masks, near, queries, first, radius,
    out_rows, out_distances, limits,
):  # fmt: skip
    """As `_scan_flat`, by way of the directory."""
    n = len(hashes)
    probes = len(chunks)
    begins = np.empty(probes, np.int64)
    ends = np.empty(probes, np.int64)
    postings = np.empty(_BATCH + _LANES, np.int64)
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
                until = min(ends[k + _AHEAD], at + 8 * _LANES)
                while at < until:
                    _prefetch(neighbours, at)
                    at += _LANES
                _prefetch(neighbours, until)
            at, end = begins[k], ends[k]
            value, limit = query_chunks[(chunks[k] + 1) % CHUNKS], near[k]
            while at < end:
                mask = _near_mask(neighbours, at, value, limit)
                if mask != 0:
                    if end - at < _LANES:
                        mask &= (uint32(1) << uint32(end - at)) - uint32(1)
                    while mask != 0:
                        postings[count] = at + int64(_lowest_bit(mask))
                        count += 1
                        mask &= mask - uint32(1)
                    if count >= _BATCH:
                        found = _verify(
                            hashes, numbers, query, allowances, radius, postings, count, found,
                            out_rows, out_distances,
                        )  # fmt: skip
                        count = 0
                at += _LANES
        found = _verify(
            hashes, numbers, query, allowances, radius, postings, count, found, out_rows, out_distances
        )
        limits[number + 1] = found
        if found > len(out_rows):
            return number
    return len(queries)


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

"""Writing segments: from new pairs, and from older segments when they are merged."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from tocsin.index.arrays import Bytes, Ids, Words
from tocsin.index.files import checksum, write_atomically
from tocsin.index.manifest import SegmentRef
from tocsin.index.rows import CHUNK_VALUES, CHUNKS, NUMBER_BYTES, OVERREAD, Rows
from tocsin.index.segment import HEADER, HEADER_BYTES, MAGIC, PAGE, SECTION
from tocsin.index.settings import Settings, Step
from tocsin.index.tombstones import Tombstones

_SMALL_ID = 1 << 32
KERNELS = "tocsin.index.kernels"
Chunks = NDArray[np.uint16]
"""Hashes as uint16[n, 16]."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Ids and hashes that belong together."""

    ids: Ids
    hashes: Words


def gathered(parts: Sequence[Rows], tombstones: Tombstones) -> Pairs:
    """All pairs of `parts` that `tombstones` leave, in the order of `parts`."""
    keeps = [~tombstones.hides(part.ids, part.sequence) for part in parts]
    total = sum(int(keep.sum()) for keep in keeps)
    ids, hashes = np.empty(total, np.uint64), np.empty((total, 4), np.uint64)
    start = 0
    for part, keep in zip(parts, keeps, strict=True):
        end = start + int(keep.sum())
        ids[start:end] = part.ids[keep]
        np.compress(keep, part.hashes, axis=0, out=hashes[start:end])
        start = end
    return Pairs(ids, hashes)


def write_segment(path: Path, pairs: Pairs, sequence: int, settings: Settings, step: Step) -> SegmentRef:
    """Write these pairs as a segment that has the effect of operations up to `sequence`."""
    order = np.argsort(pairs.hashes.view(np.uint16)[:, 0], kind="stable")
    pairs = Pairs(pairs.ids[order], pairs.hashes[order])
    del order
    header = b""

    def fill(file: BinaryIO) -> None:
        nonlocal header
        header = _fill(file, pairs, sequence, settings, step)

    write_atomically(path, fill, step)
    return SegmentRef(path.name, len(pairs.ids), sequence, checksum(header))


def _fill(file: BinaryIO, pairs: Pairs, sequence: int, settings: Settings, step: Step) -> bytes:
    """Write the sections, then the header that describes them, which is returned."""
    rows = len(pairs.ids)
    id_bytes = 4 if not rows or int(pairs.ids.max()) < _SMALL_ID else 8
    with_directory = rows >= settings.flat_rows
    sections = [
        _section(file, iter([pairs.hashes])),
        _section(file, iter([pairs.ids.astype(f"<u{id_bytes}")])),
    ]
    if with_directory:
        compiled = rows >= settings.numpy_rows or KERNELS in sys.modules
        sections += _directory(file, pairs.hashes.view(np.uint16), step, compiled=compiled)
    else:
        sections += [_section(file, iter(())) for _ in range(3)]
    header = HEADER.pack(MAGIC, 1, id_bytes, rows, rows if with_directory else 0, sequence)
    header = (header + b"".join(sections)).ljust(HEADER_BYTES - 4, b"\0")
    header += checksum(header).to_bytes(4, "little")
    file.seek(0)
    file.write(header)
    return header


def _section(file: BinaryIO, pieces: Iterator[NDArray[np.generic]]) -> bytes:
    """Write a section at the next page; its line in the header's table."""
    offset = max(HEADER_BYTES, -(-file.tell() // PAGE) * PAGE)
    file.seek(offset)
    crc = length = 0
    for piece in pieces:
        data = np.ascontiguousarray(piece).view(np.uint8).data
        crc = checksum(data, crc)
        length += file.write(data)
    file.truncate(offset + length)
    return SECTION.pack(offset, length, crc, 0)


def _directory(file: BinaryIO, chunks: Chunks, step: Step, *, compiled: bool) -> list[bytes]:
    """Write the three sections of the directory.

    A chunk's neighbours go out as they are made; the row numbers, which follow in the file, wait till then.
    """
    starts = np.zeros((CHUNKS, CHUNK_VALUES + 1), np.uint32)
    for chunk in range(CHUNKS):
        starts[chunk, 1:] = np.cumsum(np.bincount(chunks[:, chunk], minlength=CHUNK_VALUES))
    numbers: list[Bytes] = []

    def neighbours() -> Iterator[NDArray[np.generic]]:
        yield chunks[:, 1]  # rows are in the order of chunk 0
        for chunk in range(1, CHUNKS):
            following, rows = _listed(chunks, chunk, starts[chunk], compiled=compiled)
            numbers.append(rows)
            yield following
            step("segment: chunk")
        yield np.zeros(OVERREAD, np.uint16)

    return [_section(file, iter([starts])), _section(file, neighbours()), _section(file, iter(numbers))]


def _listed(
    chunks: Chunks, chunk: int, starts: NDArray[np.uint32], *, compiled: bool
) -> tuple[NDArray[np.uint16], Bytes]:
    """The rows in the order of one chunk: the next chunk of each, and their numbers in 3 bytes each."""
    if compiled:
        from tocsin.index import kernels  # noqa: PLC0415  # numba takes 1.3 s to import

        return kernels.listed(chunks, chunk, starts)
    order = np.argsort(chunks[:, chunk], kind="stable")
    numbers = order.astype("<u4").view(np.uint8).reshape(-1, 4)[:, :NUMBER_BYTES]
    return chunks[:, (chunk + 1) % CHUNKS][order], numbers.copy().reshape(-1)

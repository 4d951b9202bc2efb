"""Writing segments: from new pairs, and from older segments when they are merged."""

from collections.abc import Iterator, Sequence
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


def gathered(parts: Sequence[Rows], tombstones: Tombstones) -> tuple[Ids, Words]:
    """All pairs of `parts` that `tombstones` leave, as ids and hashes, in the order of `parts`."""
    keeps = [~tombstones.hides(part.ids.astype(np.uint64), part.sequence) for part in parts]
    total = sum(int(keep.sum()) for keep in keeps)
    ids, hashes = np.empty(total, np.uint64), np.empty((total, 4), np.uint64)
    start = 0
    for part, keep in zip(parts, keeps, strict=True):
        end = start + int(keep.sum())
        ids[start:end] = part.ids[keep]
        np.compress(keep, part.hashes, axis=0, out=hashes[start:end])
        start = end
    return ids, hashes


def write_segment(
    path: Path, ids: Ids, hashes: Words, sequence: int, settings: Settings, step: Step
) -> SegmentRef:
    """Write these pairs as a segment that has the effect of operations up to `sequence`."""
    chunks = hashes.view(np.uint16)
    order = np.argsort(chunks[:, 0], kind="stable")
    ids, hashes = ids[order], hashes[order]
    del order
    listed = len(ids) if len(ids) >= settings.flat_rows else 0
    header_crc = 0

    def fill(file: BinaryIO) -> None:
        nonlocal header_crc
        header_crc = _fill(file, ids, hashes, sequence, listed, step)

    write_atomically(path, fill, step)
    return SegmentRef(path.name, len(ids), sequence, header_crc)


def _fill(file: BinaryIO, ids: Ids, hashes: Words, sequence: int, listed: int, step: Step) -> int:
    """Write the sections, then the header that describes them; the CRC-32 of the header."""
    id_bytes = 4 if not len(ids) or int(ids.max()) < _SMALL_ID else 8
    extents = [
        _section(file, iter([hashes])),
        _section(file, iter([ids.astype(f"<u{id_bytes}")])),
        *_directory(file, hashes, listed, step),
    ]
    header = HEADER.pack(MAGIC, 1, id_bytes, len(ids), listed, sequence)
    header = (header + b"".join(extents)).ljust(HEADER_BYTES - 4, b"\0")
    header += checksum(header).to_bytes(4, "little")
    file.seek(0)
    file.write(header)
    return checksum(header)


def _section(file: BinaryIO, pieces: Iterator[NDArray[np.generic]]) -> bytes:
    """Write a section at the next page; its line in the header's table."""
    offset = max(HEADER_BYTES, -(-file.tell() // PAGE) * PAGE)
    file.seek(offset)
    crc = length = 0
    for piece in pieces:
        data = memoryview(np.ascontiguousarray(piece)).cast("B") if piece.size else memoryview(b"")
        crc = checksum(data, crc)
        length += file.write(data)
    file.truncate(offset + length)
    return SECTION.pack(offset, length, crc, 0)


def _directory(file: BinaryIO, hashes: Words, listed: int, step: Step) -> list[bytes]:
    """Write the three sections of the directory, empty ones if nothing is to be listed.

    Two go to the file in the order of the chunks and are as long as everything else, so the row numbers of a
    chunk (3 bytes a row) are the only ones held until the neighbours are out.
    """
    if not listed:
        return [_section(file, iter(())) for _ in range(3)]
    chunks = hashes.view(np.uint16)
    starts = np.zeros((CHUNKS, CHUNK_VALUES + 1), np.uint32)
    for chunk in range(CHUNKS):
        starts[chunk, 1:] = np.cumsum(np.bincount(chunks[:, chunk], minlength=CHUNK_VALUES))
    numbers: list[Bytes] = []

    def neighbours() -> Iterator[NDArray[np.generic]]:
        for chunk in range(CHUNKS):
            following = chunks[:, (chunk + 1) % CHUNKS]
            if chunk == 0:
                yield following
                continue
            order = np.argsort(chunks[:, chunk], kind="stable")
            numbers.append(order.astype("<u4").view(np.uint8).reshape(-1, 4)[:, :NUMBER_BYTES].copy())
            step("segment: chunk")
            yield following[order]
        yield np.zeros(OVERREAD, np.uint16)

    return [_section(file, iter([starts])), _section(file, neighbours()), _section(file, iter(numbers))]

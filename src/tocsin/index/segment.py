"""Segments: immutable memory-mapped files of rows, with a directory into them when there are enough.

Layout: docs/formats/hamming-index.md, "Segment".
"""

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tocsin.index.arrays import Bytes
from tocsin.index.files import checksum, corrupt, map_file
from tocsin.index.manifest import SegmentRef
from tocsin.index.rows import CHUNK_VALUES, CHUNKS, Directory, Rows

MAGIC = b"TOCSINSG"
HEADER = struct.Struct("<8sIIQQQ")
"""magic, version, bytes per id (4 or 8), rows, rows in the directory (0 or rows), sequence."""
SECTION = struct.Struct("<QQII")
"""offset, length, CRC-32, zero."""
_SECTIONS = ("hashes", "ids", "starts", "neighbours", "numbers")
HEADER_BYTES = 4096
PAGE = 4096
_POPULATE_READ = 22  # MADV_POPULATE_READ, Linux 5.14; Python 3.11 has no name for it


@dataclass(frozen=True, slots=True)
class _Extent:
    """Where a section lies and what its bytes must sum to."""

    offset: int
    length: int
    crc: int


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """An open segment."""

    path: Path
    ref: SegmentRef
    rows: Rows
    _map: mmap.mmap
    _extents: tuple[_Extent, ...]

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return len(self._map)

    def verify(self) -> None:
        """Read everything and compare the checksums. Raises IndexCorruptError."""
        for name, extent in zip(_SECTIONS, self._extents, strict=True):
            with memoryview(self._map)[extent.offset : extent.offset + extent.length] as section:
                if checksum(section) != extent.crc:
                    raise corrupt(self.path, f"the checksum of its {name} does not fit")

    def preload(self) -> None:
        """Bring every page into memory and keep it there, so that no query waits for the disk.

        Where the process may not lock so much memory (`ulimit -l`), the pages are only read ahead, and the
        system may drop those that are not used for a while.
        """
        import ctypes  # noqa: PLC0415  # needed by servers only

        address = np.frombuffer(self._map, np.uint8).ctypes.data
        if ctypes.CDLL(None).mlock(ctypes.c_void_p(address), ctypes.c_size_t(self.size)) == 0:
            return
        try:
            self._map.madvise(_POPULATE_READ)
        except OSError:  # an older kernel: touch one byte of each page instead
            np.frombuffer(self._map, np.uint8)[::PAGE].sum()


def _sections(header: bytes, path: Path) -> tuple[int, int, int, int, tuple[_Extent, ...]]:
    """Bytes per id, rows, rows in the directory, sequence and extents out of a checked header."""
    if header[:8] != MAGIC or len(header) != HEADER_BYTES:
        raise corrupt(path, "it does not start as a segment does")
    if struct.unpack("<I", header[-4:])[0] != checksum(header[:-4]):
        raise corrupt(path, "the checksum of its header does not fit")
    _magic, version, id_bytes, rows, listed, sequence = HEADER.unpack_from(header)
    if version != 1:
        raise corrupt(path, f"it is of version {version}, which this program does not know")
    table = (SECTION.unpack_from(header, HEADER.size + SECTION.size * k) for k in range(len(_SECTIONS)))
    return id_bytes, rows, listed, sequence, tuple(_Extent(*fields[:3]) for fields in table)


def open_segment(folder: Path, ref: SegmentRef) -> Segment:
    """Map a segment, checking its header and size but not its content. Raises IndexCorruptError."""
    path = folder / ref.file
    mapped = map_file(path)
    header = mapped[:HEADER_BYTES]
    id_bytes, rows, listed, sequence, extents = _sections(header, path)
    if (rows, sequence, checksum(header)) != (ref.rows, ref.sequence, ref.header_crc):
        raise corrupt(path, "it is not the segment that the manifest names")
    if len(mapped) != extents[-1].offset + extents[-1].length:
        raise corrupt(path, f"it has {len(mapped)} bytes where its header says otherwise")

    words, ids, starts, neighbours, numbers = (_mapped_array(mapped, extent) for extent in extents)
    directory = None
    if listed:
        table = starts.view(np.uint32).reshape(CHUNKS, CHUNK_VALUES + 1)
        directory = Directory(table, neighbours.view(np.uint16), numbers)
    content = Rows(words.view(np.uint64).reshape(-1, 4), ids.view(f"<u{id_bytes}"), sequence, directory)
    return Segment(path, ref, content, mapped, extents)


def _mapped_array(mapped: mmap.mmap, extent: _Extent) -> Bytes:
    """A section's bytes, not copied."""
    return np.frombuffer(mapped, np.uint8, extent.length, extent.offset)

"""The append-only log behind the live part: one record per acknowledged operation.

Layout: docs/formats/hamming-index.md, "Log".
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Self

import numpy as np

from tocsin.index.arrays import HASH_BYTES, Ids, Words
from tocsin.index.files import checksum, corrupt, write_atomically
from tocsin.index.settings import Step

FILE_HEADER = b"TOCSINLG" + struct.pack("<II", 1, 0)
_RECORD = struct.Struct("<4sBBHIQII")
"""magic, kind, checkpoint length + 1 (0: none), reserved, ids, sequence, CRC of payload, CRC of the above."""
_MAGIC = b"TLRC"
_ADD, _REMOVE = 1, 2
_SECTOR = 512


@dataclass(frozen=True, slots=True)
class Record:
    """One operation: an add (with hashes) or a removal (without)."""

    sequence: int
    ids: Ids
    hashes: Words | None
    checkpoint: bytes | None

    def encoded(self) -> bytes:
        """The record as it stands in the log."""
        payload = (self.checkpoint or b"") + self.ids.tobytes()
        if self.hashes is not None:
            payload += self.hashes.tobytes()
        kind = _REMOVE if self.hashes is None else _ADD
        stated = 0 if self.checkpoint is None else len(self.checkpoint) + 1
        head = _RECORD.pack(_MAGIC, kind, stated, 0, len(self.ids), self.sequence, checksum(payload), 0)[:-4]
        return head + struct.pack("<I", checksum(head)) + payload


@dataclass(frozen=True, slots=True)
class _Head:
    """A record's header, checked."""

    kind: int
    stated: int
    ids: int
    sequence: int
    payload_crc: int

    @classmethod
    def read(cls, data: memoryview) -> Self | None:
        """The header at the start of `data`, or None when it is incomplete or fails its checksum."""
        if len(data) < _RECORD.size:
            return None
        magic, kind, stated, _reserved, ids, sequence, payload_crc, crc = _RECORD.unpack_from(data)
        if magic != _MAGIC or crc != checksum(data[: _RECORD.size - 4]):
            return None
        return cls(kind, stated, ids, sequence, payload_crc)

    @property
    def size(self) -> int:
        """Bytes of the whole record."""
        per_id = 8 + (HASH_BYTES if self.kind == _ADD else 0)
        return _RECORD.size + max(self.stated - 1, 0) + per_id * self.ids


def _decoded(head: _Head, payload: memoryview) -> Record:
    """The record with this header and payload."""
    start = max(head.stated - 1, 0)
    checkpoint = bytes(payload[:start]) if head.stated else None
    ids = np.frombuffer(payload, np.uint64, head.ids, start)
    hashes = None
    if head.kind == _ADD:
        hashes = np.frombuffer(payload, np.uint64, 4 * head.ids, start + 8 * head.ids).reshape(-1, 4)
    return Record(head.sequence, ids, hashes, checkpoint)


def _torn(rest: memoryview, offset: int) -> bool:
    """Whether damage from `offset` to the end of the file is an append that the machine never finished.

    An append that a crash cut short leaves a shorter file, or, where the file's length reached the disk
    before its content did, whole sectors of zeros. Anything else was once written and acknowledged.
    """
    head = _Head.read(rest)
    if head is None and len(rest) < _RECORD.size:
        return True
    if head is not None and head.size != len(rest):
        return head.size > len(rest)
    first = -offset % _SECTOR
    cuts = [0, *range(first, len(rest), _SECTOR), len(rest)]
    return any(not any(rest[a:b]) for a, b in pairwise(cuts) if b > a)


class Tail:
    """Reads records from where it last stopped; used by recovery and by readers that follow the writer."""

    def __init__(self, path: Path, sequence: int) -> None:
        """Open the log at `path`; its first record is operation `sequence` + 1. Raises IndexCorruptError."""
        self.path = path
        self.sequence = sequence
        self._descriptor = os.open(path, os.O_RDONLY)
        self.offset = len(FILE_HEADER)
        self._rest = memoryview(b"")
        if os.pread(self._descriptor, len(FILE_HEADER), 0) != FILE_HEADER:
            self.close()
            raise corrupt(path, "it does not start as a log of version 1 does")

    def grown(self) -> bool:
        """Whether there is more to read. One fstat."""
        return os.fstat(self._descriptor).st_size > self.offset

    def records(self) -> Iterator[Record]:
        """The whole records not read yet; stops before one that is incomplete or damaged."""
        size = os.fstat(self._descriptor).st_size
        data = memoryview(os.pread(self._descriptor, size - self.offset, self.offset))
        self._rest = data
        while (head := _Head.read(data)) is not None and head.size <= len(data):
            payload = data[_RECORD.size : head.size]
            if checksum(payload) != head.payload_crc:
                return
            if head.sequence != self.sequence + 1:
                raise corrupt(self.path, f"operation {self.sequence + 1} is missing at byte {self.offset}")
            self.offset += head.size
            self.sequence = head.sequence
            self._rest = data = data[head.size :]
            yield _decoded(head, payload)

    def check_rest(self) -> None:
        """Raise IndexCorruptError unless `records` stopped at the end or at a torn append."""
        if self._rest and not _torn(self._rest, self.offset):
            raise corrupt(self.path, f"the record at byte {self.offset} fails its checksum")

    def close(self) -> None:
        """Let the file go."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class Log:
    """The writer's end of the log."""

    def __init__(self, path: Path, size: int, step: Step) -> None:
        """Open the log at `path` to append after its first `size` bytes, dropping a torn append beyond."""
        self.path = path
        self.size = size
        self._step = step
        self._descriptor = os.open(path, os.O_WRONLY)
        if os.fstat(self._descriptor).st_size != size:
            os.ftruncate(self._descriptor, size)
            os.fsync(self._descriptor)

    @classmethod
    def create(cls, path: Path, step: Step) -> Self:
        """Start an empty log."""
        write_atomically(path, lambda file: file.write(FILE_HEADER), step)
        return cls(path, len(FILE_HEADER), step)

    def append(self, record: Record) -> None:
        """Write one record; it is durable when this returns."""
        data = memoryview(record.encoded())
        self._step("log: append")
        written = 0
        while written < len(data):
            written += os.pwrite(self._descriptor, data[written:], self.size + written)
        self._step("log: appended")
        os.fdatasync(self._descriptor)
        self._step("log: acknowledged")
        self.size += len(data)

    def close(self) -> None:
        """Let the file go."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

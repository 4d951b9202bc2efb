"""Where the bytes of C2PA manifests stand in a file, found without the reader of C2PA.

A manifest store is a JUMBF superbox (ISO/IEC 19566-5) whose description has C2PA's identifier. C2PA 2.2,
annex A, says in which part of each container it stands: JPEG's APP11 segments, PNG's `caBX` chunk, RIFF's
`C2PA` chunk, an extension of GIF, a top-level `uuid` box of ISO base media files. In other places it does
not count, and is told.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from tocsin.media.containers.segments import Segment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tocsin.provenance.opened import Opened

MAX_STORE: Final = 64 << 20
"""Bytes of one manifest store that are looked into."""
MAX_SCAN: Final = 64 << 20
"""Bytes of a file that are searched for manifests in places where they do not belong; `unsearched` tells."""
_MAX_STRAY: Final = 16
_MAX_PARTS: Final = 2048

_UUID: Final = b"c2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71"
_MARK: Final = b"jumd" + _UUID
_SUPERBOX_BEFORE_MARK: Final = 12
"""Length and `jumb` of the superbox, length of the description: what stands before `jumd`."""
_BOX_UUID: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_HEAD_OF_BOX: Final = 256
_CHUNK: Final = 1 << 20
_SAMPLES: Final = "mdat"
_LONG: Final = 1

_JPEG_COMMON: Final = 8
"""`JP`, instance number and packet number before the box, ISO/IEC 18477-3 as C2PA uses it."""
_BOX_HEADER: Final = 8
_GIF_EXTENSION: Final = "application/C2PA_GIF"
_PLACES: Final = {"png": "caBX", "webp": "C2PA", "avi": "C2PA", "isobmff": "uuid"}


@dataclass(frozen=True, slots=True)
class Found:
    """The bytes of one manifest store."""

    parts: tuple[Segment, ...]
    """Together, in this order, the superbox."""
    belongs: bool
    """Whether it stands where the specification puts it."""
    whole: bool
    """Whether all the bytes are there that its header promises."""


class Store:
    """The bytes of a manifest store, to look for texts in."""

    def __init__(self, file: "Opened", found: Found) -> None:
        """`found` in `file`; the bytes are read when they are needed."""
        self._file = file
        self.found = found

    @cached_property
    def data(self) -> bytes:
        """The superbox, `MAX_STORE` bytes at most."""
        data = bytearray()
        for part in self.found.parts:
            data += self._file.read(part, MAX_STORE - len(data))
        return bytes(data)

    @cached_property
    def manifests(self) -> "dict[str, tuple[int, int]]":
        """Where each manifest stands in `data`, start and end, by its label; not where two share one."""
        found = tuple(_manifests(self.data))
        times = Counter(label for _, _, label in found)
        return {label: (start, end) for start, end, label in found if times[label] == 1}

    def where(self, text: str, manifest: str) -> tuple[Segment, ...]:
        """The places in the file of `text` as `manifest` writes it; the manifest's own if it is not there.

        Texts stand in CBOR as they are (RFC 8949, 3.1, major type 3).
        """
        start, end = self.manifests.get(manifest, (0, len(self.data)))
        needle = text.encode("utf-8", "surrogatepass")
        at = self.data.find(needle, start, end) if needle else -1
        return self.segments(start, end) if at < 0 else self.segments(at, at + len(needle))

    def segments(self, start: int, end: int) -> tuple[Segment, ...]:
        """The stretches of the file that hold the bytes from `start` to `end` of the store."""
        found, at = [], 0
        for part in self.found.parts:
            first, last = max(start - at, 0), min(end - at, part.length)
            if first < last:
                found.append(part.part(first, last - first))
            at += part.length
        if found and found[0].container == "gif":  # too many small ones to list: from the first to the last
            stop = found[-1].offset + found[-1].length
            return (Segment("gif", found[0].name, found[0].offset, stop - found[0].offset),)
        return tuple(found)

    def with_active(self, label: str, below: "Collection[str]") -> bytes:
        """A store of this manifest and those `below` it.

        It is the last, which makes it the active one (C2PA 2.2, 11.1.4.2).
        """
        kept = [self.manifests[one] for one in self.manifests if one in below and one != label]
        kept.append(self.manifests[label])
        description = int.from_bytes(self.data[_BOX_HEADER : _BOX_HEADER + 4])
        content = self.data[_BOX_HEADER : _BOX_HEADER + description]
        content += b"".join(self.data[start:end] for start, end in kept)
        return (len(content) + _BOX_HEADER).to_bytes(4) + b"jumb" + content


def find_stores(file: "Opened") -> tuple[Found, ...]:
    """The manifest stores in `file`; those that do not belong where they stand only if no other is there."""
    found = tuple(_in_their_place(file))
    return found or tuple(_stray(file))


def _in_their_place(file: "Opened") -> "Iterator[Found]":
    segments = file.walk.segments
    container = segments[0].container if segments else ""
    if container == "jpeg":
        yield from _in_jpeg(file)
    if container == "gif":
        yield from _in_gif(file)
    name = _PLACES.get(container)
    for segment in file.walk.named(name) if name else ():
        head = file.read(segment, _HEAD_OF_BOX)
        at = head.find(_MARK) - _SUPERBOX_BEFORE_MARK
        if at >= 0 and (container != "isobmff" or head.startswith(_BOX_UUID)):
            found = _store_at(segment, at, head)
            if found:
                yield found


def _store_at(segment: Segment, at: int, head: bytes) -> Found | None:
    """The superbox `at` bytes into a segment."""
    length = int.from_bytes(head[at : at + 4])
    if head[at + 4 : at + 8] != b"jumb" or length == _LONG:
        return None
    part = segment.part(at, length or segment.length)
    return Found((part,), belongs=True, whole=part.length >= length)


def _in_jpeg(file: "Opened") -> "Iterator[Found]":
    """APP11 segments by instance number; each after the first repeats the header of the box."""
    boxes: dict[bytes, list[tuple[int, Segment, bytes]]] = {}
    for segment in file.walk.named("APP11")[:_MAX_PARTS]:
        head = file.read(segment, _JPEG_COMMON + _SUPERBOX_BEFORE_MARK + len(_MARK))
        if head[:2] == b"JP":
            boxes.setdefault(head[2:4], []).append((int.from_bytes(head[4:8]), segment, head[_JPEG_COMMON:]))
    for pieces in boxes.values():
        pieces.sort(key=lambda piece: piece[0])
        first = pieces[0][2]
        if first[4:8] != b"jumb" or first[_SUPERBOX_BEFORE_MARK:] != _MARK:
            continue
        skips = [_JPEG_COMMON] + [_JPEG_COMMON + _BOX_HEADER] * (len(pieces) - 1)
        parts = tuple(
            segment.part(skip, segment.length) for skip, (_, segment, _) in zip(skips, pieces, strict=True)
        )
        there = sum(part.length for part in parts)
        yield Found(parts, belongs=True, whole=there >= int.from_bytes(first[:4]))


def _in_gif(file: "Opened") -> "Iterator[Found]":
    """An application extension, cut into sub-blocks of 255 bytes at most, each behind its length."""
    for segment in file.walk.segments:
        if not segment.name.startswith(_GIF_EXTENSION):
            continue
        content, parts, at = file.read(segment), [], 0
        while at < len(content) and content[at]:
            parts.append(segment.part(at + 1, content[at]))
            at += 1 + content[at]
        if parts and file.read(parts[0])[_SUPERBOX_BEFORE_MARK:].startswith(_MARK):
            length = int.from_bytes(file.read(parts[0])[:4])
            yield Found(tuple(parts), belongs=True, whole=sum(part.length for part in parts) >= length)


def _stray(file: "Opened") -> "Iterator[Found]":
    """Superboxes anywhere: in containers that are not walked here, renamed parts, or behind the end."""
    count = 0
    for at in _marks(file):
        start = at - _SUPERBOX_BEFORE_MARK
        head = file.read(Segment("file", "", start, _BOX_HEADER))
        if start < 0 or head[4:] != b"jumb":
            continue
        length = int.from_bytes(head[:4])
        there = min(length, file.size - start)
        yield Found(
            (Segment("file", "JUMBF", start, there),), belongs=not _walked(file), whole=there == length
        )
        count += 1
        if count == _MAX_STRAY:
            return


def _walked(file: "Opened") -> bool:
    """Whether manifests of this format have a place that was looked at already."""
    segments = file.walk.segments
    return bool(segments) and segments[0].container in {"jpeg", "gif", *_PLACES}


def unsearched(file: "Opened") -> int:
    """Bytes of the file in which manifests in other places are not looked for."""
    return max(0, file.size - MAX_SCAN)


def _marks(file: "Opened") -> "Iterator[int]":
    """Where C2PA's mark stands in the first `MAX_SCAN` bytes, those of a film's samples counted last."""
    left = MAX_SCAN
    for start, stop in _samples_last(file):
        base, kept = start, b""
        while left > 0 and base + len(kept) < stop:
            file.source.seek(base + len(kept))
            read = file.source.read(min(_CHUNK, stop - base - len(kept), left))
            if not read:
                break
            chunk, left = kept + read, left - len(read)
            at = chunk.find(_MARK)
            while at >= 0:
                yield base + at
                at = chunk.find(_MARK, at + 1)
            kept = chunk[-len(_MARK) + 1 :]
            base += len(chunk) - len(kept)


def _samples_last(file: "Opened") -> "list[tuple[int, int]]":
    """Stretches of the file that make up all of it: what is beside a film's samples, then the samples."""
    beside: list[tuple[int, int]] = []
    samples: list[tuple[int, int]] = []
    start = 0
    for segment in file.walk.named(_SAMPLES):
        stop = segment.offset + segment.length
        if segment.offset < start:
            continue
        beside.append((start, segment.offset))
        samples.append((segment.offset, stop))
        start = stop
    return [*beside, (start, file.size), *samples]


def _manifests(data: bytes) -> "Iterator[tuple[int, int, str]]":
    """The superboxes within a store: start, end and label of each."""
    at = _BOX_HEADER + int.from_bytes(data[_BOX_HEADER : _BOX_HEADER + 4])
    while len(data) - at >= _BOX_HEADER:
        length = int.from_bytes(data[at : at + 4])
        if length < _BOX_HEADER:
            return
        end = min(at + length, len(data))
        if data[at + 4 : at + 8] == b"jumb":
            description = data[at + _BOX_HEADER : at + _BOX_HEADER + _HEAD_OF_BOX]
            label = description[_BOX_HEADER + len(_UUID) + 1 :].partition(b"\0")[0]
            yield at, end, label.decode("utf-8", "replace")
        at = end

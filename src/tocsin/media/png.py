"""PNG without its baggage: Pillow is shown the chunks that make the picture and none of the others.

Text and colour-profile chunks can hold a gigabyte, or inflate to it; Pillow refuses the whole picture then,
although every browser shows it. Leaving them out decodes the picture and costs a walk over the chunk headers.
Chunks follow the PNG specification (third edition), sections 5.3 and 11.
"""

import io
import os
from bisect import bisect_right
from typing import TYPE_CHECKING, BinaryIO

from tocsin.media.errors import CorruptError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_SIGNATURE_BYTES = 8
_PICTURE = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"acTL", b"fcTL", b"fdAT"})
_EXIF = b"eXIf"  # wanted for the orientation alone
_MAX_EXIF_BYTES = 1 << 20
_MAX_CHUNKS = 1_000_000


class Pieces(io.RawIOBase):
    """A read-only file made of `spans` (start, stop) of another one, one after the other."""

    def __init__(self, source: BinaryIO, spans: list[tuple[int, int]]) -> None:
        """`spans` need not be sorted; empty ones are not allowed."""
        self._source = source
        self._spans = spans
        self._starts = [0]
        for start, stop in spans:
            self._starts.append(self._starts[-1] + stop - start)
        self._at = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Place in the joined pieces."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """As every file does."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._starts[-1]}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill `buffer` from as many pieces as it takes."""
        view = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(view) and self._at < self._starts[-1]:
            piece = bisect_right(self._starts, self._at) - 1
            start, stop = self._spans[piece]
            start += self._at - self._starts[piece]
            self._source.seek(start)
            data = self._source.read(min(stop - start, len(view) - filled))
            if not data:
                break
            view[filled : filled + len(data)] = data
            filled += len(data)
            self._at += len(data)
        return filled


def picture_only(source: BinaryIO) -> BinaryIO:
    """A file like `source` that holds only the chunks which make the picture.

    Raises:
        CorruptError: there are more chunks than a picture has a use for.
    """
    end = source.seek(0, os.SEEK_END)
    spans = [(0, _SIGNATURE_BYTES)]
    at = _SIGNATURE_BYTES
    for _ in range(_MAX_CHUNKS):
        source.seek(at)
        head = source.read(8)
        if len(head) < 8:  # noqa: PLR2004  # length 4, type 4; the decoder says what a file cut here lacks
            return _join(source, spans)
        size, kind = int.from_bytes(head[:4]), head[4:]
        stop = min(at + 12 + size, end)
        if kind in _PICTURE or (kind == _EXIF and size <= _MAX_EXIF_BYTES):
            if spans[-1][1] == at:
                spans[-1] = (spans[-1][0], stop)
            else:
                spans.append((at, stop))
        if kind == b"IEND":
            return _join(source, spans)
        at = stop
    message = "the PNG has too many chunks"
    raise CorruptError(message)


def _join(source: BinaryIO, spans: list[tuple[int, int]]) -> BinaryIO:
    if len(spans) == 1:
        source.seek(0)
        return source
    return io.BufferedReader(Pieces(source, spans), 1 << 16)

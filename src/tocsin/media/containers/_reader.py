"""What every walker needs: bytes at a place, segments that end with the file, and the first problem met."""

import os
from typing import BinaryIO

from tocsin.media.containers.segments import Segment


class Reader:
    """A file being walked. Reading behind its end gives fewer bytes, never an error."""

    def __init__(self, source: BinaryIO, container: str) -> None:
        """`source` must seek."""
        self._source = source
        self.container = container
        self.size = source.seek(0, os.SEEK_END)
        self.problem: str | None = None

    def read(self, offset: int, length: int) -> bytes:
        """The bytes from `offset` on, as many of them as there are."""
        if offset >= self.size:
            return b""
        self._source.seek(offset)
        return self._source.read(length)

    def segment(self, name: str, start: int, stop: int) -> Segment:
        """The payload from `start` to `stop`, cut at the end of the file; being cut is a problem."""
        if stop > self.size:
            self.note(f"the file ends within {name}, at byte {self.size:,} of {stop:,}")
            stop = self.size
        start = min(start, self.size)
        return Segment(self.container, name, start, max(0, stop - start))

    def trailer(self, start: int) -> tuple[Segment, ...]:
        """What follows the container's end, if anything does."""
        return (Segment(self.container, "trailer", start, self.size - start),) if start < self.size else ()

    def note(self, sentence: str) -> None:
        """Keep the first problem: the later ones mostly follow from it."""
        if self.problem is None:
            self.problem = sentence

"""Where a list's bytes come from: a file or a stream, gzipped or not."""

import io
import os
import stat
import zlib
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO, Self

from tocsin.banks.lists.errors import UnreadableListError

HEAD_BYTES = 65536
MAX_HEAD_BYTES = 1 << 20
"""What is read to see the first line that says something to its end: a header can have many columns."""
_PIECE = 1 << 20
GZIP = b"\x1f\x8b"


class Source:
    """The uncompressed bytes of a list, read once from start to end."""

    def __init__(self, stream: BinaryIO, name: str, size: int | None, state: str | None) -> None:
        """Read `stream`. `state` tells this state of this file from any other; None where nothing can."""
        self.name = name
        self.size = size
        """Bytes in the file, as stored; None where that is unknown."""
        self._raw = _Counted(stream)
        start = self._raw.read(HEAD_BYTES)
        self.fingerprint = state and blake2b(state.encode() + start, digest_size=16).hexdigest()
        self._gunzip = _Gunzip(self._raw, start) if start.startswith(GZIP) else None
        self._head = b"" if self._gunzip else start
        while (len(self._head) < HEAD_BYTES or not _says_something(self._head)) and (
            len(self._head) < MAX_HEAD_BYTES and (piece := self._read_on())
        ):
            self._head += piece
        self.head = self._head
        """How the list begins, for guessing what it is."""

    @classmethod
    def open(cls, given: Path | BinaryIO) -> Self:
        """The list in a file or a stream. Raises UnreadableListError."""
        if not isinstance(given, Path):
            return cls(given, getattr(given, "name", None) or "standard input", None, None)
        try:
            stream = given.open("rb", buffering=0)
            about = os.fstat(stream.fileno())
        except OSError as error:
            raise UnreadableListError(str(error)) from error
        if not stat.S_ISREG(about.st_mode):
            return cls(stream, str(given), None, None)  # a pipe cannot be taken up again
        state = f"{given.resolve()}\0{about.st_size}\0{about.st_mtime_ns}\0"
        return cls(stream, str(given), about.st_size, state)

    @property
    def consumed(self) -> int:
        """Bytes read so far, as stored."""
        return self._raw.count

    @property
    def damage(self) -> str | None:
        """What is wrong with the compression, once reading has come to it."""
        return self._gunzip.damage if self._gunzip else None

    def read(self) -> bytes:
        """The next piece, about a megabyte at most; nothing at the end. Raises UnreadableListError."""
        if self._head:
            head, self._head = self._head, b""
            return head
        return self._read_on()

    def skip(self, count: int) -> None:
        """Pass over the next `count` bytes."""
        while count > 0 and (piece := self.read()):
            self._head = piece[count:]
            count -= len(piece)

    def close(self) -> None:
        """Close the file."""
        self._raw.close()

    def _read_on(self) -> bytes:
        """The next piece after the head."""
        return self._gunzip.read() if self._gunzip else self._raw.read(_PIECE)


def _says_something(head: bytes) -> bool:
    """Whether there is a whole line that is neither blank nor a comment."""
    return any(line.strip() and not line.startswith(b"#") for line in head.split(b"\n")[:-1])


class _Counted:
    """A stream that counts what is read from it and answers failures in our words."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.count = 0

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; nothing at the end only."""
        try:
            piece = self._stream.read(size) or b""
        except (OSError, ValueError) as error:
            raise UnreadableListError(str(error)) from error
        self.count += len(piece)
        return piece

    def close(self) -> None:
        """Close the stream, unless it is one of the process's own."""
        if isinstance(self._stream, io.FileIO):
            self._stream.close()


class _Gunzip:
    """Decompresses gzip members one after the other; a damaged end is noted, not raised (RFC 1952)."""

    def __init__(self, raw: _Counted, start: bytes) -> None:
        self._raw = raw
        self._input = start
        self._decoder = zlib.decompressobj(wbits=31)
        self.damage: str | None = None

    def read(self) -> bytes:
        """The next piece of at most a megabyte, however well it was packed."""
        while self.damage is None:
            if self._decoder.eof:
                rest = self._decoder.unused_data or self._raw.read(HEAD_BYTES)
                if not rest:
                    return b""
                self._input = rest.lstrip(b"\0")  # padding between members
                self._decoder = zlib.decompressobj(wbits=31)
            self._input = self._input or self._raw.read(HEAD_BYTES)
            if not self._input:
                self.damage = "the gzip data end too early"
                break
            try:
                piece = self._decoder.decompress(self._input, _PIECE)
            except zlib.error as error:
                self.damage = f"the gzip data are damaged ({error})"
                break
            self._input = self._decoder.unconsumed_tail
            if piece:
                return piece
        return b""

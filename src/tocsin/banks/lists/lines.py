"""Cutting a list into blocks of whole lines, in bounded memory, knowing where each stands."""

from dataclasses import dataclass

from tocsin.banks.lists.source import Source
from tocsin.banks.store import BadLine

MAX_LINE = 1 << 20
"""A longer line is set aside unread; no entry comes near it."""
_SHOWN = 100
_BOM = b"\xef\xbb\xbf"


class SetAside:
    """The lines set aside: every one is counted, the first `MOST` are kept to be listed."""

    MOST = 100_000

    def __init__(self, known: tuple[BadLine, ...] = (), count: int = 0) -> None:
        """Go on from what an interrupted run has set aside."""
        self.lines = list(known)
        self.count = count
        self._saved = len(self.lines)

    def add(self, line: int, code: str, message: str, text: str | bytes) -> None:
        """Set line number `line` aside."""
        self.count += 1
        if len(self.lines) < self.MOST:
            shown = text[:_SHOWN].decode(errors="replace") if isinstance(text, bytes) else text[:_SHOWN]
            printable = "".join(
                letter if letter.isprintable() else "\ufffd" for letter in shown.rstrip("\r\n")
            )
            self.lines.append(BadLine(line, code, message, printable))

    def unsaved(self) -> list[BadLine]:
        """Those that no batch has stored yet."""
        return self.lines[self._saved :]

    def saved(self) -> None:
        """All so far are stored."""
        self._saved = len(self.lines)


@dataclass(frozen=True, slots=True)
class Block:
    """Some whole lines, each ended by a newline."""

    data: bytes
    line: int
    """The number of its first line, counted from 1."""
    final: bool
    """Whether the list ends or breaks off here, so that what is incomplete stays incomplete."""


class Lines:
    """Yields a source's blocks. A line too long to be looked at is set aside here."""

    def __init__(self, source: Source, bad: SetAside, offset: int = 0, line: int = 0) -> None:
        """Begin `offset` bytes and `line` lines into the list."""
        self.offset = offset
        """Bytes of the list taken so far."""
        self.line = line
        """Lines taken so far."""
        self._source = source
        self._bad = bad
        self._buffer = b""
        self._ended = False
        source.skip(offset)
        if offset == 0:
            self._fill()
            if self._buffer.startswith(_BOM):
                self._buffer = self._buffer[len(_BOM) :]
                self.offset = len(_BOM)

    def block(self) -> Block | None:
        """The next block; None at the end."""
        if len(self._buffer) < 2 * MAX_LINE:
            self._fill()
        while True:
            found = self._over_long()
            if found is not None and found[0] > 0:
                return self._take(found[0], final=True)
            if found is not None:
                self._drop(found[1])
                continue
            if self._ended:
                return self._take(len(self._buffer), final=True) if self._buffer else None
            if cut := self._buffer.rfind(b"\n") + 1:
                return self._take(cut, final=False)
            self._fill()

    def unread(self, rest: bytes) -> None:
        """Give back whole lines from the end of the last block, to come again with more behind them."""
        self.offset -= len(rest)
        self.line -= rest.count(b"\n")
        self._buffer = rest + self._buffer

    def _fill(self) -> None:
        """Read a piece more."""
        piece = b"" if self._ended else self._source.read()
        self._ended = not piece
        self._buffer += piece

    def _over_long(self) -> tuple[int, int] | None:
        """Start and end of the first line longer than MAX_LINE; the end is -1 where it is not in sight.

        Such a line covers a multiple of MAX_LINE, so only the lines there need a look.
        """
        for middle in range(MAX_LINE, len(self._buffer), MAX_LINE):
            start = self._buffer.rfind(b"\n", 0, middle) + 1
            end = self._buffer.find(b"\n", middle)
            if (end if end >= 0 else len(self._buffer)) - start > MAX_LINE:
                return start, end
        return None

    def _drop(self, end: int) -> None:
        """Set aside the line that the buffer begins with."""
        beginning = self._buffer[:_SHOWN]
        while end < 0 and not self._ended:
            self.offset += len(self._buffer)
            self._buffer = b""
            self._fill()
            end = self._buffer.find(b"\n")
        length = end + 1 if end >= 0 else len(self._buffer)
        self.offset += length
        self.line += 1
        self._buffer = self._buffer[length:]
        self._bad.add(self.line, "too_long", f"the line has more than {MAX_LINE} bytes", beginning)

    def _take(self, length: int, *, final: bool) -> Block:
        """Cut the first `length` bytes off the buffer."""
        data, self._buffer = self._buffer[:length], self._buffer[length:]
        self.offset += length
        if not data.endswith(b"\n"):
            data += b"\n"  # the last line of a file may lack it
        first = self.line + 1
        self.line += data.count(b"\n")
        return Block(data, first, final)

"""CSV (RFC 4180), with commas, semicolons or tabs, with or without a header."""

import csv
from collections.abc import Sequence
from itertools import islice

from tocsin.banks.lists.detect import ListShape
from tocsin.banks.lists.lines import MAX_LINE, Block, SetAside
from tocsin.banks.lists.rows import RowReader, Rows

_TOGETHER = 1024
_MAX_RECORD_LINES = 1000
"""A quotation mark that is never closed costs no more lines than this to be found out."""


class CsvList:
    """Reads blocks of CSV.

    Nearly all records are one line, and many such are parsed at once. Where that fails, records are parsed
    one by one. A record that turns out to be bad costs only its first line: reading goes on with the second,
    so a stray quotation mark does not take its neighbours with it.
    """

    def __init__(self, shape: ListShape, reader: RowReader, bad: SetAside, *, first: bool) -> None:
        """Read a table of that shape; `first`: from its first line on, which may be a header."""
        self._delimiter = shape.delimiter
        self._exported = shape.exported
        self._reader = reader
        self._bad = bad
        self._header = shape.header and first

    def feed(self, block: Block) -> int:
        """Read a block; how many of its bytes are dealt with: the rest must come again, followed by more."""
        # Bytes that are no UTF-8 become lone surrogates, which no text may hold, so their row is set aside.
        lines = block.data.decode(errors="surrogateescape").split("\n")[:-1]
        at = 0
        while at < len(lines):
            some = lines[at : at + _TOGETHER]
            if not self._header and self._read_singles(some, block.line + at):
                at += len(some)
            elif (taken := self._read_records(lines, at, at + len(some), block)) > at:
                at = taken
            else:
                break
        rest = "".join(line + "\n" for line in lines[at:])
        return len(block.data) - len(rest.encode(errors="surrogateescape"))

    def _read_singles(self, lines: Sequence[str], first: int) -> bool:
        """Read lines that are one record each, if they are."""
        try:
            rows = list(csv.reader(lines, delimiter=self._delimiter, strict=True))
        except csv.Error:
            return False
        if len(rows) != len(lines):
            return False
        numbers: Sequence[int] = range(first, first + len(lines))
        if [] in rows:  # blank lines
            kept = [place for place, row in enumerate(rows) if row]
            rows, lines = [rows[place] for place in kept], [lines[place] for place in kept]
            numbers = [first + place for place in kept]
        if rows:
            self._reader.read(Rows(rows, numbers, lines))
        return True

    def _read_records(self, lines: Sequence[str], at: int, end: int, block: Block) -> int:
        """Read the records that begin in lines `at` up to `end`, one by one; where to go on."""
        singles: list[tuple[int, list[str]]] = []
        while at < end:
            row, length = self._record(lines, at)
            if row is None and not block.final and self._may_go_on(lines, at, length):
                break
            if self._header:
                self._header = not row or lines[at].startswith("#")  # what stands before it is passed over
                at += length if row else 1
            elif row is None or length > 1:
                self._flush(singles, lines, block.line)
                at += self._read_long(row, lines[at : at + length], block.line + at)
            else:
                if row:
                    singles.append((at, row))
                at += 1
        self._flush(singles, lines, block.line)
        return at

    def _record(self, lines: Sequence[str], at: int) -> tuple[list[str] | None, int]:
        """The record that begins in line `at` (None if it is not one) and how many lines it was read from."""
        ended = (line + "\n" for line in islice(lines, at, at + _MAX_RECORD_LINES))
        reader = csv.reader(ended, delimiter=self._delimiter, strict=True)
        try:
            return next(reader), reader.line_num
        except csv.Error:
            return None, reader.line_num

    @staticmethod
    def _may_go_on(lines: Sequence[str], at: int, length: int) -> bool:
        """Whether a record that cannot be read may just lack lines that the next block brings."""
        left = len(lines) - at
        return length == left < _MAX_RECORD_LINES and sum(map(len, islice(lines, at, None))) < MAX_LINE

    def _read_long(self, row: list[str] | None, lines: Sequence[str], line: int) -> int:
        """Read a record of several lines, or set its first one aside; how many lines that deals with.

        Two stray quotation marks far apart make one record of all the lines between them. They are told by
        that: what belongs between quotation marks hardly reads like a row of the same table. Our own export
        has no stray ones, and any text.
        """
        if row is None or (not self._exported and self._swallows(lines)):
            self._bad.add(line, "bad_csv", "the quotation marks do not fit", lines[0])
            return 1
        before = self._bad.count
        self._reader.read(Rows([row], [line], [lines[0]]))
        return len(lines) if self._bad.count == before else 1

    def _swallows(self, lines: Sequence[str]) -> bool:
        """Whether a record of several lines holds a line that is a row by itself."""
        return any(self._reader.resembles(self._record(lines, at)[0]) for at in range(1, len(lines)))

    def _flush(self, singles: list[tuple[int, list[str]]], lines: Sequence[str], first: int) -> None:
        """Read the records of one line each that have come together."""
        if singles:
            places = [at for at, _ in singles]
            rows = [row for _, row in singles]
            self._reader.read(Rows(rows, [first + at for at in places], [lines[at] for at in places]))
            singles.clear()

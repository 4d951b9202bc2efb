"""Verifying an exported ledger, with nothing but the file."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from tocsin.evidence import chain
from tocsin.evidence.chain import Head, Row
from tocsin.evidence.checking import Broken, LedgerCheck, introduced
from tocsin.evidence.errors import LedgerFormatError
from tocsin.evidence.exporting import Beginning, End, Line, lines

if TYPE_CHECKING:
    from cryptography.x509 import Certificate


@dataclass(slots=True)
class FileCheck:
    """An exported ledger being verified: heads are kept in memory, rows pass by."""

    source: BinaryIO
    wanted: bytes | None = None
    """The SHA-256 of the public key that must have begun it; None to take the file's own word."""
    roots: "Sequence[Certificate]" = ()
    """As of LedgerCheck."""
    rows: int = 0
    heads: int = 0
    stamps: int = 0
    fingerprint: bytes | None = None
    """The SHA-256 of the public key that did begin it."""
    _end: End | None = None
    _heads: list[Head] = field(default_factory=list)

    def run(self) -> Iterator[Broken]:
        """Everything that is broken. Raises LedgerFormatError for what is no exported ledger at all."""
        found = lines(self.source)
        first = next(found, None)
        if not isinstance(first, Beginning):
            message = "the file does not begin as an exported ledger does"
            raise LedgerFormatError(message)
        held = self._take_heads(found)
        check = LedgerCheck(
            chain.genesis(first.identity), fingerprint=self.wanted, heads=iter(self._heads), roots=self.roots
        )
        yield from check.check(self._rows(held, found))
        self.rows, self.heads, self.stamps = check.rows, check.heads_checked, check.stamps_checked
        yield from self._ending(check)

    def _take_heads(self, found: Iterator[Line]) -> Line | None:
        """The heads, which stand before the rows; the first line that is none."""
        for line in found:
            if not isinstance(line, Head):
                return line
            self._heads.append(line)
        return None

    def _rows(self, line: Line | None, found: Iterator[Line]) -> Iterator[Row]:
        while isinstance(line, Row):
            if self.fingerprint is None and (public := introduced(line)) is not None:
                self.fingerprint = hashlib.sha256(public).digest()
            yield line
            line = next(found, None)
        self._end = line if isinstance(line, End) else None
        if self._end is not None and next(found, None) is not None:
            self._end = None

    def _ending(self, check: LedgerCheck) -> Iterator[Broken]:
        if self._end is None:
            yield Broken(
                "end", "the file does not end as an exported ledger does: something is cut off or added"
            )
        elif self._end != End(check.rows, check.heads_checked):
            yield Broken("end", f"it speaks of {self._end.rows} rows and {self._end.heads} heads")
        if check.last > (self._heads[-1].number if self._heads else 0):
            yield Broken("end", "no signed head covers the last rows")

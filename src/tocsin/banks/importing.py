"""Importing a list into a bank: of any size, in bounded memory, taken up again where it was interrupted."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO, Protocol

from tocsin.banks.lists.csv_list import CsvList
from tocsin.banks.lists.detect import ListShape, detect
from tocsin.banks.lists.errors import NothingReadableError
from tocsin.banks.lists.hash_lines import HashLines
from tocsin.banks.lists.lines import Block, Lines, SetAside
from tocsin.banks.lists.ndjson_list import NdjsonList
from tocsin.banks.lists.options import Format, Gathered, ImportOptions
from tocsin.banks.lists.rows import RowReader
from tocsin.banks.lists.source import Source
from tocsin.banks.store import AddCounts, BadLine, ImportProgress, ImportStore

__all__ = ["Format", "ImportOptions", "ImportReport", "Progress", "import_file"]

BATCH = 250_000
"""Entries that are committed together; what a kill can cost is the time of reading these again."""
_BAD_TOGETHER = 10_000
"""So many bad lines since the last commit ask for one; so many and nothing good, and the import gives up."""

Progress = Callable[[int, int | None], None]
"""Told now and then how many bytes have been read, and of how many (None: unknown)."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a list, over all the runs that an interrupted import took."""

    name: str
    """The file, or "standard input"."""
    format: Format
    lines: int
    """Lines read, with header, blank and bad ones."""
    counts: AddCounts
    bad: int
    """Lines set aside."""
    bad_lines: tuple[BadLine, ...]
    """The first 100,000 of these."""
    resumed_from: int
    """The number of lines that an earlier, interrupted run had dealt with; 0 if there was none."""
    ignored_columns: tuple[str, ...]
    """Columns with names that mean nothing here."""

    @property
    def added(self) -> int:
        """Entries the bank did not hold before."""
        return self.counts.added

    @property
    def already_there(self) -> int:
        """Entries the bank held before, withdrawn ones included."""
        return self.counts.already_there


class _Reader(Protocol):
    """One of the readers in `tocsin.banks.lists`."""

    def feed(self, block: Block) -> int: ...


def import_file(
    store: ImportStore,
    bank: str,
    given: Path | BinaryIO,
    options: ImportOptions | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import a list from a file or a stream into a bank, setting bad lines aside.

    Entries are committed in batches. A file that is imported again after an interruption, with the same
    options, is taken up where the last batch ended. In any other case it is read from the start; what is in
    the bank already is counted and left alone.

    Raises UnknownBankError, UnreadableListError, UnknownListError, AmbiguousTypeError, NothingReadableError.
    """
    store.bank(bank)
    source = Source.open(given)
    try:
        one = _Import(store, bank, source, options or ImportOptions())
        with store.bulk():
            one.run(progress or (lambda _done, _size: None))
        return one.report()
    finally:
        source.close()


class _Import:
    """One run over one list."""

    def __init__(self, store: ImportStore, bank: str, source: Source, options: ImportOptions) -> None:
        self._store = store
        self._bank = bank
        self._source = source
        self._shape = detect(source.head, options)
        self._fingerprint = _fingerprint(source, options)
        self._counts = AddCounts()
        start, self._bad = self._start()
        self._resumed_from = start.line
        self._lines = Lines(source, self._bad, start.offset, start.line)
        self._gathered = Gathered(options)
        self._reader = _reader(self._shape, options, self._gathered, self._bad, first=start.offset == 0)
        self._good = start.counts.added + start.counts.already_there

    def _start(self) -> tuple[ImportProgress, SetAside]:
        """Where to begin."""
        found = self._fingerprint and self._store.unfinished_import(self._bank, self._fingerprint)
        if not found:
            return ImportProgress(self._fingerprint or ""), SetAside()
        self._counts = found.progress.counts
        return found.progress, SetAside(found.bad_lines, found.progress.bad)

    def run(self, progress: Progress) -> None:
        """Read the list to its end."""
        while (block := self._lines.block()) is not None:
            if rest := block.data[self._reader.feed(block) :]:
                self._lines.unread(rest)
            if len(self._gathered) >= BATCH or len(self._bad.unsaved()) >= _BAD_TOGETHER:
                self._commit()
            progress(self._source.consumed, self._source.size)
        if self._source.damage:
            self._bad.add(self._lines.line + 1, "damaged_gzip", self._source.damage, "")
        self._commit()
        if self._fingerprint:
            self._store.finish_import(self._bank, self._fingerprint)

    def _commit(self) -> None:
        """Store what has been gathered, and how far that is into the list."""
        self._good += len(self._gathered)
        if self._bad.count and not self._good:
            first = self._bad.lines[0]
            message = f"{self._source.name}: no line can be read; line {first.line}: {first.message}"
            raise NothingReadableError(message)
        at = None
        if self._fingerprint:
            at = ImportProgress(
                self._fingerprint, self._lines.offset, self._lines.line, self._counts, self._bad.count
            )
        self._counts += self._store.add_batches(self._bank, self._gathered.take(), at, self._bad.unsaved())
        self._bad.saved()

    def report(self) -> ImportReport:
        """What became of the list."""
        return ImportReport(
            name=self._source.name,
            format=self._shape.format,
            lines=self._lines.line,
            counts=self._counts,
            bad=self._bad.count,
            bad_lines=tuple(sorted(self._bad.lines, key=lambda bad: bad.line)),
            resumed_from=self._resumed_from,
            ignored_columns=self._shape.columns.ignored,
        )


def _reader(
    shape: ListShape, options: ImportOptions, gathered: Gathered, bad: SetAside, *, first: bool
) -> _Reader:
    """The reader for a list of that shape. `first`: from its first line on."""
    if shape.format is Format.LINES:
        return HashLines(shape.type, gathered, bad)
    if shape.format is Format.NDJSON:
        return NdjsonList(options, gathered, bad)
    rows = RowReader(shape.columns, options, gathered, bad)
    return CsvList(shape, rows, bad, first=first)


def _fingerprint(source: Source, options: ImportOptions) -> str | None:
    """What is the same only for the same file in the same state, imported with the same options."""
    if source.fingerprint is None:
        return None
    return blake2b(f"{source.fingerprint} {options!r}".encode(), digest_size=16).hexdigest()

"""Reading a partner's file to its end, record by record, whatever its format."""

import json
from collections.abc import Callable, Iterable
from typing import TypeVar

from tocsin.banks.importing import Progress
from tocsin.banks.lists.lines import SetAside
from tocsin.banks.lists.objects import Json
from tocsin.banks.lists.source import Source
from tocsin.exchange.files import icse, nsrl, rows, vics
from tocsin.exchange.files.errors import FileCutError, NothingReadError
from tocsin.exchange.files.formats import FileFormat, FileOptions
from tocsin.exchange.files.records import BadRecordError
from tocsin.exchange.files.staging import Item, Staging
from tocsin.exchange.files.threatexchange_files import Reader

_BOM = b"\xef\xbb\xbf"
_Raw = TypeVar("_Raw", bound=bytes | Json)


class Reading:
    """One file on its way to where records wait."""

    def __init__(self, source: Source, options: FileOptions, staging: Staging, progress: Progress) -> None:
        """Read `source`; nothing is read before `run`."""
        self.told = vics.Told()
        """What a VICS file says besides its records."""
        self.bad = SetAside()
        self.records = 0
        self._source = source
        self._options = options
        self._staging = staging
        self._progress = progress

    def run(self) -> None:
        """Read it to its end.

        Raises UnreadableListError, NotThisFormatError, FileCutError, MalformedFileError, SchemeConflictError,
        NothingReadError: nothing of what waits is to be used then.
        """
        try:
            self._run()
        except FileCutError as error:
            raise FileCutError(self._source.damage or error.message) from error
        if self._source.damage:
            raise FileCutError(self._source.damage)
        if self.bad.count and not self._staging.added:
            first = self.bad.lines[0]
            message = f"no record can be read; number {first.line}: {first.message} [{first.code}]"
            raise NothingReadError(message)

    def _run(self) -> None:
        """Read it by its format's reader."""
        form = self._options.format
        if form is FileFormat.VICS:
            self._take(vics.media(self._read, self.told, self._settle_scheme), self._vics_item)
        elif form is FileFormat.NSRL and self._source.head.removeprefix(_BOM).lstrip()[:1] == b"{":
            records = vics.media(self._read, self.told, nsrl.demand_benign_set)
            self._take(records, lambda record: self._vics_item(nsrl.benign(record)))
        elif form is FileFormat.NSRL:
            self._nsrl_table()
        elif form is FileFormat.ICSE:
            self._icse_table()
        else:
            self._threatexchange()

    def _read(self) -> bytes:
        """The next piece of the file."""
        piece = self._source.read()
        self._progress(self._source.consumed, self._source.size)
        return piece

    def _take(self, raws: Iterable[_Raw], item_of: Callable[[_Raw], Item]) -> None:
        """Have every record wait, and set those aside that cannot be an entry."""
        for raw in raws:
            self.records += 1
            try:
                item = item_of(raw)
            except BadRecordError as error:
                text = raw if isinstance(raw, bytes) else json.dumps(raw)
                self.bad.add(self.records, error.code, error.message, text)
            else:
                self._staging.add(item)

    def _settle_scheme(self, context: vics.Context) -> None:
        """Which scheme categories are kept under. Raises SchemeConflictError."""
        self.told.scheme = context.scheme_with(self._options.scheme)

    def _vics_item(self, record: Json) -> Item:
        return vics.item(record, self.told)

    def _icse_table(self) -> None:
        """A table of ICSE."""
        lines = rows.lines(self._read)
        header = rows.header(lines, icse.DELIMITER)
        columns = icse.columns_of(header)
        self._take(
            filter(None, lines),
            lambda line: icse.item(rows.cells(line, icse.DELIMITER), columns, len(header)),
        )

    def _nsrl_table(self) -> None:
        """A table of NSRL, whose names of files are in any encoding."""
        lines = rows.lines(self._read)
        header = rows.header(lines, nsrl.DELIMITER)
        columns = nsrl.columns_of(header)
        self._take(
            filter(None, lines),
            lambda line: nsrl.item(rows.cells(line, nsrl.DELIMITER, errors="replace"), columns, len(header)),
        )

    def _threatexchange(self) -> None:
        """A text of python-threatexchange."""
        reader = Reader(self._source.name, self._options.type)
        lines = rows.lines(self._read)
        first = next(lines, b"")
        if first and not reader.header(first):
            self._take([first], reader.item)
        self._take(filter(None, lines), reader.item)

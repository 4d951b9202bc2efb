"""NDJSON: one JSON object a line, in the shape of our own export or flat like a row of a table."""

from dataclasses import replace
from functools import lru_cache

from tocsin.banks.batch import InvalidTextError, NoSignalError
from tocsin.banks.lists import cells, objects
from tocsin.banks.lists.cells import BadRowError
from tocsin.banks.lists.columns import Columns, from_header
from tocsin.banks.lists.errors import UnknownListError
from tocsin.banks.lists.lines import Block, SetAside
from tocsin.banks.lists.objects import Json, text_of
from tocsin.banks.lists.options import Gathered, ImportOptions
from tocsin.banks.lists.rows import RowReader, Rows
from tocsin.banks.model import EntryDraft, Origin
from tocsin.hashing.signals import Signal

_TOGETHER = 1024


class NdjsonList:
    """Reads blocks of lines with one object each; blank lines are passed over.

    Flat objects with the same fields in a row are read like rows of a table, many at once.
    """

    def __init__(self, options: ImportOptions, gathered: Gathered, bad: SetAside) -> None:
        """Take for granted what `options` says."""
        self._options = options
        self._gathered = gathered
        self._bad = bad
        self._names: tuple[str, ...] = ()
        self._rows: list[tuple[list[str], int, str]] = []

    def feed(self, block: Block) -> int:
        """Read a block; how many of its bytes are dealt with: all."""
        lines = block.data.decode(errors="surrogateescape").split("\n")[:-1]
        for number, line in enumerate(lines, block.line):
            if line and not line.isspace():
                try:
                    self._read(line, number)
                except BadRowError as error:
                    self._bad.add(number, error.code, error.message, line)
        self._flush()
        return len(block.data)

    def _read(self, text: str, line: int) -> None:
        """Read one object. Raises BadRowError."""
        fields = objects.parsed(text)
        if not isinstance(fields, dict):
            code, message = "bad_json", "the line is not a JSON object"
            raise BadRowError(code, message)
        if "signals" in fields:
            self._flush()
            self._read_full(fields)
            return
        row = [text_of(value) for value in fields.values()]
        names = tuple(fields)
        if names != self._names or len(self._rows) >= _TOGETHER:
            self._flush()
            self._names = names
        self._rows.append((row, line, text))

    def _read_full(self, fields: dict[str, Json]) -> None:
        """Read an object in the shape of our export. Raises BadRowError."""
        stated = fields.get("origin")
        origin = stated if isinstance(stated, dict) else {}
        default = self._options.origin
        draft = EntryDraft(
            tuple(self._in_dialect(one) for one in objects.signals(fields["signals"])),
            Origin(
                text_of(origin.get("source")) or default.source,
                text_of(origin.get("member")) or default.member,
                text_of(origin.get("id")),
            ),
            self._options.labels + tuple(objects.labels(fields.get("labels"))),
            cells.time(text_of(fields.get("withdrawn"))),
            text_of(fields.get("withdrawn_reason")),
        )
        try:
            self._gathered.drafts.append(draft)
        except InvalidTextError as error:
            code = "bad_text"
            raise BadRowError(code, error.message) from None
        except NoSignalError:
            code, message = "no_hash", "there is no hash"
            raise BadRowError(code, message) from None

    def _in_dialect(self, signal: Signal) -> Signal:
        """The signal with the dialect taken for granted, where it states none."""
        if signal.type.exact or signal.dialect or not self._options.dialect:
            return signal
        return replace(signal, dialect=self._options.dialect)

    def _flush(self) -> None:
        """Read the flat objects that have come together."""
        if not self._rows:
            return
        rows = Rows(*zip(*self._rows, strict=True))
        self._rows = []
        try:
            columns = _columns(self._names)
        except UnknownListError as error:
            for line, text in zip(rows.lines, rows.texts, strict=True):
                self._bad.add(line, "no_hash", error.message, text)
            return
        RowReader(columns, self._options, self._gathered, self._bad).read(rows)


@lru_cache(64)
def _columns(names: tuple[str, ...]) -> Columns:
    """What the fields of an object mean. Raises UnknownListError."""
    return from_header(names)

"""What a list is, told by how it begins."""

import csv
import re
from dataclasses import dataclass, field

from tocsin.banks.lists.columns import (
    EXPORTED,
    Columns,
    Role,
    from_header,
    from_rows,
    is_hash,
    known,
    type_of_digits,
)
from tocsin.banks.lists.errors import AmbiguousTypeError, UnknownListError
from tocsin.banks.lists.options import Format, ImportOptions
from tocsin.banks.lists.source import GZIP
from tocsin.hashing.signals import SignalType

_SAMPLE_LINES = 100
_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class ListShape:
    """How to read a list."""

    format: Format
    type: SignalType | None = None
    """Of every hash, where there is one a line; None where their lengths tell."""
    delimiter: str = ","
    header: bool = False
    exported: bool = False
    """Whether it is a table that we wrote ourselves."""
    columns: Columns = field(default_factory=lambda: Columns(0, (), {}))


def detect(head: bytes, options: ImportOptions) -> ListShape:
    """The shape of the list that begins with `head`.

    Raises UnknownListError, AmbiguousTypeError.
    """
    if head.startswith(GZIP):
        message = "the list is gzipped twice"
        raise UnknownListError(message)
    if b"\r" in head.strip() and b"\n" not in head:
        message = "the lines end with CR alone"
        raise UnknownListError(message)
    lines = _sample(head)
    found = options.format or _format(lines)
    if found is Format.CSV:
        return _csv(lines, options)
    if found is Format.LINES:
        return ListShape(found, _type(lines, options))
    return ListShape(found)


def _sample(head: bytes) -> list[str]:
    """The first lines that say something. Raises UnknownListError."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        message = "the list is in UTF-16"
        raise UnknownListError(message)
    text = head.decode("utf-8-sig", errors="replace")
    lines = text.split("\n")
    if len(lines) > 1 and not text.endswith("\n"):
        lines.pop()  # cut in the middle
    kept = [line for line in lines if line.strip() and not line.startswith("#")]
    return [line.rstrip("\r") for line in kept[:_SAMPLE_LINES]]


def _format(lines: list[str]) -> Format:
    """The format that most of the lines look like. Raises UnknownListError."""
    if lines and lines[0].lstrip().startswith("["):
        message = "the list is a JSON array"
        raise UnknownListError(message)
    if 2 * sum(line.lstrip().startswith("{") for line in lines) > len(lines):
        return Format.NDJSON
    delimited = sum(any(sign in line for sign in _DELIMITERS) for line in lines)
    if 2 * delimited > len(lines) or (lines and any(known(name) for name in _names(lines[0]))):
        return Format.CSV
    return Format.LINES


def _names(line: str) -> list[str]:
    """The words that stand in a line, whatever parts them."""
    return [name.strip('" ') for name in re.split(f"[{_DELIMITERS}]", line)]


def _row(line: str, delimiter: str) -> list[str]:
    """The cells of a line taken by itself; none where it is not a whole record."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _type(lines: list[str], options: ImportOptions) -> SignalType | None:
    """The type of every hash where there is one a line. Raises AmbiguousTypeError."""
    if options.type is not None:
        return options.type
    digits = {len(line.strip()) for line in lines if is_hash(line)}
    if 2 * SignalType.PDQ.size in digits:
        raise AmbiguousTypeError
    return None


def _csv(lines: list[str], options: ImportOptions) -> ListShape:
    """The shape of a table. Raises UnknownListError, AmbiguousTypeError."""
    if not lines:
        return ListShape(Format.CSV)
    delimiter = max(_DELIMITERS, key=lambda sign: (lines[0].count(sign), sum(sign in line for line in lines)))
    rows = [_row(line, delimiter) for line in lines]
    header = any(known(cell) for cell in rows[0]) and not any(is_hash(cell) for cell in rows[0])
    if not header:
        return ListShape(Format.CSV, delimiter=delimiter, columns=from_rows(rows, options.type))
    columns = from_header(rows[0])
    if Role.TYPE not in columns.roles:
        unnamed = [number for number, kind in columns.hashes if kind is None]
        for row in rows[1:]:
            for number in unnamed:
                if number < len(row) and is_hash(row[number]):
                    type_of_digits(len(row[number].strip()), options.type)  # raises what is to be raised
    ours = tuple(rows[0]) == EXPORTED
    return ListShape(Format.CSV, delimiter=delimiter, header=True, exported=ours, columns=columns)

"""Reading a table line by line: a record is a line, so that one stray quotation mark costs one record."""

import csv
from collections.abc import Callable, Iterator
from typing import Final

from tocsin.exchange.files.errors import FileCutError, MalformedFileError, NotThisFormatError
from tocsin.exchange.files.records import BadRecordError

MAX_LINE: Final = 1 << 20
_BOM: Final = b"\xef\xbb\xbf"


def lines(read: Callable[[], bytes]) -> Iterator[bytes]:
    """The lines of a text, without their ends; a byte order mark is passed over.

    Raises FileCutError where the last line is not ended: what stands there may be half of what was written.
    Raises MalformedFileError for a line of more than `MAX_LINE` bytes.
    """
    rest, first = b"", True
    while piece := read():
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield (line.removeprefix(_BOM) if first else line).removesuffix(b"\r")
            first = False
        if len(rest) > MAX_LINE:
            message = f"a line has more than {MAX_LINE:,} bytes"
            raise MalformedFileError(message)
    if rest.strip():
        message = "the last line has no end: the file was cut there, or lacks a line break after it"
        raise FileCutError(message)


def header(lines: Iterator[bytes], delimiter: str) -> list[str]:
    """The cells of the first line, which names the columns. Raises NotThisFormatError."""
    try:
        return cells(next(lines, b""), delimiter)
    except BadRecordError as error:
        raise NotThisFormatError(error.message) from error


def cells(line: bytes, delimiter: str, *, errors: str = "strict") -> list[str]:
    """The cells of one line as RFC 4180 writes them. Raises BadRecordError."""
    try:
        return next(csv.reader([line.decode("utf-8", errors)], delimiter=delimiter, strict=True), [])
    except UnicodeDecodeError:
        code, message = "bad_text", "there are bytes that are not UTF-8"
    except csv.Error as error:
        code, message = "bad_csv", f"the cells cannot be told apart: {error}"
    raise BadRecordError(code, message)

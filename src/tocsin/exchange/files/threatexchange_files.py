"""What python-threatexchange prints and keeps as text. Its pickles are never read."""

import re
from typing import Final

from tocsin.banks.model import Label
from tocsin.exchange.files.errors import NotThisFormatError
from tocsin.exchange.files.records import BadRecordError, checked, digits, kept, type_named
from tocsin.exchange.files.rows import cells
from tocsin.exchange.files.staging import Item
from tocsin.hashing.signals import SignalType

HEADER: Final = ["signal_type", "signal_str", "collab", "category", "tags"]
"""Of `threatexchange dataset -P --csv`."""
CATEGORY: Final = "threatexchange:category"
TAG: Final = "threatexchange:tag"
_STATE = re.compile(r"simple\.HASH_([A-Z0-9]+)\.te")
_OTHER_NAMES = {"videomd5": SignalType.MD5, "photomd5": SignalType.MD5}
_NEGATIVE = {"NEGATIVE_CLASS", "false_positive"}
_STATE_COLUMNS = 4


class Reader:
    """Reads the lines of a file of one of three shapes, which the first line and the file's name tell.

    A printed data set with its header; a kept state (`simple.HASH_PDQ.te`: hash, descriptor, time, tags);
    else a type and a hash a line, as its exchange of local files takes them.
    """

    def __init__(self, name: str, given: SignalType | None = None) -> None:
        """Name of the file, and the type of hashes that do not state theirs."""
        state = _STATE.search(name)
        self._kind = type_named(state[1]) if state else given
        self._state = state is not None
        self._printed = False
        if state and self._kind is None:
            message = f"nothing here compares hashes of the type {state[1]}"
            raise NotThisFormatError(message)

    def header(self, line: bytes) -> bool:
        """Whether the file's first line is no record."""
        self._printed = line.decode(errors="replace").strip().split(",") == HEADER
        return self._printed

    def item(self, line: bytes) -> Item:
        """What a line says. Raises BadRecordError."""
        if self._printed:
            kind, written, collab, category, tags = self._row(line, len(HEADER))
            labels = [Label(CATEGORY, "", kept(category), collab)] if category else []
            return self._item(kind, written, labels, tags.split(), collab)
        if self._state:
            written, _, _, tags = self._row(line, _STATE_COLUMNS)
            return self._item("", written, [], tags.split(), "")
        first, _, second = line.decode(errors="replace").strip().partition(" ")
        kind, written = (first, second) if second else ("", first)
        return self._item(kind, written.strip(), [], [], "")

    def _row(self, line: bytes, width: int) -> list[str]:
        """The cells of a line. Raises BadRecordError."""
        row = cells(line, ",")
        if len(row) != width:
            code, message = "wrong_columns", f"there are {len(row)} columns, not {width}"
            raise BadRecordError(code, message)
        return row

    def _item(self, kind_name: str, written: str, labels: list[Label], tags: list[str], collab: str) -> Item:
        """The item of one hash. Raises BadRecordError."""
        kind = type_named(kind_name) or _OTHER_NAMES.get(re.sub(r"[ _-]", "", kind_name).lower())
        if not kind_name:
            kind = self._kind
        if kind is None:
            code, message = "unknown_type", f"nothing here compares hashes of the type {kind_name[:40]!r}"
            raise BadRecordError(code, message)
        value = digits(kind, written)
        all_labels = (*labels, *(Label(TAG, "", kept(tag), kept(collab)) for tag in tags))
        if any(label.code in _NEGATIVE for label in all_labels):
            code, message = "negative", "its list says that it is not of the class"
            raise BadRecordError(code, message)
        return checked(Item(f"{kind}:{value}", ((kind, value),), all_labels))

"""Records between a file and a bank: kept until the file has been read to its end, then merged by key.

They rest in one file without a name, in the home's folder: nothing is left of it however the process ends.
Records are dealt to parts by their key, so that those of one key are in one part, and each part fits in
memory: that of a file of 5 GB with ten million records is about eight megabytes.
"""

import json
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from tocsin.banks.model import EntryDraft, Label, Origin
from tocsin.hashing.signals import Signal, SignalType

_PARTS = 256
_FLUSH = 1 << 16


@dataclass(frozen=True, slots=True)
class Item:
    """What one record says of one file."""

    key: str
    """Its id at the origin."""
    signals: tuple[tuple[SignalType, str], ...]
    """Types and hexadecimal digits, of the right length."""
    labels: tuple[Label, ...] = ()

    def draft(self, source: str, member: str) -> EntryDraft:
        """The entry that it makes."""
        signals = tuple(Signal(kind, bytes.fromhex(digits)) for kind, digits in self.signals)
        return EntryDraft(signals, Origin(source, member, self.key), self.labels)


@dataclass(slots=True)
class _Part:
    pending: list[str] = field(default_factory=list)
    size: int = 0
    places: list[tuple[int, int]] = field(default_factory=list)
    """Where its blocks stand in the file, and how long each is."""


class Staging:
    """Items that wait. A context manager: afterwards they are gone."""

    def __init__(self, folder: Path | None = None) -> None:
        """Keep them in `folder`, or where the system keeps temporary files."""
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # closed by __exit__
        self._parts = [_Part() for _ in range(_PARTS)]
        self.added = 0
        """Items that came in."""

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Forget them."""
        self._file.close()

    def add(self, item: Item) -> None:
        """Keep one item."""
        fields = [[one.scheme, one.version, one.code, one.author, one.time] for one in item.labels]
        line = json.dumps([item.key, item.signals, fields])  # ASCII: half a surrogate pair survives
        part = self._parts[zlib.crc32(item.key.encode(errors="surrogatepass")) % _PARTS]
        part.pending.append(line)
        part.size += len(line) + 1
        if part.size > _FLUSH:
            self._flush(part)
        self.added += 1

    def merged(self) -> Iterator[Item]:
        """What came in, one item for each key: its signals and labels are those of all of them, once each."""
        for part in self._parts:
            self._flush(part)
            merged: dict[str, Item] = {}
            for item in self._items(part):
                before = merged.get(item.key)
                merged[item.key] = _together(before, item) if before else item
            yield from merged.values()

    def _flush(self, part: _Part) -> None:
        """Write what of a part has gathered in memory."""
        if part.pending:
            block = "\n".join(part.pending).encode()
            part.places.append((self._file.seek(0, 2), len(block)))
            self._file.write(block)
            part.pending, part.size = [], 0

    def _items(self, part: _Part) -> Iterator[Item]:
        """A part's items, in the order in which they came."""
        for place, length in part.places:
            self._file.seek(place)
            for line in self._file.read(length).split(b"\n"):
                key, signals, labels = json.loads(line)
                pairs = tuple((SignalType(kind), digits) for kind, digits in signals)
                yield Item(key, pairs, tuple(Label(*fields) for fields in labels))


def _together(one: Item, other: Item) -> Item:
    """What two records say of the same file."""
    return Item(
        one.key,
        tuple(dict.fromkeys(one.signals + other.signals)),
        tuple(dict.fromkeys(one.labels + other.labels)),
    )

"""What the person importing says about a list, beyond what the list says itself."""

from dataclasses import dataclass, field
from enum import StrEnum

from tocsin.banks.batch import Batch, DraftBatch, HashBatch
from tocsin.banks.model import Label, Origin
from tocsin.hashing.signals import Dialect, SignalType


class Format(StrEnum):
    """How a list is written."""

    CSV = "csv"
    NDJSON = "ndjson"
    LINES = "lines"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What to take for granted. None means: find out from the list."""

    format: Format | None = None
    type: SignalType | None = None
    """Of hashes whose type the list does not state."""
    dialect: Dialect | None = None
    """Of PDQ hashes whose dialect the list does not state; None where nobody knows."""
    origin: Origin = field(default_factory=Origin)
    """Source and member of entries that do not state their own."""
    labels: tuple[Label, ...] = ()
    """Given to every entry, before its own."""


class Gathered:
    """Entries read and not yet stored: uniform ones by type, all others together."""

    def __init__(self, options: ImportOptions) -> None:
        """Start with none; uniform ones take dialect, origin and labels from `options`."""
        self._options = options
        self._uniform: dict[SignalType, list[bytes]] = {}
        self._uniform_count = 0
        self.drafts = DraftBatch()

    def __len__(self) -> int:
        """How many entries."""
        return self._uniform_count + len(self.drafts)

    def add_uniform(self, kind: SignalType, values: bytes) -> None:
        """Add entries of one signal each and nothing else: their values one after the other."""
        self._uniform.setdefault(kind, []).append(values)
        self._uniform_count += len(values) // kind.size

    def take(self) -> list[Batch]:
        """All of it, and start over."""
        batches: list[Batch] = [
            HashBatch(
                kind,
                b"".join(values),
                None if kind.exact else self._options.dialect,
                self._options.origin,
                self._options.labels,
            )
            for kind, values in self._uniform.items()
        ]
        if len(self.drafts):
            batches.append(self.drafts)
        self._uniform, self._uniform_count, self.drafts = {}, 0, DraftBatch()
        return batches

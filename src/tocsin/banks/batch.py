"""Entries on their way into a bank, as columns: a database takes columns ten times as fast as objects."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from tocsin.banks.keys import entry_key, single_signal_keys
from tocsin.banks.model import EntryDraft, Label, Origin
from tocsin.errors import Error
from tocsin.hashing.signals import Dialect, Signal, SignalType


class InvalidTextError(Error):
    """A text holds a NUL or half a surrogate pair, which no database can store."""

    code = "banks.invalid_text"
    advice = "Remove the character from the name, label or origin."


class NoSignalError(Error):
    """An entry needs at least one signal."""

    code = "banks.no_signal"
    advice = "Give at least one hash for each entry."


@dataclass(frozen=True, slots=True)
class HashBatch:
    """Entries of one signal each that differ in nothing but its value."""

    type: SignalType
    values: bytes
    """The values one after the other, `type.size` bytes each."""
    dialect: Dialect | None = None
    origin: Origin = field(default_factory=Origin)
    """Without an id: that would be the entry's own."""
    labels: tuple[Label, ...] = ()

    def __len__(self) -> int:
        """How many entries."""
        return len(self.values) // self.type.size

    def split(self) -> list[bytes]:
        """The values, one by one."""
        size = self.type.size
        return [self.values[start : start + size] for start in range(0, len(self.values), size)]

    def keys(self) -> list[bytes]:
        """The entries' keys."""
        return single_signal_keys(self.type, self.split())

    def expanded(self) -> "DraftBatch":
        """The same entries in the general shape."""
        count = len(self)
        dialect = self.dialect and self.dialect.value
        signals = SignalColumns(
            owners=list(range(count)),
            types=[self.type.value] * count,
            values=self.split(),
            qualities=[None] * count,
            views=[None] * count,
            dialects=[dialect] * count,
            orientations=[None] * count,
        )
        return DraftBatch(
            keys=self.keys(),
            origins=[(self.origin.source, self.origin.member)] * count,
            origin_ids=[""] * count,
            labels=[self.labels] * count,
            withdrawals=[None] * count,
            signals=signals,
        )


@dataclass(frozen=True, slots=True)
class SignalColumns:
    """Signals as parallel lists. Type, dialect and orientation are plain `str`, as a database wants them."""

    owners: list[int] = field(default_factory=list)
    """To which entry of the batch each signal belongs, counted from 0."""
    types: list[str] = field(default_factory=list)
    values: list[bytes] = field(default_factory=list)
    qualities: list[int | None] = field(default_factory=list)
    views: list[str | None] = field(default_factory=list)
    dialects: list[str | None] = field(default_factory=list)
    orientations: list[str | None] = field(default_factory=list)

    def append(self, owner: int, signal: Signal) -> None:
        """Add one signal of entry number `owner` of the batch."""
        self.owners.append(owner)
        self.types.append(signal.type.value)
        self.values.append(signal.value)
        self.qualities.append(signal.quality)
        self.views.append(signal.view)
        self.dialects.append(signal.dialect and signal.dialect.value)
        self.orientations.append(signal.orientation and signal.orientation.value)


@dataclass(frozen=True, slots=True)
class DraftBatch:
    """Entries of any shape as parallel lists, one item for each entry; its signals as lists of their own.

    The lists grow while a file is read; whoever stores the batch only reads them.
    """

    keys: list[bytes] = field(default_factory=list)
    origins: list[tuple[str, str]] = field(default_factory=list)
    """(source, member)."""
    origin_ids: list[str] = field(default_factory=list)
    labels: list[tuple[Label, ...]] = field(default_factory=list)
    withdrawals: list[tuple[datetime, str] | None] = field(default_factory=list)
    """(when, why), or None for a live entry."""
    signals: SignalColumns = field(default_factory=SignalColumns)

    def __len__(self) -> int:
        """How many entries."""
        return len(self.keys)

    @classmethod
    def of(cls, drafts: Iterable[EntryDraft]) -> "DraftBatch":
        """A batch of `drafts`."""
        batch = cls()
        for draft in drafts:
            batch.append(draft)
        return batch

    def append(self, draft: EntryDraft) -> None:
        """Add one entry. Raises InvalidTextError, NoSignalError, and then adds nothing."""
        check(draft)
        owner = len(self.keys)
        pairs = [(signal.type.value, signal.value) for signal in draft.signals]
        self.keys.append(entry_key(draft.origin.source, draft.origin.member, draft.origin.id, pairs))
        self.origins.append((draft.origin.source, draft.origin.member))
        self.origin_ids.append(draft.origin.id)
        self.labels.append(draft.labels)
        self.withdrawals.append((draft.withdrawn, draft.withdrawn_reason) if draft.withdrawn else None)
        for signal in draft.signals:
            self.signals.append(owner, signal)


Batch = HashBatch | DraftBatch


def check(draft: EntryDraft) -> None:
    """Raise NoSignalError or InvalidTextError when no bank could hold the entry."""
    if not draft.signals:
        raise NoSignalError
    texts = [draft.origin.source, draft.origin.member, draft.origin.id, draft.withdrawn_reason]
    for label in draft.labels:
        texts += [label.scheme, label.version, label.code, label.author, label.time]
    texts += [signal.view for signal in draft.signals if signal.view is not None]
    check_texts(texts)


def check_texts(texts: Iterable[str]) -> None:
    """Raise InvalidTextError when one of `texts` holds a NUL or half a surrogate pair.

    PostgreSQL stores neither, and SQLite only the first (PostgreSQL manual, "Character Types").
    """
    joined = "".join(texts)
    if "\0" in joined:
        message = "a text holds a NUL character"
        raise InvalidTextError(message)
    try:
        joined.encode()
    except UnicodeEncodeError as error:
        message = "a text holds half a surrogate pair"
        raise InvalidTextError(message) from error

"""Importing a partner's file into a bank: read to its end first, so that a file is taken whole or not at all.

After that it is added in batches. An import that is interrupted then is simply run again: what is in the bank
already is counted and left alone.
"""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from tocsin.banks.batch import DraftBatch
from tocsin.banks.importing import Progress
from tocsin.banks.lists.source import Source
from tocsin.banks.model import BankKind
from tocsin.banks.store import AddCounts, BadLine, ImportStore
from tocsin.exchange.files.errors import PickledFileError, WrongBankKindError
from tocsin.exchange.files.formats import FileFormat, FileOptions
from tocsin.exchange.files.reading import Reading
from tocsin.exchange.files.staging import Staging

BATCH: Final = 10_000
"""Entries that are committed together: each with labels of its own, these take tens of megabytes."""
_PICKLE: Final = b"\x80"
_PICKLE_NAMES: Final = (".pickle", ".pkl", ".index")


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of a file."""

    name: str
    format: FileFormat
    records: int
    """Records read, with those set aside."""
    items: int
    """Different items among them: several records may speak of one file."""
    counts: AddCounts
    bad: int
    bad_records: tuple[BadLine, ...]
    """The first 100,000 of those set aside; their `line` is the record's number, counted from 1."""
    scheme: str = ""
    """Which scheme VICS categories were kept under, as `name:version`."""
    mended: int = 0
    """Backslashes that stood alone in texts."""
    left_out: tuple[tuple[str, int], ...] = ()
    """Fields that are not kept, each with how many records have it."""


def import_partner_file(
    store: ImportStore,
    bank: str,
    given: Path | BinaryIO,
    options: FileOptions,
    progress: Progress | None = None,
) -> FileReport:
    """Import a file into a bank: known items into a match bank, NSRL's into an allow bank.

    Raises UnknownBankError, UnreadableListError, and the errors of `tocsin.exchange.files.errors`.
    """
    _demand_kind(store, bank, options.format)
    source = Source.open(given)
    try:
        if source.head.startswith(_PICKLE) or source.name.endswith(_PICKLE_NAMES):
            raise PickledFileError
        with Staging(options.folder) as staging:
            reading = Reading(source, options, staging, progress or (lambda _done, _size: None))
            reading.run()
            items, counts = _add(store, bank, staging, options)
    finally:
        source.close()
    told, bad = reading.told, reading.bad
    return FileReport(
        name=source.name,
        format=options.format,
        records=reading.records,
        items=items,
        counts=counts,
        bad=bad.count,
        bad_records=tuple(bad.lines),
        scheme=":".join(told.scheme or ()),
        mended=told.mended,
        left_out=tuple(sorted(told.left_out.items())),
    )


def _demand_kind(store: ImportStore, bank: str, form: FileFormat) -> None:
    """Raise WrongBankKindError where a set of known items would enter an allow bank, or the reverse."""
    wanted = BankKind.ALLOW if form is FileFormat.NSRL else BankKind.MATCH
    if store.bank(bank).policy.kind is not wanted:
        message = f"{bank} is no {wanted} bank, and a file of {form} enters no other"
        raise WrongBankKindError(message)


def _add(store: ImportStore, bank: str, staging: Staging, options: FileOptions) -> tuple[int, AddCounts]:
    """Add what waits; how many items that is, and what became of them."""
    merged, items, counts = staging.merged(), 0, AddCounts()
    with store.bulk():
        while drafts := [item.draft(options.source, options.member) for item in islice(merged, BATCH)]:
            counts += store.add_batches(bank, [DraftBatch.of(drafts)], None, ())
            items += len(drafts)
    return items, counts

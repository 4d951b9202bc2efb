"""Adding files to a bank: examined in the sandbox, every view of each banked in both dialects."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tocsin.banks.model import EntryDraft, Label, Origin
from tocsin.banks.store import BankStore
from tocsin.content.model import Content
from tocsin.matching.examine import COMPILED_FROM, examine_paths


@dataclass(frozen=True, slots=True)
class Banked:
    """What became of one file."""

    path: str
    content: Content
    entry: int | None
    """The entry's number; None if the file could not be examined at all."""
    new: bool = False
    """False if the bank had the entry already."""


def bank_files(
    store: BankStore, bank: str, paths: Sequence[str], origin: Origin, labels: Sequence[Label]
) -> Iterator[Banked]:
    """Add each file to `bank`, as soon as it is examined.

    A file that is refused but has digests is banked with these: copies of the same bytes are then found. An
    empty file is not banked: it would match every other empty file.
    The id of `origin` applies to a single file; several would become one entry.

    Raises:
        UnknownBankError: there is no such bank; nothing is examined.
        SandboxError: sandbox children cannot be started.
    """
    store.bank(bank)
    contents = examine_paths(paths, all_orientations=False, compiled=len(paths) >= COMPILED_FROM)
    for path, content in contents:
        if not content.signals or not content.size:
            yield Banked(path, content, None)
            continue
        result = store.add_entries(bank, [EntryDraft(content.signals, origin, tuple(labels))])
        yield Banked(path, content, result.entry_ids[0], new=result.added == 1)

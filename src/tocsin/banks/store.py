"""What the domain needs from the place where banks live, said once; `tocsin.storage` implements it."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from tocsin.banks.batch import Batch
from tocsin.banks.model import Bank, Entry, EntryDraft, Label, Policy
from tocsin.errors import Error
from tocsin.hashing.signals import Signal


class UnknownBankError(Error):
    """There is no bank of that name."""

    code = "banks.unknown_bank"
    advice = "`tocsin bank list` shows the banks there are; `tocsin bank create NAME` makes one."


class BankExistsError(Error):
    """There is a bank of that name already."""

    code = "banks.exists"
    advice = "Choose another name, or add to the existing bank."


class BankInUseError(Error):
    """An exchange fills the bank."""

    code = "banks.in_use"
    advice = "`tocsin exchange remove NAME` first; it leaves the entries where they are."


class InvalidBankNameError(Error):
    """A bank cannot have this name."""

    code = "banks.invalid_name"
    advice = "Give 1 to 200 characters that can be printed."


class UnknownEntryError(Error):
    """There is no entry of that number."""

    code = "banks.unknown_entry"
    advice = "`tocsin bank export NAME` lists a bank's entries with their numbers."


class InvalidPolicyError(Error):
    """A bank cannot have this policy."""

    code = "banks.invalid_policy"
    advice = "A radius is 0 to 64 bits, a quality floor 0 to 100."


@dataclass(frozen=True, slots=True)
class AddCounts:
    """What became of the entries of a batch."""

    added: int = 0
    already_there: int = 0
    """Were in the bank before, whether live or withdrawn."""
    still_withdrawn: int = 0
    """Of those already there: withdrawn, and not revived by arriving again."""
    withdrawn: int = 0
    """Of those already there: live until now, and withdrawn because they arrived as withdrawn."""

    def __add__(self, other: "AddCounts") -> "AddCounts":
        """The sum, number by number."""
        return AddCounts(
            self.added + other.added,
            self.already_there + other.already_there,
            self.still_withdrawn + other.still_withdrawn,
            self.withdrawn + other.withdrawn,
        )


@dataclass(frozen=True, slots=True)
class AddResult:
    """What became of a batch of drafts: their entry numbers in the order given, and how many were new.

    A draft whose key (origin source, member and id, or else its signals) is in the bank already is not added
    again: it gets the number of the entry that is there.
    """

    entry_ids: tuple[int, ...]
    added: int
    already_there: int
    still_withdrawn: int = 0
    """Of those already there: withdrawn, and not revived by arriving again."""
    withdrawn: int = 0
    """Of those already there: live until now, and withdrawn because the draft says so."""


@dataclass(frozen=True, slots=True)
class BankCounts:
    """How many entries a bank holds, and how many of these are withdrawn."""

    entries: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class KnownSignal:
    """One signal of one live (not withdrawn) entry, with what a match says about it."""

    bank_id: int
    entry_id: int
    signal: Signal
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class NearHit:
    """A known signal within the radius of query number `query`."""

    query: int
    known: KnownSignal
    distance: int


class KnownItems(Protocol):
    """The part of the store that matching reads. Answers never include withdrawn entries."""

    def banks(self) -> list[Bank]:
        """All banks, by name."""
        ...

    def exact(self, signals: Sequence[Signal]) -> list[NearHit]:
        """Known signals equal to one of `signals` (exact types only); `query` indexes into `signals`."""
        ...

    def near(self, values: Sequence[bytes], radius: int) -> list[NearHit]:
        """Known PDQ signals within `radius` bits of one of `values` (32 bytes each): all of them, exactly."""
        ...


class BankStore(KnownItems, Protocol):
    """Everything a curator can do. Each method is one transaction: when it returns, its effect is durable."""

    def create_bank(self, name: str, policy: Policy) -> Bank:
        """Make a bank. Raises BankExistsError, InvalidBankNameError, InvalidPolicyError."""
        ...

    def bank(self, name: str) -> Bank:
        """The bank of that name. Raises UnknownBankError."""
        ...

    def set_policy(self, name: str, policy: Policy) -> Bank:
        """Replace a bank's policy. Raises UnknownBankError, InvalidPolicyError."""
        ...

    def remove_bank(self, name: str) -> int:
        """Delete a bank with its entries for good; the number of entries deleted."""
        ...

    def counts(self, name: str) -> BankCounts:
        """How many entries a bank holds."""
        ...

    def add_entries(self, name: str, drafts: Iterable[EntryDraft]) -> AddResult:
        """Add entries to a bank; drafts already there are left as they are."""
        ...

    def entries(self, name: str) -> Iterator[Entry]:
        """A bank's entries, withdrawn ones included, in the order added, without loading the bank whole."""
        ...

    def entry(self, entry_id: int) -> Entry:
        """One entry, withdrawn or not. Raises UnknownEntryError."""
        ...

    def withdraw(self, entry_ids: Sequence[int], reason: str) -> int:
        """Withdraw entries: kept, but matched no more from now on; how many were live before."""
        ...

    def reinstate(self, entry_ids: Sequence[int]) -> int:
        """Undo a withdrawal; how many were withdrawn before."""
        ...


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line of a list that was set aside (design invariant 8)."""

    line: int
    """Its number, counted from 1."""
    code: str
    """Why: one of the stable words in docs/formats/lists.md."""
    message: str
    text: str
    """How the line begins, with what cannot be printed replaced."""


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import has come: committed together with the entries it speaks of."""

    fingerprint: str
    """Names the file, its state and the options, so that only the same import is taken up again."""
    offset: int = 0
    """Bytes of the (uncompressed) list dealt with."""
    line: int = 0
    """Lines dealt with."""
    counts: AddCounts = AddCounts()
    bad: int = 0
    """Lines set aside, listed or not."""


@dataclass(frozen=True, slots=True)
class UnfinishedImport:
    """An import that was interrupted: where to go on, and the lines set aside so far."""

    progress: ImportProgress
    bad_lines: tuple[BadLine, ...]


class ImportStore(BankStore, Protocol):
    """What importing needs beyond the rest: large batches, and progress that commits with them."""

    def bulk(self) -> AbstractContextManager[None]:
        """While it is open, expect many batches: what each batch would open and close stays open."""
        ...

    def unfinished_import(self, name: str, fingerprint: str) -> UnfinishedImport | None:
        """The interrupted import of that fingerprint, if there is one. Raises UnknownBankError."""
        ...

    def add_batches(
        self, name: str, batches: Sequence[Batch], progress: ImportProgress | None, bad: Sequence[BadLine]
    ) -> AddCounts:
        """Add batches to a bank in one transaction, together with the progress and the lines set aside.

        `progress` states where the import stands after these batches; the counts it commits are its own
        plus what became of these batches. Without `progress` (a stream that cannot be taken up again) the
        lines set aside are not stored. Raises UnknownBankError.
        """
        ...

    def finish_import(self, name: str, fingerprint: str) -> None:
        """Forget the progress of an import that has come to its end."""
        ...

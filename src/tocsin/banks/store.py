"""What the domain needs from the place where banks live, said once; `tocsin.storage` implements it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

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


class UnknownEntryError(Error):
    """There is no entry of that number."""

    code = "banks.unknown_entry"
    advice = "`tocsin bank export NAME` lists a bank's entries with their numbers."


class InvalidPolicyError(Error):
    """A bank cannot have this policy."""

    code = "banks.invalid_policy"
    advice = "A radius is 0 to 64 bits, a quality floor 0 to 100."


@dataclass(frozen=True, slots=True)
class AddResult:
    """What became of a batch of drafts: their entry numbers in the order given, and how many were new.

    A draft whose key (origin source, member and id, or else its signals) is in the bank already is not added
    again: it gets the number of the entry that is there.
    """

    entry_ids: tuple[int, ...]
    added: int
    already_there: int


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
        """Make a bank. Raises BankExistsError, InvalidPolicyError."""
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

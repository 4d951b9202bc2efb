"""Changes of banks by somebody who may: recorded as done by them, in the transaction of what is done."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tocsin.access.model import Permission, Principal, Right
from tocsin.banks.model import Bank, Entry, EntryDraft, Policy
from tocsin.banks.opinions import Opinion, Opinions, Verdict
from tocsin.banks.store import AddResult, BankStore, UnknownEntryError
from tocsin.evidence.ledger import Event, Ledger
from tocsin.transactions import Transactions

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject


class RecordedBanks(BankStore, Protocol):
    """Banks that record in the ledger who changes them."""

    def acting_as(self, actor: str) -> AbstractContextManager[None]:
        """What this thread changes inside is recorded as done by `actor`."""
        ...


@dataclass(frozen=True, slots=True)
class Curation:
    """What somebody may do with banks. All of one database."""

    transactions: Transactions
    banks: RecordedBanks
    opinions: Opinions
    ledger: Ledger

    def create_bank(self, actor: Principal, name: str, policy: Policy) -> Bank:
        """Make a bank. Raises DeniedError, BankExistsError, InvalidBankNameError, InvalidPolicyError."""
        actor.demand(Permission.MANAGE_BANKS)
        with self.banks.acting_as(actor.id):
            return self.banks.create_bank(name, policy)

    def set_policy(self, actor: Principal, name: str, policy: Policy) -> Bank:
        """Replace a bank's policy. Raises DeniedError, UnknownBankError, InvalidPolicyError."""
        actor.demand(Permission.MANAGE_BANKS)
        with self.banks.acting_as(actor.id):
            return self.banks.set_policy(name, policy)

    def remove_bank(self, actor: Principal, name: str) -> int:
        """Delete a bank for good; how many entries it held. Raises DeniedError, UnknownBankError."""
        actor.demand(Permission.MANAGE_BANKS)
        with self.banks.acting_as(actor.id):
            return self.banks.remove_bank(name)

    def add(self, actor: Principal, name: str, drafts: Sequence[EntryDraft]) -> AddResult:
        """Add entries to a bank. Raises DeniedError, UnknownBankError, NoSignalError, InvalidTextError."""
        _demand_curator(actor, name)
        with self.banks.acting_as(actor.id):
            return self.banks.add_entries(name, drafts)

    def withdraw(self, actor: Principal, entry_id: int, reason: str) -> Entry:
        """Withdraw an entry, which changes nothing if it was before; the entry as it is then.

        Raises DeniedError, InvalidTextError, UnknownEntryError (also where the actor may not read its bank).
        """
        _demand_curator(actor, self.readable(actor, entry_id).bank)
        with self.banks.acting_as(actor.id):
            self.banks.withdraw([entry_id], reason)
        return self.banks.entry(entry_id)

    def reinstate(self, actor: Principal, entry_id: int) -> Entry:
        """Undo a withdrawal; the entry as it is then. Raises DeniedError, UnknownEntryError."""
        _demand_curator(actor, self.readable(actor, entry_id).bank)
        with self.banks.acting_as(actor.id):
            self.banks.reinstate([entry_id])
        return self.banks.entry(entry_id)

    def give_opinion(self, actor: Principal, entry_id: int, verdict: Verdict, reason: str) -> Opinion:
        """Say something of an entry that one may read. Raises DeniedError, UnknownEntryError."""
        actor.demand(Permission.GIVE_OPINIONS)
        self.readable(actor, entry_id)
        return self.record_opinion(actor.id, entry_id, verdict, reason)

    def record_opinion(self, author: str, entry_id: int, verdict: Verdict, reason: str) -> Opinion:
        """Record what somebody says of an entry who was asked for their rights before.

        Raises UnknownEntryError, InvalidTextError.
        """
        with self.transactions.writing():
            bank = self.banks.entry(entry_id).bank
            opinion = self.opinions.give(entry_id, author, verdict, reason)
            detail: JsonObject = {"bank": bank, "verdict": verdict.value, "opinion": opinion.id}
            self.ledger.append(Event("opinion.given", author, f"entry:{entry_id}", detail))
        return opinion

    def readable(self, actor: Principal, entry_id: int) -> Entry:
        """An entry of a bank in which the actor has the right `read`.

        Others are told the same as of one there is not: numbers must not tell how large a bank is. Raises
        UnknownEntryError.
        """
        entry = self.banks.entry(entry_id)
        if not actor.may_in(entry.bank, Right.READ):
            message = f"there is no entry number {entry_id}"
            raise UnknownEntryError(message)
        return entry


def _demand_curator(actor: Principal, bank: str) -> None:
    actor.demand(Permission.CURATE)
    actor.demand_in(bank, Right.CURATE)

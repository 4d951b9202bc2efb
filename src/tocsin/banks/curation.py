"""Changes of banks by somebody: allowed, recorded in the ledger, and both in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.access.model import Permission, Principal, Right
from tocsin.banks.model import Bank, Entry, EntryDraft, Policy
from tocsin.banks.opinions import Opinion, Opinions, Verdict
from tocsin.banks.store import AddResult, BankStore, UnknownEntryError
from tocsin.evidence.ledger import Event, Ledger
from tocsin.transactions import Transactions

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject


@dataclass(frozen=True, slots=True)
class Curation:
    """What somebody may do with banks; the store, the ledger and the transactions are of one database."""

    transactions: Transactions
    banks: BankStore
    opinions: Opinions
    ledger: Ledger

    def create_bank(self, actor: Principal, name: str, policy: Policy) -> Bank:
        """Make a bank. Raises DeniedError, BankExistsError, InvalidBankNameError, InvalidPolicyError."""
        actor.demand(Permission.MANAGE_BANKS)
        with self.transactions.writing():
            bank = self.banks.create_bank(name, policy)
            self.ledger.append(Event("bank.created", actor.id, f"bank:{name}", policy_to_json(policy)))
        return bank

    def set_policy(self, actor: Principal, name: str, policy: Policy) -> Bank:
        """Replace a bank's policy. Raises DeniedError, UnknownBankError, InvalidPolicyError."""
        actor.demand(Permission.MANAGE_BANKS)
        with self.transactions.writing():
            bank = self.banks.set_policy(name, policy)
            self.ledger.append(Event("bank.changed", actor.id, f"bank:{name}", policy_to_json(policy)))
        return bank

    def remove_bank(self, actor: Principal, name: str) -> int:
        """Delete a bank for good; how many entries it held. Raises DeniedError, UnknownBankError."""
        actor.demand(Permission.MANAGE_BANKS)
        with self.transactions.writing():
            removed = self.banks.remove_bank(name)
            self.ledger.append(Event("bank.removed", actor.id, f"bank:{name}", {"entries": removed}))
        return removed

    def add(self, actor: Principal, name: str, drafts: Sequence[EntryDraft]) -> AddResult:
        """Add entries to a bank. Raises DeniedError, UnknownBankError, NoSignalError, InvalidTextError."""
        _demand_curator(actor, name)
        with self.transactions.writing():
            result = self.banks.add_entries(name, drafts)
            detail: JsonObject = {
                "added": result.added,
                "already_there": result.already_there,
                "entries": sorted(set(result.entry_ids)),
            }
            self.ledger.append(Event("entries.added", actor.id, f"bank:{name}", detail))
        return result

    def withdraw(self, actor: Principal, entry_id: int, reason: str) -> Entry:
        """Withdraw an entry, which changes nothing if it was before; the entry as it is then.

        Raises DeniedError, InvalidTextError, UnknownEntryError (also where its bank is not the actor's to read).
        """
        entry = self.readable(actor, entry_id)
        _demand_curator(actor, entry.bank)
        with self.transactions.writing():
            if self.banks.withdraw([entry_id], reason):
                detail: JsonObject = {"bank": entry.bank, "reason": reason}
                self.ledger.append(Event("entry.withdrawn", actor.id, f"entry:{entry_id}", detail))
            return self.banks.entry(entry_id)

    def reinstate(self, actor: Principal, entry_id: int) -> Entry:
        """Undo a withdrawal. Raises DeniedError, UnknownEntryError."""
        entry = self.readable(actor, entry_id)
        _demand_curator(actor, entry.bank)
        with self.transactions.writing():
            if self.banks.reinstate([entry_id]):
                detail: JsonObject = {"bank": entry.bank}
                self.ledger.append(Event("entry.reinstated", actor.id, f"entry:{entry_id}", detail))
            return self.banks.entry(entry_id)

    def give_opinion(self, actor: Principal, entry_id: int, verdict: Verdict, reason: str) -> Opinion:
        """Say something of an entry that one may read. Raises DeniedError, UnknownEntryError."""
        actor.demand(Permission.GIVE_OPINIONS)
        entry = self.readable(actor, entry_id)
        with self.transactions.writing():
            opinion = self.opinions.give(entry_id, actor.id, verdict, reason)
            detail: JsonObject = {"bank": entry.bank, "verdict": verdict.value, "opinion": opinion.id}
            self.ledger.append(Event("opinion.given", actor.id, f"entry:{entry_id}", detail))
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


def policy_to_json(policy: Policy) -> "JsonObject":
    """A policy, field by field."""
    return {
        "kind": policy.kind.value,
        "radius": policy.radius,
        "quality_floor": policy.quality_floor,
        "purpose": policy.purpose,
        "onward_sharing": policy.onward_sharing,
    }


def _demand_curator(actor: Principal, bank: str) -> None:
    actor.demand(Permission.CURATE)
    actor.demand_in(bank, Right.CURATE)

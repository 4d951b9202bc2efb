"""What clients change: each change in one transaction with its ledger row and its notes."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tocsin.access.model import Principal, Right
from tocsin.banks.model import Bank, BankKind, Entry, EntryDraft, Origin, Policy
from tocsin.banks.store import BankExistsError, UnknownBankError, UnknownEntryError
from tocsin.evidence.ledger import Event
from tocsin.jobs.model import NewJob
from tocsin.storage.hma import DISABLED, ENABLE, BankNote, ContentNote
from tocsin.web.hma.errors import HmaRequestError, NoSuchContentError, WithdrawnContentError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.hashing.signals import Signal
    from tocsin.media.sandbox import JsonObject
    from tocsin.web.hma.service import Hma

NAME: Final = re.compile(r"[A-Z_][A-Z0-9_]*")
REMOVED: Final = "removed through /hma"
ORIGIN: Final = Origin(source="hma")
OFF: Final = 0
ON: Final = 1
LONGEST: Final = timedelta(days=5 * 365)


@dataclass(frozen=True, slots=True)
class Added:
    """A content in a bank."""

    entry: int
    new: bool


class Curator:
    """One caller's changes. Every method raises DeniedError where the caller lacks the right."""

    def __init__(self, hma: "Hma", caller: Principal) -> None:
        """Change what `caller` may."""
        self._hma = hma
        self._node = hma.node
        self._curation = hma.curation
        self._caller = caller

    # ---- banks

    def banks(self) -> list[Bank]:
        """The banks that the caller may at least match against. Allow banks are not HMA's business."""
        return [
            bank
            for bank in self._node.banks.banks()
            if bank.policy.kind is BankKind.MATCH and self._caller.may_in(bank.name, Right.MATCH)
        ]

    def bank(self, name: str, right: Right = Right.MATCH) -> Bank:
        """A bank in which the caller has that right; who may not even match does not learn of it.

        Raises UnknownBankError.
        """
        bank = self._node.banks.bank(name)
        if bank.policy.kind is not BankKind.MATCH or not self._caller.may_in(name, Right.MATCH):
            message = f"bank '{name}' not found"
            raise UnknownBankError(message)
        self._caller.demand_in(name, right)
        return bank

    def create(self, name: str, ratio: float) -> None:
        """Make a bank that is the caller's. Raises HmaRequestError, BankExistsError."""
        _check(name)
        with self._changing():
            self._curation.create_bank(self._caller, name, Policy())
            self._hma.notes.kept.set_bank(name, BankNote(ratio, self._caller.id))

    def change(self, name: str, new: str | None, ratio: float | None) -> str:
        """Rename a bank, set its ratio, or both; its name then. Raises HmaRequestError, BankExistsError."""
        self.bank(name, Right.CURATE)
        if new is not None:
            _check(new)
        with self._changing():
            if ratio is not None:
                self._hma.notes.kept.set_bank(name, BankNote(ratio))
                self._record("bank.changed", f"bank:{name}", {"ratio": str(ratio)})
            if new is None or new == name:
                return name
            if any(bank.name == new for bank in self._node.banks.banks()):
                message = f"there is a bank named {new!r} already"
                raise BankExistsError(message)
            self._hma.notes.kept.rename(name, new)
            self._record("bank.renamed", f"bank:{name}", {"name": new})
            return new

    def remove(self, name: str) -> None:
        """Delete a bank with its contents, if there is one."""
        try:
            self.bank(name, Right.CURATE)
        except UnknownBankError:
            return  # as HMA: what is not there is gone
        with self._changing():
            self._curation.remove_bank(self._caller, name)

    # ---- contents

    def add(self, name: str, signals: "Sequence[Signal]", note: ContentNote) -> Added:
        """Add a content, or give the number of the same one that is there.

        Raises UnknownBankError, WithdrawnContentError.
        """
        self.bank(name, Right.CURATE)
        with self._changing():
            result = self._curation.add(self._caller, name, [EntryDraft(tuple(signals), ORIGIN)])
            number = result.entry_ids[0]
            if result.still_withdrawn:
                self._revive(self._node.banks.entry(number))
            if result.added or note.metadata is not None or note.note:
                self._hma.notes.kept.set_content(number, note)
        return Added(number, bool(result.added))

    def content(self, name: str, number: int, right: Right = Right.READ) -> tuple[Entry, ContentNote]:
        """A content of that bank. Raises UnknownBankError, NoSuchContentError."""
        self.bank(name, right)
        try:
            entry = self._node.banks.entry(number)
        except UnknownEntryError:
            entry = None
        if entry is None or entry.bank != name or entry.withdrawn_reason == REMOVED:
            message = f"content '{number}' not found"
            raise NoSuchContentError(message)
        return entry, _as_it_is(entry, self._hma.notes.content(number))

    def update(self, name: str, number: int, until: int | None, note: str | None) -> None:
        """Switch a content off or on, or change its note. Raises HmaRequestError, NoSuchContentError."""
        if until is not None and until > time.time() + LONGEST.total_seconds():
            message = "disable_until_ts must be less than 5 years in the future"
            raise HmaRequestError(message)
        with self._changing():
            entry, kept = self.content(name, number, Right.CURATE)
            if until is not None:
                kept = replace(kept, disable_until=until)
                self._switch(entry, until)
            if note is not None:
                kept = replace(kept, note=note)
            self._hma.notes.kept.set_content(number, kept)

    def delete(self, name: str, number: int) -> int:
        """Take a content out of a bank: withdrawn, and gone for HMA's clients; how many that were."""
        self.bank(name, Right.CURATE)
        with self._changing():
            try:
                entry, _ = self.content(name, number, Right.CURATE)
            except NoSuchContentError:
                return 0
            if entry.withdrawn is not None:  # for another reason, which would stay
                self._curation.reinstate(self._caller, number)
            self._curation.withdraw(self._caller, number, REMOVED)
        return 1

    # ---- signal types

    def set_type(self, name: str, ratio: float) -> None:
        """Set a signal type's ratio."""
        with self._changing():
            self._hma.notes.kept.set_type(name, ratio)
            self._record("hma.signal_type_changed", f"signal_type:{name}", {"ratio": str(ratio)})

    def _switch(self, entry: Entry, until: int) -> None:
        """Withdraw or reinstate, as `until` says, and see to it that the time it names is kept."""
        if until != OFF and until <= time.time():
            self._curation.reinstate(self._caller, entry.id)
            return
        self._curation.withdraw(self._caller, entry.id, DISABLED)
        if until != OFF:
            wait = timedelta(seconds=until - time.time())
            self._node.jobs.enqueue(NewJob(ENABLE, {"entry": entry.id, "until": until}, delay=wait))

    def _revive(self, entry: Entry) -> None:
        """Adding again what was taken out here brings it back. Raises WithdrawnContentError."""
        if entry.withdrawn_reason not in {REMOVED, DISABLED}:
            why = entry.withdrawn_reason or "no reason was given"
            message = f"the content is in the bank as {entry.id}, withdrawn: {why}"
            raise WithdrawnContentError(message)
        self._curation.reinstate(self._caller, entry.id)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One transaction; what it changed shows in this process at once."""
        try:
            with self._curation.transactions.writing():
                yield
        finally:
            self._hma.notes.forget()

    def _record(self, kind: str, subject: str, detail: "JsonObject") -> None:
        self._node.ledger.append(Event(kind, self._caller.id, subject, detail))


def _check(name: str) -> None:
    """Raises HmaRequestError."""
    if not NAME.fullmatch(name):
        message = "Bank names must be UPPER_WITH_UNDER: ^[A-Z_][A-Z0-9_]*$"
        raise HmaRequestError(message)


def _as_it_is(entry: Entry, note: ContentNote) -> ContentNote:
    """The note, if it still says how the entry stands: it can be withdrawn and reinstated elsewhere too."""
    if entry.withdrawn is None and (note.disable_until == OFF or note.disable_until > time.time()):
        return replace(note, disable_until=ON)
    if entry.withdrawn is not None and note.disable_until == ON:
        return replace(note, disable_until=OFF)
    return note

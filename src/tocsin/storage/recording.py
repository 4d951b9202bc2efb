"""Who does what to a home's banks, as it goes into the ledger: in the transaction of what is done."""

import os
import pwd
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.evidence.ledger import Event
from tocsin.storage.database import Database
from tocsin.storage.ledger import LedgerStore, keys_of

if TYPE_CHECKING:
    from tocsin.banks.model import Policy
    from tocsin.banks.store import ImportProgress
    from tocsin.media.sandbox import JsonObject
    from tocsin.storage.adding import Placed
    from tocsin.storage.curating import Changed


def local_actor() -> str:
    """Who runs this process, for the ledger: `local:` and the name of the account, or its number.

    The system is asked, not the environment (as `getpass.getuser` does), in which anybody can call themselves
    somebody else.
    """
    number = os.getuid()
    try:
        return f"local:{pwd.getpwuid(number).pw_name}"
    except KeyError:  # an account without a name
        return f"local:{number}"


class Recorder:
    """Records changes of one home's banks; its keys are made when something is first recorded."""

    def __init__(self, home: Path, database: Database, actor: str | None = None) -> None:
        """Record what `actor` does (who runs this process, unless given) in the ledger in `database`."""
        self._home = home
        self._database = database
        self._default = actor
        self._acting = threading.local()
        self._turn = threading.Lock()
        self._ledger: LedgerStore | None = None

    @property
    def ledger(self) -> LedgerStore:
        """The ledger. Raises what `keys_of` raises."""
        with self._turn:
            if self._ledger is None:
                self._ledger = LedgerStore(self._database, keys_of(self._home, self._database))
            return self._ledger

    @contextmanager
    def acting_as(self, actor: str) -> Iterator[None]:
        """What this thread changes inside is recorded as done by `actor`."""
        before = getattr(self._acting, "actor", None)
        self._acting.actor = actor
        try:
            yield
        finally:
            self._acting.actor = before

    def bank_created(self, name: str, policy: "Policy") -> None:
        """A bank was made."""
        self._record("bank.created", f"bank:{name}", _policy(policy))

    def policy_set(self, name: str, policy: "Policy") -> None:
        """A bank's policy was replaced."""
        self._record("bank.policy_set", f"bank:{name}", _policy(policy))

    def bank_removed(self, name: str, entries: int) -> None:
        """A bank was removed with its entries."""
        self._record("bank.removed", f"bank:{name}", {"entries": entries})

    def entries_added(self, name: str, placed: Sequence["Placed"]) -> None:
        """Entries were added, with numbers between the first and the last; a list may also withdraw some."""
        added = [numbers for one in placed if (numbers := one.added)]
        detail = {"added": sum(map(len, added))}
        if added:
            detail |= {"first": min(map(min, added)), "last": max(map(max, added))}
        if withdrawn := sum(one.counts.withdrawn for one in placed):
            detail["withdrawn"] = withdrawn
        self._record("entries.added", f"bank:{name}", {**detail})

    def withdrawn(self, changed: "Changed", reason: str) -> None:
        """Entries were withdrawn."""
        for name, numbers in changed.items():
            for number in numbers:
                self._record("entry.withdrawn", f"entry:{number}", {"bank": name, "reason": reason})

    def reinstated(self, changed: "Changed") -> None:
        """Withdrawals were undone."""
        for name, numbers in changed.items():
            for number in numbers:
                self._record("entry.reinstated", f"entry:{number}", {"bank": name})

    def import_finished(self, name: str, progress: "ImportProgress") -> None:
        """A list was read to its end."""
        counts = progress.counts
        detail: JsonObject = {
            "lines": progress.line,
            "added": counts.added,
            "already_there": counts.already_there,
            "withdrawn": counts.withdrawn,
            "set_aside": progress.bad,
        }
        self._record("import.finished", f"bank:{name}", detail)

    def _record(self, kind: str, subject: str, detail: "JsonObject") -> None:
        actor = getattr(self._acting, "actor", None) or self._default or local_actor()
        self.ledger.append(Event(kind, actor, subject, detail))


def _policy(policy: "Policy") -> "JsonObject":
    return {
        "kind": policy.kind.value,
        "radius": policy.radius,
        "quality_floor": policy.quality_floor,
        "purpose": policy.purpose,
        "onward_sharing": policy.onward_sharing,
    }

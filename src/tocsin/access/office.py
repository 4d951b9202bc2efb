"""What the services of this room share: where they keep things, the time, and how a change is recorded."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tocsin.access import names
from tocsin.access.errors import UnknownPersonError
from tocsin.access.model import Permission, Principal
from tocsin.access.passwords import Passwords
from tocsin.access.store import AccessStore, Credentials
from tocsin.clock import present
from tocsin.evidence.ledger import Event, Ledger
from tocsin.evidence.sealing import Sealer
from tocsin.transactions import Transactions

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonValue


@dataclass(frozen=True, slots=True)
class Office:
    """The tools that people, tokens, sessions and grants share. All of one database."""

    transactions: Transactions
    store: AccessStore
    ledger: Ledger
    sealer: Sealer
    passwords: Passwords
    clock: Callable[[], datetime] = present

    def record(self, kind: str, actor: str, subject: str, **detail: "JsonValue") -> None:
        """Write to the ledger, in the caller's transaction."""
        self.ledger.append(Event(kind, actor, subject, detail))

    def credentials(self, name: str) -> Credentials:
        """A person's, in the caller's transaction. Raises UnknownPersonError."""
        found = self.store.credentials(names.typed(name))
        if found is None or found.person.name != name:
            message = f"there is no person named {name!r}"
            raise UnknownPersonError(message)
        return found


def manager(actor: Principal) -> str:
    """The id of somebody who may change who may do what. Raises DeniedError."""
    actor.demand(Permission.MANAGE_ACCESS)
    return actor.id

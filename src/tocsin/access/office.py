"""What the services of this room share: where they keep things, the time, and how a change is recorded."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tocsin.access.model import Permission, Principal
from tocsin.access.store import AccessStore
from tocsin.evidence.ledger import Event, Ledger
from tocsin.transactions import Transactions

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonValue


def wall_clock() -> datetime:
    """The present, UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Office:
    """The tools of people, tokens, sessions and grants. All of one database."""

    transactions: Transactions
    store: AccessStore
    ledger: Ledger
    clock: Callable[[], datetime] = wall_clock

    def record(self, kind: str, actor: str, subject: str, **detail: "JsonValue") -> None:
        """Write to the ledger, in the caller's transaction."""
        self.ledger.append(Event(kind, actor, subject, detail))


def manager(actor: Principal) -> str:
    """The id of somebody who may change who may do what. Raises DeniedError."""
    actor.demand(Permission.MANAGE_ACCESS)
    return actor.id

"""Accounts: everything about who may do what, in one place to hand around."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from tocsin.access.grants import Grants
from tocsin.access.office import Office, wall_clock
from tocsin.access.store import AccessStore
from tocsin.access.tokens import Tokens
from tocsin.evidence.ledger import Ledger
from tocsin.transactions import Transactions


@dataclass(frozen=True, slots=True)
class Accounts:
    """The services of this room, over one database."""

    tokens: Tokens
    grants: Grants

    @classmethod
    def over(
        cls,
        transactions: Transactions,
        store: AccessStore,
        ledger: Ledger,
        *,
        clock: Callable[[], datetime] = wall_clock,
    ) -> "Accounts":
        """The accounts that `store` keeps. Every change is recorded in `ledger` in its transaction."""
        office = Office(transactions, store, ledger, clock)
        return cls(Tokens(office), Grants(office))

"""Accounts: everything about who may do what, in one place to hand around."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from tocsin.access.grants import Grants
from tocsin.access.limits import Limiter
from tocsin.access.office import Office
from tocsin.access.passwords import Passwords
from tocsin.access.people import People
from tocsin.access.self_service import SelfService
from tocsin.access.sessions import Sessions
from tocsin.access.store import AccessStore
from tocsin.access.tokens import Tokens
from tocsin.clock import present
from tocsin.evidence.ledger import Ledger
from tocsin.evidence.sealing import Sealer
from tocsin.transactions import Transactions


@dataclass(frozen=True, slots=True)
class Accounts:
    """The services of this room, over one database. Threads may share them."""

    people: People
    tokens: Tokens
    sessions: Sessions
    grants: Grants
    self_service: SelfService

    @classmethod
    def over(  # noqa: PLR0913  # what it is made of, each named by its caller
        cls,
        transactions: Transactions,
        store: AccessStore,
        ledger: Ledger,
        sealer: Sealer,
        *,
        limiter: Limiter | None = None,
        passwords: Passwords | None = None,
        clock: Callable[[], datetime] = present,
    ) -> "Accounts":
        """The accounts that `store` keeps, second factors sealed by `sealer`.

        Every change is recorded in `ledger` in its transaction. `limiter` counts attempts to sign in.
        """
        office = Office(transactions, store, ledger, sealer, passwords or Passwords(), clock)
        counting = Limiter() if limiter is None else limiter  # an empty one is false
        sessions = Sessions(office, counting)
        return cls(
            People(office), Tokens(office), sessions, Grants(office), SelfService(office, sessions, counting)
        )

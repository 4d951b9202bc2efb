"""Who is calling: a program with a token, or an address the operator listed.

HMA asks nobody. Here a listed address may match against every bank, and whoever makes a bank through this
interface may see and change its contents: enough for HMA's clients, and not enough to read out a list.
"""

import time
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tocsin.access.anonymous import Anonymous, Network
from tocsin.access.errors import NotSignedInError
from tocsin.access.model import EVERY_BANK, Permission, Principal, Right
from tocsin.web.callers import bearer_of

if TYPE_CHECKING:
    from fastapi import Request

    from tocsin.node.node import Node
    from tocsin.web.hma.notes import Notes

ANONYMOUS: Final = Principal(
    "anonymous",
    frozenset({Permission.MATCH, Permission.READ_BANKS, Permission.CURATE, Permission.MANAGE_BANKS}),
    {EVERY_BANK: frozenset({Right.MATCH})},
)
"""What a listed address may do, before the banks it made are counted."""
REMEMBERED_SECONDS: Final = 1.0
"""How long a token that was just seen is taken for good; revoking it takes effect after that."""
_MOST: Final = 10_000
_OWN: Final = frozenset({Right.MATCH, Right.READ, Right.CURATE})


class Callers:
    """Tells who is behind a request."""

    def __init__(self, node: "Node", notes: "Notes", anonymous_from: Iterable[Network]) -> None:
        """Addresses in `anonymous_from` need no token."""
        self._node = node
        self._notes = notes
        self._anonymous = Anonymous(anonymous_from, ANONYMOUS)
        self._seen: dict[str, tuple[float, Principal]] = {}

    def remembered(self, request: "Request") -> Principal | None:
        """Who is calling, if that is known without asking the database."""
        token = bearer_of(request)
        if token is None:
            found = self._anonymous.principal_of(request.client.host) if request.client else None
        else:
            until, principal = self._seen.get(token, (0.0, None))
            found = principal if time.monotonic() < until else None
        return None if found is None else self._with_own(found)

    def asked(self, request: "Request") -> Principal:
        """Who is calling, as the database says now. Raises NotSignedInError."""
        token = bearer_of(request)
        if token is None:
            raise NotSignedInError
        principal = self._node.accounts.tokens.principal_of(token)
        if len(self._seen) >= _MOST:
            self._seen.clear()
        self._seen[token] = time.monotonic() + REMEMBERED_SECONDS, principal
        return self._with_own(principal)

    def _with_own(self, principal: Principal) -> Principal:
        """With the rights in banks that the caller made through this interface."""
        own = [name for name, note in self._notes.banks().items() if note.made_by == principal.id]
        if not own:
            return principal
        everywhere = principal.banks.get(EVERY_BANK, frozenset())
        rights = {name: principal.banks.get(name, everywhere) | _OWN for name in own}
        return replace(principal, banks={**principal.banks, **rights})

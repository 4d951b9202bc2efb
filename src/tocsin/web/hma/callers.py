"""Who is calling: a program with a token, or an address the operator listed.

HMA asks nobody. Here a listed address may match against every bank, and whoever makes a bank through this
interface may see and change its contents: enough for HMA's clients, and not enough to read out a list.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tocsin.access.anonymous import Anonymous, Network
from tocsin.access.errors import DeniedError, NotSignedInError
from tocsin.access.model import EVERY_BANK, Permission, Principal, Right

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
        token = _bearer(request)
        if token is None:
            found = self._anonymous.principal_of(request.client.host) if request.client else None
        else:
            until, principal = self._seen.get(token, (0.0, None))
            found = principal if time.monotonic() < until else None
        return None if found is None else self._with_own(found)

    def asked(self, request: "Request") -> Principal:
        """Who is calling, as the database says now. Raises NotSignedInError."""
        token = _bearer(request)
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


def demand_one(caller: Principal, needs: Sequence[Permission]) -> None:
    """Raise DeniedError unless the caller has one of the permissions."""
    if not any(caller.may(one) for one in needs):
        message = f"{caller.id} lacks the permission {' or '.join(needs)}"
        raise DeniedError(message)


def _bearer(request: "Request") -> str | None:
    """The token that came along. Raises NotSignedInError where the header is of another form."""
    given = request.headers.get("authorization")
    if given is None:
        return None
    scheme, _, token = given.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        message = "the Authorization header is not of the form `Bearer TOKEN`"
        raise NotSignedInError(message)
    return token.strip()

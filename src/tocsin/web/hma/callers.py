"""Who is calling: a program with a token, or an address the operator listed.

HMA asks nobody. Here a listed address may match against every bank, and whoever makes a bank through this
interface may see and change its contents: enough for HMA's clients, and not enough to read out a list.
"""

import time
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from tocsin.access.anonymous import Anonymous, Network
from tocsin.access.errors import NotSignedInError
from tocsin.access.limits import address_key
from tocsin.access.model import EVERY_BANK, Permission, Principal, Right
from tocsin.web.callers import bearer_of
from tocsin.web.hma.errors import OtherSiteError

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
        """Who is calling, if that is known without asking the database. Raises OtherSiteError."""
        token = bearer_of(request)
        if token is None:
            found = self._unnamed(request)
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

    def _unnamed(self, request: "Request") -> Principal | None:
        """Who calls from a listed address, if it is one. Raises OtherSiteError."""
        if request.client is None:
            return None
        found = self._anonymous.principal_of(request.client.host)
        if found is None:
            return None
        _refuse_other_sites(request)
        return replace(found, address=address_key(request.client.host))

    def _with_own(self, principal: Principal) -> Principal:
        """With the rights in banks that the caller made through this interface."""
        own = [name for name, note in self._notes.banks().items() if note.made_by == principal.id]
        if not own:
            return principal
        everywhere = principal.banks.get(EVERY_BANK, frozenset())
        rights = {name: principal.banks.get(name, everywhere) | _OWN for name in own}
        return replace(principal, banks={**principal.banks, **rights})


def _refuse_other_sites(request: "Request") -> None:
    """Raise OtherSiteError where a browser says that a page of another site is asking.

    An address is all that such a caller shows, and every page that is opened there has it.
    """
    origin = request.headers.get("origin")
    host = request.headers.get("host", "")
    elsewhere = origin is not None and _host_of(origin) != host.lower()
    if elsewhere or request.headers.get("sec-fetch-site") == "cross-site":
        message = "pages of other sites may not use this interface"
        raise OtherSiteError(message)


def _host_of(origin: str) -> str | None:
    """Host and port of an origin; None for `null` and for what is none (RFC 6454, section 7)."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None

"""Who is calling: a program with a token, or a person with a session's cookie."""

import hashlib
import hmac
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Depends, Request

from tocsin.access.errors import DeniedError, NotSignedInError
from tocsin.access.model import Principal
from tocsin.web.errors import CrossSiteError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.access.model import Permission
    from tocsin.node.node import Node

CSRF_HEADER: Final = "x-csrf-token"
COOKIE: Final = "tocsin_session"
SECURE_COOKIE: Final = "__Host-tocsin_session"
"""Over https: browsers then take it from this host alone (RFC 6265bis, 4.1.3.2)."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def node_of(request: Request) -> "Node":
    """The node behind this interface."""
    node: Node = request.app.state.node
    return node


def caller_of(request: Request) -> Principal:
    """Who called: known, and allowed to, by the time a handler runs."""
    caller: Principal = request.state.caller
    return caller


Caller = Annotated[Principal, Depends(caller_of)]


def authenticated(request: Request, needs: "tuple[Permission, ...] | str") -> Principal:
    """Who is calling, if they have one of the permissions (or needs none).

    A token goes before a cookie: whoever sends one did so on purpose, and no browser does it by itself.

    Raises NotSignedInError, DeniedError, CrossSiteError.
    """
    accounts = node_of(request).accounts
    if token := bearer_of(request):
        caller = accounts.tokens.principal_of(token)
    elif session := session_of(request):
        caller = accounts.sessions.principal_of(session)
        _refuse_cross_site(request, session)
    else:
        raise NotSignedInError
    request.state.caller = caller  # before any refusal, for the log to say whom it met
    if not isinstance(needs, str):
        demand_one(caller, needs)
    return caller


def demand_one(caller: Principal, needs: "Sequence[Permission]") -> None:
    """Raise DeniedError unless the caller has one of the permissions."""
    if not any(caller.may(one) for one in needs):
        message = f"{caller.id} lacks the permission {' or '.join(needs)}"
        raise DeniedError(message)


def session_of(request: Request) -> str | None:
    """The secret of the session whose cookie came along."""
    return request.cookies.get(cookie_name(request)) or None


def cookie_name(request: Request) -> str:
    """What the session's cookie is called on this connection."""
    return SECURE_COOKIE if request.url.scheme == "https" else COOKIE


def csrf_of(session: str) -> str:
    """What a page must send along to act for a session: only who has its secret can work that out."""
    return hashlib.sha256(b"tocsin csrf\0" + session.encode()).hexdigest()


def _refuse_cross_site(request: Request, session: str) -> None:
    given = request.headers.get(CSRF_HEADER, "")
    if request.method not in _SAFE and not hmac.compare_digest(given.encode(), csrf_of(session).encode()):
        raise CrossSiteError


def bearer_of(request: Request) -> str | None:
    """The token that came along. Raises NotSignedInError where the header is of another form."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        return None
    if scheme.lower() != "bearer" or not token.strip():
        message = "the Authorization header is not of the form `Bearer TOKEN`"
        raise NotSignedInError(message)
    return token.strip()

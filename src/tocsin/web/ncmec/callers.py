"""Who is calling, and which bank they read: HTTP Basic with a token's name and the token itself."""

import base64
import binascii
from typing import TYPE_CHECKING

from tocsin.access import names
from tocsin.access.errors import NotSignedInError
from tocsin.access.model import Permission, Principal, Right
from tocsin.banks.model import Bank, BankKind
from tocsin.banks.store import UnknownBankError
from tocsin.web.ncmec.errors import WhichBankError

if TYPE_CHECKING:
    from starlette.requests import Request

    from tocsin.node.node import Node


def authenticated(request: "Request", node: "Node") -> Principal:
    """Who is calling. Raises NotSignedInError, DeniedError."""
    name, secret = _credentials(request.headers.get("authorization", ""))
    caller = node.accounts.tokens.principal_of(secret)
    if caller.id != names.token(name):
        message = "this token has another name"
        raise NotSignedInError(message)
    request.state.caller = caller  # for the log
    caller.demand(Permission.READ_BANKS)
    return caller


def bank_of(node: "Node", caller: Principal, name: str | None) -> Bank:
    """The bank of that name, or the only one there is for the caller.

    Of banks in which they may not both read and share they are told the same as of one there is not. Raises
    UnknownBankError, WhichBankError.
    """
    shared = [
        bank
        for bank in node.banks.banks()
        if bank.policy.kind is BankKind.MATCH
        and all(caller.may_in(bank.name, right) for right in (Right.READ, Right.SHARE))
    ]
    if name is None:
        if len(shared) != 1:
            message = f"this token is for {len(shared)} banks, not for one"
            raise WhichBankError(message)
        return shared[0]
    for bank in shared:
        if bank.name == name:
            return bank
    message = f"there is no bank named {name!r}"
    raise UnknownBankError(message)


def _credentials(header: str) -> tuple[str, str]:
    """User name and password (RFC 7617). Raises NotSignedInError."""
    scheme, _, encoded = header.partition(" ")
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        decoded = ""
    name, colon, secret = decoded.partition(":")
    if scheme.lower() != "basic" or not colon:
        message = "the Authorization header is not HTTP Basic with a token's name and the token"
        raise NotSignedInError(message)
    return name, secret

"""Accounts at partners as they rest in the database: sealed for one exchange, one service and one URL."""

import json
from typing import Final

from tocsin.evidence.sealing import Sealer
from tocsin.exchange.services.model import Secret, UnfitSettingsError
from tocsin.exchange.store import Exchange

LONGEST: Final = 4_000
"""Characters of a user name, password or token."""


def checked(user: str, password: str) -> Secret:
    """The account, if it can be one. Raises UnfitSettingsError, which never repeats it."""
    for what, value in (("user name", user), ("password or token", password)):
        if len(value) > LONGEST or not value.isprintable() or value != value.strip():
            message = f"the {what} is too long, holds a character that is not printed, or blanks around it"
            raise UnfitSettingsError(message)
    if not password:
        message = "the password or token is missing"
        raise UnfitSettingsError(message)
    return Secret(user, password)


def sealed(sealer: Sealer, found: Exchange, url: str, secret: Secret) -> bytes:
    """What is kept of an account: it opens for no other exchange, and for no other URL."""
    data = json.dumps({"user": secret.user, "password": secret.password}).encode()
    return sealer.seal(data, _purpose(found, url))


def opened(sealer: Sealer, found: Exchange, url: str, kept: bytes | None) -> Secret:
    """The account. Raises SealBrokenError, MissingKeyError."""
    if kept is None:
        return Secret()
    data = json.loads(sealer.unseal(kept, _purpose(found, url)))
    return Secret(str(data["user"]), str(data["password"]))


def _purpose(found: Exchange, url: str) -> str:
    return f"exchange:{found.id}:{found.service}:{found.environment}:{url}"

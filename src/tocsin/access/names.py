"""Names of people and tokens: typed, printed, and part of the ledger's actors and subjects."""

import re

from tocsin.access.errors import InvalidNameError

# ASCII in one case only, so that no two names look alike.
_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}", re.ASCII)


def checked(name: str) -> str:
    """`name`, if a person or a token may be called that. Raises InvalidNameError."""
    if _NAME.fullmatch(name) is None:
        message = f"{name[:64]!r} cannot be the name of a person or a token"
        raise InvalidNameError(message)
    return name


def person(name: str) -> str:
    """The principal that a person is."""
    return f"person:{name}"


def token(name: str) -> str:
    """The principal that a token is."""
    return f"token:{name}"

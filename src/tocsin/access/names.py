"""Names of people and tokens: typed, printed, and part of the ledger's actors and subjects."""

import re

from tocsin.access.errors import InvalidBankError, InvalidNameError

# ASCII in one case only, so that no two names look alike.
_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}", re.ASCII)

PERSON = "person:"
"""What the principal of a person begins with."""
NOBODY = "?"
"""What stands where a name was typed that is nobody's: it may be a password in the wrong field."""
_LONGEST_BANK = 200


def checked(name: str) -> str:
    """`name`, if a person or a token may be called that. Raises InvalidNameError."""
    if _NAME.fullmatch(name) is None:
        message = f"{name[:64]!r} cannot be the name of a person or a token"
        raise InvalidNameError(message)
    return name


def typed(name: str) -> str:
    """A name as somebody typed it to sign in; `NOBODY` if it can be no name."""
    meant = name.strip().lower()
    return meant if _NAME.fullmatch(meant) else NOBODY


def checked_bank(name: str) -> str:
    """`name`, if a bank may be called that (or `*`). Raises InvalidBankError."""
    if not 0 < len(name) <= _LONGEST_BANK or not name.isprintable():
        message = f"{name[:_LONGEST_BANK]!r} cannot be the name of a bank"
        raise InvalidBankError(message)
    return name


def person(name: str) -> str:
    """The principal that a person is."""
    return f"{PERSON}{name}"


def token(name: str) -> str:
    """The principal that a token is."""
    return f"token:{name}"

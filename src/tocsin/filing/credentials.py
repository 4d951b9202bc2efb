"""An account at an authority: what is taken for one, and how it is sealed."""

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from tocsin.errors import Error
from tocsin.evidence.errors import MissingKeyError, SealBrokenError
from tocsin.evidence.sealing import Sealer
from tocsin.filing.model import Environment
from tocsin.filing.store_connections import KeptAccount

LONGEST: Final = 200
_PLACEHOLDERS: Final = frozenset(
    # One a line they would be fifty lines.
    """
    abc account admin apikey apiuser asdf bar changeit changeme credential credentials cybertip default
    demo dummy example fake fixme foo foobar guest insert letmein login me name ncmec none null pass
    passphrase passwd password placeholder pw qwerty replaceme root sample secret string tbd temp test
    tester testing testpassword testuser todo undefined user userid username userpassword value
    """.split()  # noqa: SIM905  # as above
)
_LEADERS: Final = re.compile(r"^(?:your|my|the|insert|enter)+")
_TEMPLATE: Final = re.compile(
    r"<[a-z _.-]+>|\[[a-z _.-]+\]|%[a-z_]+%|\$?\{+[a-z0-9 _.-]+\}+|\$[A-Z][A-Z_]+", re.ASCII
)
"""As `<your password>`, `%PASSWORD%`, `{{ user }}`, `${USER}`, `$USER`: something was to fill it in."""
_LETTERS: Final = re.compile(r"[^a-z]+")
_ONE_SIGN: Final = re.compile(r"(.)\1*", re.DOTALL)
_SAME_LETTERS: Final = re.compile(r"([a-z])\1{2,}")
_COUNTING: Final = "01234567890"
_DECORATION: Final = 4
"""Digits and signs beside the letters of a placeholder, as in `changeme_123`."""


class UnfitCredentialsError(Error):
    """That cannot be the user name and password of an account at an authority."""

    code = "filing.unfit_credentials"
    advice = "Give them as the authority sent them: nothing made up, no blanks around them, no placeholder."


@dataclass(frozen=True, slots=True)
class Account:
    """A user name and password; neither shows in its repr, so that no log holds it by accident."""

    user: str = field(repr=False)
    password: str = field(repr=False)


def checked_account(environment: Environment, user: str, password: str) -> Account:
    """The account, if it can be one; a simulator's may be made up. Raises UnfitCredentialsError."""
    for what, value in (("user name", user), ("password", password)):
        if problem := _problem(value, real=environment is not Environment.SIMULATOR):
            message = f"the {what} {problem}"
            raise UnfitCredentialsError(message)
    if ":" in user:  # RFC 7617, 2: it ends the user name
        message = "the user name holds a colon"
        raise UnfitCredentialsError(message)
    return Account(user, password)


def _problem(value: str, *, real: bool) -> str:
    """What is wrong with one of the two; it never repeats it."""
    if not value:
        return "is missing"
    if len(value) > LONGEST:
        return f"is longer than {LONGEST} characters"
    if not value.isprintable() or value != value.strip():
        return "holds a character that is not printed, or blanks around it"
    if real and is_placeholder(value):
        return "is a placeholder"
    return ""


def is_placeholder(value: str) -> bool:
    """Whether a text stands for a user name or password that somebody was to fill in, or tried out.

    Real ones must pass whatever they look like, so only what is nothing but a placeholder is one.
    """
    lower = value.lower()
    if _ONE_SIGN.fullmatch(lower) or lower in _COUNTING or not any(letter.isalnum() for letter in lower):
        return True
    if _TEMPLATE.fullmatch(value) or _TEMPLATE.fullmatch(lower):
        return True
    letters = _LETTERS.sub("", lower)
    if not letters or len(lower) - len(letters) > _DECORATION:
        return False
    bare = _LEADERS.sub("", letters)
    return letters in _PLACEHOLDERS or bare in _PLACEHOLDERS or _SAME_LETTERS.fullmatch(letters) is not None


def to_bytes(account: Account) -> bytes:
    """What is sealed."""
    return json.dumps({"user": account.user, "password": account.password}).encode()


def from_bytes(data: bytes) -> Account:
    """What `to_bytes` gave."""
    found = json.loads(data)
    return Account(str(found["user"]), str(found["password"]))


class SealedAccounts:
    """Accounts as they rest in the database."""

    def __init__(self, sealer: Sealer) -> None:
        """Sealed with the node's keys."""
        self._sealer = sealer

    def sealed(self, bare: KeptAccount, account: Account) -> KeptAccount:
        """What is to be kept of an account: it opens for no other environment, and for no other URL."""
        return replace(bare, sealed=self._sealer.seal(to_bytes(account), _purpose(bare)))

    def opened(self, kept: KeptAccount) -> Account:
        """The account. Raises SealBrokenError, MissingKeyError."""
        return from_bytes(self._sealer.unseal(kept.sealed, _purpose(kept)))

    def readable(self, kept: Iterable[KeptAccount]) -> dict[Environment, Account]:
        """Those of one authority that these keys open, by their environments."""
        found = {}
        for one in kept:
            with suppress(SealBrokenError, MissingKeyError):
                found[one.environment] = self.opened(one)
        return found


def _purpose(kept: KeptAccount) -> str:
    return f"authority:{kept.authority.value}:{kept.environment.value}:{kept.url}"

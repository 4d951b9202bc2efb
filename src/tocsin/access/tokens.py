"""Tokens: scoped, expiring, revoked at once in every process."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tocsin.access import names, secrets
from tocsin.access.errors import (
    InvalidLifetimeError,
    InvalidRateError,
    NotSignedInError,
    TokenExistsError,
    UnknownTokenError,
)
from tocsin.access.grants import rights_to_json
from tocsin.access.model import Principal, Right, Rights, checked_roles, permissions_of
from tocsin.access.office import Office, manager
from tocsin.access.store import Token

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

LONGEST = timedelta(days=365)
MOST_A_MINUTE = 1_000_000
DEFAULT_LIFETIME = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a token is for."""

    roles: frozenset[str] = frozenset()
    banks: Rights = field(default_factory=dict)
    rate: int = 0
    """Look-ups a minute; 0 for no limit of its own."""
    lifetime: timedelta = DEFAULT_LIFETIME


def may_only_match(banks: Iterable[str], *, rate: int, lifetime: timedelta = DEFAULT_LIFETIME) -> Scope:
    """The scope of a partner who matches against the banks named, and is told bank, labels and distance."""
    return Scope(frozenset({"matcher"}), {bank: frozenset({Right.MATCH}) for bank in banks}, rate, lifetime)


class Tokens:
    """Making, ending and recognising tokens."""

    def __init__(self, office: Office) -> None:
        """Use `Accounts.tokens`."""
        self._office = office

    def create(self, actor: Principal, name: str, scope: Scope) -> str:
        """Make a token; the token itself, which nobody can be told again.

        Raises DeniedError, InvalidNameError, TokenExistsError, UnknownRoleError, InvalidLifetimeError,
        InvalidRateError, InvalidBankError.
        """
        by = manager(actor)
        token = self._new(by, names.checked(name), scope)
        rights = {names.checked_bank(bank): some for bank, some in scope.banks.items()}
        secret = secrets.new_token()
        office = self._office
        with office.transactions.writing():
            if not office.store.add_token(token, secrets.digest(secret)):
                message = f"there is, or was, a token named {name!r}"
                raise TokenExistsError(message)
            for bank, some in rights.items():
                office.store.set_rights(names.token(name), bank, frozenset(some))
            office.record("token.created", by, names.token(name), **_detail(token, rights))
        return secret

    def _new(self, by: str, name: str, scope: Scope) -> Token:
        """Raises UnknownRoleError, InvalidLifetimeError, InvalidRateError."""
        if not timedelta() < scope.lifetime <= LONGEST:
            message = f"a token lives at most {LONGEST.days} days, not {scope.lifetime.days}"
            raise InvalidLifetimeError(message)
        if not 0 <= scope.rate <= MOST_A_MINUTE:
            message = f"a rate is 0 to {MOST_A_MINUTE} look-ups a minute, not {scope.rate}"
            raise InvalidRateError(message)
        now = self._office.clock()
        return Token(name, checked_roles(scope.roles), now, by, now + scope.lifetime, None, scope.rate)

    def principal_of(self, secret: str) -> Principal:
        """Whoever holds this token. Raises NotSignedInError.

        The database is asked each time, by one indexed query: a revoked token is refused at the next request
        in every process. Only the holder of a token learns whether it has expired or was revoked.
        """
        if not secrets.is_token(secret):
            message = "this is not a token, or not all of it"
            raise NotSignedInError(message)
        office = self._office
        with office.transactions.reading():
            found = office.store.token_with_rights(secrets.digest(secret))
        if found is None:
            message = "this token is not one of this node's"
            raise NotSignedInError(message)
        token, rights = found
        _refuse_ended(token, office.clock())
        return Principal(names.token(token.name), permissions_of(token.roles), rights, token.rate)

    def revoke(self, actor: Principal, name: str) -> bool:
        """End a token at once; False if it was revoked before. Raises DeniedError, UnknownTokenError."""
        by = manager(actor)
        office = self._office
        with office.transactions.writing():
            if names.typed(name) != name or office.store.token(name) is None:
                message = f"there is no token named {name!r}"
                raise UnknownTokenError(message)
            ended = office.store.revoke_token(name, office.clock())
            if ended:
                office.record("token.revoked", by, names.token(name))
        return ended

    def all(self, actor: Principal) -> list[Token]:
        """All tokens, ended ones too, without their secrets. Raises DeniedError."""
        manager(actor)
        with self._office.transactions.reading():
            return self._office.store.tokens()


def _refuse_ended(token: Token, now: datetime) -> None:
    """Raises NotSignedInError."""
    if token.revoked is not None:
        message = f"the token {token.name} was revoked on {token.revoked:%Y-%m-%d}"
        raise NotSignedInError(message)
    if token.expires <= now:
        message = f"the token {token.name} expired on {token.expires:%Y-%m-%d}"
        raise NotSignedInError(message)


def _detail(token: Token, rights: Rights) -> "JsonObject":
    return {
        "roles": sorted(token.roles),
        "banks": rights_to_json(rights),
        "expires": token.expires.isoformat(),
        "rate": token.rate,
    }

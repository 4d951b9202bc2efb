"""What this room keeps, and the Protocols it speaks to the world through."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from tocsin.access.model import Right, Rights


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in, as may be shown."""

    name: str
    roles: frozenset[str]
    created: datetime
    active: bool
    must_enrol: bool
    """Whether nothing is allowed before a second factor is there."""
    enrolled: bool
    """Whether there is a second factor."""
    failures: int
    """Attempts to sign in that failed since the last that did not."""
    locked_until: datetime | None


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a person proves themselves against. No part of it is ever printed."""

    person: Person
    password: str = field(repr=False)
    """As Argon2 writes it."""
    second_factor: bytes | None = field(repr=False)
    """The TOTP secret, sealed."""
    pending_factor: bytes | None = field(repr=False)
    """One that was handed out and not confirmed yet, sealed."""


@dataclass(frozen=True, slots=True)
class Token:
    """A program's way in, as may be shown."""

    name: str
    roles: frozenset[str]
    created: datetime
    created_by: str
    expires: datetime
    revoked: datetime | None
    rate: int
    """Look-ups a minute; 0 for no limit of its own."""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in, as may be shown."""

    id: int
    person: str
    created: datetime
    last_used: datetime
    expires: datetime
    revoked: datetime | None


class AccessStore(Protocol):
    """Where this room's state is kept. Every method is called inside a transaction of the caller."""

    def add_person(self, person: Person, password: str) -> bool:
        """Add a person without a second factor; False if the name is taken."""
        ...

    def people(self) -> list[Person]:
        """All of them, by name."""
        ...

    def credentials(self, name: str) -> Credentials | None:
        """A person with what they prove themselves against."""
        ...

    def set_password(self, name: str, password: str) -> None:
        """Replace the hash of the password."""
        ...

    def set_roles(self, name: str, roles: frozenset[str]) -> None:
        """Replace the roles."""
        ...

    def set_active(self, name: str, *, active: bool) -> None:
        """Whether the person may sign in."""
        ...

    def set_failures(self, name: str, failures: int, locked_until: datetime | None) -> None:
        """How often signing in failed, and until when it fails whatever is shown."""
        ...

    def count_idle_attempt(self) -> None:
        """Count an attempt to sign in that is nobody's; costs what `set_failures` costs."""
        ...

    def set_pending_factor(self, name: str, sealed: bytes | None) -> None:
        """Replace the second factor that is not confirmed yet."""
        ...

    def set_second_factor(self, name: str, sealed: bytes | None) -> None:
        """Replace the second factor; what was pending goes. Codes of the past stay used."""
        ...

    def use_code(self, name: str, step: int) -> bool:
        """Note that the code of a time step was used; False if that or a later one was before."""
        ...

    def set_recovery_codes(self, name: str, digests: list[bytes]) -> None:
        """Replace all recovery codes."""
        ...

    def use_recovery_code(self, name: str, digest: bytes) -> bool:
        """Spend a recovery code; False if there is none such (any more)."""
        ...

    def add_token(self, token: Token, digest: bytes) -> bool:
        """Add a token; False if the name is taken."""
        ...

    def token(self, name: str) -> Token | None:
        """The token of that name."""
        ...

    def tokens(self) -> list[Token]:
        """All of them, revoked and expired ones too, by name."""
        ...

    def token_with_rights(self, digest: bytes) -> tuple[Token, Rights] | None:
        """The token of that digest and what it may do in banks: one query, for every request asks."""
        ...

    def revoke_token(self, name: str, when: datetime) -> bool:
        """End a token; False if it had ended before."""
        ...

    def add_session(self, session: Session, digest: bytes) -> int:
        """Add a session (its `id` is not looked at); its number."""
        ...

    def session_with_rights(self, digest: bytes) -> tuple[Session, Person, Rights] | None:
        """The session of that digest, whose it is, and what they may do in banks."""
        ...

    def session(self, number: int) -> Session | None:
        """The session of that number."""
        ...

    def sessions(self) -> list[Session]:
        """All that were not removed, the newest first."""
        ...

    def touch_session(self, number: int, when: datetime) -> None:
        """Note that a session was used."""
        ...

    def revoke_session(self, number: int, when: datetime) -> bool:
        """End a session; False if it had been revoked before."""
        ...

    def revoke_sessions(self, person: str, when: datetime) -> int:
        """End all sessions of a person; how many were not revoked before."""
        ...

    def remove_sessions(self, before: datetime) -> int:
        """Forget sessions that expired before then; how many."""
        ...

    def set_rights(self, principal: str, bank: str, rights: frozenset[Right]) -> None:
        """Replace a principal's rights in one bank (or `*`). The empty set is none, whatever `*` says."""
        ...

    def remove_rights(self, principal: str, bank: str) -> bool:
        """Let a principal have in this bank what it has in `*`; False if nothing else was said."""
        ...

    def rights(self) -> Mapping[str, Rights]:
        """What every principal may do in banks."""
        ...

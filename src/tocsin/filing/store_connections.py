"""What connections to authorities need from the place where they are kept; `tocsin.storage.connections`.

Every method takes part in the caller's transaction, if there is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from tocsin.filing.model import Authority, Environment


@dataclass(frozen=True, slots=True)
class KeptAccount:
    """An account at an authority, its user name and password sealed."""

    authority: Authority
    environment: Environment
    url: str
    sealed: bytes = field(repr=False)
    connected: datetime
    connected_by: str


@dataclass(frozen=True, slots=True)
class InUse:
    """Which environment for tests is in use."""

    environment: Environment
    since: datetime
    by: str


@dataclass(frozen=True, slots=True)
class KeptSwitch:
    """A switch to production that has not ended."""

    id: int
    authority: Authority
    asked: datetime
    asked_by: str
    reason: str
    confirmed: datetime | None = None
    confirmed_by: str = ""
    place: str = ""
    """Where it was confirmed, in words."""
    seal: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class FetchedSchema:
    """An authority's schema as it was when it was fetched."""

    authority: Authority
    environment: Environment
    fetched: datetime
    fetched_by: str
    sha256: bytes
    xsd: bytes = field(repr=False)


class KeptConnections(Protocol):
    """Where accounts, switches and schemas are kept."""

    def keep_account(self, account: KeptAccount) -> None:
        """Keep an account, in place of what was kept for its authority and environment."""
        ...

    def accounts(self, authority: Authority | None = None) -> Sequence[KeptAccount]:
        """All accounts, or those at one authority."""
        ...

    def remove_account(self, authority: Authority, environment: Environment) -> None:
        """Forget an account."""
        ...

    def use(self, authority: Authority, used: InUse | None) -> None:
        """Which environment for tests is in use; None: none."""
        ...

    def in_use(self, authority: Authority) -> InUse | None:
        """Which environment for tests is in use."""
        ...

    def ask_switch(self, authority: Authority, asked: datetime, by: str, reason: str) -> int:
        """Somebody asks for a switch to production; its number."""
        ...

    def switches(self, authority: Authority) -> Sequence[KeptSwitch]:
        """Those that have not ended, oldest first."""
        ...

    def confirm_switch(self, confirmed: KeptSwitch) -> None:
        """Keep by whom, when and where it was confirmed."""
        ...

    def end_switch(self, number: int, ended: datetime, by: str, why: str) -> None:
        """It holds no longer."""
        ...

    def keep_schema(self, schema: FetchedSchema) -> None:
        """Keep a schema in place of the one before."""
        ...

    def schema(self, authority: Authority, environment: Environment) -> FetchedSchema | None:
        """The schema as it was last fetched."""
        ...

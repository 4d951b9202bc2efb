"""Connections to authorities: with which account, in which environment; production only by two people.

Every connection begins with a system for tests (design.md, invariant 9). Production is switched to by two
people who have signed in and have each typed the host's name, at one place: one machine's home folder. A home
that was copied or restored from a backup elsewhere, or by hand, goes on nowhere until two people confirm it
there.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from tocsin.access.model import Permission, Principal
from tocsin.cases.people import demand_person
from tocsin.clock import present
from tocsin.evidence.ledger import Event, Ledger
from tocsin.evidence.sealing import Sealer
from tocsin.filing.credentials import (
    Account,
    SealedAccounts,
    UnfitCredentialsError,
    checked_account,
)
from tocsin.filing.cybertip.hosts import checked_url, host_of, url_of
from tocsin.filing.cybertip.schema import Schema
from tocsin.filing.errors import (
    AnotherPlaceError,
    HostMistypedError,
    NoConnectionError,
    NoSuchSwitchError,
    NotConnectedError,
    NotSwitchedError,
    SchemaNotFetchedError,
    SwitchPendingError,
    UnreadableDocumentError,
)
from tocsin.filing.model import Authority, Environment
from tocsin.filing.reasons import check_reason
from tocsin.filing.store_connections import (
    FetchedSchema,
    InUse,
    KeptAccount,
    KeptConnections,
    KeptSwitch,
)
from tocsin.filing.switching import TO_CONFIRM, Place, Places, Switching
from tocsin.filing.transport import Answer, Transport
from tocsin.transactions import Transactions

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

_WHY: Final = "two people answer for a switch to production"
_OK: Final = 200
_UNREADABLE: Final = Account("", "")
"""Stands for one that these keys do not open: it is to be given anew."""

Transports = Callable[[Environment, str, Account], Transport]
"""Makes what speaks to an authority, from the environment, its URL and the account."""


@dataclass(frozen=True, slots=True)
class Connection:
    """An account at an authority in one environment."""

    authority: Authority
    environment: Environment
    url: str
    user: str = field(repr=False)
    connected: datetime
    connected_by: str
    since: datetime | None = None
    """When it came into use; None: it is not in use."""
    by: str = ""
    """Who had it used; of production both people, with a comma between."""
    here: bool = True
    """False: production, but switched to at another place: nothing is sent from here."""

    @property
    def in_use(self) -> bool:
        """Whether new filings go there."""
        return self.since is not None


@dataclass(frozen=True, slots=True)
class Switch:
    """A switch to production that a second person is to confirm."""

    authority: Authority
    host: str
    """What is to be typed."""
    asked: datetime
    asked_by: str
    until: datetime
    reason: str


class Connections:
    """The connections of a node. Threads may share it."""

    def __init__(  # noqa: PLR0913  # what surrounds a connection
        self,
        transactions: Transactions,
        kept: KeptConnections,
        sealer: Sealer,
        ledger: Ledger,
        *,
        transports: Transports,
        places: Places,
        clock: Callable[[], datetime] = present,
    ) -> None:
        """Over one database; `transports` is `tocsin.outgoing.cybertip.transport`."""
        self._transactions = transactions
        self._kept = kept
        self._accounts = SealedAccounts(sealer)
        self._ledger = ledger
        self._transports = transports
        self._places = places
        self._clock = clock
        self._switching = Switching(kept, sealer, ledger, places, clock)

    def connect(  # noqa: PLR0913  # an account is that much
        self,
        principal: Principal,
        authority: Authority,
        environment: Environment,
        *,
        user: str,
        password: str,
        url: str = "",
    ) -> Connection:
        """Keep an account; a system for tests is used from then on unless production is.

        Only a simulator has a URL to give. Another user name than before ends a switch to production.

        Raises DeniedError, NoConnectionError, UnfitUrlError, UnfitCredentialsError.
        """
        _demand(principal)
        _refuse_portals(authority)
        place = checked_url(environment, url or url_of(environment))
        account = checked_account(environment, user, password)
        with self._transactions.writing():
            before = self._accounts.readable(self._kept.accounts(authority))
            _refuse_shared(before, environment, account)
            bare = KeptAccount(authority, environment, place, b"", self._clock(), principal.id)
            self._kept.keep_account(self._accounts.sealed(bare, account))
            detail: JsonObject = {"environment": environment.value, "url": place}
            self._record("authority.connected", principal, authority, detail)
            if environment is not Environment.PRODUCTION:
                self._kept.use(authority, InUse(environment, self._clock(), principal.id))
            elif before.get(environment, account).user != user:
                self._switching.end(principal, authority, "the account is another one")
            return self.of(authority, environment)

    def disconnect(self, principal: Principal, authority: Authority, environment: Environment) -> None:
        """Forget an account; without that of production there is no production.

        Raises DeniedError, NotConnectedError.
        """
        _demand(principal)
        with self._transactions.writing():
            self.of(authority, environment)
            self._kept.remove_account(authority, environment)
            if environment is Environment.PRODUCTION:
                self._switching.end(principal, authority, "the account was removed")
            else:
                self._choose_another(principal, authority)
            detail: JsonObject = {"environment": environment.value, "removed": True}
            self._record("authority.connected", principal, authority, detail)

    def connections(self, authority: Authority | None = None) -> tuple[Connection, ...]:
        """All accounts, or those at one authority, with whether they are in use."""
        here = self._places.here()
        with self._transactions.reading():
            return tuple(self._connection(one, here) for one in self._kept.accounts(authority))

    def of(self, authority: Authority, environment: Environment) -> Connection:
        """The account in an environment. Raises NotConnectedError."""
        for one in self.connections(authority):
            if one.environment is environment:
                return one
        message = f"there is no account at {authority.value}, environment {environment.value}"
        raise NotConnectedError(message)

    def connection(self, authority: Authority) -> Connection:
        """The one that new filings go to. Raises NotConnectedError."""
        for one in self.connections(authority):
            if one.in_use:
                return one
        message = f"there is no account at {authority.value} in use"
        raise NotConnectedError(message)

    def pending(self, authority: Authority) -> Switch | None:
        """The switch to production that waits for a second person."""
        with self._transactions.reading():
            asked = self._switching.asked(authority)
        return None if asked is None else _switch(asked)

    def request_switch(self, principal: Principal, authority: Authority, host: str, reason: str) -> Switch:
        """Ask for production, having typed its host's name: for here, where it is in use at another place.

        Raises DeniedError, NotConnectedError, HostMistypedError, InvalidReasonError, SwitchPendingError.
        """
        _demand(principal, alone=False)
        _check_host(host)
        check_reason(reason)
        with self._transactions.writing():
            production = self.of(authority, Environment.PRODUCTION)
            if production.in_use and production.here:
                message = "production is in use here already"
                raise SwitchPendingError(message)
            return _switch(self._switching.ask(principal, authority, reason))

    def confirm_switch(self, principal: Principal, authority: Authority, host: str) -> Connection:
        """Confirm what somebody else asked for, at this place: from now on filings go to production.

        Raises DeniedError, NotConnectedError, HostMistypedError, NoSuchSwitchError, SecondPersonError.
        """
        _demand(principal, alone=False)
        _check_host(host)
        with self._transactions.writing():
            production = self.of(authority, Environment.PRODUCTION)
            self._switching.confirm(principal, authority, production.user)
            return self.of(authority, Environment.PRODUCTION)

    def switch_back(self, principal: Principal, authority: Authority, reason: str = "") -> Connection | None:
        """Leave production at once, everywhere, and withdraw what was asked for; one person can.

        What new filings go to now: a system for tests, or None where there is no account at one. Raises
        DeniedError, NoSuchSwitchError.
        """
        _demand(principal)
        with self._transactions.writing():
            if not self._switching.end(principal, authority, reason or "switched back"):
                message = "production is not in use, and nobody has asked for it"
                raise NoSuchSwitchError(message)
            return next((one for one in self.connections(authority) if one.in_use), None)

    def transport(self, authority: Authority, environment: Environment) -> Transport:
        """What speaks to the authority in an environment, made anew for each use. Call it in no transaction.

        Raises NotConnectedError, NotSwitchedError, AnotherPlaceError, and what unsealing raises.
        """
        here = self._places.here()
        with self._transactions.reading():
            accounts = self._kept.accounts(authority)
            kept = next((one for one in accounts if one.environment is environment), None)
            if kept is None:
                message = f"there is no account at {authority.value}, environment {environment.value}"
                raise NotConnectedError(message)
            account = self._accounts.opened(kept)
            if environment is Environment.PRODUCTION:
                _demand_production(self._connection(kept, here))
        if environment is Environment.PRODUCTION:
            self._places.used()
        return self._transports(environment, kept.url, account)

    def check(self, principal: Principal, authority: Authority, environment: Environment) -> Answer:
        """Ask the authority whether it is there and knows the account; it files nothing.

        Raises DeniedError, NoAnswerError, and what `transport` raises.
        """
        _demand(principal)
        return self.transport(authority, environment).status()

    def fetch_schema(
        self, principal: Principal, authority: Authority, environment: Environment
    ) -> FetchedSchema:
        """Fetch the schema as the authority has it now, and keep it.

        Raises DeniedError, SchemaNotFetchedError, NoAnswerError, and what `transport` raises.
        """
        _demand(principal)
        answer = self.transport(authority, environment).schema()
        _check_schema(answer)
        digest = hashlib.sha256(answer.body).digest()
        found = FetchedSchema(authority, environment, self._clock(), principal.id, digest, answer.body)
        with self._transactions.writing():
            self._kept.keep_schema(found)
        return found

    def schema(self, authority: Authority, environment: Environment) -> FetchedSchema | None:
        """The schema as it was last fetched from an environment."""
        return self._kept.schema(authority, environment)

    def _connection(self, kept: KeptAccount, here: Place | None) -> Connection:
        found = Connection(
            authority=kept.authority,
            environment=kept.environment,
            url=checked_url(kept.environment, kept.url),
            user=self._accounts.readable([kept]).get(kept.environment, _UNREADABLE).user,
            connected=kept.connected,
            connected_by=kept.connected_by,
        )
        switches = self._switching.confirmed(kept.authority)
        if kept.environment is Environment.PRODUCTION:
            return self._with_switches(found, switches, here)
        used = self._kept.in_use(kept.authority)
        if switches or used is None or used.environment is not kept.environment:
            return found
        return replace(found, since=used.since, by=used.by)

    def _with_switches(
        self, found: Connection, switches: Sequence[KeptSwitch], here: Place | None
    ) -> Connection:
        """A connection to production with whether it is in use, and here."""
        if not switches:
            return found
        mine = [one for one in switches if self._switching.holds(one, here, found.user)]
        shown = (mine or switches)[0]
        people = f"{shown.asked_by}, {shown.confirmed_by}"
        return replace(found, since=shown.confirmed, by=people, here=bool(mine))

    def _choose_another(self, principal: Principal, authority: Authority) -> None:
        """Use a system for tests that is left: the authority's own rather than a simulator."""
        left = {one.environment for one in self._kept.accounts(authority)}
        for environment in (Environment.TEST, Environment.SIMULATOR):
            if environment in left:
                self._kept.use(authority, InUse(environment, self._clock(), principal.id))
                return
        self._kept.use(authority, None)

    def _record(self, kind: str, principal: Principal, authority: Authority, detail: "JsonObject") -> None:
        self._ledger.append(Event(kind, principal.id, f"authority:{authority.value}", detail))


def _demand(principal: Principal, *, alone: bool = True) -> None:
    """Raise DeniedError unless it may do this; what takes two (not `alone`) takes people who signed in."""
    principal.demand(Permission.MANAGE_FILING)
    demand_person(principal, or_local=alone, why=_WHY if not alone else "people connect to authorities")


def _demand_production(connection: Connection) -> None:
    if not connection.in_use:
        message = "production is not in use"
        raise NotSwitchedError(message)
    if not connection.here:
        message = "production was switched to at another place, or on another copy of this home"
        raise AnotherPlaceError(message)


def _switch(asked: KeptSwitch) -> Switch:
    host = host_of(Environment.PRODUCTION)
    return Switch(asked.authority, host, asked.asked, asked.asked_by, asked.asked + TO_CONFIRM, asked.reason)


def _refuse_portals(authority: Authority) -> None:
    if authority is not Authority.NCMEC:
        message = f"{authority.value} is reported to by hand, at its portal"
        raise NoConnectionError(message)


def _refuse_shared(before: Mapping[Environment, Account], environment: Environment, new: Account) -> None:
    """An authority gives each environment its own: one for two is one that was mistaken for the other."""
    for other, account in before.items():
        if other is not environment and account == new:
            message = f"this is the account for the environment {other.value!r}"
            raise UnfitCredentialsError(message)


def _check_host(typed: str) -> None:
    if typed != host_of(Environment.PRODUCTION):
        message = "that is not the name of production's host"
        raise HostMistypedError(message)


def _check_schema(answer: Answer) -> None:
    if answer.status != _OK:
        message = f"the authority answers with status {answer.status} and no schema"
        raise SchemaNotFetchedError(message)
    try:
        Schema.of(answer.body)
    except UnreadableDocumentError as error:
        message = f"what the authority answers with is no schema to go by: {error.message}"
        raise SchemaNotFetchedError(message) from error

"""Connections to authorities: with which account, in which environment; production only by two people.

Every connection begins with a system for tests (design.md, invariant 9). Production is switched to by two
people who have signed in and have each typed the host's name, at one place: one machine's home folder. A home
that was copied or restored from a backup elsewhere, or by hand, goes on nowhere until two people confirm it
there.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from tocsin.access.model import Permission, Principal
from tocsin.cases.people import demand_person
from tocsin.evidence.errors import SealBrokenError
from tocsin.evidence.ledger import Event, Ledger
from tocsin.evidence.sealing import Sealer
from tocsin.filing import credentials
from tocsin.filing.credentials import Account, UnfitCredentialsError, checked_account
from tocsin.filing.cybertip.hosts import checked_url, host_of, url_of
from tocsin.filing.errors import (
    AnotherPlaceError,
    HostMistypedError,
    NoConnectionError,
    NoSuchSwitchError,
    NotConnectedError,
    NotSwitchedError,
    SchemaNotFetchedError,
    SecondPersonError,
    SwitchPendingError,
)
from tocsin.filing.model import Authority, Environment
from tocsin.filing.store_connections import (
    FetchedSchema,
    InUse,
    KeptAccount,
    KeptConnections,
    KeptSwitch,
)
from tocsin.filing.switching import opened_seal, sealed_switch
from tocsin.filing.transport import Answer, Transport
from tocsin.transactions import Transactions

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

TO_CONFIRM: Final = timedelta(hours=24)
"""How long a second person has to confirm a switch to production."""
_WHY: Final = "two people answer for a switch to production"
_OK: Final = 200
_LONGEST_REASON: Final = 2000

Transports = Callable[[Environment, str, Account], Transport]
"""Makes what speaks to an authority, from the environment, its URL and the account."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where this process runs, as far as a switch to production is concerned."""

    mark: str
    """Differs in every copy."""
    words: str
    """For people: the machine's name and the folder."""


class Places(Protocol):
    """Tells which place this is; `tocsin.storage.place` does."""

    def here(self) -> Place | None:
        """This place, where it was marked before."""
        ...

    def marked(self) -> Place:
        """This place, marked now if need be."""
        ...


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
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Over one database; `transports` is `tocsin.outgoing.cybertip.transport`."""
        self._transactions = transactions
        self._kept = kept
        self._sealer = sealer
        self._ledger = ledger
        self._transports = transports
        self._places = places
        self._clock = clock

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
            before = self._account(authority, environment)
            self._refuse_shared(authority, environment, account)
            self._keep(principal, authority, environment, place, account)
            if environment is not Environment.PRODUCTION:
                self._kept.use(authority, InUse(environment, self._clock(), principal.id))
            elif before is not None and before.user != user:
                self._end_all(principal, authority, "the account is another one")
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
                self._end_all(principal, authority, "the account was removed")
            else:
                self._choose_another(principal, authority)
            detail: JsonObject = {"environment": environment.value, "removed": True}
            self._record("authority.connected", principal, authority, detail)

    def connections(self) -> tuple[Connection, ...]:
        """All accounts, with whether they are in use."""
        with self._transactions.reading():
            return tuple(self._connection(one) for one in self._kept.accounts())

    def of(self, authority: Authority, environment: Environment) -> Connection:
        """The account in an environment. Raises NotConnectedError."""
        with self._transactions.reading():
            for one in self._kept.accounts(authority):
                if one.environment is environment:
                    return self._connection(one)
        message = f"there is no account at {authority.value}, environment {environment.value}"
        raise NotConnectedError(message)

    def connection(self, authority: Authority) -> Connection:
        """The one that new filings go to. Raises NotConnectedError."""
        with self._transactions.reading():
            for one in self._kept.accounts(authority):
                if (found := self._connection(one)).in_use:
                    return found
        message = f"there is no account at {authority.value} in use"
        raise NotConnectedError(message)

    def pending(self, authority: Authority) -> Switch | None:
        """The switch to production that waits for a second person."""
        with self._transactions.reading():
            asked = self._asked(authority)
        if asked is None:
            return None
        host = host_of(Environment.PRODUCTION)
        return Switch(authority, host, asked.asked, asked.asked_by, asked.asked + TO_CONFIRM, asked.reason)

    def request_switch(self, principal: Principal, authority: Authority, host: str, reason: str) -> Switch:
        """Ask for production, having typed its host's name: for here, where it is in use at another place.

        Raises DeniedError, NotConnectedError, HostMistypedError, SwitchPendingError.
        """
        _demand(principal, alone=False)
        _check_host(host)
        if not reason.strip() or len(reason) > _LONGEST_REASON:
            message = f"a reason is needed, of at most {_LONGEST_REASON} characters"
            raise HostMistypedError(message)
        with self._transactions.writing():
            production = self.of(authority, Environment.PRODUCTION)
            if production.in_use and production.here:
                message = "production is in use here already"
                raise SwitchPendingError(message)
            if (asked := self._asked(authority)) is not None:
                message = f"{asked.asked_by} has asked for it already"
                raise SwitchPendingError(message)
            now = self._clock()
            for late in self._unconfirmed(authority):
                self._kept.end_switch(late.id, now, "node", "nobody confirmed it in time")
            self._kept.ask_switch(authority, now, principal.id, reason)
            detail: JsonObject = {"environment": "production", "step": "asked", "reason": reason}
            self._record("authority.switched", principal, authority, detail)
            found = self.pending(authority)
        assert found is not None  # noqa: S101  # written above; for the type checker
        return found

    def confirm_switch(self, principal: Principal, authority: Authority, host: str) -> Connection:
        """Confirm what somebody else asked for, at this place: from now on filings go to production.

        Raises DeniedError, NotConnectedError, HostMistypedError, NoSuchSwitchError, SecondPersonError.
        """
        _demand(principal, alone=False)
        _check_host(host)
        place = self._places.marked()
        with self._transactions.writing():
            asked = self._asked(authority)
            if asked is None:
                message = "nobody has asked for production, or it is longer ago than 24 hours"
                raise NoSuchSwitchError(message)
            if asked.asked_by == principal.id:
                message = f"{principal.id} has asked for it: somebody else has to confirm"
                raise SecondPersonError(message)
            production = self.of(authority, Environment.PRODUCTION)
            confirmed = replace(asked, confirmed=self._clock(), confirmed_by=principal.id, place=place.words)
            seal = sealed_switch(self._sealer, confirmed, place.mark, production.user)
            self._kept.confirm_switch(replace(confirmed, seal=seal))
            people = [asked.asked_by, principal.id]
            detail: JsonObject = {
                "environment": "production",
                "step": "confirmed",
                "people": [*people],
                "place": place.words,
            }
            self._record("authority.switched", principal, authority, detail)
            return self.of(authority, Environment.PRODUCTION)

    def switch_back(self, principal: Principal, authority: Authority, reason: str = "") -> Connection | None:
        """Leave production at once, everywhere, and withdraw what was asked for; one person can.

        What new filings go to now: a system for tests, or None where there is no account at one. Raises
        DeniedError, NoSuchSwitchError.
        """
        _demand(principal)
        with self._transactions.writing():
            if not self._kept.switches(authority):
                message = "production is not in use, and nobody has asked for it"
                raise NoSuchSwitchError(message)
            self._end_all(principal, authority, reason or "switched back")
            return next(
                (one for one in self.connections() if one.authority is authority and one.in_use), None
            )

    def transport(self, authority: Authority, environment: Environment) -> Transport:
        """What speaks to the authority in an environment.

        Raises NotConnectedError, NotSwitchedError, AnotherPlaceError, and what unsealing raises.
        """
        with self._transactions.reading():
            kept = next(
                (one for one in self._kept.accounts(authority) if one.environment is environment), None
            )
            if kept is None:
                message = f"there is no account at {authority.value}, environment {environment.value}"
                raise NotConnectedError(message)
            if environment is Environment.PRODUCTION:
                self._demand_production(self._connection(kept))
            account = self._opened(kept)
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

    def _demand_production(self, connection: Connection) -> None:
        if not connection.in_use:
            message = "production is not in use"
            raise NotSwitchedError(message)
        if not connection.here:
            message = "production was switched to at another place, or on another copy of this home"
            raise AnotherPlaceError(message)

    def _connection(self, kept: KeptAccount) -> Connection:
        found = Connection(
            authority=kept.authority,
            environment=kept.environment,
            url=checked_url(kept.environment, kept.url),
            user=self._opened(kept).user,
            connected=kept.connected,
            connected_by=kept.connected_by,
        )
        switches = [one for one in self._kept.switches(kept.authority) if one.confirmed is not None]
        if kept.environment is Environment.PRODUCTION:
            return self._with_switches(found, switches)
        used = self._kept.in_use(kept.authority)
        if switches or used is None or used.environment is not kept.environment:
            return found
        return replace(found, since=used.since, by=used.by)

    def _with_switches(self, found: Connection, switches: Sequence[KeptSwitch]) -> Connection:
        """A connection to production with whether it is in use, and here."""
        if not switches:
            return found
        here = self._places.here()
        mine = [one for one in switches if here is not None and self._holds(one, here.mark, found.user)]
        shown = (mine or switches)[0]
        people = f"{shown.asked_by}, {shown.confirmed_by}"
        return replace(found, since=shown.confirmed, by=people, here=bool(mine))

    def _holds(self, switch: KeptSwitch, mark: str, user: str) -> bool:
        """Whether that switch was confirmed at the place of that mark, for that account."""
        try:
            return opened_seal(self._sealer, switch) == (mark, user)
        except SealBrokenError:  # of another home's keys, or written into the database by hand
            return False

    def _opened(self, kept: KeptAccount) -> Account:
        return credentials.from_bytes(self._sealer.unseal(kept.sealed, _purpose(kept)))

    def _account(self, authority: Authority, environment: Environment) -> Account | None:
        for one in self._kept.accounts(authority):
            if one.environment is environment:
                return self._opened(one)
        return None

    def _refuse_shared(self, authority: Authority, environment: Environment, account: Account) -> None:
        """An authority gives each environment its own: one for two is one that was mistaken for the other."""
        for one in self._kept.accounts(authority):
            if one.environment is not environment and self._opened(one) == account:
                message = f"this is the account for the environment {one.environment.value!r}"
                raise UnfitCredentialsError(message)

    def _keep(
        self, principal: Principal, authority: Authority, environment: Environment, url: str, account: Account
    ) -> None:
        bare = KeptAccount(authority, environment, url, b"", self._clock(), principal.id)
        sealed = self._sealer.seal(credentials.to_bytes(account), _purpose(bare))
        self._kept.keep_account(replace(bare, sealed=sealed))
        detail: JsonObject = {"environment": environment.value, "url": url}
        self._record("authority.connected", principal, authority, detail)

    def _choose_another(self, principal: Principal, authority: Authority) -> None:
        """Use a system for tests that is left: the authority's own rather than a simulator."""
        left = {one.environment for one in self._kept.accounts(authority)}
        for environment in (Environment.TEST, Environment.SIMULATOR):
            if environment in left:
                self._kept.use(authority, InUse(environment, self._clock(), principal.id))
                return
        self._kept.use(authority, None)

    def _unconfirmed(self, authority: Authority) -> list[KeptSwitch]:
        return [one for one in self._kept.switches(authority) if one.confirmed is None]

    def _asked(self, authority: Authority) -> KeptSwitch | None:
        """What was asked for and can still be confirmed. A clock that was set back lengthens nothing."""
        now = self._clock()
        return next((one for one in self._unconfirmed(authority) if abs(now - one.asked) < TO_CONFIRM), None)

    def _end_all(self, principal: Principal, authority: Authority, why: str) -> None:
        """End every switch there is, asked for or confirmed."""
        ended = self._kept.switches(authority)
        for one in ended:
            self._kept.end_switch(one.id, self._clock(), principal.id, why)
        if ended:
            detail: JsonObject = {"environment": "test", "step": "back", "reason": why}
            self._record("authority.switched", principal, authority, detail)

    def _record(self, kind: str, principal: Principal, authority: Authority, detail: "JsonObject") -> None:
        self._ledger.append(Event(kind, principal.id, f"authority:{authority.value}", detail))


def _demand(principal: Principal, *, alone: bool = True) -> None:
    """Raise DeniedError unless it may do this; what takes two (not `alone`) takes people who signed in."""
    principal.demand(Permission.MANAGE_FILING)
    demand_person(principal, or_local=alone, why=_WHY if not alone else "people connect to authorities")


def _refuse_portals(authority: Authority) -> None:
    if authority is not Authority.NCMEC:
        message = f"{authority.value} is reported to by hand, at its portal"
        raise NoConnectionError(message)


def _check_host(typed: str) -> None:
    if typed != host_of(Environment.PRODUCTION):
        message = "that is not the name of production's host"
        raise HostMistypedError(message)


def _check_schema(answer: Answer) -> None:
    beginning = answer.body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if answer.status != _OK or not beginning.startswith(b"<") or b"schema" not in beginning[:4096]:
        message = f"the authority answers with status {answer.status} and no schema"
        raise SchemaNotFetchedError(message)


def _purpose(kept: KeptAccount) -> str:
    """What an account is sealed for: it opens for no other environment, and for no other URL."""
    return f"authority:{kept.authority.value}:{kept.environment.value}:{kept.url}"

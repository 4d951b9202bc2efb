"""Exchanges as people set them up, run them and look at them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tocsin.access.model import Permission, Principal, Right
from tocsin.banks.model import BankKind, Policy
from tocsin.banks.store import UnknownBankError, UnknownEntryError
from tocsin.cases.people import demand_person
from tocsin.errors import Error
from tocsin.evidence.ledger import Event, Ledger
from tocsin.evidence.sealing import Sealer
from tocsin.exchange import accounts
from tocsin.exchange.giving import job_of
from tocsin.exchange.model import Heard, OpinionToGive, Stance
from tocsin.exchange.partners_of import URL, Services, url_of
from tocsin.exchange.services import registry
from tocsin.exchange.services.model import Service, UnfitSettingsError
from tocsin.exchange.standing import Standing, StandsOn
from tocsin.exchange.store import (
    LONGEST_TEXT,
    Exchange,
    Exchanges,
    GivenOpinion,
    GivenOpinions,
    Giving,
    KeptRecord,
    KeptSetAside,
    NewExchange,
    State,
)
from tocsin.exchange.syncing import NotReadyError, Progress, Syncing
from tocsin.jobs.model import JobQueue
from tocsin.transactions import Transactions

if TYPE_CHECKING:
    from tocsin.banks.curation import RecordedBanks
    from tocsin.media.sandbox import JsonObject

_WHY: Final = "two people answer for an exchange with a partner's production"
_LOCAL: Final = re.compile(
    r"http://(?:127\.0\.0\.1|\[::1\]):[1-9][0-9]{0,4}(?:/[A-Za-z0-9._~/-]*)?", re.ASCII
)
LEAST_EVERY: Final = 1
MOST_EVERY: Final = 7 * 24 * 60
_LONGEST_NAME: Final = 100


class InvalidExchangeError(Error):
    """An exchange cannot be like that."""

    code = "exchange.invalid"
    advice = "A name has 1 to 100 characters that are printed; it runs every 1 to 10,080 minutes."


class SecondPersonError(Error):
    """Somebody else has to confirm it."""

    code = "exchange.second_person"
    advice = "Ask a colleague with the same permission."


class NoRecordError(Error):
    """The entry holds no record of an exchange now."""

    code = "exchange.no_record"
    advice = "Only what a partner's list holds can be told an opinion of."


@dataclass(frozen=True, slots=True)
class Affected:
    """How many cases stand on entries that were withdrawn or superseded since."""

    open: int
    decided: int


@dataclass(frozen=True, slots=True)
class Status:
    """How an exchange stands."""

    exchange: Exchange
    running: bool
    affected: Affected


@dataclass(frozen=True, slots=True)
class Exchanging:
    """What somebody may do with exchanges. All of one database."""

    transactions: Transactions
    store: Exchanges
    given: GivenOpinions
    banks: "RecordedBanks"
    queue: JobQueue
    ledger: Ledger
    sealer: Sealer
    syncing: Syncing
    standing: Standing
    services: Services = registry.service

    def add(
        self, actor: Principal, new: NewExchange, *, user: str = "", password: str = "", url: str = ""
    ) -> Exchange:
        """Set up an exchange with a bank of its own, which is made if there is none of that name.

        One of production takes a person who signed in, and another who confirms it before it runs. Only a
        simulator has a URL to give. Raises DeniedError, InvalidExchangeError, UnfitSettingsError,
        ExchangeExistsError, InvalidBankNameError.
        """
        actor.demand(Permission.MANAGE_EXCHANGES)
        _check(new)
        known = self.services(new.service)
        checked = _checked(known, new, url)
        demand_person(actor, or_local=not checked.production, why=_WHY)
        with self.transactions.writing():
            self._demand_bank(actor, checked.bank)
            made = self.store.add(checked, actor.id)
            self._keep_account(known, made, user, password)
            detail: JsonObject = {
                "service": made.service,
                "environment": made.environment,
                "production": made.production,
                "bank": made.bank,
            }
            self._record("exchange.added", actor, made, detail)
            if not checked.production:
                self.syncing.plan()
        return self.store.exchange(made.name)

    def confirm(self, actor: Principal, name: str) -> Exchange:
        """Confirm one of production that somebody else set up: from now on it runs.

        Raises DeniedError, UnknownExchangeError, NotReadyError, SecondPersonError.
        """
        actor.demand(Permission.MANAGE_EXCHANGES)
        demand_person(actor, why=_WHY)
        with self.transactions.writing():
            found = self.store.exchange(name)
            if found.state is not State.UNCONFIRMED:
                message = f"{name} waits for nobody's confirmation"
                raise NotReadyError(message)
            if found.created_by == actor.id:
                message = f"{actor.id} set it up; somebody else confirms it"
                raise SecondPersonError(message)
            self.store.set_state(name, State.READY, confirmed=actor.id)
            self._record("exchange.confirmed", actor, found, {})
            self.syncing.plan()
        return self.store.exchange(name)

    def set_account(self, actor: Principal, name: str, *, user: str, password: str) -> None:
        """Keep another account for it. Raises DeniedError, UnknownExchangeError, UnfitSettingsError."""
        actor.demand(Permission.MANAGE_EXCHANGES)
        with self.transactions.writing():
            found = self.store.exchange(name)
            demand_person(actor, or_local=not found.production, why=_WHY)
            self._keep_account(self.services(found.service), found, user, password)
            self._record("exchange.account_set", actor, found, {})

    def remove(self, actor: Principal, name: str) -> None:
        """Forget an exchange; its bank stays with the entries. Raises DeniedError, UnknownExchangeError."""
        actor.demand(Permission.MANAGE_EXCHANGES)
        with self.transactions.writing():
            found = self.store.exchange(name)
            self.store.remove(name)
            self._record("exchange.removed", actor, found, {"bank": found.bank})

    def exchanges(self, actor: Principal) -> Sequence[Exchange]:
        """All of them. Raises DeniedError."""
        actor.demand(Permission.READ_EXCHANGES)
        return self.store.exchanges()

    def exchange(self, actor: Principal, name: str) -> Exchange:
        """One of them. Raises DeniedError, UnknownExchangeError."""
        actor.demand(Permission.READ_EXCHANGES)
        return self.store.exchange(name)

    def status(self, actor: Principal, name: str) -> Status:
        """How one stands. Raises DeniedError, UnknownExchangeError."""
        found = self.exchange(actor, name)
        opened, decided = self.standing.counts(found.bank)
        return Status(found, self.syncing.running(found), Affected(opened, decided))

    def affected(
        self, actor: Principal, name: str, *, before: int | None = None, limit: int = 100
    ) -> Sequence[StandsOn]:
        """Matches on entries of an exchange that were withdrawn since, newest first.

        Raises DeniedError, UnknownExchangeError.
        """
        return self.standing.of_bank(self.exchange(actor, name).bank, before=before, limit=limit)

    def set_aside(
        self, actor: Principal, name: str, *, after: int = 0, limit: int = 100
    ) -> Sequence[KeptSetAside]:
        """What was set aside, oldest first. Raises DeniedError, UnknownExchangeError."""
        actor.demand(Permission.READ_EXCHANGES)
        return self.store.set_aside(name, after=after, limit=limit)

    def pause(self, actor: Principal, name: str) -> None:
        """Let it rest, from the next page on where it runs. Raises DeniedError, UnknownExchangeError."""
        self._set_paused(actor, name, paused=True)

    def resume(self, actor: Principal, name: str) -> None:
        """Have it run again. Raises DeniedError, UnknownExchangeError."""
        self._set_paused(actor, name, paused=False)

    def run_soon(self, actor: Principal, name: str, *, accept: bool = False, anew: bool = False) -> None:
        """Have it run at once by whoever does the jobs. As `prepare`, and RunningError."""
        with self.transactions.writing():
            self._prepare(actor, name, accept=accept, anew=anew)
            self.syncing.run_soon(name)

    def run_here(
        self,
        actor: Principal,
        name: str,
        progress: Progress = lambda _counts, _page: None,
        *,
        accept: bool = False,
        anew: bool = False,
    ) -> Exchange:
        """Run it in this thread; how it stands then.

        `accept`: withdraw what the partner withdraws, however much that is. `anew`: from the beginning of its
        list. One that was stopped or held is tried again. Raises DeniedError, UnknownExchangeError,
        RunningError, NotReadyError, LeaseLostError.
        """
        self._prepare(actor, name, accept=accept, anew=anew)
        return self.syncing.run_here(name, progress)

    def _prepare(self, actor: Principal, name: str, *, accept: bool, anew: bool) -> None:
        actor.demand(Permission.MANAGE_EXCHANGES)
        with self.transactions.writing():
            found = self.store.exchange(name)
            self.syncing.demand_idle(found)
            if accept:
                demand_person(actor, or_local=True, why="a person accepts what a partner withdraws")
                self._record("exchange.accepted", actor, found, {"message": found.message})
            elif found.state is State.HELD:
                return  # nothing has changed: run_here and run_soon say so
            if found.state is not State.UNCONFIRMED:
                self.store.set_state(name, State.READY, accepted=actor.id if accept else "")
            if anew:
                self.store.restart(name)

    def record_of(self, actor: Principal, entry: int) -> tuple[str, KeptRecord] | None:
        """The exchange and record that an entry holds now, if any. Raises UnknownEntryError."""
        self._readable(actor, entry)
        return self.store.of_entry(entry)

    def heard(self, actor: Principal, entry: int) -> Sequence[Heard]:
        """What others say of an entry that one may read. Raises UnknownEntryError."""
        found = self.record_of(actor, entry)
        return () if found is None else self.store.heard(found[0], found[1].key)

    def give_opinion(
        self, actor: Principal, entry: int, stance: Stance, reason: str = "", signal: str = ""
    ) -> GivenOpinion:
        """Tell the partner what we think of its record: by a person, once.

        Raises DeniedError, UnknownEntryError, NoRecordError, InvalidExchangeError.
        """
        actor.demand(Permission.GIVE_OPINIONS)
        demand_person(actor, or_local=True, why="people tell partners what they think")
        self._readable(actor, entry)
        if len(reason) > LONGEST_TEXT:
            message = f"a reason has at most {LONGEST_TEXT:,} characters"
            raise InvalidExchangeError(message)
        with self.transactions.writing():
            found = self.store.of_entry(entry)
            if found is None:
                message = f"entry {entry} holds no partner's record"
                raise NoRecordError(message)
            name, record = found
            what = OpinionToGive(record.key, stance, reason, signal)
            number = self.given.ask_opinion(name, entry, what, actor.id)
            self.queue.enqueue(job_of(number))
            self._record_opinion(actor, name, entry, number, stance)
        return self._given(number)

    def give_again(self, actor: Principal, number: int) -> GivenOpinion:
        """Have an opinion sent again of which nobody knows whether it came through, or that was refused.

        Raises DeniedError, NoRecordError, NotReadyError.
        """
        actor.demand(Permission.GIVE_OPINIONS)
        demand_person(actor, or_local=True, why="people tell partners what they think")
        with self.transactions.writing():
            found = self._given(number)
            if found.state not in {Giving.UNKNOWN, Giving.REFUSED}:
                message = f"opinion {number} is {found.state.value}"
                raise NotReadyError(message)
            self.given.note_opinion(number, Giving.WAITING)
            self.queue.enqueue(job_of(number))
            self._record_opinion(actor, found.exchange, found.entry, number, found.what.stance)
        return self._given(number)

    def opinions(
        self, actor: Principal, name: str, *, after: int = 0, limit: int = 100
    ) -> Sequence[GivenOpinion]:
        """What we tell a partner, oldest first. Raises DeniedError, UnknownExchangeError."""
        self.exchange(actor, name)
        return self.given.opinions(name, after=after, limit=limit)

    def _given(self, number: int) -> GivenOpinion:
        if (found := self.given.opinion(number)) is None:
            message = f"there is no opinion number {number}"
            raise NoRecordError(message)
        return found

    def _set_paused(self, actor: Principal, name: str, *, paused: bool) -> None:
        actor.demand(Permission.MANAGE_EXCHANGES)
        with self.transactions.writing():
            found = self.store.exchange(name)
            if found.paused is paused:
                return
            self.store.set_paused(name, paused=paused)
            self._record("exchange.paused" if paused else "exchange.resumed", actor, found, {})
            if paused:
                self.syncing.unplan(found)
            else:
                self.syncing.plan()

    def _demand_bank(self, actor: Principal, name: str) -> None:
        """A bank to match, made if there is none."""
        try:
            kind = self.banks.bank(name).policy.kind
        except UnknownBankError:
            with self.banks.acting_as(actor.id):
                kind = self.banks.create_bank(name, Policy()).policy.kind
        if kind is not BankKind.MATCH:
            message = f"the bank {name!r} is not one to match against"
            raise InvalidExchangeError(message)

    def _keep_account(self, known: Service, found: Exchange, user: str, password: str) -> None:
        if user or password or known.needs_account:
            secret = accounts.checked(user, password)
            self.store.keep_account(
                found.name, accounts.sealed(self.sealer, found, url_of(known, found), secret)
            )

    def _readable(self, actor: Principal, entry: int) -> None:
        """As `Curation.readable`: others are told the same as of an entry there is not."""
        if not actor.may_in(self.banks.entry(entry).bank, Right.READ):
            message = f"there is no entry number {entry}"
            raise UnknownEntryError(message)

    def _record(self, kind: str, actor: Principal, found: Exchange, detail: "JsonObject") -> None:
        self.ledger.append(Event(kind, actor.id, f"exchange:{found.name}", detail))

    def _record_opinion(self, actor: Principal, name: str, entry: int, number: int, stance: Stance) -> None:
        detail: JsonObject = {"exchange": name, "opinion": number, "stance": stance.value}
        self.ledger.append(Event("exchange.opinion_asked", actor.id, f"entry:{entry}", detail))


def _check(new: NewExchange) -> None:
    if not new.name.strip() or len(new.name) > _LONGEST_NAME or not new.name.isprintable():
        message = f"a name has 1 to {_LONGEST_NAME} characters that are printed"
        raise InvalidExchangeError(message)
    if not LEAST_EVERY <= new.every <= MOST_EVERY:
        message = f"it runs every {LEAST_EVERY} to {MOST_EVERY:,} minutes, not {new.every:,}"
        raise InvalidExchangeError(message)


def _checked(known: Service, new: NewExchange, url: str) -> NewExchange:
    """With its environment, settings and whether that is production. Raises UnfitSettingsError."""
    if new.environment not in known.environments:
        there = ", ".join(sorted(known.environments))
        message = f"{known.title} has no environment {new.environment!r}; there are {there}"
        raise UnfitSettingsError(message)
    environment = known.environments[new.environment]
    if bool(url) is bool(environment.url):
        message = "a simulator needs a URL" if not url else "only a simulator has a URL to give"
        raise UnfitSettingsError(message)
    if url and not _LOCAL.fullmatch(url):
        message = "a simulator is on this machine: http://127.0.0.1:PORT/..."
        raise UnfitSettingsError(message)
    settings = known.check(new.environment, new.settings)
    return replace(
        new,
        settings={**settings, **({URL: url} if url else {})},
        production=environment.production,
    )

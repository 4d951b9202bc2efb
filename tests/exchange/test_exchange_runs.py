"""Exchanges as they run: stopped anywhere they go on, and what needs a person waits for one."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from support.exchanges import MemoryPartner, digest, keys_in, live, page, record, service_of

from tocsin.access.errors import DeniedError
from tocsin.access.model import Permission, Principal, Right, local
from tocsin.banks.model import EntryDraft
from tocsin.evidence.errors import SealBrokenError
from tocsin.exchange.giving import GIVE
from tocsin.exchange.model import (
    CheckpointExpiredError,
    OpinionToGive,
    PartnerRefusedError,
    PartnerUnreachableError,
    Stance,
    Withdrawal,
)
from tocsin.exchange.service import Exchanging, NoRecordError, SecondPersonError
from tocsin.exchange.services.model import Secret, Service, UnfitSettingsError
from tocsin.exchange.store import Counts, Giving, NewExchange, State
from tocsin.exchange.syncing import ALARM, SYNC, NotReadyError, RunningError
from tocsin.jobs.model import Job, LeaseLostError, NewJob
from tocsin.media.sandbox import JsonObject
from tocsin.node.exchanging import ExchangeParts, exchanging, giving_work
from tocsin.storage import exchanges
from tocsin.storage.home import Home
from tocsin.storage.jobs import JobStore

SHELL = local("root")
PASSWORD = "kq3-Zr8v"  # noqa: S105  # of nobody
EVERYWHERE = {"*": frozenset(Right)}
ANNA = Principal("person:anna", frozenset(Permission), EVERYWHERE)
BELA = Principal("person:bela", frozenset(Permission), EVERYWHERE)
NOBODY = Principal("person:nemo", frozenset(), EVERYWHERE)
PROGRAM = Principal("token:robot", frozenset(Permission), EVERYWHERE)


@dataclass
class Told:
    """Who is told."""

    events: list[tuple[str, JsonObject]] = field(default_factory=list)

    def announce(self, kind: str, body: JsonObject) -> None:
        self.events.append((kind, body))


@dataclass
class Desk:
    """A home with an exchange `list` to a partner in memory."""

    home: Home
    partner: MemoryPartner = field(default_factory=MemoryPartner)
    told: Told = field(default_factory=Told)
    made: list[tuple[str, JsonObject, Secret]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Put it together."""
        self.queue = JobStore(self.home.database)
        self.exchanging: Exchanging = exchanging(self.parts)
        self.syncing = self.exchanging.syncing

    @property
    def parts(self) -> ExchangeParts:
        def services(_name: str) -> Service:
            return service_of(self.partner, self.made)

        return ExchangeParts(self.home, keys_in(self.home), self.queue, self.told, services=services)

    def add(self, *, production: bool = False, actor: Principal = SHELL) -> None:
        new = NewExchange("list", "ncmec", "list", "production" if production else "test")
        self.exchanging.add(actor, new, user="member", password=PASSWORD)

    def claim(self, kind: str = SYNC) -> Job | None:
        """The job that is due, on a clock a year on."""
        due = datetime.now(UTC) + timedelta(days=365)
        later = JobStore(self.home.database, lambda: int(due.timestamp() * 1e6))
        return later.claim([kind], "worker", timedelta(days=1))

    def work(self) -> None:
        """Do the jobs that are there; those that runs were planned with before have no effect."""
        last = self.exchanging.exchange(SHELL, "list").job
        while (job := self.claim()) is not None:
            self.syncing(job)
            if job.id == last:
                return

    def expire(self) -> None:
        """The leases of those that were killed run out."""
        with self.home.database.writing():
            self.home.database.change("UPDATE job SET due = 0 WHERE state = 'leased'")

    def ledger(self) -> list[str]:
        return [row.kind for row in self.home.ledger.rows()]


@pytest.fixture
def desk(home: Home) -> Desk:
    return Desk(home)


def test_a_run_fetches_what_is_new_and_plans_the_next(desk: Desk) -> None:
    desk.partner.log = [record(str(n)) for n in range(25)]
    desk.add()
    seen = []
    found = desk.exchanging.run_here(SHELL, "list", lambda counts, _page: seen.append(counts.added))
    assert (found.outcome, found.counts, found.run) == ("done", Counts(added=25), 1)
    assert seen == [10, 20, 25]
    assert found.up_to is not None
    assert found.next is not None
    assert found.next - datetime.now(UTC) > timedelta(minutes=59)
    assert desk.made == [("https://test.example.org/list", {}, Secret("member", PASSWORD))]
    desk.partner.log += [Withdrawal("3", "no"), record("4", 1)]
    desk.work()
    assert desk.exchanging.exchange(SHELL, "list").run == 2
    assert desk.exchanging.exchange(SHELL, "list").counts == Counts(withdrawn=1, corrected=1)
    assert live(desk.home) == desk.partner.truth()
    assert desk.ledger().count("exchange.ran") == 2
    account = desk.exchanging.store.account("list")
    assert account is not None
    assert PASSWORD.encode() not in account


def test_a_list_that_is_cut_off_anywhere_is_all_there_in_the_end(desk: Desk) -> None:
    chance = random.Random(7)  # noqa: S311  # troubles, not secrets
    names = [str(n) for n in range(60)]
    for _ in range(400):
        key = chance.choice(names)
        gone = chance.random() < 0.3
        desk.partner.log.append(Withdrawal(key, "no") if gone else record(key, chance.randrange(3)))
    desk.partner.size = 7

    class Killed(BaseException):
        """As of `kill -9`: nothing of the run's own is done after it."""

    def trouble(_at: int) -> None:
        what = chance.random()
        if what < 0.1:
            raise Killed
        if what < 0.2:
            raise PartnerUnreachableError
        if what < 0.25:
            message = "a defect"
            raise KeyError(message)

    desk.partner.trouble = trouble
    desk.add()
    killed = 0
    for _ in range(200):
        desk.expire()
        job = desk.claim()
        assert job is not None
        try:
            desk.syncing(job)
        except Killed:
            killed += 1
    assert killed > 5
    desk.partner.trouble = lambda _at: None
    desk.expire()
    desk.work()
    assert live(desk.home) == desk.partner.truth()
    assert desk.exchanging.exchange(SHELL, "list").failures == 0


def test_what_fails_comes_later_and_later_and_as_the_partner_asks(desk: Desk) -> None:
    error = PartnerUnreachableError("down for the night")

    def trouble(_at: int) -> None:
        raise error

    desk.partner.trouble = trouble
    desk.add()
    pauses = []
    for _ in range(13):
        found = desk.exchanging.run_here(SHELL, "list")
        assert found.next is not None
        assert found.ended is not None
        pauses.append(found.next - found.ended)
    assert pauses[0] <= timedelta(minutes=1)
    assert timedelta(hours=3) <= pauses[-1] <= timedelta(hours=6)
    assert (found.state, found.failures, found.message) == (State.READY, 13, "down for the night")
    assert [kind for kind, _ in desk.told.events] == [ALARM]
    assert desk.ledger().count("exchange.ran") == 1  # the first; the others ended as it did
    error.wait = 9 * 3600
    found = desk.exchanging.run_here(SHELL, "list")
    assert found.next is not None
    assert found.ended is not None
    assert found.next - found.ended >= timedelta(hours=9) - timedelta(seconds=1)


def test_a_partner_that_refuses_us_is_asked_again_only_by_a_person(desk: Desk) -> None:
    def trouble(_at: int) -> None:
        message = "the account was closed"
        raise PartnerRefusedError(message)

    desk.partner.trouble = trouble
    desk.add()
    found = desk.exchanging.run_here(SHELL, "list")
    assert (found.state, found.message) == (State.STOPPED, "the account was closed")
    assert desk.told.events[0][1]["state"] == "stopped"
    assert "exchange.stopped" in desk.ledger()
    desk.syncing.plan()
    while (job := desk.claim()) is not None:
        desk.syncing(job)
    assert desk.exchanging.exchange(SHELL, "list").run == 1
    desk.partner.trouble = lambda _at: None
    assert desk.exchanging.run_here(SHELL, "list").state is State.READY


def test_a_flood_is_held_until_a_person_accepts_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchanges, "GUARD_LEAST", 3)
    desk.partner.log = [record(str(n)) for n in range(10)]
    desk.add()
    desk.exchanging.run_here(SHELL, "list")
    desk.partner.log += [Withdrawal(str(n), "no") for n in range(9)]
    found = desk.exchanging.run_here(SHELL, "list")
    assert found.state is State.HELD
    assert "9 of 10 records" in found.message
    assert len(live(desk.home)) == 10
    with pytest.raises(NotReadyError):
        desk.exchanging.run_here(SHELL, "list")
    with pytest.raises(DeniedError):
        desk.exchanging.run_here(PROGRAM, "list", accept=True)
    found = desk.exchanging.run_here(ANNA, "list", accept=True)
    assert (found.state, found.accepted, len(live(desk.home))) == (State.READY, "", 1)
    assert {"exchange.held", "exchange.accepted"} <= set(desk.ledger())


def test_a_checkpoint_that_expired_begins_anew_at_once(desk: Desk) -> None:
    desk.partner.log = [record(str(n)) for n in range(15)]
    desk.add()
    desk.exchanging.run_here(SHELL, "list")

    def trouble(at: int) -> None:
        if at == 15 and expired.pop():
            raise CheckpointExpiredError

    expired = [False, True]
    desk.partner.trouble = trouble
    found = desk.exchanging.run_here(SHELL, "list")
    assert (found.outcome, found.counts) == ("done", Counts(unchanged=15))


def test_of_two_runs_only_one_has_any_effect(desk: Desk) -> None:
    desk.partner.log = [record(str(n)) for n in range(30)]
    desk.add()

    def trouble(at: int) -> None:
        if at == 10:
            with pytest.raises(RunningError):
                desk.exchanging.run_soon(SHELL, "list")
            # Another took it over, as one does whose lease ran out.
            other = desk.queue.enqueue(NewJob(SYNC, {"exchange": "list"}))
            desk.exchanging.store.plan("list", other.id, datetime.now(UTC))

    desk.partner.trouble = trouble
    with pytest.raises(LeaseLostError):
        desk.exchanging.run_here(SHELL, "list")
    assert len(live(desk.home)) == 10
    desk.partner.trouble = lambda _at: None
    while (job := desk.claim()) is not None:
        desk.syncing(job)
        if desk.exchanging.exchange(SHELL, "list").outcome:
            break
    assert live(desk.home) == desk.partner.truth()


def test_pausing_ends_a_run_with_its_next_page(desk: Desk) -> None:
    desk.partner.log = [record(str(n)) for n in range(30)]
    desk.add()
    desk.partner.trouble = lambda at: desk.exchanging.pause(SHELL, "list") if at == 20 else None
    with pytest.raises(LeaseLostError):
        desk.exchanging.run_here(SHELL, "list")
    assert len(live(desk.home)) == 20
    with pytest.raises(NotReadyError):
        desk.exchanging.run_here(SHELL, "list")
    desk.partner.trouble = lambda _at: None
    desk.exchanging.resume(SHELL, "list")
    assert desk.exchanging.run_here(SHELL, "list").counts == Counts(added=10)


def test_production_takes_two_people_who_signed_in(desk: Desk) -> None:
    for actor in (SHELL, PROGRAM, NOBODY):
        with pytest.raises(DeniedError):
            desk.add(production=True, actor=actor)
    assert desk.home.banks() == []
    desk.add(production=True, actor=ANNA)
    assert desk.claim() is None
    with pytest.raises(NotReadyError):
        desk.exchanging.run_here(ANNA, "list")
    with pytest.raises(SecondPersonError):
        desk.exchanging.confirm(ANNA, "list")
    with pytest.raises(DeniedError):
        desk.exchanging.confirm(SHELL, "list")
    found = desk.exchanging.confirm(BELA, "list")
    assert (found.created_by, found.confirmed_by, found.production) == ("person:anna", "person:bela", True)
    assert desk.claim() is not None
    with pytest.raises(NotReadyError):
        desk.exchanging.confirm(BELA, "list")


def test_nothing_is_set_up_that_cannot_be(desk: Desk) -> None:
    def add(environment: str, url: str = "", settings: JsonObject | None = None, code: str = "x") -> None:
        new = NewExchange("list", "memory", "list", environment, settings=settings or {})
        desk.exchanging.add(SHELL, new, user="u", password=code, url=url)

    for environment, url in (("staging", ""), ("simulator", ""), ("simulator", "http://example.org/x")):
        with pytest.raises(UnfitSettingsError):
            add(environment, url)
    with pytest.raises(UnfitSettingsError):
        add("test", "http://127.0.0.1:8000/x")
    with pytest.raises(UnfitSettingsError):
        add("test", settings={"colour": "red"})
    for code in ("", "a\nb"):
        with pytest.raises(UnfitSettingsError):
            add("test", code=code)
    assert desk.home.banks() == []
    add("simulator", "http://127.0.0.1:8000/x")
    with desk.home.database.writing():  # an account moved to another place does not open there
        desk.home.database.change("UPDATE exchange SET settings = ?", ('{"url":"http://127.0.0.1:9/x"}',))
    with pytest.raises(SealBrokenError):
        desk.parts.partners()(desk.exchanging.exchange(SHELL, "list"))
    with pytest.raises(DeniedError):
        desk.exchanging.exchanges(NOBODY)


def opinion(desk: Desk, giving: Callable[[OpinionToGive], None] = lambda _opinion: None) -> int:
    desk.partner.giving = giving
    entry = next(iter(desk.home.entries("list"))).id
    given = desk.exchanging.give_opinion(ANNA, entry, Stance.DISPUTE, "harmless")
    return given.id


def give(desk: Desk) -> None:
    job = desk.claim(GIVE)
    assert job is not None
    giving_work(desk.parts)(job)


def test_an_opinion_is_given_once_and_again_only_by_a_person(desk: Desk) -> None:
    desk.add()
    desk.exchanging.store.apply("list", page(record("a")))
    opinion(desk)
    give(desk)
    assert desk.partner.given == [OpinionToGive("a", Stance.DISPUTE, "harmless")]

    def lost(_opinion: OpinionToGive) -> None:
        raise PartnerUnreachableError

    number = opinion(desk, lost)
    give(desk)
    assert desk.claim(GIVE) is None
    told = {one.id: one.state for one in desk.exchanging.opinions(ANNA, "list")}
    assert told == {number - 1: Giving.GIVEN, number: Giving.UNKNOWN}
    with pytest.raises(DeniedError):
        desk.exchanging.give_again(PROGRAM, number)
    with pytest.raises(NotReadyError):
        desk.exchanging.give_again(ANNA, number - 1)
    desk.partner.giving = lambda _opinion: None
    desk.exchanging.give_again(ANNA, number)
    give(desk)
    assert len(desk.partner.given) == 2

    def killed(_opinion: OpinionToGive) -> None:
        raise KeyboardInterrupt

    number = opinion(desk, killed)
    job = desk.claim(GIVE)
    assert job is not None
    with pytest.raises(KeyboardInterrupt):
        giving_work(desk.parts)(job)
    giving_work(desk.parts)(job)  # claimed again when the lease ran out: it is not sent
    found = desk.exchanging.given.opinion(number)
    assert found is not None
    assert (found.state, len(desk.partner.given)) == (Giving.UNKNOWN, 2)


def test_opinions_are_of_partners_records_one_may_read(desk: Desk) -> None:
    desk.add()
    desk.exchanging.store.apply("list", page(record("a")))
    by_hand = desk.home.add_entries("list", [EntryDraft((digest("mine"),))]).entry_ids[0]
    with pytest.raises(NoRecordError):
        desk.exchanging.give_opinion(ANNA, by_hand, Stance.SEEN)
    for actor in (NOBODY, PROGRAM):
        with pytest.raises(DeniedError):
            desk.exchanging.give_opinion(actor, by_hand - 1, Stance.SEEN)

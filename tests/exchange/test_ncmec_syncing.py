"""Keeping up with a simulated hash sharing: whatever goes wrong, in the end we have what it has."""

import random
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from tocsin.banks.model import Policy
from tocsin.exchange.model import (
    OpinionToGive,
    Page,
    PartnerRefusedError,
    PartnerUnreachableError,
    Record,
    Stance,
    Telling,
)
from tocsin.exchange.services import registry
from tocsin.exchange.services.model import Secret
from tocsin.exchange.services.ncmec.partner import Ncmec
from tocsin.exchange.services.ncmec.position import categorization_names
from tocsin.exchange.store import NewExchange
from tocsin.outgoing.partners import PartnerWeb
from tocsin.simulators.ncmec.faults import PASSING, Fault
from tocsin.simulators.ncmec.listed import CATEGORIZATIONS, REASONS, Item, made
from tocsin.simulators.ncmec.server import NcmecSimulator, truth
from tocsin.storage.exchanges import ExchangeStore
from tocsin.storage.home import Home

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

USER, PASSWORD = "member-1", "hG6zR2kkl9:x"  # of nobody
NOON = datetime(2026, 3, 8, 12, tzinfo=UTC)
"""A day on which clocks change in New York."""
LATER = timedelta(minutes=10)
_MATCHED = {"md5", "sha1", "pdq"}


def dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  # a test's choice, no secret


@dataclass(slots=True)
class Clock:
    """The time by the simulator's clock."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@dataclass(slots=True)
class Copy:
    """What a client has: the least that a store does."""

    records: dict[str, Record] = field(default_factory=dict)
    checkpoint: "JsonObject | None" = None
    tellings: list[Telling] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)
    named: set[str] = field(default_factory=set)

    def commit(self, page: Page) -> None:
        if page.telling is Telling.ANEW:
            self.named.clear()
        self.records.update({one.key: one for one in page.records})
        for gone in page.withdrawals:
            self.records.pop(gone.key, None)
        self.named.update(one.key for one in page.records)
        if page.telling is Telling.WHOLE:
            self.records = {key: one for key, one in self.records.items() if key in self.named}
        self.tellings.append(page.telling)
        self.aside += [one.code for one in page.set_aside]
        self.checkpoint = page.checkpoint


@dataclass(slots=True)
class World:
    """A simulator with small pages, its clock, and what a client of it has."""

    simulator: NcmecSimulator
    clock: Clock
    copy: Copy = field(default_factory=Copy)

    def partner(self) -> Ncmec:
        web = PartnerWeb(
            self.simulator.url, allowed=(ip_network("127.0.0.1/32"),), pause=lambda _seconds: None
        )
        return Ncmec(web, self.simulator.url, "simulator", Secret(USER, PASSWORD))

    def sync(self, *, ahead: timedelta = timedelta(0)) -> None:
        for page in self.partner().fetch(self.copy.checkpoint, self.clock.now + ahead):
            self.copy.commit(page)

    def settle(self) -> None:
        """Run until a run goes through, some time after the last change."""
        self.simulator.between = None
        self.simulator.faults.clear()
        self.clock.now += LATER
        self.sync()

    def agrees(self) -> None:
        wanted = {key: expected(one) for key, one in truth(self.simulator).items()}
        assert {key: had(one) for key, one in self.copy.records.items()} == wanted


def expected(item: Item) -> tuple[object, ...]:
    return (
        {(tag, value) for tag, value in item.fingerprints if tag in _MATCHED},
        {value for tag, value in item.fingerprints if tag not in _MATCHED and value},
        item.classification,
        set(item.categorizations),
        {one.member for one in item.feedback},
        item.time,
    )


def had(record: Record) -> tuple[object, ...]:
    def codes(scheme: str) -> list[str]:
        return [one.code for one in record.draft.labels if one.scheme == scheme]

    schemes = {one.scheme for one in record.draft.labels if one.scheme.startswith("fingerprint:")}
    return (
        {(one.type.value, one.hex) for one in record.draft.signals},
        {code for scheme in schemes for code in codes(scheme)} - {"held by NCMEC"},
        "".join(codes("ncmec")),
        set(codes("ncmec:categorization")),
        {int(one.author.partition(" ")[0]) for one in record.heard},
        record.changed,
    )


@pytest.fixture
def world() -> Iterator[World]:
    clock = Clock()
    with NcmecSimulator(USER, PASSWORD, size=40, now=clock) as simulator:
        yield World(simulator, clock)


@pytest.fixture(params=["America/New_York", "Asia/Kolkata"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def test_the_whole_list_comes_and_then_what_changes(world: World) -> None:
    world.simulator.list.fill(300, 1, NOON)
    world.clock.now += LATER
    world.sync()
    world.agrees()
    assert world.copy.tellings[0] is Telling.ANEW
    assert set(world.copy.tellings[1:]) == {Telling.GOING_ON}
    assert set(categorization_names(world.copy.checkpoint)) == set(CATEGORIZATIONS)
    chance = dice(1)
    for _ in range(30):
        world.clock.now += timedelta(milliseconds=250)
        world.simulator.list.change(chance, world.clock.now)
    asked = len(world.simulator.requests)
    world.settle()
    world.agrees()
    assert world.copy.tellings[-1] is Telling.WHOLE, "once all is named that changed while it was told"
    world.settle()
    assert world.copy.tellings[-1:] == [Telling.CHANGES]
    assert len(world.simulator.requests) - asked <= 6, "of each run status, and the one window since the last"


@pytest.mark.slow
@pytest.mark.parametrize(("kills", "seed"), [(50, 1), pytest.param(500, 2, marks=pytest.mark.long)])
def test_runs_that_are_killed_fifty_times_among_all_troubles(
    world: World, zone: str, kills: int, seed: int
) -> None:
    """At a share of the pages the client dies, before or after committing it, while entries change."""
    assert time.tzname[0] != "UTC", zone
    chance, simulator = dice(seed), world.simulator
    simulator.list.fill(250, seed, NOON)
    simulator.faults.at_random(seed, 0.15)

    def happening() -> None:
        world.clock.now += timedelta(milliseconds=chance.randrange(3000))
        if chance.random() < 0.2:
            simulator.list.change(chance, world.clock.now)

    simulator.between = happening
    while kills > 0:
        if chance.random() < 0.05:
            world.clock.now += timedelta(hours=13)  # no link is good for so long
        try:
            for page in world.partner().fetch(world.copy.checkpoint, world.clock.now):
                dies = chance.random() < 0.5
                if not dies or chance.random() < 0.5:
                    world.copy.commit(page)
                if dies:
                    kills -= 1
                    break
            else:
                simulator.list.change(chance, world.clock.now)
        except PartnerUnreachableError:
            continue
        world.clock.now += timedelta(seconds=chance.randrange(60))
    world.settle()
    world.agrees()


@pytest.mark.parametrize("fault", PASSING)
def test_each_trouble_passes(world: World, fault: Fault) -> None:
    world.simulator.list.fill(130, 5, NOON)
    world.clock.now += LATER
    world.simulator.faults.then(*[None] * 56, fault, None, fault)
    world.sync()
    world.agrees()
    assert ("ncmec.unknown_item" in world.copy.aside) is (fault is Fault.ODD)


@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.CUT, Fault.CLIPPED, Fault.HTML])
def test_an_outage_ends_the_run_and_keeps_what_was_had(world: World, fault: Fault) -> None:
    world.simulator.list.fill(200, 5, NOON)
    world.clock.now += LATER
    world.simulator.faults.then(*[None] * 57)
    world.simulator.faults.always(fault)
    with pytest.raises(PartnerUnreachableError):
        world.sync()
    asked = len(world.simulator.requests)
    assert asked < 57 + 60
    had_before = set(world.copy.records)
    assert had_before
    world.settle()
    assert len(world.simulator.requests) - asked < 40, "the years before are not asked for again"
    world.agrees()


def test_links_that_are_never_taken_end_the_run(world: World) -> None:
    world.simulator.list.fill(200, 5, NOON)
    world.simulator.between = world.simulator.forget_links
    world.clock.now += LATER
    with pytest.raises(PartnerUnreachableError):
        world.sync()
    assert len(world.simulator.requests) < 300


def test_a_link_is_used_within_its_time_and_not_after(world: World) -> None:
    world.simulator.list.fill(200, 5, NOON)
    world.clock.now += LATER

    def stop_at_a_link() -> None:
        for page in world.partner().fetch(world.copy.checkpoint, world.clock.now):
            world.copy.commit(page)
            if page.up_to is None:
                return

    stop_at_a_link()
    world.clock.now += timedelta(hours=10)
    world.simulator.requests.clear()
    stop_at_a_link()
    entries = [one for one in world.simulator.requests if "/entries" in one]
    assert ["start=" in one for one in entries] == [True]
    world.clock.now += timedelta(hours=1, minutes=1)
    world.simulator.requests.clear()
    world.sync()
    entries = [one for one in world.simulator.requests if "/entries" in one]
    assert "start=" not in entries[0]
    world.agrees()


@pytest.mark.parametrize("ahead", [timedelta(hours=3), timedelta(hours=-3)])
def test_clocks_that_differ_lose_nothing(world: World, ahead: timedelta) -> None:
    world.simulator.list.fill(60, 5, NOON - timedelta(hours=4))
    world.sync(ahead=ahead)
    chance = dice(3)
    for number in range(5):  # of now by their clock, which is before or after ours
        world.simulator.list.put(made(chance, 10_000 + number, world.clock.now))
        world.clock.now += timedelta(seconds=30)
    world.clock.now += timedelta(hours=4)
    world.sync(ahead=ahead)
    world.agrees()


def test_what_is_on_its_way_under_an_earlier_time_is_waited_for(world: World) -> None:
    item = made(dice(3), 1, world.clock.now)
    world.clock.now += timedelta(seconds=4)
    world.sync()
    world.simulator.list.put(item)  # four seconds after the time it bears
    world.settle()
    world.agrees()


def test_windows_meet_and_leave_no_moment_out(world: World) -> None:
    """What changed at the very end of a run's last window, and a millisecond to either side of it."""
    end, moment = world.clock.now - timedelta(seconds=5), timedelta(milliseconds=1)
    for number, when in enumerate((end - moment, end, end + moment)):
        world.simulator.list.put(made(dice(number), number, when))
    world.sync()
    assert {one.changed for one in world.copy.records.values()} == {end - moment, end}
    world.settle()
    world.agrees()


def test_a_list_told_anew_loses_what_went_without_a_word(world: World) -> None:
    world.simulator.list.fill(60, 5, NOON)
    world.clock.now += LATER
    world.sync()
    stray = next(iter(world.copy.records.values()))
    world.copy.records["42-stray"] = replace(stray, key="42-stray")
    world.copy.checkpoint = {"what": "another release wrote"}
    moved = next(iter(world.copy.records))
    item = world.simulator.list.get(moved)
    assert item is not None
    world.simulator.list.put(replace(item, time=world.clock.now))
    world.sync()
    assert moved in world.copy.records, "it changed too short a while ago to be named, and is there"
    world.settle()
    world.agrees()
    assert moved in world.copy.records


@pytest.mark.parametrize(
    "path", ["/elsewhere?from=a", "/v2/entries?from=2001-01-01T00:00:00Z", "http://x.example/"]
)
def test_links_that_lead_elsewhere_are_not_followed(
    world: World, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tocsin.simulators.ncmec import documents  # noqa: PLC0415  # what the simulator writes

    plain = documents.query_result
    monkeypatch.setattr(
        documents, "query_result", lambda items, members, _link, extra="": plain(items, members, path, extra)
    )
    with pytest.raises(PartnerUnreachableError, match="leads elsewhere"):
        world.sync()
    assert len([one for one in world.simulator.requests if "/entries" in one]) == 1


def test_a_wrong_account_is_refused(world: World) -> None:
    web = PartnerWeb(world.simulator.url, allowed=(ip_network("127.0.0.1/32"),))
    with pytest.raises(PartnerRefusedError) as refused:
        next(Ncmec(web, world.simulator.url, "simulator", Secret(USER, "wrong")).fetch(None, NOON))
    assert "wrong" not in str(refused.value)


def test_opinions_are_told_once_and_with_a_reason(world: World) -> None:
    world.simulator.list.put(replace(made(dice(1), 7, NOON), member=42, id="a/b 1", feedback=()))
    partner, reason = world.partner(), next(iter(REASONS))
    partner.give(OpinionToGive("42-a/b 1", Stance.CONFIRM, signal="md5"))
    partner.give(OpinionToGive("42-a/b 1", Stance.DISPUTE, REASONS[reason].upper(), "pdq"))
    assert [(one.key, one.type, one.reason) for one in world.simulator.told] == [
        ("42-a/b 1", "MD5", ""),
        ("42-a/b 1", "PDQ", reason),
    ]
    for unfit in (
        OpinionToGive("42-a/b 1", Stance.DISPUTE, "because", "md5"),
        OpinionToGive("42-a/b 1", Stance.SEEN, signal="md5"),
        OpinionToGive("42-a/b 1", Stance.CONFIRM),
        OpinionToGive("42-none", Stance.CONFIRM, signal="md5"),
    ):
        with pytest.raises(PartnerRefusedError):
            partner.give(unfit)
    assert len(world.simulator.told) == 2
    world.clock.now += LATER
    world.sync()
    (record,) = world.copy.records.values()
    assert [one.reason for one in record.heard] == [f"confirms Md5; disputes Pdq: {REASONS[reason]}"]


def test_a_bank_becomes_what_the_list_is(world: World, home: Home) -> None:
    """The same through the store: entries, corrections and withdrawals, and what others say."""
    store, chance = ExchangeStore(home, world.clock), dice(4)
    home.create_bank("hashes", Policy())
    store.add(NewExchange("ncmec", "ncmec", "hashes", "simulator"), "tester")
    world.simulator.list.fill(150, 4, NOON)
    world.simulator.faults.at_random(4, 0.1)
    for _ in range(6):
        for _ in range(40):
            world.clock.now += timedelta(seconds=1)
            world.simulator.list.change(chance, world.clock.now)
        world.clock.now += LATER
        with suppress(PartnerUnreachableError):
            for page in world.partner().fetch(store.exchange("ncmec").checkpoint, world.clock.now):
                store.apply("ncmec", page)
                while store.exchange("ncmec").sweeping:
                    store.sweep("ncmec")
                if chance.random() < 0.02:
                    break
    world.simulator.faults.clear()
    world.clock.now += LATER
    for page in world.partner().fetch(store.exchange("ncmec").checkpoint, world.clock.now):
        store.apply("ncmec", page)
    live = {
        f"{one.origin.member}-{one.origin.id}": one for one in home.entries("hashes") if not one.withdrawn
    }
    wanted = truth(world.simulator)
    assert {key: {(one.type.value, one.hex) for one in entry.signals} for key, entry in live.items()} == {
        key: {(tag, value) for tag, value in one.fingerprints if tag in _MATCHED}
        for key, one in wanted.items()
    }
    for key, item in wanted.items():
        assert {int(one.author.partition(" ")[0]) for one in store.heard("ncmec", key)} == {
            one.member for one in item.feedback
        }
    assert any(one.withdrawn for one in home.entries("hashes"))


@pytest.mark.slow
def test_an_unmodified_python_threatexchange_reads_the_same_list(world: World) -> None:
    """What the simulator says is what another client, too, understands."""
    api = pytest.importorskip("threatexchange.exchanges.clients.ncmec.hash_api")
    world.simulator.list.fill(200, 6, NOON)
    world.clock.now += LATER
    world.sync()
    client = api.NCMECHashAPI(USER, PASSWORD, SimpleNamespace(value=world.simulator.url))
    until = int(world.clock.now.timestamp())
    pages = client.get_entries_iter(start_timestamp=0, end_timestamp=until)
    told = {f"{one.member_id}-{one.id}": one for page in pages for one in page.updates}
    live = {key: one for key, one in told.items() if not one.deleted}
    assert len(told) == 200
    assert set(live) == set(world.copy.records)
    for key, record in world.copy.records.items():
        assert live[key].fingerprints["md5"] in {one.hex for one in record.draft.signals}


def test_every_environment_is_a_list_of_its_own() -> None:
    service = registry.service("ncmec")
    urls = [one.url for one in service.environments.values()]
    assert len(urls) == len(set(urls)) == 15
    assert {name for name, one in service.environments.items() if not one.production} == {
        "simulator",
        *(name for name in service.environments if name.startswith("test-")),
    }
    assert service.check("npo-csam", {}) == {"environment": "npo-csam"}

"""Connections to authorities: tests by default, production by two people, here and nowhere else."""

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.accounts import Clock

from tocsin.access.errors import DeniedError
from tocsin.access.model import Permission, Principal, local
from tocsin.evidence.errors import SealBrokenError
from tocsin.evidence.keys import Keys
from tocsin.filing.connections import Connections
from tocsin.filing.credentials import Account, UnfitCredentialsError
from tocsin.filing.cybertip.hosts import PRODUCTION_URL, TEST_URL, UnfitUrlError
from tocsin.filing.errors import (
    AnotherPlaceError,
    HostMistypedError,
    InvalidReasonError,
    NoConnectionError,
    NoSuchSwitchError,
    NotConnectedError,
    NotSwitchedError,
    PlaceError,
    SchemaNotFetchedError,
    SecondPersonError,
    SwitchPendingError,
)
from tocsin.filing.model import Authority, Environment
from tocsin.filing.transport import Answer
from tocsin.storage import place
from tocsin.storage.backup.restoring import restore
from tocsin.storage.backup.saving import save
from tocsin.storage.connections import ConnectionStore
from tocsin.storage.database import Database
from tocsin.storage.home import Home
from tocsin.storage.ledger import LedgerStore
from tocsin.storage.place import MARK, HomePlace

if TYPE_CHECKING:
    from collections.abc import Callable

NCMEC = Authority.NCMEC
SIMULATOR, TEST, PRODUCTION = Environment.SIMULATOR, Environment.TEST, Environment.PRODUCTION
LOCAL_URL = "http://127.0.0.1:8123/ispws"
HOST = "report.cybertip.org"
USER, SECRET, OTHER = "Esp-4711", "hG6zR2kkl9", "k3kWw9s1"  # of nobody
XSD = b"""<?xml version="1.0"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:element name="report" type="xs:string"/><xs:element name="fileDetails" type="xs:string"/>
</xs:schema>"""


def person(name: str, *permissions: Permission) -> Principal:
    return Principal(f"person:{name}", frozenset(permissions or {Permission.MANAGE_FILING}))


ANNA, BEN = person("anna"), person("ben")


class Wire:
    """Stands where the network would: remembers what was asked for."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.made: list[tuple[Environment, str, Account]] = []
        self.answer = Answer(200, XSD)

    def __call__(self, environment: Environment, url: str, account: Account) -> "Wire":
        self.made.append((environment, url, account))
        return self

    def status(self) -> Answer:
        return self.answer

    def schema(self) -> Answer:
        return self.answer

    def submit(self, report: bytes) -> Answer:
        raise NotImplementedError

    def upload(self, report_id: str, name: str, file: object, size: int) -> Answer:
        raise NotImplementedError

    def fileinfo(self, details: bytes) -> Answer:
        raise NotImplementedError

    def finish(self, report_id: str) -> Answer:
        raise NotImplementedError

    def retract(self, report_id: str) -> Answer:
        raise NotImplementedError


class Rig:
    """Connections over one database, at one place."""

    def __init__(self, database: Database, home: Path) -> None:
        """Of the home folder `home`."""
        self.database = database
        self.home = home
        self.clock = Clock()
        self.wire = Wire()
        self.keys = Keys.open(home, create=True)
        self.ledger = LedgerStore(database, self.keys)
        self.store = ConnectionStore(database)
        self.connections = self.at(home)

    def at(self, home: Path, keys: Keys | None = None) -> Connections:
        """As another process would have them, from the home folder `home`."""
        return Connections(
            self.database,
            self.store,
            keys or self.keys,
            self.ledger,
            transports=self.wire,
            places=HomePlace(home, self.database),
            clock=self.clock,
        )

    def connect(self, environment: Environment, secret: str = SECRET) -> None:
        """Keep an account."""
        url = LOCAL_URL if environment is SIMULATOR else ""
        user = f"{USER}-{environment}"
        self.connections.connect(ANNA, NCMEC, environment, user=user, password=secret, url=url)

    def switch(self, at: Connections | None = None) -> None:
        """Anna asks, Ben confirms."""
        at = at or self.connections
        at.request_switch(ANNA, NCMEC, HOST, "we are ready")
        at.confirm_switch(BEN, NCMEC, HOST)

    def told(self) -> str:
        """All that the ledger says of authorities."""
        rows = self.ledger.rows()
        return "\n".join(f"{row.kind} {row.detail!s}" for row in rows if row.kind.startswith("authority."))


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> Rig:
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    return Rig(database, home)


@pytest.fixture
def switched(rig: Rig) -> Rig:
    """In production."""
    rig.connect(TEST)
    rig.connect(PRODUCTION)
    rig.switch()
    return rig


# Accounts


def test_there_is_none_to_begin_with(rig: Rig) -> None:
    assert rig.connections.connections() == ()
    assert rig.connections.pending(NCMEC) is None
    with pytest.raises(NotConnectedError):
        rig.connections.connection(NCMEC)
    for environment in Environment:
        with pytest.raises(NotConnectedError):
            rig.connections.transport(NCMEC, environment)


def test_an_account_is_kept_sealed_and_shown_nowhere(rig: Rig) -> None:
    made = rig.connections.connect(ANNA, NCMEC, TEST, user=USER, password=SECRET)
    assert (made.user, made.url, made.connected_by, made.in_use) == (USER, TEST_URL, ANNA.id, True)
    assert rig.connections.connection(NCMEC) == made
    (kept,) = rig.store.accounts(NCMEC)
    for told in (repr(made), repr(kept), rig.told(), kept.sealed.decode("latin-1")):
        assert USER not in told
        assert SECRET not in told
    assert "authority.connected" in rig.told()
    rig.connections.transport(NCMEC, TEST)
    assert rig.wire.made == [(TEST, TEST_URL, Account(USER, SECRET))]
    assert SECRET not in repr(rig.wire.made)


def test_a_sealed_account_opens_for_no_other_environment(rig: Rig) -> None:
    rig.connect(TEST)
    with rig.database.writing():
        rig.database.change(
            "UPDATE authority_account SET environment = ?, url = ?", (PRODUCTION.value, PRODUCTION_URL)
        )
    with pytest.raises(SealBrokenError):
        rig.connections.transport(NCMEC, PRODUCTION)
    assert rig.wire.made == []


def test_an_account_that_cannot_be_opened_is_given_anew(rig: Rig, tmp_path: Path) -> None:
    rig.connect(TEST)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    stranger = rig.at(elsewhere, Keys.open(elsewhere, create=True))
    (found,) = stranger.connections()
    assert found.user == ""
    stranger.connect(ANNA, NCMEC, TEST, user="Other-17", password=OTHER)
    assert stranger.connection(NCMEC).user == "Other-17"


def test_the_same_account_is_not_taken_for_two_environments(rig: Rig) -> None:
    rig.connections.connect(ANNA, NCMEC, TEST, user=USER, password=SECRET)
    with pytest.raises(UnfitCredentialsError, match="environment 'test'"):
        rig.connections.connect(ANNA, NCMEC, PRODUCTION, user=USER, password=SECRET)
    assert len(rig.connections.connections()) == 1


def test_a_portal_has_no_connection(rig: Rig) -> None:
    with pytest.raises(NoConnectionError):
        rig.connections.connect(ANNA, Authority.NCA, TEST, user=USER, password=SECRET)


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        (PRODUCTION, TEST_URL),
        (TEST, PRODUCTION_URL),
        (SIMULATOR, ""),
        (SIMULATOR, TEST_URL),
        (SIMULATOR, PRODUCTION_URL),
        (TEST, LOCAL_URL),
    ],
)
def test_an_environment_is_where_it_is(rig: Rig, environment: Environment, url: str) -> None:
    with pytest.raises(UnfitUrlError):
        rig.connections.connect(ANNA, NCMEC, environment, user=USER, password=SECRET, url=url)
    assert rig.connections.connections() == ()


def test_a_url_changed_in_the_database_is_refused(rig: Rig) -> None:
    rig.connect(SIMULATOR)
    with rig.database.writing():
        rig.database.change("UPDATE authority_account SET url = ?", ("http://127.0.0.1:9/ispws",))
    with pytest.raises(SealBrokenError):
        rig.connections.transport(NCMEC, SIMULATOR)
    with rig.database.writing():
        rig.database.change("UPDATE authority_account SET url = ?", ("http://attacker.example/ispws",))
    for ask in (lambda: rig.connections.transport(NCMEC, SIMULATOR), rig.connections.connections):
        with pytest.raises((SealBrokenError, UnfitUrlError)):
            ask()


def test_the_newest_system_for_tests_is_used(rig: Rig) -> None:
    rig.connect(SIMULATOR)
    assert rig.connections.connection(NCMEC).environment is SIMULATOR
    rig.connect(TEST)
    assert rig.connections.connection(NCMEC).environment is TEST
    rig.connections.disconnect(ANNA, NCMEC, TEST)
    assert rig.connections.connection(NCMEC).environment is SIMULATOR
    rig.connections.disconnect(ANNA, NCMEC, SIMULATOR)
    with pytest.raises(NotConnectedError):
        rig.connections.connection(NCMEC)
    with pytest.raises(NotConnectedError):
        rig.connections.disconnect(ANNA, NCMEC, SIMULATOR)


def test_who_may(rig: Rig) -> None:
    program = Principal("token:uploads", frozenset(Permission))
    nobody = person("nora", Permission.FILE)
    calls: list[Callable[[Principal], object]] = [
        lambda who: rig.connections.connect(who, NCMEC, TEST, user=USER, password=SECRET),
        lambda who: rig.connections.disconnect(who, NCMEC, TEST),
        lambda who: rig.connections.request_switch(who, NCMEC, HOST, "why"),
        lambda who: rig.connections.confirm_switch(who, NCMEC, HOST),
        lambda who: rig.connections.switch_back(who, NCMEC),
        lambda who: rig.connections.check(who, NCMEC, TEST),
        lambda who: rig.connections.fetch_schema(who, NCMEC, TEST),
    ]
    for call in calls:
        for who in (program, nobody):
            with pytest.raises(DeniedError):
                call(who)
    assert rig.told() == ""


# Production


def test_an_account_for_production_is_not_used_by_having_it(rig: Rig) -> None:
    rig.connect(PRODUCTION)
    assert not rig.connections.of(NCMEC, PRODUCTION).in_use
    with pytest.raises(NotConnectedError):
        rig.connections.connection(NCMEC)
    with pytest.raises(NotSwitchedError):
        rig.connections.transport(NCMEC, PRODUCTION)
    with pytest.raises(NotSwitchedError):
        rig.connections.check(ANNA, NCMEC, PRODUCTION)
    with pytest.raises(NotSwitchedError):
        rig.connections.fetch_schema(ANNA, NCMEC, PRODUCTION)
    assert rig.wire.made == []


def test_two_people_switch(rig: Rig) -> None:
    rig.connect(TEST)
    rig.connect(PRODUCTION)
    asked = rig.connections.request_switch(ANNA, NCMEC, HOST, "we are ready")
    assert rig.connections.pending(NCMEC) == asked
    assert (asked.host, asked.asked_by, asked.until - asked.asked) == (HOST, ANNA.id, timedelta(hours=24))
    assert rig.connections.connection(NCMEC).environment is TEST
    with pytest.raises(NotSwitchedError):
        rig.connections.transport(NCMEC, PRODUCTION)
    with pytest.raises(SecondPersonError):
        rig.connections.confirm_switch(ANNA, NCMEC, HOST)
    made = rig.connections.confirm_switch(BEN, NCMEC, HOST)
    assert (made.environment, made.in_use, made.here) == (PRODUCTION, True, True)
    assert made.by == "person:anna, person:ben"
    assert rig.connections.connection(NCMEC) == made
    assert not rig.connections.of(NCMEC, TEST).in_use
    assert rig.connections.pending(NCMEC) is None
    rig.connections.transport(NCMEC, PRODUCTION)
    assert rig.wire.made[-1][:2] == (PRODUCTION, PRODUCTION_URL)
    assert [word in rig.told() for word in ("asked", "confirmed", "person:ben")] == [True] * 3


def test_the_mark_of_a_place_is_not_shown(switched: Rig) -> None:
    """Who knows it could have another folder taken for this one."""
    here = HomePlace(switched.home, switched.database).here()
    assert here is not None
    assert here.mark not in repr(here)


def test_filings_drafted_for_tests_still_go_there(switched: Rig) -> None:
    switched.connections.transport(NCMEC, TEST)
    assert switched.wire.made[-1][:2] == (TEST, TEST_URL)


def test_a_shell_does_not_count_as_a_person(rig: Rig) -> None:
    rig.connect(PRODUCTION)
    with pytest.raises(DeniedError):
        rig.connections.request_switch(local("root"), NCMEC, HOST, "why")
    rig.connections.request_switch(ANNA, NCMEC, HOST, "why")
    with pytest.raises(DeniedError):
        rig.connections.confirm_switch(local("root"), NCMEC, HOST)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "exttest.cybertip.org",
        "Report.cybertip.org",
        "report.cybertip.org.",
        " report.cybertip.org",
        "https://report.cybertip.org",
        "report.cybertip.org/ispws",
        "report.cybertip.0rg",
        "rеport.cybertip.org",  # noqa: RUF001  # with a Cyrillic letter: that is the test
    ],
)
def test_both_type_the_host(rig: Rig, typed: str) -> None:
    rig.connect(PRODUCTION)
    with pytest.raises(HostMistypedError):
        rig.connections.request_switch(ANNA, NCMEC, typed, "why")
    rig.connections.request_switch(ANNA, NCMEC, HOST, "why")
    with pytest.raises(HostMistypedError):
        rig.connections.confirm_switch(BEN, NCMEC, typed)
    assert not rig.connections.of(NCMEC, PRODUCTION).in_use


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 2001])
def test_a_reason_is_needed(rig: Rig, reason: str) -> None:
    rig.connect(PRODUCTION)
    with pytest.raises(InvalidReasonError):
        rig.connections.request_switch(ANNA, NCMEC, HOST, reason)


def test_it_is_confirmed_within_a_day_or_asked_for_again(rig: Rig) -> None:
    rig.connect(PRODUCTION)
    with pytest.raises(NoSuchSwitchError):
        rig.connections.confirm_switch(BEN, NCMEC, HOST)
    rig.connections.request_switch(ANNA, NCMEC, HOST, "why")
    with pytest.raises(SwitchPendingError):
        rig.connections.request_switch(BEN, NCMEC, HOST, "why")
    rig.clock.move(timedelta(hours=24))
    assert rig.connections.pending(NCMEC) is None
    with pytest.raises(NoSuchSwitchError):
        rig.connections.confirm_switch(BEN, NCMEC, HOST)
    rig.connections.request_switch(BEN, NCMEC, HOST, "again")
    with rig.database.reading():
        assert [one.asked_by for one in rig.store.switches(NCMEC)] == [BEN.id], "the first has ended"
    rig.clock.move(timedelta(hours=23, minutes=59))
    assert rig.connections.confirm_switch(ANNA, NCMEC, HOST).in_use
    with pytest.raises(SwitchPendingError):
        rig.connections.request_switch(ANNA, NCMEC, HOST, "once more")


def test_what_was_asked_for_by_a_clock_far_ahead_is_not_open_for_ever(rig: Rig) -> None:
    rig.connect(PRODUCTION)
    rig.clock.move(timedelta(days=1000))
    rig.connections.request_switch(ANNA, NCMEC, HOST, "why")
    rig.clock.move(-timedelta(days=1000))
    assert rig.connections.pending(NCMEC) is None


def test_one_person_switches_back(switched: Rig) -> None:
    left = switched.connections.switch_back(local("root"), NCMEC, "wrong account")
    assert left is not None
    assert left.environment is TEST
    assert switched.connections.connection(NCMEC) == left
    with pytest.raises(NotSwitchedError):
        switched.connections.transport(NCMEC, PRODUCTION)
    with pytest.raises(NoSuchSwitchError):
        switched.connections.switch_back(ANNA, NCMEC)
    assert "wrong account" in switched.told()


def test_switching_back_withdraws_what_was_asked_for(rig: Rig) -> None:
    rig.connect(PRODUCTION)
    rig.connections.request_switch(ANNA, NCMEC, HOST, "why")
    assert rig.connections.switch_back(ANNA, NCMEC) is None
    with pytest.raises(NoSuchSwitchError):
        rig.connections.confirm_switch(BEN, NCMEC, HOST)


def test_a_new_password_leaves_the_switch_another_account_ends_it(switched: Rig) -> None:
    switched.connect(PRODUCTION, "qP4mZs7")
    assert switched.connections.connection(NCMEC).environment is PRODUCTION
    switched.connections.connect(ANNA, NCMEC, PRODUCTION, user="Other-17", password=OTHER)
    assert switched.connections.connection(NCMEC).environment is TEST
    with pytest.raises(NotSwitchedError):
        switched.connections.transport(NCMEC, PRODUCTION)


def test_without_the_account_there_is_no_production(switched: Rig) -> None:
    switched.connections.disconnect(ANNA, NCMEC, PRODUCTION)
    assert switched.connections.connection(NCMEC).environment is TEST
    switched.connect(PRODUCTION)
    with pytest.raises(NotSwitchedError):
        switched.connections.transport(NCMEC, PRODUCTION)


# Places


def refused(at: Connections) -> None:
    """Production is said to be in use, but nothing is sent."""
    found = at.connection(NCMEC)
    assert (found.environment, found.here) == (PRODUCTION, False)
    with pytest.raises(AnotherPlaceError):
        at.transport(NCMEC, PRODUCTION)


def copied(home: Path, to: Path) -> Path:
    """The home as `cp -a` copies it."""
    shutil.copytree(home, to, symlinks=True, copy_function=shutil.copy2)
    return to


def test_a_copied_home_does_not_go_on(switched: Rig, tmp_path: Path) -> None:
    copy = copied(switched.home, tmp_path / "copy")
    refused(switched.at(copy))
    switched.connections.transport(NCMEC, PRODUCTION)
    switched.switch(switched.at(copy))
    switched.at(copy).transport(NCMEC, PRODUCTION)
    switched.connections.transport(NCMEC, PRODUCTION)  # two machines of one node
    switched.connections.switch_back(BEN, NCMEC)
    for one in (switched.connections, switched.at(copy)):
        with pytest.raises(NotSwitchedError):
            one.transport(NCMEC, PRODUCTION)


def test_a_home_restored_from_a_backup_does_not_go_on(switched: Rig, tmp_path: Path) -> None:
    restored = copied(switched.home, tmp_path / "restored")
    (restored / MARK).unlink()  # in no backup
    refused(switched.at(restored))


def test_a_moved_home_goes_on(switched: Rig, tmp_path: Path) -> None:
    moved = switched.home.rename(tmp_path / "moved")
    switched.at(moved).transport(NCMEC, PRODUCTION)


@pytest.mark.parametrize("what", ["name", "id"])
def test_a_home_on_a_cloned_machine_does_not_go_on(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, what: str
) -> None:
    machine = tmp_path / "machine-id"
    machine.write_text("1f1f\n")
    monkeypatch.setattr(place, "_IN_CONTAINERS", ())
    monkeypatch.setattr(place, "_MACHINE_IDS", (str(machine),))
    rig.connect(PRODUCTION)
    rig.switch()
    rig.connections.transport(NCMEC, PRODUCTION)
    if what == "name":
        monkeypatch.setattr("socket.gethostname", lambda: "staging-7")
    else:
        machine.write_text("2e2e\n")
    refused(rig.connections)


def test_a_container_made_anew_goes_on(rig: Rig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sign = tmp_path / "dockerenv"
    sign.touch()
    monkeypatch.setattr(place, "_IN_CONTAINERS", (str(sign),))
    monkeypatch.setattr(place, "_MACHINE_IDS", ())
    rig.connect(PRODUCTION)
    rig.switch()
    monkeypatch.setattr("socket.gethostname", lambda: "0c1d2e3f4a5b")
    rig.connections.transport(NCMEC, PRODUCTION)


def test_a_switch_copied_within_the_database_switches_nothing(switched: Rig) -> None:
    old = switched.store.switches(NCMEC)[0]
    switched.connections.switch_back(BEN, NCMEC)
    with switched.database.writing():
        switched.database.change(
            """INSERT INTO authority_switch (authority, asked, asked_by, reason, confirmed, confirmed_by,
                place, seal) SELECT authority, asked, asked_by, reason, confirmed, confirmed_by, place, seal
                FROM authority_switch WHERE id = ?""",
            (old.id,),
        )
    refused(switched.connections)


def test_a_switch_that_was_ended_does_not_come_back(switched: Rig) -> None:
    """By a row changed by hand, or by a database put back to when it held."""
    with switched.database.reading():
        before = switched.database.rows("SELECT id FROM authority_switch WHERE ended IS NULL")
    switched.connections.transport(NCMEC, PRODUCTION)
    switched.connections.switch_back(BEN, NCMEC, "wrong account")
    with switched.database.writing():
        switched.database.change_many("UPDATE authority_switch SET ended = NULL WHERE id = ?", before)
    refused(switched.connections)
    switched.switch()
    switched.connections.transport(NCMEC, PRODUCTION)


def test_a_switch_needs_the_keys_that_sealed_it(switched: Rig) -> None:
    for path in switched.keys.folder.glob("vault-*.key"):
        path.unlink()
    again = Keys.open(switched.home)
    found = switched.at(switched.home, again).of(NCMEC, PRODUCTION)
    assert (found.user, found.here) == ("", False)


class Remembered:
    """The rows of a database that are put back."""

    TABLES = ("ledger_head", "ledger")

    def __init__(self, rig: Rig) -> None:
        """As they are now."""
        self.rig = rig
        with rig.database.reading():
            self.last = rig.database.number("SELECT COALESCE(MAX(number), 0) FROM ledger")
            self.counter = rig.database.number("SELECT value FROM counter WHERE name = 'ledger'")

    def put_back(self) -> None:
        """Forget what came after: as a restored database does."""
        with self.rig.database.writing():
            self.rig.database.change("DELETE FROM ledger WHERE number > ?", (self.last,))
            self.rig.database.change("UPDATE counter SET value = ? WHERE name = 'ledger'", (self.counter,))


def test_a_database_put_back_does_not_go_on(switched: Rig) -> None:
    before = Remembered(switched)
    switched.connect(SIMULATOR)  # something that the ledger tells of
    switched.connections.transport(NCMEC, PRODUCTION)
    before.put_back()
    refused(switched.connections)
    switched.connect(SIMULATOR)  # the ledger is as long as it was, and says something else
    switched.connect(SIMULATOR)
    refused(switched.connections)
    switched.switch()
    switched.connections.transport(NCMEC, PRODUCTION)


def test_what_was_lost_before_anything_was_sent_does_no_harm(switched: Rig) -> None:
    switched.connections.transport(NCMEC, PRODUCTION)
    before = Remembered(switched)
    switched.connect(SIMULATOR)
    before.put_back()
    switched.connections.transport(NCMEC, PRODUCTION)


def test_a_transaction_that_is_undone_leaves_no_doubt(switched: Rig) -> None:
    def undone() -> None:
        with switched.database.writing():
            switched.connect(SIMULATOR)
            switched.connections.transport(NCMEC, PRODUCTION)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        undone()
    switched.connections.transport(NCMEC, PRODUCTION)


def test_a_torn_memory_is_as_none(switched: Rig) -> None:
    switched.connections.transport(NCMEC, PRODUCTION)
    (switched.home / place.USED).write_bytes(b"[12, \0\0\0")
    switched.connections.transport(NCMEC, PRODUCTION)


def test_a_mark_is_followed_nowhere(switched: Rig, tmp_path: Path) -> None:
    shutil.move(switched.home / MARK, tmp_path / MARK)
    (switched.home / MARK).symlink_to(tmp_path / MARK)
    refused(switched.connections)
    assert (switched.home / MARK).is_symlink()


def test_nothing_is_sent_that_could_not_be_remembered(switched: Rig) -> None:
    (switched.home / place.USED).mkdir()
    for _ in range(2):
        with pytest.raises((PlaceError, AnotherPlaceError)):
            switched.connections.transport(NCMEC, PRODUCTION)
    assert switched.wire.made == []


def test_a_mistaken_confirmation_does_not_end_production(switched: Rig) -> None:
    for who in (ANNA, BEN):
        with pytest.raises(NoSuchSwitchError):
            switched.connections.confirm_switch(who, NCMEC, HOST)
    switched.connections.transport(NCMEC, PRODUCTION)


@pytest.mark.slow
def test_a_ledger_that_grows_meanwhile_is_not_taken_for_one_put_back(switched: Rig) -> None:
    over = threading.Event()

    def write() -> None:
        try:
            for _ in range(100):
                switched.connect(TEST)
        finally:
            over.set()

    def use() -> int:
        asked = 0
        while not over.is_set():
            switched.connections.transport(NCMEC, PRODUCTION)
            assert switched.connections.connection(NCMEC).here
            asked += 1
        return asked

    with ThreadPoolExecutor(4) as threads:
        using = [threads.submit(use) for _ in range(3)]
        threads.submit(write).result()
        assert sum(one.result() for one in using) > 0


def test_of_two_who_confirm_at_once_one_does(rig: Rig) -> None:
    rig.connect(PRODUCTION)
    rig.connections.request_switch(ANNA, NCMEC, HOST, "why")

    def confirm(name: str) -> bool:
        try:
            rig.connections.confirm_switch(person(name), NCMEC, HOST)
        except NoSuchSwitchError:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(confirm, ("ben", "carl", "dora", "emil"))) == [False, False, False, True]
    rig.connections.transport(NCMEC, PRODUCTION)


def test_no_backup_holds_the_place(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    with Home.open(folder, create=True) as home:
        rig = Rig(home.database, folder)
        rig.connect(PRODUCTION)
        rig.switch()
        rig.connections.transport(NCMEC, PRODUCTION)
        save(folder, tmp_path / "backup", with_keys=True, vault_in_home=True, report=lambda *_: None)
    restore(tmp_path / "backup", tmp_path / "restored", database=None, report=lambda *_: None)
    with Home.open(tmp_path / "restored") as home:
        assert [one.name for one in home.folder.iterdir() if one.name.startswith("place")] == []
        rig = Rig(home.database, home.folder)
        refused(rig.connections)
        rig.switch()
        rig.connections.transport(NCMEC, PRODUCTION)


# Schemas


def test_a_schema_is_fetched_and_kept(rig: Rig) -> None:
    rig.connect(TEST)
    assert rig.connections.schema(NCMEC, TEST) is None
    found = rig.connections.fetch_schema(ANNA, NCMEC, TEST)
    assert rig.connections.schema(NCMEC, TEST) == found
    assert (found.xsd, found.fetched, found.fetched_by) == (XSD, rig.clock.now, ANNA.id)
    rig.clock.move(timedelta(days=1))
    rig.wire.answer = Answer(200, XSD + b"\n")
    assert rig.connections.fetch_schema(BEN, NCMEC, TEST).sha256 != found.sha256
    assert rig.connections.schema(NCMEC, PRODUCTION) is None


@pytest.mark.parametrize(
    "answer",
    [
        Answer(401, b""),
        Answer(200, b""),
        Answer(503, XSD),
        Answer(200, b"<html>schema</html>"),
        Answer(200, b"<!DOCTYPE html><html></html>"),
        Answer(200, b"<reportResponse><responseCode>0</responseCode></reportResponse>"),
        Answer(200, XSD[:-9]),
        Answer(200, XSD.replace(b"?>", b"?><!DOCTYPE x>")),
    ],
)
def test_what_is_no_schema_replaces_none(rig: Rig, answer: Answer) -> None:
    rig.connect(TEST)
    kept = rig.connections.fetch_schema(ANNA, NCMEC, TEST)
    rig.wire.answer = answer
    with pytest.raises(SchemaNotFetchedError):
        rig.connections.fetch_schema(ANNA, NCMEC, TEST)
    assert rig.connections.schema(NCMEC, TEST) == kept

"""Accounts on a database of a test: real keys and ledger, a clock that stands, cheap passwords."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest

from tocsin.access.accounts import Accounts
from tocsin.access.limits import Limiter
from tocsin.access.model import local
from tocsin.access.passwords import Cost, Passwords
from tocsin.access.second_factor import Enrolment
from tocsin.evidence.chain import Row
from tocsin.evidence.keys import Keys
from tocsin.storage.access import SqlAccess
from tocsin.storage.database import Database
from tocsin.storage.ledger import LedgerStore

ROOT = local("root")
PASSWORD = "twelve little towns"  # noqa: S105  # of people who do not exist
CHEAP = Cost(1, 8, 1)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        """At some moment."""
        self.now = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The present."""
        return self.now

    def move(self, by: timedelta) -> None:
        """Go on."""
        self.now += by

    def seconds(self) -> float:
        """For limiters, which count seconds."""
        return self.now.timestamp()


class CountingPasswords(Passwords):
    """Passwords that count how often Argon2 was asked to verify."""

    def __init__(self, cost: Cost = CHEAP) -> None:
        """None yet."""
        super().__init__(cost)
        self.verified = 0
        self._turn = threading.Lock()

    def verify(self, kept: str | None, password: str) -> bool:
        """Count, and verify."""
        with self._turn:
            self.verified += 1
        return super().verify(kept, password)


class Rig:
    """Accounts with everything under them."""

    def __init__(self, database: Database, folder: Path) -> None:
        """Over `database`, with keys in `folder`."""
        self.database = database
        self.clock = Clock()
        self.keys = Keys.open(folder, create=True)
        self.ledger = LedgerStore(database, self.keys)
        self.store = SqlAccess(database)
        self.passwords = CountingPasswords()
        self.accounts = self.over(self.clock.seconds)

    def over(self, limiter_clock: Callable[[], float]) -> Accounts:
        """Accounts as another process would have them: nothing shared but the database and the keys."""
        return Accounts.over(
            self.database,
            self.store,
            self.ledger,
            self.keys,
            limiter=Limiter(limiter_clock),
            passwords=self.passwords,
            clock=self.clock,
        )

    def person(self, name: str = "anna", roles: tuple[str, ...] = ("reviewer",)) -> Enrolment:
        """Somebody with a second factor."""
        self.accounts.people.create(ROOT, name, PASSWORD, roles)
        return self.accounts.people.enrol(ROOT, name)

    def code(self, enrolment: Enrolment, later: timedelta = timedelta()) -> str:
        """What their authenticator shows."""
        return pyotp.TOTP(secret_in(enrolment.uri)).at(self.clock.now + later)

    def sign_in(self, name: str, enrolment: Enrolment) -> str:
        """Their session, after waiting for a code that was not used."""
        self.clock.move(timedelta(minutes=1))
        return self.accounts.sessions.sign_in(name, PASSWORD, self.code(enrolment)).secret

    def events(self) -> list[Row]:
        """The ledger."""
        return list(self.ledger.rows())

    def kinds(self) -> list[str]:
        """What is in the ledger, in short, without what the ledger says of itself."""
        return [row.kind for row in self.events() if row.actor != "node"]


def secret_in(uri: str) -> str:
    """The secret that an authenticator takes out of an otpauth:// URI."""
    return parse_qs(urlsplit(uri).query)["secret"][0]


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> Rig:
    """Accounts over an empty database, on each engine."""
    return Rig(database, tmp_path)

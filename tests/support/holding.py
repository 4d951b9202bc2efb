"""Holds and destroying over a home, with a clock that is moved."""

import hashlib
import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

import pytest

from support.accounts import Clock
from support.cases import person
from support.deciding import Table
from tocsin.cases.model import Outcome
from tocsin.errors import Error
from tocsin.evidence.folder import FOLDER, FolderVault
from tocsin.evidence.keys import Keys
from tocsin.filing.destroying import DESTROY, Destroying
from tocsin.filing.holds import Holds
from tocsin.filing.model import Authority, Environment, Filing, Kind, State
from tocsin.jobs.model import Job
from tocsin.law.packs import Packs, shipped
from tocsin.storage.destructions import DestructionStore
from tocsin.storage.filings import FilingStore
from tocsin.storage.holds import HoldStore
from tocsin.storage.home import Home
from tocsin.storage.jobs import JobStore

FREDA, FINN = person("freda", "filing-manager"), person("finn", "filing-manager")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def filing(number: int = 1, case: int = 1, environment: Environment = Environment.PRODUCTION) -> Filing:
    """A finished filing, as the outbox hands one over."""
    return Filing(
        number=number,
        case=case,
        decision=1,
        authority=Authority.NCMEC,
        environment=environment,
        kind=Kind.REPORT,
        platform="",
        account="mallory",
        state=State.FINISHED,
        revision=1,
        created=NOON,
        author="person:anna",
    )


@dataclass
class Keeping:
    """Everything that keeping and destroying needs."""

    home: Home
    table: Table
    vault: FolderVault
    jobs: JobStore
    holds: Holds
    destroying: Destroying
    clock: Clock

    @classmethod
    def over(cls, home: Home, packs: Packs | None = None) -> Self:
        """One over a home."""
        table, database = Table.over(home), home.database
        clock = table.desk.clock
        clock.now = NOON
        vault = FolderVault(home.folder / FOLDER, Keys.open(home.folder, create=True))
        jobs = JobStore(database)
        holds = Holds(database, HoldStore(database), table.desk.ledger, packs or shipped(), clock)
        destroying = Destroying(
            database,
            holds,
            DestructionStore(database),
            FilingStore(database),
            vault,
            jobs,
            table.desk.ledger,
            clock,
        )
        return cls(home, table, vault, jobs, holds, destroying, clock)

    def content(self, data: bytes, outcome: Outcome | None = Outcome.REPORT) -> tuple[bytes, int]:
        """The SHA-256 of a content in the vault and in a case, and that case: decided, unless None."""
        case = self.table.case(data=data)
        sha256 = hashlib.sha256(data).digest()
        self.vault.put(io.BytesIO(data), sha256)
        if outcome is not None:
            self.table.decide(person("anna"), case, outcome)
        return sha256, case

    def work(self) -> list[Job]:
        """Do what there is to be destroyed; the jobs that were done. One that fails is given back."""
        done = []
        while job := self.jobs.claim({DESTROY}, "worker", timedelta(minutes=1)):
            try:
                self.destroying.handlers()[DESTROY](job)
            except Error:
                self.jobs.release(job)
                raise
            done.append(self.jobs.job(job.id))
        return done

    def kinds(self, subject: str) -> list[str]:
        """The kinds of the ledger's rows about something, oldest first."""
        return [row.kind for row in self.table.desk.ledger.rows() if row.subject == subject]


@pytest.fixture
def keeping(home: Home) -> Keeping:
    """Keeping over an empty home, on each engine."""
    return Keeping.over(home)

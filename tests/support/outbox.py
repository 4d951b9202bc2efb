"""An outbox over a home, whose connections lead to a simulated authority."""

import hashlib
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import BinaryIO, Final, Protocol, Self

import pytest

from support.cases import person
from support.filings import draft, new_filing
from tocsin.cases.model import Outcome, Proposal
from tocsin.cases.records import proposal_to_json
from tocsin.errors import Error
from tocsin.evidence.folder import FOLDER, FolderVault
from tocsin.evidence.keys import Keys
from tocsin.filing.connections import Connection
from tocsin.filing.credentials import Account
from tocsin.filing.holds import Holds
from tocsin.filing.model import Authority, Environment, Filing, State
from tocsin.filing.outbox import POLICIES, Outbox
from tocsin.filing.sending import Sending
from tocsin.filing.settling import SENDING_POLICY, Settling
from tocsin.filing.store_connections import FetchedSchema
from tocsin.filing.transport import Answer, NoAnswerError, Transport
from tocsin.jobs.model import Job
from tocsin.jobs.retrying import RetryPolicy
from tocsin.jobs.runner import Runner
from tocsin.law.packs import shipped
from tocsin.media.sandbox import JsonObject
from tocsin.outgoing.addresses import parse
from tocsin.outgoing.cybertip import CybertipTransport, Waiting
from tocsin.simulators.cybertip.clock import Clock
from tocsin.simulators.cybertip.server import Cybertip
from tocsin.storage import filing_vouching, times
from tocsin.storage.database import Database
from tocsin.storage.decisions import DecisionStore
from tocsin.storage.filings import FilingStore
from tocsin.storage.holds import HoldStore
from tocsin.storage.jobs import JobStore
from tocsin.storage.ledger import LedgerStore

USER, PASSWORD = "hotline-7", "kq3-Zr8v-Mw"
REPORTERS = tuple(person(name, "reporter") for name in ("rita", "remo", "rosa"))
RITA, REMO, ROSA = REPORTERS
QUICK = RetryPolicy(1_000_000, timedelta(milliseconds=10), timedelta(milliseconds=100))
_LOOPBACK: Final = (ip_network("127.0.0.1/32"),)
AT_ONCE = (timedelta(0),) * 5
_DECIDE = """
    INSERT INTO decision (case_number, proposal, outcome, author, time, idempotency_key, claim, needs_second,
        asked_by, standpoint)
    VALUES (?, ?, ?, 'person:anna', 0, ?, 1, '[]', '', 'in_force') RETURNING id"""


Hook = Callable[[str, str], None]
"""Is called with a step, and `before` or `after` it."""


@dataclass
class Hooked:
    """A transport that somebody looks over the shoulder of."""

    transport: Transport
    connected: "Connected"

    def status(self) -> Answer:
        return self.transport.status()

    def schema(self) -> Answer:
        return self.transport.schema()

    def submit(self, report: bytes) -> Answer:
        return self._call("submit", lambda: self.transport.submit(report))

    def upload(self, report_id: str, name: str, file: BinaryIO, size: int) -> Answer:
        return self._call("upload", lambda: self.transport.upload(report_id, name, file, size))

    def fileinfo(self, details: bytes) -> Answer:
        return self._call("fileinfo", lambda: self.transport.fileinfo(details))

    def finish(self, report_id: str) -> Answer:
        return self._call("finish", lambda: self.transport.finish(report_id))

    def retract(self, report_id: str) -> Answer:
        return self._call("retract", lambda: self.transport.retract(report_id))

    def _call(self, step: str, act: Callable[[], Answer]) -> Answer:
        if self.connected.away:
            error = NoAnswerError("the connection was refused")
            error.sent = False
            raise error
        self.connected.hook(step, "before")
        answer = act()
        self.connected.hook(step, "after")
        return answer


def _no_hook(_step: str, _when: str) -> None:
    """Nothing to see."""


@dataclass
class Connected:
    """Connections to one simulator, which stands for each environment. `refusal` stands in the way."""

    url: str
    environment: Environment = Environment.SIMULATOR
    refusal: Error | None = None
    fetched: FetchedSchema | None = None
    hook: Hook = _no_hook
    away: bool = False
    """Whether nothing can be reached."""

    def connection(self, authority: Authority, /) -> Connection:
        now = datetime(2026, 1, 1, tzinfo=UTC)
        return Connection(authority, self.environment, self.url, USER, now, "person:mara", now)

    def transport(self, _authority: Authority, _environment: Environment, /) -> Transport:
        if self.refusal is not None:
            raise self.refusal
        waiting = Waiting(step=10, answer=10)
        account = Account(USER, PASSWORD)
        made = CybertipTransport(parse(self.url), account, allowed=_LOOPBACK, waiting=waiting)
        return Hooked(made, self)

    def schema(self, _authority: Authority, _environment: Environment, /) -> FetchedSchema | None:
        return self.fetched


@dataclass
class Announced:
    """Keeps what webhooks would be told."""

    told: list[JsonObject] = field(default_factory=list)

    def announce(self, kind: str, body: JsonObject) -> None:
        """Keep it."""
        self.told.append({"kind": kind, **body})


class _Clock(Protocol):
    def __call__(self) -> datetime: ...


@dataclass
class Office:
    """All that filings are sent by, over one database."""

    database: Database
    keys: Keys
    filings: FilingStore
    queue: JobStore
    connections: Connected
    vault: FolderVault
    announced: Announced
    outbox: Outbox
    lease: timedelta = timedelta(seconds=30)

    @classmethod
    def over(  # noqa: PLR0913  # what tests vary
        cls,
        database: Database,
        folder: Path,
        url: str,
        clock: _Clock | None = None,
        *,
        policy: RetryPolicy = SENDING_POLICY,
        reopening: Sequence[timedelta] = AT_ONCE,
        lease: timedelta = timedelta(seconds=30),
    ) -> Self:
        """One that lives in the time of `clock`, its jobs too."""
        keys = Keys.open(folder, create=True)
        now = clock or (lambda: datetime.now(UTC))
        queue = JobStore(database, None if clock is None else lambda: times.to_number(now()))
        ledger, filings = LedgerStore(database, keys), FilingStore(database)
        connections, vault, announced = Connected(url), FolderVault(folder / FOLDER, keys), Announced()
        holds = Holds(database, HoldStore(database), ledger, shipped(), now)
        settling = Settling(filings, queue, ledger, holds, announced, now, policy, reopening)
        sending = Sending(
            database, filings, DecisionStore(database), connections, vault, settling, now, lease
        )
        return cls(database, keys, filings, queue, connections, vault, announced, Outbox(sending))

    def checked(
        self, *contents: bytes, account: str = "account-1", environment: Environment = Environment.SIMULATOR
    ) -> Filing:
        """A filing about those contents, checked by its author, RITA."""
        files = [(hashlib.sha256(one).digest(), len(one)) for one in contents]
        for one, (sha256, _) in zip(contents, files, strict=True):
            self.vault.put(io.BytesIO(one), sha256)
        new = new_filing(
            case=1,
            account=account,
            about=draft(account, *files),
            decision=self.decide(),
            environment=environment,
            author=RITA.id,
        )
        with self.database.writing():
            filing = self.filings.add(new, self.outbox.sending.clock())
            self.filings.checked(filing.number, RITA.id)
            for kind in ("filing.drafted", "filing.checked"):
                self.outbox.sending.settling.tell(kind, RITA.id, filing.number, {})
        return self.filings.filing(filing.number)

    def confirmed(self, *contents: bytes, account: str = "account-1") -> int:
        """The number of a filing about those contents that is to be sent."""
        filing = self.checked(*contents, account=account)
        return self.outbox.confirm(RITA, filing.number, filing.revision).number

    def decide(self) -> int:
        """The number of a decision to report, in force, about a case of its own."""
        with self.database.writing():
            case = self.database.number("SELECT COUNT(*) + 1 FROM decision")
            proposal = json.dumps(proposal_to_json(Proposal(Outcome.REPORT)))
            return self.database.number(_DECIDE, (case, proposal, "report", str(case)))

    def fetched(self, xsd: bytes) -> FetchedSchema:
        """A schema, as an operator fetches it."""
        now = self.outbox.sending.clock()
        digest = hashlib.sha256(xsd).digest()
        return FetchedSchema(Authority.NCMEC, Environment.SIMULATOR, now, "person:mara", digest, xsd)

    def undo(self, decision: int) -> None:
        """It is not in force any more."""
        with self.database.writing():
            self.database.change("UPDATE decision SET standpoint = 'undone' WHERE id = ?", (decision,))

    def claim(self, lease: timedelta = timedelta(seconds=30)) -> Job | None:
        """The job that is due."""
        return self.queue.claim(self.outbox.handlers(), "tests", lease)

    def do(self, job: Job) -> None:
        """Do a job as a runner does."""
        runner = Runner(self.queue, self.outbox.handlers(), policies=POLICIES)
        runner._handle(job)

    def work(self, clock: Clock | None = None, *, within: timedelta = timedelta(0)) -> None:
        """Do all jobs that fall due within that time of a simulator's clock, which is moved on."""
        end = None if clock is None else clock() + within
        while True:
            job = self.claim()
            if job is not None:
                self.do(job)
            elif clock is None or end is None or (due := self.next_due()) is None or due > end:
                return
            else:
                clock.move(max(due - clock(), timedelta(0)) + timedelta(milliseconds=1))

    def next_due(self) -> datetime | None:
        """When the next job is due."""
        with self.database.reading():
            row = self.database.row("SELECT MIN(due) FROM job WHERE ended IS NULL")
        return times.from_stored(row[0]) if row else None

    def state(self, number: int) -> State:
        """Where a filing stands."""
        return self.filings.filing(number).state

    def events(self, number: int) -> list[str]:
        """What the ledger tells of a filing, from its confirmation on."""
        with self.database.reading():
            rows = self.database.rows(
                "SELECT kind FROM ledger WHERE subject = ? ORDER BY number", (f"filing:{number}",)
            )
        return [str(kind).removeprefix("filing.") for (kind,) in rows][2:]

    def broken(self) -> list[str]:
        """What the ledger does not vouch for."""
        return [f"{one.what}: {one.why}" for one in filing_vouching.broken(self.database, self.keys)]


@pytest.fixture
def cybertip() -> Iterator[Cybertip]:
    """A simulated authority, whose clock stands until it is moved."""
    with Cybertip(USER, PASSWORD, clock=Clock(stands=True)) as made:
        yield made


@pytest.fixture
def office(database: Database, tmp_path: Path, cybertip: Cybertip) -> Office:
    """An office that files there, and lives in its time."""
    return Office.over(database, tmp_path, cybertip.url, cybertip.clock)

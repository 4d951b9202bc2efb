"""Servers, workers and the database are killed under load; what was acknowledged is there, whole and once."""

import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.databases import Server as Postgres
from support.databases import durable_server
from support.served import UNANSWERED, Client, Process, Server, eventually, running, token

from tocsin.banks.model import EntryDraft, Policy
from tocsin.content.examine import signals_of
from tocsin.evidence.chain import Row
from tocsin.hashing.digests import digest_signals
from tocsin.hashing.signals import SignalType
from tocsin.jobs.model import JobState
from tocsin.node.node import Node
from tocsin.simulators import encoders
from tocsin.simulators.pictures import picture
from tocsin.storage.home import Home

BANK = "known"
KNOWN = 20
CLIENTS = 4
ACCEPTED = {201, 202}


def content(number: int) -> bytes:
    """A file of its own; every other one shows a banked picture."""
    pixels = picture(number % (2 * KNOWN), 128, 128).copy()
    pixels[:2, :2] = np.frombuffer(number.to_bytes(12, "big"), np.uint8).reshape(2, 2, 3)
    return encoders.png(Image.fromarray(pixels))


def is_known(number: int) -> bool:
    """Whether it shows one of the banked pictures."""
    return number % (2 * KNOWN) < KNOWN


def digest(data: bytes) -> bytes:
    """The SHA-256 of some bytes."""
    return next(one.value for one in digest_signals([data]) if one.type is SignalType.SHA256)


@dataclass
class Load:
    """Clients that submit until all is acknowledged, each content under one key, however often it takes."""

    servers: list[Server]
    secret: str
    total: int
    numbers: Iterator[int] = field(default_factory=count)
    ids: dict[int, str] = field(default_factory=dict)
    """What has been acknowledged."""
    wrong: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Submit; one thread of several."""
        while (number := next(self.numbers)) < self.total:
            data = content(number)
            while number not in self.ids and not self.wrong:
                self._try(number, data)

    def reach(self, count: int) -> None:
        """Wait until that many are acknowledged."""
        eventually(lambda: self.wrong or len(self.ids) >= count, 120)
        assert not self.wrong

    def _try(self, number: int, data: bytes) -> None:
        client = Client(secrets.choice(self.servers), self.secret)
        try:
            answer = client.submit(data, key=f"content-{number}", wait=secrets.choice([0, 5]))
        except UNANSWERED:
            time.sleep(0.05)
            return
        if answer.status in ACCEPTED:
            self.ids[number] = str(answer.table["id"])
        elif answer.status in {500, 503}:  # its database was killed under it, and it said so
            time.sleep(0.05)
        else:
            self.wrong.append(f"{answer.status} {answer.body[:300]!r}")


def bank(home: Path) -> None:
    """A bank of the known pictures."""
    with Home.open(home, create=True) as store:
        store.create_bank(BANK, Policy())
        known = [encoders.png(Image.fromarray(picture(number, 128, 128))) for number in range(KNOWN)]
        store.add_entries(BANK, [EntryDraft(signals_of(data)) for data in known])


@contextmanager
def databases(engine: str, home: Path) -> Iterator[Postgres | None]:
    """The home's database; a PostgreSQL server that syncs in earnest, where it is one."""
    home.mkdir()
    if engine == "sqlite":
        yield None
        return
    with durable_server() as server:
        server.execute("CREATE DATABASE node")
        (home / "tocsin.toml").write_text(f'[database]\nurl = "{server.url("node")}"\n')
        yield server


def kill(victim: Process | Postgres) -> None:
    """`kill -9`, and a new start a moment later."""
    victim.kill()
    time.sleep(secrets.randbelow(300) / 1000)
    victim.start()


def run_load(home: Path, database: Postgres | None, total: int, rounds: int) -> dict[int, str]:
    """Submit `total` contents while something is killed `rounds` times; what was acknowledged."""
    bank(home)
    secret = token(home, "load", ["submitter", "curator"])
    with ExitStack() as stack:
        processes: list[Process] = []
        servers = stack.enter_context(running(home, 2, 2, started=processes))
        load = Load(servers, secret, total)
        threads = [threading.Thread(target=load.run, daemon=True) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        victims: list[Process | Postgres] = [*processes, *([database] if database else [])]
        for number in range(1, rounds + 1):
            load.reach(number * total // (rounds + 1))
            kill(secrets.choice(victims))
        load.reach(total)
        for thread in threads:
            thread.join()
        eventually(lambda: all_done(home), 300)
    return load.ids


def all_done(home: Path) -> bool:
    """Whether nothing waits but what is planned for later."""
    with Home.open(home) as store, store.database.reading():
        return not store.database.rows(
            "SELECT 1 FROM job WHERE state IN ('ready', 'leased') AND kind = 'examine'"
        )


def check(home: Path, ids: dict[int, str], total: int) -> None:
    """Every acknowledged submission is there once: content, ledger row, job done once, match."""
    assert len(ids) == total
    assert len(set(ids.values())) == total
    with Node.open(home) as node:
        rows = list(node.ledger.rows())
        received, examined = subjects(rows, "submission.received"), subjects(rows, "submission.examined")
        wanted = {f"submission:{one}": 1 for one in ids.values()}
        assert received == wanted
        assert examined == wanted
        for number, submission_id in ids.items():
            data = content(number)
            submission = node.submissions.submission(submission_id)
            assert submission.sha256 == digest(data)
            with node.vault.open(submission.sha256) as kept:
                assert kept.read() == data
            found = {record.match["bank"] for record in node.submissions.matches(submission_id)}
            assert found == ({BANK} if is_known(number) else set())
        counts = node.jobs.counts()
        assert not counts[JobState.DEAD]


def subjects(rows: list[Row], kind: str) -> dict[str, int]:
    """How often each subject has an event of that kind."""
    return dict(Counter(row.subject for row in rows if row.kind == kind))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_a_few_kills_lose_nothing(engine: str, tmp_path: Path) -> None:
    """Three kills during sixty submissions."""
    home = tmp_path / "home"
    with databases(engine, home) as database:
        check(home, run_load(home, database, total=60, rounds=3), total=60)


@pytest.mark.long
@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_fifty_kills_lose_nothing(engine: str, tmp_path: Path) -> None:
    """Fifty kills during two thousand submissions."""
    home = tmp_path / "home"
    with databases(engine, home) as database:
        check(home, run_load(home, database, total=2000, rounds=50), total=2000)

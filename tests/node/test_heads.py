"""Heads of the ledger are signed by a job that plans the next, and stamped where an authority is named."""

import socket
from datetime import timedelta
from pathlib import Path

import pytest

from tocsin.evidence.keys import Keys
from tocsin.evidence.ledger import Event
from tocsin.node.heads import SIGN, Heads
from tocsin.simulators.authorities import TIME_EKU, authority, signer
from tocsin.simulators.time_stamp import time_stamps
from tocsin.storage.database import Database
from tocsin.storage.jobs import JobStore
from tocsin.storage.ledger import LedgerStore


class Signing:
    """A ledger whose heads are due at once."""

    def __init__(self, database: Database, home: Path) -> None:
        """Begin the ledger."""
        self.ledger = LedgerStore(database, Keys.open(home, create=True))
        self.jobs = JobStore(database)
        self.database = database

    def signed(self, url: str = "") -> None:
        """Record something, and do the job that signs it."""
        self.ledger.append(Event("thing.done", "node", "thing:1"))
        heads = Heads(self.ledger, self.jobs, self.database, timedelta(milliseconds=1), url)
        heads.plan()
        while (job := self.jobs.claim([SIGN], "test", timedelta(minutes=1))) is None:
            pass
        heads.handlers()[SIGN](job)


@pytest.fixture
def signing(database: Database, tmp_path: Path) -> Signing:
    return Signing(database, tmp_path)


def test_each_job_signs_and_plans_the_next(signing: Signing) -> None:
    signing.signed()
    signing.signed()
    assert [head.number for head in signing.ledger.heads()] == [2, 3]
    assert [head.time_stamp for head in signing.ledger.heads()] == [None, None]
    while (job := signing.jobs.claim([SIGN], "test", timedelta(minutes=1))) is None:
        pass
    assert job.kind == SIGN


def test_what_an_authority_that_failed_left_is_stamped_later(
    signing: Signing, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    signing.signed(url)
    assert "wait for their time stamps" in caplog.text
    assert [number for number, _ in signing.ledger.failures()] == [2]
    with time_stamps(signer(authority("Time Root"), "Time Stamper", eku=TIME_EKU)) as url:
        signing.signed(url)
    assert signing.ledger.unstamped() == []
    assert signing.ledger.failures() == []

"""Signing a head of the ledger every so often, as a job like any other."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from tocsin.evidence.time_stamps import stamp_heads
from tocsin.jobs.model import Job, JobQueue, NewJob
from tocsin.outgoing.time_stamping import ask

if TYPE_CHECKING:
    from tocsin.storage.ledger import LedgerStore
    from tocsin.transactions import Transactions

_LOG = logging.getLogger(__name__)
SIGN: Final = "sign-head"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Heads:
    """Plans the job that signs the next head; the job plans the one after it."""

    def __init__(
        self,
        ledger: "LedgerStore",
        jobs: JobQueue,
        transactions: "Transactions",
        every: timedelta,
        authority: str = "",
    ) -> None:
        """Sign a head of `ledger` once in each interval of length `every`, counted from 1970.

        Heads are then stamped by the RFC 3161 `authority` at this URL, if there is one. Where it fails, the
        reason is kept with the head, which is stamped after a later one was signed.
        """
        self._ledger = ledger
        self._jobs = jobs
        self._transactions = transactions
        self._every = every
        self._authority = authority

    def plan(self) -> None:
        """Ask for a signature at the end of this interval; however many processes ask, it is one job."""
        passed = datetime.now(UTC) - _EPOCH
        ending = passed // self._every + 1
        delay = ending * self._every - passed
        self._jobs.enqueue(
            NewJob(SIGN, {}, key=f"{SIGN}:{self._every.total_seconds()}:{ending}", delay=delay)
        )

    def handlers(self) -> Mapping[str, Callable[[Job], None]]:
        """What does the job."""
        return {SIGN: self._sign}

    def _sign(self, job: Job) -> None:
        with self._transactions.writing():
            self._ledger.sign_head()
            self.plan()
            self._jobs.done(job)
        if self._authority:
            done = stamp_heads(self._ledger, self._authority, ask)
            if done.failure:
                _LOG.warning("heads of the ledger wait for their time stamps: %s", done.failure)

"""The node's jobs, done in threads; what waits for other hosts has threads of its own."""

import time
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from tocsin.exchange.syncing import SYNC, SYNC_POLICY
from tocsin.filing.notice_sending import NOTICE_POLICY
from tocsin.filing.notice_steps import SEND
from tocsin.filing.outbox import POLICIES
from tocsin.intake.webhooks import DELIVER
from tocsin.jobs.runner import Handler, Runner
from tocsin.node.enabling import Enabling
from tocsin.node.exchanging import giving_work
from tocsin.node.heads import Heads
from tocsin.node.notices import notice_work
from tocsin.node.publish_work import PublishWork
from tocsin.outgoing.webhooks import DELIVERY_POLICY, Deliver
from tocsin.storage.hma import HmaNotes

if TYPE_CHECKING:
    from tocsin.node.node import Node

DELIVERING: Final = 2
"""Threads that send webhooks. A receiver that does not answer holds one for seconds, and nothing else."""
FILING: Final = 2
"""Threads that send filings: an upload of gigabytes holds one for hours."""
NOTICING: Final = 1
"""Threads that send notices to providers."""
EXCHANGING: Final = 2
"""Threads that run exchanges: the first run of a list holds one for hours."""
WITHIN: Final = timedelta(seconds=30)


class Work:
    """Everything that a node does beside answering, from `start` to `stop`. It begins once."""

    def __init__(self, node: "Node", threads: int) -> None:
        """Do the jobs of `node` in `threads` threads, and deliver in a few more."""
        settings = node.settings
        every = timedelta(minutes=settings.head_minutes)
        heads = Heads(node.ledger, node.jobs, node.database, every, settings.time_stamp_authority)
        heads.plan()
        syncing = node.exchanging.syncing
        syncing.plan()
        publishing = PublishWork(node.banks, node.jobs)
        publishing.plan()
        enabling = Enabling(node.database, node.banks, HmaNotes(node.database), node.jobs)
        handlers: dict[str, Handler] = {
            **node.intake.handlers(),
            **heads.handlers(),
            **enabling.handlers(),
            **publishing.handlers(),
            **node.reporting.destroying.handlers(),
        }
        noticing = notice_work(node.noticing)
        deliver = Deliver(node.webhooks, node.jobs, node.database, allowed=settings.allowed_networks)
        self._runners = (
            Runner(node.jobs, handlers, threads=threads),
            Runner(node.jobs, {DELIVER: deliver}, threads=DELIVERING, policies={DELIVER: DELIVERY_POLICY}),
            Runner(node.jobs, node.reporting.outbox.handlers(), threads=FILING, policies=POLICIES),
            Runner(
                node.jobs,
                {**syncing.handlers(), **giving_work(node.exchange_parts).handlers()},
                threads=EXCHANGING,
                policies={SYNC: SYNC_POLICY},
            ),
            Runner(node.jobs, noticing.handlers(), threads=NOTICING, policies={SEND: NOTICE_POLICY}),
        )

    def start(self) -> None:
        """Begin."""
        for runner in self._runners:
            runner.start()

    def stop(self, within: timedelta = WITHIN) -> bool:
        """Finish what is at hand, or give it back after `within`; whether all was finished."""
        end = time.monotonic() + within.total_seconds()
        in_time = True
        for runner in self._runners:
            left = timedelta(seconds=max(0.0, end - time.monotonic()))
            in_time = runner.stop(left) and in_time
        return in_time

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

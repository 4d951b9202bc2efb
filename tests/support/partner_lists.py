"""A list of a partner as its pages tell it, kept in memory; for tests of what speaks to partners."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tocsin.exchange.model import (
    CheckpointExpiredError,
    Page,
    Partner,
    PartnerUnreachableError,
    Record,
    SetAside,
    Telling,
)
from tocsin.outgoing.addresses import networks
from tocsin.outgoing.partners import PartnerWeb

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

MOST_RUNS = 400


def web(url: str) -> PartnerWeb:
    """What speaks to a simulator, without waiting between tries."""
    return PartnerWeb(url, allowed=networks(["127.0.0.0/8"]), pause=lambda _seconds: None)


@dataclass
class PartnerList:
    """Records by key; each checkpoint goes through JSON, as it does in a database."""

    records: dict[str, Record] = field(default_factory=dict)
    withdrawn: dict[str, str] = field(default_factory=dict)
    set_aside: list[SetAside] = field(default_factory=list)
    tellings: list[Telling] = field(default_factory=list)
    checkpoint: "JsonObject | None" = None
    up_to: datetime | None = None
    named: set[str] = field(default_factory=set)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def values(self) -> set[str]:
        """The signals that would match."""
        return {one.hex for record in self.records.values() for one in record.draft.signals}

    def take(self, page: Page) -> None:
        """Commit a page."""
        if page.telling is Telling.ANEW:
            self.named = set()
        for record in page.records:
            self.records[record.key] = record
            self.withdrawn.pop(record.key, None)
            self.named.add(record.key)
        for gone in page.withdrawals:
            self.records.pop(gone.key, None)
            self.withdrawn[gone.key] = gone.reason
        if page.telling is Telling.WHOLE:
            self.records = {key: one for key, one in self.records.items() if key in self.named}
        self.set_aside += page.set_aside
        self.tellings.append(page.telling)
        self.checkpoint = json.loads(json.dumps(page.checkpoint))
        self.up_to = page.up_to or self.up_to

    def run(self, partner: Partner, pages: int | None = None) -> bool:
        """A run that is killed after so many pages; whether it came to its end."""
        try:
            for count, page in enumerate(partner.fetch(self.checkpoint, self.now), 1):
                self.take(page)
                if count == pages:
                    return False
        except CheckpointExpiredError:
            self.checkpoint = None
            return False
        except PartnerUnreachableError:
            return False
        return True

    def run_to_its_end(self, partner: Callable[[], Partner], kills: int = 0) -> None:
        """Runs until one comes to its end; the first `kills` of them are killed after a page or two."""
        for turn in range(MOST_RUNS):
            if self.run(partner(), None if turn >= kills else 1 + turn % 2) and turn >= kills:
                return
        message = "no run came to its end"
        raise AssertionError(message)

    def later(self, **by: float) -> None:
        """Time passes."""
        self.now += timedelta(**by)

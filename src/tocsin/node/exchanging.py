"""Inward exchanges, put together over one home."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.exchange.giving import GivingWork
from tocsin.exchange.importing_feed import FEED, FEED_URL
from tocsin.exchange.partners_of import Partners, Services
from tocsin.exchange.service import Exchanging
from tocsin.exchange.services import registry
from tocsin.exchange.syncing import Syncing
from tocsin.node.feeding import NoWeb, following
from tocsin.outgoing.addresses import SIMULATED
from tocsin.outgoing.partners import PartnerWeb
from tocsin.storage.exchange_opinions import GivenOpinionStore
from tocsin.storage.exchanges import ExchangeStore
from tocsin.storage.standing import StandingStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.evidence.sealing import Sealer
    from tocsin.exchange.services.model import Service
    from tocsin.exchange.syncing import Announce
    from tocsin.exchange.transport import Web
    from tocsin.jobs.model import JobQueue
    from tocsin.outgoing.addresses import Network
    from tocsin.storage.home import Home


@dataclass(frozen=True)
class ExchangeParts:
    """What of a node exchanges are made and run with."""

    home: "Home"
    sealer: "Sealer"
    queue: "JobQueue"
    announce: "Announce | None" = None
    allowed: "Sequence[Network]" = ()
    """Private networks in which the operator lets partners be."""
    services: Services = registry.service

    def partners(self) -> Partners:
        """What makes what speaks to partners."""
        return Partners(ExchangeStore(self.home), self.sealer, self._web, self.service)

    def service(self, name: str) -> "Service":
        """The service of that name; feeds are followed with this home's keys."""
        if name == FEED:
            return following(self.home, lambda url: self._web(url, here=False)).service()
        return self.services(name)

    def _web(self, url: str, here: bool) -> "Web":  # noqa: FBT001  # as `Webs` says
        if url == FEED_URL:
            return NoWeb()
        return PartnerWeb(url, allowed=SIMULATED if here else tuple(self.allowed))


def exchanging(parts: ExchangeParts) -> Exchanging:
    """Exchanges as people set them up and look at them; its `syncing` does the jobs."""
    home, store, partners = parts.home, ExchangeStore(parts.home), parts.partners()
    ledger = home.ledger
    syncing = Syncing(home.database, store, parts.queue, ledger, partners, parts.announce)
    given = GivenOpinionStore(home.database)
    return Exchanging(
        home.database,
        store,
        given,
        home,
        parts.queue,
        ledger,
        parts.sealer,
        syncing,
        StandingStore(home.database),
        parts.service,
    )


def giving_work(parts: ExchangeParts) -> GivingWork:
    """What gives opinions: the jobs of the kind GIVE."""
    home = parts.home
    return GivingWork(
        home.database,
        ExchangeStore(home),
        GivenOpinionStore(home.database),
        parts.queue,
        home.ledger,
        parts.partners(),
    )

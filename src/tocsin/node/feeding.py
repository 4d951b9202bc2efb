"""Our own feed and those of partners, put together over one home."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from tocsin.clock import present
from tocsin.exchange.feed_log import FeedLog
from tocsin.exchange.importing_feed import Following
from tocsin.exchange.keys import FeedKeys
from tocsin.exchange.model import PartnerRefusedError
from tocsin.exchange.offering import Offering
from tocsin.exchange.partners import Partners
from tocsin.exchange.publishing import Publishing
from tocsin.exchange.transport import Answer
from tocsin.storage.feeds import FeedStore

if TYPE_CHECKING:
    from tocsin.exchange.transport import Web
    from tocsin.storage.home import Home

FOLDER: Final = "feed"
"""The folder of our feed in a home: any file host can serve it."""


class NoWeb:
    """Speaks to nobody: a feed in a folder needs no network."""

    def get(self, url: str, headers: Mapping[str, str], *, longest: int, tries: int = 5) -> Answer:
        """Raises PartnerRefusedError."""
        del headers, longest, tries
        raise PartnerRefusedError(url)

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, longest: int) -> Answer:
        """Raises PartnerRefusedError."""
        del method, headers, body, longest
        raise PartnerRefusedError(url)


def following(home: "Home", web: "Callable[[str], Web]") -> Following:
    """What feeds are followed with."""
    return Following(
        home.database, FeedStore(home.database), lambda: FeedKeys.open(home.folder), home.ledger, web
    )


def publishing(home: "Home") -> Publishing:
    """What tells partners. Raises FeedKeysError."""
    store = FeedStore(home.database)
    log = FeedLog(home.folder / FOLDER, FeedKeys.open(home.folder), store, present)
    return Publishing(home.database, store, log)


def partners(home: "Home") -> Partners:
    """The partners of a home."""
    return Partners(home.database, FeedStore(home.database), home.ledger)


def offering(home: "Home") -> Offering:
    """What people decide about passing on."""
    store = FeedStore(home.database)
    return Offering(
        home.database, store, home, home.ledger, lambda who: FeedKeys.open(home.folder).pseudonym(who)
    )

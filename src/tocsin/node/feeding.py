"""Our own feed and those of partners, put together over one home."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from tocsin.access.model import Permission, Principal
from tocsin.clock import present
from tocsin.errors import Error
from tocsin.evidence.ledger import Event
from tocsin.exchange.cards import Card, read_card, write_card
from tocsin.exchange.feed.notes import Verifier
from tocsin.exchange.feed_log import FeedLog
from tocsin.exchange.feed_store import Own
from tocsin.exchange.importing_feed import Following
from tocsin.exchange.keys import AGE, SIGNING, FeedKeys
from tocsin.exchange.model import PartnerRefusedError
from tocsin.exchange.offering import Offering
from tocsin.exchange.partners import Partners
from tocsin.exchange.publishing import Publishing
from tocsin.exchange.rights import PartnerKind, Recipient, rules
from tocsin.exchange.transport import Answer
from tocsin.storage.feeds import FeedStore

if TYPE_CHECKING:
    from tocsin.exchange.transport import Web
    from tocsin.media.sandbox import JsonObject
    from tocsin.storage.home import Home

FOLDER: Final = "feed"
"""The folder of our feed in a home: any file host can serve it."""


class FeedExistsError(Error):
    """This node has a feed already."""

    code = "feed.exists"
    advice = "A feed keeps its name; `tocsin feed rotate` makes new keys."


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


def own_card(home: "Home") -> tuple[Card, bytes]:
    """Our card and the note of it, signed by the key before as well. Raises NoFeedError, FeedKeysError."""
    own, keys = FeedStore(home.database).own(), FeedKeys.open(home.folder)
    signer = keys.signer(own.me.name)
    card = Card(own.me, signer.verifier, keys.recipient, own.place)
    return card, write_card(card, signer, keys.signer_before(own.me.name))


def begin(home: "Home", principal: Principal, name: str, kind: str, *, country: str, place: str) -> Card:  # noqa: PLR0913  # what a card says
    """Make the feed's keys and say what we are. Raises DeniedError, CardError, FeedExistsError."""
    principal.demand(Permission.MANAGE_EXCHANGES)
    chosen = PartnerKind(kind)
    Verifier(name, bytes(32))  # the name is one
    store = FeedStore(home.database)
    with home.database.writing():
        if store.begun():
            raise FeedExistsError
        FeedKeys.open(home.folder, create=True)
        store.set_own(Own(Recipient(name, chosen, country, rules().kinds[chosen]), place))
        read_card(own_card(home)[1])
        detail: JsonObject = {"kind": kind, "country": country, "place": place}
        home.ledger.append(Event("feed.begun", principal.id, f"feed:{name}", detail))
    return own_card(home)[0]


def rotate(home: "Home", principal: Principal, which: str) -> Card:
    """Make a new key of the kind `signing` or `age`; what is published next introduces it."""
    principal.demand(Permission.MANAGE_EXCHANGES)
    name = FeedStore(home.database).own().me.name
    old, new = FeedKeys.open(home.folder).rotate(SIGNING if which == "signing" else AGE)
    detail: JsonObject = {"which": which, "old": old, "new": new}
    home.ledger.append(Event("feed.key_rotated", principal.id, f"feed:{name}", detail))
    return own_card(home)[0]

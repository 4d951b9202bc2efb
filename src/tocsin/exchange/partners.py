"""Partners: their cards entered after the words were compared, their keys rotated, partners revoked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tocsin.access.model import Permission, Principal
from tocsin.banks.batch import check_texts
from tocsin.clock import present
from tocsin.errors import Error
from tocsin.evidence.ledger import Event, Ledger
from tocsin.exchange.cards import Card, read_card
from tocsin.exchange.feed.notes import Verifier
from tocsin.exchange.feed_store import FeedPartner, Feeds, UnknownPartnerError
from tocsin.transactions import Transactions

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

_LONGEST_REASON = 2000


class PartnerExistsError(Error):
    """There is a partner of that name already."""

    code = "feed.partner_exists"
    advice = "`tocsin partner rotate` enters a new card of a partner that is known."


class PartnerRevokedError(Error):
    """That partner was revoked."""

    code = "feed.partner_revoked"
    advice = "Meet them, compare the words of a new card, and enter it with `tocsin partner add`."


class RevocationReasonError(Error):
    """A reason is needed."""

    code = "feed.reason"
    advice = "Say why, in up to 2,000 characters: others will ask."


@dataclass(frozen=True, slots=True)
class Partners:
    """The partners of a node."""

    transactions: Transactions
    feeds: Feeds
    ledger: Ledger

    def all(self, principal: Principal) -> Sequence[FeedPartner]:
        """All of them, by name, revoked ones included. Raises DeniedError."""
        principal.demand(Permission.READ_EXCHANGES)
        return self.feeds.partners()

    def add(self, principal: Principal, note: bytes, words: str) -> FeedPartner:
        """Enter a card whose words (as the partner read them out) are `words`.

        Raises DeniedError, UnfitCardError, NotSignedError, NotComparedError, PartnerExistsError, NoFeedError.
        """
        principal.demand(Permission.MANAGE_EXCHANGES)
        card = read_card(note)
        card.compare(words)
        with self.transactions.writing():
            known = self._known(card.recipient.name)
            if known is not None and known.revoked is None:
                raise PartnerExistsError
            if card.recipient.name == self.feeds.own().me.name:
                message = "this is our own card"
                raise PartnerExistsError(message)
            return self._keep(principal, card, "partner.added")

    def rotate(self, principal: Principal, note: bytes, words: str = "") -> FeedPartner:
        """Enter the new card of a partner: signed by its key of today, or else with its words compared.

        Raises DeniedError, UnfitCardError, NotSignedError, NotComparedError, UnknownPartnerError,
        PartnerRevokedError.
        """
        principal.demand(Permission.MANAGE_EXCHANGES)
        with self.transactions.writing():
            card = read_card(note)
            known = self.feeds.partner(card.recipient.name)
            if known.revoked is not None:
                raise PartnerRevokedError
            if words:
                card.compare(words)
            else:
                read_card(note, before=Verifier.from_text(known.verifier))
            return self._keep(principal, card, "partner.rotated", compared=bool(words))

    def revoke(self, principal: Principal, name: str, why: str) -> None:
        """Tell a partner nothing more, and take nothing more from it.

        What it was told it has; what it told stays, and can be withdrawn like everything else. Raises
        DeniedError, UnknownPartnerError, PartnerRevokedError, RevocationReasonError, InvalidTextError.
        """
        principal.demand(Permission.MANAGE_EXCHANGES)
        check_texts((why,))
        if not why.strip() or len(why) > _LONGEST_REASON:
            raise RevocationReasonError
        with self.transactions.writing():
            known = self.feeds.partner(name)
            if known.revoked is not None:
                raise PartnerRevokedError
            self.feeds.keep_partner(replace(known, revoked=present(), revoked_by=principal.id, why=why))
            self.feeds.recheck()
            self.ledger.append(Event("partner.revoked", principal.id, f"partner:{name}", {"why": why}))

    def _known(self, name: str) -> FeedPartner | None:
        try:
            return self.feeds.partner(name)
        except UnknownPartnerError:
            return None

    def _keep(self, principal: Principal, card: Card, what: str, *, compared: bool = True) -> FeedPartner:
        """Keep what a card says, have everything looked at again, and record it."""
        one = card.recipient
        kept = FeedPartner(one, card.verifier.to_text(), card.age, card.place, present(), principal.id)
        self.feeds.keep_partner(kept)
        self.feeds.recheck()
        detail: JsonObject = {
            "kind": one.kind.value,
            "country": one.country,
            "purposes": [*sorted(one.purposes)],
            "key": card.verifier.key_id,
            "age": card.age,
            "place": card.place,
            "words_compared": compared,
        }
        self.ledger.append(Event(what, principal.id, f"partner:{one.name}", detail))
        return kept

"""What of our banks is passed on: terms for a bank, and offers of banks or entries, by two people each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin.access.model import Permission, Principal, Right
from tocsin.banks.model import BankKind
from tocsin.banks.store import BankStore, UnknownEntryError
from tocsin.cases.people import demand_person
from tocsin.errors import Error
from tocsin.evidence.ledger import Event, Ledger
from tocsin.exchange.feed_store import Feeds, NotOfferedError, Offer, TheirOpinion, TheirSighting
from tocsin.exchange.rights import NOBODY, Recipient, Terms, checked, may_travel
from tocsin.transactions import Transactions

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

_WHY: Final = "two people stand behind what partners are told"


class NotShareableError(Error):
    """Nothing of that bank may be passed on."""

    code = "feed.not_shareable"
    advice = "`tocsin feed terms BANK RULE` says to whom its entries may go, as far as their owner lets them."


class SamePersonError(Error):
    """Whoever offered it cannot confirm it."""

    code = "feed.same_person"
    advice = "Another person with the permission feed.publish and the right `share` is to look at it."


@dataclass(frozen=True, slots=True)
class Offering:
    """What people decide about passing on."""

    transactions: Transactions
    feeds: Feeds
    banks: BankStore
    ledger: Ledger
    pseudonym: Callable[[str], str]
    """What partners are told in place of a principal's id."""

    def set_terms(self, principal: Principal, bank: str, terms: Terms) -> None:
        """Say under which terms entries of a bank may be passed on; what was told is looked at again.

        Raises DeniedError, UnknownBankError, NotShareableError, UnfitTermsError.
        """
        principal.demand(Permission.MANAGE_EXCHANGES)
        checked(terms)
        with self.transactions.writing():
            if self.banks.bank(bank).policy.kind is not BankKind.MATCH:
                message = "a bank of harmless items is not passed on: it would hide what it names elsewhere"
                raise NotShareableError(message)
            self.feeds.set_terms(bank, terms, principal.id)
            self.feeds.recheck()
            self.ledger.append(Event("feed.terms_set", principal.id, f"bank:{bank}", _detail(terms)))

    def offer(self, principal: Principal, bank: str, entry: int = 0) -> Offer:
        """Offer a bank with all that is added to it, or one entry of it.

        Nothing is told before another person confirms.

        Raises DeniedError, UnknownBankError, UnknownEntryError, NotShareableError, NoFeedError.
        """
        self._demand(principal, bank)
        with self.transactions.writing():
            terms = self.feeds.terms(bank)
            self.feeds.own()
            if terms is None or terms.terms.rule == NOBODY:
                raise NotShareableError
            if entry and self.banks.entry(entry).bank != bank:
                message = f"entry {entry} is not in the bank {bank!r}"
                raise UnknownEntryError(message)
            made = self.feeds.offer(bank, entry, principal.id, self.pseudonym(principal.id))
            self._record("feed.offered", principal, made)
        return made

    def confirm(self, principal: Principal, number: int) -> Offer:
        """Confirm what another offered: partners who may have it are told from now on.

        Raises DeniedError, NotOfferedError, SamePersonError.
        """
        with self.transactions.writing():
            waiting = self._offer(number)
            self._demand(principal, waiting.bank)
            if waiting.offered_by == principal.id:
                raise SamePersonError
            made = self.feeds.confirm(number, principal.id, self.pseudonym(principal.id))
            self._record("feed.confirmed", principal, made)
        return made

    def end(self, principal: Principal, number: int) -> None:
        """Offer it no longer; partners are told that it is withdrawn. Raises DeniedError, NotOfferedError."""
        with self.transactions.writing():
            offer = self._offer(number)
            self._demand(principal, offer.bank)
            self.feeds.end_offer(number, principal.id)
            self._record("feed.offer_ended", principal, offer)

    def offers(self, principal: Principal) -> Sequence[Offer]:
        """Those that have not ended, oldest first. Raises DeniedError."""
        principal.demand(Permission.READ_EXCHANGES)
        return self.feeds.offers()

    def audience(self, principal: Principal, bank: str) -> Mapping[str, str]:
        """For each partner, why it may or may not have entries of a bank as far as the bank's terms go.

        Raises DeniedError, UnknownBankError.
        """
        principal.demand(Permission.READ_EXCHANGES)
        terms = self.feeds.terms(bank)
        found = {}
        for one in self.feeds.partners():
            if one.revoked is not None:
                found[one.name] = "no: revoked"
                continue
            answer = may_travel(Terms() if terms is None else terms.terms, one.recipient)
            found[one.name] = f"{'yes' if answer else 'no'}: {answer.because} [{answer.rule}]"
        return found

    def opinions(self, principal: Principal, limit: int = 100) -> Sequence[TheirOpinion]:
        """What partners say of entries of ours, newest first. Raises DeniedError."""
        principal.demand(Permission.READ_EXCHANGES)
        return self.feeds.opinions(limit)

    def sightings(self, principal: Principal, limit: int = 100) -> Sequence[TheirSighting]:
        """What partners came upon, newest first. Raises DeniedError."""
        principal.demand(Permission.READ_EXCHANGES)
        return self.feeds.sightings(limit)

    def me(self, principal: Principal) -> Recipient:
        """What we are to partners. Raises DeniedError, NoFeedError."""
        principal.demand(Permission.READ_EXCHANGES)
        return self.feeds.own().me

    def _offer(self, number: int) -> Offer:
        """An offer of a bank that is there."""
        found = next((one for one in self.feeds.offers() if one.id == number and one.bank), None)
        if found is None:
            raise NotOfferedError
        return found

    def _demand(self, principal: Principal, bank: str) -> None:
        demand_person(principal, why=_WHY)
        principal.demand(Permission.PUBLISH)
        principal.demand_in(bank, Right.SHARE)

    def _record(self, what: str, principal: Principal, offer: Offer) -> None:
        detail: JsonObject = {
            "bank": offer.bank,
            "entry": offer.entry or "all",
            "offered_by": offer.offered_by,
        }
        self.ledger.append(Event(what, principal.id, f"offer:{offer.id}", detail))


def _detail(terms: Terms) -> "JsonObject":
    return {
        "rule": terms.rule,
        "partners": [*terms.partners],
        "countries": [*terms.countries],
        "purposes": [*terms.purposes],
        "jurisdiction": terms.jurisdiction,
    }

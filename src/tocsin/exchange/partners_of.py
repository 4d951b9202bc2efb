"""From an exchange as it is kept to what speaks to its partner."""

from collections.abc import Callable
from dataclasses import dataclass

from tocsin.evidence.sealing import Sealer
from tocsin.exchange import accounts
from tocsin.exchange.model import Partner
from tocsin.exchange.services import registry
from tocsin.exchange.services.model import Service
from tocsin.exchange.store import Exchange, Exchanges
from tocsin.exchange.transport import Web

Webs = Callable[[str, bool], Web]
"""Makes what speaks to the host of a URL (`tocsin.outgoing.partners.PartnerWeb`); True: on this machine."""
Services = Callable[[str], Service]
URL = "url"
"""The setting that names a simulator's URL."""


@dataclass(frozen=True, slots=True)
class Partners:
    """Makes what speaks to partners, anew for each run. Call it in no transaction."""

    store: Exchanges
    sealer: Sealer
    webs: Webs
    services: Services = registry.service

    def __call__(self, found: Exchange) -> Partner:
        """The partner of an exchange.

        Raises UnfitSettingsError, SealBrokenError, MissingKeyError, PartnerRefusedError for its URL.
        """
        known = self.services(found.service)
        url = url_of(known, found)
        secret = accounts.opened(self.sealer, found, url, self.store.account(found.name))
        settings = {name: value for name, value in found.settings.items() if name != URL}
        web = self.webs(url, found.environment == registry.SIMULATOR)
        return known.make(web, url, settings, secret)


def url_of(known: Service, found: Exchange) -> str:
    """Where an exchange's partner is: a simulator's place is a setting, the others have their own."""
    if found.environment in known.environments and (own := known.environments[found.environment].url):
        return own
    return str(found.settings.get(URL, ""))

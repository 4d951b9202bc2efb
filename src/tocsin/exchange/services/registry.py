"""The services there are, by name; the code of one is imported when it is asked for."""

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import Final

from tocsin.exchange.services.model import Environment, Service, UnfitSettingsError

SIMULATOR: Final = "simulator"
SERVICES: Final[Mapping[str, str]] = {
    "feed": "tocsin.exchange.importing_feed",
    "ncmec": "tocsin.exchange.services.ncmec.service",
    "stopncii": "tocsin.exchange.services.stopncii",
    "tat": "tocsin.exchange.services.tat",
    "threatexchange": "tocsin.exchange.services.threatexchange",
}
"""The module of each, whose `SERVICE` is the service."""


def service(name: str) -> Service:
    """The service of that name, with a simulator among its environments. Raises UnfitSettingsError."""
    if name not in SERVICES:
        message = f"there is no service named {name!r}; there are {', '.join(sorted(SERVICES))}"
        raise UnfitSettingsError(message)
    found = import_module(SERVICES[name]).SERVICE
    if not isinstance(found, Service):
        message = f"{SERVICES[name]}.SERVICE is no Service"
        raise TypeError(message)
    return replace(found, environments={SIMULATOR: Environment("")} | dict(found.environments))

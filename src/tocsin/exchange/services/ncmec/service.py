"""NCMEC's hash sharing as a service that exchanges can be with."""

from typing import TYPE_CHECKING

from tocsin.exchange.services.model import Secret, Service, UnfitSettingsError
from tocsin.exchange.services.ncmec.environments import ENVIRONMENTS
from tocsin.exchange.services.ncmec.partner import Ncmec
from tocsin.exchange.transport import Web

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject


def _check(environment: str, settings: "JsonObject") -> "JsonObject":
    """There is nothing to set; the environment is kept, as origins and GUIDs stand under its name."""
    unknown = set(settings) - {"environment"}
    if unknown:
        message = f"it knows no setting {min(unknown)!r}"
        raise UnfitSettingsError(message)
    return {"environment": environment}


def _make(web: Web, url: str, settings: "JsonObject", secret: Secret) -> Ncmec:
    return Ncmec(web, url, str(settings.get("environment") or url), secret)


SERVICE = Service("ncmec", "NCMEC hash sharing", ENVIRONMENTS, _make, _check)

"""What a service is to this room: where it is, what may be set, and what speaks to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tocsin.errors import Error
from tocsin.exchange.model import Partner
from tocsin.exchange.transport import Web

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject


class UnfitSettingsError(Error):
    """The service cannot be used with these settings."""

    code = "exchange.unfit_settings"
    advice = "See docs/howto/exchange.md for what each service can be told."


@dataclass(frozen=True, slots=True)
class Secret:
    """An account at a service; nothing of it shows in its repr, so that no log holds it by accident."""

    user: str = field(default="", repr=False)
    """Empty where the service knows its members by a token alone."""
    password: str = field(default="", repr=False)
    """Or the token."""


@dataclass(frozen=True, slots=True)
class Environment:
    """One of a service's systems: each has a list of its own, which is never mixed with another's."""

    url: str
    """Where it is; empty for a simulator, whose URL the settings name."""
    production: bool = False
    """Its list is real, and what is told to it counts: two people answer for that."""


def _as_given(_environment: str, settings: "JsonObject") -> "JsonObject":
    if settings:
        message = f"it knows no setting {min(settings)!r}"
        raise UnfitSettingsError(message)
    return {}


@dataclass(frozen=True, slots=True)
class Service:
    """A kind of partner that can be spoken to."""

    name: str
    """As in `tocsin exchange add --service`."""
    title: str
    environments: Mapping[str, Environment]
    """By name. One named `simulator`, without a URL, is added by `registry`."""
    make: Callable[[Web, str, "JsonObject", Secret], Partner]
    """From what speaks to the URL, the URL, the settings as `check` gave them, and the account."""
    check: Callable[[str, "JsonObject"], "JsonObject"] = _as_given
    """The settings for an environment, strictly read, defaults filled in. Raises UnfitSettingsError."""
    needs_account: bool = True

"""On what terms an operator sends notices: who asks, under which laws, by which server, how often again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from typing import Final

_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*",
    re.ASCII,
)
"""As the HTML standard has it (4.10.5.1.5): one address without a name: nothing else gets into a header."""
_LONGEST_ADDRESS: Final = 254


@dataclass(frozen=True, slots=True)
class Sender:
    """Who asks, as the operator's settings say."""

    organisation: str
    contact: str
    """A mail address."""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class MailServer:
    """The server that takes the operator's mail; its password is kept apart, sealed."""

    host: str
    port: int = 587
    security: str = "starttls"
    """starttls, tls, or none: that only on the loopback."""
    user: str = ""
    sender: str = ""
    """The address that notices come from."""


@dataclass(frozen=True, slots=True)
class Terms:
    """All of `[notices]`."""

    sender: Sender
    laws: Mapping[str, str] = field(default_factory=dict)
    """Words for the laws that notices are sent under, by names that people choose from."""
    live: bool = False
    """False: every notice is a test, and goes to `test_address` or to a simulator."""
    test_address: str = ""
    mail: MailServer | None = None
    remind_after: timedelta = timedelta(days=1)
    most_reminders: int = 3
    ask_every: timedelta = timedelta(hours=1)
    """How often a provider's API is asked what became of a notice."""

    @property
    def lacks(self) -> tuple[str, ...]:
        """The settings without which no notice can be made."""
        needed = {"organisation": self.sender.organisation, "contact": self.sender.contact}
        return tuple(name for name, value in needed.items() if not value)


def is_address(text: str) -> bool:
    """Whether it is one mail address, and nothing besides."""
    return len(text) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None


def on_loopback(host: str) -> bool:
    """Whether a host is an address of this machine alone; a name is not, whatever it resolves to."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

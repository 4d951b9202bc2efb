"""Fetching a URL that a stranger named: the address checked and pinned, the answer capped (design.md 8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What a fetch may take, and which private networks it may reach after all."""

    bytes: int = 100 << 20
    seconds: float = 20.0
    """For all of it: names, connections, redirections and the body."""
    redirects: int = 3
    allowed: Sequence[IPv4Network | IPv6Network] = ()
    """Private networks the operator lists, such as that of the platform's own storage."""


class Fetcher(Protocol):
    """What brings the bytes of a URL."""

    def fetch(self, url: str, into: BinaryIO) -> bytes:
        """Write the body into a file; its SHA-256. Raises FetchRefusedError, FetchFailedError."""
        ...

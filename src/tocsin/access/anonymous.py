"""Addresses that may look up without a token, because the operator lists them."""

import ipaddress
from collections.abc import Iterable

from tocsin.access.model import Principal

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Anonymous:
    """The networks that need no token, and what may be done from them."""

    def __init__(self, networks: Iterable[Network], principal: Principal) -> None:
        """Whoever calls from one of `networks` is `principal`."""
        self._networks = tuple(networks)
        self._principal = principal

    def principal_of(self, address: str) -> Principal | None:
        """Whoever calls from this address; None if it is in none of the networks, or is no address.

        `address` is the peer's, or what a proxy the operator trusts says it is; never a header's as it came.
        """
        try:
            parsed = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return None
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped  # how a socket for both families names an IPv4 peer
        return self._principal if any(parsed in network for network in self._networks) else None

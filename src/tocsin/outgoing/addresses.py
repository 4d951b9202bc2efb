"""Which URLs and addresses may be asked at all: public ones, and networks that the operator lists.

A URL is taken apart here once and strictly: what two parsers could read differently is refused, as that
difference is how such checks are passed by. Address blocks are those of IANA's special-purpose registries
(iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry), written out because what
`ipaddress` calls global changes between releases of Python.
"""

import re
import socket
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import NoReturn
from urllib.parse import quote

from tocsin.outgoing.errors import FetchFailedError, FetchRefusedError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str], Sequence[str]]
"""From a host name to all of its addresses, as text; an OSError when there is none."""

LONGEST_URL = 4096
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
"""This machine."""
SIMULATED = (ip_network("127.0.0.1/32"), ip_network("::1/128"))
"""Where simulators of services listen: on this machine, at the one address that is no other's."""
_LONGEST_HOST = 253
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SPECIAL_IPV4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' shared addresses (RFC 6598)
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local; 169.254.169.254 hands out a cloud machine's credentials
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and the broadcast address
        "168.63.129.16/32",  # public by its number, but a host's own services in one large cloud
    )
)
_UNICAST_IPV6 = IPv6Network("2000::/3")
"""All that is given out for use in public. Outside lie the unspecified, loopback, mapped, compatible,
unique-local, link-local, site-local and multicast addresses."""
_SPECIAL_IPV6 = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4: holds an IPv4 address
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
"""IPv4 addresses as a host without IPv4 sees them (RFC 6052): judged by the address inside."""

_URL = re.compile(r"(https?)://([^/?#]*)([^#]*)(?:#.*)?", re.ASCII | re.IGNORECASE | re.DOTALL)
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]*\]|[^:\[\]]*)(?::([0-9]{1,5}))?", re.ASCII)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff\\]")


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart, all of it ASCII."""

    scheme: str
    host: str
    """A name, or an address without brackets."""
    port: int
    path: str
    """With the query; begins with a slash."""

    @property
    def authority(self) -> str:
        """As it stands in a URL and in the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL again, without its fragment."""
        return f"{self.scheme}://{self.authority}{self.path}"


def parse(url: str, ports: Collection[int] | None = None) -> Target:
    """Take a URL apart; with `ports`, only those are let through. Raises FetchRefusedError."""
    if len(url) > LONGEST_URL:
        _refuse(f"the URL is longer than {LONGEST_URL} characters")
    if _UNSAFE.search(url):
        _refuse("the URL holds a space, a backslash or a character that is not text")
    parts = _URL.fullmatch(url)
    if parts is None:
        _refuse("only http:// and https:// URLs are fetched")
    scheme, authority, path = parts[1].lower(), parts[2], parts[3]
    if "@" in authority:
        _refuse("the URL holds a user name or password")
    place = _AUTHORITY.fullmatch(authority)
    if place is None:
        _refuse("the URL's host or port is not written as one")
    host = _host(place[1])
    port = int(place[2]) if place[2] else _DEFAULT_PORTS[scheme]
    if not 0 < port < 1 << 16 or (ports is not None and port not in ports):
        _refuse(f"port {port} is not among those fetched from")
    return Target(scheme, host, port, _path(path))


def _path(path: str) -> str:
    """The path and query as they are sent: ASCII, beginning with a slash."""
    quoted = quote(path, safe="/?%:@!$&'()*+,;=-._~[]|")
    return quoted if quoted.startswith("/") else f"/{quoted}"


def _host(given: str) -> str:
    """The host in its one ASCII spelling. Raises FetchRefusedError."""
    if given.startswith("["):
        try:
            return str(IPv6Address(given[1:-1]))
        except AddressValueError:
            _refuse("the URL's host is not an IPv6 address")
    if not given or len(given) > _LONGEST_HOST:
        _refuse("the URL names no host, or one with too long a name")
    host = _ascii(given).lower()
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        # 2130706433, 0x7f.1 and 0177.0.0.1 are addresses to some resolvers: only four plain numbers are.
        try:
            return str(IPv4Address(host))
        except AddressValueError:
            _refuse("the URL's host is an address in an unusual spelling")
    if len(host) > _LONGEST_HOST or not all(_LABEL.fullmatch(label) for label in labels):
        _refuse("the URL's host is not a host name")
    return host


def _ascii(host: str) -> str:
    """A host name in ASCII, by IDNA where it is in another script."""
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        _refuse("the URL's host is not a host name")


def is_public(address: Address) -> bool:
    """Whether an address is one of the public Internet, and leads to no other by a tunnel."""
    if isinstance(address, IPv4Address):
        return not any(address in block for block in _SPECIAL_IPV4)
    if address in _NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    return address in _UNICAST_IPV6 and not any(address in block for block in _SPECIAL_IPV6)


def may_ask(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether an address is public, or in a network that the operator lists."""
    return is_public(address) or any(address in network for network in allowed)


def checked_addresses(
    target: Target, allowed: Sequence[Network], seconds: float, resolver: Resolver | None = None
) -> tuple[Address, ...]:
    """All addresses of a target's host. Raises FetchRefusedError when any of them may not be asked.

    One forbidden address among public ones is enough: such an answer is how a name is moved from one to the
    other. Connect to what is returned here and nowhere else. Raises FetchFailedError when the name has no
    address, or no answer comes in time.
    """
    literal = _literal(target.host)
    found = (
        (literal,) if literal is not None else _resolved(target.host, seconds, resolver or system_resolver)
    )
    if not all(may_ask(address, allowed) for address in found):
        # Which address it was is not said: whoever gave the URL would learn how this network is numbered.
        _refuse("the URL leads to an address that is not public")
    return found


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def system_resolver(host: str) -> Sequence[str]:
    """Ask the system for all addresses of a host."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(where[4][0]) for where in found]


def _resolved(host: str, seconds: float, resolver: Resolver) -> tuple[Address, ...]:
    """Ask for the addresses on a thread of its own, as the system's resolver cannot be told when to stop."""
    answer: list[tuple[Address, ...]] = []

    def ask() -> None:
        try:
            texts = resolver(host)
            answer.append(tuple(dict.fromkeys(ip_address(text.partition("%")[0]) for text in texts)))
        except (OSError, ValueError):
            answer.append(())

    thread = threading.Thread(target=ask, name="resolve", daemon=True)
    thread.start()
    thread.join(max(0.0, seconds))
    if not answer:
        message = "the URL's host name was not resolved in time"
        raise FetchFailedError(message)
    if not answer[0]:
        message = "the URL's host name does not resolve"
        raise FetchFailedError(message)
    return answer[0]


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """The operator's networks, as `10.1.0.0/16` or `::1`. Raises ValueError, naming the one that is wrong."""
    return tuple(ip_network(text) for text in texts)


def _refuse(message: str) -> NoReturn:
    raise FetchRefusedError(message) from None

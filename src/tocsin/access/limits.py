"""How often somebody may ask: token buckets in the memory of this process, one for each key.

Each process counts for itself, so that N server processes let through N times the rate at most. Keys are
bounded in number. When there are too many, the one not used for longest is forgotten, and starts anew when it
comes back: an address that never asks again must not cost memory for ever.
"""

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from tocsin.access.errors import TooManyRequestsError

MOST_KEYS = 100_000
_MINUTE = 60.0
_IPV6_SITE = 64


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether a request is allowed; if not, in how many seconds it would be."""

    allowed: bool
    retry_after: float

    def demand(self) -> None:
        """Raise TooManyRequestsError unless it is allowed."""
        if not self.allowed:
            raise TooManyRequestsError(self.retry_after)


@dataclass(slots=True)
class _Bucket:
    level: float
    seen: float


class Limiter:
    """Token buckets by key; threads may share it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most_keys: int = MOST_KEYS) -> None:
        """`clock` gives seconds and never goes back; at most `most_keys` keys are remembered."""
        self._clock = clock
        self._most_keys = most_keys
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._turn = threading.Lock()

    def allow(self, key: str, rate_per_minute: float, burst: float, cost: float = 1) -> Allowance:
        """Take `cost` (as many look-ups as a request asks for) from the bucket of `key`.

        The bucket holds `burst` and fills by `rate_per_minute`. A request that costs more than the bucket
        holds passes when the bucket is full and leaves it in debt: it is paid for by waiting afterwards.
        What is refused costs nothing. A rate of 0 or less is no limit.
        """
        if rate_per_minute <= 0:
            return Allowance(allowed=True, retry_after=0.0)
        with self._turn:
            bucket = self._filled(key, rate_per_minute, burst)
            missing = min(cost, burst) - bucket.level
            if missing <= 0:
                bucket.level -= cost
                return Allowance(allowed=True, retry_after=0.0)
            return Allowance(allowed=False, retry_after=missing / rate_per_minute * _MINUTE)

    def _filled(self, key: str, rate: float, burst: float) -> _Bucket:
        """The bucket of `key`, with what has come into it since it was last seen."""
        now = self._clock()
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(burst, now)
            if len(self._buckets) > self._most_keys:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        bucket.level = min(burst, bucket.level + (now - bucket.seen) * rate / _MINUTE)
        bucket.seen = now
        return bucket

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._buckets)


def address_key(address: str) -> str:
    """The key that an address counts under: a whole /64 for IPv6, which one subscriber has (RFC 6177).

    What is no address (a Unix socket's peer has none) counts together.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "address:none"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return f"address:{parsed.ipv4_mapped}"
        return f"address:{ipaddress.ip_network((parsed, _IPV6_SITE), strict=False)}"
    return f"address:{parsed}"

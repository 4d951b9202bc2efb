"""What can go wrong at the simulated hash sharing, and when."""

import random
import threading
from collections import deque
from enum import StrEnum
from typing import Final


class Fault(StrEnum):
    """One trouble of one answer."""

    BUSY = "busy"
    """429, with Retry-After of no seconds."""
    ERROR = "error"
    """503, with a page of HTML."""
    CUT = "cut"
    """The connection is closed without an answer."""
    SHORT = "short"
    """Half of the answer comes, then the connection is closed."""
    CLIPPED = "clipped"
    """Half of the answer comes as if it were all."""
    GARBLED = "garbled"
    """A byte in the middle of it makes it no XML."""
    HTML = "html"
    """200, with a page of HTML."""
    EXPIRED = "expired"
    """Every link to a further page that was given is forgotten: it is refused with 400."""
    ODD = "odd"
    """Among the entries stands an item of an unknown kind."""


PASSING: Final = tuple(Fault)
"""All of them pass when asked again."""


class Faults:
    """The plan. It may be changed at any time, from any thread."""

    def __init__(self) -> None:
        """No trouble."""
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """No more trouble."""
        with self._lock:
            self._next: deque[Fault | None] = deque()
            self._always: Fault | None = None
            self._share = 0.0
            self._random = random.Random(0)  # noqa: S311  # a test's choice, no secret

    def then(self, *faults: Fault | None) -> None:
        """At the next requests for entries, one each; None is no trouble."""
        with self._lock:
            self._next.extend(faults)

    def always(self, fault: Fault | None) -> None:
        """At every request for entries; None ends it."""
        with self._lock:
            self._always = fault

    def at_random(self, seed: int, share: float) -> None:
        """At that share of the requests for entries."""
        with self._lock:
            self._random, self._share = random.Random(seed), share  # noqa: S311  # as above

    def draw(self) -> Fault | None:
        """What goes wrong with the request that has come."""
        with self._lock:
            if self._next:
                return self._next.popleft()
            if self._always is not None:
                return self._always
            return self._random.choice(PASSING) if self._random.random() < self._share else None

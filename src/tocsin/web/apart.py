"""Threads for what waits for a sandbox child: apart from all others, and some for each who asks."""

from collections.abc import Callable
from typing import Final, TypeVar

import anyio
import anyio.to_thread

T = TypeVar("T")
EACH: Final = 6
"""Pictures made for one person at a time: as many as a browser asks for at once."""


class Apart:
    """Runs things in threads of its own; one person's wait for each other. Of one event loop."""

    def __init__(self, threads: int) -> None:
        """So many threads, of which one person has no more than EACH."""
        self._threads = anyio.CapacityLimiter(threads)
        self._people: dict[str, anyio.CapacityLimiter] = {}

    async def run(self, person: str, make: Callable[[], T]) -> T:
        """What `make` gives. `person` is the `Principal.id` of whom it is made for."""
        theirs = self._people.setdefault(person, anyio.CapacityLimiter(EACH))
        async with theirs:
            return await anyio.to_thread.run_sync(make, limiter=self._threads)

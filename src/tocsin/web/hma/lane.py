"""Where look-ups run: on the event loop as long as they are quick, else on threads.

Handing a look-up of a fifth of a millisecond to a thread and back costs more than the look-up itself; but one
that waits (for a database server, for a lock, for an index being built) would hold up every other request.
"""

import time
from collections.abc import Callable
from resource import RUSAGE_THREAD, getrusage
from typing import Final, TypeVar

from anyio import to_thread

T = TypeVar("T")
SLOW_SECONDS: Final = 0.01
CAUTIOUS: Final = 50
"""Look-ups that go to threads after a slow one."""


class Lane:
    """Runs short functions, and learns whether they are short."""

    def __init__(self) -> None:
        """Begin with a thread: the first look-up opens the index."""
        self._cautious = 1

    async def run(self, function: Callable[[], T]) -> T:
        """What `function` answers. It may run on any thread, and beside others."""
        if self._cautious:
            self._cautious -= 1
            return await to_thread.run_sync(function)
        begun, waits = time.monotonic(), getrusage(RUSAGE_THREAD).ru_nvcsw
        try:
            return function()
        finally:
            # On a busy machine time also passes without the function's doing: what counts is that it waited
            # for something (a voluntary switch, getrusage(2)), or that it worked for that long.
            if time.monotonic() - begun > SLOW_SECONDS and (
                getrusage(RUSAGE_THREAD).ru_nvcsw > waits or time.monotonic() - begun > 10 * SLOW_SECONDS
            ):
                self._cautious = CAUTIOUS

"""A clock that goes with the time of day until it is moved."""

import threading
from datetime import UTC, datetime, timedelta


class Clock:
    """Call it for the time, in UTC. It can be given to whatever else should live in the same time."""

    def __init__(self, start: datetime | None = None, *, stands: bool = False) -> None:
        """Go on from `start` (else from now), or stand still there until moved."""
        self._lock = threading.Lock()
        self._stands = start or datetime.now(UTC) if stands else None
        self._ahead = timedelta(0) if start is None else start - datetime.now(UTC)

    def __call__(self) -> datetime:
        """The time."""
        with self._lock:
            return self._stands or datetime.now(UTC) + self._ahead

    def move(self, by: timedelta) -> datetime:
        """Go ahead (or back) by so much. Returns the time then."""
        with self._lock:
            self._ahead += by
            if self._stands is not None:
                self._stands += by
        return self()

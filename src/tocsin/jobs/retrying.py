"""When a job that failed is tried again, and when it is given up."""

import random
from dataclasses import dataclass
from datetime import timedelta

from tocsin.errors import Error


class GiveUpError(Error):
    """This work cannot succeed, however often it is tried."""

    code = "jobs.give_up"
    advice = "See the reason; when it is dealt with, `tocsin admin jobs retry` tries again."


class WorkerDiedError(Error):
    """The worker that had the job was gone before it had ended it, as often as the job may be tried."""

    code = "jobs.worker_died"
    advice = "Look for what ends workers (memory?), then `tocsin admin jobs retry` tries again."


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a kind of job is tried, and how long it rests in between: longer each time, up to a limit."""

    attempts: int = 10
    first: timedelta = timedelta(seconds=1)
    longest: timedelta = timedelta(minutes=10)

    def pause(self, attempts: int) -> timedelta | None:
        """How long to wait after so many attempts have failed; None if that was the last.

        Half of it is chance, so that what failed together is not tried again together.
        """
        if attempts >= self.attempts:
            return None
        full = min(self.first * (1 << min(attempts - 1, 30)), self.longest)
        return full * random.uniform(0.5, 1)  # noqa: S311  # spreads load; no secret


EVERY_KIND = RetryPolicy()
"""Where a kind of job has no policy of its own: ten attempts, spread over about ten minutes."""

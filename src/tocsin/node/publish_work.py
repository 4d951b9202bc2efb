"""Publishing our feed every minute, as a job like any other."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from tocsin.clock import present
from tocsin.errors import Error
from tocsin.jobs.model import Job, JobQueue, NewJob
from tocsin.node.feeding import publishing
from tocsin.storage.feeds import FeedStore

if TYPE_CHECKING:
    from tocsin.storage.home import Home

_LOG = logging.getLogger(__name__)
PUBLISH: Final = "feed.publish"
EVERY: Final = timedelta(minutes=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class PublishWork:
    """Plans the job that publishes next; the job plans the one after it, however it went."""

    def __init__(self, home: "Home", jobs: JobQueue) -> None:
        """Publish the feed of `home`, if it has one by then."""
        self._home = home
        self._jobs = jobs

    def plan(self) -> None:
        """Ask for it at the end of this minute; however many processes ask, it is one job."""
        passed = present() - _EPOCH
        ending = passed // EVERY + 1
        self._jobs.enqueue(NewJob(PUBLISH, {}, key=f"{PUBLISH}:{ending}", delay=ending * EVERY - passed))

    def handlers(self) -> Mapping[str, Callable[[Job], None]]:
        """What does the job."""
        return {PUBLISH: self._publish}

    def _publish(self, job: Job) -> None:
        try:
            if FeedStore(self._home.database).begun():
                publishing(self._home).run(present())
        except Error as error:  # the next minute tries again; what waits, waits in the outbox
            _LOG.warning("the feed is not published: %s [%s]", error.message, error.code)
        with self._home.database.writing():
            self.plan()
            self._jobs.done(job)

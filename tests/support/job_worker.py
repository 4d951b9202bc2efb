"""A worker for fault tests: `python job_worker.py HOME SEED` does jobs of kind `count` until there are none.

What a job does is a row in the table `effect`, in the transaction that ends it.
"""

import random
import sys
import time
from datetime import timedelta
from pathlib import Path

from tocsin.errors import Error
from tocsin.jobs.model import Job, JobState
from tocsin.jobs.retrying import RetryPolicy
from tocsin.jobs.runner import Runner
from tocsin.storage.jobs import JobStore
from tocsin.storage.opening import open_database

MAKE_EFFECTS = "CREATE TABLE effect (job BIGINT NOT NULL)"
LEASE = timedelta(milliseconds=400)


def main(home: Path, seed: int) -> None:
    """Work until nothing is left."""
    database = open_database(home, create=False)
    queue = JobStore(database)
    chance = random.Random(seed)  # noqa: S311  # how long work takes

    def count(job: Job) -> None:
        time.sleep(chance.choice((0, 0.001, 0.01, 0.03)))
        with database.writing():
            database.change("INSERT INTO effect (job) VALUES (?)", (job.id,))
            time.sleep(chance.choice((0, 0.001)))
            queue.done(job)

    policies = {"count": RetryPolicy(attempts=1000)}
    with Runner(queue, {"count": count}, threads=2, lease=LEASE, policies=policies):
        sys.stdout.write("working\n")
        sys.stdout.flush()
        while is_work_left(queue):
            time.sleep(0.02)
    database.close()


def is_work_left(queue: JobStore) -> bool:
    """Whether there is, or may be: the database may be away."""
    try:
        counts = queue.counts()
    except Error:
        return True
    return counts[JobState.READY] + counts[JobState.LEASED] > 0


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

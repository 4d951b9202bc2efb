"""A worker for fault tests: `python filing_worker.py HOME URL` sends filings until nothing is left.

Nothing is left once no filing is being sent and no report is to be retracted; it may be killed at any time.
"""

import sys
import time
from datetime import timedelta
from pathlib import Path

from support.outbox import QUICK, Office
from tocsin.errors import Error
from tocsin.filing.outbox import POLICIES
from tocsin.jobs.runner import Runner
from tocsin.storage.database import Database
from tocsin.storage.errors import StoreUnreachableError
from tocsin.storage.opening import open_database

LEASE = timedelta(milliseconds=1500)
LEFT = """
    SELECT (SELECT COUNT(*) FROM filing WHERE state IN ('confirmed', 'opened'))
        + (SELECT COUNT(*) FROM filing_report WHERE fate = 'stray')"""


def main(home: Path, url: str) -> None:
    """Work until nothing is left, or until killed."""
    office = Office.over(opened(home), home, url, policy=QUICK, lease=LEASE)
    policies = dict.fromkeys(POLICIES, QUICK)
    with Runner(office.queue, office.outbox.handlers(), threads=2, lease=LEASE, policies=policies):
        sys.stdout.write("working\n")
        sys.stdout.flush()
        while left(office):
            time.sleep(0.1)
    office.database.close()


def opened(home: Path) -> Database:
    """The home's database, as soon as it is there."""
    while True:
        try:
            return open_database(home, create=False)
        except StoreUnreachableError:
            time.sleep(0.1)


def left(office: Office) -> int:
    """How much there is to do; something, where the database is away."""
    try:
        with office.database.reading():
            return office.database.number(LEFT)
    except Error:
        return 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])

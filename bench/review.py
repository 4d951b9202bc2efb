"""The review queue with 200,000 cases and 50 reviewers: how long a page and the next case take.

    python -m bench.review [--cases 200000] [--reviewers 50] [--seconds 30] [--pace 1]
        [--database sqlite|postgres]

Reviewers work at once, each in a thread: they look at a page, take the next case, and after a while decide,
skip or give it back; some opted out of what many cases have. At first at a pace (`--pace`: seconds at a case,
far fewer than people take), then without any. Watched from outside: that nobody is given what somebody else
has, and that those waiting longest have their turn. Prints times; fails over a limit.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import numpy as np

from bench import postgres
from tocsin.access.model import Principal, permissions_of
from tocsin.cases.model import MAIN, Case, Ground, Novelty, Standing
from tocsin.cases.queue import Queue
from tocsin.evidence.keys import Keys
from tocsin.storage import times
from tocsin.storage.case_rows import NOVELTIES, Said, place_of
from tocsin.storage.cases import CaseStore
from tocsin.storage.home import Home
from tocsin.storage.ledger import LedgerStore

LIMIT = 0.2
"""Seconds that 95 of 100 pages and next cases take at most."""
SEED = 5
LABELS = ("ncmec:A1", "ncmec:A2", "ncmec:B1", "ncmec:B2", "iwf:A")
COMMON = "image"
"""What four of five cases have."""
_TABLES = {
    "content": ("id, sha256, size, received, kind", 5),
    "submission": (
        "number, id, content_id, received, submitter, platform, account, url, context, matched",
        10,
    ),
    "review_case": (
        "number, opened, queue, state, stage, turn, rank, due, standing, said_by, submissions",
        11,
    ),
    "case_submission": ("case_number, submission, because", 3),
    "case_content": ("case_number, content_id, novelty", 3),
    "case_category": ("case_number, category", 2),
}
T = TypeVar("T")
Row = tuple[int | str | bytes | None, ...]


def fill(home: Home, count: int) -> None:
    """So many cases of one submission each, opened over the last 30 days, with all sorts of urgency."""
    chance = random.Random(SEED)  # noqa: S311  # the same cases each time
    opened = datetime.now(UTC) - timedelta(days=30)
    rows: dict[str, list[Row]] = {table: [] for table in _TABLES}
    for number in range(1, count + 1):
        opened += timedelta(days=30) / count
        _one(rows, number, opened, chance)
    with home.database.writing():
        for table, (columns, width) in _TABLES.items():
            marks = ",".join("?" * width)
            home.database.change_many(
                f"INSERT INTO {table} ({columns}) VALUES ({marks})",  # noqa: S608  # constants of this file
                rows[table],
            )


def _one_in(chance: random.Random, count: int) -> bool:
    return chance.randrange(count) == 0


def _one(rows: dict[str, list[Row]], number: int, opened: datetime, chance: random.Random) -> None:
    novelty = chance.choices(NOVELTIES, (50, 20, 30))[0]
    standing = Standing(
        opened,
        danger=_one_in(chance, 500),
        child=not _one_in(chance, 5),
        novelty=novelty,
        due=opened + timedelta(hours=48) if _one_in(chance, 20) else None,
        disagreed=_one_in(chance, 100),
    )
    standing = replace(standing, turn=1, said_by="token:a") if standing.danger else standing
    when = times.to_number(opened)
    said = Said("token:a", 1) if standing.danger else None
    place = place_of(standing, said)
    kind = "video" if _one_in(chance, 5) else COMMON
    rows["content"].append((number, number.to_bytes(32, "big"), 1000, when, kind))
    rows["submission"].append(
        (number, f"s{number}", number, when, "token:a", "p", f"u{number}", "", "{}", when)
    )
    rows["review_case"].append((number, when, MAIN, "waiting", "first", *place, 1))
    rows["case_submission"].append((number, number, "opened"))
    rows["case_content"].append((number, number, NOVELTIES.index(novelty)))
    rows["case_category"].append((number, kind))
    if novelty is not Novelty.NEW:
        rows["case_category"].append((number, chance.choice(LABELS)))


@dataclass
class Watch:
    """What is seen from outside."""

    held: set[int] = field(default_factory=set)
    twice: list[int] = field(default_factory=list)
    given: list[int] = field(default_factory=list)
    longest: list[int] = field(default_factory=list)
    took: dict[str, list[float]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def taken(self, case: Case) -> None:
        """A case was given to somebody."""
        with self.lock:
            if case.number in self.held:
                self.twice.append(case.number)
            self.held.add(case.number)
            self.given.append(case.number)
            if case.given is Ground.LONGEST:
                self.longest.append(case.number)

    def timed(self, what: str, seconds: float) -> None:
        """Something took so long."""
        with self.lock:
            self.took.setdefault(what, []).append(seconds)


@dataclass
class Office:
    """The queue, and who works on it."""

    home: Home
    cases: CaseStore
    queue: Queue
    watch: Watch = field(default_factory=Watch)

    def work(self, name: str, until: float, pace: float) -> None:
        """One reviewer until that time."""
        chance = random.Random(name)  # noqa: S311  # the same each time
        who = Principal(f"person:{name}", permissions_of(["reviewer"]))
        self.queue.page(who)  # which opens the thread's connection
        time.sleep(chance.random() * max(pace, 0.5))
        while time.monotonic() < until:
            self._timed("page of 50", lambda: self.queue.page(who))
            case = self._timed("next case", lambda: self.queue.next(who))
            if case is None:
                return
            self.watch.taken(case)
            time.sleep(pace * chance.uniform(0.5, 1.5))
            self._end(who, case, chance.randrange(10))

    def _end(self, who: Principal, case: Case, chance: int) -> None:
        """Look at the case, then decide it, or skip it, or give it back."""
        self._timed("case", lambda: self.queue.case(who, case.number))
        with self.watch.lock:
            self.watch.held.discard(case.number)  # before others can have it
        if chance == 0:
            self._timed("skip", lambda: self.queue.skip(who, case.number, case.claim))
        elif chance == 1:
            self._timed("release", lambda: self.queue.release(who, case.number, case.claim))
        else:
            self._timed("decide", lambda: self._decide(who, case))

    def _decide(self, who: Principal, case: Case) -> None:
        with self.home.database.writing():
            self.cases.demand_held(case.number, who.id, case.claim)
            self.cases.close(case.number)

    def _timed(self, what: str, action: Callable[[], T]) -> T:
        begun = time.perf_counter()
        result = action()
        self.watch.timed(what, time.perf_counter() - begun)
        return result


def opted_out(person: str) -> Sequence[str]:
    """A fifth of the reviewers avoid a label, and two of fifty what most cases have."""
    number = int(person.rpartition("r")[2])
    if number % 25 == 1:
        return [COMMON]
    return [LABELS[0]] if number % 5 == 0 else []


def run(office: Office, reviewers: int, seconds: float, pace: float) -> float:
    """Have reviewers work for so long; how many seconds it took."""
    begun = time.monotonic()
    threads = [
        threading.Thread(target=office.work, args=(f"r{number}", begun + seconds, pace))
        for number in range(reviewers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - begun


def shown(watch: Watch) -> Iterator[str]:
    """A line for each thing that was timed."""
    for what, seconds in sorted(watch.took.items()):
        p50, p95, p99, most = np.percentile(seconds, [50, 95, 99, 100]) * 1e3
        yield (
            f"  {what:12} {len(seconds):7,} times  p50 {p50:7.1f} ms  p95 {p95:7.1f} ms"
            f"  p99 {p99:7.1f} ms  max {most:7.1f} ms"
        )


def waiting(home: Home) -> list[int]:
    """The cases that wait, the oldest first."""
    with home.database.reading():
        rows = home.database.rows("SELECT number FROM review_case WHERE state = 'waiting' ORDER BY opened")
    return [int(row[0]) for row in rows]


def starved(office: Office, before: Sequence[int]) -> int:
    """How many of the cases that waited longest, and had their turns, nobody has been given.

    Those that every tenth turn gives out are the oldest waiting; whoever opted out of one leaves it to
    others.
    """
    due = before[: len(office.watch.longest) // 2]
    given = set(office.watch.given)
    return sum(1 for number in due if number not in given)


def main() -> None:
    """Run it."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--cases", type=int, default=200_000)
    options.add_argument("--reviewers", type=int, default=50)
    options.add_argument("--seconds", type=float, default=30)
    options.add_argument("--pace", type=float, default=1)
    options.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    given = options.parse_args()
    failures: list[str] = []
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if given.database == "postgres":
            url = stack.enter_context(postgres.server())
            (place / "tocsin.toml").write_text(f'[database]\nurl = "{url}"\n')
        home = stack.enter_context(Home.open(place, create=True))
        begun = time.monotonic()
        fill(home, given.cases)
        if given.database == "postgres":  # as autovacuum does within a minute
            with home.database.writing():
                home.database.change("ANALYZE")
        print(
            f"{given.cases:,} cases in {time.monotonic() - begun:.1f} s on {given.database}; "
            f"{given.reviewers} reviewers"
        )
        ledger = LedgerStore(home.database, Keys.open(home.folder, create=True))
        cases = CaseStore(home.database)
        for pace in (given.pace, 0.0):
            office = Office(home, cases, Queue(home.database, cases, ledger, opted_out))
            oldest = waiting(home)
            took = run(office, given.reviewers, given.seconds, pace)
            watch = office.watch
            print(
                f"{pace:g} s at each case: {len(watch.given):,} given out in {took:.1f} s, "
                f"{len(watch.longest):,} for their age; {len(watch.twice)} to two people"
            )
            print("\n".join(shown(watch)))
            failures += [f"case {number} was given to two people" for number in watch.twice]
            if pace:
                failures += [
                    f"{what}: p95 over {LIMIT:g} s"
                    for what in ("page of 50", "next case")
                    if np.percentile(watch.took[what], 95) > LIMIT
                ]
            if missed := starved(office, oldest):
                failures.append(f"{missed} cases that had their turn were given to nobody")
    print("\n".join(failures) or "within the limits")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()

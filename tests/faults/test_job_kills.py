"""Workers killed at any moment: every job is done, and what it does happens once."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support import job_worker
from support.commands import clean_environment
from support.databases import durable_server, engine

from tocsin.jobs.model import JobState, NewJob
from tocsin.storage.database import Database
from tocsin.storage.jobs import JobStore
from tocsin.storage.opening import open_database

pytestmark = pytest.mark.slow  # many processes
PATIENCE = 120


def start(home: Path, seed: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, job_worker.__file__, str(home), str(seed)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=clean_environment())


@contextmanager
def workers() -> Iterator[list[subprocess.Popen[bytes]]]:
    """A list for processes, which are gone at its end."""
    started: list[subprocess.Popen[bytes]] = []
    try:
        yield started
    finally:
        for process in started:
            process.kill()
            process.communicate()


def add_jobs(home: Path, count: int) -> list[int]:
    database = open_database(home, create=False)
    queue = JobStore(database)
    with database.writing():
        database.change(job_worker.MAKE_EFFECTS)
        jobs = [queue.enqueue(NewJob("count", {})).id for _ in range(count)]
    database.close()
    return jobs


def effects(home: Path) -> list[int]:
    database = open_database(home, create=False)
    with database.reading():
        found = [row[0] for row in database.rows("SELECT job FROM effect ORDER BY job")]
    counts = JobStore(database).counts()
    database.close()
    assert counts[JobState.DONE] == len(found)
    assert counts[JobState.DEAD] == 0
    return found


def most_attempts(home: Path) -> int:
    """More than one: somebody was killed with a job at hand."""
    database = open_database(home, create=False)
    with database.reading():
        found = database.number("SELECT MAX(attempts) FROM job")
    database.close()
    return found


def test_four_processes_share_500_jobs_and_do_each_once(home_folder: Path) -> None:
    jobs = add_jobs(home_folder, 500)
    with workers() as started:
        started += [start(home_folder, seed) for seed in range(4)]
        for process in started:
            assert process.wait(PATIENCE) == 0
    assert effects(home_folder) == jobs


def wait_until_at_work(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() in {b"working\n", b""}  # it said so before


def kill_now_and_then(home: Path, chance: random.Random, kills: int) -> int:
    """Three workers, one of which is killed now and then and replaced; how many were killed at work."""
    killed = 0
    with workers() as started:
        started += [start(home, chance.randrange(1000)) for _ in range(3)]
        while killed < kills and any(process.poll() is None for process in started):
            victim = chance.randrange(len(started))
            wait_until_at_work(started[victim])
            time.sleep(chance.uniform(0, 0.1))
            killed += started[victim].poll() is None
            started[victim].kill()
            started[victim].communicate()
            started[victim] = start(home, chance.randrange(1000))
        for process in started:
            assert process.wait(PATIENCE) == 0
    return killed


def test_workers_killed_at_random_lose_nothing_and_do_nothing_twice(home_folder: Path) -> None:
    jobs = add_jobs(home_folder, 400)
    killed = kill_now_and_then(home_folder, random.Random(1), kills=8)  # noqa: S311  # moments to kill at
    assert killed > 1
    assert most_attempts(home_folder) > 1
    assert effects(home_folder) == jobs


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_100_workers_killed(home_folder: Path) -> None:
    jobs = add_jobs(home_folder, 4000)
    assert kill_now_and_then(home_folder, random.Random(2), kills=100) > 50  # noqa: S311  # as above
    assert effects(home_folder) == jobs


def test_a_server_that_is_killed_under_its_workers_costs_nothing(tmp_path: Path) -> None:
    """PostgreSQL crashes and starts again, three times, while workers wait for it."""
    with durable_server() as server:
        server.execute("CREATE DATABASE node")
        Database(engine(server.url("node")), create=True).close()
        (tmp_path / "tocsin.toml").write_text(f'[database]\nurl = "{server.url("node")}"\n')
        jobs = add_jobs(tmp_path, 300)
        with workers() as started:
            started += [start(tmp_path, seed) for seed in range(2)]
            for process in started:
                wait_until_at_work(process)
            for _ in range(3):
                server.kill()
                time.sleep(0.3)
                server.start()
                time.sleep(1)
            for process in started:
                assert process.wait(PATIENCE) == 0
        assert most_attempts(tmp_path) > 1
        assert effects(tmp_path) == jobs

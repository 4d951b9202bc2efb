"""`tocsin admin jobs`."""

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tocsin.cli.jobs import jobs
from tocsin.errors import Refusal, UsageError
from tocsin.jobs.model import JobState, NewJob, NotDeadError
from tocsin.storage.database import Database
from tocsin.storage.home import Home
from tocsin.storage.jobs import JobStore
from tocsin.storage.opening import open_database


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    database = open_database(tmp_path / "home", create=True)
    queue = JobStore(database)
    for number in range(3):
        queue.enqueue(NewJob("examine", {"n": number}))
    job = queue.claim(["examine"], "me", timedelta(minutes=1))
    assert job is not None
    queue.failed(job, Refusal("test.why", "no \x1b[31mluck", ""), retry=None)
    database.close()
    return tmp_path / "home"


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(jobs, [*arguments, "--home", str(folder)])


def state_of(folder: Path, number: int) -> JobState:
    database = Database(folder / "tocsin.db")
    try:
        return JobStore(database).job(number).state
    finally:
        database.close()


def test_the_list_begins_with_counts_and_names_what_was_given_up(folder: Path) -> None:
    said = run(folder, "list").output
    assert said.splitlines()[0] == "ready 2  leased 0  done 0  dead 1"
    assert "test.why: no \\x1b[31mluck" in said
    assert "\x1b" not in said


def test_a_state_is_listed_in_pages(folder: Path) -> None:
    first = run(folder, "list", "--state", "ready", "--limit", "1")
    assert "--after 2" in first.output
    rest = run(folder, "list", "--state", "ready", "--after", "2", "--json")
    assert '"number": 3' in rest.output


def test_one_job_is_shown_whole(folder: Path) -> None:
    assert '"payload": {"n": 0}' in run(folder, "show", "1", "--json").output
    assert "payload   {'n': 0}" in run(folder, "show", "1").output


@pytest.mark.parametrize("which", ["1", "--all-dead"])
def test_a_dead_job_is_tried_again(folder: Path, which: str) -> None:
    assert run(folder, "retry", which).exit_code == 0
    assert state_of(folder, 1) is JobState.READY
    with Home.open(folder) as home:
        last = home.ledger.head()
    assert last is not None
    assert (last.kind, last.subject) == ("job.retried", "job:1")


def test_what_cannot_be_retried_is_refused(folder: Path) -> None:
    assert isinstance(run(folder, "retry", "2").exception, NotDeadError)
    assert isinstance(run(folder, "retry").exception, UsageError)

"""`kill -9` at every step of a submission: what was accepted is there once and is done once."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.intake import PLATFORM, Announced, arrived, do_jobs, entry_of, intake_of, jpeg, rooms_of, submit
from support.submitter import PLACES

from tocsin.banks.model import Policy
from tocsin.content.examiner import Examiner
from tocsin.intake.model import Wanted
from tocsin.jobs.model import JobState
from tocsin.storage.home import Home
from tocsin.storage.jobs import JobStore
from tocsin.storage.submissions import SubmissionStore

pytest_plugins = ["support.examiners"]
pytestmark = pytest.mark.slow  # processes that are killed, real databases
SUBMITTER = Path(__file__).parent.parent / "support" / "submitter.py"
_LONG = 60.0


def killed(folder: Path, place: str, file: Path) -> str:
    """Submit a file in a process that is killed at `place`; what it had answered."""
    command = [sys.executable, str(SUBMITTER), str(folder), place, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    return done.stdout.strip()


def events(home: Home) -> list[str]:
    """The kinds of what the ledger has about submissions."""
    with home.database.reading():
        rows = home.database.rows("SELECT kind FROM ledger WHERE subject LIKE 'submission:%' ORDER BY number")
    return [kind for (kind,) in rows]


@pytest.mark.parametrize("place", PLACES)
def test_a_killed_process_loses_nothing(
    place: str, home_folder: Path, tmp_path: Path, examiner: Examiner
) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(jpeg(1))
    with Home.open(home_folder) as home:
        home.create_bank("known", Policy())
        home.add_entries("known", [entry_of(jpeg(1))])
    told = killed(home_folder, place, file)
    with Home.open(home_folder) as home:
        announced, jobs = Announced(), JobStore(home.database)
        store = SubmissionStore(home.database)
        with intake_of(home, examiner, announced) as intake:
            before = [one.id for one in store.page(Wanted())]
            assert len(before) == (place != "kept")
            end = time.monotonic() + _LONG
            while jobs.counts()[JobState.LEASED] and time.monotonic() < end:
                do_jobs(intake, jobs)  # its lease runs out, and not before
                time.sleep(0.02)
            again = submit(intake, jpeg(1), key="k")
            assert before in ([], [again.submission.id])
            assert told in {"", again.submission.id}
            assert {one.match["type"] for one in again.matches or ()} == {"sha256", "sha1", "md5", "pdq"}
            assert len(again.matches or ()) == 4
        assert events(home) == ["submission.received", "submission.examined"]
        assert len(announced.events) == (place != "answered")
        assert jobs.counts()[JobState.DONE] == 1
        with rooms_of(home, examiner).vault.open(arrived(jpeg(1)).sha256) as kept:
            assert kept.read() == jpeg(1)
        assert store.submission(again.submission.id).submitter == PLATFORM.id

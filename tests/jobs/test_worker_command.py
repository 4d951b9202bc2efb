"""`tocsin worker` as a process: it works, and stops in good order at a signal."""

import signal
import subprocess
import time
from pathlib import Path

import pytest
from support.commands import PROGRAM, clean_environment

from tocsin.evidence.keys import Keys
from tocsin.jobs.model import JobState, NewJob
from tocsin.node.heads import SIGN
from tocsin.storage.jobs import JobStore
from tocsin.storage.opening import open_database


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_does_what_there_is_to_do_until_it_is_told_to_stop(tmp_path: Path, stop: int) -> None:
    home = tmp_path / "home"
    database = open_database(home, create=True)
    Keys.open(home, create=True)
    queue = JobStore(database)
    job = queue.enqueue(NewJob(SIGN, {}, key="now"))
    command = [*PROGRAM, "worker", "--threads", "2", "--home", str(home)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=clean_environment()) as worker:
        try:
            deadline = time.monotonic() + 60
            while queue.job(job.id).state is not JobState.DONE:
                assert worker.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.02)
            worker.send_signal(stop)
            _, said = worker.communicate(timeout=60)
        finally:
            worker.kill()
    database.close()
    assert worker.returncode == 0
    assert b"working with 2 threads" in said
    assert b"finishing the jobs at hand" in said
    assert b"Traceback" not in said


@pytest.mark.slow
def test_a_home_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    command = [*PROGRAM, "worker", "--home", str(tmp_path / "wrong")]
    done = subprocess.run(command, capture_output=True, env=clean_environment(), timeout=60, check=False)
    assert done.returncode == 4
    assert b"[storage.no_home]" in done.stderr
    assert not (tmp_path / "wrong").exists()

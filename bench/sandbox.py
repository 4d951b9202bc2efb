"""What the sandbox costs: `python -m bench.sandbox`.

Prints the time to a first answer, the time one job adds when jobs come in a row and one by one, and the time
to the next answer after a worker was killed. Minima of several runs, since the machine may be busy.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from tocsin.media.sandbox import Job, JsonObject, Pool

_HERE = str(Path(__file__).parent)
_PRELOAD = ("numpy", "PIL.Image", "simplejpeg")
_JOBS = 2000
_RUNS = 5


def nothing(source: BinaryIO, options: JsonObject, emit: Callable[[JsonObject], None]) -> None:
    """The task: answer at once, or die."""
    if options.get("die"):
        os.abort()
    emit({"bytes": len(source.read(1))})


def main() -> None:
    """Measure and print."""
    here = Path(__file__)
    print(f"first answer, started from nothing: {min(_first(here) for _ in range(_RUNS)) * 1e3:8.1f} ms")
    with _pool(1) as pool:
        jobs = [Job.of_path(number, here) for number in range(_JOBS)]
        in_a_row = min(_timed(pool, jobs) for _ in range(_RUNS)) / _JOBS
        alone = min(_timed(pool, jobs[:1]) for _ in range(200))
        dying = [Job.of_path(0, here, {"die": True}), *jobs[:1]]
        replaced = min(_timed(pool, dying) for _ in range(20)) - alone
    print(f"one job, many in a row:             {in_a_row * 1e3:8.3f} ms")
    print(f"one job by itself:                  {alone * 1e3:8.3f} ms")
    print(f"added by a worker that crashes:     {replaced * 1e3:8.3f} ms")


def _pool(workers: int) -> Pool:
    return Pool("sandbox:nothing", workers=workers, preload=_PRELOAD, path=[_HERE])


def _first(path: Path) -> float:
    began = time.perf_counter()
    with _pool(1) as pool:
        for _ in pool.run([Job.of_path(0, path)]):
            return time.perf_counter() - began
    raise AssertionError


def _timed(pool: Pool, jobs: list[Job[int]]) -> float:
    began = time.perf_counter()
    answered = sum(1 for _ in pool.run(jobs))
    if answered != len(jobs):
        raise AssertionError(answered)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()

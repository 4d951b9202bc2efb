"""`kill -9` at every step and at random moments: nothing acknowledged is lost, nothing appears by halves."""

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from histories import QUIET, SMALL, check, write  # beside this file, which is in no package

pytestmark = pytest.mark.slow  # starts other processes, or syncs often


def forked(work: Callable[[Callable[[], object]], None]) -> tuple[int, int]:
    """Start `work` in a child; its process id and a descriptor that gets a byte for each acknowledgement."""
    read, wrote = os.pipe()
    child = os.fork()
    if child:
        os.close(wrote)
        return child, read
    try:
        work(lambda: os.write(wrote, b"."))
    except BaseException as error:  # noqa: BLE001  # a child of a fork must never return into pytest
        os.write(2, repr(error).encode())
        os._exit(1)
    os._exit(0)


def outcome(child: int, descriptor: int) -> tuple[int, int]:
    """How many acknowledgements came, and how the child ended."""
    acknowledged = 0
    while data := os.read(descriptor, 4096):
        acknowledged += len(data)
    os.close(descriptor)
    return acknowledged, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_at(folder: Path, step: int, operations: int) -> bool:
    """Whether a writer killed at its step number `step` had so many steps; checks what it left."""
    left = iter(range(step))

    def kill(_name: str) -> None:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    # Without background work the steps come in the same order every time.
    acknowledged, code = outcome(*forked(lambda yes: write(folder, QUIET, kill, yes, operations)))
    assert code in {0, -signal.SIGKILL}
    if code == 0:
        assert acknowledged == operations
        return False
    check(folder, acknowledged)
    return True


def steps_killed(folder: Path, first: int, every: int) -> int:
    """Kill at each `every`th step until the writer gets to its end; how many times it was killed."""
    killed = 0
    while killed_at(folder / str(killed), first + killed * every, 16):
        killed += 1
    return killed


def test_killed_at_some_steps_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    assert steps_killed(tmp_path, 3, 61) > 1


@pytest.mark.slow
def test_killed_at_each_fifth_step_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    assert steps_killed(tmp_path, 1, 5) > 30


@pytest.mark.long
def test_killed_at_every_step_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    assert steps_killed(tmp_path, 0, 1) > 150


def kill_at_random(folder: Path, rounds: int, seed: int) -> int:
    """Kill the writer of one index again and again while it merges in the background; the operations done."""
    chance = random.Random(seed)  # noqa: S311  # moments, not secrets
    done = 0
    for _round in range(rounds):
        child, descriptor = forked(lambda yes: write(folder, SMALL, lambda _name: None, yes, 1 << 30))
        time.sleep(chance.uniform(0, 0.15))
        os.kill(child, signal.SIGKILL)
        acknowledged, code = outcome(child, descriptor)
        assert code == -signal.SIGKILL
        done = check(folder, done + acknowledged)
    return done


def test_killed_at_random_a_few_times(tmp_path: Path) -> None:
    assert kill_at_random(tmp_path, 3, 1) > 0


@pytest.mark.long
def test_killed_at_random_a_hundred_times(tmp_path: Path) -> None:
    assert kill_at_random(tmp_path, 100, 2) > 100

"""`kill -9` at random moments: nothing acknowledged is lost, nothing is there twice, and work goes on."""

import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from child import value  # beside this file, which is in no package

from tocsin.banks.importing import ImportOptions, import_file
from tocsin.banks.model import Policy
from tocsin.hashing.signals import Signal, SignalType
from tocsin.storage.home import Home

CHILD = str(Path(__file__).parent / "child.py")
ROUNDS = [pytest.param(5, marks=pytest.mark.slow), pytest.param(100, marks=pytest.mark.long)]
LONG = pytest.mark.timeout(3600)


def start(*args: object) -> "subprocess.Popen[str]":
    command = [sys.executable, CHILD, *map(str, args)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def killed(child: "subprocess.Popen[str]", seconds: float) -> list[str]:
    """Kill a child that long after its first word; the whole lines it has written."""
    assert child.stdout is not None
    first = child.stdout.readline()
    time.sleep(seconds)
    child.kill()
    text = first + child.stdout.read()
    child.wait()
    child.stdout.close()
    return text.split("\n")[:-1]


def check(folder: Path, numbers: list[int]) -> None:
    """Exactly these entries are there, once each, and those looked for are found."""
    with Home.open(folder) as home:
        there = [entry.signals[0].value for entry in home.entries("known")]
        wanted = [value(number, SignalType.PDQ) for number in numbers]
        assert sorted(there) == sorted(wanted)
        assert home.counts("known").entries == len(numbers)
        asked = wanted[:: len(wanted) // 300 + 1] + wanted[-1:]
        hits = home.near(asked, 31)
        assert [(hit.query, hit.distance) for hit in hits] == [(query, 0) for query in range(len(asked))]


@pytest.mark.parametrize("rounds", ROUNDS)
@LONG
def test_adding(home_folder: Path, rounds: int) -> None:
    dice = random.Random(rounds)  # noqa: S311  # chance for a test
    with Home.open(home_folder) as home:
        home.create_bank("known", Policy())
    acknowledged: list[int] = []
    lost: list[int] = []
    for number in range(rounds):
        lines = killed(start("add", home_folder, number * 100_000, 100_000), dice.uniform(0, 0.3))
        acknowledged += map(int, lines)
        with Home.open(home_folder) as home:
            with home.database.writing():
                pass  # a server may still be at what the killed process asked of it
            # The kill may have come between the commit and the word for it.
            beyond = acknowledged[-1] + 1
            if home.exact([Signal(SignalType.MD5, value(beyond, SignalType.MD5))]):
                lost.append(beyond)
    check(home_folder, acknowledged + lost)


def write_list(path: Path, count: int) -> list[int]:
    """A list with a bad line in every thousand; the line numbers of these."""
    bad = list(range(500, count, 1000))
    lines = [value(number, SignalType.PDQ).hex() for number in range(count)]
    for number in bad:
        lines[number] = "not a hash"
    path.write_text("\n".join(lines) + "\n")
    return [number + 1 for number in bad]


@pytest.mark.parametrize("rounds", ROUNDS)
@LONG
def test_importing(home_folder: Path, tmp_path: Path, rounds: int) -> None:
    dice = random.Random(rounds)  # noqa: S311  # chance for a test
    count = 10_000 * rounds
    path = tmp_path / "list"
    bad = write_list(path, count)
    with Home.open(home_folder) as home:
        home.create_bank("known", Policy())
    for _ in range(rounds):
        lines = killed(start("import", home_folder, path, 5000), dice.uniform(0, 0.3))
        if lines[-1].startswith("done"):
            break
        said = int(lines[-1].split()[0])
        with Home.open(home_folder) as home:
            assert home.counts("known").entries >= said
    with Home.open(home_folder) as home:
        report = import_file(home, "known", path, ImportOptions(type=SignalType.PDQ))
        again = import_file(home, "known", path, ImportOptions(type=SignalType.PDQ))
    assert report.added + report.already_there == count - len(bad)
    assert [line.line for line in report.bad_lines] == bad
    assert (again.added, again.already_there) == (0, count - len(bad))
    skip = {line - 1 for line in bad}
    check(home_folder, [number for number in range(count) if number not in skip])


@pytest.mark.long
@LONG
def test_ten_million_entries_with_a_thousand_bad_lines(tmp_path: Path) -> None:
    count, every = 10_000_000, 10_000
    path = tmp_path / "list"
    dice = np.random.default_rng(1)
    with path.open("w") as stream:
        for _ in range(count // every):
            rows = dice.bytes(32 * every).hex()
            lines = [rows[start : start + 64] for start in range(0, len(rows), 64)]
            lines[7] = "this is no hash"
            stream.write("\n".join(lines) + "\n")
    home_folder = tmp_path / "home"
    with Home.open(home_folder, create=True) as home:
        home.create_bank("known", Policy())
    words = killed(start("import", home_folder, path, 250_000), 30)
    assert not words[-1].startswith("done")
    child = start("import", home_folder, path, 250_000)
    said, _ = child.communicate()
    added, already_there, bad, resumed_from, megabytes = map(int, said.splitlines()[-1].split()[1:])
    assert (added, already_there, bad) == (count - 1000, 0, 1000)
    assert resumed_from > 0
    assert megabytes < 2000  # mapped files of the index included; 1500 to 1700 were seen
    with Home.open(home_folder) as home:
        assert home.counts("known").entries == count - 1000
        assert len(home.near([bytes.fromhex(lines[-1])], 31)) == 1

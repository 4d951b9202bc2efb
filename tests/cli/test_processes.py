"""The program as a process: what it imports, and what interrupts, broken pipes and floods do to it."""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from support.commands import PROGRAM, clean_environment, tocsin
from support.files import small_picture, write
from support.processes import descendants, most_resident, wait_until_gone

pytestmark = pytest.mark.slow  # starts other processes, or syncs often

DATABASES_AND_FRAMEWORKS = {
    "sqlalchemy",
    "sqlite3",
    "fastapi",
    "starlette",
    "flask",
    "aiohttp",
    "ray",
    "jinja2",
}
HEAVY = DATABASES_AND_FRAMEWORKS | {"numba", "numpy", "PIL", "rich", "asyncio"}
WHICH = "import sys; from tocsin.cli.main import run; run(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"


def imported(*arguments: str) -> set[str]:
    """The top-level modules that a command has imported when it ends."""
    command = [sys.executable, "-c", WHICH, *arguments]
    done = subprocess.run(command, capture_output=True, env=clean_environment(), check=True)
    return {name.partition(".")[0] for name in done.stderr.decode().splitlines()[-1].split()}


@pytest.mark.parametrize("arguments", [["--help"], ["bank", "--help"], ["scan", "--help"]], ids=" ".join)
def test_help_imports_nothing_heavy(arguments: Sequence[str]) -> None:
    modules = imported(*arguments)
    assert "click" in modules
    assert not modules & HEAVY


def test_hashing_a_file_imports_no_database_and_no_decoder(tmp_path: Path) -> None:
    modules = imported("hash", write(tmp_path / "picture.jpg", small_picture(0)))
    assert "tocsin" in modules
    assert not modules & HEAVY


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a home and 1,500 files to scan."""
    folder = tmp_path_factory.mktemp("crowd")
    tocsin("bank", "create", "known", "--home", folder / "home")
    tocsin("bank", "add", "known", "--hash", "md5:" + "0f" * 16, "--home", folder / "home")
    for number in range(1500):
        write(folder / "files" / f"{number % 10}" / f"{number}.txt", f"note {number}".encode())
    return folder


def start(*arguments: str | Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*PROGRAM, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(),
        start_new_session=True,
    )


@pytest.mark.slow
@pytest.mark.parametrize("command", [("scan", "--json"), ("scan", "--all")])
def test_a_reader_that_stops_ends_the_program_quietly(crowd: Path, command: Sequence[str]) -> None:
    process = start(*command, crowd / "files", "--fresh", "--home", crowd / "home")
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline()
    children = descendants(process.pid)
    process.stdout.close()
    assert process.wait(60) == 4  # not 1, which would say that something matched
    assert process.stderr.read() == b""
    process.stderr.close()
    wait_until_gone(children)


@pytest.mark.slow
def test_an_interrupted_scan_says_so_and_goes_on_next_time(crowd: Path) -> None:
    arguments = ("scan", "--json", crowd / "files", "--home", crowd / "home")
    tocsin(*arguments[:2], crowd / "files" / "0", "--fresh", *arguments[3:])
    process = start(*arguments)
    assert process.stdout is not None
    for _ in range(600):
        process.stdout.readline()
    children = descendants(process.pid)
    assert children
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err.decode().strip()) == (130, "interrupted")
    wait_until_gone(children)
    last = tocsin(*arguments)
    assert last.code == 0
    counts = last.objects[-1]["counts"]
    assert counts["contents"] == len({one["path"] for one in last.objects[:-1]}) == 1500
    assert counts["recalled"] >= 550


@pytest.mark.long
def test_memory_does_not_grow_with_the_number_of_files(tmp_path: Path) -> None:
    """Ten times the files, in one folder, take a little more memory for their names and no more."""
    tocsin("bank", "create", "known", "--home", tmp_path / "home")
    peaks = []
    for count in (2_000, 20_000):
        for number in range(count):
            write(tmp_path / str(count) / f"{number}.txt", b"note %d" % number)
        process = start("scan", "--json", tmp_path / str(count), "--home", tmp_path / "home")
        assert process.stdout is not None
        peak, last = 0, b""
        for number, last in enumerate(process.stdout):  # noqa: B007  # the last line counts
            if number % 100 == 0:
                peak = max(peak, most_resident(process.pid))
        assert json.loads(last)["counts"]["contents"] == count
        process.communicate()
        peaks.append(peak)
    assert peaks[0] > 0
    assert peaks[1] - peaks[0] < 30_000_000


@pytest.mark.slow
def test_the_demo_answers_every_file_as_it_should_be_also_the_second_time(tmp_path: Path) -> None:
    for _ in range(2):
        said = tocsin("demo", tmp_path / "demo")
        assert said.code == 0, said.out
        assert "WRONG" not in said.out
        (verdict,) = (line for line in said.out.splitlines() if "answered as they should be" in line)
        right, _, of, *_ = verdict.split()
        assert right == of
        assert int(of) >= 70
    assert (tmp_path / "demo" / "report.html").stat().st_size > 50_000

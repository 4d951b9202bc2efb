"""A scan killed at any moment goes on the next time as if nothing had been, and leaves nobody behind."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.commands import PROGRAM, clean_environment, tocsin, tocsin_process
from support.files import small_picture, tar_of, write, zip_of
from support.processes import descendants, wait_until_gone

Answers = Counter[tuple[str, str | None, str]]


@dataclass(frozen=True, slots=True)
class Scene:
    """What is scanned, and what an undisturbed scan says of it."""

    files: Path
    home: Path
    answers: Answers
    seconds: float


def command(files: Path, home: Path) -> list[str]:
    return ["scan", "--json", str(files), "--home", str(home)]


def answers(objects: Iterable[dict[str, Any]]) -> Answers:
    """What was said about each file and member, the counts left out."""
    return Counter(
        (one["path"], one["member"], repr((one["matches"], one["suppressed"], one["refused"])))
        for one in objects
        if "counts" not in one
    )


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    folder = tmp_path_factory.mktemp("scene")
    files, home = folder / "files", folder / "home"
    for number in range(300):
        write(files / f"{number % 7}" / f"{number}.txt", f"note {number}\n".encode() * 50)
    for seed in range(40):
        write(files / "pictures" / f"{seed}.jpg", small_picture(seed))
    members = {f"{seed}.jpg": small_picture(seed) for seed in range(40, 60)}
    members |= {f"{number}.txt": f"member {number}".encode() for number in range(200)}
    write(files / "archives" / "one.zip", zip_of(members))
    write(files / "archives" / "two.tar", tar_of(members))
    write(files / "archives" / "three.tgz", tar_of(members, "w:gz"))
    write(files / "archives" / "cut.tgz", tar_of(members, "w:gz")[:-2000])
    write(files / "cut.jpg", small_picture(1)[:900])
    tocsin("bank", "create", "known", "--home", home)
    known = [files / "pictures" / f"{seed}.jpg" for seed in range(0, 40, 5)]
    tocsin("bank", "add", "known", *known, "--home", home)
    tocsin("bank", "add", "known", write(folder / "45.jpg", small_picture(45)), "--home", home)
    other = shutil.copytree(home, folder / "undisturbed")
    started = time.monotonic()
    said = tocsin_process(*command(files, other))
    assert said.code == 1
    return Scene(files, home, answers(said.objects), time.monotonic() - started)


def kill_during(scene: Scene, home: Path, delay: float, *, everyone: bool) -> None:
    """Start a scan and kill it after a while: only the parent, or its children as well."""
    process = subprocess.Popen(
        [*PROGRAM, *command(scene.files, home)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=clean_environment(),
        start_new_session=True,
    )
    with suppress(subprocess.TimeoutExpired):
        process.wait(delay)
    children = set()
    if process.poll() is None:
        process.send_signal(signal.SIGSTOP)  # so that no child is missed
        children = descendants(process.pid)
        for victim in (process.pid, *children) if everyone else (process.pid,):
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        # It may have come to its end (1: something matched) between the look at it and the signal.
        assert process.wait(30) in {-signal.SIGKILL, 1}
    wait_until_gone(children)


def check_round(scene: Scene, folder: Path, choose: random.Random) -> None:
    home = shutil.copytree(scene.home, folder)
    for _ in range(choose.randrange(1, 4)):
        delay = choose.uniform(0, scene.seconds)
        kill_during(scene, home, delay, everyone=choose.random() < 0.5)
        if (home / "seen.db").exists():
            with sqlite3.connect(home / "seen.db") as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            connection.close()
    last = tocsin_process(*command(scene.files, home))
    assert (last.code, last.err) == (1, "")
    assert answers(last.objects) == scene.answers
    again = tocsin(*command(scene.files, home))
    counts = again.objects[-1]["counts"]
    assert answers(again.objects) == scene.answers
    assert counts["recalled"] == counts["contents"]
    shutil.rmtree(home)


@pytest.mark.slow
def test_undisturbed_every_file_and_member_is_answered_once(scene: Scene) -> None:
    about = Counter((path, member) for path, member, _ in scene.answers.elements())
    assert len(about) == 300 + 40 + 4 + 1 + len([1 for _, member in about if member is not None])
    assert set(about.values()) == {1}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_killed_scan_goes_on_as_if_nothing_had_been(scene: Scene, tmp_path: Path, seed: int) -> None:
    check_round(scene, tmp_path / "home", random.Random(seed))  # noqa: S311  # moments to kill at


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_100_times_killed_and_nothing_is_lost(scene: Scene, tmp_path: Path) -> None:
    for seed in range(100):
        check_round(scene, tmp_path / f"home-{seed}", random.Random(1000 + seed))  # noqa: S311  # as above


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_child_killed_from_outside_is_replaced_and_nothing_changes(
    scene: Scene, tmp_path: Path, seed: int
) -> None:
    home = shutil.copytree(scene.home, tmp_path / "home")
    process = subprocess.Popen(
        [*PROGRAM, *command(scene.files, home)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env=clean_environment(),
    )
    choose = random.Random(seed)  # noqa: S311  # victims and moments
    assert process.stdout is not None
    process.stdout.readline()
    killed = 0
    while killed < 3 and process.poll() is None:
        zygote, *workers = sorted(descendants(process.pid)) or [0]
        if workers:
            with suppress(ProcessLookupError):
                os.kill(zygote if seed == killed == 0 else choose.choice(workers), signal.SIGKILL)
                killed += 1
        time.sleep(choose.uniform(0, 0.2))
    process.communicate(timeout=120)
    assert process.returncode == 1
    assert killed
    assert answers(tocsin(*command(scene.files, home)).objects) == scene.answers

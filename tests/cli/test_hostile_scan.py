"""Whatever a folder holds, its scan ends, answers for everything in it, and no child holds a gigabyte."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support import hostile
from support.commands import clean_environment, tocsin
from support.files import small_picture
from support.processes import descendants, most_resident, wait_until_gone

pytestmark = pytest.mark.slow

ONE_GB = 1_000_000_000
# Even root may then not read what its mode forbids: drop CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
# (PR_CAPBSET_DROP, prctl(2), capabilities(7)) before the program is started.
AS_ORDINARY_USER = """
import ctypes, os, sys
for capability in (1, 2):
    ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)
os.execv(sys.executable, [sys.executable, "-m", "tocsin", *sys.argv[1:]])
"""


@dataclass
class Scan:
    """A scan of all hostile files."""

    folder: Path
    code: int = -1
    errors: str = ""
    objects: list[dict[str, Any]] = field(default_factory=list)
    peaks: dict[int, int] = field(default_factory=dict)
    """The most memory that each process of the scan held."""

    def codes(self, name: str) -> set[str | None]:
        """The refusals of a file and what is in it."""
        path = str(self.folder / name)
        return {one["refused"] and one["refused"]["code"] for one in self.objects if one.get("path") == path}


def watch(process: int, peaks: dict[int, int], over: threading.Event) -> None:
    while not over.wait(0.02):
        for one in (process, *descendants(process)):
            peaks[one] = max(peaks.get(one, 0), most_resident(one))


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scan]:
    folder = tmp_path_factory.mktemp("hostile")
    files, home = folder / "files", folder / "home"
    hostile.write_all(files)
    (folder / "known.jpg").write_bytes(small_picture(1))
    tocsin("bank", "create", "known", "--home", home)
    tocsin("bank", "add", "known", folder / "known.jpg", "--home", home)
    done = Scan(files)
    command = ["scan", "--json", str(files), "--home", str(home), "--workers", "2"]
    process = subprocess.Popen(
        [sys.executable, "-c", AS_ORDINARY_USER, *command, "--report", str(folder / "report.html")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(),
    )
    over = threading.Event()
    watcher = threading.Thread(target=watch, args=(process.pid, done.peaks, over))
    watcher.start()
    try:
        out, err = process.communicate(timeout=280)
    finally:
        process.kill()
        over.set()
        watcher.join()
    done.code, done.errors = process.returncode, err.decode()
    done.objects = [json.loads(line) for line in out.splitlines()]
    wait_until_gone(set(done.peaks) - {process.pid})
    yield done
    (files / "not-files" / "closed").chmod(0o700)  # so that it can be deleted


def test_the_scan_ends_and_says_nothing_but_answers(scan: Scan) -> None:
    assert (scan.code, scan.errors) == (1, "")
    assert "counts" in scan.objects[-1]
    assert (scan.folder.parent / "report.html").stat().st_size > 10_000


def test_everything_is_answered_and_each_file_once(scan: Scan) -> None:
    files = [one["path"] for one in scan.objects[:-1] if one["member"] is None]
    assert len(files) == len(set(files))
    assert {one["path"] for one in scan.objects[:-1]} == set(hostile.everything_in(scan.folder))


def test_no_process_holds_a_gigabyte(scan: Scan) -> None:
    assert len(scan.peaks) >= 4  # the scan, the one that forks, two workers
    assert 0 < max(scan.peaks.values()) < ONE_GB


@pytest.mark.parametrize("name", ["bomb.png", "bomb.jpg", "bomb.gif", "bomb.bmp", "bomb.tif"])
def test_claims_of_pixels_are_refused_for_what_they_are(scan: Scan, name: str) -> None:
    assert scan.codes(f"claims/{name}") == {"media.too_many_pixels"}


def test_what_would_need_too_much_memory_is_refused(scan: Scan) -> None:
    assert scan.codes("claims/deep.png") <= {"media.memory", "media.time", "media.too_many_pixels"}


ENDLESS = ("endless-chunks.png", "endless-data.png", "endless-comments.jpg", "endless-filling.jpg")
ENDLESS_TOO = ("endless-comments.gif", "endless-boxes.avif", "endless-frames.gif", "loop.tif")


@pytest.mark.parametrize("name", [*ENDLESS, *ENDLESS_TOO])
def test_files_without_an_end_are_refused(scan: Scan, name: str) -> None:
    (code,) = scan.codes(f"floods/{name}")
    assert code is not None


@pytest.mark.parametrize("name", ["text-chunk.png", "text-bomb.png", "profile-bomb.png"])
def test_a_picture_behind_a_flood_is_looked_at_or_refused(scan: Scan, name: str) -> None:
    (code,) = scan.codes(f"floods/{name}")
    assert code in {None, "media.corrupt", "media.memory", "media.time", "media.too_large", "media.damaged"}


@pytest.mark.parametrize(
    "form", ["jpg", "progressive.jpg", "png", "gif", "webp", "tif", "bmp", "avif", "heic"]
)
def test_a_picture_cut_at_any_tenth_is_refused(scan: Scan, form: str) -> None:
    for tenth in range(10):
        (code,) = scan.codes(f"truncated/{tenth}.{form}")
        assert code is not None, tenth
        assert code not in {"media.failed", "media.killed", "media.time", "media.memory"}, tenth


def test_wrong_names_are_noticed_and_hide_no_picture(scan: Scan) -> None:
    for name in ("text.jpg", "program.gif", "zip.jpg"):
        assert "media.not_a_picture" in scan.codes(f"misnamed/{name}")
    matched = {Path(one["path"]).name for one in scan.objects[:-1] if one["matches"]}
    assert {"picture.txt", "jpeg.png", "no-suffix"} <= matched


def test_archives_are_read_as_far_as_is_wise(scan: Scan) -> None:
    inside = {
        (Path(one["path"]).name, one["member"]): one["refused"] and one["refused"]["code"]
        for one in scan.objects[:-1]
        if one["member"] is not None
    }
    assert inside["bomb.zip", "before.txt"] is inside["bomb.zip", "after.txt"] is None
    assert inside["bomb.zip", "bomb"] == "media.too_large"
    assert inside["nested.zip", "inner.zip"] == "media.nested_archive"
    assert inside["nested.zip", "note.txt"] is None
    assert inside["outside.tar", "../../outside"] is inside["outside.tar", "\x1b[2J"] is None
    for name in ("garbage.zip", "garbage.tar.gz", "lying.zip", "bomb.tar.bz2"):
        assert any(scan.codes(f"archives/{name}")), name


def test_what_is_no_file_or_may_not_be_read_is_refused(scan: Scan) -> None:
    for name in ("pipe.jpg", "loop", "self.jpg", "one", "other"):
        assert scan.codes(f"not-files/{name}") == {"media.not_regular"}
    for name in ("unreadable.jpg", "closed"):
        assert scan.codes(f"not-files/{name}") == {"media.unreadable"}


def test_odd_names_hide_no_picture(scan: Scan) -> None:
    matched = {os.fsencode(one["path"]) for one in scan.objects[:-1] if one["matches"]}
    odd = os.fsencode(scan.folder / "names")
    assert {odd + b"/" + name for name in os.listdir(odd)} <= matched  # noqa: PTH208  # names in bytes

"""Whatever is done to a file, it is answered in time, and no answer says "nothing" where a reader died."""

import os
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from support.origin_files import check, explained
from support.origin_hostile import HOSTILE
from support.origin_mutations import mutated
from support.processes import descendants, most_resident

from tocsin.content.explaining import Explained, Search
from tocsin.media.limits import ChildLimits
from tocsin.provenance import marks, stealth
from tocsin.provenance.explain import Tier

pytestmark = pytest.mark.slow

SLOWEST: Final = 3 * ChildLimits().wall_seconds
"""A file may be looked at a few times, if readers end their children."""
MOST_RESIDENT: Final = 1_000_000_000


@dataclass
class Told:
    """What came of explaining many files."""

    count: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")
    peaks: dict[int, int] = field(default_factory=dict)

    def add(self, name: str, answer: Explained, seconds: float) -> None:
        explanation = answer.explanation
        self.count += 1
        self.slowest = max(self.slowest, (seconds, name))
        self.kinds[f"format {answer.content.format}"] += 1
        self.kinds["with telling items"] += bool(explanation.telling)
        self.kinds["with failures"] += bool(explanation.failed)
        for one in {f"failed {failed.reader} {failed.code}" for failed in explanation.failed}:
            self.kinds[one] += 1
        if answer.content.refused:
            self.kinds[f"refused {answer.content.refused.code}"] += 1


def fuzz(count: int, seed: int, folder: Path) -> Told:
    """Explain so many broken files and hold every answer against its file."""
    told, over = Told(), threading.Event()
    watcher = threading.Thread(target=_watch, args=(told.peaks, over))
    watcher.start()
    try:
        for name, data, answer, seconds in explained(mutated(count, seed), folder, Search(Tier.PIXELS)):
            try:
                check(answer, data)
            except AssertionError as error:
                error.add_note(f"{name}: {answer.content}")
                raise
            told.add(name, answer, seconds)
    finally:
        over.set()
        watcher.join()
    return told


def _watch(peaks: dict[int, int], over: threading.Event) -> None:
    while not over.wait(0.1):
        for process in descendants(os.getpid()):
            peaks[process] = max(peaks.get(process, 0), most_resident(process))


def check_told(told: Told, count: int) -> None:
    assert told.count == count
    assert told.slowest[0] < SLOWEST
    assert 0 < max(told.peaks.values()) < MOST_RESIDENT
    assert told.kinds["with telling items"] > count / 10  # most mutations leave something to read
    assert told.kinds["with failures"] > count / 10


def test_broken_files_are_answered_and_nothing_is_hidden(tmp_path: Path) -> None:
    check_told(fuzz(400, 0, tmp_path), 400)


# ---- files made to hold readers up -------------------------------------------------------------------------

UNREAD: Final[dict[str, set[str]]] = {
    "text-bomb.png": {"provenance.metadata_bomb"},
    "international-bomb.png": {"provenance.metadata_bomb"},
    "profile-bomb.png": set(),  # no reader unpacks it
    "chunk-of-2-gb.png": {"provenance.container", "provenance.c2pa.unreadable"},
    "200-k-chunks.png": {"provenance.container", "provenance.c2pa.too_many_boxes"},
    "60-mb-text.png": {"provenance.too_much"},
    "exif-loop.jpg": {"provenance.exif"},
    "exif-counts.jpg": {"provenance.exif"},
    "exif-entries.png": {"provenance.exif", "provenance.xmp"},
    "laughs.jpg": {"provenance.xmp"},
    "deep.jpg": {"provenance.xmp"},
    "stealth-bomb.png": {"provenance.metadata_bomb"},
    "stealth-length.png": {"provenance.stealth_broken"},
    "stealth-plain-length.png": {"provenance.stealth_broken"},
    "four-by-four.png": set(),
    "boxes.mp4": {"provenance.container", "provenance.c2pa.too_many_boxes"},
    "nested.mp4": {"provenance.container", "provenance.c2pa.unreadable"},
    "uuid.mp4": {"provenance.container", "provenance.c2pa.unreadable"},
    "bilevel.png": set(),
    "169-megapixels.png": set(),
    "json-deep.png": {"provenance.text"},
    "settings.png": set(),  # read to its end
    "thumbnail.jpg": {"media.too_many_pixels"},
}
"""What cannot be read of each, by the codes."""


@pytest.fixture(scope="module")
def held_up(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Explained, float]]:
    """All hostile files, explained."""
    given: dict[str, tuple[Explained, float]] = {}
    files = ((name, make()) for name, make in HOSTILE.items())
    folder = tmp_path_factory.mktemp("hostile")
    for name, data, answer, seconds in explained(files, folder, Search(Tier.PIXELS)):
        check(answer, data)
        given[name] = answer, seconds
    return given


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_answered_in_time_and_what_was_not_read_is_said(
    name: str, held_up: dict[str, tuple[Explained, float]]
) -> None:
    answer, seconds = held_up[name]
    assert seconds < ChildLimits().wall_seconds
    assert answer.content.refused is None
    assert {failed.code for failed in answer.explanation.failed} == UNREAD[name]


def test_pixels_that_cannot_be_decoded_are_called_unchecked(
    held_up: dict[str, tuple[Explained, float]],
) -> None:
    for name, why in (("bilevel.png", "50000 by 50000"), ("169-megapixels.png", "memory")):
        unchecked = {one.what: one.why for one in held_up[name][0].explanation.not_checked}
        assert why in unchecked[stealth.WHAT]
        assert why in unchecked[marks.WHAT]


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_twenty_thousand_broken_files(tmp_path: Path) -> None:
    check_told(fuzz(20_000, 1, tmp_path), 20_000)

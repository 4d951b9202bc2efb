"""Whatever is done to a file, it is answered in time, and no answer says "nothing" where a reader died."""

import io
import os
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from support.origin_files import check, every_file, explained
from support.origin_hostile import HOSTILE
from support.processes import descendants, most_resident

from tocsin.content.explaining import Explained, Search
from tocsin.media.containers import walk
from tocsin.media.identify import identify
from tocsin.media.limits import ChildLimits
from tocsin.provenance import marks, stealth
from tocsin.provenance.explain import Tier

pytestmark = pytest.mark.slow

SLOWEST: Final = 3 * ChildLimits().wall_seconds
"""A file may be looked at a few times, if readers end their children."""
MOST_RESIDENT: Final = 1_000_000_000
EDGES: Final = (0, 1, 7, 8, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 62, (1 << 64) - 1)
Mutation = Callable[[random.Random, bytes, list[tuple[int, int]]], bytes]


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


def flipped(rng: random.Random, data: bytes, parts: list[tuple[int, int]]) -> bytes:
    """A few bits turned, most of them where lengths and names stand."""
    changed = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 8, 64])):
        start, length = rng.choice(parts)
        at = max(0, start - 12) + rng.randrange(min(length, 200) + 12)
        if at < len(changed):
            changed[at] ^= 1 << rng.randrange(8)
    return bytes(changed)


def cut(rng: random.Random, data: bytes, parts: list[tuple[int, int]]) -> bytes:
    """The beginning of it, often ending near a part's."""
    start, length = rng.choice(parts)
    return data[: rng.choice([rng.randrange(len(data)) + 1, start + rng.randrange(length + 1)])]


def mislaid(rng: random.Random, data: bytes, parts: list[tuple[int, int]]) -> bytes:
    """A length, or what may be one, set to where readers make mistakes."""
    start, length = rng.choice(parts)
    width = rng.choice([1, 2, 4, 4, 4, 8])
    at = max(0, start + rng.choice([-8, -4, -2, -16, 0, rng.randrange(length + 1)]))
    number = rng.choice([*EDGES, len(data), length + rng.randint(-9, 9)]) % (1 << 8 * width)
    return data[:at] + number.to_bytes(width, rng.choice(["big", "little"])) + data[at + width :]


def repeated(rng: random.Random, data: bytes, parts: list[tuple[int, int]]) -> bytes:
    """A part of it several times."""
    start, length = rng.choice(parts)
    start = max(0, start - rng.choice([0, 4, 8]))
    part = data[start : start + length + 12]
    times = min(rng.choice([2, 3, 50, 3000]), 1 + 2_000_000 // max(1, len(part)))
    return data[:start] + part * times + data[start + len(part) :]


def dropped(rng: random.Random, data: bytes, parts: list[tuple[int, int]]) -> bytes:
    """Without a part of it."""
    start, length = rng.choice(parts)
    return data[:start] + data[start + length :]


def filled(rng: random.Random, data: bytes, parts: list[tuple[int, int]]) -> bytes:
    """With other bytes in place of a part."""
    start, length = rng.choice(parts)
    length = min(length, 4000)
    filling = rng.choice([b"\0", b"\xff", b"{", b"[", b"<a>", rng.randbytes(4000)]) * length
    return data[:start] + filling[:length] + data[start + length :]


MUTATIONS: Final[tuple[Mutation, ...]] = (flipped, flipped, cut, mislaid, mislaid, repeated, dropped, filled)


def mutated(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """So many broken files, the same ones for a seed."""
    whole = {name: data for name, data in every_file().items() if not name.endswith(".txt")}
    parts = {name: _parts(data) for name, data in whole.items()}
    names = sorted(whole)
    for number in range(count):
        rng = random.Random(f"{seed} {number}")  # noqa: S311  # no secret
        name = rng.choice(names)
        data = whole[name]
        steps = []
        for _ in range(rng.choice([1, 1, 2, 3])):
            mutation = rng.choice(MUTATIONS)
            data = mutation(rng, data, parts[name]) or b"\0"
            steps.append(mutation.__name__)
        if rng.random() < 0.1:
            other = whole[rng.choice(names)]
            data = data[: rng.randrange(len(data)) + 1] + other[rng.randrange(len(other)) :]
            steps.append("spliced")
        yield f"{number}-{'-'.join(steps)}-{name}", data


def _parts(data: bytes) -> list[tuple[int, int]]:
    """Places and lengths of the parts of a file that is whole."""
    segments = walk(io.BytesIO(data), identify(data[:4096])).segments
    return [(segment.offset, segment.length) for segment in segments] or [(0, len(data))]


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
    "200-k-chunks.png": {"provenance.container"},
    "60-mb-text.png": {"provenance.too_much"},
    "exif-loop.jpg": {"provenance.exif"},
    "exif-counts.jpg": {"provenance.exif"},
    "exif-entries.png": {"provenance.exif"},
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

"""Files explained in sandbox children: each by itself, and the others' findings stand where a reader dies."""

import hashlib
import io
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from PIL import Image
from support.containers import chunk, png_with
from support.files import write
from support.origin_files import (
    NOT_ALL,
    NOTHING,
    PROMPT,
    UNEXAMINED,
    RoughSearch,
    check,
    deadly,
    every_file,
    explained,
)

from tocsin.content.explaining import Explained, Search, again_without, explain_paths, skipped_next
from tocsin.content.model import Content
from tocsin.content.origin import Origin, looking
from tocsin.errors import Refusal
from tocsin.media.identify import identify
from tocsin.media.limits import PictureLimits
from tocsin.provenance.explain import DECODER, ENDED, FAMILIES, METADATA, Tier
from tocsin.provenance.model import Absent, Derivation, Failed, Finding, Item, NotChecked
from tocsin.provenance.triage import Reason
from tocsin.simulators import encoders
from tocsin.simulators.pictures import picture

pytestmark = pytest.mark.slow  # starts other processes
NAMES: Final = [family.name for family in FAMILIES]


def answers(files: dict[str, bytes], folder: Path, search: Search) -> dict[str, Explained]:
    """The answer to each file by its name; every one has been held against its file."""
    given = {}
    for name, data, answer, _ in explained(files.items(), folder, search):
        check(answer, data)
        given[name] = answer
    return given


def look_here(data: bytes, tier: Tier) -> tuple[Finding, ...]:
    """What is found in this process."""
    file = io.BytesIO(data)
    return Origin(file, identify(data[:4096]), looking({"origin": tier.value}), PictureLimits()).look(
        lambda _: None
    )


def of(kind: type[Finding], findings: tuple[Finding, ...]) -> set[Finding]:
    return {finding for finding in findings if isinstance(finding, kind)}


@pytest.mark.parametrize("tier", list(Tier))
def test_children_find_what_is_found_in_this_process(tier: Tier, tmp_path: Path) -> None:
    files = dict(every_file())
    given = answers(files, tmp_path, Search(tier))
    assert given.keys() == files.keys()
    for name, data in files.items():
        here = [repr(finding)[:1000] for finding in look_here(data, tier)]
        assert [repr(finding)[:1000] for finding in given[name].content.findings or ()] == here, name


def test_pixel_places_are_the_digest_of_the_decoded_picture(tmp_path: Path) -> None:
    files = {name: every_file()[name] for name in ("demo-hidden.png", "marked.png", "novelai-signed.png")}
    for name, answer in answers(files, tmp_path, Search(Tier.PIXELS)).items():
        with Image.open(io.BytesIO(files[name])) as image:
            pixels = image.tobytes()
        places = [place for one in answer.explanation.items for place in one.where if place.offset is None]
        assert places
        assert {place.sha256 for place in places} == {hashlib.sha256(pixels).hexdigest()}


# ---- readers that die --------------------------------------------------------------------------------------

RICH: Final = ("demo-camera-dressed-up.jpg", "demo-hidden.png", "signed.jpg", "x264.mp4", "camera.jpg")
LOST: Final = {
    "generators.reading": {"generators"},
    "declared": set[str](),  # nothing of theirs is in these files
    "camera": {"camera"},
    "camera.tables": {"camera"},
    "video": {"video"},
    "c2pa": {"c2pa"},
    "decoder": {"stealth", "generators", "camera"},
    "stealth": {"stealth", "generators"},
    "novelai_signature": set[str](),
    "marks": set[str](),
    "camera.thumbnail": {"camera"},
    "detectors": set[str](),
}
"""The first words of the rules by which a reader, and nobody else, finds something in these files."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Explained]:
    """The answers where nothing dies; the same last bytes are there, and mean nothing."""
    files = {name: deadly(every_file()[name], ("nobody", "kill")) for name in RICH}
    return answers(files, tmp_path_factory.mktemp("sound"), RoughSearch(Tier.PIXELS))


def told(findings: tuple[Finding, ...]) -> set[tuple[str, str]]:
    """What was found; not where, because the last bytes are a part of that."""
    return {(one.rule.id, one.found) for one in findings if isinstance(one, Item | Derivation)}


def ended(findings: tuple[Finding, ...]) -> set[str]:
    """The readers that ended a child."""
    return {one.reader for one in findings if isinstance(one, Failed) and one.code == ENDED}


def test_every_reader_is_tried() -> None:
    assert set(LOST) == set(NAMES)


@pytest.mark.parametrize("tier", list(Tier))
def test_readers_that_die_are_named_and_all_others_are_heard(
    tier: Tier, sound: dict[str, Explained], tmp_path: Path
) -> None:
    files = {
        f"{reader} {name}": deadly(every_file()[name], (reader, "abort")) for reader in NAMES for name in RICH
    }
    given = answers(files, tmp_path, RoughSearch(tier))
    for reader in NAMES:
        lost: set[str] = set()
        dies = tier is Tier.PIXELS or reader in NAMES[: NAMES.index("decoder")]
        for name in RICH:
            whole, content = sound[name].content.findings or (), given[f"{reader} {name}"].content
            cut = content.findings or ()
            assert content.refused is None
            assert ended(cut) == ({reader} if dies else set())
            assert of(Absent, cut) <= of(Absent, whole)
            assert told(cut) <= told(whole)
            lost |= {rule.partition(".")[0] for rule, _ in told(whole) - told(cut)}
        if tier is Tier.PIXELS:
            assert lost == LOST[reader], reader


def test_what_a_dead_reader_looks_for_is_not_called_absent(tmp_path: Path) -> None:
    plain = encoders.png(Image.fromarray(picture(9, 256, 256)))
    with_exif = every_file()["camera.png"]  # a thumbnail is looked for only where there is Exif
    files = {
        f"{number} {name}": deadly(data, (name, "abort"))
        for number, data in enumerate((plain, with_exif))
        for name in [*NAMES, "nobody"]
    }
    absent: dict[str, set[tuple[str, Finding]]] = {name: set() for name in [*NAMES, "nobody"]}
    for file, answer in answers(files, tmp_path, RoughSearch(Tier.PIXELS)).items():
        number, name = file.split(" ")
        absent[name] |= {(number, finding) for finding in of(Absent, answer.content.findings or ())}
    alone = {name: absent["nobody"] - absent[name] for name in NAMES}
    assert set.union(*alone.values()) == absent["nobody"]  # each is some reader's
    for name in ("generators.reading", "declared", "camera", "c2pa", "stealth", "marks", "camera.thumbnail"):
        assert alone[name]


@pytest.mark.parametrize("way", ["kill", "spin", "swell"])
def test_it_does_not_matter_how_they_die(way: str, tmp_path: Path) -> None:
    readers = ("c2pa", "decoder") if way == "spin" else ("c2pa", "camera", "decoder")
    files = {reader: deadly(every_file()["demo-hidden.png"], (reader, way)) for reader in readers}
    for reader, answer in answers(files, tmp_path, RoughSearch(Tier.PIXELS)).items():
        (failed,) = (one for one in answer.explanation.failed if one.code == ENDED)
        assert failed.reader == reader
        assert answer.content.refused is None
        assert "generators.a1111" in {one.rule.id for one in answer.explanation.items} or reader == "decoder"


def test_several_readers_die_in_turn(sound: dict[str, Explained], tmp_path: Path) -> None:
    name = "demo-hidden.png"
    dying = ("camera", "c2pa", "decoder")
    data = deadly(every_file()[name], *((reader, "kill") for reader in dying))
    (answer,) = answers({name: data}, tmp_path, RoughSearch(Tier.PIXELS)).values()
    findings = answer.content.findings or ()
    assert ended(findings) == set(dying)
    assert told(findings) < told(sound[name].content.findings or ())
    assert NOTHING in answer.explanation.summary  # all that was there was in the pixels
    assert NOT_ALL in answer.explanation.summary


def test_where_nothing_can_be_read_nothing_is_absent(tmp_path: Path) -> None:
    data = deadly(every_file()["demo-camera.jpg"], (METADATA, "kill"))
    (answer,) = answers({"demo-camera.jpg": data}, tmp_path, RoughSearch(Tier.PIXELS)).values()
    assert ended(answer.content.findings or ()) == {METADATA}
    assert not answer.explanation.absent
    assert not answer.explanation.items
    assert answer.explanation.summary.startswith(UNEXAMINED)
    assert {family.looks_for for family in FAMILIES} <= {one.what for one in answer.explanation.not_checked}


def test_a_fault_in_a_reader_is_told_and_costs_nothing_else(
    sound: dict[str, Explained], tmp_path: Path
) -> None:
    path = write(tmp_path / "a.jpg", deadly(every_file()["camera.jpg"], ("camera", "fault")))
    (answer,) = explain_paths([path], RoughSearch(Tier.PIXELS), workers=1)
    (failed,) = answer.explanation.failed
    assert failed.code == "provenance.family_failed"
    assert "RuntimeError at support.origin_tasks:" in failed.reason
    assert "a fault" not in failed.reason  # its own words may quote the file
    lost = told(sound["camera.jpg"].content.findings or ()) - told(answer.content.findings or ())
    assert {rule.rpartition(".")[0] for rule, _ in lost} == {"camera"}


def test_looking_again_ends() -> None:
    """A child that always dies at the same reader, whatever it is told, is not asked for ever."""
    failed = Failed("c2pa", ENDED, "it ended the sandbox child that it ran in")
    refusal = Refusal("media.killed", "killed", "")
    content = Content("image", 1, (), refusal, findings=(failed,))
    again = skipped_next(content, refusal, ())
    assert [reader for reader, _ in again] == ["c2pa"]
    assert skipped_next(content, refusal, again) == ()
    assert skipped_next(content, None, ()) == ()
    invented = replace(content, findings=(replace(failed, reader="somebody else"),))
    assert skipped_next(invented, refusal, ()) == ()


def test_what_is_left_out_when_looking_again() -> None:
    assert again_without(()) == {"skipped": {}, "views": True}
    assert again_without((("c2pa", "why"),)) == {"skipped": {"c2pa": "why"}, "views": True}
    both = again_without((("c2pa", "why"), (DECODER.name, "why, too")))
    assert both == {"skipped": {"c2pa": "why", "decoder": "why, too"}, "views": False}


# ---- what cannot be looked at ------------------------------------------------------------------------------


def test_bytes_behind_the_end_and_texts_that_no_rule_reads_are_told(tmp_path: Path) -> None:
    sound, behind = every_file()["plain.png"], every_file()["plain.jpg"]
    noted = png_with(chunk(b"tEXt", b"Title\0" + PROMPT.encode()))
    files = {"sound.png": sound, "tail.png": sound + behind, "noted.png": noted}
    unchecked = {
        name: {one.what for one in answer.explanation.not_checked}
        for name, answer in answers(files, tmp_path, Search(Tier.FAST)).items()
    }
    size = f"{len(behind):,} bytes behind the end of the picture, from offset {len(sound):,}"
    assert unchecked["tail.png"] - unchecked["sound.png"] == {f"{size}, which look like jpeg"}
    assert unchecked["noted.png"] - unchecked["sound.png"] == {"free text in 1 field: “Title”"}


def test_what_cannot_be_opened_says_so(tmp_path: Path) -> None:
    paths = [str(tmp_path / "missing.png"), write(tmp_path / "note.txt", b"a note\n")]
    given = {Path(one.path).name: one for one in explain_paths(paths, Search(Tier.FAST), workers=1)}
    missing, note = given["missing.png"], given["note.txt"]
    assert missing.content.refused is not None
    assert [one.code for one in missing.explanation.failed] == [missing.content.refused.code]
    assert missing.explanation.summary.startswith(UNEXAMINED)
    assert missing.content.refused.message in missing.explanation.summary
    assert Reason.UNREADABLE in {one.reason for one in missing.explanation.raises}
    assert note.explanation.summary.startswith(UNEXAMINED)
    assert note.explanation.failed == ()
    assert of(NotChecked, note.content.findings or ()) == set(note.content.findings or ())
    assert DECODER.name not in note.explanation.summary

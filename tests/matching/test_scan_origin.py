"""Scans that look for signs of origin: remembered as long as they hold, the same matches, failures told."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from support import camera_samples as cameras
from support.containers import chunk, marker
from support.files import tar_of, write, zip_of
from support.known import MemoryItems
from support.origin_files import UNEXAMINED, RoughSearch, check, deadly, every_file, generated_files
from support.origin_mutations import mutated
from support.signed import trusting

from tocsin.banks.model import Policy
from tocsin.banks.store import KnownItems
from tocsin.cli.origin import explained_lines
from tocsin.content import explaining
from tocsin.content.examine import signals_of
from tocsin.content.explaining import Explained, Search, explain_paths
from tocsin.matching.counts import ScanCounts
from tocsin.matching.examine import COMPILED
from tocsin.matching.matches import Matcher
from tocsin.matching.scan import Scanned, Scanner
from tocsin.provenance.explain import ENDED, Tier
from tocsin.provenance.model import Derivation, Direction, Failed, ForgeCost, Item, Strength
from tocsin.provenance.triage import Reason
from tocsin.provenance.words import FORGERY, STRENGTHS
from tocsin.simulators import inbox
from tocsin.simulators.authorities import authority
from tocsin.storage.seen import SeenStore

pytestmark = pytest.mark.slow  # starts other processes, or syncs often

pytest_plugins = ["support.pools"]
NAMES: Final = ("demo-automatic1111.png", "demo-hidden.png", "demo-camera.jpg", "signed.jpg", "plain.webp")
FAST, PIXELS = Search(Tier.FAST), Search(Tier.PIXELS)
Key = tuple[str, str | None]


def scanned(
    seen: SeenStore, path: Path, search: Search | None, known: KnownItems | None = None
) -> dict[Key, Scanned]:
    """A whole scan by file and member."""
    matcher = Matcher(known or MemoryItems({}))
    with Scanner(matcher, seen, workers=2, search=search) as scanner:
        return {(Path(one.path).name, one.member): one for one in scanner.scan([str(path)])}


def read(found: Mapping[Key, Scanned]) -> set[str]:
    """The files that were read, and not recalled."""
    return {name for (name, _), one in found.items() if not one.recalled}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        write(tmp_path / "files" / name, every_file()[name])
    return tmp_path / "files"


def test_signs_are_remembered_and_looked_for_again_when_that_may_give_others(
    seen: SeenStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read(scanned(seen, folder, None)) == set(NAMES)
    first = scanned(seen, folder, FAST)
    assert read(first) == set(NAMES)  # nobody had looked for signs
    again = scanned(seen, folder, FAST)
    assert read(again) == set()
    assert {key: one.explanation for key, one in again.items()} == {
        key: one.explanation for key, one in first.items()
    }
    assert read(scanned(seen, folder, None)) == set()
    deeper = scanned(seen, folder, PIXELS)
    assert read(deeper) == set(NAMES)
    assert read(scanned(seen, folder, PIXELS)) == set()
    fast_again = scanned(seen, folder, FAST)
    assert read(fast_again) == set()  # the pixel tier has all that the fast one has
    assert fast_again["demo-hidden.png", None].explanation == deeper["demo-hidden.png", None].explanation
    trust = trusting(authority())
    assert read(scanned(seen, folder, replace(FAST, trust=trust))) == set(NAMES)
    assert read(scanned(seen, folder, replace(FAST, trust=trust))) == set()
    for name, value in (
        ("rules_digest", lambda: "another edition of the rules"),
        ("__version__", "another Tocsin"),
        ("version", lambda package: f"another {package}"),
    ):
        monkeypatch.setattr(explaining, name, value)
        assert read(scanned(seen, folder, replace(FAST, trust=trust))) == set(NAMES)
        assert read(scanned(seen, folder, replace(FAST, trust=trust))) == set()


def test_a_link_to_nowhere_among_detectors_stops_no_scan_and_a_change_is_noticed(
    seen: SeenStore, folder: Path, tmp_path: Path
) -> None:
    detectors = tmp_path / "detectors"
    (detectors / "bright").mkdir(parents=True)
    search = replace(FAST, detectors=detectors)
    for link in (detectors / "dangling", detectors / "bright" / "model.onnx"):
        link.symlink_to("nowhere")
        assert read(scanned(seen, folder, search)) == set(NAMES)
        assert read(scanned(seen, folder, search)) == set()
    with_pixels = scanned(seen, folder, replace(PIXELS, detectors=detectors))
    assert read(with_pixels) == set(NAMES)
    without = with_pixels["plain.webp", None].explanation
    assert without is not None
    assert without.failed == ()  # a folder without a manifest is no detector


def test_members_of_archives_are_explained_as_files_are(seen: SeenStore, tmp_path: Path) -> None:
    inside = {name: every_file()[name] for name in NAMES}
    write(tmp_path / "in" / "a.zip", zip_of(inside))
    write(tmp_path / "in" / "b.tar", tar_of(inside))
    alone = {
        name: next(explain_paths([write(tmp_path / name, data)], PIXELS, workers=1)).explanation
        for name, data in inside.items()
    }
    for _ in range(2):
        found = scanned(seen, tmp_path / "in", PIXELS)
        for archive in ("a.zip", "b.tar"):
            for name in NAMES:
                assert found[archive, name].explanation == alone[name]
            itself = found[archive, None].explanation
            assert itself is not None
            assert not itself.items
            assert itself.not_checked
    assert all(one.recalled for one in found.values())


def test_counts_say_how_many_contents_show_what(seen: SeenStore, folder: Path) -> None:
    counts, plain = ScanCounts(), ScanCounts()
    for one in scanned(seen, folder, PIXELS).values():
        counts.add(one)
    for one in scanned(seen, folder, None).values():
        plain.add(one)
    assert plain.to_json()["origin"] is None
    assert counts.to_json()["origin"] == {
        "looked_for": 5,
        "derived": 2,
        "adapters_alone": 0,
        "captured": 1,
        "generated": 3,
        "contradicted": 0,
        "unread": 0,
    }


def test_matches_are_the_same_whether_origin_is_looked_for_or_not(tmp_path: Path) -> None:
    made = inbox.write(tmp_path, known=3)
    known = MemoryItems({"known": Policy()})
    for number, original in enumerate(made.known):
        known.add("known", number, signals_of(original.path.read_bytes()))
    said = []
    for number, search in enumerate((None, FAST, PIXELS)):
        with SeenStore(tmp_path / f"seen-{number}.db") as seen:
            found = scanned(seen, tmp_path / "inbox", search, known)
        said.append(
            {key: (one.matches, one.content.signals, one.content.refused) for key, one in found.items()}
        )
        assert all((one.explanation is None) == (search is None) for one in found.values())
    assert said[0] == said[1] == said[2]
    assert any(matches.matches for matches, _, _ in said[0].values())
    assert any(refused for _, _, refused in said[0].values())


def test_broken_files_are_matched_as_ever_and_explained_as_by_themselves(tmp_path: Path) -> None:
    for name, data in mutated(250, 3):
        write(tmp_path / "in" / name, data)
    said = []
    for number, search in enumerate((None, PIXELS)):
        with SeenStore(tmp_path / f"seen-{number}.db") as seen:
            said.append(scanned(seen, tmp_path / "in", search))
    plain, looked = said
    for key, one in plain.items():
        assert looked[key].content.signals == one.content.signals
        assert looked[key].content.refused == one.content.refused
    for answer in explain_paths(sorted({one.path for one in plain.values()}), PIXELS, workers=2):
        assert looked[Path(answer.path).name, None].explanation == answer.explanation
    assert len(plain) == 250


# ---- readers that die --------------------------------------------------------------------------------------


@pytest.mark.parametrize("tier", list(Tier))
def test_a_picture_whose_decoder_dies_is_matched_as_ever_and_its_metadata_read(
    tier: Tier, seen: SeenStore, tmp_path: Path
) -> None:
    """What is known of its signals is what a scan that looks for no signs knows."""
    data = deadly(every_file()["demo-camera-dressed-up.jpg"], ("decoder", "abort"))
    write(tmp_path / "files" / "a.jpg", data)
    with Scanner(Matcher(MemoryItems({})), seen, workers=1, fresh=True) as plain:
        plain._started = RoughSearch(tier).pool(workers=1)
        (without,) = plain.scan([str(tmp_path / "files")])
    for _ in range(2):
        (one,) = scanned(seen, tmp_path / "files", RoughSearch(tier)).values()
        assert (one.content.signals, one.content.refused) == (
            without.content.signals,
            without.content.refused,
        )
        assert one.content.refused is not None
        assert not one.recalled  # the machine may have been to blame
        assert one.explanation is not None
        ended = {failed.reader for failed in one.explanation.failed if failed.code == ENDED}
        assert ended == ({"decoder"} if tier is Tier.PIXELS else set())  # the fast tier needs none
        assert {"generators.a1111", "camera.exif"} <= {item.rule.id for item in one.explanation.items}
        assert [one.rule for one in one.explanation.contradictions] == ["answer.captured_and_generated"]
        check(Explained(one.path, one.content), data)


def test_a_reader_that_dies_in_a_scan_costs_no_match_and_no_other_sign(
    seen: SeenStore, tmp_path: Path
) -> None:
    name = "demo-camera-dressed-up.jpg"
    data = deadly(every_file()[name], ("c2pa", "abort"), ("camera", "abort"))
    write(tmp_path / "files" / name, data)
    (one,) = scanned(seen, tmp_path / "files", RoughSearch(Tier.FAST)).values()
    assert one.content.signals == signals_of(data, all_orientations=True)
    assert one.content.refused is None
    assert one.explanation is not None
    assert {failed.reader for failed in one.explanation.failed} == {"c2pa", "camera"}
    assert "generators.a1111" in {item.rule.id for item in one.explanation.items}
    check(Explained(one.path, one.content), data)
    (again,) = scanned(seen, tmp_path / "files", RoughSearch(Tier.FAST)).values()
    assert again.recalled
    assert again.explanation == one.explanation


DYING_READERS: Final[Mapping[str, list[str]]] = {
    "a.png": ["c2pa"],
    "b.png": ["decoder"],
    "c.png": ["decoder"],
    "d.png": ["camera", "c2pa"],
    "e.png": [],
}


def dying_members() -> dict[str, bytes]:
    """Files in whose second look other readers have more to find, and one that is sound."""
    return {
        name: deadly(
            every_file()["demo-hidden.png" if name in {"b.png", "e.png"} else "demo-automatic1111.png"],
            *((reader, "abort") for reader in readers),
        )
        for name, readers in DYING_READERS.items()
    }


def told(one: Scanned) -> set[tuple[str, str]]:
    """What was found; not where, because the last bytes are a part of that."""
    findings = one.content.findings or ()
    return {(each.rule.id, each.found) for each in findings if isinstance(each, Item | Derivation)}


def test_a_member_whose_reader_dies_says_so_and_all_others_are_heard(seen: SeenStore, tmp_path: Path) -> None:
    inside = dying_members()
    write(tmp_path / "files" / "a.zip", zip_of(inside))
    found = scanned(seen, tmp_path / "files", RoughSearch(Tier.PIXELS))
    for name, readers in DYING_READERS.items():
        one = found["a.zip", name]
        assert (one.content.refused is None) == ("decoder" not in readers)
        findings = one.content.findings or ()
        assert [each.reader for each in findings if isinstance(each, Failed)] == readers
        check(Explained(one.path, one.content), inside[name])
    for name in ("a.png", "c.png", "d.png"):  # whether the dead reader came before the others or after them
        explanation = found["a.zip", name].explanation
        assert explanation is not None
        assert {"denoising", "adapter"} <= {sign.kind for sign in explanation.derivation}
        assert "generators.a1111" in {item.rule.id for item in explanation.items}
        assert Reason.MAY_DEPICT_A_PERSON in {one.reason for one in explanation.raises}
    last = found["a.zip", "e.png"].explanation
    assert last is not None
    assert "stealth.alpha" in {item.rule.id for item in last.items}
    assert not last.failed


def test_a_second_look_at_a_member_finds_what_one_at_a_file_does(seen: SeenStore, tmp_path: Path) -> None:
    """Its refusal and its signals are those of the first look, and of a scan that looks for no signs."""
    inside = dying_members()
    write(tmp_path / "files" / "a.zip", zip_of(inside))
    for name, data in inside.items():
        write(tmp_path / "files" / name, data)
    found = scanned(seen, tmp_path / "files", RoughSearch(Tier.PIXELS))
    with Scanner(Matcher(MemoryItems({})), seen, workers=1, fresh=True) as plain:
        plain._started = RoughSearch(Tier.PIXELS).pool(workers=1, preload=COMPILED)
        without = {one.member: one for one in plain.scan([str(tmp_path / "files" / "a.zip")])}
    for name, readers in DYING_READERS.items():
        member, alone = found["a.zip", name], found[name, None]
        assert told(member) == told(alone)
        assert member.content.signals == alone.content.signals == without[name].content.signals
        assert member.content.refused == alone.content.refused
        if "decoder" in readers:  # the others die only where signs are looked for
            assert member.content.refused == without[name].content.refused


def test_what_cannot_be_opened_is_not_called_free_of_signs(seen: SeenStore, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "link.png").symlink_to("elsewhere.png")
    (one,) = scanned(seen, tmp_path / "files", FAST).values()
    assert one.explanation is not None
    assert one.explanation.failed
    assert one.explanation.summary.startswith(UNEXAMINED)
    check(Explained(one.path, one.content), b"")


# ---- forged signs ------------------------------------------------------------------------------------------

CAMERA: Final = cameras.of_camera().block()
FORGED: Final = {name: data for name, data in generated_files().items() if name.endswith((".png", ".jpg"))}


def camera_with(data: bytes) -> bytes:
    """A camera's Exif in the same file as a generator's sign."""
    if data.startswith(b"\x89PNG"):
        return data[:33] + chunk(b"eXIf", CAMERA[6:]) + data[33:]
    return data[:2] + marker(0xE1, CAMERA) + data[2:]


def test_a_generators_sign_put_onto_a_camera_file_leaves_the_camera_in_sight(tmp_path: Path) -> None:
    """Must-show 5: it is called declared and forgeable, beside the camera's evidence, and lowers nothing."""
    paths = {write(tmp_path / name, camera_with(data)): data for name, data in FORGED.items()}
    told = 0
    for answer in explain_paths(paths, PIXELS, workers=2):
        name, explanation = Path(answer.path).name, answer.explanation
        check(answer, camera_with(paths[answer.path]))
        reasons = {one.reason for one in explanation.raises}
        captured = [item for item in explanation.items if item.leans is Direction.CAPTURED]
        assert "camera.exif" in {item.rule.id for item in captured}, name
        assert Reason.MAY_BE_CAPTURED in reasons
        generated = [
            item
            for item in explanation.items
            if item.leans in {Direction.GENERATED, Direction.PARTLY_GENERATED}
        ]
        if not generated:
            continue
        told += 1
        assert Reason.CONTRADICTED in reasons, name
        assert "answer.captured_and_generated" in {one.rule for one in explanation.contradictions}
        lines = explained_lines(answer, explanation, details=True)
        text = " ".join(" ".join(lines).split())
        for item in generated:
            if item.carries <= Strength.S3:
                said = " ".join((item.rule.means, *item.rule.caveats, *item.caveats)).lower()
                assert any(word in said for word in ("forge", "declare", "anybody", "anyone")), item
                assert item.rule.forge_cost is not ForgeCost.CA_KEY
                cost = f"{STRENGTHS[item.carries]}; can be forged by {FORGERY[item.rule.forge_cost]}"
                assert cost in text
        assert "camera" in explanation.summary
    assert told > len(FORGED) * 0.8

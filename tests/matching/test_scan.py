"""A scan answers for every file once, reads nothing twice, and outlives what it meets."""

import os
import random
import sqlite3
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path

import pytest
from support.files import small_picture, tar_of, write, zip_of
from support.known import MemoryItems
from support.scans import answers, examined, recalled, scanner_with

from tocsin.banks.model import Policy
from tocsin.content.examine import signals_of
from tocsin.hashing.digests import digest_signals
from tocsin.matching import archive_scan, scan
from tocsin.matching.counts import ScanCounts
from tocsin.matching.scan import Scanned
from tocsin.media.sandbox import Pool
from tocsin.storage.seen import SeenStore

pytestmark = pytest.mark.slow  # starts other processes, or syncs often

pytest_plugins = ["support.pools"]


def names(found: Iterable[Scanned]) -> list[str]:
    return sorted(f"{Path(one.path).name}:{one.member}" for one in found)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures, a note, a broken picture, and archives of such."""
    made = tmp_path_factory.mktemp("scanned")
    pictures = {f"picture-{seed}.jpg": small_picture(seed) for seed in range(3)}
    for name, content in pictures.items():
        write(made / name, content)
    write(made / "note.txt", b"a note\n")
    write(made / "broken" / "cut.jpg", small_picture(4)[:900])
    inside = {"in/a.jpg": small_picture(5), "in/b.txt": b"b\n", "in/cut.jpg": small_picture(6)[:900]}
    write(made / "archives" / "one.zip", zip_of(inside))
    write(made / "archives" / "two.tar", tar_of(inside))
    write(made / "archives" / "three.tar.gz", tar_of(inside, "w:gz"))
    write(made / "archives" / "cut.zip", zip_of(inside)[:-40])
    return made


def test_every_file_and_member_is_answered_once_and_then_recalled(
    pool: Pool, seen: SeenStore, folder: Path
) -> None:
    first = examined(pool, seen, [folder])
    assert not any(one.recalled for one in first)
    readable = [one for one in first if "cut.zip" not in one.path]
    inside = ["in/a.jpg", "in/b.txt", "in/cut.jpg", "None"]
    assert names(readable) == sorted(
        ["picture-0.jpg:None", "picture-1.jpg:None", "picture-2.jpg:None", "note.txt:None", "cut.jpg:None"]
        + [f"{archive}:{member}" for archive in ("one.zip", "two.tar", "three.tar.gz") for member in inside]
    )
    assert any(one.content.refused for one in first if "cut.zip" in one.path)
    assert answers(recalled(seen, [folder])) == answers(first)


def test_an_archive_named_like_a_picture_is_named_so_and_opened(
    pool: Pool, seen: SeenStore, tmp_path: Path
) -> None:
    inside = {"in/a.jpg": small_picture(5)}
    paths = [write(tmp_path / "a.jpg", zip_of(inside)), write(tmp_path / "b.png", tar_of(inside))]
    first = examined(pool, seen, paths)
    said = {(one.path, one.member): one.content.refused and one.content.refused.code for one in first}
    assert said == {
        key: value
        for path in paths
        for key, value in (((path, None), "media.not_a_picture"), ((path, "in/a.jpg"), None))
    }
    assert answers(recalled(seen, paths)) == answers(first)


def test_members_that_are_not_read_count_no_bytes(pool: Pool, seen: SeenStore, tmp_path: Path) -> None:
    info = tarfile.TarInfo("claims much")
    info.size = 100 << 30
    path = write(tmp_path / "claims.tar", info.tobuf() + bytes(1024))
    counts = ScanCounts()
    for one in examined(pool, seen, [path]):
        counts.add(one)
    assert counts.bytes == Path(path).stat().st_size
    assert counts.refused


def test_the_counts_add_up(pool: Pool, seen: SeenStore, folder: Path) -> None:
    known = MemoryItems({"known": Policy()})
    known.add("known", 1, signals_of((folder / "picture-0.jpg").read_bytes()))
    counts = ScanCounts()
    for one in examined(pool, seen, [folder], known):
        counts.add(one)
    said = counts.to_json()
    only_refused = sum(1 for one in recalled(seen, [folder]) if one.content.refused)
    assert counts.matched == 1
    assert counts.refused == only_refused == sum(counts.refusals.values())
    assert counts.matched + counts.suppressed + counts.unmatched + only_refused == counts.contents
    assert said["bytes"] == counts.bytes > 0


def test_only_what_has_changed_is_read_again(pool: Pool, seen: SeenStore, tmp_path: Path) -> None:
    for name in ("same", "longer", "rewritten", "touched", "replaced", "gone"):
        write(tmp_path / "files" / name, b"before")
    folder = tmp_path / "files"
    examined(pool, seen, [folder])
    (folder / "longer").write_bytes(b"before and after")
    was = (folder / "rewritten").stat()
    (folder / "rewritten").write_bytes(b"behind")
    os.utime(folder / "rewritten", ns=(was.st_atime_ns, was.st_mtime_ns))  # as if nothing had been
    (folder / "touched").touch()
    write(tmp_path / "other", b"before")
    (tmp_path / "other").rename(folder / "replaced")
    (folder / "gone").unlink()
    write(folder / "new", b"new")
    again = {Path(one.path).name: one for one in examined(pool, seen, [folder])}
    assert {name for name, one in again.items() if not one.recalled} == {
        "longer",
        "rewritten",
        "touched",
        "replaced",
        "new",
    }
    assert [name for name, one in again.items() if one.recalled] == ["same"]
    for name, one in again.items():
        assert one.content.signals == signals_of((folder / name).read_bytes())


def test_banks_that_change_between_scans_count_without_reading_again(
    pool: Pool, seen: SeenStore, folder: Path
) -> None:
    assert not any(one.matches.matches for one in examined(pool, seen, [folder]))
    known = MemoryItems({"known": Policy()})
    known.add("known", 7, signals_of(small_picture(5)))
    matched = [one for one in recalled(seen, [folder], known) if one.matches.matches]
    assert (
        names(matched)
        == ["cut.zip:in/a.jpg", "one.zip:in/a.jpg", "three.tar.gz:in/a.jpg", "two.tar:in/a.jpg"][
            -len(matched) :
        ]
    )
    assert len(matched) >= 3


def test_a_path_given_twice_or_within_another_is_answered_once(
    pool: Pool, seen: SeenStore, folder: Path
) -> None:
    given = [folder, folder, folder / "archives", folder / "note.txt"]
    first = examined(pool, seen, given)
    assert answers(first) == answers(recalled(seen, [folder])) == answers(recalled(seen, given))


def test_a_link_that_is_named_is_followed_and_one_in_a_folder_is_not(
    pool: Pool, seen: SeenStore, tmp_path: Path
) -> None:
    write(tmp_path / "folder" / "file", b"content")
    (tmp_path / "folder" / "link").symlink_to("file")
    (tmp_path / "named").symlink_to("folder/file")
    found = {
        Path(one.path).name: one for one in examined(pool, seen, [tmp_path / "named", tmp_path / "folder"])
    }
    assert found["named"].content.signals == found["file"].content.signals == signals_of(b"content")
    assert found["link"].content.refused is not None
    assert found["link"].content.refused.code == "media.not_regular"


def test_nothing_to_read_starts_no_pool(seen: SeenStore, tmp_path: Path) -> None:
    assert recalled(seen, []) == recalled(seen, [tmp_path / "seen.db-none"][:0]) == []


# ---- archives, interrupted


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every finding is remembered at once, and archives of any size are shared among the workers."""
    monkeypatch.setattr(scan, "REMEMBER_EVERY", 1)
    monkeypatch.setattr(archive_scan, "SHARE_FROM_BYTES", 0)


MANY = {f"{number:02}.txt": f"member {number}\n".encode() for number in range(12)}


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(
    "make",
    [zip_of, tar_of, pytest.param(partial(tar_of, mode="w:gz"), marks=pytest.mark.slow)],
    ids=["zip", "tar", "gz"],
)
@pytest.mark.parametrize("damaged", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_an_interrupted_archive_goes_on_where_it_was(
    pool: Pool,
    seen: SeenStore,
    tmp_path: Path,
    make: object,
    damaged: bool,  # noqa: FBT001  # a parameter
) -> None:
    """With another number of workers each time, so that the shares are other ones."""
    assert callable(make)
    content = make(MANY)
    path = write(tmp_path / "archive", content[: len(content) * 2 // 3] if damaged else content)
    with SeenStore(tmp_path / "undisturbed.db") as other:
        expected = answers(examined(pool, other, [path]))
        assert answers(recalled(other, [path])) == expected
    for workers, stop in ((3, 4), (1, 7), (2, 9)):
        interrupted = scanner_with(pool, seen, workers=workers).scan([path])
        assert len(list(islice(interrupted, stop))) <= stop
        interrupted.close()  # type: ignore[attr-defined]  # it is a generator
    last = examined(pool, seen, [path])
    assert answers(last) == expected
    if not damaged:
        assert sum(one.recalled for one in last) >= 7
        assert answers(recalled(seen, [path])) == expected


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 20))])
def test_two_scans_of_one_archive_at_once_lose_nothing_when_either_is_cut_short(
    pool: Pool, another_pool: Pool, seen: SeenStore, tmp_path: Path, seed: int
) -> None:
    path = write(tmp_path / "archive.zip", zip_of(MANY))
    choose = random.Random(seed)  # noqa: S311  # a schedule
    with ExitStack() as stack:
        other = stack.enter_context(SeenStore(tmp_path / "seen.db"))
        running: list[Iterator[Scanned]] = [
            scanner_with(pool, seen, workers=2).scan([path]),
            scanner_with(another_pool, other, workers=3).scan([path]),
        ]
        for _ in range(choose.randrange(4, 40)):
            if running and next(turn := choose.choice(running), None) is None:
                running.remove(turn)
        for cut_short in running:
            cut_short.close()  # type: ignore[attr-defined]  # a generator
    assert answers(examined(pool, seen, [path])) == Counter({(path, None, None, 3): 1}) + Counter(
        (path, name, None, 3) for name in MANY
    )


def test_a_member_that_kills_its_child_costs_only_itself(
    mortal_pool: Pool, seen: SeenStore, tmp_path: Path
) -> None:
    members = {"a.txt": b"a", "kill-1": b"x", "b.txt": b"b", "kill-2": b"y", "c.txt": b"c"}
    forms = {"archive.zip": zip_of(members), "archive.tar": tar_of(members)}
    paths = [write(tmp_path / "files" / name, content) for name, content in forms.items()]
    found = examined(mortal_pool, seen, [tmp_path / "files"])
    for path in paths:
        said = {one.member: one.content.refused for one in found if one.path == path}
        assert {name for name, refused in said.items() if refused is None} == {
            None,
            "a.txt",
            "b.txt",
            "c.txt",
        }
        assert [refused.code for refused in said.values() if refused] == ["media.killed"] * 2
    assert answers(recalled(seen, paths)) == answers(found)


def test_digests_outlive_the_decoder(mortal_pool: Pool, seen: SeenStore, tmp_path: Path) -> None:
    """In a file and in a member; each is answered once, and a known digest matches beside the refusal."""
    picture = small_picture(8)
    write(tmp_path / "files" / "picture.late", picture)
    write(tmp_path / "files" / "one.zip", zip_of({"a.txt": b"a", "late": picture, "z.txt": b"z"}))
    known = MemoryItems({"known": Policy()})
    known.add("known", 1, digest_signals([picture]))
    scanned = examined(mortal_pool, seen, [tmp_path / "files"], known)
    found = {one.member or Path(one.path).name: one for one in scanned}
    assert len(found) == len(scanned)
    assert set(found) == {"picture.late", "one.zip", "a.txt", "late", "z.txt"}
    for name in ("picture.late", "late"):
        content = found[name].content
        assert content.refused is not None
        assert content.refused.code == "media.killed"
        assert len(content.signals) == 3
        assert found[name].matches.matches


@pytest.mark.usefixtures("eager")
def test_an_archive_whose_list_kills_is_refused_once(
    mortal_pool: Pool, seen: SeenStore, tmp_path: Path
) -> None:
    path = write(tmp_path / "files" / "bad.zip", zip_of({"unlisted": b"x", "unlisted-too": b"x", "z": b"z"}))
    (about,) = examined(mortal_pool, seen, [path])
    assert about.content.refused is not None
    assert about.content.refused.code == "media.killed"
    assert "list" in about.content.refused.message


def test_an_archive_that_kills_too_many_children_is_given_up_aloud(
    mortal_pool: Pool, seen: SeenStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_scan, "MOST_LOST_MEMBERS", 2)
    path = write(tmp_path / "bad.zip", zip_of({f"kill-{number}": b"x" for number in range(6)} | {"z": b"z"}))
    found = examined(mortal_pool, seen, [path])
    (about,) = (one.content.refused for one in found if one.member is None and one.content.refused)
    assert "the rest was not looked at" in about.message
    assert len(found) == 4  # three members, and the archive


def test_a_file_that_killed_its_child_is_tried_again_next_time(
    mortal_pool: Pool, pool: Pool, seen: SeenStore, tmp_path: Path
) -> None:
    write(tmp_path / "files" / "bad", b"kill me")
    write(tmp_path / "files" / "good", b"good")
    first = examined(mortal_pool, seen, [tmp_path / "files"])
    (refused,) = (one.content.refused for one in first if one.content.refused)
    assert refused.code == "media.killed"
    again = {Path(one.path).name: one for one in examined(pool, seen, [tmp_path / "files"])}
    assert (again["bad"].recalled, again["good"].recalled) == (False, True)
    assert again["bad"].content.refused is None


def test_answers_that_make_no_sense_are_refusals(lying_pool: Pool, seen: SeenStore, tmp_path: Path) -> None:
    path = write(tmp_path / "files" / "archive.zip", zip_of({"a": b"a"}))
    write(tmp_path / "files" / "file", b"content")
    found = examined(lying_pool, seen, [tmp_path / "files"])
    (file,) = (one for one in found if one.path != path)
    assert file.content.refused is not None
    assert file.content.refused.code == "media.subverted"
    members = {one.member: one.content.refused for one in found if one.path == path and one.member}
    assert members.pop("zero") is None
    (one,) = members.values()
    assert one is not None
    assert one.code == "media.subverted"
    about = [one.content.refused for one in found if one.path == path and one.member is None]
    assert [refused.code for refused in about if refused] == ["media.subverted"]
    assert answers(recalled(seen, [path])) == answers(one for one in found if one.path == path)


# ---- the memory, damaged


def spoil(seen: SeenStore, table: str, column: str) -> None:
    with sqlite3.connect(seen._path) as connection:
        connection.execute(f"UPDATE {table} SET {column} = ?", ("no" if column == "stamp" else b"nothing",))  # noqa: S608  # ours
    connection.close()


@pytest.mark.parametrize(("table", "column"), [("file", "answer"), ("file", "stamp"), ("member", "answer")])
def test_a_damaged_memory_is_made_anew(
    pool: Pool, seen: SeenStore, folder: Path, table: str, column: str
) -> None:
    first = answers(examined(pool, seen, [folder]))
    spoil(seen, table, column)
    assert answers(examined(pool, seen, [folder])) == first
    assert answers(recalled(seen, [folder])) == first

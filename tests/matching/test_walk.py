"""Every file under a path is found or named with a reason, whatever the folder holds."""

import os
import socket
import string
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.matching.walk import FoundFile, Stamp, walk

NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not read")


def codes(found: list[FoundFile]) -> dict[str, str | None]:
    """What became of each path; None for a file that may be read."""
    assert all((one.stamp is None) != (one.refused is None) for one in found)
    return {one.path: None if one.refused is None else one.refused.code for one in found}


@contextmanager
def in_folder(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextmanager
def as_nobody() -> Iterator[None]:
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_files_come_folder_by_folder_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b/2", "b/10", "b/a/x", "a/z", "c", "a0"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [os.path.relpath(one.path, tmp_path) for one in walk([str(tmp_path)])]
    assert found == ["a0", "c", "a/z", "b/10", "b/2", "b/a/x"]


names = st.lists(st.text(string.ascii_letters + "é .-", min_size=1, max_size=4).filter(str.strip), max_size=4)


@settings(max_examples=20, deadline=None)
@given(st.sets(names.filter(bool).map(tuple), max_size=8))
def test_a_walk_finds_just_what_lies_there(
    tmp_path_factory: pytest.TempPathFactory, tree: set[tuple[str, ...]]
) -> None:
    root = tmp_path_factory.mktemp("tree")
    made = set()
    for parts in tree:
        path = root.joinpath(*(part.replace(".", "_") for part in parts))
        if not path.exists() and not any(parent.is_file() for parent in path.parents):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
            made.add(str(path))
    found = list(walk([str(root)]))
    assert sorted(one.path for one in found) == sorted(made)
    assert all(one.stamp == Stamp.of(Path(one.path).stat()) for one in found)


def test_what_is_not_a_file_is_named_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self").symlink_to("self")
    (tmp_path / "link").symlink_to("file")
    with socket.socket(socket.AF_UNIX) as server, in_folder(tmp_path):
        server.bind("socket")
        found = list(walk(["."]))
    assert codes(found) == {"./file": None} | dict.fromkeys(
        ("./pipe", "./loop", "./self", "./link", "./socket"), "media.not_regular"
    )
    words = {one.path: one.refused.message for one in found if one.refused}
    assert words["./pipe"] == "this is a pipe"
    assert words["./socket"] == "this is a socket"
    assert "not followed" in words["./loop"]


def test_a_device_is_named(tmp_path: Path) -> None:
    assert codes(list(walk(["/dev/null", str(tmp_path / "nothing")]))) == {
        "/dev/null": "media.not_regular",
        str(tmp_path / "nothing"): "media.unreadable",
    }


def test_a_link_given_as_a_path_is_followed_once(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(b"x")
    (tmp_path / "folder" / "up").symlink_to("..")
    (tmp_path / "to-folder").symlink_to("folder")
    (tmp_path / "to-file").symlink_to("folder/file")
    (tmp_path / "to-nothing").symlink_to("nothing")
    given = [str(tmp_path / name) for name in ("to-folder", "to-file", "to-nothing")]
    found = list(walk(given))
    assert codes(found) == {
        f"{given[0]}/file": None,
        f"{given[0]}/up": "media.not_regular",
        given[1]: None,
        given[2]: "media.unreadable",
    }
    assert found[2].stamp == Stamp.of((tmp_path / "folder" / "file").stat())


@pytest.mark.parametrize("path", ["", "\0", "a\0b", "x" * 5000])
def test_a_path_that_cannot_be_is_refused(path: str) -> None:
    assert codes(list(walk([path]))) == {path: "media.unreadable"}


def test_names_that_are_not_utf_8_come_as_the_system_has_them(tmp_path: Path) -> None:
    raw = [b"\xff\xfe.jpg", b"new\nline", b"\x1b[31m", b"caf\xe9"]
    for name in raw:
        Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name))).touch()  # noqa: PTH118  # bytes
    found = [os.path.basename(os.fsencode(one.path)) for one in walk([str(tmp_path)])]  # noqa: PTH119  # bytes
    assert sorted(found) == sorted(raw)


@as_root
def test_a_folder_that_may_not_be_read_is_refused_and_the_rest_goes_on(tmp_path: Path) -> None:
    for parent in (tmp_path, *tmp_path.parents[:3]):
        parent.chmod(0o755)
    closed, sealed = tmp_path / "closed", tmp_path / "sealed"
    for folder in (closed, sealed):
        folder.mkdir()
        (folder / "file").touch()
    (tmp_path / "zz").touch()
    closed.chmod(0)
    sealed.chmod(0o444)  # its names may be read, what they are may not
    with as_nobody():
        found = list(walk([str(tmp_path)]))
    assert codes(found) == {
        str(tmp_path / "zz"): None,
        str(closed): "media.unreadable",
        str(sealed / "file"): "media.unreadable",
    }


def test_a_file_that_vanishes_meanwhile_is_refused_or_not_there(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"folder-{number}").mkdir()
        (tmp_path / f"folder-{number}" / "file").touch()
    walking = walk([str(tmp_path)])
    first = next(walking)
    for number in (1, 2):
        (tmp_path / f"folder-{number}" / "file").unlink()
    (tmp_path / "folder-2").rmdir()
    assert codes([first, *walking]) == {
        str(tmp_path / "folder-0" / "file"): None,
        str(tmp_path / "folder-2"): "media.unreadable",
    }


def deep(root: Path, levels: int) -> None:
    """Nest folders called d, deeper than a path can name, with a file in each hundredth."""
    here = os.open(root, os.O_RDONLY)
    for level in range(levels):
        if level % 100 == 0:
            os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=here))
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


def remove_deep(root: Path, levels: int) -> None:
    """What `shutil.rmtree` would recurse too deeply for."""
    with in_folder(root):
        for _ in range(levels):
            os.chdir("d")
        for _ in range(levels):
            Path("file").unlink(missing_ok=True)
            os.chdir("..")
            Path("d").rmdir()


@pytest.mark.slow
def test_2000_folders_in_each_other_are_walked(tmp_path: Path) -> None:
    with in_folder(tmp_path):
        deep(tmp_path, 2000)
        found = list(walk(["."]))
        remove_deep(tmp_path, 2000)
    assert codes(found) == {"./" + "d/" * level + "file": None for level in range(0, 2000, 100)}


@pytest.mark.slow
def test_folders_nested_beyond_what_a_path_can_name_are_refused_aloud(tmp_path: Path) -> None:
    deep(tmp_path, 2500)
    found = list(walk([str(tmp_path)]))
    remove_deep(tmp_path, 2500)
    (refused,) = (one for one in found if one.refused is not None)
    assert refused.refused is not None
    assert refused.refused.code == "media.unreadable"
    assert "too long" in refused.refused.message
    assert len(os.fsencode(refused.path)) >= os.pathconf("/", "PC_PATH_MAX")

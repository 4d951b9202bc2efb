"""`tocsin link`: groups with their evidence, as a table, as JSON and as a page, archives included."""

from pathlib import Path
from typing import Any

import pytest
from support import generator_samples as texts
from support.commands import tocsin
from support.files import write, zip_of
from support.origin_files import every_file

pytestmark = pytest.mark.slow  # starts other processes


def settings(seed: int, lora: str, digest: str) -> bytes:
    line = (
        f"Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: {seed}, Size: 16x12, Model hash: 31e35c80fc, "
        f'Model: common, Lora hashes: "{lora}: {digest}", Version: v1.10.1'
    )
    return texts.png({"parameters": texts.settings_text(line, f"a harbour {seed}")})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pairs that share a LoRA, one file of each in an archive, and others."""
    made = tmp_path_factory.mktemp("linked")
    write(made / "files" / "a1.png", settings(11, "harbour", "00aa11bb22cc"))
    write(made / "files" / "b1.png", settings(21, "meadow", "99ff88ee77dd"))
    inside = {
        "a2.png": settings(12, "harbour", "00aa11bb22cc"),
        "b2.png": settings(22, "meadow", "99ff88ee77dd"),
    }
    write(made / "files" / "more.zip", zip_of(inside))
    write(made / "files" / "plain.png", every_file()["plain.png"])
    return made


def grouped(links: dict[str, Any]) -> list[set[str]]:
    """The files of each group, by their last names."""
    return [
        {str(name).rpartition("/")[2].rpartition(" ")[2] for name in one["files"]} for one in links["groups"]
    ]


def test_files_that_share_a_lora_are_grouped_with_what_it_rests_on(folder: Path) -> None:
    said = tocsin("link", folder / "files", "--json", "--home", folder / "home")
    assert (said.code, said.err) == (0, "")
    (links,) = said.objects
    assert sorted(map(sorted, grouped(links))) == [["a1.png", "a2.png"], ["b1.png", "b2.png"]]
    text = said.out
    assert "00aa11bb22cc" in text
    assert "99ff88ee77dd" in text


def test_a_second_run_recalls_and_says_the_same(folder: Path) -> None:
    first, second = (
        tocsin("link", folder / "files", "--json", "--home", folder / "home").objects for _ in range(2)
    )
    assert first == second


def test_the_words_name_groups_files_and_what_weighs_little(folder: Path) -> None:
    said = tocsin("link", folder / "files", "--home", folder / "home")
    assert said.code == 0
    assert "4 of them in 2 groups" in said.out
    for name in ("a1.png", "member a2.png", "b1.png", "member b2.png"):
        assert name in said.out
    assert "model hash 31e35c80fc: A base model" in said.out  # which all four name
    assert "Signs in pixels were not looked for" in said.out


def test_the_page_stands_alone(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "links.html"
    said = tocsin("link", folder / "files", "--html", page, "--home", folder / "home")
    assert said.code == 0
    assert "Page: " in said.err
    html = page.read_text("utf-8")
    assert "<svg" in html
    assert "00aa11bb22cc" in html
    assert "<script" not in html


def test_the_page_never_takes_the_place_of_a_file_that_is_examined(folder: Path) -> None:
    evidence = folder / "files" / "a1.png"
    before = evidence.read_bytes()
    said = tocsin("link", folder / "files", "--html", evidence, "--home", folder / "home")
    assert said.code == 4
    assert "[replacing.not_ours]" in said.err
    assert said.out == ""
    assert evidence.read_bytes() == before


def test_identical_files_are_told_and_make_no_link(folder: Path, tmp_path: Path) -> None:
    for name in ("one.png", "other.png"):
        write(tmp_path / "files" / name, (folder / "files" / "a1.png").read_bytes())
    (links,) = tocsin("link", tmp_path / "files", "--json", "--home", tmp_path / "home").objects
    assert links["groups"] == []
    (copies,) = links["copies"]
    assert [Path(name).name for name in copies["files"]] == ["one.png", "other.png"]
    assert (links["counts"]["files"], links["counts"]["contents"]) == (2, 1)


def test_signs_in_pixels_link_when_they_are_asked_for(tmp_path: Path) -> None:
    write(tmp_path / "files" / "seen.png", every_file()["demo-automatic1111.png"])
    write(tmp_path / "files" / "hidden.png", every_file()["demo-hidden.png"])
    options = ("--json", "--home", tmp_path / "home")
    (fast,) = tocsin("link", tmp_path / "files", *options).objects
    (deep,) = tocsin("link", tmp_path / "files", "--pixels", *options).objects
    assert grouped(fast) == []
    assert grouped(deep) == [{"seen.png", "hidden.png"}]


def test_what_cannot_be_read_is_told_and_tells_in_the_exit_code(folder: Path, tmp_path: Path) -> None:
    said = tocsin("link", folder / "files", tmp_path / "missing.png", "--home", tmp_path / "home")
    assert said.code == 3
    assert "1 could not be examined in full" in said.err
    assert "missing.png" in said.out


def test_nothing_to_link_is_no_error(tmp_path: Path) -> None:
    write(tmp_path / "files" / "note.txt", b"a note\n")
    said = tocsin("link", tmp_path / "files", "--home", tmp_path / "home")
    assert said.code == 0
    assert "0 groups" in said.out

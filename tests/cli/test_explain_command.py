"""`tocsin explain` and the origin in scans: what is printed, what it leaves with; no prompt gets out."""

import json
import os
import sqlite3
import zlib
from pathlib import Path
from typing import Any, Final

import pytest
from support.commands import Said, tocsin, tocsin_process
from support.files import write, write_raw, zip_of
from support.origin_files import (
    CANARIES,
    NOT_ALL,
    NOTHING,
    UNEXAMINED,
    every_file,
    generated_files,
    shows_prompt,
)

from tocsin.provenance.model import Basis, ForgeCost, Strength, StripCost
from tocsin.provenance.words import BASES, FORGERY, STRENGTHS, STRIPPING

pytestmark = pytest.mark.slow  # starts other processes
KEYS: Final = {
    "path",
    "kind",
    "format",
    "bytes",
    "sha256",
    "refused",
    "derivation",
    "items",
    "contradictions",
    "absent",
    "not_checked",
    "failed",
    "raises",
    "summary",
}
ITEM_KEYS: Final = {
    "rule",
    "direction",
    "strength",
    "forge_cost",
    "strip_cost",
    "found",
    "means",
    "subject",
    "fingerprints",
    "where",
    "reader",
    "caveats",
    "basis",
    "confirmed",
    "source",
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with an empty bank called `known`."""
    assert tocsin("bank", "create", "known", "--home", tmp_path / "home").code == 0
    return tmp_path / "home"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files with signs and without, in two folders."""
    made = tmp_path_factory.mktemp("explained")
    names = ("demo-automatic1111.png", "demo-camera-dressed-up.jpg", "demo-hidden.png", "signed.jpg")
    for name in names:
        write(made / "one" / name, every_file()[name])
    write(made / "two" / "plain.png", every_file()["plain.png"])
    write(made / "two" / "note.txt", b"a note\n")
    return made


def explain(*arguments: str | Path) -> Said:
    return tocsin("explain", *arguments)


def by_name(said: Said) -> dict[str, dict[str, Any]]:
    return {Path(one["path"]).name: one for one in said.objects}


def test_one_object_a_line_with_the_documented_keys(folder: Path) -> None:
    said = explain(folder, "--json")
    assert (said.code, said.err) == (0, "")
    files = by_name(said)
    assert [Path(one["path"]).name for one in said.objects] == [
        "demo-automatic1111.png",
        "demo-camera-dressed-up.jpg",
        "demo-hidden.png",
        "signed.jpg",
        "note.txt",
        "plain.png",
    ]
    for one in files.values():
        assert set(one) == KEYS
        for item in one["items"]:
            assert set(item) == ITEM_KEYS
            assert {"tool", "model", "model_hash"} <= set(item["subject"])
    a1111 = files["demo-automatic1111.png"]
    assert {"denoising", "adapter"} == {sign["kind"] for sign in a1111["derivation"]}
    assert a1111["items"][0]["subject"]["model_hash"] == "31e35c80fc"
    assert files["demo-camera-dressed-up.jpg"]["contradictions"]
    assert "stealth.alpha@1" in {item["rule"] for item in files["demo-hidden.png"]["items"]}
    assert files["plain.png"]["absent"]
    assert files["note.txt"]["not_checked"]


def unwrapped(text: str) -> str:
    """The words in one line, as they were before they were made to fit the terminal."""
    return " ".join(text.split())


def test_the_words_say_first_that_a_person_may_be_depicted_and_why_to_look_sooner(folder: Path) -> None:
    path = folder / "one" / "demo-automatic1111.png"
    said = explain(path)
    (one,) = explain(path, "--json").objects
    assert said.code == 0
    assert "--details" in said.err
    headline, *words = said.out.splitlines()
    assert headline == f"{path}  image, png, {one['bytes']:,} bytes, sha256 {one['sha256']}"
    caveats = dict.fromkeys(caveat for sign in one["derivation"] for caveat in sign["caveats"])
    assert caveats
    sooner = "look sooner: a real person may be depicted"
    expected = [one["summary"], sooner, *(f"mind: {caveat}" for caveat in caveats)]
    assert unwrapped("\n".join(words)) == unwrapped("\n".join(expected))
    assert words[0].strip().startswith("A real person may be depicted")
    assert max(map(len, words)) <= 110


def test_details_tell_each_sign_and_each_caveat_once(folder: Path) -> None:
    path = folder / "one" / "demo-automatic1111.png"
    said = explain(path, "--details")
    (one,) = explain(path, "--json").objects
    assert (said.code, said.err) == (0, "")
    text = unwrapped(said.out)
    assert unwrapped(one["summary"]) in text
    assert text.index("A REAL PERSON MAY BE DEPICTED") < text.index("S3 generated")
    for sign in one["derivation"] + one["items"]:
        assert f"{unwrapped(sign['found'])} [{sign['rule']}]" in text
        assert f"can be forged by {FORGERY[ForgeCost(sign['forge_cost'])]}" in text
        for place in sign["where"]:
            span = f"offset {place['offset']:,}, {place['length']:,} bytes, sha256 {place['sha256'][:16]}"
            assert span in text
        for caveat in sign["caveats"]:
            assert text.count(f"mind: {unwrapped(caveat)}") == 1
    for item in one["items"]:
        assert STRENGTHS[Strength(item["strength"])] in text
        assert f"vanishes {STRIPPING[StripCost(item['strip_cost'])]}; {BASES[Basis(item['basis'])]}" in text
    absent = ", ".join(dict.fromkeys(each["what"] for each in one["absent"]))
    assert f"looked for and not there, which shows nothing: {absent}" in text
    for why in {each["why"] for each in one["not_checked"]}:
        assert text.count(f": {why}") == 1


def test_several_files_end_in_counts(folder: Path) -> None:
    said = explain(folder)
    end = said.out.rpartition("\n\n")[2].splitlines()
    assert end == [
        "signs of origin looked for in 6",
        "  say that something real went in, so a real person may be depicted  3",
        "  signs of a camera  1",
        "  signs of a generator  4",
        "  signs that do not fit together  1",
        "  not read in full  0",
        "  Signs of a generator can be forged, and make nothing less urgent.",
    ]
    assert "signs of origin looked for" not in explain(folder / "two" / "plain.png").out


def test_a_file_that_is_not_looked_at_is_not_said_to_have_no_signs(folder: Path) -> None:
    said = explain(folder / "two" / "note.txt")
    assert said.code == 0
    assert UNEXAMINED in said.out
    assert NOTHING not in said.out
    assert "look sooner" not in said.out


def test_fast_leaves_the_pixels_alone_and_says_so(folder: Path) -> None:
    path = folder / "one" / "demo-hidden.png"
    (deep,) = explain(path, "--json").objects
    (fast,) = explain(path, "--fast", "--json").objects
    assert deep["items"]
    assert not fast["items"]
    assert "the pixels were not asked for" in {one["why"] for one in fast["not_checked"]}
    unchecked = [one["what"] for one in fast["not_checked"] if one["why"] == "the pixels were not asked for"]
    text = unwrapped(explain(path, "--fast", "--details").out)
    assert f"not checked: {', '.join(unchecked)}: the pixels were not asked for" in text
    assert "text hidden in pixels" in unchecked
    assert "Not checked: " in unwrapped(explain(path, "--fast").out)


def test_answers_are_the_same_in_words_as_json_and_as_a_page(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    said = explain(folder / "one", "--html", page, "--json")
    assert said.code == 0
    assert "Page: " in said.err
    html = page.read_text("utf-8")
    words = unwrapped(explain(folder / "one", "--details").out)
    assert "<script" not in html
    for one in said.objects:
        assert Path(one["path"]).name in html
        for item in one["items"]:
            assert item["rule"] in words
            assert item["rule"] in html
        assert one["sha256"] in words


def test_what_cannot_be_examined_is_answered_and_tells_in_the_exit_code(folder: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    cut = write(tmp_path / "cut.png", every_file()["plain.png"][:60])
    told = write(tmp_path / "told.png", every_file()["demo-automatic1111.png"][:-9000])
    plain = folder / "two" / "plain.png"
    for path in (tmp_path / "missing.png", tmp_path / "pipe.png", cut, told):
        said = explain(plain, path, "--json")
        assert said.code == 3
        good, bad = said.objects
        assert not good["failed"]
        assert bad["failed"]
        assert (NOT_ALL if path == told else UNEXAMINED) in bad["summary"]
        assert "unreadable" in {one["reason"] for one in bad["raises"]}
        words = explain(plain, path)
        assert words.code == 3
        assert "  not read in full  1" in words.out.splitlines()
        text = unwrapped(words.out)
        sooner = "a real person may be depicted; " if path == told else ""
        assert f"look sooner: {sooner}not everything could be read" in text
        for failed in bad["failed"]:
            assert f"failed: {failed['reader']}: {unwrapped(failed['reason'])} [{failed['code']}]" in text
    assert "refused" in explain(tmp_path / "missing.png").out


@pytest.mark.parametrize(
    "command",
    [("explain", "--html"), ("link", "--html"), ("scan", "--report"), ("scan", "--explain", "--report")],
)
def test_a_page_never_replaces_a_picture(
    command: tuple[str, ...], folder: Path, home: Path, tmp_path: Path
) -> None:
    evidence = write(tmp_path / "evidence.jpg", every_file()["camera.jpg"])
    for number in range(2):  # also where the scan has nothing left to read
        said = tocsin(command[0], folder, "--home", home, *command[1:], evidence)
        assert said.code == 4
        assert "[replacing.not_ours]" in said.err
        assert Path(evidence).read_bytes() == every_file()["camera.jpg"]
        page = tmp_path / "page.html"
        page_said = tocsin(command[0], folder, "--home", home, *command[1:], page)
        assert page_said.code in {0, 3}, number  # and an earlier page is replaced
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evidence.jpg", "home", "page.html"]


def test_a_link_to_nowhere_among_detectors_stops_nothing(folder: Path, home: Path) -> None:
    (home / "detectors").mkdir()
    (home / "detectors" / "gone").symlink_to("nowhere")
    assert explain(folder, "--home", home).code == 0
    for _ in range(2):
        said = tocsin("scan", folder, "--pixels", "--home", home)
        assert (said.code, "Traceback" in said.err) == (0, False)


def test_standard_input_is_not_read(folder: Path) -> None:
    said = tocsin_process("explain", "-", stdin=(folder / "two" / "plain.png").read_bytes())
    assert said.code == 3
    assert "No such file" in said.out
    assert tocsin_process("explain").code == 2


def test_names_that_are_not_text_and_names_that_would_fool_a_terminal(tmp_path: Path) -> None:
    data = every_file()["plain.png"]
    for name in (b"\xff\xfe.png", b"\x1b[31mred.png", b"new\nline.png"):
        path = write_raw(tmp_path, name, data)
        said = explain(path, "--json")
        (one,) = said.objects
        assert one["path"] == path
        words = explain(path, "--details").out
        assert "\x1b" not in words
        assert sum(".png  image, png" in line for line in words.splitlines()) == 1


def test_more_files_than_are_put_in_order_are_all_answered(tmp_path: Path) -> None:
    for number in range(230):
        write(tmp_path / f"{number:03}.txt", b"%d\n" % number)
    (tmp_path / "link.png").symlink_to("elsewhere")
    said = explain(tmp_path, "--json")
    assert said.code == 3
    assert len(said.objects) == 231
    assert len({one["path"] for one in said.objects}) == 231


# ---- scans -------------------------------------------------------------------------------------------------


def test_a_scan_that_explains_says_the_same(folder: Path, home: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    options = ("--home", home, "--json")
    plain = tocsin("scan", folder, *options)
    scan = tocsin("scan", folder, "--pixels", "--report", report, *options)
    *before, _ = plain.objects
    *contents, last = scan.objects
    assert all("provenance" not in one for one in before)
    explained = by_name(explain(folder, "--json"))
    for one in contents:
        alone = explained[Path(one["path"]).name]
        assert one["provenance"] == {name: alone[name] for name in one["provenance"]}
    for one in contents:
        one.pop("provenance")
    assert sorted(contents, key=lambda one: one["path"]) == sorted(before, key=lambda one: one["path"])
    assert last["counts"]["origin"]["looked_for"] == 6
    assert last["counts"]["origin"]["generated"] == 4
    html = report.read_text("utf-8")
    for name in ("demo-automatic1111.png", "demo-hidden.png", "demo-camera-dressed-up.jpg", "signed.jpg"):
        assert name in html
    assert "generators.a1111@1" in html
    words = tocsin("scan", folder, "--pixels", "--home", home)
    assert "a real person may be depicted" in words.out
    assert "6 unchanged and not read again" in words.out


# ---- prompts -----------------------------------------------------------------------------------------------


def test_no_prompt_gets_out_anywhere(home: Path, tmp_path: Path) -> None:
    """All samples of all generators, all commands, all forms, and what is remembered."""
    prompted = {**generated_files(), **every_file()}
    held = [name for name, data in prompted.items() if any(word.encode() in data for word in CANARIES)]
    assert len(held) > 25  # the others pack it, or write it in two bytes a letter
    for name, data in prompted.items():
        write(tmp_path / "files" / name, data)
    write(tmp_path / "files" / "all.zip", zip_of(prompted))
    pages = [tmp_path / name for name in ("explain.html", "link.html", "report.html")]
    files = tmp_path / "files"
    said = [
        explain(files, "--html", pages[0]),
        explain(files, "--details"),
        explain(files, "--json"),
        explain(files, "--fast", "--json"),
        tocsin("link", files, "--pixels", "--html", pages[1], "--home", home),
        tocsin("link", files, "--pixels", "--json", "--home", home),
        tocsin("scan", files, "--pixels", "--all", "--report", pages[2], "--home", home),
        tocsin("scan", files, "--pixels", "--json", "--home", home),
        tocsin("scan", files, "--fresh", "--explain", "--json", "--home", home),
    ]
    for number, one in enumerate(said):
        assert one.out
        assert not shows_prompt(one.out + one.err), number
    for page in pages:
        assert not shows_prompt(page.read_text("utf-8")), page
    assert not shows_prompt(remembered(home / "seen.db"))
    for file in home.rglob("*"):
        if file.is_file():
            assert not shows_prompt(file.read_bytes().decode("latin-1")), file


def remembered(path: Path) -> str:
    """All answers in the memory of scans."""
    with sqlite3.connect(path) as database:
        rows = [
            *database.execute("SELECT answer FROM file"),
            *database.execute("SELECT answer FROM member"),
        ]
    database.close()
    assert len(rows) > 2 * len(generated_files())
    return json.dumps([json.loads(zlib.decompress(answer)) for (answer,) in rows])

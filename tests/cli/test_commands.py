"""Every command: what it prints, what it leaves with, and how it says what went wrong."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import pytest
from support.commands import PROGRAM, Said, clean_environment, tocsin, tocsin_process
from support.files import small_picture, write, write_raw, zip_of

from tocsin.banks.lists.lines import SetAside
from tocsin.evidence.folder import FOLDER, FolderVault
from tocsin.evidence.keys import Keys
from tocsin.hashing.signals import Dialect, Orientation

pytestmark = pytest.mark.slow  # starts other processes, or syncs often

HASH = "pdq:" + "0f" * 32
BANK_KEYS = {"name", "kind", "radius", "quality_floor", "purpose", "onward_sharing"} | {
    "created",
    "entries",
    "withdrawn",
}
ABOUT = {"kind", "bytes", "sha256", "matches", "suppressed", "compared", "too_plain", "refused"}
MATCH_KEYS = {"bank", "entry", "type", "distance", "radius", "view", "dialect", "orientation", "labels"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with an empty bank called `known`."""
    folder = tmp_path / "home"
    assert tocsin("bank", "create", "known", "--home", folder).code == 0
    return folder


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pictures and a home, `home`, that knows one of them."""
    folder = tmp_path_factory.mktemp("stocked")
    for seed in range(2):
        write(folder / "files" / f"{seed}.jpg", small_picture(seed))
    write(folder / "files" / "cut.jpg", small_picture(0)[:900])
    write(folder / "files" / "pair.zip", zip_of({"copy.jpg": small_picture(0), "note.txt": b"note"}))
    tocsin("bank", "create", "known", "--home", folder / "home")
    done = tocsin(
        "bank", "add", "known", folder / "files" / "0.jpg", "--home", folder / "home", "--label", "s:1:A"
    )
    assert done.code == 0
    return folder


def test_help_names_every_command_and_every_exit_code() -> None:
    said = tocsin("--help")
    assert said.code == 0
    for word in ("bank", "check", "demo", "hash", "match", "scan", "130  interrupted"):
        assert word in said.out
    assert tocsin("--version").out.startswith("tocsin, version ")


# ---- banks


def test_a_bank_is_made_shown_set_and_deleted(tmp_path: Path) -> None:
    home = ("--home", str(tmp_path / "new" / "home"))
    made = tocsin(
        "bank", "create", "a", "--kind", "allow", "--radius", "9", "--purpose", "to test", "--json", *home
    )
    assert made.code == 0
    (bank,) = made.objects
    assert set(bank) == BANK_KEYS
    assert (bank["name"], bank["kind"], bank["radius"], bank["quality_floor"]) == ("a", "allow", 9, 50)
    changed = tocsin("bank", "set", "a", "--quality-floor", "0", "--json", *home)
    assert changed.objects == [bank | {"quality_floor": 0}]
    assert tocsin("bank", "show", "a", "--json", *home).objects == changed.objects
    assert "allow bank, PDQ radius 9, quality floor 0" in tocsin("bank", "list", *home).out
    gone = tocsin("bank", "remove", "a", "--yes", *home)
    assert (gone.code, gone.out) == (0, "")
    listed = tocsin("bank", "list", *home)
    assert (listed.code, listed.out) == (0, "")
    assert "no banks yet" in listed.err


@pytest.mark.slow
@pytest.mark.parametrize(("answer", "code"), [(b"n\n", 4), (b"", 130), (b"y\n", 0)])
def test_deleting_a_bank_asks_first(home: Path, answer: bytes, code: int) -> None:
    assert tocsin_process("bank", "remove", "known", "--home", home, stdin=answer).code == code
    assert len(tocsin("bank", "list", "--json", "--home", home).objects) == (1 if code else 0)


def test_hashes_become_one_entry_that_can_be_withdrawn_and_reinstated(home: Path) -> None:
    given = ("--hash", HASH, "--hash", "md5:" + "AB" * 16, "--home", str(home))
    added = tocsin("bank", "add", "known", *given, "--source", "a list", "--id", "7", "--json")
    (entry,) = added.objects
    assert (added.code, set(entry), entry["new"]) == (0, {"path", "entry", "new", "refused"}, True)
    again = tocsin("bank", "add", "known", *given, "--source", "a list", "--id", "7", "--json").objects[0]
    assert (again["entry"], again["new"]) == (entry["entry"], False)
    number = str(entry["entry"])

    def matches() -> int:
        return tocsin("match", "--hash", "md5:" + "ab" * 16, "--home", home).code

    assert matches() == 1
    assert "1 withdrawn" in tocsin("bank", "withdraw", number, "--reason", "why", "--home", home).err
    assert matches() == 0
    assert "1 reinstated" in tocsin("bank", "reinstate", number, "--home", home).err
    assert matches() == 1


def test_comparing_with_nothing_is_said_beside_the_answer(tmp_path: Path, home: Path) -> None:
    file = write(tmp_path / "a.jpg", small_picture(1))

    def asked(*more: str) -> str:
        said = tocsin("match", "--hash", HASH, "--json", "--home", home, *more)
        assert (said.code, len(said.objects)) == (0, 1)
        return said.err

    nothing = "nothing to compare with: no bank holds an entry to match that is not withdrawn\n"
    assert asked() == nothing
    tocsin("bank", "create", "other", "--kind", "allow", "--home", home)
    tocsin("bank", "add", "other", "--hash", HASH, "--home", home)
    assert asked() == nothing
    said = tocsin("scan", file, "--workers", "1", "--json", "--home", home)
    assert (said.code, said.err, len(said.objects)) == (0, nothing, 2)
    tocsin("bank", "add", "known", "--hash", "pdq:" + "f0" * 32, "--home", home)
    assert asked() == ""
    assert asked("--bank", "other") == nothing.replace("no bank holds", "none of the banks named holds")
    for bank in ("known", "other"):
        tocsin("bank", "remove", bank, "--yes", "--home", home)
    assert asked() == "nothing to compare with: there are no banks; `tocsin bank create NAME` makes one\n"


def test_an_emptied_database_is_no_answer(home: Path) -> None:
    tocsin("bank", "add", "known", "--hash", HASH, "--home", home)
    for path in home.glob("tocsin.db*"):
        path.unlink()
    (home / "tocsin.db").write_bytes(b"")
    for command in (("match", "--hash", HASH), ("bank", "list"), ("bank", "create", "new")):
        said = tocsin(*command, "--home", home)
        assert (said.code, said.out) == (4, "")
        assert "[storage.damaged]" in said.err


def test_a_damaged_memory_of_scans_stops_no_scan(home: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "a.txt", b"known")
    tocsin("bank", "add", "known", file, "--home", home)
    (home / "seen.db").write_bytes(b"damaged" * 1000)
    said = tocsin("scan", file, "--workers", "1", "--home", home)
    assert said.code == 1
    assert said.err.count("scanning goes on without the memory of earlier scans") == 1
    assert "[storage.seen_damaged]" in said.err


def test_how_many_of_the_bad_lines_are_written_is_told(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "list", f"{1:032x}\n".encode() + b"bad\n" * 15)
    command = ("bank", "import", "known", file, "--bad-lines", tmp_path / "bad", "--home", home)
    assert "and 5 more; --bad-lines FILE writes them all" in tocsin(*command).out
    assert len((tmp_path / "bad").read_bytes().splitlines()) == 15
    monkeypatch.setattr(SetAside, "MOST", 12)
    assert "and 5 more; --bad-lines FILE writes the first 12" in tocsin(*command).out
    assert len((tmp_path / "bad").read_bytes().splitlines()) == 12


def test_files_are_banked_and_what_is_refused_is_said(home: Path, tmp_path: Path) -> None:
    good = write(tmp_path / "good.jpg", small_picture(1))
    cut = write(tmp_path / "cut.jpg", small_picture(2)[:900])
    said = tocsin("bank", "add", "known", good, cut, str(tmp_path / "nothing"), "--json", "--home", home)
    assert said.code == 3
    first, second, third = said.objects
    assert (first["path"], first["new"], first["refused"]) == (good, True, None)
    assert second["entry"] is not None  # its digests are known
    assert set(second["refused"]) == {"code", "message", "advice"}
    assert third["entry"] is None


def test_a_list_is_imported_with_its_bad_lines_set_aside_and_exported_again(
    home: Path, tmp_path: Path
) -> None:
    lines = [f"{number:032x}" for number in range(1, 4)]
    listed = write(tmp_path / "list.txt", "\n".join([*lines, "not a hash"]).encode())
    bad = tmp_path / "bad.ndjson"
    said = tocsin(
        "bank", "import", "known", listed, "--type", "md5", "--bad-lines", bad, "--json", "--home", home
    )
    assert said.code == 3
    (report,) = said.objects
    assert set(report) == {"file", "format", "lines", "added", "already_there", "bad", "bad_lines"} | {
        "resumed_from",
        "ignored_columns",
    }
    assert (report["added"], report["bad"]) == (3, 1)
    assert json.loads(bad.read_text("utf-8"))["line"] == 4
    out = tocsin("bank", "export", "known", "--format", "lines", "--type", "md5", "--home", home)
    assert (out.code, out.out.split()) == (0, lines)
    twice = tocsin("bank", "import", "known", listed, "--type", "md5", "--json", "--home", home).objects[0]
    assert (twice["added"], twice["already_there"]) == (0, 3)


@pytest.mark.slow
def test_a_list_comes_from_stdin(home: Path) -> None:
    said = tocsin_process(
        "bank", "import", "known", "-", "--type", "md5", "--home", home, stdin=b"ab" * 16 + b"\n"
    )
    assert said.code == 0
    assert "1 added" in said.out


# ---- hash, match, scan, check


def test_hash_prints_the_documented_object(stocked: Path) -> None:
    names = ("0.jpg", "cut.jpg", "none", "1.jpg")
    said = tocsin("hash", "--json", *(stocked / "files" / name for name in names))
    assert said.code == 3
    assert [Path(one["path"]).name for one in said.objects] == list(names)
    for one in said.objects:
        assert set(one) == {"path", "kind", "bytes", "signals", "refused"}
    assert [one["refused"] is None for one in said.objects] == [True, False, False, True]
    signals = said.objects[0]["signals"]
    assert [one["type"] for one in signals] == ["md5", "sha1", "sha256", "pdq", "pdq"]
    assert [one["dialect"] for one in signals[3:]] == list(Dialect)
    for signal in signals[3:]:
        assert set(signal) == {"type", "value", "quality", "view", "dialect", "orientation"}
        assert len(bytes.fromhex(signal["value"])) == 32
    turned = tocsin("hash", "--json", "--all-orientations", stocked / "files" / "0.jpg").objects[0]["signals"]
    assert {one.get("orientation") for one in turned} == {None, *Orientation}
    assert tocsin("hash", stocked / "files" / "0.jpg").code == 0


def test_match_prints_the_documented_object(stocked: Path) -> None:
    files, home = stocked / "files", stocked / "home"
    said = tocsin("match", "--json", files / "0.jpg", files / "1.jpg", files / "cut.jpg", "--home", home)
    assert said.code == 1
    for one in said.objects:
        assert set(one) == {"path", *ABOUT}
    found = said.objects[0]["matches"]
    for match in found:
        assert set(match) == MATCH_KEYS
        assert match["labels"] == [{"scheme": "s", "version": "1", "code": "A", "author": "", "time": ""}]
    assert [match["type"] for match in found] == ["sha256", "sha1", "md5", "pdq"]
    assert tocsin("match", files / "1.jpg", "--home", home).code == 0
    assert tocsin("match", files / "1.jpg", files / "none", "--home", home).code == 3
    by_hash = tocsin("match", "--hash", HASH, "--bank", "known", "--json", "--home", home)
    assert (by_hash.code, by_hash.objects[0]["path"]) == (0, HASH)


def test_scan_prints_the_documented_objects_and_counts(stocked: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    home = ("--home", str(stocked / "home"))
    said = tocsin("scan", "--json", stocked / "files", "--report", report, "--workers", "1", *home)
    assert said.code == 1
    *found, last = said.objects
    for one in found:
        assert set(one) == {"path", "member", *ABOUT}
    assert {(Path(one["path"]).name, one["member"]) for one in found if one["matches"]} == {
        ("0.jpg", None),
        ("pair.zip", "copy.jpg"),
    }
    counts = last["counts"]
    assert (set(last), counts["contents"], counts["matched"], counts["refused"]) == ({"counts"}, 6, 2, 1)
    assert report.read_text("utf-8").startswith("<!doctype html>")

    again = tocsin("scan", stocked / "files", *home)
    assert (again.code, "6 unchanged and not read again" in again.out) == (1, True)
    assert "1.jpg" not in again.out
    assert "1.jpg" in tocsin("scan", "--all", stocked / "files", *home).out
    assert tocsin("scan", stocked / "files" / "1.jpg", *home).code == 0
    assert tocsin("scan", stocked / "files" / "1.jpg", stocked / "none", *home).code == 3


@pytest.mark.slow
def test_scan_fresh_reads_again(stocked: Path) -> None:
    one = (stocked / "files" / "1.jpg", "--json", "--home", stocked / "home")
    tocsin("scan", *one)
    counts = [tocsin("scan", *one, *more).objects[-1]["counts"] for more in ((), ("--fresh",))]
    assert [count["recalled"] for count in counts] == [1, 0]


@pytest.mark.slow
def test_check_says_that_all_is_well(stocked: Path) -> None:
    said = tocsin("check", "--json", "--home", stocked / "home")
    assert said.code == 0
    (found,) = said.objects
    assert set(found) == {"system", "packages", "formats", "kernels", "limits", "sandbox", "home"}
    assert not [part for part in found.values() if isinstance(part, dict) and part.get("error")]
    assert "checksums right" in tocsin("check", "--home", stocked / "home").out


@pytest.mark.slow
def test_check_says_what_a_home_has_and_no_secret_of_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    tocsin("bank", "create", "known", "--home", home)
    (first,) = [one["id"] for one in tocsin("admin", "key", "list", "--json", "--home", home).objects[:1]]
    tocsin("admin", "key", "rotate", "ledger", "--home", home)
    keys = Keys.open(home)
    (home / "tocsin.toml").write_text("[node]\nwait_seconds = 5.0\n")
    FolderVault(home / FOLDER, keys).put(io.BytesIO(b"content"), sha256(b"content").digest())
    facts = facts_of(home)
    assert facts["database"] == str(home / "tocsin.db")
    assert (facts["vault"], facts["vault_files"]) == (str(home / "vault"), 1)
    assert (facts["ledger_key"], facts["vault_key"]) == (f"{keys.ledger_id} (before: {first})", keys.vault_id)
    assert facts["settings"] == "wait_seconds = 5.0"
    (home / "tocsin.toml").write_text('[node]\nvault = "s3://name:secret@bucket/folder?signature=hidden"\n')
    facts = facts_of(home)
    assert (facts["vault"], facts["settings"]) == ("s3://bucket/folder", "vault = s3://bucket/folder")
    (home / "keys").rename(tmp_path / "kept")
    said = tocsin("check", "--home", home)
    assert said.code == 4
    assert "there are no keys" in said.out


def facts_of(home: Path) -> dict[str, object]:
    """What `tocsin check` says of a home."""
    said = tocsin("check", "--json", "--home", home)
    assert said.code == 0
    found: dict[str, object] = said.objects[0]["home"]
    return found


@pytest.mark.slow
def test_stdin_is_a_path_called_dash(stocked: Path) -> None:
    picture = stocked / "files" / "0.jpg"
    said = tocsin_process("hash", "--json", "-", stdin=picture.read_bytes())
    assert said.code == 0
    assert said.objects == [tocsin("hash", "--json", picture).objects[0] | {"path": "-"}]


@pytest.mark.slow
def test_match_takes_stdin_beside_paths(stocked: Path) -> None:
    picture = stocked / "files" / "0.jpg"
    said = tocsin_process(
        "match",
        "--json",
        stocked / "files" / "1.jpg",
        "-",
        "--home",
        stocked / "home",
        stdin=picture.read_bytes(),
    )
    assert said.code == 1
    assert [bool(one["matches"]) for one in said.objects] == [False, True]


def test_a_closed_stdin_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)  # what Python makes of it
    said = tocsin("hash", "-", "--json")
    assert said.code == 3
    assert said.objects[0]["refused"]["code"] == "media.unreadable"


def test_a_closed_stdin_or_stdout_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    said = tocsin("bank", "import", "known", "-", "--home", home)
    assert (said.code, said.out) == (2, "")
    assert "the standard input is closed" in said.err
    closed = 'exec >&-; exec "$@"'
    done = subprocess.run(
        ["/bin/sh", "-c", closed, "sh", *PROGRAM, "bank", "export", "known", "--home", home],
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment(),
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 2)
    assert "the standard output is closed" in done.stderr


# ---- the home


def test_home_is_taken_from_before_the_command_after_it_or_the_environment(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("bank", "list", "--json")
    assert len(tocsin("--home", home, *asked).objects) == 1
    assert len(tocsin(*asked, "--home", home).objects) == 1
    assert len(tocsin("--home", tmp_path / "other", *asked, "--home", home).objects) == 1
    monkeypatch.setenv("TOCSIN_HOME", str(home))
    assert len(tocsin(*asked).objects) == 1
    monkeypatch.setenv("TOCSIN_HOME", str(tmp_path / "other"))
    assert len(tocsin(*asked, "--home", home).objects) == 1
    assert "storage.no_home" in tocsin(*asked).err


# ---- what goes wrong

ERRORS: list[tuple[Sequence[str], int, str]] = [
    (("match",), 2, "usage"),
    (("bank", "add", "known"), 2, "usage"),
    (("bank", "add", "known", "a", "b", "--id", "1"), 2, "usage"),
    (("bank", "add", "known", "a", "--label", "nonsense"), 2, "usage"),
    (("bank", "show", "nowhere"), 4, "banks.unknown_bank"),
    (("bank", "set", "nowhere", "--radius", "1"), 4, "banks.unknown_bank"),
    (("bank", "remove", "nowhere", "--yes"), 4, "banks.unknown_bank"),
    (("bank", "export", "nowhere"), 4, "banks.unknown_bank"),
    (("bank", "export", "known", "--output", "/nowhere/list"), 4, "system"),
    (("bank", "add", "nowhere", "a"), 4, "banks.unknown_bank"),
    (("bank", "create", "known"), 4, "banks.exists"),
    (("bank", "create", "b", "--radius", "65"), 4, "banks.invalid_policy"),
    (("bank", "create", "b", "--quality-floor", "-1"), 4, "banks.invalid_policy"),
    (("bank", "withdraw", "999"), 4, "banks.unknown_entry"),
    (("bank", "import", "known", "/nowhere/list.csv"), 4, "banks.unreadable_list"),
    (("match", "--hash", "pdq:12"), 4, "hashing.invalid_signal"),
    (("match", "--hash", "nonsense"), 4, "hashing.invalid_signal"),
    (("match", "--hash", "md5:\u0663" * 32), 4, "hashing.invalid_signal"),
    (("match", "--hash", HASH, "--bank", "nowhere"), 4, "banks.unknown_bank"),
    (("scan", ".", "--bank", "nowhere"), 4, "banks.unknown_bank"),
    (("scan", ".", "--report", "/nowhere/report.html"), 4, "matching.report"),
    (("bank", "list", "--home", "/nowhere"), 4, "storage.no_home"),
    (("bank", "create", "b", "--home", "/proc/nowhere"), 4, "storage.access"),
]


def test_a_defect_is_told_in_a_sentence_and_never_says_matched(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(_given: str | None) -> Path:
        message = "two\nlines"
        raise RuntimeError(message)

    monkeypatch.setattr("tocsin.config.home_folder", defect)
    said = tocsin("match", "--hash", HASH, "--home", home)
    assert (said.code, said.out) == (4, "")
    sentence, advice = said.err.splitlines()
    assert sentence.startswith("tocsin: this is a defect of Tocsin: RuntimeError: two")
    assert advice.endswith("[internal]")
    monkeypatch.setenv("TOCSIN_TRACEBACK", "1")
    said = tocsin("match", "--hash", HASH, "--home", home)
    assert said.code == 4
    assert "Traceback (most recent call last)" in said.err


@pytest.mark.parametrize(("arguments", "code", "error"), ERRORS, ids=lambda value: str(value)[:40])
def test_an_error_is_a_sentence_advice_and_a_code_on_stderr(
    home: Path, arguments: Sequence[str], code: int, error: str
) -> None:
    said = tocsin("--home", home, *arguments)
    assert (said.code, said.out) == (code, "")
    lines = said.err.splitlines()
    sentence, advice = (line for line in lines if not line.startswith("nothing to compare with: "))
    assert sentence.startswith("tocsin: ")
    assert advice.startswith("  ")
    assert advice.endswith(f"[{error}]")


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("hash",),
        ("hash", "--nonsense", "a"),
        ("scan", "a", "--workers", "0"),
        ("scan", "a", "--workers", "many"),
        ("bank", "create"),
        ("bank", "create", "b", "--kind", "other"),
        ("bank", "withdraw", "one"),
        ("bank", "withdraw", "9" * 40),
        ("bank", "withdraw", "0"),
        ("bank", "import", "known"),
        ("--home",),
    ],
    ids=" ".join,
)
def test_a_command_that_is_not_understood_leaves_with_2(arguments: Sequence[str]) -> None:
    said = tocsin(*arguments)
    assert (said.code, said.out) == (2, "")
    assert "Error: " in said.err
    assert "Traceback" not in said.err


# ---- names from strangers

ODD = b"\x1b[31m\x1b]0;title\x07\r\n\xff\xe2\x80\xae.jpg"


def lines_without_control_characters(said: Said) -> list[str]:
    for text in (said.out, said.err):
        assert all(c == "\n" or c.isprintable() for c in text)
    return said.out.splitlines()


@pytest.mark.slow
def test_odd_names_are_escaped_on_the_terminal_and_whole_in_json(home: Path, tmp_path: Path) -> None:
    path = write_raw(tmp_path / "files", ODD, small_picture(1))
    home_option = ("--home", str(home))
    said = [
        tocsin("hash", path),
        tocsin("bank", "add", "known", path, *home_option),
        tocsin("match", path, *home_option),
        tocsin("scan", tmp_path / "files", "--all", *home_option),
        tocsin("scan", path, path + "-gone", *home_option, "--report", tmp_path / "\x1b[31m.html"),
    ]
    for one in said:
        assert "\\x1b[31m" in "".join(lines_without_control_characters(one))
    for command in (("hash",), ("match", *home_option), ("scan", *home_option)):
        assert os.fsencode(tocsin(*command, "--json", path).objects[0]["path"]) == os.fsencode(path)


def test_odd_names_of_hashed_files_are_escaped(tmp_path: Path) -> None:
    said = tocsin("hash", write_raw(tmp_path, ODD, b"note"))
    assert "\\x1b[31m" in "".join(lines_without_control_characters(said))


@pytest.mark.slow
def test_odd_names_inside_archives_are_escaped_too(home: Path, tmp_path: Path) -> None:
    write(tmp_path / "files" / "odd.zip", zip_of({"\x1b[31m\u202e": b"content"}))
    said = tocsin("scan", tmp_path / "files", "--all", "--home", home)
    assert any("member \\x1b[31m\\u202e" in line for line in lines_without_control_characters(said))


def test_errors_about_odd_names_are_escaped(home: Path) -> None:
    for arguments in (("bank", "show", "\x1b[31m"), ("bank", "list", "--home", "/nowhere/\x1b[31m")):
        said = tocsin("--home", home, *arguments)
        lines_without_control_characters(said)
        assert "\\x1b[31m" in said.err


@pytest.mark.slow
def test_a_terminal_that_cannot_show_a_letter_gets_an_escape(tmp_path: Path) -> None:
    path = write(tmp_path / "\u5b57.txt", b"note")
    said = tocsin_process("hash", path, environment={"PYTHONIOENCODING": "latin-1"})
    assert (said.code, said.err) == (0, "")
    assert "\\u5b57.txt" in said.out

"""`tocsin ledger` and `tocsin admin key`, and the pages that tell of them."""

import json
import re
import socket
import sqlite3
import subprocess
from pathlib import Path

import pytest
from support.commands import tocsin
from support.evidence import put

from tocsin.cli.exits import BROKEN, FAILED, REFUSED
from tocsin.evidence.folder import FOLDER, FolderVault
from tocsin.evidence.keys import Keys
from tocsin.evidence.ledger import Event
from tocsin.simulators.authorities import TIME_EKU, authority, signer
from tocsin.simulators.time_stamp import time_stamps
from tocsin.storage.home import Home

HOWTO = Path(__file__).resolve().parents[2] / "docs/howto"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a bank, two entries and a content in the vault."""
    folder = tmp_path / "home"
    tocsin("--home", folder, "bank", "create", "known")
    for number in range(2):
        tocsin("--home", folder, "bank", "add", "known", "--hash", f"md5:{number:032x}")
    tocsin("--home", folder, "bank", "withdraw", "1", "--reason", "a landscape", "--home", folder)
    put(FolderVault(folder / FOLDER, Keys.open(folder)), b"content")
    return folder


def database(home: Path, statement: str, *values: int | str) -> None:
    connection = sqlite3.connect(home / "tocsin.db")
    connection.execute(statement, values)
    connection.commit()
    connection.close()


def test_what_was_done_is_shown(home: Path) -> None:
    shown = tocsin("--home", home, "ledger", "show")
    kinds = [line.split()[4] for line in shown.out.splitlines()]
    assert kinds == ["key.introduced", "bank.created", "entries.added", "entries.added", "entry.withdrawn"]
    assert all(" local:" in line for line in shown.out.splitlines()[1:])
    (row,) = tocsin("--home", home, "ledger", "show", "--subject", "entry:1", "--json").objects
    assert json.loads(row["detail"]) == {"bank": "known", "reason": "a landscape"}
    assert len(tocsin("--home", home, "ledger", "show", "--after", "3", "--limit", "1").out.splitlines()) == 1


def test_a_whole_home_is_verified(home: Path) -> None:
    done = tocsin("--home", home, "ledger", "verify")
    assert (done.code, done.out) == (0, "")
    assert done.err == "5 rows, 0 signed heads, 1 files: all whole\n"


def test_a_home_in_which_nothing_was_done_is_whole(tmp_path: Path) -> None:
    Home.open(tmp_path, create=True).close()
    assert tocsin("--home", tmp_path, "ledger", "verify").code == 0
    assert "nothing was done" in tocsin("--home", tmp_path, "ledger", "sign").err
    assert tocsin("--home", tmp_path, "ledger", "show").out == ""


def test_an_altered_row_is_named(home: Path) -> None:
    database(home, "UPDATE ledger SET actor = 'local:other' WHERE number = 3")
    done = tocsin("--home", home, "ledger", "verify")
    assert done.code == BROKEN
    assert done.out.startswith("row 3: ")
    (told,) = tocsin("--home", home, "ledger", "verify", "--json").objects
    assert told["what"] == "row 3"


def test_damaged_and_missing_files_of_the_vault_are_named(home: Path) -> None:
    (path,) = (home / FOLDER).glob("*/*.age")
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    done = tocsin("--home", home, "ledger", "verify")
    assert (done.code, done.out.split(":")[0]) == (BROKEN, f"file {path.stem}")
    assert tocsin("--home", home, "ledger", "verify", "--no-vault").code == 0
    path.unlink()
    insert = "INSERT INTO content (id, sha256, size, received) VALUES (1, unhex(?), 7, 0)"
    database(home, insert.replace("unhex(?)", f"x'{path.stem}'"))
    done = tocsin("--home", home, "ledger", "verify")
    assert (done.code, done.out) == (BROKEN, f"file {path.stem}: the vault does not hold it\n")


def test_submissions_and_the_ledger_must_agree(home: Path) -> None:
    database(home, "INSERT INTO content (id, sha256, size, received) VALUES (1, x'00', 7, 0)")
    insert = """INSERT INTO submission (id, content_id, received, submitter, platform, account, url, context)
        VALUES (?, 1, 0, 'token:x', '', '', '', '{}')"""
    database(home, insert, "hidden")
    with Home.open(home) as store:
        store.ledger.append(Event("submission.received", "token:x", "submission:gone"))
    done = tocsin("--home", home, "ledger", "verify", "--no-vault")
    assert done.code == BROKEN
    assert [line.split(":")[0] for line in done.out.splitlines()] == ["submission hidden", "submission gone"]


def test_an_export_is_verified_without_the_home(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "ledger.ndjson"
    exported = tocsin("--home", home, "ledger", "export", file)
    assert exported.out.startswith("5 rows and 1 signed heads\n")
    fingerprint = re.findall(r"[0-9a-f]{64}", exported.out)[0]
    done = tocsin("--home", tmp_path / "none", "ledger", "verify", file, "--fingerprint", fingerprint)
    assert (done.code, done.out, done.err) == (0, "", "5 rows, 1 signed heads: all whole\n")
    other = tocsin("ledger", "verify", file, "--fingerprint", "0" * 64)
    assert (other.code, other.out.split(":")[0]) == (BROKEN, "row 1")
    assert fingerprint in tocsin("ledger", "verify", file).err
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-2]))
    cut = tocsin("ledger", "verify", file)
    assert (cut.code, cut.out.split(":")[0]) == (BROKEN, "row 5")


@pytest.mark.parametrize("fingerprint", ["0", "x" * 64, ""])
def test_a_fingerprint_that_is_none_is_not_understood(home: Path, tmp_path: Path, fingerprint: str) -> None:
    file = tmp_path / "ledger.ndjson"
    tocsin("--home", home, "ledger", "export", file)
    assert tocsin("ledger", "verify", file, "--fingerprint", fingerprint).code == 2
    assert tocsin("--home", home, "ledger", "verify", "--fingerprint", fingerprint).code == 2


def test_what_is_no_export_could_not_be_verified(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("nonsense\n")
    assert tocsin("ledger", "verify", file).code == 4


def test_a_head_is_signed_and_stamped(home: Path, tmp_path: Path) -> None:
    root = authority("Time Root")
    (tmp_path / "roots.pem").write_text(root.pem)
    (unstamped,) = tocsin("--home", home, "ledger", "sign", "--json").objects
    assert unstamped["time_stamp"] is None
    with time_stamps(signer(root, "Time Stamper", eku=TIME_EKU)) as url:
        roots = tmp_path / "roots.pem"
        stamped = tocsin("--home", home, "ledger", "sign", "--authority", url, "--roots", roots)
    assert stamped.out.endswith("  time-stamped\n")
    failed = tocsin("--home", home, "ledger", "sign", "--authority", "ftp://nowhere")
    assert failed.code == 0
    verified = tocsin("--home", home, "ledger", "verify", "--roots", roots)
    assert (verified.code, verified.err) == (
        0,
        "5 rows, 1 signed heads (1 time-stamped), 1 files: all whole\n",
    )
    (tmp_path / "others.pem").write_text(authority("Another Root").pem)
    distrusted = tocsin("--home", home, "ledger", "verify", "--roots", tmp_path / "others.pem")
    assert (distrusted.code, distrusted.out.split(":")[0]) == (BROKEN, "head 5")


def test_an_authority_that_does_not_answer_is_told_and_the_head_is_signed(home: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        done = tocsin("--home", home, "ledger", "sign", "--authority", url)
    assert done.code == REFUSED
    assert done.out.startswith("row 5 ")
    assert "signed, but not time-stamped: the authority does not answer" in done.err
    assert "1 signed heads" in tocsin("--home", home, "ledger", "verify").err


def test_a_home_without_its_keys_is_not_called_broken(home: Path, tmp_path: Path) -> None:
    exported = tocsin("--home", home, "ledger", "export", tmp_path / "exported")
    fingerprint = exported.out.split()[-1]
    (home / "keys").rename(tmp_path / "kept")
    done = tocsin("--home", home, "ledger", "verify")
    assert done.code == FAILED
    assert "this home has no keys: put the old home's `keys` folder here, or give --fingerprint" in done.err
    done = tocsin("--home", home, "ledger", "verify", "--fingerprint", fingerprint)
    assert (done.code, done.out) == (0, "")
    assert "neither the vault" in done.err
    done = tocsin("--home", home, "ledger", "verify", "--fingerprint", "0" * 64)
    assert (done.code, done.out) == (BROKEN, "row 1: it introduces a key that is not the one given\n")
    (tmp_path / "kept").rename(home / "keys")
    done = tocsin("--home", home, "ledger", "verify", "--fingerprint", fingerprint)
    assert (done.code, done.err) == (0, "5 rows, 1 signed heads, 1 files: all whole\n")


def test_keys_rotate_and_everything_stays_whole(home: Path) -> None:
    before = tocsin("--home", home, "admin", "key", "list", "--json").objects
    for kind in ("ledger", "vault"):
        assert tocsin("--home", home, "admin", "key", "rotate", kind).code == 0
    after = tocsin("--home", home, "admin", "key", "list", "--json").objects
    old = {one["id"] for one in before}
    assert {one["id"] for one in after if not one["current"]} == old
    assert not old & {one["id"] for one in after if one["current"]}
    assert tocsin("--home", home, "admin", "key", "reencrypt").out.startswith("1 files")
    assert tocsin("--home", home, "admin", "key", "reencrypt").out.startswith("0 files")
    assert tocsin("--home", home, "ledger", "verify").code == 0
    kinds = [row["kind"] for row in tocsin("--home", home, "ledger", "show", "--json").objects]
    assert kinds[-4:] == ["key.introduced", "key.rotated", "key.rotated", "vault.reencrypted"]


@pytest.mark.slow  # starts a dozen commands
@pytest.mark.parametrize("page", ["verify-the-ledger.md", "rotate-keys.md"])
def test_the_pages_do_what_they_say(home: Path, tmp_path: Path, page: str) -> None:
    import os  # noqa: PLC0415  # only here
    import sys  # noqa: PLC0415

    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "TOCSIN_HOME": str(home), "PATH": path}
    for block in re.findall(r"^```console\n(.*?)^```$", (HOWTO / page).read_text(), re.DOTALL | re.MULTILINE):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, said = step.partition("\n")
            done = subprocess.run(
                ["/bin/bash", "-c", f"{command} 2>&1"],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout
            parts = map(re.escape, said.split("..."))
            assert not said or re.fullmatch(".*".join(parts), done.stdout, re.DOTALL), done.stdout

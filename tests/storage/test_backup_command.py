"""`tocsin admin backup` and `tocsin admin restore`."""

import io
from hashlib import sha256
from pathlib import Path

import pytest
from support.commands import tocsin

from tocsin.evidence.folder import FolderVault
from tocsin.evidence.keys import Keys
from tocsin.intake.model import NewSubmission
from tocsin.storage.home import Home
from tocsin.storage.submissions import SubmissionStore


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    with Home.open(folder, create=True) as store:
        vault = FolderVault(folder / "vault", Keys.open(folder, create=True))
        content = b"harmless"
        vault.put(io.BytesIO(content), sha256(content).digest())
        SubmissionStore(store.database).add(NewSubmission(sha256(content).digest(), 8, "token:uploads"))
    return folder


def kinds(folder: Path) -> list[str]:
    with Home.open(folder) as store:
        return [row.kind for row in store.ledger.rows()]


def test_a_backup_is_made_checked_and_restored(home: Path, tmp_path: Path) -> None:
    made = tocsin("admin", "backup", tmp_path / "backup", "--with-keys", "--json", "--home", home)
    assert (made.code, made.err) == (0, "")
    assert (made.objects[0]["contents"], made.objects[0]["keys"]) == (1, True)
    checked = tocsin("admin", "restore", tmp_path / "backup", "--check")
    assert (checked.code, "is whole" in checked.out) == (0, True)
    new = tmp_path / "new"
    done = tocsin("admin", "restore", tmp_path / "backup", "--home", new, "--json")
    assert (done.code, done.err, done.objects[0]["restored"]) == (0, "", True)
    assert kinds(home)[-1] == "backup.made"
    assert kinds(new)[-1] == "home.restored"


def test_who_leaves_the_keys_out_is_told_what_that_means(home: Path, tmp_path: Path) -> None:
    made = tocsin("admin", "backup", tmp_path / "backup", "--home", home)
    assert made.code == 0
    assert "Without them the vault cannot be read" in made.err
    done = tocsin("admin", "restore", tmp_path / "backup", "--home", tmp_path / "new")
    assert done.code == 0
    assert "put the folder `keys` of the old home into the new one" in done.err
    assert not (tmp_path / "new" / "keys").exists()


def test_contents_that_are_missing_are_said_and_change_the_exit_code(home: Path, tmp_path: Path) -> None:
    next((home / "vault").rglob("*.age")).unlink()
    made = tocsin("admin", "backup", tmp_path / "backup", "--home", home)
    assert made.code == 3
    assert "1 contents that the database names are not in the vault" in made.err


def test_what_cannot_be_done_is_said_with_its_code(home: Path, tmp_path: Path) -> None:
    nothing = tocsin("admin", "restore", tmp_path / "backup", "--home", tmp_path / "new")
    assert (nothing.code, "[backup.none]" in nothing.err) == (4, True)
    assert not (tmp_path / "new").exists()
    inside = tocsin("admin", "backup", home / "backup", "--home", home)
    assert (inside.code, "[backup.folder]" in inside.err) == (4, True)
    absent = tocsin("admin", "backup", tmp_path / "backup", "--home", tmp_path / "nowhere")
    assert (absent.code, "[storage.no_home]" in absent.err) == (4, True)

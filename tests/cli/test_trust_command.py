"""`tocsin trust`: what it prints, and what it leaves with."""

from pathlib import Path

import pytest
from support.commands import tocsin

from tocsin.simulators.authorities import authority


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """A list of two authorities."""
    path = tmp_path / "authorities.pem"
    path.write_text(authority("First").pem + authority("Second").pem)
    return path


def test_lists_are_imported_listed_and_removed(tmp_path: Path, listed: Path) -> None:
    home = tmp_path / "home"
    said = tocsin("trust", "list", "--home", home)
    assert (said.code, said.out) == (0, "")
    assert "no signer is trusted" in said.err
    said = tocsin("trust", "import", "c2pa", listed, "--note", "from a friend", "--home", home)
    assert (said.code, said.err) == (0, "")
    assert "c2pa list with 2 certificates, the first to expire on " in said.out
    listed.write_text(authority("Third").pem)
    said = tocsin("trust", "import", "c2pa", listed, "--home", home)
    assert (said.code, said.out) == (4, "")
    assert "2 of the 2 certificates of the list c2pa would go" in said.err
    said = tocsin("trust", "import", "c2pa", listed, "--yes", "--note", "from them", "--home", home)
    assert "replaced: 1 added, 2 removed" in said.out
    said = tocsin("trust", "import", "tsa", listed, "--home", home)
    assert "imported already as the c2pa list c2pa" in said.err
    said = tocsin("trust", "list", "--home", home)
    heading, row, about = said.out.splitlines()
    assert about.strip() == f"c2pa is from the file {listed.name}: from them"
    assert heading.split()[:3] == ["kind", "name", "entries"]
    assert row.split()[:3] == ["c2pa", "c2pa", "1"]
    assert said.err == ""
    said = tocsin("trust", "remove", "c2pa", "--home", home)
    assert "removed c2pa list c2pa with 1 certificate" in said.err
    assert tocsin("trust", "remove", "c2pa", "--home", home).code == 4


def test_it_speaks_json(tmp_path: Path, listed: Path) -> None:
    subject = ("--subject", "O=Example Ltd,organizationIdentifier=NTRGB-1")
    home = ("--home", str(tmp_path / "home"), "--json")
    (done,) = tocsin("trust", "import", "legacy", listed, *subject, *home).objects
    assert done["pins"] == [["Example Ltd", "NTRGB-1"]]
    assert (done["replaced"], done["added"], done["removed"], done["warnings"]) == (False, 2, 0, [])
    (note,) = tocsin("trust", "list", *home).objects
    assert note == {
        key: value for key, value in done.items() if key not in {"replaced", "added", "removed", "warnings"}
    }
    assert set(note) == {
        "kind",
        "name",
        "source",
        "note",
        "sha256",
        "imported",
        "count",
        "earliest_expiry",
        "pins",
        "ekus",
    }


def test_pinned_subjects_are_listed(tmp_path: Path, listed: Path) -> None:
    home = ("--home", tmp_path / "home")
    tocsin("trust", "import", "legacy", listed, "--subject", "O=Example Ltd", *home)
    assert "authorities counts for O=Example Ltd" in tocsin("trust", "list", *home).out


def test_expired_authorities_are_told(tmp_path: Path) -> None:
    path = tmp_path / "old.pem"
    path.write_text(authority(days=(-9, -1)).pem)
    said = tocsin("trust", "import", "tsa", path, "--home", tmp_path / "home")
    assert said.code == 0
    assert "warning: 1 certificate has expired" in said.err


def test_what_cannot_be_done_comes_with_advice(tmp_path: Path, listed: Path) -> None:
    home = ("--home", tmp_path / "home")
    said = tocsin("trust", "import", "legacy", listed, *home)
    assert (said.code, said.out) == (4, "")
    assert "needs at least one subject" in said.err
    assert "[provenance.trust.subject]" in said.err
    assert tocsin("trust", "import", "c2pa", tmp_path / "nowhere.pem", *home).code == 4
    assert tocsin("trust", "import", "anything", listed, *home).code == 2
    assert not (tmp_path / "home").exists()

"""`tocsin holds` as it is typed."""

from pathlib import Path

import pytest
from support.commands import tocsin

from tocsin.storage.home import Home

A = "aa" * 32
LETTER = ("set", "us.2703f_letter", "7", A, "--time", "2026-11-20T10:00:00Z", "--reason", "letter 17")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with Home.open(tmp_path / "home", create=True) as made:
        return made.folder


def test_a_hold_is_set_extended_and_shown(home: Path) -> None:
    said = tocsin("--home", home, "holds", *LETTER)
    assert said.code == 0
    assert "us.2703f_letter  until 2027-02-18 10:00  case 7  1 content" in said.out
    assert "until 2027-05-19" in tocsin("--home", home, "holds", "extend", "1", "--reason", "letter 18").out
    told = tocsin("--home", home, "holds", "show", "1").out
    assert "content: until 2027-05-19 10:00 (us.2703f; then release)" in told
    assert "renewed" in told
    assert A in told
    assert tocsin("--home", home, "holds", "list", "--case", "7", "--json").objects[0]["renewals"] == 1
    assert tocsin("--home", home, "holds", "list", "--content", A, "--json").objects[0]["number"] == 1
    assert tocsin("--home", home, "holds", "list", "--ending", "0", "--json").objects == []
    assert tocsin("--home", home, "holds", "list", "--unclear", "--json").objects == []
    assert tocsin("--home", home, "ledger", "verify").code == 0


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("set", "own.event", *LETTER[2:]), "no retention rule knows the event 'own.event'"),
        (("set", "us.2703f_letter", "7", "abc", *LETTER[4:]), "is no SHA-256"),
        (("show", "9"), "there is no hold number 9"),
        (("list", "--unclear", "--case", "7"), "give one of"),
    ],
)
def test_what_cannot_be_done_is_said(home: Path, words: tuple[str, ...], why: str) -> None:
    said = tocsin("--home", home, "holds", *words)
    assert said.code != 0
    assert why in said.err


def test_nothing_here_releases_or_destroys(home: Path) -> None:
    for words in (("release", "1", "--reason", "x"), ("destroy", A)):
        assert tocsin("--home", home, "holds", *words).code == 2
    assert "There are none" in tocsin("--home", home, "holds", "destroyed").err

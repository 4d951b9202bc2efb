"""`tocsin law`: what it prints, and what it leaves with."""

import re
from pathlib import Path

import pytest
from support.commands import Said, tocsin

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def law(home: Path, *arguments: str) -> Said:
    said = tocsin("law", *arguments, "--home", home)
    assert not home.exists()
    return said


def test_packs_say_who_reviewed_them(home: Path) -> None:
    said = law(home, "packs")
    assert said.code == 0
    assert "uk  United Kingdom, version 2026-11-23, not reviewed by a lawyer (shipped)" in said.out
    assert (
        "  ca.mra.4  Data after notification, as Bill C-16 has it (version 2, in force from a day not known)"
        in (said.out)
    )


def test_a_rule_is_shown_in_all_its_versions(home: Path) -> None:
    said = law(home, "show", "us.2258A.h")
    assert said.out.count("us.2258A.h  ") == 2
    assert "  keep: 90 days\n" in said.out
    assert "  keep: 1 year\n" in said.out
    said = law(home, "show", "us.2259")
    assert (said.code, said.out) == (4, "")
    assert "there is no rule, duty or retention rule 'us.2259'" in said.err


def test_deriving(home: Path) -> None:
    said = law(home, "derive", "--fact", "photorealistic=yes", "--age", "7-10", "--code", "iwf:2024:A")
    assert said.code == 0
    assert "uk.pca1978.s1  Indecent photograph or pseudo-photograph of a child: yes" in said.out
    assert "  because: photorealistic is yes, age is 7-10, severity:iwf:2024 is A\n" in said.out
    assert "  missing: real_child, severity:ncmec:2025\n" in said.out
    assert "a lawyer or the authority decides" in said.err
    earlier = law(home, "derive", "--on", "2026-04-06", "--json").objects
    later = law(home, "derive", "--on", "2026-04-07", "--json").objects
    assert {one["rule"] for one in later} - {one["rule"] for one in earlier} == {"uk.osa66.priority1"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--fact", "illegal=yes"), "there is no fact 'illegal'; there are present_danger, "),
        (("--fact", "real_child"), "a fact is yes, no or undetermined, not ''"),
        (("--fact", "drawing=yes", "--fact", "drawing=no"), "drawing is given twice"),
        (("--age", "5"), "there is no age band '5'"),
        (("--code", "iwf:2024:A", "--code", "iwf:2024:B"), "two codes of the scheme iwf:2024"),
        (("--on", "today"), "'today' is no date"),
    ],
)
def test_what_is_not_understood(home: Path, arguments: tuple[str, ...], message: str) -> None:
    said = law(home, "derive", *arguments)
    assert (said.code, said.out) == (2, "")
    assert message in said.err


def test_a_code_of_no_scheme(home: Path) -> None:
    said = law(home, "derive", "--code", "A")
    assert said.code == 4
    assert "[law.unknown_scheme]" in said.err


def test_duties_and_how_long(home: Path) -> None:
    said = law(home, "duties", "--received", "2026-11-23T09:30:00+01:00")
    assert "  within 48 hours of a valid request: due 2026-11-25T08:30:00+00:00\n" in said.out
    assert "  immediately: due 2026-11-23T08:30:00+00:00\n" in said.out
    assert "  as soon as reasonably possible\n" in said.out
    assert "  reference from uk.nca_report_sent: keep 5 years; then purge\n" in said.out
    assert "uk.osa66" not in law(home, "duties", "--on", "2026-04-06").out
    for arguments in (
        ("--received", "2026-11-23T09:30:00"),
        ("--received", "now"),
        ("--received", "2026-11-23T09:30:00Z", "--on", "2026-11-23"),
    ):
        assert law(home, "duties", *arguments).code == 2


def test_schemes_and_steps_between_them(home: Path) -> None:
    said = law(home, "schemes")
    assert "iwf:2024  UK categories, as the Internet Watch Foundation grades: A, B, C, prohibited" in said.out
    assert "iwf -> vics-us: no, VICS 3 is computer graphics and animation" in said.out


def test_objects_are_as_documented(home: Path) -> None:
    page = (ROOT / "docs/reference/json-law.md").read_text("utf-8")
    shapes = {
        section.splitlines()[0]: set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))
        for section in page.split("\n## ")[1:]
    }

    printed = [
        one
        for arguments in (("show", "us.1466A"), ("duties",), ("schemes",))
        for one in law(home, *arguments, "--json").objects
    ]
    for one in printed:
        shape = {"retention": "retention rule"}.get(one["kind"], one["kind"])
        assert set(one) == shapes[shape]
    assert {one["kind"] for one in printed} == {
        "rule",
        "duty",
        "retention",
        "satisfaction",
        "scheme",
        "crosswalk",
    }
    assert set(law(home, "show", "us.tida", "--json").objects[0]) == shapes["duty"] - {"due"}
    for shape, command in (("pack", "packs"), ("status", "derive")):
        assert all(set(one) == shapes[shape] for one in law(home, command, "--json").objects)

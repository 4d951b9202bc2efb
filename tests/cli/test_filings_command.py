"""`tocsin filings`: what it lists and shows, and that its objects are as documented."""

import re
from pathlib import Path

import pytest
from support.commands import Said, tocsin
from support.filing_pages import cybertip, filing_console, reported_case, state, until

from tocsin.access.model import Principal, permissions_of
from tocsin.filing.model import State

ROOT = Path(__file__).parents[2]
RITA = Principal("person:rita", permissions_of(["reporter", "reviewer"]))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one finished filing, and a decided case without one."""
    folder = tmp_path_factory.mktemp("filings") / "home"
    with filing_console(folder) as opened, cybertip(opened):
        reporting = opened.node.reporting
        case = reported_case(opened, b"a text that was reported")
        filing = reporting.drafting.draft(RITA, case, "u-17")
        assert not reporting.drafting.check(RITA, filing.number, filing.revision)
        reporting.outbox.confirm(RITA, filing.number, filing.revision)
        until(lambda: state(opened, filing.number) is State.FINISHED)
        reported_case(opened, b"another text", account={"id": "u-18"}, url="https://forum.example/posts/18")
    return folder


def filings(home: Path, *arguments: str) -> Said:
    return tocsin("filings", *arguments, "--home", home)


def test_filings_and_what_is_to_be_drafted_are_listed(home: Path) -> None:
    assert re.match(
        r" +1  finished  ncmec, report  case \d+, u-17 \(forum\.example\)  report \d+  simulator: a test\n$",
        filings(home, "list").out,
    )
    assert filings(home, "list", "--state", "stopped").err == "There are none.\n"
    assert re.fullmatch(
        r"case \d+  u-18 \(forum\.example\)  decided \S+ \S+\n", filings(home, "to-draft").out
    )


def test_a_filing_is_shown_with_what_is_missing_and_every_request(home: Path) -> None:
    said = filings(home, "show", "1").out
    assert re.search(r"^  missing, would help (high|some|little): ", said, re.MULTILINE)
    steps = re.findall(r"^  \S+ \S+  (\w+)(?: 1)?: 200  \S+$", said, re.MULTILINE)
    assert steps == ["submit", "upload", "fileinfo", "finish"]
    assert "<reportDoneResponse>" in filings(home, "receipt", "1").out
    assert filings(home, "xml", "1").out.startswith("<?xml")
    unknown = filings(home, "receipt", "2")
    assert (unknown.code, "[filing.unknown]" in unknown.err) == (4, True)


def test_objects_are_as_documented(home: Path) -> None:
    page = (ROOT / "docs/reference/json-filings.md").read_text("utf-8")
    shapes = {
        section.splitlines()[0]: set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))
        for section in page.split("\n## ")[1:]
    }
    (whole,) = filings(home, "show", "1", "--json").objects
    (listed,) = filings(home, "list", "--json").objects
    printed = {
        "filing": [listed],
        "to draft": filings(home, "to-draft", "--json").objects,
        "draft": [whole["draft"]],
        "timeline": [whole["timeline"]],
        "receipt": filings(home, "receipt", "1", "--json").objects,
        "duty": filings(home, "duties", str(listed["case"]), "--json").objects,
    }
    assert {name: set(objects[0]) for name, objects in printed.items()} == shapes
    assert set(whole) == shapes["filing"] | {"draft", "missing", "timeline"}
    assert whole["timeline"]["receipt"] == printed["receipt"][0]

"""The report as a file: whole or not at all, and made of nothing that a stranger's name could bend."""

import json
from pathlib import Path

import pytest
from support.known import MemoryItems, pdq

from tocsin import __version__
from tocsin.banks.model import Policy
from tocsin.content.model import Content
from tocsin.errors import Refusal
from tocsin.matching.counts import ScanCounts
from tocsin.matching.matches import Matcher
from tocsin.matching.report import MARK, ReportError, ReportWriter
from tocsin.matching.scan import Scanned
from tocsin.replacing import TargetError, check_target


def scanned(path: str, *, known: bool = False, refused: bool = False, member: str | None = None) -> Scanned:
    items = MemoryItems({"known": Policy()})
    items.add("known", 1, [pdq(1)])
    signals = (pdq(1),) if known else ()
    refusal = Refusal("media.corrupt", "broken", "mend it") if refused else None
    content = Content("image", 5, signals, refusal, "png", b"\x89PNG")
    return Scanned(path, member, content, Matcher(items).match(signals), recalled=False)


def write(target: Path, found: list[Scanned], paths: tuple[str, ...] = ("files",)) -> str:
    counts = ScanCounts()
    with ReportWriter(target) as writer:
        for one in found:
            counts.add(one)
            writer.add(one)
        writer.write(paths, counts)
    return target.read_text("utf-8")


def data(text: str) -> list[dict[str, object]]:
    items: list[dict[str, object]] = json.loads(text.split('id="data">')[1].split("</script>", maxsplit=1)[0])
    return items


def test_it_lists_what_there_is_to_look_at(tmp_path: Path) -> None:
    found = [
        scanned("a", known=True),
        scanned("b"),
        scanned("c", refused=True),
        scanned("z", known=True, member="m"),
    ]
    listed = data(write(tmp_path / "report.html", found))
    assert [(one["path"], one["member"], one["state"]) for one in listed] == [
        ("a", None, "match"),
        ("c", None, "refused"),
        ("z", "m", "match"),
    ]
    assert [one["original"] is None for one in listed] == [False, False, True]


def test_nothing_found_is_a_report_too(tmp_path: Path) -> None:
    assert data(write(tmp_path / "report.html", [])) == []


@pytest.mark.parametrize(
    "name", [MARK, f"/{MARK}/", "</script>", "{{ 7 * 7 }}", "{% raw %}", "\u2028", "\udcff", "\x1b"]
)
def test_no_name_bends_the_page(tmp_path: Path, name: str) -> None:
    plain = write(tmp_path / "plain.html", [scanned("name", known=True)], ("name",))
    odd = write(tmp_path / "odd.html", [scanned(name, known=True)], (name,))
    assert odd.count("<script") == plain.count("<script") == 2
    assert len(data(odd)) == 1
    assert "\x1b" not in odd


def test_an_earlier_report_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    earlier = write(target, [scanned("a", known=True)])
    with ReportWriter(target) as writer:  # a scan that fails never comes to `write`
        writer.add(scanned("a", known=True))
    assert target.read_text("utf-8") == earlier
    assert data(write(target, [])) == []
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_folder_that_is_not_there_is_known_before_the_scan(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="nowhere"):
        ReportWriter(tmp_path / "nowhere" / "report.html")


def test_what_is_no_report_is_not_replaced_also_if_it_comes_while_the_scan_runs(tmp_path: Path) -> None:
    target = tmp_path / "photo.jpg"
    target.write_bytes(b"\xff\xd8 evidence")
    with pytest.raises(TargetError, match=r"photo\.jpg"):
        ReportWriter(target)
    later = tmp_path / "report.html"
    with ReportWriter(later) as writer:
        later.write_text("somebody's notes", encoding="utf-8")
        with pytest.raises(TargetError):
            writer.write(["files"], ScanCounts())
    assert target.read_bytes() == b"\xff\xd8 evidence"
    assert later.read_text("utf-8") == "somebody's notes"


def test_each_report_says_that_it_is_one(tmp_path: Path) -> None:
    text = write(tmp_path / "report.html", [])
    assert f'<meta name="generator" content="Tocsin {__version__}">' in text
    check_target(tmp_path / "report.html")


def test_a_place_that_is_taken_by_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(ReportError), ReportWriter(tmp_path / "taken") as writer:
        writer.write(["files"], ScanCounts())
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]

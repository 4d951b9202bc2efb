"""The pages: everything is on them, strangers' text does nothing there, and there is never half a page."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.explained import HOSTILE, Pair, full_answer, item, link_files, place, rule, sharing

from tocsin.provenance.answer import Explanation, explanation_of
from tocsin.provenance.linking import Answer, link
from tocsin.provenance.linking.model import Group
from tocsin.provenance.model import Absent, Contradiction, DerivationKind, Direction, Failed, NotChecked
from tocsin.provenance.model import FingerprintKind as Kind
from tocsin.provenance.pages import PageError, check_page, explain_page, link_page
from tocsin.provenance.pages._layout import HEIGHT, MOST_NODES, drawing, ranges
from tocsin.replacing import TargetError

LORA: Pair = (Kind.ADAPTER, "hills v3:0123456789ab")
VOID = {"meta", "rect", "path"}
WITHIN_WORDS = {"bdi", "code", "strong", "span", "a"}


class Reader(HTMLParser):
    """A page as elements and text; it must be closed as it was opened."""

    def __init__(self, text: str) -> None:
        """Read the whole page."""
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag not in WITHIN_WORDS:
            self.words.append(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def page_of(tmp_path: Path, *answers: tuple[str, Explanation]) -> Reader:
    explain_page(answers, tmp_path / "page.html")
    return Reader((tmp_path / "page.html").read_text("utf-8"))


def links_page_of(tmp_path: Path, *answers: tuple[str, Explanation]) -> Reader:
    link_page(link_files(answers), tmp_path / "page.html")
    return Reader((tmp_path / "page.html").read_text("utf-8"))


def test_derivation_stands_before_everything_else(tmp_path: Path) -> None:
    page = page_of(tmp_path, ("a.png", full_answer()))
    article = page.text.split(" Files ", 1)[1]
    assert article.startswith("a.png ▲ A real person may be depicted")
    article = article.split("Look sooner")[1]
    order = [
        "Signs that a camera took it",
        "Signs that it was generated",
        "On whether it is unchanged",
        "Signs that do not fit together",
        "What could not be read",
        "What was not checked",
        "Looked for and not there",
    ]
    places = [article.index(words) for words in order]
    assert places == sorted(places)
    assert page.text.index("A real person may be depicted") < page.text.index(" Files ")


def test_every_part_of_an_answer_is_on_the_page(tmp_path: Path) -> None:
    answer = full_answer()
    text = page_of(tmp_path, ("a.png", answer)).text
    assert answer.summary in text
    for one in answer.derivation:
        assert one.found in text
        assert one.value in text
    for sign in answer.items:
        assert sign.found in text
        assert sign.carries.value in text
        assert sign.rule.name in text
        assert sign.rule.source in text
        assert all(caveat in text for caveat in (*sign.rule.caveats, *sign.caveats))
        assert all(where.sha256 in text and where.segment in text for where in sign.where)
        assert all(print_.value in text for print_ in sign.fingerprints)
    for fault in answer.failed:
        assert f"{fault.reader}: {fault.reason} ({fault.code})" in text
    for unchecked in answer.not_checked:
        assert f"{unchecked.what}: {unchecked.why}" in text
    for missing in answer.absent:
        assert missing.what in text
    assert [one.found for one in answer.contradictions if one.found not in text] == []


def test_a_rule_that_was_never_seen_to_hold_says_so(tmp_path: Path) -> None:
    text = page_of(tmp_path, ("a.png", explanation_of([item()]))).text
    assert "not confirmed on a genuine file" in text


def test_a_place_says_which_bytes_or_that_it_is_the_pixels(tmp_path: Path) -> None:
    answer = explanation_of([item(where=(place(1033), place(None, "pixels")))])
    text = page_of(tmp_path, ("a.png", answer)).text
    assert "png tEXt parameters, 100 bytes from 1,033, SHA-256" in text
    assert "png pixels, the decoded pixels, SHA-256" in text


def leaning(direction: Direction, found: str) -> Explanation:
    return explanation_of([item(by=rule(f"test.{direction}", direction=direction), found=found)])


KINDS: dict[str, Explanation] = {
    "everything": full_answer(),
    "camera": leaning(Direction.CAPTURED, "A maker's note."),
    "part": leaning(Direction.PARTLY_GENERATED, "A part was filled in."),
    "generator": leaning(Direction.GENERATED, "Settings."),
    "edited": leaning(Direction.EDITED, "An editor's name."),
    "neutral": leaning(Direction.NEUTRAL, "A library's tables."),
    "none": explanation_of([Absent("anything", "tocsin")]),
    "text": explanation_of([NotChecked("signs of origin", "not a picture")]),
    "missing": explanation_of([Failed("tocsin", "system", "No such file")]),
}
LISTED = {
    "people": ["everything", "part"],
    "camera": ["everything", "camera"],
    "contradictions": ["everything"],
    "generator": ["everything", "part", "generator"],
    "failed": ["everything", "missing"],
    "unexamined": ["text", "missing"],
    "others": ["edited", "neutral", "none"],
}


def test_files_are_listed_under_all_that_holds_for_them_and_kept_in_order(tmp_path: Path) -> None:
    page = page_of(tmp_path, *KINDS.items())
    numbers = {name: number for number, name in enumerate(KINDS, 1)}
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert links == [
        "#main",
        *(f"#{key}" for key in LISTED),
        *(f"#file-{numbers[name]}" for names in LISTED.values() for name in names),
    ]
    ids = {attributes.get("id") for _, attributes in page.tags}
    assert {str(link).removeprefix("#") for link in links} <= ids
    assert set().union(*LISTED.values()) == set(KINDS)  # no file is in no list
    counts = "files in all 9 may depict a real person 2 signs of a camera 2 signs that do not fit 1"
    assert counts in page.text
    assert "One file can count in several of these" in page.text
    assert "part: A part was filled in." in page.text
    assert "text: not a picture." in page.text
    articles = [attributes["id"] for tag, attributes in page.tags if tag == "article"]
    assert articles == [f"file-{number}" for number in numbers.values()]


def test_the_first_list_says_that_it_is_settings_that_say_so(tmp_path: Path) -> None:
    lora = explanation_of([one for one in full_answer().derivation if one.kind is DerivationKind.ADAPTER])
    text = page_of(tmp_path, ("a", lora), ("b", full_answer())).text
    assert "Settings or other signs in these files say so" in text
    assert "Most LoRAs are trained on styles" in text
    assert "In 1 of these 2 files a LoRA or an embedding is all that says so." in text


def test_no_file_and_no_derivation_are_said(tmp_path: Path) -> None:
    text = page_of(tmp_path).text
    assert "files in all 0" in text
    assert "That does not mean that none did" in text


def test_a_contradiction_between_items_is_shown(tmp_path: Path) -> None:
    answer = full_answer()
    assert answer.contradictions
    assert all(isinstance(one, Contradiction) for one in answer.contradictions)
    text = page_of(tmp_path, ("a", answer)).text
    assert "signs that do not fit 1" in text


def test_links_are_drawn_and_told_in_words(tmp_path: Path) -> None:
    page = links_page_of(
        tmp_path, ("b.png", sharing(LORA)), ("a.png", sharing(LORA)), ("alone.png", sharing())
    )
    assert "Group 1: 2 files, 1 link" in page.text
    assert "0.70 LoRA or adapter, 2 files hills v3:0123456789ab" in page.text
    assert "2 of 3 files have it" in page.text
    assert "png tEXt parameters by test.sign@1" in page.text
    assert "Files in no group 1 file alone.png" in page.text
    drawn = [attributes for tag, attributes in page.tags if tag == "svg" and attributes.get("role") == "img"]
    assert len(drawn) == 1


def test_copies_are_one_row_and_named_all(tmp_path: Path) -> None:
    answers = [Answer(n, "ab" * 32 if n in "ac" else None, sharing(LORA)) for n in "abcd"]
    link_page(link(answers), tmp_path / "page.html", gaps=["Something was not looked for."])
    text = Reader((tmp_path / "page.html").read_text("utf-8")).text
    assert "Group 1: 3 contents in 4 files, 1 link" in text
    assert "3 contents in 4 files: 1-3" in text
    assert "LoRA or adapter hills v3:0123456789ab 1-3 0.70" in text
    assert "The 3 contents in 4 files, numbered a c b d" in text
    assert f"1 content in more than one file 2 files, SHA-256 {'ab' * 32} a c" in text
    assert "Something was not looked for." in text


def test_what_weighs_little_is_told_with_its_reason(tmp_path: Path) -> None:
    tables = sharing((Kind.TABLES, "cd" * 32))
    text = links_page_of(tmp_path, ("a", tables), ("b", tables)).text
    assert "No two different files share anything that makes a link" in text
    assert f"JPEG tables and markers {'cd' * 32} 2 0.20" in text


def test_what_was_not_compared_is_told(tmp_path: Path) -> None:
    long = sharing((Kind.JOB, "x" * 5000))
    assert "1 was not compared: longer than 4,096" in links_page_of(tmp_path, ("a", long)).text


def test_what_is_not_drawn_is_counted_and_listed(tmp_path: Path) -> None:
    jobs = [(f"f{n:03}", sharing((Kind.JOB, f"job {n}"), (Kind.JOB, f"job {n + 1}"))) for n in range(100)]
    text = links_page_of(tmp_path, *jobs).text
    assert "Group 1: 100 files, 99 links" in text
    left_files, left_links = re.findall(r"Not drawn: (\d+) of 100 files and (\d+) of 99 links", text)[0]
    assert int(left_links) == 99 - MOST_NODES
    assert int(left_files) >= 100 - MOST_NODES - 1
    assert all(f"job {n}" in text for n in range(1, 100))
    assert all(f"f{n:03}" in text for n in range(100))


@pytest.mark.parametrize("write", [page_of, links_page_of])
def test_hostile_text_is_spelt_out_and_does_nothing(tmp_path: Path, write: object) -> None:
    assert callable(write)
    answer = explanation_of(
        [
            item((Kind.ADAPTER, HOSTILE), where=(place(0, HOSTILE),), found=HOSTILE),
            Failed(HOSTILE, HOSTILE, HOSTILE),
            NotChecked(HOSTILE, HOSTILE),
            Absent(HOSTILE, HOSTILE),
        ]
    )
    page = write(tmp_path, (HOSTILE, answer), ("other", answer))
    assert "<script>window.fooled=1</script>" in page.text
    assert "\\u202e" in page.text
    assert "\\udcff" in page.text
    raw = (tmp_path / "page.html").read_text("utf-8")
    assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069\0]", raw)
    assert not {"script", "img", "iframe", "link", "form", "object"} & {tag for tag, _ in page.tags}
    handlers = [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    assert handlers == []
    assert "style" not in {name for _, attributes in page.tags for name in attributes}


@settings(max_examples=25)
@given(st.text(st.characters(), max_size=30), st.text(st.characters(), max_size=30))
def test_no_text_breaks_a_page(tmp_path_factory: pytest.TempPathFactory, path: str, value: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    answer = explanation_of([item((Kind.JOB, value), found=value)])
    for write in (page_of, links_page_of):
        page = write(folder, (path, answer), ("other", answer))
        assert {"script", "img"}.isdisjoint(tag for tag, _ in page.tags)


def test_a_page_loads_nothing_and_allows_nothing(tmp_path: Path) -> None:
    page = links_page_of(tmp_path, ("a", sharing(LORA)), ("b", sharing(LORA)))
    policies = [attributes["content"] for tag, attributes in page.tags if "http-equiv" in attributes]
    assert policies[0] is not None
    assert policies[0].startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policies[0]
    assert {"src", "srcset", "data"}.isdisjoint(name for _, attributes in page.tags for name in attributes)
    targets = [attributes["href"] for _, attributes in page.tags if "href" in attributes]
    assert all(str(target).startswith("#") for target in targets)


def test_a_page_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    explain_page([], target)
    old = target.read_text()

    def answers() -> Iterator[tuple[str, Explanation]]:
        yield "a", full_answer()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        explain_page(answers(), target)
    assert target.read_text() == old
    assert list(tmp_path.iterdir()) == [target]


def test_nothing_is_written_into_the_folder_before_the_last_answer(tmp_path: Path) -> None:
    """The folder may be the one that is examined."""
    seen: list[Path] = []

    def answers() -> Iterator[tuple[str, Explanation]]:
        for name in ("a", "b"):
            seen.extend(tmp_path.iterdir())
            yield name, full_answer()

    explain_page(answers(), tmp_path / "page.html")
    assert seen == []
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_file_that_is_no_page_is_spared_before_anything_is_read(tmp_path: Path) -> None:
    target = tmp_path / "evidence.png"
    target.write_bytes(b"evidence")
    with pytest.raises(TargetError, match="no page of Tocsin"):
        explain_page(iter(()), target)
    with pytest.raises(TargetError):
        link_page(link([]), target)
    with pytest.raises(TargetError):
        check_page(target)
    assert target.read_bytes() == b"evidence"


def test_a_file_that_comes_meanwhile_is_spared(tmp_path: Path) -> None:
    target = tmp_path / "page.html"

    def answers() -> Iterator[tuple[str, Explanation]]:
        yield "a", full_answer()
        target.write_text("somebody's")

    with pytest.raises(TargetError):
        explain_page(answers(), target)
    assert target.read_text() == "somebody's"


def test_both_pages_replace_each_other(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    explain_page([("a", full_answer())], target)
    link_page(link([]), target)
    explain_page([], target)
    assert "files in all 0" in Reader(target.read_text("utf-8")).text


def test_a_folder_that_is_not_there_is_said_before_anything_is_read(tmp_path: Path) -> None:
    read: list[int] = []

    def answers() -> Iterator[tuple[str, Explanation]]:
        read.append(1)
        yield "a", full_answer()

    with pytest.raises(PageError, match="cannot be written"):
        explain_page(answers(), tmp_path / "no" / "page.html")
    with pytest.raises(PageError):
        link_page(link_files([]), tmp_path / "no" / "page.html")
    assert read == []


def test_numbers_are_told_as_runs() -> None:
    assert ranges([0, 1, 2, 4, 6, 7]) == "1-3, 5, 7-8"
    assert ranges([]) == ""


def test_every_link_that_is_drawn_has_a_line() -> None:
    """A group of 57 links, in which every file joins two."""
    answers = [
        (f"f{n:03}", sharing((Kind.DEVICE, f"SN 4{n // 20}"), (Kind.JOB, f"job {n % 37}")))
        for n in range(400)
    ]
    (group,) = link_files(answers).groups
    laid = drawing(group)
    ends = {int(edge.path.rsplit(" ", 1)[1]) - HEIGHT // 2 for edge in laid.edges}
    assert ends == {node.y for node in laid.links}
    assert len(laid.links) == len(laid.files) == MOST_NODES


def test_wide_letters_take_two_columns() -> None:
    job = sharing((Kind.JOB, "\u6587" * 100))
    (group,) = link_files([("/folder/" + "\u4ef6" * 100 + ".png", job), ("a" * 100, job)]).groups
    laid = drawing(group)
    assert laid.links[0].text == "\u6587" * 21 + "…"
    assert laid.files[0].text.startswith("…\u4ef6")
    assert len(laid.files[0].text) < 30


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=2, max_size=80))
def test_boxes_never_overlap_and_nothing_is_lost(pairs: list[tuple[int, int]]) -> None:
    answers = [
        (f"f{number}", sharing((Kind.JOB, f"job {a}"), (Kind.DEVICE, f"SN 4{b}")))
        for number, (a, b) in enumerate(pairs)
    ]
    for group in link_files(answers).groups:
        laid = drawing(group)
        assert laid == drawing(Group(group.contents, group.links))
        for side in (laid.files, laid.links):
            ys = sorted(node.y for node in side)
            assert all(after - before >= HEIGHT for before, after in pairwise(ys))
            assert all(0 < y <= laid.height - HEIGHT for y in ys)
            assert 0 < len(side) <= MOST_NODES
        assert laid.links_left == len(group.links) - len(laid.links)
        assert 0 <= laid.contents_left < len(group.contents)
        assert len(laid.edges) >= len(laid.links)

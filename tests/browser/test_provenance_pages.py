"""The pages on origin and on links in a real browser: what they show, and what cannot fool them."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.explained import HOSTILE, full_answer, item, link_files, place, sharing

from tocsin.provenance.answer import explanation_of
from tocsin.provenance.model import Absent, Failed
from tocsin.provenance.model import FingerprintKind as Kind
from tocsin.provenance.pages import explain_page, link_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LEAST_CONTRAST = 4.5  # WCAG 2.2, success criterion 1.4.3, level AA
CONTRASTS = """
() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const parts = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const linear = (c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) =>
    0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const contrast = (one, other) => {
    const [a, b] = [light(one), light(other)].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  };
  const behind = (element) => {
    for (let up = element; up; up = up.parentElement) {
      const box = up instanceof SVGSVGElement && up.querySelector(":scope > rect");
      const colour = parts(box ? getComputedStyle(box).fill : getComputedStyle(up).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255];
  };
  const speaks = (node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim();
  const found = [];
  for (const element of document.querySelectorAll("body *:not(title, desc)")) {
    if (![...element.childNodes].some(speaks)) continue;
    const style = getComputedStyle(element);
    const ink = element instanceof SVGElement ? style.fill : style.color;
    found.push([element.localName, contrast(parts(ink), behind(element))]);
  }
  return found;
}
"""
PLAIN = 40


@pytest.fixture(scope="module")
def explained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page on a file with everything, one with hostile names, and many with little."""
    target = tmp_path_factory.mktemp("explained") / "the page.html"
    hostile = explanation_of(
        [
            item((Kind.ADAPTER, HOSTILE), found=HOSTILE, where=(place(0, HOSTILE),)),
            Failed(HOSTILE, HOSTILE, HOSTILE),
        ]
    )
    plain = explanation_of([Absent("anything", "tocsin test")])
    answers = [("/case/lake.png", full_answer()), (HOSTILE, hostile)]
    explain_page(
        [*answers, *((f"/case/{n}.jpg", plain) for n in range(PLAIN)), ("/last.png", full_answer())], target
    )
    return target


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with a group of two boxes, one of many, and files in no group."""
    target = tmp_path_factory.mktemp("linked") / "the page.html"
    device, adapter = (Kind.DEVICE, "SN 4711"), (Kind.ADAPTER, HOSTILE)
    weak = sharing((Kind.SEED, "3735928559"), (Kind.PROMPT, "ab" * 32))
    answers = [(f"/a/{n:02}.png", sharing(adapter, device) if n > 7 else sharing(adapter)) for n in range(12)]
    answers += [(f"/chain/{n:02}", sharing((Kind.JOB, f"{n}"), (Kind.JOB, f"{n + 1}"))) for n in range(60)]
    answers += [("/w/1", weak), ("/w/2", weak), (HOSTILE, sharing(adapter)), ("/z/alone", sharing())]
    link_page(link_files(answers), target)
    return target


Open = Callable[..., "Page"]


@pytest.fixture
def opened(browser: "Browser") -> Iterator[Open]:
    """Opens a page; in the end nothing may have gone wrong in it, left the machine or been run."""
    troubles: list[str] = []
    requests: list[str] = []
    pages: list[Page] = []

    def open_page(target: Path, *, width: int = 1200, scheme: str = "light", scripts: bool = True) -> "Page":
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=scripts,
        )
        page = context.new_page()
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(target.as_uri())
        pages.append(page)
        return page

    yield open_page
    fooled = [page.evaluate("window.fooled") for page in pages if page.evaluate("true")]
    for page in pages:
        page.context.close()
    assert troubles == []
    assert [url for url in requests if not url.startswith("file:")] == []
    assert len(requests) == len(pages)
    assert set(fooled) <= {None}


def test_headings_make_an_outline(opened: Open, explained: Path, linked: Path) -> None:
    for target in (explained, linked):
        page = opened(target)
        levels = page.locator("h1, h2, h3, h4").evaluate_all(
            "all => all.map(one => Number(one.localName[1]))"
        )
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))


def test_a_screen_reader_is_told_the_names_of_all_parts(opened: Open, explained: Path, linked: Path) -> None:
    page = opened(explained)
    assert page.get_by_role("article", name="/case/lake.png").count() == 1
    assert page.get_by_role("region", name="A real person may be depicted").count() >= 1
    page = opened(linked)
    assert page.get_by_role("img", name="Group 1 as a drawing").count() == 1
    assert page.get_by_role("table", name="Links of group 1, heaviest first").count() == 1
    cells = page.get_by_role("table", name="Links of group 1, heaviest first").get_by_role("columnheader")
    assert cells.all_inner_texts() == ["what is shared", "by files", "weight", "why", "read from"]


def test_the_first_thing_after_the_counts_leads_to_the_files_concerned(opened: Open, explained: Path) -> None:
    page = opened(explained)
    page.get_by_role("link", name="/last.png").first.click()
    assert page.url.endswith(f"#file-{PLAIN + 3}")
    assert page.locator(f"#file-{PLAIN + 3}").evaluate("one => one.getBoundingClientRect().top") < 900
    page.get_by_role("link", name="signs of a camera").click()
    assert page.url.endswith("#camera")
    people = page.locator("#people").evaluate("one => one.getBoundingClientRect().top")
    assert people < page.locator("#files").evaluate("one => one.getBoundingClientRect().top")


def test_everything_is_reached_by_keyboard(opened: Open, linked: Path) -> None:
    page = opened(linked)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    reached = []
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.ariaLabel || document.activeElement.localName"))
    assert reached[:3] == ["Drawing of group 1", "Links of group 1", "summary"]
    closed = page.locator("details:not([open])")
    before = closed.count()
    closed.first.locator("summary").focus()
    page.keyboard.press("Enter")
    assert closed.count() == before - 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_contrast(opened: Open, explained: Path, linked: Path, scheme: str) -> None:
    for target in (explained, linked):
        page = opened(target, scheme=scheme)
        contrasts = page.evaluate(CONTRASTS)
        assert len(contrasts) > 50
        assert [(name, ratio) for name, ratio in contrasts if ratio < LEAST_CONTRAST] == []


@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_runs_out_of_the_window(opened: Open, explained: Path, linked: Path, width: int) -> None:
    for target in (explained, linked):
        page = opened(target, width=width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_labels_stay_in_their_boxes(opened: Open, linked: Path) -> None:
    page = opened(linked)
    outside = page.locator(".graph text:not(.head)").evaluate_all(
        "all => all.filter(one => one.getBBox().x + one.getBBox().width > 365).map(one => one.textContent)"
    )
    assert outside == []


def test_a_drawing_says_what_it_leaves_out(opened: Open, linked: Path) -> None:
    page = opened(linked)
    chain = page.locator("article").filter(has_text="60 files, 59 links")
    assert chain.locator(".graph .link").count() == 24
    assert "Not drawn:" in chain.inner_text()
    assert chain.locator("tbody tr").count() == 59
    assert chain.locator("ol li").count() == 60


def test_hostile_names_are_inert_and_spelt_out(opened: Open, explained: Path, linked: Path) -> None:
    for target in (explained, linked):
        page = opened(target)
        text = page.locator("body").text_content() or ""
        assert "\\udcff\\u202e</title></style></svg><script>window.fooled=1</script>" in text
        assert "\u202e" not in text
        assert page.locator("script, img").count() == 0
    assert page.locator(".graph text").filter(has_text="udcff").count() > 0


def test_it_reads_the_same_without_scripts(opened: Open, explained: Path) -> None:
    assert opened(explained, scripts=False).locator("article").count() == PLAIN + 3

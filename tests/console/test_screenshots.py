"""Every page of the console, opened, held against axe-core and pictured for docs/explanation/console.md.

`make screenshots` takes the pictures into docs/images/console. Everywhere else the docs are only held against
the pages there are: a page without a picture fails, as does a picture too many.
"""

import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import pytest
from PIL import Image
from support.case_pages import claimed, open_case, reviewer
from support.console import EVERY_ROLE, Console, cut_off, findings_in_each_theme
from support.filing_pages import cybertip, drafted, filing_console, reported_case, state, until
from support.nodes import OPERATOR

from tocsin.access.tokens import Scope
from tocsin.banks.model import EntryDraft, Label, Origin, Policy
from tocsin.content.examine import signals_of
from tocsin.filing.model import State
from tocsin.simulators.encoders import jpeg
from tocsin.simulators.origins import ORIGINS
from tocsin.simulators.pictures import picture
from tocsin.web.console.modules import MODULES
from tocsin.web.console.pages import PUBLIC

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
PICTURES: Final = DOCS / "images" / "console"
PAGE: Final = DOCS / "explanation" / "console.md"
WRITE: Final = os.environ.get("TOCSIN_SCREENSHOTS") == "1"
NO_PAGES: Final = {
    "/cases/{number}/contents/{sha256}/renditions/{rendition}",  # a picture
    "/",  # leads to the queue
}
PUBLIC_PAGES: Final = {page.path for module in MODULES for page in module.all if page.needs == PUBLIC}
THEMES: "Final[tuple[Literal['dark', 'light'], ...]]" = ("dark", "light")
COLOURS: Final = 48
"""Of a picture in the docs: enough for pages, and a third of the size."""


UNREACHED: Final = """() => {
    const rgb = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
    const light = ([r, g, b]) => [r, g, b]
        .map((one) => one / 255)
        .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
        .reduce((sum, one, place) => sum + one * [0.2126, 0.7152, 0.0722][place], 0);
    const contrast = (one, other) => {
        const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
        return (bright + 0.05) / (dark + 0.05);
    };
    const behind = (element) => {
        for (let one = element.parentElement; one; one = one.parentElement) {
            const colour = rgb(getComputedStyle(one).backgroundColor);
            if (colour.length === 3 || colour[3] > 0) return colour;
        }
        return [255, 255, 255];
    };
    const wrong = [];
    const all = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
    for (const one of document.querySelectorAll(all)) {
        if (!one.checkVisibility({visibilityProperty: true}) || one.disabled) continue;
        one.focus();
        const style = getComputedStyle(one);
        const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
        if (document.activeElement !== one) wrong.push("cannot be focused: " + one.outerHTML.slice(0, 120));
        else if (one.tabIndex < 0) wrong.push("no key leads to it: " + one.outerHTML.slice(0, 120));
        else if (!ring || contrast(rgb(style.outlineColor), behind(one)) < 3)
            wrong.push("its focus cannot be seen: " + one.outerHTML.slice(0, 120));
    }
    return wrong;
}"""
"""What keys do not reach, or what does not show that it has the focus (WCAG 2.2: 2.1.1, 2.4.7, 1.4.11)."""


@dataclass(frozen=True, slots=True)
class Tour:
    """A console in which every page has something to show, and where each of them is."""

    console: Console
    places: Mapping[str, str]
    """For each page's path, its address below /console."""


def paths() -> list[str]:
    """The paths of all pages."""
    return sorted({page.path for module in MODULES for page in module.all if page.method == "GET"} - NO_PAGES)


def name_of(path: str) -> str:
    """What the picture of a page is called."""
    parts = [part for part in path.strip("/").split("/") if not part.startswith("{")]
    return "-".join(parts) + ("-one" if path.endswith("}") and parts[-1] != "one" else "")


def drawn(seed: int) -> Image.Image:
    return Image.fromarray(picture(seed, 640, 480))


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tour]:
    with filing_console(tmp_path_factory.mktemp("tour") / "home") as opened, cybertip(opened):
        number, entry = filled(opened)
        filings = filed(opened)
        values = {
            "number": number,
            "entry": entry,
            "person": "demo",
            "token": "uploads",
            "row": 5,
            "webhook": 1,
        }
        places = {path: path.format(**values) for path in paths()}
        places |= {"/banks/one": "/banks/one?name=known", "/banks/entries": "/banks/entries?name=known"}
        places["/search"] = f"/search?text={number}"
        places |= filings
        yield Tour(opened, places)


def filled(console: Console) -> tuple[int, int]:
    """Something for every page to show; the case that the guide holds, and an entry."""
    node, guide = console.node, reviewer(console, "demo", *EVERY_ROLE)
    node.curation.create_bank(OPERATOR, "known", Policy(purpose="screening of uploads"))
    node.curation.create_bank(OPERATOR, "confirmed-here", Policy(purpose="what we have confirmed"))
    label = Label("demonstration", "1", "sample", "a partner", "2026-03-01T12:00:00Z")
    drafts = [
        EntryDraft(signals_of(jpeg(drawn(seed))), Origin("partner", "member", str(seed)), (label,))
        for seed in range(4)
    ]
    entries = node.curation.add(OPERATOR, "known", drafts).entry_ids
    for seed in (0, 1):
        submit(console, jpeg(drawn(seed), 60), seed)
    for seed, sample in enumerate(ORIGINS[:4], 10):
        submit(console, sample.make(drawn(seed)), seed, danger=seed == 12)
    number = submit(console, ORIGINS[0].make(drawn(0).resize((800, 600))), 20)
    claimed(guide, number)
    node.webhooks.register("https://hooks.example/tocsin", ["submission.matched"], OPERATOR.id)
    node.accounts.tokens.create(
        OPERATOR, "uploads", Scope(frozenset({"submitter"}), lifetime=timedelta(days=30))
    )
    node.ledger.sign_head()
    return number, next(iter(entries))


def filed(console: Console) -> dict[str, str]:
    """A filing that is finished, one to confirm and a draft, a hold, a notice, an entry of the register."""
    client = console.client("demo")
    case = reported_case(console, jpeg(drawn(30)), account={"id": "account-30", "name": "account 30"})
    other = reported_case(console, jpeg(drawn(31)), account={"id": "account-31", "name": "account 31"})
    reported_case(console, jpeg(drawn(32)), account={"id": "account-32", "name": "account 32"})
    done, draft = drafted(client, case, "account-30"), drafted(client, other, "account-31")
    for number, revision in ((done, "1"), (draft, "1")):
        client.act(f"/filings/{number}/check", revision=revision)
    client.act(f"/filings/{done}/confirm", revision="1", read="1")
    until(lambda: state(console, done) is State.FINISHED)
    hoster = {"name": "forum", "channel": "hand", "address": "https://forum.example/report"}
    client.act("/providers", **hoster, hosts="forum.example")
    found = "2026-03-01T14:05:09+00:00"
    notice = {"url": "https://forum.example/posts/17", "provider": "forum", "found": found}
    client.act("/notices", case=str(case), **notice, law="")
    client.act("/register", case=str(case), account="account-30")
    part = "part=report/personOrUserReported[1]"
    return {
        "/cases/{number}/duties": f"/cases/{case}/duties",
        "/filings/{number}": f"/filings/{done}",
        "/filings/{number}/draft": f"/filings/{draft}/draft",
        "/filings/{number}/change": f"/filings/{draft}/change?{part}",
        "/filings/{number}/preview": f"/filings/{draft}/preview",
        "/filings/{number}/confirm": f"/filings/{draft}/confirm",
        "/holds/{number}": "/holds/1",
        "/notices/{number}": "/notices/1",
        "/register/{number}": "/register/1",
    }


def submit(console: Console, data: bytes, seed: int, *, danger: bool = False) -> int:
    """A content with its context; the number of its case."""
    return open_case(
        console,
        data,
        danger=danger,
        platform="forum.example",
        account={"id": f"account-{seed}", "name": f"account {seed}"},
        url=f"https://forum.example/posts/{seed}",
        ip_events=[{"ip": "192.0.2.7", "time": "2026-03-01T14:05:09Z", "event": "upload"}],
        note="A harmless picture of the demonstration.",
    )


def test_every_page_is_accessible_and_pictured(tour: Tour, browser: "Browser") -> None:
    wrong: list[str] = []
    with tour.console.page(browser, "demo") as page:
        for path, place in tour.places.items():
            assert (answer := page.goto(f"/console{place}")) is not None
            assert answer.status == 200, place
            if path not in PUBLIC_PAGES:
                keep(page, path)
            wrong += [f"{place}: {found}" for found in looked_over(page)]
    picture_public_pages(tour, browser)
    assert not wrong, "\n".join(wrong)


def looked_over(page: "Page") -> list[str]:
    """All that is wrong with a page, in light and dark, by keys, and zoomed."""
    wrong = findings_in_each_theme(page)
    page.keyboard.press("Tab")  # focus is shown to those who use keys
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        wrong += [f"{theme}: {found}" for found in page.evaluate(UNREACHED)]
    return wrong + cut_off(page)


def test_the_docs_show_every_page_and_no_other() -> None:
    names = {f"{name_of(path)}.png" for path in paths()}
    assert len(names) == len(paths())
    assert {one.name for one in PICTURES.iterdir()} == names
    text = PAGE.read_text("utf-8")
    for name in names:
        assert f"(../images/console/{name})" in text, name


def picture_public_pages(tour: Tour, browser: "Browser") -> None:
    """Those for people who have not signed in."""
    with tour.console.page(browser, "demo") as page:
        page.context.clear_cookies()
        for path in PUBLIC_PAGES & tour.places.keys():
            page.goto(f"/console{path}")
            keep(page, path)


def keep(page: "Page", path: str) -> None:
    """Picture a page as it is at first sight, for the docs where that is asked for."""
    if path == "/cases/{number}":
        page.wait_for_function("document.getElementById('preview').naturalWidth > 0")
    if not WRITE:
        return
    with Image.open(io.BytesIO(page.screenshot())) as taken:
        assert taken.size == (1366, 768)
        PICTURES.mkdir(parents=True, exist_ok=True)
        few = taken.convert("RGB").quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        few.save(PICTURES / f"{name_of(path)}.png", optimize=True)

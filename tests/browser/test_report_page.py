"""The report of a scan in a real browser: what it shows, what it keeps hidden, and what cannot fool it."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.commands import tocsin
from support.files import small_picture, write, write_raw, zip_of
from support.origin_files import every_file, shows_prompt

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MARKUP = b"<script>window.fooled = 1<\\script><img src=x onerror=fooled=1>.jpg"
QUOTES = b"\"'`&amp;--><!-- ]]>.jpg"
TURNED = "\u202egpj.exe.jpg"
MEMBER = "</script><img src=x onerror=window.fooled=1>.jpg"
PAGE_SIZE = 25
COPIES = 60
ORIGINS = (
    "demo-automatic1111.png",
    "demo-camera-dressed-up.jpg",
    "demo-camera.jpg",
    "demo-hidden.png",
    "plain.png",
    "signed.jpg",
)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on many copies of a known picture, some with hostile names, and on broken files."""
    folder = tmp_path_factory.mktemp("report")
    files, home = folder / "files", folder / "home"
    for number in range(COPIES):
        write(files / f"copy-{number:02}.jpg", small_picture(1) + b"\0" * number)
    for name in (MARKUP, QUOTES, TURNED.encode(), b"\xff\xfe.jpg"):
        write_raw(files / "a-odd", name, small_picture(1))
    for number in range(3):
        write(files / f"cut-{number}.jpg", small_picture(2)[:900])
    write(files / "allowed.jpg", small_picture(3))
    write(files / "pair.zip", zip_of({MEMBER: small_picture(1)}))
    tocsin("bank", "create", "known <b>bank</b>", "--home", home)
    label = ("--label", "scheme:1:<i>code</i>")
    tocsin(
        "bank",
        "add",
        "known <b>bank</b>",
        files / "copy-00.jpg",
        files / "allowed.jpg",
        *label,
        "--home",
        home,
    )
    tocsin("bank", "create", "harmless", "--kind", "allow", "--home", home)
    tocsin("bank", "add", "harmless", files / "allowed.jpg", "--home", home)
    target = folder / "the report.html"
    done = tocsin(
        "scan",
        files,
        str(folder / "</code><img src=x onerror=window.fooled=1>"),
        "--report",
        target,
        "--home",
        home,
    )
    assert done.code == 1, done.err
    return target


@pytest.fixture(scope="module")
def origins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on signs of origin, where no bank knows any of the files."""
    folder = tmp_path_factory.mktemp("origins")
    for name in ORIGINS:
        write(folder / "files" / name, every_file()[name])
    write(folder / "files" / "cut.png", every_file()["plain.png"][:60])
    tocsin("bank", "create", "known", "--home", folder / "home")
    target = folder / "report.html"
    done = tocsin("scan", folder / "files", "--pixels", "--report", target, "--home", folder / "home")
    assert done.code == 3, done.err
    return target


Open = Callable[..., "Page"]


@pytest.fixture
def opened(browser: "Browser", report: Path) -> Iterator[Open]:
    """Opens the report; in the end nothing may have gone wrong in it or left the machine."""
    troubles: list[str] = []
    requests: list[str] = []
    pages: list[Page] = []

    def open_report(target: Path = report, *, scripts: bool = True) -> "Page":
        context = browser.new_context(java_script_enabled=scripts)
        page = context.new_page()
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(target.as_uri())
        pages.append(page)
        return page

    yield open_report
    for page in pages:
        if not page.is_closed():
            page.context.close()
    assert troubles == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []


def items(page: "Page") -> int:
    return page.locator("#items > li").count()


def card_of(page: "Page", name: str) -> "Locator":
    """The first file whose card says `name`, on whatever page it is."""
    while page.locator("#previous").is_enabled():
        page.locator("#previous").click()
    while not (card := page.locator("#items > li").filter(has_text=name)).count():
        page.locator("#next").click(timeout=1000)
    return card.first


def place(page: "Page") -> str:
    return page.locator("#place").inner_text()


def test_it_shows_the_counts_and_the_matches_first(opened: Open) -> None:
    page = opened()
    matched = COPIES + 4 + 1
    assert page.locator(".counts .match dd").inner_text() == str(matched)
    assert page.title() == "Tocsin scan report"
    assert items(page) == PAGE_SIZE
    assert place(page) == f"page 1 of {-(-matched // PAGE_SIZE)}, {matched} files"
    first = page.locator("#items > li").first
    assert "known <b>bank</b>" in first.inner_text()
    assert "scheme 1 <i>code</i>" in first.inner_text()
    assert page.locator("#items b, #items i").count() == 0
    assert page.locator("noscript p").count() == 0


def test_pictures_are_hidden_until_asked_for_and_hide_again(opened: Open, report: Path) -> None:
    page = opened()
    page.clock.install()
    page.locator("input[value=match]").check()
    sources = page.locator("#items img").evaluate_all("images => images.map(image => image.src)")
    assert sources
    assert all(source.startswith("data:image/png;base64,") for source in sources)

    card = page.locator("#items > li").filter(has_text="copy-00.jpg")
    image, button = card.locator("img"), card.locator("button")
    assert button.inner_text() == "Show original"
    button.click()
    assert image.get_attribute("src") == "files/copy-00.jpg"
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 160
    assert image.evaluate("image => getComputedStyle(image).filter") == "grayscale(1)"
    sources = page.locator("#items img").evaluate_all("images => images.map(image => image.src)")
    assert sum(not source.startswith("data:") for source in sources) == 1
    page.clock.fast_forward(9_000)
    assert image.get_attribute("src") == "files/copy-00.jpg"
    page.clock.fast_forward(2_000)
    assert str(image.get_attribute("src")).startswith("data:")

    button.click()
    assert image.get_attribute("src") == "files/copy-00.jpg"
    button.click()
    assert str(image.get_attribute("src")).startswith("data:")
    page.clock.fast_forward(20_000)
    assert button.inner_text() == "Show original"
    assert report.exists()


def test_no_original_is_loaded_unasked(browser: "Browser", report: Path) -> None:
    page = browser.new_page()
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    page.goto(report.as_uri())
    for _ in range(2):
        page.locator("#next").click()
    page.wait_for_load_state("networkidle")
    assert [url for url in loaded if not url.startswith("data:")] == [report.as_uri()]
    page.close()


def test_filters_and_pages_work_by_keyboard(opened: Open) -> None:
    page = opened()
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.name") != "state":
        page.keyboard.press("Tab")
    assert place(page).startswith("page 1 of 3")
    page.keyboard.press("ArrowDown")
    assert "allowed.jpg" in page.locator("#items").inner_text()
    assert "suppressed by harmless" in page.locator("#items").inner_text()
    assert place(page) == "page 1 of 1, 1 files"
    page.keyboard.press("ArrowDown")
    assert items(page) == 4  # three cut pictures, and the path that is not there
    assert "media.truncated" in page.locator("#items").inner_text()
    page.keyboard.press("ArrowDown")
    assert place(page).startswith("page 1 of 3, 70 files")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "next"  # there is no page before the first
    page.keyboard.press("Enter")
    assert place(page).startswith("page 2 of 3")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.id") == "previous"
    page.keyboard.press("Space")
    assert place(page).startswith("page 1 of 3")


def filters(page: "Page") -> dict[str, str]:
    """The words of each filter by its value."""
    labels = page.locator("#filter label").all()
    return {str(one.locator("input").get_attribute("value")): one.inner_text().strip() for one in labels}


def names(page: "Page") -> set[str]:
    """The files that are shown."""
    return {title.rpartition("/")[2] for title in page.locator("#items h3").all_inner_texts()}


def test_each_filter_says_how_many_it_has(opened: Open) -> None:
    assert filters(opened()) == {
        "match": f"matched ({COPIES + 5})",
        "suppressed": "suppressed (1)",
        "refused": "refused (4)",
        "all": f"all of them ({COPIES + 10})",
    }


def test_filters_of_origin_show_what_they_count_and_the_first_with_something_is_chosen(
    opened: Open, origins: Path
) -> None:
    page = opened(origins)
    assert page.locator("#filter input:checked").get_attribute("value") == "derived"  # nothing has matched
    shows = {
        "match": set[str](),
        "derived": {"demo-automatic1111.png", "demo-camera-dressed-up.jpg", "demo-hidden.png"},
        "captured": {"demo-camera-dressed-up.jpg", "demo-camera.jpg"},
        "contradicted": {"demo-camera-dressed-up.jpg"},
        "origin": {*ORIGINS, "cut.png"} - {"plain.png"},
        "suppressed": set[str](),
        "refused": {"cut.png"},
        "all": {*ORIGINS, "cut.png"} - {"plain.png"},  # what has nothing to show is not in the report
    }
    assert names(page) == shows["derived"]
    words = filters(page)
    assert list(words) == list(shows)  # in this order
    for value, files in shows.items():
        page.locator(f"input[value={value}]").check()
        assert names(page) == files
        assert words[value].endswith(f" ({len(files)})")
    assert (
        page.locator("tr", has_text="of these, by a LoRA or an embedding alone").locator("td").inner_text()
        == "0"
    )


def test_cards_show_caveats_and_contradictions_and_no_prompt(opened: Open, origins: Path) -> None:
    page = opened(origins)
    files = {"demo-automatic1111.png": 0, "demo-camera-dressed-up.jpg": 1}
    for name, contradictions in files.items():
        card = card_of(page, name)
        said = tocsin("explain", origins.parent / "files" / name, "--json").objects[0]
        text = card.inner_text()
        assert "A real person may be depicted" in text
        shown = card.locator(".derivation li").all_inner_texts()
        assert [one.partition(": ")[2] for one in shown] == [one["found"] for one in said["derivation"]]
        caveats = dict.fromkeys(caveat for one in said["derivation"] for caveat in one["caveats"])
        assert caveats
        assert card.locator(".caveat").all_inner_texts() == [f"Mind: {caveat}" for caveat in caveats]
        against = [one["found"] for one in said["contradictions"]]
        assert len(against) == contradictions
        assert card.locator(".contradictions li").all_inner_texts() == against
        assert ("Signs that do not fit together" in text) == bool(against)
        assert said["summary"] not in text
        card.locator("summary").click()
        assert said["summary"] in card.inner_text()
    assert not shows_prompt(page.content())


def test_hostile_names_are_inert_and_spelt_out(opened: Open) -> None:
    page = opened()
    page.locator("input[value=all]").check()
    text = page.locator("#items").inner_text() + page.locator("header").inner_text()
    for _ in range(2):
        page.locator("#next").click()
        text += page.locator("#items").inner_text()
    for name in (MARKUP.decode(), QUOTES.decode(), MEMBER):
        assert name in text
    assert "</code><img src=x onerror=window.fooled=1>" in text
    assert "\\u202egpj.exe.jpg" in text
    assert "\\udcff\\udcfe.jpg" in text
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", text)
    assert page.evaluate("window.fooled") is None
    assert page.locator("img[src=x]").count() == 0


def test_originals_with_odd_names_are_found(opened: Open) -> None:
    page = opened()
    for name in ("<script>", "]]>", "\\u202e", "\\udcff"):
        card = card_of(page, name)
        card.locator("button").click()
        image = card.locator("img")
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 160


def test_what_is_in_an_archive_says_where_to_look(opened: Open) -> None:
    card = card_of(opened(), "pair.zip")
    assert "unpack it" in card.inner_text()
    assert card.locator("button").count() == 0


def test_without_scripts_it_says_so_and_shows_the_counts(opened: Open) -> None:
    page = opened(scripts=False)
    assert "needs scripts" in page.locator("noscript").inner_text()
    assert page.locator(".counts .match dd").inner_text() == str(COPIES + 5)


def test_nothing_in_it_can_be_run_or_fetched_from_elsewhere(report: Path) -> None:
    text = report.read_text("utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]
    assert "http" not in re.sub(r"\s", "", text).replace("http-equiv", "")
    data = text.split('id="data">', 1)[1]
    assert "<" not in data.split("</script>", 1)[0]

"""From a decided case to the receipt in Chromium: by keys alone, without scripts, the banner in sight."""

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING

import pytest
from support.console import WINDOW, Console, serious_findings
from support.files import small_picture
from support.filing_pages import cybertip, drafted, filing_console, reported_case, state, until

from tocsin.filing.model import State
from tocsin.filing.store_filings import WantedFilings
from tocsin.web.callers import COOKIE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LOOK = """() => {
    const banner = document.querySelector("main .environment");
    const style = getComputedStyle(banner);
    const words = getComputedStyle(banner.querySelector("p"));
    return [style.backgroundImage.split("(")[0], style.borderTopStyle, words.backgroundImage,
        banner.getBoundingClientRect().top < innerHeight && banner.checkVisibility()];
}"""
"""How the banner of an environment looks, and whether it is in sight."""
seeds = count(200)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with filing_console(tmp_path_factory.mktemp("filing") / "home") as opened, cybertip(opened):
        yield opened


@pytest.fixture
def account(served: Console) -> str:
    """An account of a decided case, the newest that waits to be drafted."""
    name = f"u-{next(seeds)}"
    reported_case(served, small_picture(int(name[2:])), account={"id": name})
    return name


def newest(served: Console) -> int:
    """The number of the newest filing."""
    return served.node.reporting.filings.page(WantedFilings(), limit=1)[0].number


def keys(page: "Page", *pressed: str) -> None:
    """Press keys one after the other."""
    for one in pressed:
        page.keyboard.press(one)


def test_a_case_is_filed_by_keys_alone(served: Console, account: str, browser: "Browser") -> None:
    with served.page(browser, "rita", "reporter") as page:
        page.goto("/console/account")
        keys(page, "g", "r")
        page.get_by_role("heading", name="Decided, and not drafted yet").wait_for()
        assert account in page.inner_text("main")
        keys(page, "n")
        page.wait_for_url("**/filings/*?said=drafted")
        number = newest(served)
        keys(page, "2")
        page.get_by_role("heading", name="What is missing").wait_for()
        page.get_by_role("link", name="Change Incident summary").press("Enter")
        page.get_by_label("Platform").press("Control+a")
        page.keyboard.type("Forum of examples")
        keys(page, "Enter")
        page.wait_for_url("**/draft?said=saved")
        assert "somebody wrote it (person:rita)" in page.inner_text("main")
        keys(page, "c")
        page.get_by_role("heading", name=f"Confirm filing {number}").wait_for()
        keys(page, "y")
        assert state(served, number) is State.CHECKED, "the box is not ticked: the browser asks for it"
        keys(page, "t", "y")
        page.wait_for_url("**/filings/*?said=to-be-sent")
        until(lambda: state(served, number) is State.FINISHED)
        page.reload()
        page.get_by_role("heading", name="Receipt").wait_for()
        step = page.locator("ol.steps li", has_text="Open the report").first
        step.locator("summary").press("Enter")
        assert "<platform>Forum of examples</platform>" in step.locator("pre").first.inner_text()
        assert not serious_findings(page)


def test_a_case_is_filed_without_scripts_at_400_percent(
    served: Console, account: str, browser: "Browser"
) -> None:
    size = {"width": WINDOW["width"] // 4, "height": WINDOW["height"] // 4}
    context = browser.new_context(base_url=served.url, viewport=size, java_script_enabled=False)  # type: ignore[arg-type]
    context.add_cookies([{"name": COOKIE, "value": served.session("rita", "reporter"), "url": served.url}])
    page = context.new_page()
    page.goto("/console/filings")
    assert account in page.inner_text("main")
    page.get_by_role("button", name="Draft it").first.click()
    page.get_by_role("link", name="The draft").click()
    page.get_by_role("button", name="Check it").click()
    number = newest(served)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Confirm: send it as a test").click()
    page.wait_for_url("**/filings/*?said=to-be-sent")
    until(lambda: state(served, number) is State.FINISHED)
    page.reload()
    assert "Of a test: it proves no report." in page.inner_text("main")
    context.close()


def test_nobody_can_miss_that_it_is_a_test(served: Console, account: str, browser: "Browser") -> None:
    """Words in a role of their own, stripes beside the words and not behind them, a dashed edge."""
    case = served.node.reporting.drafting.to_draft()[0].case
    number = drafted(served.client("rita", "reporter"), case, account)
    for theme in ("light", "dark"):
        for zoom in (1.0, 4.0):
            with served.page(browser, "rita", "reporter", theme=theme, zoom=zoom) as page:
                for path in ("", "/draft", "/preview", "/change?part=report/reporter"):
                    page.goto(f"/console/filings/{number}{path}")
                    assert page.title().startswith("TEST")
                    assert page.get_by_role("note").inner_text().startswith("TEST")
                    stripes, edge, behind, seen = page.evaluate(LOOK)
                    assert (stripes, edge, behind) == ("repeating-linear-gradient", "dashed", "none")
                    assert seen or zoom > 1, path

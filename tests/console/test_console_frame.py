"""What every page of the console has, in Chromium: keys, the blank screen, focus, both themes, 200 % zoom."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from support.console import Console, assert_accessible, console

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console(tmp_path_factory.mktemp("console") / "home") as opened:
        yield opened


def test_the_queue_is_accessible(served: Console, browser: "Browser") -> None:
    assert_accessible(served, browser, "/console/queue", "reviewer")


def test_one_key_blanks_the_screen_until_it_is_dismissed(served: Console, browser: "Browser") -> None:
    with served.page(browser) as page:
        page.goto("/console/queue")
        heading = page.get_by_role("heading", name="Queue")
        heading.wait_for()
        page.keyboard.press("b")
        page.get_by_role("heading", name="The screen is blank").wait_for()
        assert not heading.is_visible()
        assert page.title() == "Tocsin"
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        page.reload()
        page.get_by_role("heading", name="The screen is blank").wait_for()
        assert not heading.is_visible()
        page.keyboard.press("Enter")
        heading.wait_for()
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Come back").click()
        heading.wait_for()


def test_the_map_of_keys_is_what_keys_do(served: Console, browser: "Browser") -> None:
    with served.page(browser) as page:
        page.goto("/console/queue")
        page.keyboard.press("?")
        page.get_by_role("dialog", name="Keys").wait_for()
        assert page.locator("#keys-everywhere div", has_text="Queue").is_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("g")
        page.keyboard.press("q")
        page.wait_for_url("**/console/queue")

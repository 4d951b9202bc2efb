"""What every page of the console has, in Chromium: keys, the blank screen, focus, both themes, 200 % zoom."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from support.accounts import PASSWORD
from support.console import (
    Console,
    assert_accessible,
    console,
    cut_off,
    findings_in_each_theme,
    serious_findings,
)
from support.files import small_picture
from support.nodes import OPERATOR

from tocsin.web.callers import COOKIE, csrf_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console(tmp_path_factory.mktemp("console") / "home") as opened:
        for number in range(3):
            opened.submit(small_picture(number), review=True)
        yield opened


def test_a_page_that_is_not_there_is_accessible_too(served: Console, browser: "Browser") -> None:
    """Those that are there are looked at in test_screenshots.py."""
    assert_accessible(served, browser, "/console/nothing-there", "reviewer")


FAULTY = """<!doctype html><html lang="en"><title>Faulty</title><style>:root { color-scheme: light dark }
main { background: light-dark(#fff, #222) } p { color: light-dark(#000, #333) } h1 { width: 500px }
</style><main><h1>Faulty</h1><img src="data:,"><p>Text</p></main>"""


def test_what_is_wrong_in_one_theme_or_when_zoomed_is_found(browser: "Browser") -> None:
    with browser.new_page() as page:
        page.set_content(FAULTY)
        found = [line.split(":")[:2] for line in findings_in_each_theme(page)]
        assert found == [["light", " image-alt"], ["dark", " color-contrast"]]
        assert cut_off(page) == ["cut off at 400 %"]


def test_signing_in_is_accessible_and_needs_no_mouse(served: Console, browser: "Browser") -> None:
    served.node.accounts.people.create(OPERATOR, "typing", PASSWORD, ["reviewer"], must_enrol=True)
    with served.page(browser, "reviewer") as page:
        page.context.clear_cookies()
        page.goto("/console/queue")
        assert not serious_findings(page)
        page.keyboard.press("Tab")  # past the link that skips to the content, where a page begins
        page.get_by_label("Name").focus()
        page.keyboard.type("typing")
        page.keyboard.press("Tab")
        page.keyboard.type("not the password")
        page.keyboard.press("Enter")
        alert = page.get_by_role("alert")
        alert.wait_for()
        assert alert.evaluate("one => one === document.activeElement")
        assert not serious_findings(page)
        page.get_by_label("Password").focus()
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Set a second factor").press("Enter")
        page.get_by_role("heading", name="Confirm it with a code").wait_for()
        assert not serious_findings(page)


def test_a_list_that_refreshes_itself_leaves_focus_where_it_is(served: Console, browser: "Browser") -> None:
    with served.page(browser) as page:
        page.clock.install()
        page.goto("/console/queue")
        page.keyboard.press("j")
        page.keyboard.press("j")
        focused = "document.activeElement.id"
        assert page.evaluate(focused) == "to-2"
        urgent = served.node.review.queue.find(
            OPERATOR, served.submit(small_picture(9), review=True, danger=True)
        )[0]
        with page.expect_response("**/console/queue*"):
            page.clock.fast_forward(21_000)
        page.locator(f"#case-{urgent.number}").wait_for()
        assert page.evaluate(focused) == "to-2"
        assert page.locator("[data-rows] tbody tr").first.get_attribute("id") == f"case-{urgent.number}"
        page.keyboard.press("k")
        assert page.evaluate(focused) == "to-1"


def test_a_refresh_that_fails_takes_nothing_away(served: Console, browser: "Browser") -> None:
    with served.page(browser) as page:
        page.clock.install()
        page.goto("/console/queue")
        page.route("**/console/queue*", lambda route: route.fulfill(status=503, body="no"))
        with page.expect_response("**/console/queue*"):
            page.clock.fast_forward(21_000)
        page.locator("#stale").wait_for()
        assert page.locator("#case-1").is_visible()
        page.unroute("**/console/queue*")
        with page.expect_response("**/console/queue*"):
            page.clock.fast_forward(21_000)
        page.locator("#stale").wait_for(state="hidden")


def test_keys_do_nothing_while_somebody_types_or_has_turned_them_off(
    served: Console, browser: "Browser"
) -> None:
    blank = "document.documentElement.dataset.blank"
    with served.page(browser) as page:
        page.goto("/console/search")
        page.keyboard.press("/")
        page.keyboard.type("b g q ?")
        assert page.get_by_role("searchbox").input_value() == "b g q ?"
        assert page.evaluate(blank) is None
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        assert page.evaluate(blank) == ""
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Keys").click()
        page.get_by_label("Single letters").uncheck()
        page.get_by_role("button", name="Close").click()
        page.keyboard.press("b")
        page.keyboard.press("g")
        page.keyboard.press("q")
        assert page.evaluate(blank) is None
        assert page.url.endswith("/console/search")


def test_blanking_one_window_blanks_all_and_hides_titles(served: Console, browser: "Browser") -> None:
    with served.page(browser) as page:
        page.goto("/console/queue")
        other = page.context.new_page()
        other.goto("/console/search")
        other.evaluate("document.addEventListener('tocsin:blank', () => { window.told = true })")
        page.keyboard.press("b")
        other.get_by_role("heading", name="The screen is blank").wait_for()
        assert other.evaluate("window.told")
        assert (page.title(), other.title()) == ("Tocsin", "Tocsin")
        page.get_by_role("button", name="Come back").click()
        other.get_by_role("heading", name="Search", exact=True).wait_for()


def test_a_form_is_sent_once_however_often_it_is_pressed(served: Console, browser: "Browser") -> None:
    sent = []
    with served.page(browser) as page:
        page.goto("/console/account")
        page.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)
        page.evaluate("""() => {
            const form = document.querySelector("form[action$='/appearance']");
            for (let n = 0; n < 5; n++) form.requestSubmit();
        }""")
        page.get_by_text("Saved.").first.wait_for()
    assert len(sent) == 1


def test_what_strangers_wrote_is_text(served: Console, browser: "Browser") -> None:
    name = '"><img src=x onerror="window.fooled=1">\u202egpj.exe'
    served.submit(small_picture(20), review=True, account={"id": name})
    with served.page(browser) as page:
        page.goto("/console/search")
        page.get_by_role("searchbox").fill(name)
        page.keyboard.press("Enter")
        shown = page.locator("#found .strange")
        shown.wait_for()
        assert page.evaluate("window.fooled") is None
        assert shown.locator("mark").inner_text() == "U+202E"
        assert "gpj.exe" in shown.inner_text()


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


def test_other_sites_can_neither_frame_pages_nor_send_forms(served: Console, browser: "Browser") -> None:
    context = browser.new_context()
    context.add_cookies([{"name": COOKIE, "value": served.session("reviewer"), "url": served.url}])
    page = context.new_page()
    try:
        page.set_content(f"<iframe src='{served.url}/console/queue'></iframe>")
        page.wait_for_function("frames.length === 1")
        page.wait_for_load_state("networkidle")
        assert [frame.url for frame in page.frames[1:]] == ["chrome-error://chromewebdata/"]
        page.set_content(
            f"<form method=post action='{served.url}/console/account/appearance'>"
            f"<input name=csrf value={csrf_of(served.session('reviewer'))}><button>win</button></form>"
        )
        with page.expect_response("**/console/account/appearance") as sent:
            page.get_by_role("button").click()
        assert sent.value.status == 403
    finally:
        context.close()

"""The case page in Chromium: looking at an original, a claim that runs out, a connection that is lost."""

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from support.case_pages import claimed, events, kinds, let_go, open_case, page, reviewer
from support.console import Console, assert_accessible, console
from support.intake import jpeg
from support.served import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Response, Route

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LOADS = """(address) => new Promise((done) => {
    const picture = new Image();
    picture.onload = () => done(true);
    picture.onerror = () => done(false);
    picture.src = address;
})"""
COUNTS = """() => {
    window.looks = 0;
    const count = (changes) => changes.forEach((one) => (window.looks += one.addedNodes.length));
    new MutationObserver(count).observe(document.getElementById("stage"), { childList: true });
}"""
ORIGINAL = "#stage > img.original"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console(tmp_path_factory.mktemp("console") / "home") as opened:
        for name in ("anna", "bela"):
            reviewer(opened, name)
        yield opened


@pytest.fixture(autouse=True)
def _nobody_holds_a_case(served: Console) -> Iterator[None]:
    yield
    let_go(served)


def opened(page: "Page", number: int) -> None:
    """Open the page of a case and wait for its preview."""
    page.goto(f"/console/cases/{number}")
    eventually(lambda: page.evaluate("document.getElementById('preview').naturalWidth > 0"))


def ready(page: "Page") -> None:
    """Answer the warning that comes before the first look."""
    page.keyboard.press("r")
    page.locator("#warning").wait_for()
    page.get_by_role("button", name="I am ready").click()


def gone(page: "Page") -> None:
    page.locator(ORIGINAL).wait_for(state="detached")
    assert page.locator("#countdown").inner_text() == ""


def test_a_key_that_comes_right_after_the_answer_shows_it(served: Console, browser: "Browser") -> None:
    number = open_case(served, jpeg(431))
    claimed(served.client("anna"), number)
    with served.page(browser, "anna") as page:
        opened(page, number)
        page.keyboard.press("r")
        page.locator("#warning").wait_for()
        page.evaluate(
            """() => {
                document.querySelector("#warning [value=go]").click();
                const key = { key: "r", bubbles: true };
                document.getElementById("reveal").dispatchEvent(new KeyboardEvent("keydown", key));
            }"""
        )
        page.locator(ORIGINAL).wait_for()


def test_an_original_is_there_as_long_as_the_key_is_held(served: Console, browser: "Browser") -> None:
    number = open_case(served, jpeg(401))
    claimed(served.client("bela"), number)
    before = kinds(served, number)
    on_record: list[int] = []

    def answered(response: "Response") -> None:
        if response.url.endswith("/reveal"):
            on_record.append(kinds(served, number).count("content.revealed"))

    with served.page(browser, "bela") as page:
        page.on("response", answered)
        opened(page, number)
        ready(page)
        assert kinds(served, number) == before, "the warning alone shows nothing"

        page.locator("#reveal-seconds").select_option("10")
        page.evaluate(COUNTS)
        page.keyboard.down("r")  # held
        page.locator(ORIGINAL).wait_for()
        assert on_record == [1], "the row is there when the answer begins"
        address = page.locator(ORIGINAL).get_attribute("src") or ""
        assert address.startswith("blob:")
        page.keyboard.up("r")  # let go
        gone(page)
        assert not page.evaluate(LOADS, address), "it is in memory still"
        eventually(lambda: "content.reveal_ended" in kinds(served, number))
        page.get_by_text("Left today: 199 looks").wait_for()

        page.locator("#reveal-seconds").select_option("1")
        page.locator("#reveal").focus()
        page.keyboard.press("5")  # the middle
        page.keyboard.down("r")  # held until the time is up
        eventually(lambda: page.evaluate("window.looks") == 2)
        gone(page)
        page.keyboard.down("r")  # as keys repeat that are held
        page.keyboard.up("r")
        assert page.evaluate("window.looks") == 2, "it does not begin anew by itself"

        page.locator("#reveal-seconds").select_option("10")
        for ending in (
            "dispatchEvent(new Event('blur'))",
            "document.dispatchEvent(new Event('tocsin:blank'))",
        ):
            page.keyboard.down("r")
            page.locator(ORIGINAL).wait_for()
            page.evaluate(ending)
            gone(page)
            page.keyboard.up("r")

        box = page.locator("#reveal").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 5, box["y"] + 5)
        page.mouse.down()
        page.locator(ORIGINAL).wait_for()
        page.mouse.up()
        gone(page)
    looks = [detail for kind, _, detail in events(served, number) if kind == "content.revealed"]
    assert len(looks) == 5
    assert looks[0]["region"] is None
    assert looks[1]["region"] is not None


def test_a_key_let_go_early_shows_nothing(served: Console, browser: "Browser") -> None:
    number = open_case(served, jpeg(402))
    claimed(served.client("anna"), number)
    with served.page(browser, "anna") as page:
        opened(page, number)
        ready(page)

        def held_back(route: "Route") -> None:
            time.sleep(0.3)
            route.continue_()

        page.route("**/reveal", held_back)
        page.evaluate(COUNTS)
        with page.expect_response(lambda one: one.url.endswith("/ended")):  # waiting lets the route go on
            page.keyboard.down("r")
            page.keyboard.up("r")
        eventually(lambda: "content.reveal_ended" in kinds(served, number))
        assert page.evaluate("window.looks") == 0


def test_what_was_typed_outlives_the_claim_and_the_connection(served: Console, browser: "Browser") -> None:
    number = open_case(served, jpeg(403))
    client = served.client("anna")
    claimed(client, number)
    with served.page(browser, "anna") as window:
        opened(window, number)
        window.keyboard.press("d")
        window.keyboard.press("t")
        window.keyboard.type("what I saw")
        window.keyboard.press("Tab")

        window.context.set_offline(True)
        window.keyboard.press("d")
        window.keyboard.press("2")
        window.keyboard.press("d")
        window.keyboard.press("d")
        window.locator("#offline").wait_for()
        assert window.locator("#decide-note").input_value() == "what I saw"
        window.context.set_offline(False)

        window.locator("#observe-photorealistic [value=yes]").click()  # a part of the page is new then
        window.get_by_text("1 of 10 facts").wait_for()
        assert window.locator("#decide-note").input_value() == "what I saw"
        assert window.locator("[name=outcome][value=no_action]").is_checked()

        let_go(served)
        window.get_by_role("button", name="Decide").click()
        window.locator("#lapsed").wait_for()
        assert not window.locator("#preview").count()
        window.get_by_role("button", name="Claim it again").click()
        window.locator("#preview").wait_for()
        assert window.locator("#decide-note").input_value() == "what I saw"
        window.keyboard.press("d")
        window.keyboard.press("2")
        window.get_by_role("button", name="Decide").dblclick()
        window.locator("#undo").wait_for()
        assert "what I saw" in page(client, number).said
        assert json.loads(window.evaluate("JSON.stringify(Object.keys(sessionStorage))")) == []
    assert kinds(served, number).count("decision.made") == 1


def test_pictures_go_when_a_limit_is_reached_while_they_stand_there(
    served: Console, browser: "Browser"
) -> None:
    number = open_case(served, jpeg(406))
    held = claimed(served.client("anna"), number)
    (sha256,) = served.node.review.queue.contents(number)
    asked: list[str] = []

    def over(route: "Route") -> None:
        asked.append(route.request.post_data or "")
        route.fulfill(json={"until": "2126-01-01T00:00:00+00:00", "over": "Take the break."})

    with served.page(browser, "anna") as window:
        window.clock.install()
        opened(window, number)
        window.route("**/renew", over)
        window.keyboard.press("j")
        window.clock.fast_forward(90_000)
        window.get_by_text("Take the break.").first.wait_for()
        assert not window.locator("#case-content img").count()
    assert asked
    assert f"claim={held.claim}&showing={sha256.hex()}" in asked[0]


def test_the_page_can_be_used_by_everybody(served: Console, browser: "Browser") -> None:
    strange = "a long name without a blank.".replace(" ", "\u202e") * 3
    number = open_case(served, jpeg(404), note="a note", ip_events=[], extra={strange: {strange: [strange]}})
    claimed(served.client("anna"), number)
    assert_accessible(served, browser, f"/console/cases/{number}", "anna")

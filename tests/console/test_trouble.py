"""What goes wrong between a browser and a node: races, leases that run out, lost answers, the back button."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from support.case_pages import claimed, kinds, let_go, looked, open_case, page, reviewer
from support.console import Console, console
from support.intake import jpeg
from support.nodes import OPERATOR

from tocsin.storage import times

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console(tmp_path_factory.mktemp("trouble") / "home") as opened:
        for name in ("anna", "bela"):
            reviewer(opened, name)
        yield opened


@pytest.fixture(autouse=True)
def _nobody_holds_a_case(served: Console) -> Iterator[None]:
    yield
    let_go(served)


def opened(window: "Page", number: int) -> None:
    window.goto(f"/console/cases/{number}")
    window.wait_for_selector("#case")


def decide(window: "Page", outcome: int = 2) -> None:
    """Choose an outcome and press the key that decides."""
    for key in ("d", str(outcome), "d", "d"):
        window.keyboard.press(key)


def test_of_two_who_reach_for_a_case_one_has_it(served: Console, browser: "Browser") -> None:
    number = open_case(served, jpeg(501))
    with served.page(browser, "anna") as anna, served.page(browser, "bela") as bela:
        for window in (anna, bela):
            opened(window, number)
        for window in (anna, bela):  # neither waits for the other's answer
            window.evaluate("setTimeout(() => document.querySelector('[data-key=c]').click())")
        said = []
        for window in (anna, bela):
            window.wait_for_function(
                "() => document.querySelector('#lease, .refused[role=alert]:not([hidden])') !== null"
            )
            said.append(window.query_selector("#lease") is not None)
    assert sorted(said) == [False, True]
    assert kinds(served, number).count("case.claimed") == 1
    assert (
        served.node.review.queue.case(OPERATOR, number).holder
        == f"person:{('anna', 'bela')[said.index(True)]}"
    )


def test_a_lease_that_runs_out_lets_somebody_else_have_the_case(served: Console, browser: "Browser") -> None:
    number = open_case(served, jpeg(502))
    claimed(served.client("anna"), number)
    with served.page(browser, "anna") as anna, served.page(browser, "bela") as bela:
        opened(anna, number)
        past = times.to_number(datetime.now(UTC) - timedelta(seconds=1))
        with served.node.database.writing():
            served.node.database.change(
                "UPDATE review_case SET lease_until = ? WHERE number = ?", (past, number)
            )
        opened(bela, number)
        bela.keyboard.press("c")
        bela.wait_for_selector("#lease")
        decide(anna)
        anna.wait_for_selector("#lapsed:not([hidden])")
        assert anna.query_selector("#preview") is None, "material of a case she no longer has"
        decide(bela)
        bela.wait_for_selector("[data-key=z]")
    assert [kind for kind in kinds(served, number) if kind.startswith(("case.", "decision."))] == [
        "case.opened",
        "case.claimed",
        "case.lapsed",
        "case.claimed",
        "decision.made",
    ]
    (made,) = served.node.review.deciding.of_case(number)
    assert made.author == "person:bela"


@pytest.mark.parametrize("way", ["the request is lost", "the answer is lost"])
def test_a_connection_lost_mid_decision_decides_once(served: Console, browser: "Browser", way: str) -> None:
    number = open_case(served, jpeg(503 + len(way)))
    claimed(served.client("anna"), number)
    with served.page(browser, "anna") as anna:
        opened(anna, number)
        served.recording.cut = way == "the request is lost"
        served.recording.lose_answers = way == "the answer is lost"
        try:
            decide(anna)
            anna.wait_for_selector("#offline:not([hidden])")
        finally:
            served.recording.cut = served.recording.lose_answers = False
        anna.keyboard.press("d")
        anna.keyboard.press("d")
        anna.wait_for_selector("[data-key=z]")  # decided, and can be undone
    assert kinds(served, number).count("decision.made") == 1


def test_the_back_button_shows_what_is_and_not_what_was(served: Console, browser: "Browser") -> None:
    number = open_case(served, jpeg(520))
    claimed(served.client("anna"), number)
    with served.page(browser, "anna") as anna:
        anna.goto("/console/queue")
        opened(anna, number)
        decide(anna)
        anna.wait_for_selector("[data-key=z]")
        anna.goto("/console/queue")
        anna.go_back()
        anna.wait_for_selector("[data-key=z]")
        anna.go_back()
        anna.wait_for_selector("#case")
        assert anna.query_selector("[data-key='d d']") is None, "a form to decide once more"
        assert anna.query_selector("#preview") is None
    assert kinds(served, number).count("decision.made") == 1


def test_a_form_sent_twice_decides_once(served: Console) -> None:
    number = open_case(served, jpeg(521))
    anna = served.client("anna")
    shown = claimed(anna, number)
    looked(anna, shown)
    for _ in range(2):
        answer = shown.send(anna, "decide", outcome="no_action")
        assert answer.status_code == 303
        assert "said=decided" in answer.headers["location"]
    assert shown.send(anna, "decide", outcome="report").status_code == 409
    assert kinds(served, number).count("decision.made") == 1
    assert "Nothing that we have to act on" in page(anna, number).said


def test_signing_out_in_one_window_takes_cases_off_the_others(served: Console, browser: "Browser") -> None:
    number = open_case(served, jpeg(522))
    reviewer(served, "cleo")
    claimed(served.client("cleo"), number)
    with served.page(browser, "cleo") as window:
        opened(window, number)
        other = window.context.new_page()
        other.goto("/console/queue")
        other.get_by_role("button", name="Sign out").click()
        other.get_by_text("You are signed out.").first.wait_for()
        window.wait_for_url("**/sign-in?next=*")
        assert not window.locator("#case").count()


def test_pictures_go_when_the_session_has_ended_and_words_stay(served: Console, browser: "Browser") -> None:
    number = open_case(served, jpeg(523))
    reviewer(served, "dora")
    claimed(served.client("dora"), number)
    with served.page(browser, "dora") as window:
        opened(window, number)
        window.evaluate(f"sessionStorage.setItem('tocsin.case.{number}.person:dora', 'null')")
        window.reload()
        window.wait_for_selector("#preview")
        window.locator("#decide-note").fill("what I saw")
        window.locator("#case-title").click()  # out of the field, where keys are letters
        served.node.accounts.sessions.revoke_all(OPERATOR, "dora")
        decide(window)
        window.get_by_text("You are not signed in.").wait_for()
        assert not window.locator("#preview").count()
        assert window.locator("#decide-note").input_value() == "what I saw"
        assert window.locator("#decide button").last.is_disabled()


def test_a_fact_that_is_clicked_is_recorded_whichever_was_marked(served: Console, browser: "Browser") -> None:
    number = open_case(served, jpeg(524))
    claimed(served.client("anna"), number)
    with served.page(browser, "anna") as window:
        opened(window, number)
        for place in (1, 4):
            answer = window.locator("[data-fact]").nth(place).locator("[data-answer=y]")
            answer.scroll_into_view_if_needed()
            box = answer.bounding_box()
            assert box
            with window.expect_response("**/observations"):
                window.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
                window.mouse.down()  # it marks the fact
                assert answer.bounding_box() == box, "it moved away from under the mouse"
                window.mouse.up()
            window.locator(f"[data-fact] >> nth={place} >> [data-answer=y][aria-pressed=true]").wait_for()


def test_what_is_pressed_is_seen_where_the_system_sets_colours(served: Console, browser: "Browser") -> None:
    number = open_case(served, jpeg(525))
    claimed(served.client("anna"), number)
    with served.page(browser, "anna") as window:
        window.emulate_media(forced_colors="active")
        opened(window, number)
        ground = "one => getComputedStyle(one).backgroundColor"
        pressed, other = (window.locator(f"[data-region='{part}']").evaluate(ground) for part in (0, 1))
        assert pressed != other
        outline = "one => getComputedStyle(one).outlineStyle"
        assert window.locator(".fact[aria-current]").evaluate(outline) == "solid"
        window.emulate_media(forced_colors="none", media="print")
        assert not window.locator("#viewer").is_visible(), "pictures would be printed"

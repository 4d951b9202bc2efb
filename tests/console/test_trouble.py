"""What goes wrong between a browser and a node: races, leases that run out, lost answers, the back button."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from support.case_pages import claimed, kinds, let_go, open_case, page, reviewer
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
    for _ in range(2):
        answer = shown.send(anna, "decide", outcome="no_action")
        assert answer.status_code == 303
        assert "said=decided" in answer.headers["location"]
    assert shown.send(anna, "decide", outcome="report").status_code == 409
    assert kinds(served, number).count("decision.made") == 1
    assert "Nothing that we have to act on" in page(anna, number).said

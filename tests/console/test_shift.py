"""A reviewer's shift in a browser, by keyboard alone: eight cases or twenty, some of them for two people."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from PIL import Image
from support.accounts import PASSWORD
from support.case_pages import kinds, open_case, reviewer
from support.console import Console, console
from support.nodes import OPERATOR

from tocsin.access.model import ROLES
from tocsin.banks.model import Policy
from tocsin.cases.model import Outcome, Standpoint, State
from tocsin.law.facts import Fact, Value

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LOCAL: Final = "confirmed-here"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console(tmp_path_factory.mktemp("shift") / "home") as opened:
        opened.node.curation.create_bank(OPERATOR, LOCAL, Policy())
        yield opened


def picture(seed: int) -> bytes:
    """A picture of coarse patterns, unlike those of other seeds."""
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(0, 256, (12, 16, 3), dtype=np.uint8), "RGB")
    file = io.BytesIO()
    coarse.resize((480, 360), Image.Resampling.BICUBIC).save(file, "JPEG", quality=90)
    return file.getvalue()


class Keyboard:
    """Somebody who has no mouse."""

    def __init__(self, console: Console, page: "Page") -> None:
        """At `page`, signed in."""
        self._console = console
        self.page = page

    def press(self, *keys: str) -> None:
        """One key after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def next_case(self) -> int:
        """Take the next case; its number."""
        before = self.page.url
        self.press(".")
        self.page.wait_for_url(lambda url: url != before and "/cases/" in url)
        self.page.wait_for_selector("#lease")
        self.page.wait_for_function("() => document.getElementById('preview')?.complete ?? true")
        return self.number

    @property
    def number(self) -> int:
        """Of the case on the page."""
        number = self.page.get_attribute("#case", "data-number")
        assert number is not None
        return int(number)

    def observe(self, *keys: str) -> None:
        """Answer the marked fact and those after it, as fast as keys come; wait until all is on record."""
        before = int((self.page.inner_text("#case-observations .soft") or "0").split()[0])
        self.press(*keys)
        self.page.get_by_text(f"{before + len(keys)} of 10 facts").wait_for()

    def look(self) -> None:
        """Hold the key, see the original, let go: it is gone."""
        self.press("r")  # asks first
        self.page.wait_for_selector("#warning[open]")
        self.press("Shift+Tab", "Enter")
        self.page.wait_for_selector("#warning", state="hidden")
        self.press("Tab", "9", "Shift+Tab")  # seconds: a busy machine may take three to notice what is seen
        self.page.keyboard.down("r")
        self.page.wait_for_selector("#stage .original")
        with self.page.expect_response(lambda one: one.url.endswith("/ended")):
            self.page.keyboard.up("r")
        assert self.page.query_selector("#stage .original") is None

    def decide(self, outcome: int, *, said: str = "decided") -> None:
        """Choose an outcome and decide."""
        self.press("d", str(outcome))
        with self.page.expect_navigation():
            self.press("d", "d")
        self.page.wait_for_function(
            "said => document.getElementById('said').textContent.startsWith(said)",
            arg={"decided": "Decided", "proposed": "Proposed"}[said],
        )


@contextmanager
def at_work(console: Console, browser: "Browser", name: str) -> Iterator[Keyboard]:
    """Somebody who has signed in by typing and is at the queue."""
    reviewer(console, name, "reviewer", "curator")
    with console.page(browser, name) as page:
        page.goto("/console/queue")
        yield Keyboard(console, page)


@pytest.mark.parametrize("cases", [8, pytest.param(20, marks=pytest.mark.long)])
def test_a_shift_by_keyboard_alone(served: Console, browser: "Browser", cases: int) -> None:
    seeds = range(100 * cases, 101 * cases)  # other pictures than in the other shift
    opened = [open_case(served, picture(seed), account={"id": f"account-{seed}"}) for seed in seeds]
    assert len(set(opened)) == cases
    with at_work(served, browser, "anna") as anna, at_work(served, browser, "bela") as bela:
        first = decided_twice(anna)
        skipped = anna.next_case()
        with anna.page.expect_navigation():
            anna.press("s")
        published, asked = proposed_for_a_list(anna), asked_about(anna)
        done = the_rest(anna, {*opened}, {first, skipped, published, asked})
        assert anna.next_case() == skipped, "nothing else waits for her"
        with anna.page.expect_navigation():
            anna.press("s")
        assert {first, skipped, published, asked, *done} == set(opened)
        for number in (bela.next_case() for _ in range(3)):
            if number == published:
                with bela.page.expect_navigation():
                    bela.press("d", "y")
            else:
                assert number in {skipped, asked}
                bela.decide(2, said="proposed" if number == asked else "decided")
        # Two have to agree on what somebody asked about: now it is for the first one to confirm.
        assert anna.next_case() == asked
        with anna.page.expect_navigation():
            anna.press("d", "y")
    assert_all_decided(served, opened)
    said = [(one.observed.about, one.observed.value) for one in served.node.review.observing.of_case(first)]
    assert said == [
        (Fact.PRESENT_DANGER, Value.NO),
        (Fact.REAL_CHILD, Value.YES),
        (Fact.IDENTIFIABLE_CHILD, Value.UNDETERMINED),
    ]
    history = served.node.review.deciding.of_case(first)
    assert [one.standpoint for one in history] == [Standpoint.UNDONE, Standpoint.IN_FORCE]
    assert [one.proposal.outcome for one in history] == [Outcome.NO_ACTION, Outcome.REPORT]
    recorded = {
        "case.claimed",
        "observation.recorded",
        "content.revealed",
        "decision.made",
        "decision.undone",
    }
    assert recorded <= {*kinds(served, first)}
    (made,) = (one for one in served.node.review.deciding.of_case(published) if one.published)
    assert served.node.banks.entry(made.published[0]).bank == LOCAL


def decided_twice(anna: Keyboard) -> int:
    """Observed, looked at, decided; undone and decided otherwise."""
    number = anna.next_case()
    anna.observe("n", "y", "u")
    anna.look()
    anna.decide(2)
    with anna.page.expect_navigation():
        anna.press("z")
    anna.page.wait_for_selector("#lease")
    assert anna.number == number
    anna.decide(1)
    return number


def proposed_for_a_list(anna: Keyboard) -> int:
    """Decided with an entry for a local bank, which waits for somebody else."""
    number = anna.next_case()
    anna.press("d", "p")
    anna.page.keyboard.type(LOCAL)  # the key that opened the box went on to its field
    anna.press("Tab")
    anna.decide(1, said="proposed")
    return number


def asked_about(anna: Keyboard) -> int:
    """Passed on with a question."""
    number = anna.next_case()
    anna.press("q")
    anna.page.keyboard.type("Is it drawn?")
    anna.press("Tab")
    with anna.page.expect_navigation():
        anna.press("Enter")
    return number


def the_rest(anna: Keyboard, opened: set[int], before: set[int]) -> list[int]:
    """Decided one after the other, until none is left for her."""
    done: list[int] = []
    while {*done} | before < opened:
        number = anna.next_case()
        assert number not in before | {*done}
        anna.observe("n")
        anna.decide(1 + len(done) % 2)
        done.append(number)
    return done


def assert_all_decided(served: Console, numbers: list[int]) -> None:
    for number in numbers:
        assert served.node.review.queue.case(OPERATOR, number).state is State.DECIDED, number
        decisions = served.node.review.deciding.of_case(number)
        assert [one.standpoint for one in decisions].count(Standpoint.IN_FORCE) == 1, number


def test_signing_in_takes_nothing_but_keys(served: Console, browser: "Browser") -> None:
    served.session("keys-only", *ROLES)
    with served.page(browser, "keys-only") as page:
        page.context.clear_cookies()
        page.goto("/console/")
        page.wait_for_function("document.activeElement.name === 'name'")
        page.keyboard.type("keys-only")
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/console/queue")
        assert page.text_content("h1") == "Queue"

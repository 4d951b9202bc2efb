"""The pages of management in Chromium: keys, both themes, 200 % zoom, and what asks once more."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from support.console import EVERY_ROLE, Console, assert_accessible, console, serious_findings
from support.nodes import OPERATOR

from tocsin.access.model import EVERY_BANK, Right
from tocsin.banks.model import EntryDraft, Label, Origin, Policy
from tocsin.hashing.signals import Signal, SignalType

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]
HOSTILE = "<script>document.title='run'</script>\u202e" + "W" * 180


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console(tmp_path_factory.mktemp("console") / "home") as opened:
        curation = opened.node.curation
        curation.create_bank(OPERATOR, "known", Policy(purpose=HOSTILE))
        signal, label = Signal(SignalType.SHA256, bytes(32)), Label(HOSTILE, "1", HOSTILE)
        curation.add(OPERATOR, "known", [EntryDraft((signal,), Origin(HOSTILE, HOSTILE, HOSTILE), (label,))])
        opened.session("boss", *EVERY_ROLE)
        opened.node.accounts.grants.grant(OPERATOR, "person:boss", EVERY_BANK, list(Right))
        yield opened


def test_an_entry_with_hostile_texts_is_accessible(served: Console, browser: "Browser") -> None:
    number = served.node.banks.page("known", after=0, limit=1)[0].id
    assert_accessible(served, browser, f"/console/entries/{number}", "boss", *EVERY_ROLE)


def test_a_bank_is_found_and_left_alone_by_keys(served: Console, browser: "Browser") -> None:
    with served.page(browser, "boss", *EVERY_ROLE) as page:
        page.goto("/console/system")
        page.keyboard.press("g")
        page.keyboard.press("k")
        page.get_by_role("link", name="known").click()
        assert page.title().startswith("Bank known")
        page.get_by_role("button", name="Remove this bank").click()
        page.get_by_role("heading", name="Remove this bank for good?").wait_for()
        assert not serious_findings(page)
        page.get_by_label("Name").fill("knwon")
        page.keyboard.press("Enter")
        page.get_by_text("That is not the name.").wait_for()
        page.locator("h1").click()
        page.keyboard.press("c")
        page.wait_for_url("**/console/banks")
        assert served.node.banks.counts("known").entries == 1

"""Pages of queues for managers, and a bank's figures, over HTTP, with cases really opened and decided."""

import hashlib
import re
from collections.abc import Iterator

import pytest
from support.console import Console, console
from support.intake import jpeg
from support.nodes import OPERATOR

from tocsin.access.model import EVERY_BANK, Principal, Right, permissions_of
from tocsin.banks.model import EntryDraft, Policy
from tocsin.cases.model import Case, Outcome, Proposal, State
from tocsin.hashing.signals import Signal, SignalType

RITA = Principal("person:rita", permissions_of(["reviewer"]), {EVERY_BANK: frozenset(Right)})


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console(tmp_path_factory.mktemp("console") / "home") as opened:
        for name in ("rita", "rolf"):
            opened.session(name, "reviewer")
        yield opened


def opened_case(served: Console, seed: int) -> Case:
    """A case of its own that Rita holds."""
    served.submit(jpeg(seed), review=True)
    case = served.node.review.queue.next(RITA)
    assert case is not None
    return case


def test_a_held_case_is_taken_back_moved_and_handed_over(served: Console) -> None:
    manager, queue = served.client("review-manager"), served.node.review.queue
    case = opened_case(served, 1)
    page = manager.get("/console/managing").text
    assert "person:rita" in page
    assert re.search(
        r">main<.*?class=\"number\">0</td><td class=\"number\">0</td><td class=\"number\">1<", page
    )
    assert manager.act("/managing/take-back", case=str(case.number)).status_code == 303
    assert queue.case(OPERATOR, case.number).state is State.WAITING
    assert manager.act("/managing/move", case=str(case.number), queue="To Others!").status_code == 422
    assert manager.act("/managing/move", case=str(case.number), queue="later").status_code == 303
    assert queue.case(OPERATOR, case.number).queue == "later"
    assert manager.act("/managing/hand-over", case=str(case.number), to="nobody-here").status_code == 409
    assert manager.act("/managing/hand-over", case=str(case.number), to="rolf", note="<b>").status_code == 303
    assert queue.case(OPERATOR, case.number).reserved_for == "person:rolf"
    for odd in ("999999", "x", ""):
        assert manager.act("/managing/take-back", case=odd).status_code == 404
    actors = {
        row.actor for row in served.node.ledger.rows_of(f"case:{case.number}") if row.kind == "case.moved"
    }
    assert actors == {"person:review-manager"}


def test_reviewers_do_not_manage(served: Console) -> None:
    reviewer = served.client("rita")
    assert reviewer.get("/console/managing").status_code == 403
    assert reviewer.act("/managing/move", case="1", queue="later").status_code == 403


@pytest.mark.slow
def test_what_was_decided_shows_in_the_figures_of_the_bank(served: Console) -> None:
    curation, review = served.node.curation, served.node.review
    value = hashlib.sha256(jpeg(2)).digest()
    curation.create_bank(OPERATOR, "known", Policy())
    entry = curation.add(OPERATOR, "known", [EntryDraft((Signal(SignalType.SHA256, value),))]).entry_ids[0]
    manager = served.client("banks", "bank-manager")
    path = "/console/banks/one?name=known"
    assert "Nothing has been decided about a match" in manager.get(path).text
    case = opened_case(served, 2)
    proposal = Proposal(Outcome.FALSE_MATCH, false_matches=(entry,))
    review.deciding.decide(RITA, case.number, case.claim, proposal, "once")
    assert "sha256, equal values: 1 matches decided about, 1 of them false" in manager.get(path).text
    served.session("mia", "curator")
    served.node.accounts.grants.grant(OPERATOR, "person:mia", "known", [Right.MATCH])
    assert "equal values" not in served.client("mia").get(path).text

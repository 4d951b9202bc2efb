"""Pages of the ledger, over HTTP: finding rows, one in full, heads, and what strangers' words cannot do."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from support.console import Client, Console, console
from support.nodes import OPERATOR

from tocsin.banks.model import Policy
from tocsin.evidence.ledger import Event

HOSTILE = '"><script>alert(1)</script>\u202e\u200b'
ROWS = 130


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console(tmp_path_factory.mktemp("console") / "home") as opened:
        ledger = opened.node.ledger
        with opened.node.database.writing():
            for number in range(ROWS):
                actor = "person:anna" if number % 2 else "person:bo"
                ledger.append(
                    Event("entry.withdrawn", actor, f"entry:{number}", {"reason": f"<i>{number}</i>"})
                )
            ledger.append(
                Event("bank.created", "person:anna", f"bank:{HOSTILE}", {"name": HOSTILE, "radius": 31})
            )
        ledger.sign_head()
        opened.session("auditor")
        yield opened


@pytest.fixture(scope="module")
def auditor(served: Console) -> Client:
    return served.client("auditor")


def numbers(page: str) -> list[int]:
    return [int(one) for one in re.findall(r'href="/console/ledger/(\d+)"', page)]


def test_all_rows_are_reached_page_by_page(served: Console, auditor: Client) -> None:
    seen: list[int] = []
    path: str | None = "/console/ledger?kind=entry.withdrawn"
    while path:
        page = auditor.get(path).text
        seen += numbers(page)
        after = re.search(r'href="([^"]+)" data-key="\]"', page)
        path = unescape(after[1]) if after else None
    expected = [row.number for row in served.node.ledger.rows() if row.kind == "entry.withdrawn"]
    assert seen == sorted(expected, reverse=True)
    assert len(seen) == ROWS


def test_rows_are_found_by_subject_actor_and_time(served: Console, auditor: Client) -> None:
    rows = list(served.node.ledger.rows())
    found = numbers(auditor.get("/console/ledger?subject=entry:7").text)
    assert found == [row.number for row in rows if row.subject == "entry:7"]
    assert not numbers(auditor.get("/console/ledger?subject=entry:7&actor=person:bo").text)
    assert not numbers(auditor.get("/console/ledger?until=2001-01-01T00:00").text)
    assert numbers(auditor.get("/console/ledger?since=2001-01-01T00:00&subject=entry:7").text) == found
    wrong = auditor.get("/console/ledger", params={"since": "yesterday <b>"})
    assert "A time is written like" in wrong.text
    assert "yesterday &lt;b&gt;" in wrong.text
    for odd in ("subject=%00", "after=nine", "after=-1", "since=9999-12-31T23:59&until=0001-01-01T00:00"):
        assert auditor.get(f"/console/ledger?{odd}").status_code == 200, odd


def test_hostile_rows_stay_texts_and_are_found(auditor: Client) -> None:
    listed = auditor.get("/console/ledger?kind=bank.created").text
    row = auditor.get(f"/console/ledger/{numbers(listed)[0]}").text
    again = auditor.get("/console/ledger", params={"subject": f"bank:{HOSTILE}"}).text
    for page in (listed, row, again):
        assert "<script>alert" not in page
    for page in (listed, row):
        assert "\u202e" not in page
    assert numbers(again) == numbers(listed)
    assert "U+202E" in row


def test_one_row_shows_that_its_hash_is_right(served: Console, auditor: Client) -> None:
    last = served.node.ledger.head()
    assert last is not None
    page = auditor.get(f"/console/ledger/{last.number}").text
    assert last.hash.hex() in page
    assert "its hash is right" in page
    assert auditor.get("/console/ledger/99999999").status_code == 404
    assert auditor.get("/console/ledger/nine").status_code == 404


def test_heads_say_how_far_and_how_to_verify(served: Console, auditor: Client) -> None:
    head = next(iter(served.node.ledger.heads()))
    page = auditor.get("/console/ledger/heads").text
    assert head.hash.hex() in page
    assert "tocsin ledger verify" in page
    assert ">whole<" in page


@pytest.mark.slow
def test_a_changed_row_shows(tmp_path_factory: pytest.TempPathFactory) -> None:
    with console(tmp_path_factory.mktemp("console") / "home") as opened:
        opened.node.curation.create_bank(OPERATOR, "known", Policy())
        auditor = opened.client("auditor")
        with opened.node.database.writing():
            opened.node.database.change("UPDATE ledger SET actor = 'person:eve' WHERE kind = 'bank.created'")
        assert ">broken<" in auditor.get("/console/ledger/heads").text
        number = numbers(auditor.get("/console/ledger?kind=bank.created").text)[0]
        assert "it is not as it was written" in auditor.get(f"/console/ledger/{number}").text


def test_only_those_who_may_read_it_do(served: Console) -> None:
    for path in ("/console/ledger", "/console/ledger/1", "/console/ledger/heads"):
        assert served.client("operator").get(path).status_code == 403


@pytest.mark.slow
def test_a_row_that_is_gone_shows(tmp_path_factory: pytest.TempPathFactory) -> None:
    with console(tmp_path_factory.mktemp("console") / "home") as opened:
        opened.node.curation.create_bank(OPERATOR, "known", Policy())
        opened.node.curation.create_bank(OPERATOR, "local", Policy())
        auditor = opened.client("auditor")
        assert ">whole<" in auditor.get("/console/ledger/heads").text
        with opened.node.database.writing():
            opened.node.database.change("DELETE FROM ledger WHERE subject = 'bank:known'")
        assert ">broken<" in auditor.get("/console/ledger/heads").text
        number = numbers(auditor.get("/console/ledger?subject=bank:local").text)[0]
        assert "it is not as it was written" in auditor.get(f"/console/ledger/{number}").text

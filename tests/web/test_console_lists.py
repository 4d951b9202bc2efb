"""The queue, the search and one's limits: what they show of real cases, and whom they ask."""

import hashlib
import re
from collections.abc import Iterator
from html import unescape

import pytest
from support.accounts import PASSWORD
from support.console import Client, Console, console
from support.files import small_picture
from support.nodes import OPERATOR

from tocsin.access.model import Right
from tocsin.banks.model import EntryDraft, Policy
from tocsin.hashing.signals import Signal, SignalType
from tocsin.web.uploads import FOLDER

HOSTILE = '"><img src=x onerror=window.fooled=1>\u202e'
LINK = "https://elsewhere.example/a?b=<script>"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """Four cases; the third may be urgent, the last one's content is also on a list."""
    with console(tmp_path_factory.mktemp("console") / "home") as opened:
        node = opened.node
        node.curation.create_bank(OPERATOR, "known", Policy())
        listed = Signal(SignalType.SHA256, hashlib.sha256(small_picture(4)).digest())
        node.curation.add(OPERATOR, "known", [EntryDraft((listed,))])
        opened.submit(small_picture(1), review=True, account={"id": HOSTILE}, platform="p")
        opened.submit(small_picture(2), review=True, url=LINK)
        opened.submit(small_picture(3), review=True, danger=True)
        opened.submit(small_picture(4))
        yield opened


@pytest.fixture
def reviewer(served: Console) -> Iterator[Client]:
    with served.client("reviewer") as client:
        yield client


def order(page: str) -> list[int]:
    """The cases in a table, in its order."""
    return [int(number) for number in re.findall(r'<tr id="case-(\d+)"', page)]


def test_the_queue_shows_cases_in_their_order_with_the_reasons(served: Console, reviewer: Client) -> None:
    page = reviewer.get("/console/queue").text
    expected = [case.number for case in served.node.review.queue.page(OPERATOR)]
    assert order(page) == expected == [3, 1, 2, 4]
    assert "possible danger now" in page.partition('id="case-1"')[0]
    assert "possible danger now" not in page.partition('id="case-1"')[2]
    assert "known, or judged here" in page.partition('id="case-4"')[2]


def test_a_case_that_somebody_has_is_shown_to_them_first(served: Console, reviewer: Client) -> None:
    with served.client("holder", "reviewer") as client:
        case = served.node.review.queue.claim(served.principal("holder"), 2)
        page = client.get("/console/queue").text
        assert "You have case 2" in page
        assert "Take the next case" not in page
        assert order(page) == [3, 1, 4]
        assert order(client.get("/console/queue?what=claimed").text) == [2]
        served.node.review.queue.hand_over(served.principal("holder"), 2, case.claim, "person:reviewer")
        assert not order(client.get("/console/queue?what=mine").text)
        mine = reviewer.get("/console/queue?what=mine").text
        assert order(mine) == [2]
        assert "handed to you" in mine
        served.node.review.queue.move(OPERATOR, 2, None, "main")


def test_pages_of_the_queue_follow_each_other(reviewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.web.console.queue.SHOWN", 3)
    first = reviewer.get("/console/queue").text
    following = unescape(re.findall(r'href="(/console/queue\?[^"]*after=\d+)"', first)[0])
    assert order(first) + order(reviewer.get(following).text) == [3, 1, 2, 4]
    assert order(reviewer.get("/console/queue?after=3%20or%201").text) == order(first)
    assert reviewer.get("/console/queue?after=99999").status_code == 303


def test_who_manages_cases_sees_the_queue_without_taking_from_it(served: Console) -> None:
    with served.client("review-manager") as client:
        page = client.get("/console/queue")
        assert page.status_code == 200
        assert "Take the next case" not in page.text


@pytest.mark.parametrize("kind", ["sha256", "sha1", "md5"])
def test_search_finds_cases_by_a_hash(reviewer: Client, kind: str) -> None:
    digest = hashlib.new(kind, small_picture(2), usedforsecurity=False).hexdigest()
    for text in (digest, digest.upper(), f"{kind}:{digest}"):
        assert order(reviewer.act("/search", q=text).text) == [2], text
    assert order(reviewer.act("/search", q="0" * len(digest)).text) == []


def test_search_finds_cases_by_near_copies(served: Console, reviewer: Client) -> None:
    content = served.node.submissions.submission(served.node.review.queue.submissions(1)[0]).content
    assert content
    value = bytearray(next(one.value for one in content.signals if one.type is SignalType.PDQ))
    value[0] ^= 0b111
    assert 1 in order(reviewer.act("/search", q=value.hex()).text)
    assert 1 in order(reviewer.act("/search", q=f"pdq:{value.hex()}").text)
    assert order(reviewer.act("/search", q=f"sha256:{value.hex()}").text) == []


def test_search_finds_cases_by_number_account_link_and_submission(served: Console, reviewer: Client) -> None:
    submission = served.node.review.queue.submissions(3)[0]
    for text, number in (("3", 3), ("#3", 3), (HOSTILE, 1), (LINK, 2), (submission, 3)):
        page = reviewer.act("/search", q=text).text
        assert order(page) == [number], text
        assert "<img" not in page
        assert "<script>" not in page
        assert f'href="{LINK}' not in page
    assert submission in reviewer.act("/search", q=submission).text
    assert reviewer.act("/search", q="").status_code == 303
    for odd in ("\0", "\ud83d", "x" * 9000, "%", "' OR 1=1 --", "999999999999999999999999"):
        assert reviewer.act("/search", q=odd.encode("utf-8", "replace").decode()).status_code == 200, odd


def test_lists_are_asked_only_for_whom_may_and_absence_is_said(served: Console) -> None:
    digest = hashlib.sha256(small_picture(4)).hexdigest()
    with served.client("managing", "review-manager") as client:
        assert "The lists were not asked" in client.act("/search", q=digest).text
    everywhere = {"known": frozenset({Right.MATCH})}
    with served.client("matching", "reviewer") as client:
        unknown = client.act("/search", q=digest).text
        assert "No list that you may ask has this hash." in unknown
        assert "What matched when it was submitted here" not in unknown
        served.node.accounts.grants.grant(OPERATOR, "person:matching", "known", everywhere["known"])
        page = client.act("/search", q=digest).text
        assert "<td>sha256</td>" in page
        assert "What matched when it was submitted here" in page
        assert 'href="/console/entries/' not in page, "they may match, and not read"
        served.node.accounts.grants.grant(OPERATOR, "person:matching", "known", frozenset(Right))
        assert 'href="/console/entries/' in client.act("/search", q=digest).text


@pytest.mark.slow
def test_a_walk_along_a_list_is_stopped(served: Console) -> None:
    content = served.node.submissions.submission(served.node.review.queue.submissions(1)[0]).content
    assert content
    signal = next(
        one for one in content.signals if one.type is SignalType.PDQ and one.orientation == "upright"
    )
    served.node.curation.create_bank(OPERATOR, "near", Policy())
    served.node.curation.add(OPERATOR, "near", [EntryDraft((Signal(SignalType.PDQ, signal.value),))])
    with served.client("walker", "reviewer", "matcher") as client:
        served.node.accounts.grants.grant(OPERATOR, "person:walker", "near", frozenset({Right.MATCH}))
        said = []
        for bit in range(45):
            value = int.from_bytes(signal.value) ^ (1 << bit)
            said.append(client.act("/search", q=f"pdq:{value.to_bytes(32).hex()}").text)
        assert "<td>pdq</td>" in said[0]
        assert "too many different hashes" in said[-1]
        assert "<td>pdq</td>" not in said[-1]


def test_a_file_is_looked_for_and_not_kept(served: Console, reviewer: Client) -> None:
    before = {path for path in served.node.banks.folder.rglob("*") if "index" not in path.parts}
    for data, found in ((small_picture(2), [2]), (b"no picture", []), (small_picture(2)[:700], None)):
        answer = reviewer.post(
            "/console/search/file", data={"csrf": reviewer.csrf}, files={"file": (HOSTILE, data)}
        )
        assert answer.status_code == 200, answer.text
        assert hashlib.sha256(data).hexdigest() in answer.text
        assert found is None or order(answer.text) == found
        assert "fooled" not in answer.text, "the file's name is not kept either"
    assert {path for path in served.node.banks.folder.rglob("*") if "index" not in path.parts} - before <= {
        served.node.banks.folder / FOLDER
    }
    assert not list((served.node.banks.folder / FOLDER).iterdir())
    nothing = reviewer.post("/console/search/file", data={"csrf": reviewer.csrf}, files={"file": ("", b"")})
    assert nothing.status_code == 303
    assert reviewer.post("/console/search/file", data={"csrf": reviewer.csrf}).status_code in {303, 400, 415}


def test_no_page_but_the_one_for_files_takes_a_file(reviewer: Client) -> None:
    answer = reviewer.post("/console/search", data={"csrf": reviewer.csrf}, files={"q": ("name", b"x")})
    assert answer.status_code == 400


def test_limits_become_tighter_at_once_and_looser_the_next_day(served: Console) -> None:
    with served.client("ines", "reviewer") as client:
        assert client.act("/limits", reveals_a_day="7", hours_a_day="2.5").status_code == 303
        page = client.get("/console/limits").text
        assert 'value="7"' in page
        assert "0 of 7 used" in page
        assert "0 of 150 used" in page
        client.act("/limits", reveals_a_day="90")
        page = client.get("/console/limits").text
        assert "0 of 7 used" in page
        assert "holds from your next day on" in page
        assert served.node.review.viewing.allowance(served.principal("ines")).limits.reveals_a_day == 7
        for beyond in ({"reveals_a_day": "999"}, {"break_minutes": "1"}):
            refused = client.act("/limits", **beyond)
            assert refused.status_code == 422
            assert "yours can only be tighter" in refused.text
        assert "0 of 7 used" in client.get("/console/limits").text


def test_an_opt_out_that_names_nothing_is_saved_and_told(served: Console) -> None:
    with served.client("nele", "reviewer") as client:
        assert client.act("/limits", opt_outs="video\niwf:A\nvidoe\niwf:Z").status_code == 303
        page = client.get("/console/limits").text
    told = re.sub(r"<[^>]*>", "", page.partition('id="e-opt_outs"')[2].partition("</p>")[0])
    assert "Nothing is called so at present: iwf:Z, vidoe." in told
    assert len(served.node.review.viewing.preferences(served.principal("nele")).opt_outs) == 4


@pytest.mark.parametrize("value", ["-1", "x", "nan", "1e9", "2.5"])
def test_a_limit_is_a_number_that_it_can_be(served: Console, value: str) -> None:
    with served.client("klara", "reviewer") as client:
        before = served.node.review.viewing.preferences(served.principal("klara"))
        assert client.act("/limits", reveals_a_day=value).status_code == 422
        assert served.node.review.viewing.preferences(served.principal("klara")) == before


def test_categories_that_one_opted_out_of_are_not_offered(served: Console) -> None:
    with served.client("jana", "reviewer") as client:
        client.act("/limits", opt_outs="image\n\n  \n", language="fr", theme="dark")
        assert served.node.review.viewing.opted_out("person:jana") == {"image"}
        assert '<html lang="fr" data-theme="dark">' in client.get("/console/queue").text
        assert served.node.review.queue.next(served.principal("jana")) is None
        assert client.act("/limits", opt_outs="x" * 201).status_code == 422


def test_another_browser_shows_pages_as_the_person_has_set_it(served: Console) -> None:
    with served.client("lena", "reviewer") as client:
        client.act("/limits", language="fr", theme="dark")
    with Client(served, "") as elsewhere:
        elsewhere.cookies.clear()
        elsewhere.post("/console/sign-in", data={"name": "lena", "password": PASSWORD})
        assert '<html lang="fr" data-theme="dark">' in elsewhere.get("/console/account").text


def test_nobody_else_is_shown_ones_limits(served: Console) -> None:
    for role in ("administrator", "review-manager", "auditor"):
        with served.client(role) as client:
            assert client.get("/console/limits").status_code == 403

"""What every answer of the console says to browsers, where links lead, and how problems look."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.console import Client, Console, console
from support.nodes import OPERATOR

from tocsin.access.model import ROLES
from tocsin.errors import Error
from tocsin.web.console.guard import next_page
from tocsin.web.console.strange import plain, shown

ELSEWHERE = (
    "https://elsewhere.example/",
    "//elsewhere.example/console/",
    "/\\elsewhere.example/console/",
    "\\/elsewhere.example",
    "/console/../../x",
    "/consoleelsewhere",
    "javascript:alert(1)",
    " https://elsewhere.example",
    "/console/\r\nSet-Cookie: a=b",
    "https:/console/",
    "http:///console/",
    "/v1/banks",
    "console/",
    "/console/\u2028",
    "//[",
    "",
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console(tmp_path_factory.mktemp("console") / "home") as opened:
        yield opened


@pytest.fixture(scope="module")
def everything(served: Console) -> Iterator[Client]:
    with served.client("everything", *ROLES) as client:
        yield client


@pytest.mark.parametrize(
    "path", ["sign-in", "queue", "nothing-there", "static/console.js", "static/nothing", "cases/999999", ""]
)
def test_browsers_are_told_to_keep_pages_to_themselves(everything: Client, path: str) -> None:
    headers = everything.get(f"/console/{path}").headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] in {"same-origin", "no-referrer"}
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert "no-store" in headers["cache-control"] or path.startswith("static/")
    assert "access-control-allow-origin" not in headers


def test_pages_have_no_script_nor_style_of_their_own(everything: Client) -> None:
    for path in ("sign-in", "queue", "search", "limits", "account", "second-factor", "nothing-there"):
        page = everything.get(f"/console/{path}").text
        assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|<style|<base|javascript:", page), (
            path
        )
        assert not re.search(r"""(?:src|href|action)=["'](?!/console/|#)""", page), path


@pytest.mark.parametrize("address", ELSEWHERE)
def test_signing_in_leads_nowhere_else(address: str) -> None:
    assert next_page(address) == "/console/"


@given(st.text(alphabet="/\\:.?#@[]%console eh\t\n", max_size=40))
@settings(max_examples=300)
def test_wherever_a_link_says_the_next_page_is_ours(address: str) -> None:
    found = next_page(address)
    assert found.startswith("/console/")
    assert not re.search(r"[\\\s\x00-\x1f]", found.replace(" ", ""))
    assert ".." not in found.partition("?")[0]


@pytest.mark.parametrize("charset", ["unicode_escape", "punycode", "undefined", "utf-16"])
def test_forms_come_in_the_encoding_of_our_pages(everything: Client, charset: str) -> None:
    for path, name in (("search", "q"), ("sign-in", "name"), ("account/appearance", "csrf")):
        part = f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n\\ud800\r\n--b--\r\n'
        answer = everything.post(
            f"/console/{path}",
            content=part.encode(),
            headers={"content-type": f"multipart/form-data; boundary=b; charset={charset}"},
        )
        assert answer.status_code == 415, path
    answer = everything.post(
        "/console/search",
        content=f"csrf={everything.csrf}&q=1",
        headers={"content-type": "application/x-www-form-urlencoded; charset=UTF-8"},
    )
    assert answer.status_code == 200


def test_only_our_own_files_are_kept_by_caches(everything: Client) -> None:
    assert everything.get("/console/static/console.css").headers["cache-control"] == "public, max-age=300"
    for path in ("cases/1/contents/static/renditions/blur", "cases/static/x"):
        assert everything.get(f"/console/{path}").headers["cache-control"] == "no-store", path


def test_a_link_cannot_put_words_into_a_page(everything: Client) -> None:
    page = everything.get(
        "/console/queue?said=%3Cb%3ECall%20us&queue=%3Cb%3E&what=%3Cb%3E&after=%3Cb%3E"
    ).text
    assert "<b>" not in page
    assert "Call us" not in page
    assert "Saved." in everything.get("/console/queue?said=saved").text


def test_a_page_that_is_not_there_is_a_page(everything: Client) -> None:
    answer = everything.get("/console/nothing-there")
    assert answer.status_code == 404
    assert "There is no such page." in answer.text
    assert everything.post("/console/queue").status_code == 405


def test_what_fails_here_is_an_incident_without_details(
    served: Console, everything: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class OddError(Error):
        """Something of ours that nobody told callers about: /secret/path."""

        code = "odd.inside"

    for error in (RuntimeError("secret words"), OddError()):

        def fail(*_: object, problem: Exception = error) -> None:
            raise problem

        monkeypatch.setattr(type(served.node.review.queue), "counts", fail)
        answer = everything.get("/console/queue")
        assert answer.status_code == 500
        assert "secret" not in answer.text
        number = re.search(r"<code>([0-9a-f]{8})</code>", answer.text)
        assert number
        assert any(getattr(record, "incident", "") == number[1] for record in caplog.records)
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["content-type"].startswith("text/html")


def test_a_script_whose_session_has_ended_leads_the_whole_page_away(served: Console) -> None:
    with Client(served, "unknown") as client:
        answer = client.get("/console/queue?what=mine", headers={"HX-Request": "true"})
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["hx-redirect"] == "/console/sign-in?next=%2Fconsole%2F"


def test_a_page_that_refreshes_itself_keeps_no_session_alive(served: Console) -> None:
    with served.client("watching", "reviewer") as client:
        accounts, database = served.node.accounts, served.node.database
        session = next(one for one in accounts.sessions.all(OPERATOR) if one.person == "watching")
        with database.writing():
            database.change(
                "UPDATE session SET last_used = last_used - 120000000 WHERE id = ?", (session.id,)
            )
        for headers, is_used in (({"HX-Request": "true"}, False), ({}, True)):
            before = next(one for one in accounts.sessions.all(OPERATOR) if one.id == session.id)
            assert client.get("/console/queue", headers=headers).status_code == 200
            after = next(one for one in accounts.sessions.all(OPERATOR) if one.id == session.id)
            assert (after.last_used > before.last_used) == is_used


HOSTILE = (
    "</code><script>window.fooled=1</script>",
    '"><img src=x onerror=window.fooled=1>',
    "invoice\u202egpj.exe",
    "a\u200bb\u2066c\u2069",
    "x\x00y\x1b[31m",
    "\ufeffname",
    "\u115f\u3164",
    "Z" + "\u0301" * 40,
    "\ud800",
    "\U000e0041hidden",
    "line\nbreak\ttab",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_strangers_texts_can_neither_run_nor_hide(text: str) -> None:
    for made in (str(shown(text)), plain(text)):
        seen = unescape(re.sub(r"<[^>]*>", "", made)) if made.startswith("<bdi") else made
        assert seen.isprintable()
        assert not re.search("[\u115f\u3164\u2800]|\u0301{4}", seen)
    inside = str(shown(text)).removeprefix('<bdi class="strange">').removesuffix("</bdi>")
    assert not re.sub(r"</?mark>", "", inside).count("<")


@given(st.text(max_size=60))
def test_whatever_can_be_seen_of_a_text_is_shown_in_its_order(text: str) -> None:
    inside = str(shown(text)).removeprefix('<bdi class="strange">').removesuffix("</bdi>")
    as_they_are = unescape(re.sub(r"<mark>U\+[0-9A-F]{4,6}</mark>", "", inside))
    rest = iter(text)
    assert all(one in rest for one in as_they_are)
    assert as_they_are.replace("\u200c", "").replace("\u200d", "").isprintable()
    assert [one for one in as_they_are if one.isascii()] == [one for one in text if " " <= one <= "~"]


def test_harmless_names_are_shown_as_they_are() -> None:
    for text in (
        "photo 1.jpg",
        "été.png",
        "写真.jpg",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "क्\u200dष",
        "файл.zip",
        "\u845b\U000e0100",
        "\u2764\ufe0f",
    ):
        assert str(shown(text)) == f'<bdi class="strange">{text}</bdi>'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("anna\ufe00", "anna[U+FE00]"),
        ("a\U000e0155b", "a[U+E0155]b"),
        ("\u845b\ufe00\ufe00", "\u845b\ufe00[U+FE00]"),
        ("\ufe0f", "[U+FE0F]"),
        ("\u0e01" + "\u0e47" * 5, "\u0e01" + "\u0e47" * 3 + "[U+0E47][U+0E47]"),
        ("a" + "\u20dd" * 4, "a" + "\u20dd" * 3 + "[U+20DD]"),
    ],
)
def test_what_is_drawn_as_nothing_or_over_other_lines_is_said(text: str, said: str) -> None:
    assert plain(text) == said


def test_a_long_text_says_that_it_goes_on() -> None:
    assert "… 1000000" in str(shown("a" * 1_000_000))
    assert len(str(shown("a" * 1_000_000))) < 3000

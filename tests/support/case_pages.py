"""Cases in a served console, and their pages as a browser without scripts has them."""

import json
import re
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import httpx2 as httpx

from support.console import Client, Console
from support.nodes import OPERATOR
from tocsin.access.model import EVERY_BANK, Principal, Right
from tocsin.cases.model import State
from tocsin.cases.store_cases import WantedCases

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.media.sandbox import JsonValue

Row = tuple[str, str, dict[str, "JsonValue"]]


def open_case(console: Console, data: bytes, **context: "JsonValue") -> int:
    """Submit a content that is to be reviewed; the number of its case, the newest that it is in."""
    submission = console.submit(data, review=True, **context)
    numbers = [case.number for case in console.node.review.queue.find(OPERATOR, submission)]
    return max(numbers)


def reviewer(console: Console, name: str, *roles: str, rights: tuple[Right, ...] = ()) -> Client:
    """Somebody who reviews, with these rights in every bank (all of them unless some are given)."""
    client = console.client(name, *(roles or ("reviewer",)))
    console.node.accounts.grants.grant(OPERATOR, f"person:{name}", EVERY_BANK, rights or tuple(Right))
    return client


def claimed(client: Client, number: int) -> "Page":
    """The page of a case that the client claims."""
    answer = client.act(f"/cases/{number}/claim")
    assert answer.status_code == 303, said(answer)
    return page(client, number)


def looked(client: Client, found: "Page") -> "Page":
    """Load the pictures of a page, as a browser does."""
    for one in found.pictures:
        assert client.get(one).status_code == 200
    return found


def let_go(console: Console) -> None:
    """Release every case that somebody holds."""
    queue = console.node.review.queue
    for case in queue.page(OPERATOR, WantedCases(None, State.CLAIMED)):
        assert case.holder is not None
        queue.release(Principal(case.holder), case.number, case.claim)


def page(client: Client, number: int, **query: int) -> "Page":
    """The page of a case."""
    answer = client.get(f"/console/cases/{number}", params=query)
    assert answer.status_code == 200, said(answer)
    return Page(answer.text)


def said(answer: httpx.Response | str) -> str:
    """The words of a page, in one line."""
    text = answer if isinstance(answer, str) else answer.text
    words = " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())
    return re.sub(r" ([,.:;])", r"\1", words)


def events(console: Console, number: int) -> list[Row]:
    """What the ledger has of a case: kind, actor, detail."""
    rows = console.node.ledger.rows_of(f"case:{number}")
    return [(row.kind, row.actor, json.loads(row.detail)) for row in rows]


def kinds(console: Console, number: int) -> list[str]:
    """What happened to a case, in order."""
    return [kind for kind, _, _ in events(console, number)]


class Page(HTMLParser):
    """A page's forms with what their fields hold, its pictures and its links."""

    def __init__(self, text: str) -> None:
        """Read it."""
        super().__init__()
        self.text = text
        self.forms: dict[str, dict[str, str]] = {}
        self.actions: dict[str, str] = {}
        self.pictures: list[str] = []
        self.links: list[str] = []
        self._form = ""
        self._area = self._select = ""
        self.feed(text)

    @property
    def said(self) -> str:
        """Its words."""
        return said(self.text)

    @property
    def claim(self) -> int:
        """That of the reader; 0 where they do not hold the case."""
        found = re.search(r'data-claim="(\d+)"', self.text)
        assert found
        return int(found[1])

    def send(self, client: Client, form: str, /, **fields: str) -> httpx.Response:
        """Send a form with what it holds, and these fields."""
        path = self.actions[form].removeprefix("/console")
        return client.act(path, **{**self.forms[form], **fields})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One more."""
        given: Mapping[str, str] = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = given.get("id", given.get("action", ""))
            self.forms[self._form], self.actions[self._form] = {}, given.get("action", "")
        elif tag == "img":
            self.pictures.append(given["src"])
        elif tag == "a":
            self.links.append(given.get("href", ""))
        elif tag == "input" and given.get("type") not in {"radio", "checkbox"}:
            self.forms.setdefault(self._form, {})[given.get("name", "")] = given.get("value", "")
        elif tag == "textarea":
            self._area = given.get("name", "")
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag == "option":
            fields = self.forms.setdefault(self._form, {})
            if "selected" in given or self._select not in fields:
                fields[self._select] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        """Text; that of a field is what it holds."""
        if self._area:
            self.forms.setdefault(self._form, {})[self._area] = data

    def handle_endtag(self, tag: str) -> None:
        """The end of one."""
        if tag == "form":
            self._form = ""
        elif tag == "textarea":
            self._area = ""

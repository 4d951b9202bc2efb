"""Who may see and do what in the console: every page, every role, no session, and forms of others."""

import re
from collections.abc import Iterator
from datetime import timedelta

import httpx2 as httpx
import pytest
from support.accounts import PASSWORD
from support.console import EVERY_ROLE, Client, Console, console
from support.nodes import OPERATOR

from tocsin.access.model import ROLES
from tocsin.access.tokens import Scope
from tocsin.web.console.modules import MODULES
from tocsin.web.console.pages import PUBLIC, SIGNED_IN, Page

PAGES = [page for pages in MODULES for page in pages.all]
OPEN = {("GET", "/sign-in"), ("POST", "/sign-in")}
"""Whoever adds to this list says why in the review."""
OF_EVERYBODY = {
    ("POST", "/sign-out"),
    ("GET", "/account"),
    ("POST", "/account/password"),
    ("POST", "/account/appearance"),
    ("GET", "/second-factor"),
    ("POST", "/second-factor"),
    ("POST", "/second-factor/confirm"),
    ("GET", "/"),
}
"""About oneself; for whoever is signed in."""
REFUSED = "access.denied"


def name_of(page: Page) -> str:
    """What a page is called in reports."""
    return f"{page.method} {page.path}"


every_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console(tmp_path_factory.mktemp("console") / "home") as opened:
        yield opened


@pytest.fixture(scope="module")
def people(served: Console) -> Iterator[dict[str, Client]]:
    """Somebody with each role, and with no other."""
    clients = {role: served.client(role) for role in EVERY_ROLE}
    yield clients
    for client in clients.values():
        client.close()


def path_of(page: Page) -> str:
    """A path of the page in which nothing is there."""
    path = page.path.replace("{sha256}", "0" * 64)
    return "/console" + re.sub(r"\{[a-z_]+\}", "999999999", path)


def asked(client: httpx.Client, page: Page, csrf: str, **headers: str) -> httpx.Response:
    """The answer to asking for a page, or to sending its form with that token alone."""
    if page.method == "GET":
        return client.get(path_of(page), headers=headers)
    files = {"file": ("name", b"")} if page.uploads else None
    return client.post(path_of(page), data={"csrf": csrf}, files=files, headers=headers)


def denied(answer: httpx.Response) -> bool:
    """Whether whoever asked may not, and was told so."""
    return answer.status_code == 403 and REFUSED in answer.text


def test_what_needs_no_permission_is_listed() -> None:
    assert {(page.method, page.path) for page in PAGES if page.needs == PUBLIC} == OPEN
    assert {(page.method, page.path) for page in PAGES if page.needs == SIGNED_IN} == OF_EVERYBODY


def test_no_page_is_there_twice() -> None:
    declared = [(page.method, page.path) for page in PAGES]
    assert len(set(declared)) == len(declared)


@every_page
def test_each_role_is_let_in_or_refused(served: Console, people: dict[str, Client], page: Page) -> None:
    for role, client in people.items():
        if page.path == "/sign-out":
            with served.client(f"leaving-{role}", role) as leaving:
                assert asked(leaving, page, leaving.csrf).status_code == 303
            continue
        answer = asked(client, page, client.csrf)
        assert answer.status_code < 500, (role, answer.text)
        if isinstance(page.needs, str):
            assert page.needs == PUBLIC or answer.status_code != 401, role
            assert not denied(answer), role
        else:
            assert denied(answer) == (not set(page.needs) <= ROLES[role]), (role, answer.status_code)


@pytest.fixture(scope="module")
def strangers(served: Console) -> Iterator[dict[str, Client]]:
    """Those who have no session that holds."""
    ended = served.session("ended", *ROLES)
    served.node.accounts.people.disable(OPERATOR, "ended")
    scope = Scope(frozenset(ROLES), lifetime=timedelta(days=1))
    token = served.node.accounts.tokens.create(OPERATOR, "program", scope)
    clients = {
        "nobody": Client(served, ""),
        "unknown": Client(served, "unknown"),
        "ended": Client(served, ended),
    }
    clients["program"] = Client(served, "")
    clients["program"].headers["Authorization"] = f"Bearer {token}"
    yield clients
    for client in clients.values():
        client.close()


@every_page
def test_nobody_is_let_in_without_a_session_that_holds(strangers: dict[str, Client], page: Page) -> None:
    for name, client in strangers.items():
        answer = asked(client, page, client.csrf)
        if page.needs == PUBLIC:
            assert answer.status_code in {200, 401, 429}, name
        elif page.method == "GET":
            assert answer.status_code == 303, name
            assert answer.headers["location"].startswith("/console/sign-in?next="), name
        else:
            assert answer.status_code == 401, name


@pytest.fixture(scope="module")
def newcomer(served: Console) -> Iterator[Client]:
    """Somebody with all roles who has to enrol a second factor first."""
    served.node.accounts.people.create(OPERATOR, "newcomer", PASSWORD, ROLES, must_enrol=True)
    signed_in = served.node.accounts.sessions.sign_in("newcomer", PASSWORD, address="198.51.100.7")
    with Client(served, signed_in.secret) as client:
        yield client


@pytest.mark.parametrize("page", [one for one in PAGES if not isinstance(one.needs, str)], ids=name_of)
def test_who_must_enrol_can_do_nothing_else(newcomer: Client, page: Page) -> None:
    answer = asked(newcomer, page, newcomer.csrf)
    if page.method == "GET":
        assert (answer.status_code, answer.headers.get("location")) == (303, "/console/second-factor")
    else:
        assert denied(answer)


@pytest.fixture(scope="module")
def everything(served: Console) -> Iterator[Client]:
    """Somebody with all roles."""
    with served.client("everything", *ROLES) as client:
        yield client


@pytest.mark.parametrize("page", [one for one in PAGES if one.method == "POST"], ids=name_of)
def test_forms_of_others_do_nothing(everything: Client, people: dict[str, Client], page: Page) -> None:
    foreign = {"origin": "https://elsewhere.example"}
    for headers in (
        foreign,
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "null"},
    ):
        assert asked(everything, page, everything.csrf, **headers).status_code == 403, headers
    if page.needs == PUBLIC:
        return
    for token in ("", "0" * 64, "\u00e9", people["reviewer"].csrf):
        answer = asked(everything, page, token)
        assert (answer.status_code, "web.cross_site" in answer.text) == (403, True), token
    assert everything.get("/console/account").status_code == 200, "the session goes on"


def test_our_own_forms_are_known_behind_proxies_that_add_the_port(everything: Client) -> None:
    for host, origin, status in (
        ("tocsin.example:80", "http://tocsin.example", 303),
        ("tocsin.example", "http://tocsin.example", 303),
        ("tocsin.example:8080", "http://tocsin.example:8080", 303),
        ("tocsin.example:8080", "http://tocsin.example", 403),
        ("tocsin.example:443", "http://tocsin.example", 403),
        ("tocsin.example", "https://tocsin.example", 403),
    ):
        headers = {"host": host, "origin": origin, "x-csrf-token": everything.csrf}
        answer = everything.post("/console/account/appearance", headers=headers)
        assert answer.status_code == status, (host, origin)


@pytest.mark.parametrize("path", sorted({one.path for one in PAGES}))
def test_other_methods_are_refused(people: dict[str, Client], path: str) -> None:
    there = [one for one in PAGES if one.path == path]
    client = people["reviewer"]
    for method in {"PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "GET", "POST"} - {
        one.method for one in there
    }:
        answer = client.request(method, path_of(there[0]), headers={"x-csrf-token": client.csrf})
        # Another path with a part that stands for anything may cover it: that is asked, and finds nothing.
        assert answer.status_code in {303, 403, 404, 405}, method


@pytest.mark.parametrize("page", [one for one in PAGES if one.method == "GET"], ids=name_of)
def test_asking_for_headers_alone_tells_no_more(people: dict[str, Client], page: Page) -> None:
    for role in ("reviewer", "administrator"):
        full, head = people[role].get(path_of(page)), people[role].head(path_of(page))
        assert (head.status_code, head.content) == (405 if page.books else full.status_code, b"")

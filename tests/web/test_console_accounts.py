"""Signing in, second factors and passwords, as people do it in the console."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape

import httpx2 as httpx
import pyotp
import pytest
from support.accounts import PASSWORD
from support.console import Client, Console, console
from support.nodes import OPERATOR

from tocsin.web.callers import COOKIE, csrf_of

BETTER = "thirteen little towns"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console(tmp_path_factory.mktemp("console") / "home") as opened:
        yield opened


@pytest.fixture
def browser_of(served: Console) -> Iterator[httpx.Client]:
    """A browser without a session, whose attempts are not counted with those of other tests."""
    served.node.accounts.sessions._signing_in._limiter._buckets.clear()  # one address for all tests
    with httpx.Client(base_url=served.url, timeout=30, verify=False) as client:
        yield client


def person(served: Console, name: str, *, must_enrol: bool = False) -> None:
    """A new person."""
    served.node.accounts.people.create(OPERATOR, name, PASSWORD, ["reviewer"], must_enrol=must_enrol)


def sign_in(
    client: httpx.Client, name: str, password: str = PASSWORD, code: str = "", **more: str
) -> httpx.Response:
    """Send the form."""
    return client.post("/console/sign-in", data={"name": name, "password": password, "code": code, **more})


def test_signing_in_leads_to_the_page_that_was_asked_for(served: Console, browser_of: httpx.Client) -> None:
    person(served, "anna")
    asked = browser_of.get("/console/limits?x=1")
    assert asked.status_code == 303
    form = browser_of.get(asked.headers["location"])
    wanted = unescape(re.findall(r'name="next" value="([^"]*)"', form.text)[0])
    assert wanted == "/console/limits?x=1"
    answer = sign_in(browser_of, "anna", next=wanted)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/limits?x=1")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert browser_of.get("/console/limits").status_code == 200


def test_a_wrong_password_says_nothing_of_the_name(served: Console, browser_of: httpx.Client) -> None:
    person(served, "berta")
    answers = [sign_in(browser_of, name, "not the password at all") for name in ("berta", "nobody-at-all")]
    texts = [answer.text.replace("nobody-at-all", "berta") for answer in answers]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert texts[0] == texts[1]
    assert "not the password" not in texts[0]


def test_a_password_is_taken_as_it_is_typed(served: Console, browser_of: httpx.Client) -> None:
    served.node.accounts.people.create(OPERATOR, "blanks", f"  {PASSWORD} ", ["reviewer"], must_enrol=False)
    assert sign_in(browser_of, "blanks").status_code == 401
    assert sign_in(browser_of, "blanks", f"  {PASSWORD} ").status_code == 303


def test_too_many_tries_are_told_to_wait(browser_of: httpx.Client) -> None:
    answers = [sign_in(browser_of, "nobody") for _ in range(14)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0
    assert "Wait" in answers[-1].text


def test_a_session_planted_before_is_worth_nothing_after(served: Console, browser_of: httpx.Client) -> None:
    person(served, "carla")
    planted = "planted" * 6
    browser_of.cookies.set(COOKIE, planted)
    secret = sign_in(browser_of, "carla").cookies[COOKIE]
    assert secret != planted
    with Client(served, planted) as other:
        assert other.get("/console/account").status_code == 303


def test_signing_out_ends_the_session(served: Console) -> None:
    with served.client("dora", "reviewer") as client:
        answer = client.act("/sign-out")
        assert answer.headers["location"] == "/console/sign-in?said=signed-out"
        assert "max-age=0" in answer.headers["set-cookie"].lower()
    with served.client("dora") as again:
        assert again.get("/console/account").status_code == 303


def test_a_newcomer_enrols_and_signs_in_with_the_second_factor(
    served: Console, browser_of: httpx.Client
) -> None:
    person(served, "erna", must_enrol=True)
    first = sign_in(browser_of, "erna", next="/console/queue")
    assert first.headers["location"] == "/console/second-factor"
    assert browser_of.get("/console/").headers["location"] == "/console/second-factor"
    assert "Nothing else is open to you" in browser_of.get("/console/second-factor").text
    csrf = {"csrf": csrf_of(first.cookies[COOKIE])}
    shown = browser_of.post("/console/second-factor", data=csrf).text
    uri = unescape(re.findall(r'<code id="uri">([^<]*)</code>', shown)[0])
    groups = re.findall(r'<code id="secret">([^<]*)</code>', shown)[0].split()
    totp = pyotp.parse_uri(uri)
    assert isinstance(totp, pyotp.TOTP)
    assert "".join(groups) == totp.secret
    assert all(len(group) == 4 for group in groups)
    codes = re.findall(r"<li>([A-Za-z0-9-]+)</li>", shown.partition('id="recovery"')[2])
    assert len(codes) == 10
    assert uri not in browser_of.get("/console/second-factor").text, "shown once"
    wrong = browser_of.post("/console/second-factor/confirm", data={**csrf, "code": "000000"})
    assert wrong.status_code == 422
    now = datetime.now(UTC)
    done = browser_of.post("/console/second-factor/confirm", data={**csrf, "code": totp.at(now)})
    assert done.headers["location"] == "/console/sign-in?said=enrolled"
    assert browser_of.get("/console/account").status_code == 303, "all sessions ended"
    assert sign_in(browser_of, "erna").status_code == 401
    later = totp.at(now + timedelta(seconds=30))
    assert sign_in(browser_of, "erna", code=later).status_code == 303
    assert browser_of.get("/console/queue").status_code == 200
    csrf = {"csrf": csrf_of(browser_of.cookies[COOKIE])}
    assert browser_of.post("/console/second-factor", data=csrf).status_code == 409, "nobody replaces it"
    assert sign_in(browser_of, "erna", code=codes[0]).status_code == 303
    assert sign_in(browser_of, "erna", code=codes[0]).status_code == 401, "each recovery code once"


def test_a_password_is_changed_by_who_knows_it(served: Console, browser_of: httpx.Client) -> None:
    with served.client("frida", "reviewer") as client:
        for old, new, again, said in (
            ("wrong wrong wrong", BETTER, BETTER, "That is not your password."),
            (PASSWORD, BETTER, "another one", "The two are not the same."),
            (PASSWORD, "short", "short", "This password is too easy to guess."),
        ):
            answer = client.act("/account/password", old=old, new=new, again=again)
            assert (answer.status_code, said in answer.text) == (422, True), said
            assert BETTER not in answer.text
        done = client.act("/account/password", old=PASSWORD, new=BETTER, again=BETTER)
        assert done.headers["location"] == "/console/sign-in?said=password-changed"
        assert client.get("/console/account").status_code == 303
    assert sign_in(browser_of, "frida").status_code == 401
    assert sign_in(browser_of, "frida", BETTER).status_code == 303


def test_whoever_may_see_nothing_else_sees_their_account(served: Console) -> None:
    with served.client("gerda", "submitter") as client:
        assert client.get("/console/").headers["location"] == "/console/account"


def test_language_and_theme_are_remembered_by_the_browser(served: Console) -> None:
    with served.client("hanna", "reviewer") as client:
        assert '<html lang="en" data-theme="system">' in client.get("/console/account").text
        asked = client.get("/console/account", headers={"Accept-Language": "fr-CA,en;q=0.5"})
        assert '<html lang="fr"' in asked.text
        client.act("/account/appearance", language="fr", theme="dark")
        assert '<html lang="fr" data-theme="dark">' in client.get("/console/account").text
        client.act("/account/appearance", language="xx", theme='"><script>')
        assert '<html lang="en" data-theme="system">' in client.get("/console/account").text

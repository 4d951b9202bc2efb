"""Who may do what: every operation, with every role, and with no token, an ended and an unknown one."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from support.nodes import OPERATOR, Served, bearer, served

from tocsin.access.model import ROLES, Permission, Right, permissions_of
from tocsin.access.tokens import Scope
from tocsin.web.api import OPERATIONS
from tocsin.web.operation import NEEDS_KEY, PUBLIC, SIGNED_IN, Needs, needs_of

PUBLIC_OPERATIONS = {
    ("GET", "/"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/openapi.json"),
    ("POST", "/v1/session"),
}
"""Whoever adds to this list says why in the review."""
DECLARED = [(one.method, one.path, one.needs) for operations in OPERATIONS for one in operations.all]
REFUSED = {401, 403}
OF_PEOPLE = {
    "/v1/session",
    "/v1/session/second-factor",
    "/v1/session/second-factor/confirm",
    "/v1/session/password",
    "/v1/cases/{case}/claim",
    "/v1/cases/{case}/take-back",
    "/v1/decisions/{decision}/undo",
}
"""For people who are signed in; tokens are refused."""


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("node") / "home") as opened:
        yield opened


@pytest.fixture(scope="module")
def tokens(one: Served) -> dict[str, str]:
    """A token for each role, without rights in banks."""
    return {role: one.token(f"role-{role}", role, banks={}) for role in ROLES}


def asked(one: Served, method: str, path: str, headers: dict[str, str]) -> int:
    """The status of a request with parts of the path that lead nowhere, and without a body."""
    for name in ("bank", "person", "token", "submission"):
        path = path.replace(f"{{{name}}}", "nothing-of-that-name")
    for name in ("entry", "job", "webhook", "delivery", "session", "case", "decision", "reveal"):
        path = path.replace(f"{{{name}}}", "999999999")
    path = path.replace("{sha256}", "0" * 64).replace("{rendition}", "blur")
    return one.client.request(method, path, headers=headers).status_code


def test_every_route_says_what_it_needs(one: Served) -> None:
    """But for HMA's, NCMEC's, and for the console's pages, which have tests of their own."""
    others = ("/hma", "/ncmec", "/console")
    ours = [route for route in one.app.routes if not getattr(route, "path", "").startswith(others)]
    assert len(ours) == len(DECLARED)
    for route in ours:
        assert isinstance(route, APIRoute)
        assert NEEDS_KEY in (route.openapi_extra or {})
        assert needs_of(route)


def test_what_is_public_is_listed() -> None:
    assert {(method, path) for method, path, needs in DECLARED if needs == PUBLIC} == PUBLIC_OPERATIONS


@pytest.mark.parametrize(("method", "path", "needs"), DECLARED, ids=lambda value: str(value)[:50])
def test_each_role_is_let_in_or_refused(
    one: Served, tokens: dict[str, str], method: str, path: str, needs: Needs
) -> None:
    for role, token in tokens.items():
        status = asked(one, method, path, bearer(token))
        if isinstance(needs, str) or set(needs) & permissions_of([role]):
            assert status not in REFUSED or path in OF_PEOPLE, (role, status)
        else:
            assert status == 403, (role, status)


@pytest.mark.parametrize(("method", "path", "needs"), DECLARED, ids=lambda value: str(value)[:50])
def test_nobody_is_let_in_without_a_token_that_is_valid(
    one: Served, ended: dict[str, dict[str, str]], method: str, path: str, needs: Needs
) -> None:
    for name, headers in ended.items():
        status = asked(one, method, path, headers)
        if needs == PUBLIC:
            assert status not in REFUSED, (name, status)
        else:
            assert status == 401, (name, status)


@pytest.fixture(scope="module")
def ended(one: Served) -> dict[str, dict[str, str]]:
    """Headers that let nobody in, by what is wrong with them."""
    revoked = one.token("revoked", *ROLES)
    one.node.accounts.tokens.revoke(OPERATOR, "revoked")
    return {
        "none": {},
        "revoked": bearer(revoked),
        "expired": bearer(expired(one)),
        "unknown": bearer("tocsin_" + "A" * 48),
        "not a token": bearer("x"),
        "no scheme": {"Authorization": revoked},
        "basic": {"Authorization": "Basic eDp5"},
        "unknown session": {"Cookie": "tocsin_session=abc"},
    }


def expired(one: Served) -> str:
    """A token that was made to live for a moment, which has passed."""
    scope = Scope(frozenset(ROLES), lifetime=timedelta(microseconds=1))
    token = one.node.accounts.tokens.create(OPERATOR, "expired", scope)
    assert next(
        found for found in one.node.accounts.tokens.all(OPERATOR) if found.name == "expired"
    ).expires < datetime.now(UTC)
    return token


def test_no_role_but_those_meant_for_it_reads_submissions_or_changes_banks() -> None:
    """The table of roles itself: a change here is a change of what people were promised."""
    assert {role for role, allowed in ROLES.items() if Permission.READ_SUBMISSIONS in allowed} == {"reviewer"}
    assert {role for role, allowed in ROLES.items() if Permission.CURATE in allowed} == {"curator"}
    assert {role for role, allowed in ROLES.items() if Permission.MANAGE_ACCESS in allowed} == {
        "administrator"
    }


def test_a_session_is_worth_nothing_to_another_site(one: Served, tmp_path: Path) -> None:
    del tmp_path
    one.node.accounts.people.create(
        OPERATOR, "anna", "a long enough password", ["bank-manager"], must_enrol=False
    )
    one.client.cookies.clear()
    signed_in = one.client.post("/v1/session", json={"name": "anna", "password": "a long enough password"})
    assert signed_in.status_code == 201, signed_in.text
    cookie = signed_in.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    csrf = signed_in.json()["csrf"]
    try:
        assert one.client.get("/v1/banks").status_code == 200
        bank = {"name": "by anna"}
        for headers in ({}, {"X-CSRF-Token": "0" * 64}, {"Origin": "http://testserver"}):
            answer = one.client.post("/v1/banks", json=bank, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "web.cross_site")
        assert one.client.post("/v1/banks", json=bank, headers={"X-CSRF-Token": csrf}).status_code == 201
        assert one.client.delete("/v1/session", headers={"X-CSRF-Token": csrf}).status_code == 204
        assert one.client.get("/v1/banks", headers={"Cookie": cookie.partition(";")[0]}).status_code == 401
    finally:
        one.client.cookies.clear()


def test_who_reads_no_submissions_reads_their_own_only(one: Served) -> None:
    anna, ben = (bearer(one.token(name, "submitter")) for name in ("anna-app", "ben-app"))
    files = {"file": ("a.txt", b"something of Anna's")}
    sent = one.client.post("/v1/submissions", headers=anna, files=files)
    assert sent.status_code in {201, 202}, sent.text
    where = sent.headers["location"]
    assert one.client.get(where, headers=anna).status_code == 200
    assert one.client.get(where, headers=ben).status_code == 404
    assert one.client.get("/v1/submissions", headers=ben).json()["items"] == []
    assert [item["id"] for item in one.client.get("/v1/submissions", headers=anna).json()["items"]] == [
        sent.json()["id"]
    ]
    reviewer = bearer(one.token("a-reviewer", "reviewer"))
    assert one.client.get(where, headers=reviewer).status_code == 200


def test_what_one_has_no_right_in_is_not_there(one: Served) -> None:
    one.bank("somebody's")
    who = bearer(one.token("no-rights", "curator", banks={}))
    for path in ("/v1/banks/{}", "/v1/banks/{}/entries"):
        there, missing = (
            one.client.get(path.format(name), headers=who) for name in ("somebody's", "no one's")
        )
        assert (there.status_code, missing.status_code) == (404, 404)
        assert {key: text for key, text in there.json().items() if key not in {"detail", "instance"}} == {
            key: text for key, text in missing.json().items() if key not in {"detail", "instance"}
        }
    matcher = bearer(one.token("may-match", "curator", banks={"somebody's": frozenset({Right.MATCH})}))
    assert one.client.get("/v1/banks/somebody's", headers=matcher).status_code == 200
    assert one.client.get("/v1/banks/somebody's/entries", headers=matcher).status_code == 403


def test_a_page_begins_at_none_of_others_submissions(one: Served) -> None:
    carl, dora = (bearer(one.token(name, "submitter")) for name in ("carl-app", "dora-app"))
    files = {"file": ("a.txt", b"something of Carl's")}
    number = one.client.post("/v1/submissions", headers=carl, files=files).json()["id"]
    for before, status in ((number, 404), ("nothing", 404)):
        answer = one.client.get("/v1/submissions", headers=dora, params={"before": before})
        assert (answer.status_code, answer.json()["code"]) == (status, "intake.unknown_submission")
    page = one.client.get("/v1/submissions", headers=carl, params={"before": number})
    assert page.json()["items"] == []


def test_signed_in_is_enough_where_nothing_more_is_needed(one: Served) -> None:
    nobody = bearer(one.token("no-roles", banks={}))
    allowed = [path for method, path, needs in DECLARED if needs == SIGNED_IN and method == "GET"]
    assert allowed == ["/v1/me"]
    assert one.client.get("/v1/me", headers=nobody).json()["permissions"] == []


def test_the_log_says_whom_a_refusal_met(one: Served, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="tocsin.access"):
        refused = one.client.get("/v1/people", headers=bearer(one.token("curious", "submitter")))
    assert refused.status_code == 403
    assert [getattr(record, "caller", None) for record in caplog.records] == ["token:curious"]

"""Who may use the interface: each operation times each role, addresses, partners, and the document it has."""

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from fastapi.routing import APIRoute
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.generation import GenerationMode
from schemathesis.openapi.loaders import from_dict
from schemathesis.schemas import APIOperation
from starlette.testclient import TestClient
from support.hma import Clients, clients, encoded
from support.nodes import OPERATOR, bearer

from tocsin.access.model import EVERY_BANK, ROLES, Right, permissions_of
from tocsin.web.hma.app import ALL
from tocsin.web.hma.operation import PREFIX
from tocsin.web.hma.types import parsed
from tocsin.web.operation import NEEDS_KEY, PUBLIC, Needs

DECLARED = [(one.method, f"{PREFIX}{one.path}", one.needs) for several in ALL for one in several.all]
DECLARED_NAMES = [(method, path) for method, path, _ in DECLARED]
REFUSED = {401, 403}
load_all_checks()
HELD: list[Any] = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
    ]
)
"""No 5xx, and no answer that the document does not have."""
MANY = hypothesis.settings(
    max_examples=6,
    deadline=None,
    database=None,
    phases=[hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)


@pytest.fixture(scope="module")
def hma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    with clients(tmp_path_factory.mktemp("hma") / "home") as opened:
        yield opened


@pytest.fixture(scope="module")
def tokens(hma: Clients) -> dict[str, str]:
    """A token for each role, without rights in banks."""
    return {role: hma.served.token(f"role-{role}", role, banks={}) for role in ROLES}


def asked(hma: Clients, method: str, path: str, headers: dict[str, str]) -> int:
    """The status of a request from a stranger's address, about what is not there."""
    path = path.replace("{bank_name}", "NOTHING").replace("{content_id}", "999999")
    path = (
        path.replace("{signal_type_name}", "nothing")
        .replace("{api_name}", "x")
        .replace("{exchange_name}", "X")
    )
    return hma.stranger.request(method, path, headers=headers, follow_redirects=False).status_code


@pytest.mark.parametrize(("method", "path", "needs"), DECLARED, ids=lambda value: str(value)[:50])
def test_each_role_is_let_in_or_refused(
    hma: Clients, tokens: dict[str, str], method: str, path: str, needs: Needs
) -> None:
    for role, token in tokens.items():
        status = asked(hma, method, path, bearer(token))
        if isinstance(needs, str) or set(needs) & permissions_of([role]):
            assert status not in REFUSED, (role, status)
        else:
            assert status == 403, (role, status)


@pytest.mark.parametrize(("method", "path", "needs"), DECLARED, ids=lambda value: str(value)[:50])
def test_a_stranger_is_let_in_to_the_status_alone(hma: Clients, method: str, path: str, needs: Needs) -> None:
    for headers in ({}, bearer("tocsin_" + "A" * 48), {"Authorization": "Basic eDp5"}):
        status = asked(hma, method, path, headers)
        assert (status not in REFUSED) if needs == PUBLIC else (status == 401)


def test_every_route_says_what_it_needs(hma: Clients) -> None:
    routes = [one for one in hma.served.app.routes if isinstance(one, APIRoute) and one.include_in_schema]
    ours = [one for one in routes if one.path.startswith(PREFIX)]
    assert len(ours) == len(DECLARED)
    assert all(NEEDS_KEY in (one.openapi_extra or {}) for one in ours)
    assert {path for _, path, needs in DECLARED if needs == PUBLIC} == {
        "/hma/",
        "/hma/status",
        "/hma/status/live",
    }


def test_a_listed_address_may_not_see_or_change_what_it_did_not_make(hma: Clients) -> None:
    digits = hma.hash_of(encoded(70))
    (number,) = hma.served.bank("LIST_OF_OTHERS", parsed("pdq", digits))
    assert hma.by_hash(digits) == {"LIST_OF_OTHERS": [{"bank_content_id": 0, "distance": "0"}]}
    path = f"/hma/c/bank/LIST_OF_OTHERS/content/{number}"
    assert hma.listed.get(path, params={"include_signals": "true"}).status_code == 403
    assert hma.listed.delete(path).status_code == 403
    assert hma.listed.put("/hma/c/bank/LIST_OF_OTHERS", json={"enabled": False}).status_code == 403
    assert hma.listed.delete("/hma/c/bank/LIST_OF_OTHERS").status_code == 403
    assert hma.listed.post("/hma/c/bank/LIST_OF_OTHERS/signal", json={"pdq": "0" * 64}).status_code == 403


def test_a_partner_who_may_only_match_sees_bank_and_distance(hma: Clients) -> None:
    bank = hma.bank("SHARED")
    hma.bank("NOT_SHARED")
    for name in ("SHARED", "NOT_SHARED"):
        hma.add(name, encoded(71))
    token = hma.served.token("partner", "matcher", banks={bank: frozenset({Right.MATCH})})
    asked_for = {"signal": hma.hash_of(encoded(71)), "signal_type": "pdq"}
    answer = hma.stranger.get("/hma/m/lookup", params=asked_for, headers=bearer(token))
    assert answer.json() == {bank: [{"bank_content_id": 0, "distance": "0"}]}


def test_a_token_that_was_revoked_is_refused_within_a_second(hma: Clients) -> None:
    token = hma.served.token("to-revoke", "matcher")
    params = {"signal": "0" * 64, "signal_type": "pdq"}
    assert hma.stranger.get("/hma/m/lookup", params=params, headers=bearer(token)).status_code == 200
    hma.served.node.accounts.tokens.revoke(OPERATOR, "to-revoke")
    end = time.monotonic() + 30
    while hma.stranger.get("/hma/m/lookup", params=params, headers=bearer(token)).status_code != 401:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_token_has_its_rate(hma: Clients) -> None:
    headers = bearer(hma.served.token("slow", "matcher", rate=2))
    params = {"signal": "0" * 64, "signal_type": "pdq"}
    answers = [hma.stranger.get("/hma/m/lookup", params=params, headers=headers) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_a_rate_counts_before_anything_is_fetched_or_examined(hma: Clients) -> None:
    headers = bearer(hma.served.token("slow-files", "matcher", rate=2))
    nowhere = {"url": "http://127.0.0.1/"}  # refused, once it is looked at
    for path in ("/hma/m/lookup", "/hma/h/hash"):
        assert hma.stranger.get(path, params=nowhere, headers=headers).status_code == 400
    photo = {"photo": ("a", b"no picture")}
    for path in ("/hma/m/lookup", "/hma/h/hash"):
        assert hma.stranger.get(path, params=nowhere, headers=headers).status_code == 429
        assert hma.stranger.post(path, files=photo, headers=headers).status_code == 429


def test_a_list_cannot_be_read_out_by_looking_up(hma: Clients) -> None:
    (_,) = hma.served.bank("GUESSED_AT", parsed("pdq", "0f" * 32))
    statuses = []
    for number in range(60):
        digits = f"{int('0f' * 32, 16) ^ (1 << number):064x}"
        answer = hma.listed.get("/hma/m/lookup", params={"signal": digits, "signal_type": "pdq"})
        statuses.append(answer.status_code)
    assert statuses[0] == 200
    assert statuses[-1] == 429


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://elsewhere.example"},
        {"Origin": "http://testserver:8080"},
        {"Origin": "null"},
        {"Origin": "http://[broken"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://testserver", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_page_of_another_site_is_not_the_listed_network(hma: Clients, headers: dict[str, str]) -> None:
    bank = {"name": "BY_A_PAGE"}
    refused = hma.listed.post("/hma/c/banks", json=bank, headers=headers)
    assert refused.status_code == 403
    assert "hma.other_site" in refused.json()["details"]
    assert hma.listed.post("/hma/m/lookup", files={"photo": ("a", b"x")}, headers=headers).status_code == 403
    assert hma.listed.get("/hma/c/banks", headers=headers).status_code == 403
    assert "BY_A_PAGE" not in {one["name"] for one in hma.listed.get("/hma/c/banks").json()}
    token = bearer(hma.served.token(f"page-{abs(hash(str(headers)))}", "curator"))
    assert hma.listed.get("/hma/c/banks", headers={**headers, **token}).status_code == 200, "it shows more"


def test_a_page_of_this_host_may_ask(hma: Clients) -> None:
    headers = {"Origin": "http://TestServer", "Sec-Fetch-Site": "same-origin"}
    assert hma.listed.get("/hma/c/banks", headers=headers).status_code == 200


def test_one_listed_address_does_not_use_up_what_another_may_ask(hma: Clients) -> None:
    hma.served.bank("GUESSED_BY_ONE", parsed("pdq", "3c" * 32))

    def statuses(client: TestClient) -> set[int]:
        walk = [f"{int('3c' * 32, 16) ^ (1 << number):064x}" for number in range(45)]
        asked = [{"signal": one, "signal_type": "pdq"} for one in walk]
        return {client.get("/hma/m/lookup", params=one).status_code for one in asked}

    other = TestClient(hma.served.app, client=("10.9.9.9", 1))
    assert 429 in statuses(hma.listed)
    one = {"signal": "3c" * 32, "signal_type": "pdq"}
    assert other.get("/hma/m/lookup", params=one).status_code == 200
    assert 429 in statuses(other)


def test_a_token_may_change_what_it_made(hma: Clients) -> None:
    headers = bearer(hma.served.token("coop", "curator", "bank-manager", banks={EVERY_BANK: frozenset()}))
    assert hma.stranger.post("/hma/c/banks", json={"name": "BY_TOKEN"}, headers=headers).status_code == 201
    added = hma.stranger.post("/hma/c/bank/BY_TOKEN/signal", json={"pdq": "a5" * 32}, headers=headers)
    assert added.status_code == 200
    path = f"/hma/c/bank/BY_TOKEN/content/{added.json()['id']}"
    assert hma.stranger.get(path, headers=headers).status_code == 200
    assert hma.listed.get(path).status_code == 403


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path, _ in DECLARED])
def test_answers_are_as_described(hma: Clients, method: str, path: str) -> None:
    schema = from_dict(hma.served.app.openapi())
    schema.app = hma.served.app
    operation = schema[path][method]
    headers = bearer(hma.served.token(f"all-{DECLARED_NAMES.index((method, path))}", *ROLES))
    for mode in GenerationMode:
        ask(operation, mode, headers)
    ask(operation, GenerationMode.POSITIVE, {})


def ask(operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode, headers: dict[str, str]) -> None:
    """Ask generated questions of one sort. Some operations take nothing that could be wrong."""

    @MANY
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def asked(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(headers=headers, checks=HELD)

    with contextlib.suppress(hypothesis.errors.Unsatisfiable):
        asked()

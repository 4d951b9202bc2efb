"""The interface keeps to its own description, whatever is sent: schemathesis asks what it can think of."""

import contextlib
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.generation import GenerationMode
from schemathesis.openapi.loaders import from_dict
from schemathesis.schemas import APIOperation, BaseSchema
from support.nodes import OPERATOR, Served, served

from tocsin.hashing.signals import parse_signal
from tocsin.web.api import OPERATIONS

pytestmark = pytest.mark.slow
load_all_checks()
HELD: list[Any] = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "unsupported_method",
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
FEW = hypothesis.settings(MANY, max_examples=1)
DECLARED = [(one.method, one.path) for operations in OPERATIONS for one in operations.all]


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("node") / "home") as opened:
        yield opened


@pytest.fixture(scope="module")
def document(one: Served) -> BaseSchema:
    """What is described, without HMA's interface, whose shapes are HMA's."""
    found = one.app.openapi()
    paths = {path: item for path, item in found["paths"].items() if not path.startswith("/hma")}
    schema = from_dict({**found, "paths": paths})
    schema.app = one.app
    return schema


@pytest.fixture(scope="module")
def may_all(one: Served) -> dict[str, str]:
    """Headers of somebody who may do everything."""
    return one.everything()


@pytest.fixture(scope="module")
def there(one: Served, may_all: dict[str, str]) -> dict[str, object]:
    """Something that is there for each part of a path."""
    (entry,) = one.bank("known", parse_signal("md5:" + "00" * 16))
    one.node.accounts.people.create(OPERATOR, "anna", "a long enough password", ["curator"])
    one.token("some")
    (webhook, _) = one.node.webhooks.register("https://example.org/hook", ["submission.matched"], "tests")
    delivery = one.node.webhooks.test(webhook.id, "tests")
    context = ("c", b'{"review": true}', "application/json")
    sent = one.client.post(
        "/v1/submissions", headers=may_all, files=[("file", ("a", b"some bytes")), ("context", context)]
    )
    (case,) = one.client.get("/v1/cases", headers=may_all).json()["items"]
    return {
        "bank": "known",
        "entry": entry,
        "person": "anna",
        "token": "some",
        "webhook": webhook.id,
        "delivery": delivery.id,
        "submission": sent.json()["id"],
        "sha256": sent.json()["sha256"],
        "case": case["number"],
        "decision": 1,
        "reveal": 1,
        "job": 1,
        "session": 1,
    }


@pytest.mark.parametrize(("method", "path"), DECLARED)
def test_answers_are_as_described(
    document: BaseSchema, may_all: dict[str, str], method: str, path: str
) -> None:
    for mode in GenerationMode:
        ask(document[path][method], mode, MANY, may_all, {})


@pytest.mark.parametrize(
    ("method", "path"), [(method, path) for method, path in DECLARED if "{" in path and method != "DELETE"]
)
def test_answers_about_what_is_there_are_as_described(
    document: BaseSchema, may_all: dict[str, str], there: dict[str, object], method: str, path: str
) -> None:
    ask(document[path][method], GenerationMode.POSITIVE, MANY, may_all, there)


@pytest.mark.parametrize(("method", "path"), DECLARED)
def test_answers_to_who_may_nothing_are_as_described(document: BaseSchema, method: str, path: str) -> None:
    ask(document[path][method], GenerationMode.POSITIVE, FEW, {}, {})


def ask(
    operation: APIOperation[Any, Any, Any, Any],
    mode: GenerationMode,
    many: hypothesis.settings,
    headers: dict[str, str],
    there: dict[str, object],
) -> None:
    """Ask generated questions of one sort. Some operations take nothing that could be wrong."""

    @many
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def asked(case: schemathesis.Case[Any]) -> None:
        for name in case.path_parameters.keys() & there.keys():
            case.path_parameters[name] = there[name]
        case.call_and_validate(headers=headers, checks=HELD)

    with contextlib.suppress(hypothesis.errors.Unsatisfiable):
        asked()

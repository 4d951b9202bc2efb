"""The interface keeps to its own description, whatever is sent: schemathesis asks everything it can think of."""

import contextlib
from collections.abc import Iterator

import hypothesis
import pytest
import schemathesis
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.openapi.loaders import from_dict
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation, BaseSchema
from support.nodes import Served, served

from tocsin.web.api import OPERATIONS

pytestmark = pytest.mark.slow
load_all_checks()
HELD = CHECKS.get_by_names(
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
    max_examples=12,
    deadline=None,
    database=None,
    phases=[hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)
FEW = hypothesis.settings(MANY, max_examples=2)
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


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("method", "path"), DECLARED)
def test_answers_are_as_described(
    document: BaseSchema, may_all: dict[str, str], mode: GenerationMode, method: str, path: str
) -> None:
    asked(document[path][method], mode, MANY, may_all)


@pytest.mark.parametrize(("method", "path"), DECLARED)
def test_answers_are_as_described_to_who_may_nothing(document: BaseSchema, method: str, path: str) -> None:
    asked(document[path][method], GenerationMode.POSITIVE, FEW, {})


def asked(
    operation: APIOperation, mode: GenerationMode, many: hypothesis.settings, headers: dict[str, str]
) -> None:
    """Ask generated questions of one sort. Some operations take nothing that could be wrong."""

    @many
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=headers, checks=HELD)

    with contextlib.suppress(hypothesis.errors.Unsatisfiable):
        ask()

"""Whether the node lives, whether it is ready, its metrics, and the document that describes it."""

from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from tocsin import __version__
from tocsin.access.model import Permission
from tocsin.web import metrics
from tocsin.web.callers import node_of
from tocsin.web.operation import PUBLIC, Operations
from tocsin.web.state import checks

operations = Operations("node")


class Welcome(BaseModel):
    """What answers here, and where to read on."""

    name: str = "tocsin"
    version: str = __version__
    openapi: str = "/openapi.json"
    health: str = "/health/ready"


@operations.operation("GET", "/", needs=PUBLIC)
async def welcome() -> Welcome:
    """Tell what answers here, and where its description and health are."""
    return Welcome()


class Alive(BaseModel):
    """The node answers."""

    status: str = "alive"


@operations.operation("GET", "/health/live", needs=PUBLIC)
async def health_live() -> Alive:
    """Tell that the process answers; asks nothing else."""
    return Alive()


class CheckShape(BaseModel):
    """One thing that must be so for the node to do its work."""

    name: str
    ok: bool


class Readiness(BaseModel):
    """Whether the node can do its work."""

    status: str
    """`ready` or `not-ready`."""
    checks: list[CheckShape]


@operations.operation(
    "GET",
    "/health/ready",
    needs=PUBLIC,
    responses={503: {"model": Readiness, "description": "Something is not as it must be."}},
)
def health_ready(request: Request, response: Response) -> Readiness:
    """Tell whether database, keys, disk, index and workers are as they must be; the metrics say more."""
    found = checks(node_of(request))
    ready = all(one.ok for one in found)
    response.status_code = 200 if ready else 503
    return Readiness(
        status="ready" if ready else "not-ready",
        checks=[CheckShape(name=one.name, ok=one.ok) for one in found],
    )


@operations.operation(
    "GET",
    "/metrics",
    needs=Permission.READ_SYSTEM,
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def read_metrics(request: Request) -> Response:
    """Metrics in Prometheus's text format."""
    return Response(request.app.state.metrics.text(), media_type=metrics.MEDIA_TYPE)


@operations.operation("GET", "/openapi.json", needs=PUBLIC, response_class=JSONResponse)
def openapi_document(request: Request) -> dict[str, Any]:
    """This document."""
    document: dict[str, Any] = request.app.openapi()
    return document

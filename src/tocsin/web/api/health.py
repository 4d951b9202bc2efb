"""Whether the node lives, whether it is ready, its metrics, and the document that describes it."""

from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from tocsin.access.model import Permission
from tocsin.web import metrics
from tocsin.web.operation import PUBLIC, Operations

operations = Operations("node")


class Alive(BaseModel):
    """The node answers."""

    status: str = "alive"


@operations.operation("GET", "/health/live", needs=PUBLIC)
async def health_live() -> Alive:
    """Tell that the process answers; asks nothing else."""
    return Alive()


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

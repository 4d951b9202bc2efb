"""The hasher: contents to hashes. Nothing is kept."""

from typing import Annotated, Any, Final

from fastapi import Query, Request
from starlette.responses import Response

from tocsin.access.model import Permission
from tocsin.web.callers import caller_of
from tocsin.web.hma.contents import Received, from_form, from_url, hashes, quality_headers, wanted_types
from tocsin.web.hma.operation import answer
from tocsin.web.hma.service import Hma, hma_of
from tocsin.web.operation import UPLOADS_KEY, Operations

operations = Operations("hma: hasher")
FORM: Final[dict[str, Any]] = {
    UPLOADS_KEY: True,
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "description": "One file, in a field named by its content type.",
                    "properties": {
                        "photo": {"type": "string", "format": "binary"},
                        "video": {"type": "string", "format": "binary"},
                    },
                }
            }
        },
    },
}
HASHES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Each signal type's hash; an empty one where there is too little to hash.",
        "content": {
            "application/json": {"schema": {"type": "object", "additionalProperties": {"type": "string"}}}
        },
    }
}
Types = Annotated[str | None, Query(description="Signal types, separated by commas.")]
ContentType = Annotated[str | None, Query(description="photo or video; else the bytes themselves tell.")]


@operations.operation(
    "GET", "/h/hash", needs=Permission.MATCH, answers=[507], responses=HASHES, response_class=Response
)
async def hash_url(
    request: Request, url: str, content_type: ContentType = None, types: Types = None
) -> Response:
    """Fetch a URL and hash what it leads to."""
    hma = hma_of(request)
    hma.demand_allowance(caller_of(request))
    received = await from_url(hma, url, content_type, turned=False)
    return _answer(hma, received, types)


@operations.operation(
    "POST",
    "/h/hash",
    needs=Permission.MATCH,
    answers=[507],
    responses=HASHES,
    openapi_extra=FORM,
    response_class=Response,
)
async def hash_file(request: Request, types: Types = None) -> Response:
    """Hash a file."""
    hma = hma_of(request)
    hma.demand_allowance(caller_of(request))
    received = await from_form(request, hma, turned=False)
    return _answer(hma, received, types)


def _answer(hma: Hma, received: Received, types: str | None) -> Response:
    found = hashes(received, wanted_types(hma, received.type, types))
    return answer(found, headers=quality_headers(received.content))

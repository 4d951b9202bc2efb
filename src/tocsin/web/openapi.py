"""The OpenAPI document: what FastAPI writes, and what it cannot know."""

from typing import TYPE_CHECKING, Any, Final

from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from tocsin import __version__
from tocsin.web.api import BODIES
from tocsin.web.callers import COOKIE

if TYPE_CHECKING:
    from fastapi import FastAPI

TEXT: Final = """\
Screening against lists of known items. Every error is a problem (RFC 9457) with a stable `code`, a sentence
and a piece of advice. Sign in with `Authorization: Bearer TOKEN`, or with the cookie that `POST /v1/session`
sets; with the cookie, anything but reading needs the header X-CSRF-Token as well."""
PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "title": "Problem",
    "description": "An error (RFC 9457).",
    "required": ["type", "title", "status", "code", "detail", "advice"],
    "properties": {
        "type": {"type": "string", "const": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; docs/reference/errors.md lists them."},
        "detail": {"type": "string"},
        "advice": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "What is wrong with the request, and where.",
            "items": {
                "type": "object",
                "required": ["where", "why"],
                "properties": {
                    "where": {"type": "array", "items": {"type": "string"}},
                    "why": {"type": "string"},
                },
            },
        },
        "incident": {"type": "string", "description": "Its number in the node's log."},
    },
}
SCHEMES: Final[dict[str, Any]] = {
    "token": {"type": "http", "scheme": "bearer"},
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
}


def describe(app: "FastAPI") -> None:
    """Let `app.openapi` give our document. It is made once, when first asked for: that takes a moment."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # as FastAPI's manual has it, "Extending OpenAPI"


def _document(app: "FastAPI") -> dict[str, Any]:
    found: dict[str, Any] = get_openapi(
        title=app.title, version=__version__, description=TEXT, routes=app.routes
    )
    parts = found.setdefault("components", {})
    parts.setdefault("schemas", {})["Problem"] = PROBLEM
    parts["securitySchemes"] = SCHEMES
    _, extra = models_json_schema(
        [(model, "validation") for model in BODIES], ref_template="#/components/schemas/{model}"
    )
    parts["schemas"].update(extra["$defs"])
    for unused in ("HTTPValidationError", "ValidationError"):
        parts["schemas"].pop(unused, None)
    return found

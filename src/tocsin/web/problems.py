"""Errors as answers: every one a problem of RFC 9457, its status given by its code in one table."""

import json
import logging
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Route

from tocsin.errors import Error, Refusal

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

    from tocsin.media.sandbox import JsonValue

MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 2
"""What Retry-After says where nothing better is known."""
STATUS: Mapping[str, int] = {
    "access.denied": 403,
    "access.enrolment": 409,
    "access.invalid_bank": 422,
    "access.invalid_lifetime": 422,
    "access.invalid_name": 422,
    "access.invalid_rate": 422,
    "access.not_signed_in": 401,
    "access.person_exists": 409,
    "access.sign_in_refused": 401,
    "access.token_exists": 409,
    "access.too_many_requests": 429,
    "access.unknown_person": 404,
    "access.unknown_principal": 404,
    "access.unknown_role": 422,
    "access.unknown_session": 404,
    "access.unknown_token": 404,
    "access.weak_password": 422,
    "banks.exists": 409,
    "banks.in_use": 409,
    "banks.invalid_name": 422,
    "banks.invalid_policy": 422,
    "banks.invalid_text": 422,
    "banks.no_signal": 422,
    "banks.unknown_bank": 404,
    "banks.unknown_entry": 404,
    "cases.grown": 409,
    "cases.holding": 409,
    "cases.invalid": 422,
    "cases.limit_reached": 429,
    "cases.not_held": 409,
    "cases.nothing_to_show": 409,
    "cases.other_decision": 409,
    "cases.taken": 409,
    "cases.too_late": 409,
    "cases.unknown": 404,
    "cases.unknown_decision": 404,
    "cases.unseen": 409,
    "cases.unsuitable": 409,
    "cases.not_decided": 409,
    "content.examiner_busy": 503,
    "exchange.exists": 409,
    "exchange.invalid": 422,
    "exchange.no_record": 409,
    "exchange.not_ready": 409,
    "exchange.running": 409,
    "exchange.second_person": 409,
    "exchange.unfit_settings": 422,
    "exchange.unknown": 404,
    "filing.another_place": 409,
    "filing.field": 422,
    "filing.host_mistyped": 422,
    "filing.invalid_reason": 422,
    "filing.no_answer": 502,
    "filing.no_connection": 404,
    "filing.no_receipt": 409,
    "filing.no_such_switch": 409,
    "filing.not_connected": 409,
    "filing.not_switched": 409,
    "filing.not_to_be_reported": 409,
    "filing.outdated": 409,
    "filing.same_person": 409,
    "filing.schema_not_fetched": 502,
    "filing.second_person": 409,
    "filing.switch_pending": 409,
    "filing.unfit_credentials": 422,
    "filing.unfit_url": 422,
    "filing.unknown": 404,
    "filing.unknown_destruction": 404,
    "filing.unknown_hold": 404,
    "filing.unsuitable": 409,
    "filing.unwritable_document": 409,
    "filing.unsuitable_destruction": 409,
    "filing.unsuitable_hold": 409,
    "hashing.invalid_signal": 422,
    "intake.bad_context": 422,
    "intake.other_content": 409,
    "intake.too_many_lookups": 429,
    "intake.unknown_submission": 404,
    "jobs.not_dead": 409,
    "jobs.unknown_job": 404,
    "ncmec.which_bank": 400,
    "ncmec.window": 400,
    "notices.invalid": 422,
    "notices.not_set_up": 409,
    "notices.unknown": 404,
    "notices.unknown_provider": 404,
    "notices.unsuitable": 409,
    "outgoing.failed": 502,
    "outgoing.refused": 422,
    "outgoing.too_large": 413,
    "evidence.not_rendered": 409,
    "evidence.renderer_busy": 503,
    "evidence.vault_access": 503,
    "evidence.vault_full": 507,
    "register.invalid": 422,
    "register.unknown": 404,
    "register.unknown_question": 404,
    "register.unsuitable": 409,
    "storage.access": 503,
    "storage.busy": 503,
    "storage.full": 507,
    "storage.io": 503,
    "storage.unreachable": 503,
    "web.bad_request": 400,
    "web.cross_site": 403,
    "web.invalid": 422,
    "web.media_type": 415,
    "webhooks.unknown": 404,
    "webhooks.unknown_delivery": 404,
    "webhooks.unknown_event": 422,
}
"""What each error is answered with that a caller can bring about, or that passes. Any other is a 500."""
_LATER = "Try again after the seconds in Retry-After; the node's log says more."
_NO_ROOM = "Try again when whoever runs this node has made room. What was not acknowledged was not kept."
OF_OPERATOR: Mapping[str, Refusal] = {
    one.code: one
    for one in (
        Refusal("evidence.vault_access", "the vault cannot be read or written just now", _LATER),
        Refusal("evidence.vault_full", "there is no room left in the vault", _NO_ROOM),
        Refusal("storage.access", "the database or its disk cannot be written just now", _LATER),
        Refusal("storage.full", "there is no room left on the disk", _NO_ROOM),
        Refusal("storage.io", "the disk failed to read or write", _LATER),
        Refusal("storage.unreachable", "the database server cannot be reached just now", _LATER),
    )
}
"""What a caller is told in place of messages that name our disks and hosts, which the log has."""
TITLES: Mapping[int, str] = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    413: "Content Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
    502: "Bad Gateway",
    507: "Insufficient Storage",
}
"""As RFC 9110 has them: Python's own differ from version to version."""
_ADVICE = "docs/reference/http.md lists the operations with what they take and answer."
log = logging.getLogger("tocsin.web")


def problem(
    status: int, refusal: Refusal, headers: Mapping[str, str] | None = None, **more: "JsonValue"
) -> Response:
    """A problem as an answer; `more` are members of its own."""
    return Response(
        problem_body(status, refusal, **more), status, {**headers_of(status), **(headers or {})}, MEDIA_TYPE
    )


def problem_body(status: int, refusal: Refusal, **more: "JsonValue") -> bytes:
    """The JSON of a problem, in ASCII so that nothing in a message can break it."""
    item = {
        "type": "about:blank",
        "title": TITLES.get(status) or HTTPStatus(status).phrase,
        "status": status,
        "code": refusal.code,
        "detail": refusal.message,
        "advice": refusal.advice,
        **more,
    }
    return json.dumps(item).encode()


def problem_of(error: Error) -> Response:
    """The answer to an error of ours."""
    status = STATUS.get(error.code)
    if status is None:
        return incident(error)
    return problem(status, refusal_of(error), retry_of(error))


def retry_of(error: Error) -> Mapping[str, str]:
    """The header that says when to ask again, where the error knows."""
    seconds = getattr(error, "retry_after", None)
    return {"Retry-After": str(max(1, round(seconds)))} if isinstance(seconds, int | float) else {}


def refusal_of(error: Error) -> Refusal:
    """What a caller is told of an error of ours; the log has what a caller is not told."""
    if error.code not in OF_OPERATOR:
        return Refusal.of(error)
    log.error("%s: %s", error.code, error.message)
    return OF_OPERATOR[error.code]


def handle_problems(app: "FastAPI") -> None:
    """Let every error of `app` come out as a problem."""
    app.add_exception_handler(Error, _on_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)


def headers_of(status: int) -> dict[str, str]:
    """What an answer with this status says beside its body."""
    headers = {"Cache-Control": "no-store"}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="tocsin"'
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        headers["Retry-After"] = str(RETRY_SECONDS)
    return headers


async def _on_error(_: "Request", error: Exception) -> Response:
    if not isinstance(error, Error):
        raise error
    return problem_of(error)


def incident(error: Exception) -> Response:
    """Nothing internal goes out; the log has it under the number that goes out."""
    number, refusal = incident_of(error)
    return problem(500, refusal, incident=number)


def incident_of(error: Exception) -> tuple[str, Refusal]:
    """A new incident: its number, under which the log has it now, and what a caller is told."""
    number = secrets.token_hex(4)
    log.error("incident", exc_info=error, extra={"incident": number})
    refusal = Refusal(
        "internal",
        f"something went wrong here; it is in the log as incident {number}",
        "Tell whoever runs this node the number of the incident.",
    )
    return number, refusal


async def _on_invalid(_: "Request", error: Exception) -> Response:
    """Say where and why. What was sent is not repeated: it may be content, or a password."""
    if not isinstance(error, RequestValidationError):
        raise error
    errors: list[JsonValue] = [
        {"where": [str(step) for step in one["loc"]], "why": str(one["msg"])} for one in error.errors()
    ]
    refusal = Refusal("web.invalid", "the request is not as this operation takes it", _ADVICE)
    return problem(422, refusal, errors=errors)


async def _on_http(request: "Request", error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_allowed(request)))
    phrase = TITLES.get(error.status_code) or HTTPStatus(error.status_code).phrase
    code = f"web.{phrase.lower().replace(' ', '_')}"
    return problem(error.status_code, Refusal(code, str(error.detail), _ADVICE), headers)


def _allowed(request: "Request") -> set[str]:
    """The methods that the path takes, over all its routes."""
    found: set[str] = set()
    for route in request.app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods or set()
    return found

"""Operations of this interface: declared like our own, answered as HMA answers."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from tocsin.errors import Error, Refusal
from tocsin.web import problems
from tocsin.web.callers import demand_one
from tocsin.web.hma.models import ErrorResponse
from tocsin.web.hma.service import hma_of
from tocsin.web.operation import NEEDS_KEY, PUBLIC, Needs, Operation, Operations, needs_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from fastapi import FastAPI
    from starlette.requests import Request

PREFIX: Final = "/hma"
STATUS: Final[Mapping[str, int]] = {
    **problems.STATUS,
    "banks.exists": 403,
    "banks.invalid_name": 400,
    "banks.invalid_text": 400,
    "banks.no_signal": 400,
    "hashing.invalid_signal": 400,
    "outgoing.refused": 400,
    "outgoing.failed": 400,
    "hma.bad_request": 400,
    "hma.undecodable": 400,
    "hma.other_site": 403,
    "hma.no_such_content": 404,
    "hma.no_such_exchange": 404,
    "hma.withdrawn": 409,
}
"""As HMA answers, where it foresees the error at all."""


class HmaRoute(APIRoute):
    """A route that asks who is calling, and whose errors have HMA's shape."""

    def get_route_handler(self) -> "Callable[[Request], Coroutine[Any, Any, Response]]":
        """FastAPI's own handler behind the check."""
        handle = super().get_route_handler()
        needs = needs_of(self)

        async def answered(request: "Request") -> "Response":
            try:
                if needs != PUBLIC:
                    await _identify(request, needs)
                return await handle(request)
            except Error as error:
                return answer_of(error)
            except RequestValidationError as error:
                return failed(422, _first(error))
            except HTTPException as error:
                return failed(error.status_code, str(error.detail), headers=error.headers)

        return answered


async def _identify(request: "Request", needs: Needs) -> None:
    """Note who is calling. Raises NotSignedInError, DeniedError."""
    callers = hma_of(request).callers
    caller = callers.remembered(request)
    if caller is None:
        caller = await run_in_threadpool(callers.asked, request)
    if not isinstance(needs, str):
        demand_one(caller, needs)
    request.state.caller = caller


def answer_of(error: Error) -> Response:
    """The answer to an error of ours."""
    status = STATUS.get(error.code)
    if status is None:
        return problems.incident(error)
    refusal = problems.refusal_of(error)
    return failed(status, refusal.message, refusal, problems.retry_of(error))


def failed(
    status: int, message: str, refusal: Refusal | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """An error in HMA's shape."""
    item = {"message": message}
    if refusal is not None:
        item["details"] = f"{refusal.advice} [{refusal.code}]"
    return answer(item, status, {**problems.headers_of(status), **(headers or {})})


def answer(item: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:  # noqa: ANN401  # JSON
    """An answer in JSON."""
    body = json.dumps(item, separators=(",", ":")).encode()
    return Response(body, status, headers, "application/json")


def _first(error: RequestValidationError) -> str:
    """What is wrong first; what was sent is not repeated."""
    first = error.errors()[0]
    return f"{'.'.join(str(step) for step in first['loc'])}: {first['msg']}"


def add_to(app: "FastAPI", operations: Operations) -> None:
    """Make routes of operations."""
    for one in operations.all:
        _add(app, one, operations.tag)


def _add(app: "FastAPI", one: Operation, tag: str) -> None:
    options = dict(one.options)
    extra = {
        NEEDS_KEY: one.needs if isinstance(one.needs, str) else [each.value for each in one.needs],
        "security": [] if one.needs == PUBLIC else [{"token": []}, {}],
        **options.pop("openapi_extra", {}),
    }
    app.router.add_api_route(
        f"{PREFIX}{one.path}",
        one.handler,
        methods=[one.method],
        status_code=one.status,
        operation_id=f"hma_{one.handler.__name__}",
        summary=(one.handler.__doc__ or "").strip().splitlines()[0],
        tags=[tag],
        responses={**_errors(one), **options.pop("responses", {})},
        openapi_extra=extra,
        route_class_override=HmaRoute,
        **options,
    )


def _errors(one: Operation) -> dict[int | str, dict[str, Any]]:
    return {code: {"description": problems.TITLES[code], "model": ErrorResponse} for code in one.problems}

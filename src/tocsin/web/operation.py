"""One operation of the interface: its path, what it takes to be allowed, and every answer it can give.

The permission is checked before a byte of the body is read: a stranger cannot make us take an upload.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from tocsin.access.model import Permission
from tocsin.web.callers import authenticated
from tocsin.web.problems import TITLES
from tocsin.web.receiving import allow_body

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

Handler = Callable[..., Any]
"""What FastAPI takes: it reads the parameters, and their types, from the signature."""
PUBLIC: Final = "public"
SIGNED_IN: Final = "signed-in"
Needs = tuple[Permission, ...] | str
"""Any one of these permissions; SIGNED_IN for whoever has a token or session; PUBLIC for everybody."""
NEEDS_KEY: Final = "x-tocsin-needs"
"""Where the OpenAPI document says what an operation needs."""
UPLOADS_KEY: Final = "x-tocsin-uploads"
"""Where it says that a body may be as large as an upload."""
ROUND_UPLOAD: Final = 1 << 17
"""Bytes that a body may have beside the upload in it: the context, and what stands between the parts."""
_ALWAYS = (400, 413, 422, 431, 500, 503)
_GUARDED = (401, 403, 429)
_WITH_BODY = (408, 415)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as its module declares it."""

    method: str
    path: str
    needs: Needs
    handler: Handler
    status: int
    answers: Sequence[int]
    """Problems beyond those that every operation can answer with."""
    options: Mapping[str, Any]
    """For FastAPI's `add_api_route`."""

    @property
    def problems(self) -> list[int]:
        """The status of every problem that it can answer with."""
        codes = {*_ALWAYS, *self.answers}
        if self.needs != PUBLIC:
            codes.update(_GUARDED)
        if self.method in {"POST", "PUT", "PATCH"}:
            codes.update(_WITH_BODY)
        return sorted(codes)


@dataclass(slots=True)
class Operations:
    """The operations of one module, in the order they are declared."""

    tag: str
    all: list[Operation] = field(default_factory=list)

    def operation(
        self,
        method: str,
        path: str,
        *,
        needs: Permission | Needs,
        status: int = 200,
        answers: Sequence[int] = (),
        **options: Any,  # noqa: ANN401  # FastAPI's own
    ) -> Callable[[Handler], Handler]:
        """Declare the operation that the decorated function carries out."""

        def declare(handler: Handler) -> Handler:
            needed = (needs,) if isinstance(needs, Permission) else needs
            self.all.append(Operation(method, path, needed, handler, status, answers, options))
            return handler

        return declare

    def add_to(self, app: "FastAPI") -> None:
        """Make routes of them."""
        for one in self.all:
            _add(app, one, self.tag)


class GuardedRoute(APIRoute):
    """A route that asks who is calling, and whether they may, before anything else."""

    def get_route_handler(self) -> "Callable[[Request], Coroutine[Any, Any, Response]]":
        """FastAPI's own handler behind the check."""
        handle = super().get_route_handler()
        needs, uploads = needs_of(self), (self.openapi_extra or {}).get(UPLOADS_KEY)

        async def guarded(request: "Request") -> "Response":
            if needs != PUBLIC:
                request.state.caller = await run_in_threadpool(authenticated, request, needs)
            if uploads:
                allow_body(request.scope, request.app.state.node.settings.upload_bytes + ROUND_UPLOAD)
            return await handle(request)

        return guarded


def needs_of(route: APIRoute) -> Needs:
    """What the operation behind a route needs."""
    declared = (route.openapi_extra or {})[NEEDS_KEY]
    return declared if isinstance(declared, str) else tuple(Permission(name) for name in declared)


def _add(app: "FastAPI", one: Operation, tag: str) -> None:
    options = dict(one.options)
    extra = {
        NEEDS_KEY: one.needs if isinstance(one.needs, str) else [each.value for each in one.needs],
        "security": [] if one.needs == PUBLIC else [{"token": []}, {"session": []}],
        **options.pop("openapi_extra", {}),
    }
    app.router.add_api_route(
        one.path,
        one.handler,
        methods=[one.method],
        status_code=one.status,
        operation_id=one.handler.__name__,
        summary=(one.handler.__doc__ or "").strip().splitlines()[0],
        tags=[tag],
        responses={**_problems(one), **options.pop("responses", {})},
        openapi_extra=extra,
        route_class_override=GuardedRoute,
        **options,
    )


def _problems(one: Operation) -> dict[int | str, dict[str, Any]]:
    return {
        code: {
            "description": TITLES[code],
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for code in one.problems
    }

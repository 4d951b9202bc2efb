"""All of this interface, for the application to take in."""

from typing import TYPE_CHECKING, Final

from starlette.responses import RedirectResponse, Response

from tocsin.web.hma import bank_contents, banks, exchanges, hasher, kinds, matcher, status
from tocsin.web.hma.operation import PREFIX, add_to, answer, failed
from tocsin.web.hma.service import Hma

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastapi import FastAPI
    from starlette.requests import Request

    from tocsin.access.anonymous import Network
    from tocsin.node.node import Node

ALL: Final = (
    matcher.operations,
    hasher.operations,
    kinds.operations,
    banks.operations,
    bank_contents.operations,
    exchanges.operations,
    status.operations,
)
_FIRST: Final = frozenset(f"{PREFIX}{one.path}" for one in matcher.operations.all)
_METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_NOT_OFFERED: Final = "not found; docs/reference/hma.md says which of HMA's operations are offered"


def add_hma(app: "FastAPI", node: "Node", *, anonymous_from: "Iterable[Network]" = (), upload: int) -> None:
    """Let `app` answer HMA's clients under /hma.

    Args:
        app: where its routes go; `app.state.limiter` is there.
        node: what it is about.
        anonymous_from: networks whose addresses need no token.
        upload: most bytes of an uploaded content.
    """
    app.state.hma = Hma.over(node, anonymous_from, upload, app.state.limiter)
    for operations in ALL:
        add_to(app, operations)
    # Routes are tried one after the other: what is asked thousands of times a second stands first.
    app.router.routes.sort(key=lambda route: getattr(route, "path", "") not in _FIRST)
    app.add_api_route(f"{PREFIX}/site-map", _site_map, methods=["GET"], include_in_schema=False)
    app.add_route(f"{PREFIX}/{{rest:path}}", _unknown, methods=_METHODS, include_in_schema=False)


async def _site_map() -> Response:
    """The paths there are, with their methods."""
    return answer([[f"{PREFIX}{one.path}", one.method] for operations in ALL for one in operations.all])


async def _unknown(request: "Request") -> Response:
    """What no operation answers; a path with doubled slashes leads to the one without, as HMA has it."""
    path = request.url.path
    while "//" in path:
        path = path.replace("//", "/")
    if path != request.url.path:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{path}{query}", 308)  # without the host, which the client names
    allowed = sorted({one.method for operations in ALL for one in operations.all if _is(one.path, path)})
    if allowed:
        return failed(405, "this path is not one for this method", headers={"Allow": ", ".join(allowed)})
    return failed(404, _NOT_OFFERED)


def _is(template: str, path: str) -> bool:
    """Whether a path is one of an operation's."""
    parts, given = f"{PREFIX}{template}".split("/"), path.split("/")
    return len(parts) == len(given) and all(
        a == b or a.startswith("{") for a, b in zip(parts, given, strict=True)
    )

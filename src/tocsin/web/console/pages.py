"""Pages and actions as their modules declare them: method, path, what it takes to be allowed, and a handler.

Everything is checked before a handler runs: the session, the permission and, for what changes something, that
the form was made by one of our pages. A handler takes a Visit and answers; it runs in a thread.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from tocsin.access.model import Permission
from tocsin.web.console import guard
from tocsin.web.console.visit import Visit

if TYPE_CHECKING:
    from starlette.requests import Request

PUBLIC: Final = "public"
SIGNED_IN: Final = "signed-in"
Needs = tuple[Permission, ...] | str
"""All of these permissions; SIGNED_IN for whoever has a session; PUBLIC for everybody."""
Handler = Callable[[Visit], Response]


@dataclass(frozen=True, slots=True)
class Page:
    """One page, or one action of a form."""

    method: str
    path: str
    """Below /console."""
    needs: Needs
    handler: Handler
    uploads: bool = False
    """Takes a form with files."""
    waits: bool = False
    """May wait for a sandbox child: in threads apart, so that other pages do not wait as well."""
    books: bool = False
    """Counts what it serves: it is never asked for its headers alone (HEAD)."""


@dataclass(slots=True)
class Pages:
    """The pages of one module."""

    all: list[Page] = field(default_factory=list)

    def page(  # noqa: PLR0913  # what pages differ in
        self,
        path: str,
        *,
        needs: Permission | Needs,
        method: str = "GET",
        uploads: bool = False,
        waits: bool = False,
        books: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Declare the page that the decorated function makes."""

        def declare(handler: Handler) -> Handler:
            needed = (needs,) if isinstance(needs, Permission) else needs
            self.all.append(Page(method, path, needed, handler, uploads, waits, books))
            return handler

        return declare

    def action(
        self, path: str, *, needs: Permission | Needs, uploads: bool = False, waits: bool = False
    ) -> Callable[[Handler], Handler]:
        """Declare what a form does."""
        return self.page(path, needs=needs, method="POST", uploads=uploads, waits=waits)


def routes_of(modules: Sequence[Pages]) -> list[Route]:
    """Routes for all pages."""
    return [_route(page) for pages in modules for page in pages.all]


def _route(page: Page) -> Route:
    async def serve(request: "Request") -> Response:
        person = await run_in_threadpool(guard.let_in, request, page.needs)
        async with guard.form_of(request, uploads=page.uploads) as (form, upload):  # no body is read before
            run = partial(request.app.state.pictures.run, person.id) if page.waits else run_in_threadpool
            return await run(lambda: page.handler(guard.visit(request, person, form, upload)))

    route = Route(page.path, serve, methods=[page.method], name=f"{page.method} {page.path}")
    if page.books and route.methods is not None:
        route.methods.discard("HEAD")  # which comes with GET
    return route

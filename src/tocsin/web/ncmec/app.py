"""This interface's routes: `/ncmec/v2` for a token's one bank, `/ncmec/NAME/v2` for the bank of that name."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from starlette.responses import Response
from starlette.routing import Route

from tocsin.access.errors import NotSignedInError
from tocsin.evidence.ledger import Event
from tocsin.storage.serving import ChangedEntries, Served
from tocsin.web import problems
from tocsin.web.ncmec import documents
from tocsin.web.ncmec.callers import authenticated, bank_of
from tocsin.web.ncmec.passing import passing
from tocsin.web.ncmec.windows import Asked, text_of

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

    from tocsin.access.model import Principal
    from tocsin.banks.model import Bank
    from tocsin.media.sandbox import JsonObject
    from tocsin.node.node import Node

PREFIX: Final = "/ncmec"
Answer = Callable[["Request", "Node", "Principal", "Bank"], bytes]


def add_ncmec(app: "FastAPI", node: "Node") -> None:
    """Let `app` answer clients of NCMEC's hash sharing under /ncmec."""
    for name, answer in ANSWERS.items():
        for base in (PREFIX, f"{PREFIX}/{{bank:path}}"):
            app.router.routes.append(Route(f"{base}/v2/{name}", _guarded(node, answer), methods=["GET"]))


def _guarded(node: "Node", answer: Answer) -> "Callable[[Request], Response]":
    """An answer behind the question who asks, and about which bank."""

    def answered(request: "Request") -> Response:
        try:
            caller = authenticated(request, node)
        except NotSignedInError as error:
            refused = problems.problem_of(error)
            refused.headers["WWW-Authenticate"] = 'Basic realm="tocsin", charset="UTF-8"'
            return refused
        bank = bank_of(node, caller, request.path_params.get("bank"))
        body = answer(request, node, caller, bank)
        return Response(body, 200, {"Cache-Control": "no-store"}, documents.MEDIA_TYPE)

    return answered


def _status(request: "Request", _node: "Node", caller: "Principal", _bank: "Bank") -> bytes:
    return documents.status(request.client.host if request.client else "", caller.id.partition(":")[2])


def _members(_request: "Request", node: "Node", _caller: "Principal", bank: "Bank") -> bytes:
    return documents.members(ChangedEntries(node.database).contributors(bank.id))


def _categorizations(_request: "Request", node: "Node", _caller: "Principal", bank: "Bank") -> bytes:
    return documents.categorizations(ChangedEntries(node.database).codes(bank.id))


def _entries(request: "Request", node: "Node", caller: "Principal", bank: "Bank") -> bytes:
    """Raises WindowError."""
    changed = ChangedEntries(node.database)
    asked = Asked.of(request.query_params, changed.settled())
    found = changed.page(bank.id, asked.window, start=asked.start, limit=asked.size + 1)
    page, more = found[: asked.size], len(found) > asked.size
    link = None
    if more:
        last = asked.last if asked.last is not None else changed.last(bank.id, asked.window)
        link = asked.next(page[-1].entry.id, last)
    may_go = passing(node, caller, bank)
    told = [one for one in page if one.entry.withdrawn is not None or may_go(one.entry)]
    if told:
        _record(node, caller, bank, asked, told)
    return documents.entries(documents.Page(told, bank.policy.quality_floor, link))


def _record(node: "Node", caller: "Principal", bank: "Bank", asked: Asked, told: list[Served]) -> None:
    """An export is in the ledger before it is answered."""
    withdrawn = sum(one.entry.withdrawn is not None for one in told)
    detail: JsonObject = {
        "from": text_of(asked.window.begin),
        "to": text_of(asked.window.end),
        "entries": len(told) - withdrawn,
        "withdrawn": withdrawn,
    }
    node.ledger.append(Event("bank.served", caller.id, f"bank:{bank.name}", detail))


ANSWERS: Final = {
    "status": _status,
    "members": _members,
    "entries": _entries,
    "categorizations": _categorizations,
}

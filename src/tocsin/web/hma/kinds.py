"""The curator's signal types and content types, and how far their indexes are."""

from typing import Annotated

from fastapi import Body, Request
from starlette.concurrency import run_in_threadpool

from tocsin.access.errors import DeniedError
from tocsin.access.model import Permission
from tocsin.web.callers import caller_of
from tocsin.web.hma.callers import ANONYMOUS
from tocsin.web.hma.curating import Curator
from tocsin.web.hma.models import (
    ContentTypeConfig,
    IndexStatus,
    SignalTypeConfig,
    SignalTypeIndexStatus,
    SignalTypeUpdate,
)
from tocsin.web.hma.service import Hma, hma_of
from tocsin.web.hma.types import HASHED, SIGNALS, signal_type
from tocsin.web.operation import Operations

operations = Operations("hma: curator")


@operations.operation("GET", "/c/signal_type", needs=(Permission.MATCH, Permission.READ_BANKS))
async def list_signal_types(request: Request) -> list[SignalTypeConfig]:
    """List the signal types."""
    notes = hma_of(request).notes
    return [SignalTypeConfig(name=name, enabled_ratio=notes.type_ratio(name)) for name in SIGNALS]


@operations.operation("PUT", "/c/signal_type/{signal_type_name}", needs=Permission.MANAGE_BANKS)
async def update_signal_type(
    request: Request, signal_type_name: str, changes: Annotated[SignalTypeUpdate, Body()]
) -> SignalTypeConfig:
    """Switch a signal type off (0) or on, for all clients of this interface; needs a token."""
    hma, caller = hma_of(request), caller_of(request)
    if caller.id == ANONYMOUS.id:
        message = "a signal type is everybody's: it is switched with a token, not by an address"
        raise DeniedError(message)
    signal_type(signal_type_name)
    curator = Curator(hma, caller)
    await run_in_threadpool(curator.set_type, signal_type_name, changes.enabled_ratio)
    return SignalTypeConfig(name=signal_type_name, enabled_ratio=hma.notes.type_ratio(signal_type_name))


@operations.operation("GET", "/c/signal_type/index", needs=(Permission.MATCH, Permission.READ_BANKS))
async def signal_type_index(
    request: Request, signal_type: str | None = None
) -> dict[str, SignalTypeIndexStatus]:
    """Tell how far the index of each signal type is: always up to the newest entry."""
    found = await run_in_threadpool(_statuses, hma_of(request), signal_type)
    return {
        name: SignalTypeIndexStatus(
            db_size=one.size,
            index_size=one.size,
            index_out_of_date=False,
            newest_db_item=one.built_to,
            index_built_to=one.built_to,
        )
        for name, one in found.items()
    }


@operations.operation("GET", "/m/index/status", needs=(Permission.MATCH, Permission.READ_BANKS))
async def index_status(request: Request, signal_type: str | None = None) -> dict[str, IndexStatus]:
    """Tell how far the index of each signal type is: what was added can be found at once."""
    return await run_in_threadpool(_statuses, hma_of(request), signal_type)


@operations.operation("GET", "/c/content_type", needs=(Permission.MATCH, Permission.READ_BANKS))
async def list_content_types() -> list[ContentTypeConfig]:
    """List the content types."""
    return [ContentTypeConfig(name=name, enabled=True) for name in HASHED]


def _statuses(hma: Hma, only: str | None) -> dict[str, IndexStatus]:
    """The status of all types or of one. Raises HmaRequestError."""
    if only is not None:
        signal_type(only)
    sizes = hma.notes.sizes()
    found = {}
    for name, kind in SIGNALS.items():
        size, newest = sizes.get(kind.value, (0, -1))
        found[name] = IndexStatus(present=size > 0, built_to=newest, size=size)
    return found if only is None else {only: found[only]}

"""The curator's banks."""

from typing import Annotated

from fastapi import Body, Request
from starlette.concurrency import run_in_threadpool

from tocsin.access.model import Permission
from tocsin.web.callers import caller_of
from tocsin.web.hma.curating import Curator
from tocsin.web.hma.models import BankConfig, BankCreateRequest, BankUpdateRequest, Message
from tocsin.web.hma.service import Hma, hma_of
from tocsin.web.operation import Operations

operations = Operations("hma: curator")


@operations.operation("GET", "/c/banks", needs=Permission.READ_BANKS)
async def list_banks(request: Request) -> list[BankConfig]:
    """List the banks that the caller may match against."""
    hma, curator = _of(request)
    return [_config(hma, bank.name) for bank in await run_in_threadpool(curator.banks)]


@operations.operation("POST", "/c/banks", needs=Permission.MANAGE_BANKS, status=201)
async def create_bank(request: Request, bank: Annotated[BankCreateRequest, Body()]) -> BankConfig:
    """Make a bank. Whoever makes it may see and change its contents."""
    hma, curator = _of(request)
    ratio = _ratio(bank.enabled_ratio, bank.enabled)
    await run_in_threadpool(curator.create, bank.name, 1.0 if ratio is None else ratio)
    return _config(hma, bank.name)


@operations.operation("GET", "/c/bank/{bank_name}", needs=Permission.READ_BANKS, answers=[404])
async def show_bank(request: Request, bank_name: str) -> BankConfig:
    """One bank."""
    hma, curator = _of(request)
    return _config(hma, (await run_in_threadpool(curator.bank, bank_name)).name)


@operations.operation("PUT", "/c/bank/{bank_name}", needs=Permission.MANAGE_BANKS, answers=[404])
async def update_bank(
    request: Request, bank_name: str, changes: Annotated[BankUpdateRequest, Body()]
) -> BankConfig:
    """Rename a bank, or change in how many look-ups it takes part."""
    hma, curator = _of(request)
    ratio = _ratio(changes.enabled_ratio, changes.enabled)
    return _config(hma, await run_in_threadpool(curator.change, bank_name, changes.name, ratio))


@operations.operation("DELETE", "/c/bank/{bank_name}", needs=Permission.MANAGE_BANKS)
async def delete_bank(request: Request, bank_name: str) -> Message:
    """Delete a bank with its contents; one that is not there is gone, too."""
    _, curator = _of(request)
    await run_in_threadpool(curator.remove, bank_name)
    return Message(message="Done")


def _of(request: Request) -> tuple[Hma, Curator]:
    hma = hma_of(request)
    return hma, Curator(hma, caller_of(request))


def _config(hma: Hma, name: str) -> BankConfig:
    return BankConfig(name=name, matching_enabled_ratio=hma.notes.ratio(name))


def _ratio(ratio: float | None, enabled: bool | None) -> float | None:  # noqa: FBT001  # as it stands in the body
    """What the two ways of saying it come to; a ratio goes before."""
    return float(enabled) if ratio is None and enabled is not None else ratio

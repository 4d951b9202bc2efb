"""The curator's exchanges: this interface offers none yet, and answers as an HMA without any would."""

from typing import Annotated

from fastapi import Body, Request
from pydantic import BaseModel, JsonValue

from tocsin.access.model import Permission
from tocsin.web.hma.errors import HmaRequestError, NoSuchExchangeError
from tocsin.web.hma.models import ExchangeApi, Message
from tocsin.web.operation import Operations

operations = Operations("hma: curator")
_NONE = "exchanges are not offered through this interface yet"


class ExchangeCreate(BaseModel):
    """An exchange to be made."""

    bank: str
    api: str
    api_json: dict[str, JsonValue] = {}


class ExchangeUpdate(BaseModel):
    """What to change in an exchange."""

    enabled: bool | None = None


class Credentials(BaseModel):
    """Credentials of an exchange."""

    credential_json: dict[str, JsonValue] | None = None


@operations.operation("GET", "/c/exchanges/apis", needs=Permission.READ_BANKS)
async def list_exchange_apis() -> list[str]:
    """List the kinds of exchanges: none."""
    return []


@operations.operation("GET", "/c/exchanges/api/{api_name}", needs=Permission.READ_BANKS)
async def show_exchange_api(api_name: str) -> ExchangeApi:
    """One kind of exchange."""
    raise _no_api(api_name)


@operations.operation("POST", "/c/exchanges/api/{api_name}", needs=Permission.MANAGE_BANKS)
async def set_exchange_credentials(
    api_name: str, _credentials: Annotated[Credentials, Body()]
) -> ExchangeApi:
    """Set the credentials of a kind of exchange: refused, and what was sent is not kept."""
    raise _no_api(api_name)


@operations.operation("GET", "/c/exchanges/api/{api_name}/schema", needs=Permission.READ_BANKS)
async def show_exchange_schema(api_name: str) -> dict[str, JsonValue]:
    """What a kind of exchange is set up with."""
    raise _no_api(api_name)


@operations.operation("GET", "/c/exchanges", needs=Permission.READ_BANKS)
async def list_exchanges() -> list[str]:
    """List the exchanges: none."""
    return []


@operations.operation("POST", "/c/exchanges", needs=Permission.MANAGE_BANKS, status=201)
async def create_exchange(exchange: Annotated[ExchangeCreate, Body()]) -> Message:
    """Make an exchange: refused."""
    message = f"No such exchange type '{exchange.api[:80]}': {_NONE}"
    raise HmaRequestError(message)


@operations.operation("GET", "/c/exchange/{exchange_name}", needs=Permission.READ_BANKS, answers=[404])
async def show_exchange(exchange_name: str) -> dict[str, JsonValue]:
    """One exchange."""
    raise _no_exchange(exchange_name)


@operations.operation("GET", "/c/exchange/{exchange_name}/status", needs=Permission.READ_BANKS, answers=[404])
async def show_exchange_status(exchange_name: str) -> dict[str, JsonValue]:
    """How an exchange is doing."""
    raise _no_exchange(exchange_name)


@operations.operation("PUT", "/c/exchange/{exchange_name}", needs=Permission.MANAGE_BANKS, answers=[404])
async def update_exchange(exchange_name: str, _changes: Annotated[ExchangeUpdate, Body()]) -> Message:
    """Change an exchange."""
    raise _no_exchange(exchange_name)


@operations.operation("DELETE", "/c/exchange/{exchange_name}", needs=Permission.MANAGE_BANKS)
async def delete_exchange(_request: Request, exchange_name: str) -> Message:  # noqa: ARG001  # in the path
    """Delete an exchange: there is none of that name, so it is gone."""
    return Message(message="Exchange deleted")


def _no_api(name: str) -> HmaRequestError:
    return HmaRequestError(f"no such Exchange API '{name[:80]}': {_NONE}")


def _no_exchange(name: str) -> NoSuchExchangeError:
    return NoSuchExchangeError(f"Exchange '{name[:80]}' not found: {_NONE}")

"""Who the caller is, as the node sees them."""

from pydantic import BaseModel

from tocsin.web.callers import Caller
from tocsin.web.operation import SIGNED_IN, Operations

operations = Operations("session")


class Me(BaseModel):
    """Whoever asks."""

    id: str
    permissions: list[str]
    banks: dict[str, list[str]]
    """Rights by bank; `*` stands for banks that are not named."""
    rate: int
    """Look-ups a minute; 0 for no limit of its own."""


@operations.operation("GET", "/v1/me", needs=SIGNED_IN)
def read_me(caller: Caller) -> Me:
    """The caller with their permissions and rights."""
    return Me(
        id=caller.id,
        permissions=sorted(caller.permissions),
        banks={bank: sorted(rights) for bank, rights in sorted(caller.banks.items())},
        rate=caller.rate,
    )

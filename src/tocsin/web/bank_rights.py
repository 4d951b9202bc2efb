"""Which banks a caller may know of: said once, for the interface and the console."""

from typing import TYPE_CHECKING

from tocsin.access.model import Permission, Principal, Right
from tocsin.banks.store import UnknownBankError

if TYPE_CHECKING:
    from tocsin.banks.model import Bank
    from tocsin.node.node import Node


def may_know(caller: Principal, bank: str) -> bool:
    """Whether the caller may know that there is a bank of that name."""
    return caller.may(Permission.MANAGE_BANKS) or any(caller.may_in(bank, right) for right in Right)


def known_bank(node: "Node", caller: Principal, name: str) -> "Bank":
    """A bank in which the caller has a right. Of others they are told the same as of one there is not.

    Raises UnknownBankError.
    """
    bank = node.banks.bank(name)
    if not may_know(caller, name):
        message = f"there is no bank named {name!r}"
        raise UnknownBankError(message)
    return bank

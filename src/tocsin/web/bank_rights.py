"""Which banks a caller may know of: said once, for the interface and the console."""

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from tocsin.access.model import Permission, Principal, Right
from tocsin.banks.store import UnknownBankError, UnknownEntryError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tocsin.banks.model import Bank
    from tocsin.cases.model import Decision
    from tocsin.node.node import Node


def may_know(caller: Principal, bank: str) -> bool:
    """Whether the caller may know that there is a bank of that name."""
    return caller.may(Permission.MANAGE_BANKS) or any(caller.may_in(bank, right) for right in Right)


def may_see_figures(caller: Principal, bank: str) -> bool:
    """Whether what reviewers found of a bank's matches is for the caller.

    It is for those who may manage banks or read this one: who may only match is told of no other match.
    """
    return caller.may(Permission.MANAGE_BANKS) or caller.may_in(bank, Right.READ)


def known_bank(node: "Node", caller: Principal, name: str) -> "Bank":
    """A bank in which the caller has a right. Of others they are told the same as of one there is not.

    Raises UnknownBankError.
    """
    bank = node.banks.bank(name)
    if not may_know(caller, name):
        message = f"there is no bank named {name!r}"
        raise UnknownBankError(message)
    return bank


def decisions_known(
    node: "Node", caller: Principal, decisions: "Iterable[Decision]"
) -> "list[tuple[Decision, int]]":
    """Decisions with those of their banks and entries that the caller may know of; how many more each has."""

    def reads(bank: str) -> bool:
        return caller.may_in(bank, Right.READ) or caller.may_in(bank, Right.CURATE)

    @cache
    def knows(entry: int) -> bool:
        try:
            return reads(node.banks.entry(entry).bank)
        except UnknownEntryError:
            return False

    def known(made: "Decision") -> "Decision":
        said = made.proposal
        proposal = replace(
            said,
            publish=tuple(one for one in said.publish if reads(one.bank)),
            opinions=tuple(one for one in said.opinions if knows(one.entry)),
            false_matches=tuple(one for one in said.false_matches if knows(one)),
        )
        return replace(made, proposal=proposal, published=tuple(one for one in made.published if knows(one)))

    return [(seen := known(made), _effects(made) - _effects(seen)) for made in decisions]


def _effects(made: "Decision") -> int:
    said = made.proposal
    return len(said.publish) + len(said.opinions) + len(said.false_matches) + len(made.published)

"""Rights in banks: who was given which, and taking them back."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from tocsin.access import names
from tocsin.access.errors import UnknownPrincipalError
from tocsin.access.model import Principal, Right, Rights
from tocsin.access.office import Office, manager

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonValue


class Grants:
    """Giving and taking rights in banks."""

    def __init__(self, office: Office) -> None:
        """Use `Accounts.grants`."""
        self._office = office

    def grant(self, actor: Principal, principal: str, bank: str, rights: Iterable[Right]) -> None:
        """Say which rights `principal` has in `bank` (or `*`), instead of those it had there.

        No rights at all means none in this bank, whatever `*` says.

        Raises DeniedError, InvalidBankError, UnknownPrincipalError.
        """
        by = manager(actor)
        names.checked_bank(bank)
        given = frozenset(rights)
        office = self._office
        with office.transactions.writing():
            self._demand_known(principal)
            office.store.set_rights(principal, bank, given)
            office.record("rights.granted", by, principal, bank=bank, rights=[*_words(given)])

    def revoke(self, actor: Principal, principal: str, bank: str) -> bool:
        """Take back what was said of `bank`, so that `*` counts there; False if nothing was.

        Raises DeniedError, InvalidBankError, UnknownPrincipalError.
        """
        by = manager(actor)
        names.checked_bank(bank)
        office = self._office
        with office.transactions.writing():
            self._demand_known(principal)
            removed = office.store.remove_rights(principal, bank)
            if removed:
                office.record("rights.revoked", by, principal, bank=bank)
        return removed

    def all(self, actor: Principal) -> Mapping[str, Rights]:
        """The rights of every principal that has any. Raises DeniedError."""
        manager(actor)
        with self._office.transactions.reading():
            return self._office.store.rights()

    def _demand_known(self, principal: str) -> None:
        """Raises UnknownPrincipalError: a typing error must not wait for somebody of that name."""
        kind, _, name = principal.partition(":")
        store = self._office.store
        known = {"person": store.credentials, "token": store.token}.get(kind)
        if known is None or names.typed(name) != name or known(name) is None:
            message = f"there is no principal {principal!r}"
            raise UnknownPrincipalError(message)


def rights_to_json(rights: Rights) -> "list[JsonValue]":
    """Rights by bank as the ledger may hold them, whose keys are ASCII."""
    return [{"bank": bank, "rights": [*_words(some)]} for bank, some in sorted(rights.items())]


def _words(rights: Iterable[Right]) -> list[str]:
    return sorted(right.value for right in rights)

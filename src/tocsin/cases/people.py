"""Whose acts these are: cases are held, observed and decided by people who have signed in."""

from typing import Final

from tocsin.access import names
from tocsin.access.errors import DeniedError
from tocsin.access.model import Principal

LOCAL: Final = "local:"


def demand_person(
    principal: Principal, *, or_local: bool = False, why: str = "cases are taken and decided by people"
) -> None:
    """Raise DeniedError for a program and, unless `or_local`, a shell: nobody can tell whose hands it is in.

    A program would decide alone, and at its speed, what it then takes two people to overturn; and hold cases
    away from them.
    """
    if principal.id.startswith(names.PERSON) or (or_local and principal.id.startswith(LOCAL)):
        return
    message = f"{principal.id} is not a person who has signed in: {why}"
    raise DeniedError(message)

"""`tocsin admin grant|grants|revoke-grant|roles`: rights in banks, and what roles allow."""

from typing import TYPE_CHECKING

import click

from tocsin.cli.admin_shell import open_shell
from tocsin.cli.output import home_option, json_option, put, put_json, say
from tocsin.errors import UsageError
from tocsin.names import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tocsin.cli.admin_shell import Shell

NONE = "none"
RIGHTS = ["match", "read", "curate", "share"]
RIGHT = click.Choice(RIGHTS)


@click.command()
@click.argument("principal")
@click.argument("bank")
@click.argument("rights", nargs=-1, required=True, type=click.Choice([*RIGHTS, NONE]))
@json_option
@home_option
@click.pass_obj
def grant(home: str | None, principal: str, bank: str, *, rights: tuple[str, ...], as_json: bool) -> None:
    """Give PRINCIPAL (person:NAME or token:NAME) these RIGHTS in BANK, and no others there.

    BANK may be * (quoted), for every bank that is not named in another grant. `none` alone means no rights in
    this bank, whatever * says.
    """
    from tocsin.access.model import Right  # noqa: PLC0415  # not on --help

    if NONE in rights and len(rights) > 1:
        message = "`none` stands alone"
        raise UsageError(message)
    given = [Right(one) for one in rights if one != NONE]
    with open_shell(home) as shell:
        check_bank(shell, bank)
        shell.accounts.grants.grant(shell.me, principal, bank, given)
    _put_grant(principal, bank, given, as_json=as_json)


@click.command("revoke-grant")
@click.argument("principal")
@click.argument("bank")
@json_option
@home_option
@click.pass_obj
def revoke_grant(home: str | None, principal: str, bank: str, *, as_json: bool) -> None:
    """Take back what was granted to PRINCIPAL in BANK. What it has in * counts there then."""
    with open_shell(home) as shell:
        removed = shell.accounts.grants.revoke(shell.me, principal, bank)
        left = shell.accounts.grants.all(shell.me).get(principal, {}).get("*", frozenset())
    if as_json:
        put_json({"principal": principal, "bank": bank, "rights": [*sorted(left)], "removed": removed})
        return
    put(f"{principal}  {shown(bank)}  " + ("revoked" if removed else "nothing was granted there"))
    if left and bank != "*":
        say(f"By its grant for * it still may there: {', '.join(sorted(left))}.")


@click.command("grants")
@json_option
@home_option
@click.pass_obj
def list_grants(home: str | None, *, as_json: bool) -> None:
    """List who has which rights in which banks."""
    with open_shell(home) as shell:
        everybody = shell.accounts.grants.all(shell.me)
    for principal, rights in sorted(everybody.items()):
        for bank, some in sorted(rights.items()):
            _put_grant(principal, bank, some, as_json=as_json)
    if not everybody:
        say("Nobody has any right in a bank yet; `tocsin admin grant` gives some.")


@click.command("roles")
@json_option
@home_option
def list_roles(*, as_json: bool) -> None:
    """List the roles and what each may do."""
    from tocsin.access.model import ROLES  # noqa: PLC0415  # not on --help

    for role, permissions in ROLES.items():
        if as_json:
            put_json({"role": role, "permissions": [*sorted(permissions)]})
        else:
            put(f"{role:13}  {', '.join(sorted(permissions))}")


def check_bank(shell: "Shell", bank: str) -> None:
    """A grant for a bank that is not there would be a typing error. Raises UnknownBankError."""
    if bank != "*":
        shell.home.bank(bank)


def _put_grant(principal: str, bank: str, rights: "Iterable[str]", *, as_json: bool) -> None:
    words = sorted(rights)
    if as_json:
        put_json({"principal": principal, "bank": bank, "rights": [*words]})
    else:
        put(f"{principal}  {shown(bank)}  {', '.join(words) or 'nothing'}")

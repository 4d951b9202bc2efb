"""`tocsin admin token`: tokens of programs."""

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from tocsin.cli.admin_grants import RIGHT, check_bank
from tocsin.cli.admin_shell import open_shell
from tocsin.cli.output import home_option, json_option, put, put_json, say
from tocsin.errors import UsageError

if TYPE_CHECKING:
    from tocsin.access.store import Token
    from tocsin.access.tokens import Scope
    from tocsin.media.sandbox import JsonObject

PARTNERS_RATE = 60


@click.group()
def token() -> None:
    """Tokens, with which programs call the node."""


@token.command()
@click.argument("name")
@click.option(
    "--role", "roles", multiple=True, help="What it may do; may be repeated. See `tocsin admin roles`."
)
@click.option("--bank", "banks", multiple=True, help="In which banks; may be repeated; * for all others.")
@click.option(
    "--right", "rights", multiple=True, type=RIGHT, help="What it may do there; may be repeated  [match]"
)
@click.option(
    "--may-only-match",
    is_flag=True,
    help="For a partner: match against the banks named, seeing bank, labels and distance. Nothing else.",
)
@click.option("--days", default=90, show_default=True, help="Ends after that many days, 365 at most.")
@click.option("--rate", type=int, help="Look-ups a minute, 0 for no limit  [default: 0; a partner's: 60]")
@json_option
@home_option
@click.pass_obj
def create(  # noqa: PLR0913  # one for each option
    home: str | None,
    name: str,
    *,
    roles: tuple[str, ...],
    banks: tuple[str, ...],
    rights: tuple[str, ...],
    may_only_match: bool,
    days: int,
    rate: int | None,
    as_json: bool,
) -> None:
    """Make a token called NAME and print it, once. It may do only what is said here."""
    if may_only_match and (roles or rights or not banks):
        message = "--may-only-match takes one --bank or more, and neither --role nor --right"
        raise UsageError(message)
    if rights and not banks:
        message = "--right needs a --bank to have it in"
        raise UsageError(message)
    with open_shell(home) as shell:
        for bank in banks:
            check_bank(shell, bank)
        scope = _scope(roles, banks, rights, may_only_match=may_only_match, days=days, rate=rate)
        secret = shell.accounts.tokens.create(shell.me, name, scope)
        (made,) = [one for one in shell.accounts.tokens.all(shell.me) if one.name == name]
    if as_json:
        put_json({"token": secret, **_token_json(made)})
    else:
        put(secret)
    say(f"This is shown once. It ends on {made.expires:%Y-%m-%d}.")
    if not banks:
        say(f"It has no rights in any bank yet: `tocsin admin grant token:{name} BANK match` gives one.")


def _scope(  # noqa: PLR0913  # one for each option
    roles: tuple[str, ...],
    banks: tuple[str, ...],
    rights: tuple[str, ...],
    *,
    may_only_match: bool,
    days: int,
    rate: int | None,
) -> "Scope":
    """Raises InvalidLifetimeError: a number of days beyond what a calendar has."""
    from tocsin.access import tokens  # noqa: PLC0415  # not on --help
    from tocsin.access.errors import InvalidLifetimeError  # noqa: PLC0415
    from tocsin.access.model import Right  # noqa: PLC0415

    try:
        lifetime = timedelta(days=days)
    except OverflowError as error:
        message = f"a token cannot live {days} days"
        raise InvalidLifetimeError(message) from error
    if may_only_match:
        return tokens.may_only_match(banks, rate=PARTNERS_RATE if rate is None else rate, lifetime=lifetime)
    given = frozenset(map(Right, rights)) or frozenset({Right.MATCH})
    return tokens.Scope(frozenset(roles), dict.fromkeys(banks, given), rate or 0, lifetime)


@token.command("list")
@json_option
@home_option
@click.pass_obj
def list_tokens(home: str | None, *, as_json: bool) -> None:
    """List all tokens, ended ones too. What they are is kept nowhere."""
    with open_shell(home) as shell:
        tokens = shell.accounts.tokens.all(shell.me)
    for one in tokens:
        _put_token(one, as_json=as_json)
    if not tokens:
        say("There are no tokens yet; `tocsin admin token create NAME` makes one.")


@token.command()
@click.argument("name")
@json_option
@home_option
@click.pass_obj
def revoke(home: str | None, name: str, *, as_json: bool) -> None:
    """End a token at once, in every process."""
    with open_shell(home) as shell:
        ended = shell.accounts.tokens.revoke(shell.me, name)
    if as_json:
        put_json({"name": name, "revoked": True, "before": not ended})
    else:
        put(f"{name}  revoked" if ended else f"{name}  was revoked before")


def _put_token(one: "Token", *, as_json: bool) -> None:
    if as_json:
        put_json(_token_json(one))
        return
    rate = f", {one.rate:,} look-ups a minute" if one.rate else ""
    ended = f", REVOKED on {one.revoked:%Y-%m-%d}" if one.revoked else ""
    put(f"{one.name}  {', '.join(sorted(one.roles)) or 'no role'}{rate}{ended}")
    put(f"  made on {one.created:%Y-%m-%d} by {one.created_by}, ends on {one.expires:%Y-%m-%d}")


def _token_json(one: "Token") -> "JsonObject":
    return {
        "name": one.name,
        "roles": [*sorted(one.roles)],
        "created": one.created.isoformat(),
        "created_by": one.created_by,
        "expires": one.expires.isoformat(),
        "revoked": None if one.revoked is None else one.revoked.isoformat(),
        "rate": one.rate,
    }

"""`tocsin admin sessions`: who is signed in."""

import click

from tocsin.cli.admin_shell import open_shell
from tocsin.cli.output import home_option, json_option, put, put_json, say
from tocsin.errors import UsageError


@click.group()
def sessions() -> None:
    """People who are signed in."""


@sessions.command("list")
@json_option
@home_option
@click.pass_obj
def list_sessions(home: str | None, *, as_json: bool) -> None:
    """List sessions that have not ended, the newest first."""
    with open_shell(home) as shell:
        found = shell.accounts.sessions.all(shell.me)
    for one in found:
        if as_json:
            times = {"created": one.created, "last_used": one.last_used, "expires": one.expires}
            named = {key: value.isoformat() for key, value in times.items()}
            put_json({"id": one.id, "person": one.person, **named})
        else:
            put(f"{one.id}  {one.person}  since {one.created:%Y-%m-%d %H:%M}, used {one.last_used:%H:%M} UTC")
    if not found:
        say("Nobody is signed in.")


@sessions.command()
@click.argument("number", type=click.IntRange(1, (1 << 63) - 1), required=False, metavar="[SESSION]")
@click.option("--person", help="End all sessions of this person.")
@json_option
@home_option
@click.pass_obj
def revoke(home: str | None, *, number: int | None, person: str | None, as_json: bool) -> None:
    """End one session by its number, or all of a person, at once."""
    if (number is None) == (person is None):
        message = "name either a session or a --person"
        raise UsageError(message)
    with open_shell(home) as shell:
        service = shell.accounts.sessions
        if number is not None:
            ended = int(service.revoke(shell.me, number))
        else:
            ended = service.revoke_all(shell.me, person or "")
    if as_json:
        put_json({"ended": ended})
    else:
        put(f"{ended} ended")

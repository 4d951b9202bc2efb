"""`tocsin authority`: accounts at authorities, and to which of their systems reports go."""

from typing import TYPE_CHECKING

import click

from tocsin.cli.authority_shell import (
    as_option,
    authority_argument,
    connection_json,
    connection_line,
    environment_option,
    host_option,
    open_authorities,
    sign_in_option,
    two_lines,
    typed_host,
)
from tocsin.cli.exits import FAILED
from tocsin.cli.output import home_option, json_option, put, put_json, say
from tocsin.names import shown

if TYPE_CHECKING:
    from tocsin.filing.connections import Connection
    from tocsin.filing.transport import Answer

_OK = 200


@click.group()
def authority() -> None:
    """Connect to authorities that reports are filed with: first to their systems for tests.

    Switching to production takes two people, who each sign in: `switch` asks for it, `confirm` by somebody
    else follows within 24 hours, on the machine that is to file. `back` takes one.
    """


@authority.command()
@authority_argument
@click.option(
    "--environment",
    required=True,
    type=click.Choice(["simulator", "test", "production"]),
    help="What the account is for. Production comes into use only by switch and confirm.",
)
@click.option("--url", default="", help="Of a simulator: http://127.0.0.1:PORT/ispws. Others have their own.")
@click.option(
    "--account-stdin",
    is_flag=True,
    help="Take user name and password from the first two lines of standard input.",
)
@json_option
@home_option
@click.pass_obj
def connect(  # noqa: PLR0913  # one for each option
    home: str | None, authority: str, *, environment: str, url: str, account_stdin: bool, as_json: bool
) -> None:
    """Keep the account that the AUTHORITY gave for one of its systems, sealed with this node's keys."""
    from tocsin.filing.model import Authority, Environment  # noqa: PLC0415  # not on --help

    with open_authorities(home) as shell:
        user, password = two_lines(
            "User name", "Password", from_stdin=account_stdin, option="--account-stdin"
        )
        made = shell.connections.connect(
            shell.me,
            Authority(authority),
            Environment(environment),
            user=user,
            password=password,
            url=url,
        )
    _put(made, as_json=as_json)


@authority.command()
@authority_argument
@click.option(
    "--environment", required=True, type=click.Choice(["simulator", "test", "production"]), help="Which one."
)
@home_option
@click.pass_obj
def disconnect(home: str | None, authority: str, *, environment: str) -> None:
    """Forget the account for one of the AUTHORITY's systems. Without that of production, production ends."""
    from tocsin.filing.model import Authority, Environment  # noqa: PLC0415  # not on --help

    with open_authorities(home) as shell:
        shell.connections.disconnect(shell.me, Authority(authority), Environment(environment))


@authority.command("list")
@json_option
@home_option
@click.pass_obj
def list_connections(home: str | None, *, as_json: bool) -> None:
    """List the accounts there are, without user names and passwords, and which are in use."""
    from tocsin.filing.model import Authority  # noqa: PLC0415  # not on --help

    with open_authorities(home) as shell:
        found = shell.connections.connections()
        pending = shell.connections.pending(Authority.NCMEC)
    for one in found:
        _put(one, as_json=as_json)
    if pending is not None:
        until = f"{pending.until:%Y-%m-%d %H:%M} UTC"
        say(f"{pending.asked_by} has asked for production: somebody else can confirm it until {until}.")
    if not found:
        say("There are none; `tocsin authority connect ncmec --environment test` makes one.")


@authority.command()
@authority_argument
@environment_option
@json_option
@home_option
@click.pass_obj
def check(home: str | None, authority: str, *, environment: str | None, as_json: bool) -> int:
    """Ask the AUTHORITY whether it is there and knows the account. Nothing is filed."""
    from tocsin.filing.model import Authority  # noqa: PLC0415  # not on --help

    which = Authority(authority)
    with open_authorities(home) as shell:
        asked = shell.environment(which, environment)
        answer = shell.connections.check(shell.me, which, asked)
    if as_json:
        said = shown(answer.body[:500].decode("utf-8", "replace"))
        put_json({"environment": asked.value, "status": answer.status, "answer": said})
    else:
        _put_answer(authority, asked.value, answer)
    return 0 if answer.status == _OK else FAILED


@authority.command()
@authority_argument
@environment_option
@click.option("--fetch", is_flag=True, help="Fetch it anew first.")
@click.option("--text", is_flag=True, help="Print the schema itself.")
@json_option
@home_option
@click.pass_obj
def schema(  # noqa: PLR0913  # one for each option
    home: str | None, authority: str, *, environment: str | None, fetch: bool, text: bool, as_json: bool
) -> None:
    """Show which schema of the AUTHORITY is kept: nothing is sent that it does not have."""
    from tocsin.filing.model import Authority  # noqa: PLC0415  # not on --help

    which = Authority(authority)
    with open_authorities(home) as shell:
        asked = shell.environment(which, environment)
        if fetch:
            shell.connections.fetch_schema(shell.me, which, asked)
        found = shell.connections.schema(which, asked)
    if found is None:
        say(f"None was fetched from {asked.value} yet: --fetch does.")
    elif text:
        for line in found.xsd.decode("utf-8", "replace").splitlines():
            put(shown(line.expandtabs()))
    elif as_json:
        put_json(
            {
                "environment": asked.value,
                "fetched": found.fetched.isoformat(),
                "fetched_by": found.fetched_by,
                "sha256": found.sha256.hex(),
                "bytes": len(found.xsd),
            }
        )
    else:
        put(f"{authority}  {asked.value}  {len(found.xsd):,} bytes, SHA-256 {found.sha256.hex()}")
        put(f"  fetched {found.fetched:%Y-%m-%d %H:%M} UTC by {found.fetched_by}")


@authority.command()
@authority_argument
@as_option
@click.option("--reason", required=True, help="Why; it is recorded, and whoever confirms reads it.")
@host_option
@sign_in_option
@home_option
@click.pass_obj
def switch(  # noqa: PLR0913  # one for each option
    home: str | None, authority: str, *, name: str, reason: str, host: str | None, sign_in_stdin: bool
) -> None:
    """Ask for production at the AUTHORITY, where reports are acted upon. Somebody else has to confirm."""
    from tocsin.filing.cybertip.hosts import host_of  # noqa: PLC0415  # not on --help
    from tocsin.filing.model import Authority, Environment  # noqa: PLC0415

    with open_authorities(home) as shell:
        typed = typed_host(host, host_of(Environment.PRODUCTION))
        with shell.signed_in(name, from_stdin=sign_in_stdin) as me:
            asked = shell.connections.request_switch(me, Authority(authority), typed, reason)
    put(f"{asked.asked_by} has asked for production; nothing has changed yet")
    say(f"Somebody else confirms until {asked.until:%Y-%m-%d %H:%M} UTC: `tocsin authority confirm`.")


@authority.command()
@authority_argument
@as_option
@host_option
@sign_in_option
@json_option
@home_option
@click.pass_obj
def confirm(  # noqa: PLR0913  # one for each option
    home: str | None, authority: str, *, name: str, host: str | None, sign_in_stdin: bool, as_json: bool
) -> None:
    """Confirm the switch to production at the AUTHORITY that somebody else asked for, for this machine."""
    from tocsin.filing.cybertip.hosts import host_of  # noqa: PLC0415  # not on --help
    from tocsin.filing.model import Authority, Environment  # noqa: PLC0415

    with open_authorities(home) as shell:
        if (asked := shell.connections.pending(Authority(authority))) is not None:
            say(f"{asked.asked_by} asked on {asked.asked:%Y-%m-%d %H:%M} UTC: {shown(asked.reason)}")
        typed = typed_host(host, host_of(Environment.PRODUCTION))
        with shell.signed_in(name, from_stdin=sign_in_stdin) as me:
            made = shell.connections.confirm_switch(me, Authority(authority), typed)
    _put(made, as_json=as_json)


@authority.command()
@authority_argument
@click.option("--reason", default="", help="Why; it is recorded.")
@json_option
@home_option
@click.pass_obj
def back(home: str | None, authority: str, *, reason: str, as_json: bool) -> None:
    """Leave production at the AUTHORITY at once, or withdraw what was asked for."""
    from tocsin.filing.model import Authority  # noqa: PLC0415  # not on --help

    with open_authorities(home) as shell:
        left = shell.connections.switch_back(shell.me, Authority(authority), reason)
    if left is None:
        say("New filings go nowhere now: there is no account at a system for tests.")
    else:
        _put(left, as_json=as_json)


def _put_answer(authority: str, environment: str, answer: "Answer") -> None:
    """What the answer to the question whether the account is known comes to, and its own words."""
    from tocsin.filing.cybertip.answers import Meaning, answer_of, meaning  # noqa: PLC0415  # not on --help
    from tocsin.filing.errors import UnreadableDocumentError  # noqa: PLC0415

    try:
        reply = answer_of(answer.body, answer.status)
    except UnreadableDocumentError:
        found, said = meaning(answer.status, "status"), answer.body[:500].decode("utf-8", "replace")
    else:
        found, said = meaning(reply, "status"), reply.description
    words = {
        Meaning.DONE: "it answers, and knows the account",
        Meaning.ALARM: "it answers, and refuses the account",
    }.get(found, "it answers, and not as it should")
    put(f"{authority}  {environment}  status {answer.status}: {words}")
    if said:
        put(f"  {shown(said)}")
    if found is Meaning.ALARM:
        say("Give user name and password anew:")
        say(f"  tocsin authority connect {authority} --environment {environment}")


def _put(one: "Connection", *, as_json: bool) -> None:
    if as_json:
        put_json(connection_json(one))
    else:
        put(connection_line(one))

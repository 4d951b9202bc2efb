"""`tocsin notices provider`: hosting providers, and how each takes notices."""

import sys

import click

from tocsin.cli.notices_shell import open_notices
from tocsin.cli.output import home_option, json_option, put, put_json, say
from tocsin.names import shown


@click.group()
def provider() -> None:
    """Keep the hosting providers that notices go to."""


@provider.command("list")
@json_option
@home_option
@click.pass_obj
def list_providers(home: str | None, *, as_json: bool) -> None:
    """List them by name."""
    from tocsin.filing.notice_objects import provider_to_json  # noqa: PLC0415  # not on --help

    with open_notices(home) as shell:
        found = shell.notices.providers.all(shell.me)
    for one in found:
        hosts = ", ".join(one.hosts)
        line = f"{one.name}  {one.channel.value}  {shown(one.address)}  {shown(hosts)}"
        put_json(provider_to_json(one)) if as_json else put(line)
    if not found:
        say("There are none.")


@provider.command("keep")
@click.argument("name")
@click.argument("channel", type=click.Choice(["mail", "api", "hand"]))
@click.argument("address")
@click.option("--host", "hosts", multiple=True, help="A domain that it answers for; may be repeated.")
@click.option("--language", default="en", show_default=True, type=click.Choice(["en", "fr"]))
@click.option(
    "--token-stdin", is_flag=True, help="Take the API's token from the first line of standard input."
)
@home_option
@click.pass_obj
def keep_provider(  # noqa: PLR0913  # one for each option
    home: str | None,
    *,
    name: str,
    channel: str,
    address: str,
    hosts: tuple[str, ...],
    language: str,
    token_stdin: bool,
) -> None:
    """Add a provider, or change it: its CHANNEL, and the ADDRESS of mail, of its API, or of its own form.

    The token of an API is sealed for that address: it is forgotten when the address changes.
    """
    from tocsin.filing.notice_model import Channel, Provider  # noqa: PLC0415  # not on --help

    token = sys.stdin.readline().rstrip("\r\n") if token_stdin else None
    kept = Provider(name, Channel(channel), address, hosts, language)
    with open_notices(home) as shell:
        shell.notices.providers.keep(shell.me, kept, token)
    say(f"{name} is kept")


@provider.command("remove")
@click.argument("name")
@home_option
@click.pass_obj
def remove_provider(home: str | None, *, name: str) -> None:
    """Forget a provider and its token; its notices stay."""
    with open_notices(home) as shell:
        shell.notices.providers.remove(shell.me, name)
    say(f"{name} is forgotten")

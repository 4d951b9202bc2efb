"""`tocsin exchange add|confirm|account|pause|resume|remove`."""

import json
import sys

import click

from tocsin.cli.exchange_shell import exchange_json, name_argument, open_exchanges, put_exchange
from tocsin.cli.output import home_option, json_option, put_json, say
from tocsin.errors import UsageError

_account_option = click.option(
    "--account-stdin",
    is_flag=True,
    help="Take user name (an empty line where there is none) and password or token from standard input.",
)
_as_option = click.option("--as", "person", metavar="NAME", help="The person you sign in as.")
_sign_in_option = click.option(
    "--sign-in-stdin", is_flag=True, help="Take password and code from the first lines of standard input."
)


@click.command()
@name_argument
@click.option("--service", required=True, help="Which partner's: ncmec, stopncii, threatexchange, tat.")
@click.option(
    "--environment", required=True, help="Which of its systems; `simulator` for one on this machine."
)
@click.option("--bank", help="The bank it fills, empty or new  [default: the exchange's name]")
@click.option("--every", default=60, show_default=True, help="Minutes between two runs.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting of the service's own.")
@click.option("--url", default="", help="Of a simulator, as it prints it.")
@click.option("--no-account", is_flag=True, help="The service needs none.")
@_account_option
@_as_option
@_sign_in_option
@json_option
@home_option
@click.pass_obj
def add(  # noqa: PLR0913  # one for each option
    home: str | None,
    name: str,
    *,
    service: str,
    environment: str,
    bank: str | None,
    every: int,
    settings: tuple[str, ...],
    url: str,
    no_account: bool,
    account_stdin: bool,
    person: str | None,
    sign_in_stdin: bool,
    as_json: bool,
) -> None:
    """Set up the exchange NAME. One of production needs --as, and a second person's `confirm`.

    With both on standard input, the lines to sign in with come first.
    """
    from tocsin.cli.authority_shell import two_lines  # noqa: PLC0415  # not on --help
    from tocsin.exchange.store import NewExchange  # noqa: PLC0415

    told = dict(_setting(one) for one in settings)
    new = NewExchange(name, service, bank or name, environment, settings=told, every=every)
    with open_exchanges(home) as shell, shell.acting(person, from_stdin=sign_in_stdin) as me:
        user = password = ""
        if not no_account:
            user, password = two_lines(
                "User name (empty: none)",
                "Password or token",
                from_stdin=account_stdin,
                option="--account-stdin",
            )
        made = shell.exchanging.add(me, new, user=user, password=password, url=url)
    if as_json:
        put_json(exchange_json(made))
    else:
        put_exchange(made)
        if made.production:
            say(f"It runs when somebody else has confirmed it: `tocsin exchange confirm {name} --as ...`.")


@click.command()
@name_argument
@click.option("--as", "person", metavar="NAME", required=True, help="The person you sign in as.")
@_sign_in_option
@home_option
@click.pass_obj
def confirm(home: str | None, name: str, *, person: str, sign_in_stdin: bool) -> None:
    """Confirm the exchange NAME of production, which somebody else has set up. It runs from then on."""
    with open_exchanges(home) as shell, shell.acting(person, from_stdin=sign_in_stdin) as me:
        put_exchange(shell.exchanging.confirm(me, name))


@click.command()
@name_argument
@_account_option
@_as_option
@_sign_in_option
@home_option
@click.pass_obj
def account(
    home: str | None, name: str, *, account_stdin: bool, person: str | None, sign_in_stdin: bool
) -> None:
    """Keep another account for the exchange NAME, sealed with this node's keys."""
    from tocsin.cli.authority_shell import two_lines  # noqa: PLC0415  # not on --help

    with open_exchanges(home) as shell, shell.acting(person, from_stdin=sign_in_stdin) as me:
        user, password = two_lines(
            "User name (empty: none)", "Password or token", from_stdin=account_stdin, option="--account-stdin"
        )
        shell.exchanging.set_account(me, name, user=user, password=password)


@click.command()
@name_argument
@home_option
@click.pass_obj
def pause(home: str | None, name: str) -> None:
    """Let the exchange NAME rest; a run that lasts ends with its next page."""
    with open_exchanges(home) as shell:
        shell.exchanging.pause(shell.me, name)


@click.command()
@name_argument
@home_option
@click.pass_obj
def resume(home: str | None, name: str) -> None:
    """Have the exchange NAME run again."""
    with open_exchanges(home) as shell:
        shell.exchanging.resume(shell.me, name)


@click.command()
@name_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@home_option
@click.pass_obj
def remove(home: str | None, name: str, *, yes: bool) -> None:
    """Forget the exchange NAME, its account and what was set aside. The entries stay in its bank."""
    if not yes:
        if not sys.stdin.isatty():
            message = "there is no terminal to ask at; use --yes"
            raise UsageError(message)
        click.confirm(f"Forget the exchange {name}?", abort=True, err=True)
    with open_exchanges(home) as shell:
        shell.exchanging.remove(shell.me, name)


def _setting(text: str) -> "tuple[str, str | int | bool | list[str]]":
    """`key=value`; a value that is JSON for a number, truth or list of texts is that. Raises UsageError."""
    key, equals, value = text.partition("=")
    if not (key and equals):
        message = f"a setting is written KEY=VALUE, not {text!r}"
        raise UsageError(message)
    try:
        read = json.loads(value)
    except ValueError:
        return key, value
    if isinstance(read, (bool, int)) or (
        isinstance(read, list) and all(isinstance(one, str) for one in read)
    ):
        return key, read
    return key, value

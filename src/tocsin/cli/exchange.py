"""`tocsin exchange`: connections that fill banks with partners' lists."""

import click

from tocsin.cli.lazy import LazyGroup

COMMANDS = {
    "account": "tocsin.cli.exchange_setting:account",
    "add": "tocsin.cli.exchange_setting:add",
    "confirm": "tocsin.cli.exchange_setting:confirm",
    "export": "tocsin.cli.exchange_files:export",
    "import": "tocsin.cli.exchange_files:import_files",
    "list": "tocsin.cli.exchange_seeing:list_exchanges",
    "opinions": "tocsin.cli.exchange_seeing:opinions",
    "pause": "tocsin.cli.exchange_setting:pause",
    "remove": "tocsin.cli.exchange_setting:remove",
    "resume": "tocsin.cli.exchange_setting:resume",
    "run": "tocsin.cli.exchange_running:run",
    "set-aside": "tocsin.cli.exchange_seeing:set_aside",
    "status": "tocsin.cli.exchange_seeing:status",
    "tell": "tocsin.cli.exchange_running:tell",
}


@click.group(cls=LazyGroup, commands_from=COMMANDS)
def exchange() -> None:
    """Fill banks with partners' lists, each environment of a partner into a bank of its own.

    Begin with a simulator or the partner's system for tests. One of production takes two people, who each
    sign in: `add`, and `confirm` by somebody else. A running node runs exchanges by itself, every so many
    minutes.
    """

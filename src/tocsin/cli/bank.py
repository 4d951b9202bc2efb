"""`tocsin bank`: banks, their policies, and their entries."""

import click

from tocsin.cli.lazy import LazyGroup

COMMANDS = {
    "add": "tocsin.cli.bank_entries:add",
    "create": "tocsin.cli.bank_banks:create",
    "export": "tocsin.cli.bank_lists:export_bank",
    "import": "tocsin.cli.bank_lists:import_list",
    "list": "tocsin.cli.bank_banks:list_banks",
    "reinstate": "tocsin.cli.bank_entries:reinstate",
    "remove": "tocsin.cli.bank_banks:remove",
    "set": "tocsin.cli.bank_banks:set_policy",
    "show": "tocsin.cli.bank_banks:show",
    "withdraw": "tocsin.cli.bank_entries:withdraw",
}


@click.group(cls=LazyGroup, commands_from=COMMANDS)
def bank() -> None:
    """Make banks of known items, fill them, and set how they are matched."""

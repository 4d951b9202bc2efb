"""`tocsin admin`: who may do what, and the node's own affairs."""

import click

from tocsin.cli.lazy import LazyGroup

COMMANDS = {
    "backup": "tocsin.cli.backup:backup",
    "grant": "tocsin.cli.admin_grants:grant",
    "grants": "tocsin.cli.admin_grants:list_grants",
    "init": "tocsin.cli.admin_init:init",
    "jobs": "tocsin.cli.jobs:jobs",
    "key": "tocsin.cli.keys:key",
    "lookups": "tocsin.cli.lookups:lookups",
    "restore": "tocsin.cli.backup:restore",
    "revoke-grant": "tocsin.cli.admin_grants:revoke_grant",
    "roles": "tocsin.cli.admin_grants:list_roles",
    "sessions": "tocsin.cli.admin_sessions:sessions",
    "token": "tocsin.cli.admin_tokens:token",
    "user": "tocsin.cli.admin_users:user",
}


@click.group(cls=LazyGroup, commands_from=COMMANDS)
def admin() -> None:
    """Decide who may do what, and look after the node.

    These commands work on the home's database itself, also while the server runs. Whoever may read the home
    folder may use them; the ledger records them as done by local:ACCOUNT.
    """

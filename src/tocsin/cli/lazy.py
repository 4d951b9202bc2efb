"""A group of commands that are imported when they are run or listed, not before."""

import importlib
from typing import Any

import click


class LazyGroup(click.Group):
    """A group whose subcommands live in modules of their own, named in `commands_from`."""

    def __init__(self, *, commands_from: dict[str, str], **settings: Any) -> None:  # noqa: ANN401  # click's own
        """`commands_from` gives `module:name` for each subcommand."""
        super().__init__(**settings)
        self._commands_from = commands_from

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's interface
        """Their names."""
        return sorted(self._commands_from)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # as above
        """Import and return one of them."""
        if cmd_name not in self._commands_from:
            return None
        module, name = self._commands_from[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

"""The `tocsin` command: its subcommands are imported when they are run or listed, not before."""

import importlib
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from tocsin import __version__
from tocsin.cli.output import home_option, say
from tocsin.errors import Error

COMMANDS = {
    "bank": "tocsin.cli.bank:bank",
    "check": "tocsin.cli.check:check",
    "demo": "tocsin.cli.demo:demo",
    "hash": "tocsin.cli.hash:hash_files",
    "match": "tocsin.cli.match:match",
    "scan": "tocsin.cli.scan:scan",
}
EXIT_CODES = """\b
Exit codes:
  0    done; for match and scan: and nothing matched
  1    done, and something matched
  2    the command was not understood
  3    done, but something was refused or set aside, and nothing matched
  4    could not be done
  130  interrupted; run it again to go on"""
FAILED = 4
INTERRUPTED = 130


class LazyGroup(click.Group):
    """A group whose subcommands live in modules of their own, named in `commands_from`."""

    def __init__(self, *, commands_from: dict[str, str], **settings: Any) -> None:  # noqa: ANN401  # click's own
        """`commands_from` gives `module:name` for each subcommand."""
        super().__init__(**settings)
        self._commands_from = commands_from

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's interface
        """Their names."""
        return sorted(self._commands_from)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's interface
        """Import and return one of them."""
        if cmd_name not in self._commands_from:
            return None
        module, name = self._commands_from[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(
    cls=LazyGroup,
    commands_from=COMMANDS,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "-V", "--version", prog_name="tocsin")
@home_option
def cli() -> None:
    """Screen media against lists of known items, exactly and fast, and explain every match.

    Start with `tocsin demo`, which shows the whole of it on harmless pictures made by code.
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code. Errors become a sentence and advice on stderr."""
    return _guarded(lambda: cli.main(arguments, prog_name="tocsin", standalone_mode=False))


def _guarded(command: Callable[[], object]) -> int:
    try:
        return int(command() or 0)  # type: ignore[call-overload, no-any-return]  # commands return an exit code
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # whoever read us has gone; nothing is left to say and nobody to say it to
        return FAILED
    except Error as error:
        say(f"tocsin: {error.message}")
        say(f"  {error.advice}  [{error.code}]")
        return FAILED


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run())

"""The `tocsin` command: its subcommands are imported when they are run or listed, not before."""

import io
import os
import sys
import traceback
from collections.abc import Callable, Sequence

import click

from tocsin import __version__
from tocsin.cli.exits import FAILED, INTERRUPTED, NOT_UNDERSTOOD
from tocsin.cli.lazy import LazyGroup
from tocsin.cli.output import home_option, say
from tocsin.errors import Error, UsageError
from tocsin.names import shown

COMMANDS = {
    "admin": "tocsin.cli.admin:admin",
    "authority": "tocsin.cli.authority:authority",
    "bank": "tocsin.cli.bank:bank",
    "cases": "tocsin.cli.cases:cases",
    "check": "tocsin.cli.check:check",
    "demo": "tocsin.cli.demo:demo",
    "detector": "tocsin.cli.detector:detector",
    "exchange": "tocsin.cli.exchange:exchange",
    "explain": "tocsin.cli.explain:explain",
    "feed": "tocsin.cli.feed:feed",
    "filings": "tocsin.cli.filings:filings",
    "hash": "tocsin.cli.hash:hash_files",
    "holds": "tocsin.cli.holds:holds",
    "law": "tocsin.cli.law:law",
    "ledger": "tocsin.cli.ledger:ledger",
    "link": "tocsin.cli.link:link_files",
    "match": "tocsin.cli.match:match",
    "notices": "tocsin.cli.notices:notices",
    "partner": "tocsin.cli.partner:partner",
    "register": "tocsin.cli.register:register",
    "scan": "tocsin.cli.scan:scan",
    "serve": "tocsin.cli.serve:serve",
    "simulate": "tocsin.cli.simulate:simulate",
    "trust": "tocsin.cli.trust:trust",
    "worker": "tocsin.cli.worker:worker",
}
EXIT_CODES = """\b
Exit codes:
  0    done; for match and scan: and nothing matched
  1    done, and something matched
  2    the command was not understood
  3    done, but something was refused or set aside, and nothing matched
  4    could not be done
  5    verified, and some of the evidence is not what it was
  130  interrupted; run it again to go on"""


class ReaderGoneError(Exception):
    """Whoever read our output has stopped."""


class Tocsin(LazyGroup):
    """The group of all commands."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command. click would leave with 1 at a broken pipe, which says "matched" here."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ReaderGoneError from error


@click.group(
    cls=Tocsin,
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
    except ReaderGoneError:
        # Python would fail once more when it flushes at its end (library reference, "Note on SIGPIPE").
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:  # noqa: BLE001  # Python would leave with 1, which says "matched" here
        _say_error(error)
        return NOT_UNDERSTOOD if isinstance(error, UsageError) else FAILED


def _say_error(error: Exception) -> None:
    if isinstance(error, Error):
        say(f"tocsin: {shown(error.message)}")
        say(f"  {error.advice}  [{error.code}]")
    elif isinstance(error, OSError):
        _say_system_error(error)
    else:
        _say_defect(error)


def _say_system_error(error: OSError) -> None:
    name = "" if error.filename is None else f": {shown(str(error.filename))}"
    say(f"tocsin: {shown(error.strerror or str(error))}{name}")
    say("  Check that the file or folder exists, may be used by you, and has room.  [system]")


def _say_defect(error: Exception) -> None:
    if os.environ.get("TOCSIN_TRACEBACK") == "1":
        say(traceback.format_exc())
    say(f"tocsin: this is a defect of Tocsin: {shown(f'{type(error).__name__}: {error}')}")
    say("  Please report it with the command you ran and what TOCSIN_TRACEBACK=1 prints.  [internal]")


def main() -> None:
    """Run the command line and leave with its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # no name is worth a traceback on an old terminal
    sys.exit(run())

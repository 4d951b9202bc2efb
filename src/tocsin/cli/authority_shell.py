"""Connections to authorities as the commands of `tocsin authority` use them, and who stands at the shell."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import click

from tocsin.cli.admin_shell import open_shell
from tocsin.errors import UsageError

if TYPE_CHECKING:
    from tocsin.access.model import Principal
    from tocsin.cli.admin_shell import Shell
    from tocsin.filing.connections import Connection, Connections
    from tocsin.filing.model import Authority, Environment
    from tocsin.media.sandbox import JsonObject

F = TypeVar("F", bound=Callable[..., object])

authority_argument = click.argument("authority", type=click.Choice(["ncmec"]))
environment_option = click.option(
    "--environment",
    type=click.Choice(["simulator", "test", "production"]),
    help="Which of its systems  [default: the one in use]",
)
host_option = click.option("--host", help="The name of production's host; asked for unless given.")
as_option = click.option("--as", "name", required=True, metavar="NAME", help="The person you sign in as.")
sign_in_option = click.option(
    "--sign-in-stdin",
    is_flag=True,
    help="Take password and code from the first two lines of standard input.",
)


@dataclass(frozen=True, slots=True)
class AuthorityShell:
    """Somebody at a shell of the machine."""

    shell: "Shell"
    connections: "Connections"

    @property
    def me(self) -> "Principal":
        """Whoever runs this process."""
        return self.shell.me

    @contextmanager
    def signed_in(self, name: str, *, from_stdin: bool) -> "Iterator[Principal]":
        """The person of that name, who signs in with password and second factor, for this command only.

        Raises UsageError, SignInRefusedError.
        """
        password, code = _sign_in(from_stdin=from_stdin)
        sessions = self.shell.accounts.sessions
        secret = sessions.sign_in(name, password, code).secret
        try:
            yield sessions.principal_of(secret)
        finally:
            sessions.sign_out(secret)

    def environment(self, authority: "Authority", given: str | None) -> "Environment":
        """The environment that was named, or the one in use. Raises NotConnectedError."""
        from tocsin.filing.model import Environment  # noqa: PLC0415  # not on --help

        return Environment(given) if given else self.connections.connection(authority).environment


@contextmanager
def open_authorities(given: str | None) -> Iterator[AuthorityShell]:
    """Over the home folder that the command line, the environment or the platform names."""
    from tocsin.node.authorities import connections  # noqa: PLC0415  # not on --help
    from tocsin.storage.ledger import keys_of  # noqa: PLC0415

    with open_shell(given) as shell:
        keys = keys_of(shell.home.folder, shell.home.database)
        yield AuthorityShell(shell, connections(shell.home, keys))


def two_lines(first: str, second: str, *, from_stdin: bool, option: str) -> tuple[str, str]:
    """Two things that are not for the command line, which others see. Raises UsageError."""
    if from_stdin:
        try:
            return sys.stdin.readline().rstrip("\r\n"), sys.stdin.readline().rstrip("\r\n")
        except UnicodeDecodeError as error:
            message = "what stands on standard input is not UTF-8"
            raise UsageError(message) from error
    if not sys.stdin.isatty():
        message = f"there is no terminal to ask at; use {option}"
        raise UsageError(message)
    return (
        click.prompt(first, hide_input=True, err=True),
        click.prompt(second, hide_input=True, default="", show_default=False, err=True),
    )


def typed_host(given: str | None, host: str) -> str:
    """What somebody types to confirm. Raises UsageError where nobody can be asked."""
    if given is not None:
        return given
    if not sys.stdin.isatty():
        message = "there is no terminal to ask at; use --host"
        raise UsageError(message)
    answer: str = click.prompt(f"Reports will be acted upon. Type {host} to go on", err=True)
    return answer


def _sign_in(*, from_stdin: bool) -> tuple[str, str]:
    return two_lines(
        "Your password",
        "Code of your second factor",
        from_stdin=from_stdin,
        option="--sign-in-stdin",
    )


def connection_json(one: "Connection") -> "JsonObject":
    """A connection, without its account."""
    return {
        "authority": one.authority.value,
        "environment": one.environment.value,
        "url": one.url,
        "connected": one.connected.isoformat(),
        "connected_by": one.connected_by,
        "in_use": one.in_use,
        "since": None if one.since is None else one.since.isoformat(),
        "by": one.by,
        "here": one.here,
    }


def connection_line(one: "Connection") -> str:
    """A connection in one line."""
    if not one.in_use:
        standing = "not in use"
    else:
        standing = f"IN USE since {one.since:%Y-%m-%d %H:%M} UTC, by {one.by}"
        if not one.here:
            standing += "; NOT FROM HERE: it was confirmed at another place"
    return f"{one.authority.value}  {one.environment.value}  {one.url}  {standing}"

"""Exchanges as the commands of `tocsin exchange` use them, and how they are shown."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import click

from tocsin.cli.admin_shell import open_shell
from tocsin.cli.output import put
from tocsin.names import shown

if TYPE_CHECKING:
    from tocsin.access.model import Principal
    from tocsin.cli.admin_shell import Shell
    from tocsin.exchange.service import Exchanging
    from tocsin.exchange.store import Counts, Exchange
    from tocsin.media.sandbox import JsonObject

name_argument = click.argument("name")
_WORDS = {
    "added": "new",
    "corrected": "corrected",
    "withdrawn": "withdrawn",
    "reinstated": "live again",
    "set_aside": "set aside",
}


@dataclass(frozen=True, slots=True)
class ExchangeShell:
    """Somebody at a shell of the machine."""

    shell: "Shell"
    exchanging: "Exchanging"

    @property
    def me(self) -> "Principal":
        """Whoever runs this process."""
        return self.shell.me

    @contextmanager
    def acting(self, name: str | None, *, from_stdin: bool) -> "Iterator[Principal]":
        """The person of that name, who signs in for this command; without one whoever runs this process.

        Raises UsageError, SignInRefusedError.
        """
        if name is None:
            yield self.me
            return
        from tocsin.cli.authority_shell import two_lines  # noqa: PLC0415  # not on --help

        password, code = two_lines(
            "Your password", "Code of your second factor", from_stdin=from_stdin, option="--sign-in-stdin"
        )
        sessions = self.shell.accounts.sessions
        secret = sessions.sign_in(name, password, code).secret
        try:
            yield sessions.principal_of(secret)
        finally:
            sessions.sign_out(secret)


@contextmanager
def open_exchanges(given: str | None) -> Iterator[ExchangeShell]:
    """Over the home folder that the command line, the environment or the platform names."""
    from tocsin.node.exchanging import ExchangeParts, exchanging  # noqa: PLC0415  # not on --help
    from tocsin.node.settings import NodeSettings  # noqa: PLC0415
    from tocsin.storage.jobs import JobStore  # noqa: PLC0415
    from tocsin.storage.ledger import keys_of  # noqa: PLC0415
    from tocsin.storage.webhooks import WebhookStore  # noqa: PLC0415

    with open_shell(given) as shell:
        home = shell.home
        keys, queue = keys_of(home.folder, home.database), JobStore(home.database)
        webhooks = WebhookStore(home.database, queue, keys, home.ledger)
        allowed = NodeSettings.read(home.folder).allowed_networks
        yield ExchangeShell(shell, exchanging(ExchangeParts(home, keys, queue, webhooks, allowed)))


def exchange_json(one: "Exchange") -> "JsonObject":
    """An exchange, without its account."""
    return {
        "name": one.name,
        "service": one.service,
        "environment": one.environment,
        "production": one.production,
        "bank": one.bank,
        "every": one.every,
        "paused": one.paused,
        "state": one.state.value,
        "created": one.created.isoformat(),
        "created_by": one.created_by,
        "confirmed_by": one.confirmed_by,
        "up_to": _iso(one.up_to),
        "records": one.records,
        "withdrawn": one.withdrawn,
        "runs": one.run,
        "started": _iso(one.started),
        "ended": _iso(one.ended),
        "next": _iso(one.next),
        "failures": one.failures,
        "outcome": one.outcome,
        "message": one.message,
        "counts": {**one.counts.to_json()},
    }


def put_exchange(one: "Exchange") -> None:
    """An exchange in two lines."""
    kind = "production" if one.production else "for tests"
    live = one.records - one.withdrawn
    put(f"{shown(one.name)}  {one.service} {shown(one.environment)} ({kind}) -> {shown(one.bank)}")
    put(f"  {live:,} live records, {one.withdrawn:,} withdrawn; {_standing(one)}")


def _standing(one: "Exchange") -> str:
    if one.paused:
        return "paused"
    if one.state.value == "unconfirmed":
        return f"set up by {one.created_by}: somebody else is to confirm it"
    if one.state.value != "ready":
        return f"{one.state.value.upper()}: {shown(one.message)}"
    if one.ended is None:
        return "has not run to an end yet"
    ended = f"{one.ended:%Y-%m-%d %H:%M} UTC"
    if one.outcome != "done":
        return f"failed {one.failures} times, last at {ended}: {shown(one.message)}"
    upto = "" if one.up_to is None else f", known as of {one.up_to:%Y-%m-%d %H:%M:%S} UTC"
    return f"last run ended {ended}{upto}"


def counts_line(counts: "Counts") -> str:
    """What a run did."""
    told = [f"{number:,} {word}" for name, word in _WORDS.items() if (number := getattr(counts, name))]
    return ", ".join(told) or "nothing new"


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()

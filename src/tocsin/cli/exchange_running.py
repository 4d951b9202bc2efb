"""`tocsin exchange run|tell`."""

from typing import TYPE_CHECKING

import click

from tocsin.cli.exchange_shell import (
    counts_line,
    exchange_json,
    name_argument,
    open_exchanges,
    put_exchange,
)
from tocsin.cli.exits import FAILED
from tocsin.cli.output import home_option, json_option, put, put_json, say
from tocsin.cli.progress import progress

if TYPE_CHECKING:
    from tocsin.exchange.model import Page
    from tocsin.exchange.store import Counts


@click.command()
@name_argument
@click.option("--accept", is_flag=True, help="Withdraw what the partner withdraws, however much that is.")
@click.option("--anew", is_flag=True, help="From the beginning of the partner's list.")
@click.option("--soon", is_flag=True, help="Leave it to the running node, at once.")
@json_option
@home_option
@click.pass_obj
def run(  # noqa: PLR0913  # one for each option
    home: str | None, name: str, *, accept: bool, anew: bool, soon: bool, as_json: bool
) -> int:
    """Run the exchange NAME now: fetch what is new since its checkpoint.

    Interrupted, it goes on with the page after the last one that came. What was held because the partner
    would withdraw very much goes on with --accept.
    """
    with open_exchanges(home) as shell:
        if soon:
            shell.exchanging.run_soon(shell.me, name, accept=accept, anew=anew)
            return 0
        with progress(f"exchange {name}") as advance:

            def told(counts: "Counts", page: "Page | None") -> None:
                upto = f" up to {page.up_to:%Y-%m-%d %H:%M:%S}" if page and page.up_to else ""
                advance(counts_line(counts) + upto)

            found = shell.exchanging.run_here(shell.me, name, told, accept=accept, anew=anew)
    if as_json:
        put_json(exchange_json(found))
    else:
        put_exchange(found)
        put(f"  {counts_line(found.counts)}")
        if found.counts.set_aside:
            say(f"`tocsin exchange set-aside {name}` shows what could not be taken.")
    return 0 if found.outcome == "done" else FAILED


@click.command()
@click.argument("entry", type=int)
@click.argument("stance", type=click.Choice(["confirm", "dispute", "seen"]))
@click.option("--reason", default="", help="A code of the partner's where it wants one; otherwise words.")
@click.option("--signal", default="", help="Which of its signals is meant: pdq, md5, sha1, sha256.")
@click.option("--again", type=int, metavar="NUMBER", help="Send that opinion of yours again instead.")
@home_option
@click.pass_obj
def tell(  # noqa: PLR0913  # one for each option
    home: str | None, entry: int, stance: str, *, reason: str, signal: str, again: int | None
) -> None:
    """Tell the partner whose record ENTRY holds what we think of it. A running node sends it, once."""
    from tocsin.exchange.model import Stance  # noqa: PLC0415  # not on --help

    with open_exchanges(home) as shell:
        if again is not None:
            given = shell.exchanging.give_again(shell.me, again)
        else:
            given = shell.exchanging.give_opinion(shell.me, entry, Stance(stance), reason, signal)
    put(f"opinion {given.id} to {given.exchange} {given.state.value}")

"""`tocsin exchange list|status|set-aside|opinions`."""

from typing import TYPE_CHECKING

import click

from tocsin.cli.exchange_shell import (
    counts_line,
    exchange_json,
    name_argument,
    open_exchanges,
    put_exchange,
)
from tocsin.cli.output import home_option, json_option, put, put_json, say
from tocsin.names import shown

if TYPE_CHECKING:
    from tocsin.exchange.service import Status
    from tocsin.exchange.standing import StandsOn
    from tocsin.media.sandbox import JsonObject

_PAGE = 100
_most_option = click.option(
    "--most", default=_PAGE, show_default=True, type=click.IntRange(1), help="So many."
)


@click.command("list")
@json_option
@home_option
@click.pass_obj
def list_exchanges(home: str | None, *, as_json: bool) -> None:
    """List the exchanges there are, and how they stand."""
    with open_exchanges(home) as shell:
        found = shell.exchanging.exchanges(shell.me)
    for one in found:
        if as_json:
            put_json(exchange_json(one))
        else:
            put_exchange(one)
    if not found:
        say("There are none; `tocsin exchange add` sets one up.")


@click.command()
@name_argument
@click.option("--cases", is_flag=True, help="List what stands on entries that were withdrawn since.")
@_most_option
@json_option
@home_option
@click.pass_obj
def status(home: str | None, name: str, *, cases: bool, most: int, as_json: bool) -> None:
    """Show how the exchange NAME stands, and which cases stand on what its partner has taken back since."""
    with open_exchanges(home) as shell:
        found = shell.exchanging.status(shell.me, name)
        affected = shell.exchanging.affected(shell.me, name, limit=most) if cases else ()
    if as_json:
        told: JsonObject = {"running": found.running, "open_cases": found.affected.open}
        put_json({**exchange_json(found.exchange), **told, "decided_cases": found.affected.decided})
        for one in affected:
            put_json(_stands_json(one))
        return
    put_exchange(found.exchange)
    _put_status(found)
    for one in affected:
        put(_stands_line(one))


@click.command("set-aside")
@name_argument
@click.option("--after", default=0, help="Begin after this number.")
@_most_option
@json_option
@home_option
@click.pass_obj
def set_aside(home: str | None, name: str, *, after: int, most: int, as_json: bool) -> None:
    """List what of the partner's list could not be taken, with the reason."""
    with open_exchanges(home) as shell:
        found = shell.exchanging.set_aside(shell.me, name, after=after, limit=most)
    for one in found:
        if as_json:
            put_json(
                {
                    "number": one.id,
                    "time": one.time.isoformat(),
                    "times": one.times,
                    "key": one.what.key,
                    "code": one.what.code,
                    "message": one.what.message,
                    "text": one.what.text,
                }
            )
        else:
            put(f"{one.id}  {shown(one.what.key) or '-'}  {shown(one.what.message)} [{shown(one.what.code)}]")


@click.command()
@name_argument
@click.option("--after", default=0, help="Begin after this number.")
@_most_option
@json_option
@home_option
@click.pass_obj
def opinions(home: str | None, name: str, *, after: int, most: int, as_json: bool) -> None:
    """List what we tell the partner of its records, and whether it came through."""
    with open_exchanges(home) as shell:
        found = shell.exchanging.opinions(shell.me, name, after=after, limit=most)
    for one in found:
        if as_json:
            put_json(
                {
                    "number": one.id,
                    "entry": one.entry,
                    "stance": one.what.stance.value,
                    "reason": one.what.reason,
                    "author": one.author,
                    "asked": one.asked.isoformat(),
                    "state": one.state.value,
                    "ended": None if one.ended is None else one.ended.isoformat(),
                    "message": one.message,
                }
            )
        else:
            why = f": {shown(one.message)}" if one.message else ""
            what = f"{one.what.stance.value} by {one.author}"
            put(f"{one.id}  entry {one.entry}  {what}  {one.state.value}{why}")


def _put_status(found: "Status") -> None:
    one = found.exchange
    now = "running now" if found.running else "not running"
    put(f"  {now}; every {one.every:,} minutes; {one.run:,} runs")
    if one.ended is not None:
        put(f"  the last one: {counts_line(one.counts)}")
    if one.next is not None and one.state.value == "ready" and not one.paused:
        put(f"  the next one is due {one.next:%Y-%m-%d %H:%M} UTC")
    if found.affected.open or found.affected.decided:
        cases = f"{found.affected.open:,} open and {found.affected.decided:,} decided cases"
        put(f"  {cases} stand on entries that were withdrawn since; --cases lists them")


def _stands_line(one: "StandsOn") -> str:
    cases = (
        ", ".join(f"case {number}{' (decided)' if over else ''}" for number, over in one.cases) or "no case"
    )
    since = f"{one.withdrawn:%Y-%m-%d}"
    line = f"{cases}  submission {one.submission}  entry {one.entry} withdrawn {since}: {shown(one.reason)}"
    return f"{line}; entry {one.superseded_by} matches it too" if one.still_matches else line


def _stands_json(one: "StandsOn") -> "JsonObject":
    return {
        "match": one.id,
        "submission": one.submission,
        "cases": [{"case": number, "decided": decided} for number, decided in one.cases],
        "entry": one.entry,
        "found": one.found.isoformat(),
        "withdrawn": one.withdrawn.isoformat(),
        "reason": one.reason,
        "superseded_by": one.superseded_by,
        "still_matches": one.still_matches,
    }

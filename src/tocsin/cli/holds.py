"""`tocsin holds`: what has to be kept and until when, and what was destroyed."""

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from tocsin.cli.lazy import LazyGroup
from tocsin.cli.output import home_option, json_option, put, put_json, say_rest
from tocsin.cli.times import minute, time_of
from tocsin.errors import UsageError
from tocsin.names import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tocsin.access.model import Principal
    from tocsin.filing.holding import Hold
    from tocsin.filing.holds import Holds
    from tocsin.storage.destructions import DestructionStore

COMMANDS = {
    "destroyed": "tocsin.cli.holds:list_destroyed",
    "extend": "tocsin.cli.holds:extend_hold",
    "list": "tocsin.cli.holds:list_holds",
    "reckon": "tocsin.cli.holds:reckon_hold",
    "set": "tocsin.cli.holds:set_hold",
    "show": "tocsin.cli.holds:show_hold",
}
reason_option = click.option("--reason", required=True, help="Why; it is kept with the hold.")


@dataclass(frozen=True, slots=True)
class _Shell:
    me: "Principal"
    holds: "Holds"
    destroyed: "DestructionStore"


@click.group(cls=LazyGroup, commands_from=COMMANDS)
def holds() -> None:
    """See what has to be kept and until when; set holds and extend them.

    A hold is released, and content destroyed, by people who have signed in, in the console: not here.
    """


@click.command("list")
@click.option("--case", type=int, help="Only those of a case.")
@click.option("--content", metavar="SHA256", help="Only those of a content.")
@click.option("--ending", type=click.IntRange(0), metavar="DAYS", help="Those that end within so many days.")
@click.option("--unclear", is_flag=True, help="Those of which no rule says until when.")
@click.option("--after", default=0, metavar="NUMBER", help="From the hold after this one.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="At most.")
@json_option
@home_option
@click.pass_obj
def list_holds(  # noqa: PLR0913  # one for each option
    home: str | None,
    *,
    case: int | None,
    content: str | None,
    ending: int | None,
    unclear: bool,
    after: int,
    limit: int,
    as_json: bool,
) -> None:
    """List holds by number; those that end first come first with --ending."""
    if sum((case is not None, content is not None, ending is not None, unclear)) > 1:
        message = "give one of --case, --content, --ending and --unclear"
        raise UsageError(message)
    with _open(home) as shell:
        found: Sequence[Hold]
        if case is not None:
            found = shell.holds.of_case(case)
        elif content is not None:
            found = shell.holds.of_content(_digest(content))
        elif ending is not None:
            found = shell.holds.ending(datetime.now(UTC) + timedelta(days=ending), limit)
        elif unclear:
            found = shell.holds.unclear(limit)
        else:
            found = shell.holds.page(after=after, limit=limit)
    _put(found, as_json=as_json)
    say_rest(found)


@click.command("show")
@click.argument("number", type=int)
@json_option
@home_option
@click.pass_obj
def show_hold(home: str | None, *, number: int, as_json: bool) -> None:
    """Show the hold of that NUMBER: its event, its ends with their rules, and what was done with it."""
    with _open(home) as shell:
        hold = shell.holds.hold(number)
    _put([hold], as_json=as_json)
    if as_json:
        return
    for end in hold.ends:
        until = "no least time" if end.until is None else f"until {minute(end.until)}"
        limit = f", gone by {minute(end.no_later_than)}" if end.no_later_than else ""
        conflict = "  CONFLICT: a lawyer decides, and it is kept" if end.conflict else ""
        rules = f" ({', '.join(end.rules)}; then {'; '.join(end.then)})"
        put(shown(f"  {end.purpose.value}: {end.problem or until + limit + rules}{conflict}"))
    for one in hold.changes:
        put(shown(f"  {one.what.value} {minute(one.time)} by {one.by}: {one.reason}"))
    for sha256 in hold.contents:
        put(f"  content {sha256.hex()}")


@click.command("set")
@click.argument("trigger")
@click.argument("case", type=int)
@click.argument("contents", nargs=-1, required=True)
@click.option("--time", "given", required=True, help="When it happened (ISO 8601 with its zone).")
@reason_option
@json_option
@home_option
@click.pass_obj
def set_hold(  # noqa: PLR0913  # one for each option
    home: str | None,
    *,
    trigger: str,
    case: int,
    contents: tuple[str, ...],
    given: str,
    reason: str,
    as_json: bool,
) -> None:
    """Hold CONTENTS (SHA-256) of a CASE after an event such as us.2703f_letter.

    `tocsin law duties` lists the events that retention rules count from.
    """
    from tocsin.law.duties import Occasion  # noqa: PLC0415  # not on --help

    occasion, held = Occasion(trigger, time_of(given)), [_digest(one) for one in contents]
    with _open(home) as shell:
        _put([shell.holds.set(shell.me, occasion, case, held, reason)], as_json=as_json)


@click.command("extend")
@click.argument("number", type=int)
@click.option("--until", "given", help="To when (ISO 8601 with its zone)  [default: as its rule is renewed]")
@reason_option
@json_option
@home_option
@click.pass_obj
def extend_hold(home: str | None, *, number: int, given: str | None, reason: str, as_json: bool) -> None:
    """Keep what a hold keeps longer."""
    until = None if given is None else time_of(given)
    with _open(home) as shell:
        _put([shell.holds.extend(shell.me, number, reason, until=until)], as_json=as_json)


@click.command("reckon")
@click.argument("number", type=int)
@reason_option
@json_option
@home_option
@click.pass_obj
def reckon_hold(home: str | None, *, number: int, reason: str, as_json: bool) -> None:
    """Work the ends of a hold out again, after a rule was put right. None becomes earlier by it."""
    with _open(home) as shell:
        _put([shell.holds.reckon(shell.me, number, reason)], as_json=as_json)


@click.command("destroyed")
@click.option("--before", type=int, metavar="NUMBER", help="Older than the one of that number.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="At most.")
@json_option
@home_option
@click.pass_obj
def list_destroyed(home: str | None, *, before: int | None, limit: int, as_json: bool) -> None:
    """List what was to be destroyed, and what became of it, the newest first."""
    from tocsin.filing.hold_objects import destruction_to_json  # noqa: PLC0415  # not on --help

    with _open(home) as shell:
        found = shell.destroyed.page(before=before, limit=limit)
    for one in found:
        if as_json:
            put_json(destruction_to_json(one))
            continue
        when = minute(one.ended or one.confirmed or one.asked)
        people = ", ".join(filter(None, (one.asked_by, one.confirmed_by)))
        put(shown(f"{one.number:>6}  {one.sha256.hex()}  {one.state.value} {when}  {people}: {one.reason}"))
    say_rest(found)


@contextmanager
def _open(home: str | None) -> "Iterator[_Shell]":
    from tocsin.cli.cases_shell import open_cases  # noqa: PLC0415  # not on --help
    from tocsin.filing.holds import Holds  # noqa: PLC0415
    from tocsin.storage.destructions import DestructionStore  # noqa: PLC0415
    from tocsin.storage.holds import HoldStore  # noqa: PLC0415

    with open_cases(home) as shell:
        database, parts = shell.parts.database, shell.parts
        kept = Holds(database, HoldStore(database), parts.ledger, parts.packs)
        yield _Shell(shell.me, kept, DestructionStore(database))


def _put(found: "Sequence[Hold]", *, as_json: bool) -> None:
    from tocsin.filing.hold_objects import hold_to_json  # noqa: PLC0415  # not on --help

    now = datetime.now(UTC)
    for hold in found:
        put_json(hold_to_json(hold, now)) if as_json else put(shown(_line(hold, now)))


def _line(hold: "Hold", now: datetime) -> str:
    until = hold.until()
    if hold.released is not None:
        stands = f"released {minute(hold.released.time)}"
    elif hold.problems:
        stands = f"NO END: {'; '.join(hold.problems)}"
    elif until is None:
        stands = "binds no content"
    else:
        stands = f"{'until' if hold.binds(now) else 'ended'} {minute(until)}"
    of = [f"case {hold.case}" if hold.case else "", f"filing {hold.filing}" if hold.filing else ""]
    test = "TEST" if hold.is_test else ""
    count = f"{len(hold.contents)} content{'' if len(hold.contents) == 1 else 's'}"
    words = "  ".join(filter(None, (*of, count, test)))
    return f"{hold.number:>6}  {hold.occasion.trigger}  {stands}  {words}"


def _digest(text: str) -> bytes:
    try:
        digest = bytes.fromhex(text)
    except ValueError:
        digest = b""
    if len(digest) != 32:  # noqa: PLR2004  # bytes of a SHA-256
        message = f"{text!r} is no SHA-256: 64 hexadecimal digits"
        raise UsageError(message)
    return digest

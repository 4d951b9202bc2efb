"""`tocsin cases`: what waits for review, what was decided, and opening cases for earlier submissions."""

from typing import TYPE_CHECKING

import click

from tocsin.cli.cases_shell import open_cases
from tocsin.cli.lazy import LazyGroup
from tocsin.cli.output import home_option, json_option, put, put_json, say, say_rest
from tocsin.cli.times import minute
from tocsin.names import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.cases.model import Case, Decision, Reason
    from tocsin.cases.opening import Casework
    from tocsin.cli.cases_shell import CasesShell
    from tocsin.media.sandbox import JsonObject

COMMANDS = {
    "counts": "tocsin.cli.cases:count_cases",
    "figures": "tocsin.cli.cases:show_figures",
    "find": "tocsin.cli.cases:find_cases",
    "list": "tocsin.cli.cases:list_cases",
    "open": "tocsin.cli.cases:open_earlier",
    "reopen": "tocsin.cli.cases:reopen_case",
    "show": "tocsin.cli.cases:show_case",
}
_STATES = click.Choice(["waiting", "claimed", "decided"])
_STAGES = click.Choice(["first", "second"])
_BATCH = 50
"""Submissions between two signs of life."""


@click.group(cls=LazyGroup, commands_from=COMMANDS)
def cases() -> None:
    """See what waits for review and what was decided; open cases for what was submitted earlier.

    Reviewing itself is done in the console: nothing here shows a picture. The ledger records what is changed
    here as done by local:ACCOUNT.
    """


@click.command("list")
@click.option("--queue", default="main", show_default=True, help="Which queue; * (quoted) for all.")
@click.option("--state", default="waiting", show_default=True, type=_STATES)
@click.option("--stage", type=_STAGES, help="Only those that wait for a first, or a second reviewer.")
@click.option("--category", help="Only those with this one: a kind of content, or SCHEME:CODE.")
@click.option("--after", type=int, metavar="NUMBER", help="From the case after this one.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 200), help="At most.")
@json_option
@home_option
@click.pass_obj
def list_cases(  # noqa: PLR0913  # one for each option
    home: str | None,
    *,
    queue: str,
    state: str,
    stage: str | None,
    category: str | None,
    after: int | None,
    limit: int,
    as_json: bool,
) -> None:
    """List cases in their order, the most urgent first; decided ones with the newest decision first."""
    from tocsin.cases.model import Stage, State  # noqa: PLC0415  # not on --help
    from tocsin.cases.store_cases import WantedCases  # noqa: PLC0415

    wanted = WantedCases(
        None if queue == "*" else queue,
        State(state),
        None if stage is None else Stage(stage),
        category=category,
    )
    with open_cases(home) as shell:
        found = shell.queue.page(shell.me, wanted, after, limit)
    _put_cases(found, as_json=as_json)
    say_rest(found, limit, f"--after {found[-1].number}" if found else "")


@click.command("find")
@click.argument("text")
@json_option
@home_option
@click.pass_obj
def find_cases(home: str | None, *, text: str, as_json: bool) -> None:
    """Find cases by number, submission, SHA-256, account or URL, whatever their state; the newest first."""
    with open_cases(home) as shell:
        found = shell.queue.find(shell.me, text)
    _put_cases(found, as_json=as_json)
    say_rest(found)


@click.command("counts")
@json_option
@home_option
@click.pass_obj
def count_cases(home: str | None, *, as_json: bool) -> None:
    """Count the cases that wait or are claimed, by queue, state and stage."""
    with open_cases(home) as shell:
        counts = shell.queue.counts(shell.me)
    for one in counts:
        if as_json:
            state, stage = one.state.value, one.stage.value
            put_json({"queue": one.queue, "state": state, "stage": stage, "cases": one.cases})
        else:
            put(f"{one.queue}  {one.state.value}, {one.stage.value} reviewer: {one.cases:,}")
    if not counts:
        say("No case waits.")


@click.command("show")
@click.argument("number", type=int)
@json_option
@home_option
@click.pass_obj
def show_case(home: str | None, *, number: int, as_json: bool) -> None:
    """Show the case of that NUMBER: why it stands where it stands, what is in it, what was decided."""
    with open_cases(home) as shell:
        case = shell.queue.case(shell.me, number)
        if as_json:
            put_json(_whole(shell, case))
        else:
            _put_whole(shell, case)


@click.command("reopen")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why; it is recorded, and whoever takes the case reads it.")
@json_option
@home_option
@click.pass_obj
def reopen_case(home: str | None, *, number: int, reason: str, as_json: bool) -> None:
    """Have a decided case wait again. Its decision stays in force until another takes its place."""
    with open_cases(home) as shell:
        case = shell.deciding.reopen(shell.me, number, reason)
    _put_cases([case], as_json=as_json)


@click.command("open")
@json_option
@home_option
@click.pass_obj
def open_earlier(home: str | None, *, as_json: bool) -> None:
    """Open cases for what was submitted before there were any, as the settings say now.

    Interrupt it when you like, and run it again to go on. The server may run meanwhile.
    """
    with open_cases(home) as shell:
        put_in = _open_earlier(shell, shell.casework())
    if as_json:
        put_json({"submissions": put_in})
    else:
        put(f"{put_in:,} submissions were put into cases")


def _open_earlier(shell: "CasesShell", casework: "Casework") -> int:
    """Go through all submissions that are in no case; how many of them were put into one."""
    from tocsin.cli.progress import progress  # noqa: PLC0415  # not on --help
    from tocsin.intake.model import Wanted  # noqa: PLC0415

    newest = next(iter(shell.parts.submissions.page(Wanted(), limit=1)), None)
    put_in, after = 0, 0
    with progress("earlier submissions", None if newest is None else newest.number) as advance:
        following: int | None = 0
        while following is not None:
            after = following
            advance(f"{put_in:,} put into cases", after)
            following, some = casework.open_earlier(after, _BATCH)
            put_in += some
    return put_in


@click.command("figures")
@click.argument("bank")
@json_option
@home_option
@click.pass_obj
def show_figures(home: str | None, *, bank: str, as_json: bool) -> None:
    """Show how many matches of BANK reviewers found false, by distance: what to set its radius by."""
    from tocsin.cases.objects import figure_to_json  # noqa: PLC0415  # not on --help

    with open_cases(home) as shell:
        found = shell.deciding.figures(bank)
    for one in found.figures:
        if as_json:
            put_json(figure_to_json(found, one))
            continue
        within = found.within(one.distance)
        put(
            f"{one.type.value:<6} distance {one.distance:>2}: {one.matches:,} decided, "
            f"{one.false_matches:,} false, {one.reported:,} reported; "
            f"up to here {within.matches:,}, {within.false_share or 0:.1%} false"
        )
    if not found.figures:
        say("Nothing has been decided about a match of this bank.")
    elif not as_json:
        say(f"the bank's radius is {found.radius}")


def _put_cases(found: "Sequence[Case]", *, as_json: bool) -> None:
    from tocsin.cases.objects import case_to_json  # noqa: PLC0415  # not on --help

    for case in found:
        put_json(case_to_json(case)) if as_json else put(_line(case))


def _line(case: "Case") -> str:
    """A case in a line."""
    from tocsin.cases.queue import reasons_of  # noqa: PLC0415  # not on --help

    why = ", ".join(map(_reason, reasons_of(case)))
    count = f"{case.submissions:,} submission{'' if case.submissions == 1 else 's'}"
    return f"{case.number:>6}  {_where(case)}  {count}  {why}"


def _where(case: "Case") -> str:
    """Who has it, or whom it waits for."""
    if case.holder is not None:
        return f"claimed by {shown(case.holder)}"
    if case.decided is not None:
        return f"decided {minute(case.decided)}"
    whom = shown(case.reserved_for) or f"{case.stage.value} reviewer"
    return f"waits for {whom}"


def _reason(reason: "Reason") -> str:
    words = [reason.ground.value]
    if reason.when is not None:
        words.append(minute(reason.when))
    if reason.by:
        words.append(f"said by {shown(reason.by)}" + (f" (their turn {reason.turn})" * (reason.turn > 1)))
    return " ".join(words)


def _whole(shell: "CasesShell", case: "Case") -> "JsonObject":
    from tocsin.cases.objects import (  # noqa: PLC0415  # not on --help
        case_to_json,
        decision_to_json,
        judgement_to_json,
        observation_to_json,
    )

    number = case.number
    contents = shell.queue.contents(number)
    judged = shell.deciding.judgements(contents)
    return {
        **case_to_json(case),
        "contents": [
            {"sha256": one.hex(), "judgement": judgement_to_json(judged[one]) if one in judged else None}
            for one in contents
        ],
        "observations": [observation_to_json(one) for one in shell.observing.of_case(number)],
        "decisions": [decision_to_json(one) for one in shell.deciding.of_case(number)],
        "linked": [
            {"number": one.case.number, "state": one.case.state.value, "because": one.because}
            for one in shell.queue.linked(shell.me, number)
        ],
    }


def _put_whole(shell: "CasesShell", case: "Case") -> None:
    put(_line(case))
    put(f"  queue {case.queue}, opened {minute(case.opened)}")
    if case.note:
        put(f"  note: {shown(case.note)}")
    contents = shell.queue.contents(case.number)
    judged = shell.deciding.judgements(contents)
    for one in contents:
        said = f"  judged {judged[one].outcome.value} in case {judged[one].case}" if one in judged else ""
        put(f"  content {one.hex()}{said}")
    for made in shell.observing.of_case(case.number):
        observed = made.observed
        said = next(filter(None, (observed.value, observed.age, observed.code)), "taken back")
        put(f"  {observed.about}: {shown(said)}  ({shown(made.author)}, by {observed.basis.value})")
    for decision in shell.deciding.of_case(case.number):
        put(f"  {_decision(decision)}")
    for link in shell.queue.linked(shell.me, case.number):
        put(f"  case {link.case.number}, {link.case.state.value}: {link.because}")


def _decision(one: "Decision") -> str:
    second = f", {shown(one.second)} second" if one.second else ""
    needs = f", needs a second person: {', '.join(one.needs_second)}" if one.needs_second else ""
    return (
        f"decision {one.id}: {one.proposal.outcome.value}, {one.standpoint.value}"
        f"  ({shown(one.author)}{second}, {minute(one.time)}{needs})"
    )

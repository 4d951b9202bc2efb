"""`tocsin filings`: what is to be reported, where each report stands, and its receipt."""

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from tocsin.cli.lazy import LazyGroup
from tocsin.cli.output import home_option, json_option, put, put_json, say, say_rest
from tocsin.names import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.filing.model import Filing, Subject
    from tocsin.filing.outbox import Timeline
    from tocsin.filing.service import Reporting
    from tocsin.law.owing import Owed

COMMANDS = {
    "duties": "tocsin.cli.filings:show_duties",
    "list": "tocsin.cli.filings:list_filings",
    "receipt": "tocsin.cli.filings:show_receipt",
    "show": "tocsin.cli.filings:show_filing",
    "to-draft": "tocsin.cli.filings:list_to_draft",
    "xml": "tocsin.cli.filings:show_xml",
}
_STATES = click.Choice(["drafted", "checked", "confirmed", "opened", "finished", "retracted", "stopped"])
_MOST = 200


@click.group(cls=LazyGroup, commands_from=COMMANDS)
def filings() -> None:
    """See what is to be reported to authorities, where each report stands, and its receipt.

    Drafting, checking and confirming is done in the console, by people who have signed in.
    """


@contextmanager
def open_filings(given: str | None) -> "Iterator[Reporting]":
    """Filing over the home folder that the command line, the environment or the platform names."""
    from tocsin.config import home_folder  # noqa: PLC0415  # not on --help
    from tocsin.node.node import Node  # noqa: PLC0415

    with Node.open(home_folder(given)) as node:
        yield node.reporting


@click.command("list")
@click.option("--state", type=_STATES, help="Only those that stand so.")
@click.option("--case", type=int, help="Only those of this case.")
@click.option("--before", type=int, metavar="NUMBER", help="Those before this one.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, _MOST), help="At most.")
@json_option
@home_option
@click.pass_obj
def list_filings(  # noqa: PLR0913  # one for each option
    home: str | None,
    *,
    state: str | None,
    case: int | None,
    before: int | None,
    limit: int,
    as_json: bool,
) -> None:
    """List filings, newest first."""
    from tocsin.filing.model import State  # noqa: PLC0415  # not on --help
    from tocsin.filing.objects import filing_to_json  # noqa: PLC0415
    from tocsin.filing.store_filings import WantedFilings  # noqa: PLC0415

    wanted = WantedFilings(frozenset({State(state)} if state else ()), case)
    with open_filings(home) as reporting:
        found = reporting.filings.page(wanted, before=before, limit=limit)
    for one in found:
        put_json(filing_to_json(one)) if as_json else put(_line(one))
    say_rest(found, limit, f"--before {found[-1].number}" if found else "")


@click.command("to-draft")
@json_option
@home_option
@click.pass_obj
def list_to_draft(home: str | None, *, as_json: bool) -> None:
    """List what is decided to be reported and has no filing."""
    from tocsin.filing.objects import to_draft_to_json  # noqa: PLC0415  # not on --help

    with open_filings(home) as reporting:
        found = reporting.drafting.to_draft()
    for one in found:
        account = _account(one.subject) or "no account is known"
        line = f"case {one.case}  {account}  decided {_time(one.decided)}"
        put_json(to_draft_to_json(one)) if as_json else put(line)
    if not found:
        say("Everything that is to be reported has a filing.")


@click.command("show")
@click.argument("number", type=int)
@json_option
@home_option
@click.pass_obj
def show_filing(home: str | None, *, number: int, as_json: bool) -> None:
    """Show the filing of that NUMBER: its files, what is missing, and what happened to it."""
    from tocsin.filing.objects import (  # noqa: PLC0415  # not on --help
        draft_to_json,
        filing_to_json,
        missing_to_json,
        timeline_to_json,
    )

    with open_filings(home) as reporting:
        filing, draft = reporting.filings.filing(number), reporting.filings.draft(number)
        timeline = reporting.outbox.timeline(number)
        missing = reporting.drafting.completeness(draft)
    if as_json:
        put_json(
            {
                **filing_to_json(filing),
                "draft": draft_to_json(draft),
                "missing": [missing_to_json(one) for one in missing],
                "timeline": timeline_to_json(timeline),
            }
        )
        return
    put(_line(filing))
    for file in draft.files:
        put(f"  file {file.place}: {file.sha256.hex()}{'' if file.include else '  left out'}")
    for one in missing:
        put(f"  missing, would help {one.help.value}: {shown(one.words)}")
    _put_timeline(timeline)


@click.command("receipt")
@click.argument("number", type=int)
@json_option
@home_option
@click.pass_obj
def show_receipt(home: str | None, *, number: int, as_json: bool) -> None:
    """Print the authority's receipt for a filing as it came; with --json, what is known of it beside."""
    from tocsin.filing.objects import receipt_to_json  # noqa: PLC0415  # not on --help

    with open_filings(home) as reporting:
        receipt = reporting.receipt(number)
    if as_json:
        put_json(receipt_to_json(receipt))
    else:
        put(receipt.raw.decode("utf-8", "replace"))


@click.command("xml")
@click.argument("number", type=int)
@home_option
@click.pass_obj
def show_xml(home: str | None, *, number: int) -> None:
    """Print the report of a filing as the authority gets it, in XML."""
    with open_filings(home) as reporting:
        put(reporting.drafting.preview(number).xml.decode())


@click.command("duties")
@click.argument("case", type=int)
@json_option
@home_option
@click.pass_obj
def show_duties(home: str | None, *, case: int, as_json: bool) -> None:
    """Say who must be told what about CASE, by when, under which rule, and what has been met."""
    from tocsin.filing.objects import owed_to_json  # noqa: PLC0415  # not on --help

    with open_filings(home) as reporting:
        found = reporting.owed(case, datetime.now(UTC))
    for one in found:
        put_json(owed_to_json(one)) if as_json else _put_owed(one)


def _line(filing: "Filing") -> str:
    """A filing in a line."""
    test = f"  {filing.environment.value}: a test" if filing.is_test else ""
    report = f"  report {shown(filing.report_id)}" if filing.report_id else ""
    why = f"  {shown(filing.stopped)}" if filing.stopped else ""
    account = _account(filing.subject) or "no account"
    return (
        f"{filing.number:>6}  {filing.state.value}  {filing.authority.value}, {filing.kind.value}  "
        f"case {filing.case}, {account}{report}{test}{why}"
    )


def _account(subject: "Subject") -> str:
    return shown(subject.words) if subject.account else ""


def _put_timeline(timeline: "Timeline") -> None:
    for report in timeline.reports:
        put(f"  report {shown(report.report_id)} opened {_time(report.opened)}: {report.fate.value}")
    for call in timeline.calls:
        answered = f"{call.status}  {shown(call.request_id)}" if call.status else "no answer"
        place = f" {call.place}" if call.place else ""
        put(f"  {_time(call.begun)}  {call.step}{place}: {answered}  {shown(call.problem)}".rstrip())
    if timeline.deadline is not None:
        put(f"  the authority deletes it {_time(timeline.deadline)}")
    if timeline.next_try is not None:
        put(f"  goes on {_time(timeline.next_try)}  {shown(timeline.trouble)}".rstrip())
    if timeline.receipt is not None:
        inferred = ", inferred" if timeline.receipt.inferred else ""
        put(f"  receipt {_time(timeline.receipt.time)}{inferred}")


def _put_owed(owed: "Owed") -> None:
    by = f" by {_time(owed.by)}" if owed.by is not None else ""
    put(f"{owed.rule}  {owed.state.value}{by}  {owed.to}: {owed.words}")
    put(f"  {owed.because}  [{owed.source}]")


def _time(time: "datetime") -> str:
    return f"{time:%Y-%m-%d %H:%M:%S}"

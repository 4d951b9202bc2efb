"""`tocsin register`: reports to the UK's National Crime Agency, which a person hands in at its portal."""

from typing import TYPE_CHECKING

import click

from tocsin.cli.lazy import LazyGroup
from tocsin.cli.notices_shell import open_notices
from tocsin.cli.output import home_option, json_option, put, put_json, say_rest
from tocsin.cli.times import minute, time_of
from tocsin.names import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.filing.nca.model import Entry, Question

COMMANDS = {
    "acknowledge": "tocsin.cli.register:acknowledge",
    "answer": "tocsin.cli.register:answer_item",
    "ask": "tocsin.cli.register:note_question",
    "discard": "tocsin.cli.register:discard_entry",
    "form": "tocsin.cli.register:put_form",
    "list": "tocsin.cli.register:list_entries",
    "prepare": "tocsin.cli.register:prepare",
    "priority": "tocsin.cli.register:choose_priority",
    "questions": "tocsin.cli.register:list_questions",
    "record": "tocsin.cli.register:record_sent",
    "reply": "tocsin.cli.register:reply",
    "show": "tocsin.cli.register:show_entry",
}


@click.group(cls=LazyGroup, commands_from=COMMANDS)
def register() -> None:
    """Prepare reports to the National Crime Agency, and keep what became of them.

    Nothing here speaks to the agency: a person hands the form in at its portal, and records the reference.
    """


@click.command("prepare")
@click.argument("case", type=int)
@click.option("--account", default="", help="Which account of the case  [default: the one that is unnamed]")
@click.option("--platform", default="", help="Where it is; needed where several platforms have it.")
@click.option("--follows", type=int, metavar="NUMBER", help="The entry that this one supplements.")
@json_option
@home_option
@click.pass_obj
def prepare(  # noqa: PLR0913  # one for each option
    home: str | None, *, case: int, account: str, platform: str, follows: int | None, as_json: bool
) -> None:
    """Begin a report about one account of a CASE that was decided to be reported."""
    with open_notices(home) as shell:
        made = shell.register.prepare(shell.me, case, account, platform=platform, follows=follows)
        _put([made], as_json=as_json)


@click.command("list")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(["prepared", "sent", "acknowledged", "discarded"]),
    help="Only those; may be repeated.",
)
@click.option("--case", type=int, help="Only those of a case.")
@click.option("--before", type=int, metavar="NUMBER", help="Older than the entry of that number.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="At most.")
@json_option
@home_option
@click.pass_obj
def list_entries(  # noqa: PLR0913  # one for each option
    home: str | None,
    *,
    states: tuple[str, ...],
    case: int | None,
    before: int | None,
    limit: int,
    as_json: bool,
) -> None:
    """List the register, newest first."""
    from tocsin.filing.nca.model import EntryState  # noqa: PLC0415  # not on --help
    from tocsin.filing.nca.store_register import WantedEntries  # noqa: PLC0415

    wanted = WantedEntries(frozenset(map(EntryState, states)), case)
    with open_notices(home) as shell:
        found = shell.register.page(shell.me, wanted, before=before, limit=limit)
    _put(found, as_json=as_json)
    say_rest(found, limit, f"--before {found[-1].number}" if found else "")


@click.command("show")
@click.argument("number", type=int)
@json_option
@home_option
@click.pass_obj
def show_entry(home: str | None, *, number: int, as_json: bool) -> None:
    """Show the entry of that NUMBER, what it still lacks, and what the agency asked."""
    from tocsin.filing.nca.objects import entry_to_json, question_to_json  # noqa: PLC0415  # not on --help

    with open_notices(home) as shell:
        entry = shell.register.entry(shell.me, number)
        blanks = shell.register.form(shell.me, number).blanks
        questions = shell.register.questions(shell.me, number)
    if as_json:
        asked = [question_to_json(one) for one in questions]
        put_json({**entry_to_json(entry), "blank": [one.key for one in blanks], "questions": [*asked]})
        return
    put(_line(entry))
    said = "; ".join(entry.proposed.reasons)
    put(f"  the facts spoke for {entry.proposed.priority.value}: {shown(said)}")
    if entry.sent is None:
        for one in blanks:
            put(f"  blank: {one.key}  {one.label}")
    for question in questions:
        put(f"  {_question(question)}")


@click.command("form")
@click.argument("number", type=int)
@click.option(
    "--as",
    "shape",
    default="text",
    show_default=True,
    type=click.Choice(["text", "html", "json"]),
    help="To paste, to print, or for programs.",
)
@home_option
@click.pass_obj
def put_form(home: str | None, *, number: int, shape: str) -> None:
    """Write the form of the entry of that NUMBER to standard output; the ledger notes that it left.

    Of one that was handed in, it is as it was then. It holds personal data of the account.
    """
    from tocsin.filing.nca.exporting import (  # noqa: PLC0415  # not on --help
        as_html,
        as_text,
        form_from_text,
        form_to_text,
    )

    with open_notices(home) as shell:
        entry = shell.register.exported(shell.me, number, shape)
        form = form_from_text(entry.form) if entry.form else shell.register.form(shell.me, number)
    if shape == "json":
        put(form_to_text(form))
    else:
        click.echo(as_html(entry, form) if shape == "html" else as_text(entry, form), nl=False)


@click.command("answer")
@click.argument("number", type=int)
@click.argument("item")
@click.argument("text", required=False)
@click.option("--not-held", is_flag=True, help="Say that the organisation does not have it.")
@json_option
@home_option
@click.pass_obj
def answer_item(  # noqa: PLR0913  # one for each option
    home: str | None, *, number: int, item: str, text: str | None, not_held: bool, as_json: bool
) -> None:
    """Write an ITEM of the form; without TEXT take back what was written. `show` names the blank ones."""
    with open_notices(home) as shell:
        seen = shell.register.entry(shell.me, number)
        made = shell.register.answer(shell.me, number, seen.revision, item, text, not_held=not_held)
        _put([made], as_json=as_json)


@click.command("priority")
@click.argument("number", type=int)
@click.argument("priority", type=click.Choice(["P1", "P2", "P3"]))
@click.option("--reason", default="", help="Why; needed below what the facts speak for.")
@json_option
@home_option
@click.pass_obj
def choose_priority(home: str | None, *, number: int, priority: str, reason: str, as_json: bool) -> None:
    """Choose the PRIORITY: P1 at once (call 999 too), P2 as soon as practicable, P3 without undue delay."""
    from tocsin.filing.nca.priorities import Priority  # noqa: PLC0415  # not on --help

    with open_notices(home) as shell:
        seen = shell.register.entry(shell.me, number)
        made = shell.register.set_priority(shell.me, number, seen.revision, Priority(priority), reason)
        _put([made], as_json=as_json)


@click.command("record")
@click.argument("number", type=int)
@click.argument("reference")
@click.option("--sent", metavar="TIME", help="When it was handed in, with zone  [default: now]")
@click.option(
    "--as", "what", required=True, type=click.Choice(["real", "test"]), help="Whether it was an exercise."
)
@json_option
@home_option
@click.pass_obj
def record_sent(  # noqa: PLR0913  # one for each option
    home: str | None, *, number: int, reference: str, sent: str | None, what: str, as_json: bool
) -> None:
    """Record that you handed the form in, and the REFERENCE that the portal gave.

    Unless it was a test, what was reported is held for a year from then on, and the reference for five.
    """
    with open_notices(home) as shell:
        seen = shell.register.entry(shell.me, number)
        made = shell.register.record(
            shell.me, number, seen.revision, reference, time_of(sent), test=what == "test"
        )
        _put([made], as_json=as_json)


@click.command("acknowledge")
@click.argument("number", type=int)
@click.option("--when", metavar="TIME", help="With zone  [default: now]")
@click.option("--words", default="", help="What was said.")
@json_option
@home_option
@click.pass_obj
def acknowledge(home: str | None, *, number: int, when: str | None, words: str, as_json: bool) -> None:
    """Note that the agency has acknowledged a report."""
    with open_notices(home) as shell:
        seen = shell.register.entry(shell.me, number)
        _put(
            [shell.register.acknowledge(shell.me, number, seen.revision, time_of(when), words)],
            as_json=as_json,
        )


@click.command("discard")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why.")
@json_option
@home_option
@click.pass_obj
def discard_entry(home: str | None, *, number: int, reason: str, as_json: bool) -> None:
    """Give up what was not handed in."""
    with open_notices(home) as shell:
        seen = shell.register.entry(shell.me, number)
        _put([shell.register.discard(shell.me, number, seen.revision, reason)], as_json=as_json)


@click.command("ask")
@click.argument("number", type=int)
@click.argument("words")
@click.option("--asked", metavar="TIME", help="When the agency asked, with zone  [default: now]")
@json_option
@home_option
@click.pass_obj
def note_question(home: str | None, *, number: int, words: str, asked: str | None, as_json: bool) -> None:
    """Note what the agency asks about a report: it is to be answered within seven days."""
    with open_notices(home) as shell:
        _put_questions([shell.register.ask(shell.me, number, time_of(asked), words)], as_json=as_json)


@click.command("reply")
@click.argument("question", type=int)
@click.argument("words")
@json_option
@home_option
@click.pass_obj
def reply(home: str | None, *, question: int, words: str, as_json: bool) -> None:
    """Note that you answered a QUESTION, and what you said."""
    with open_notices(home) as shell:
        _put_questions([shell.register.reply(shell.me, question, words)], as_json=as_json)


@click.command("questions")
@json_option
@home_option
@click.pass_obj
def list_questions(home: str | None, *, as_json: bool) -> None:
    """List the agency's questions that are not answered, what is due first before all else."""
    with open_notices(home) as shell:
        found = shell.register.open_questions(shell.me)
    _put_questions(found, as_json=as_json)
    say_rest(found)


def _put(found: "Sequence[Entry]", *, as_json: bool) -> None:
    from tocsin.filing.nca.objects import entry_to_json  # noqa: PLC0415  # not on --help

    for one in found:
        put_json(entry_to_json(one)) if as_json else put(_line(one))


def _put_questions(found: "Sequence[Question]", *, as_json: bool) -> None:
    from tocsin.filing.nca.objects import question_to_json  # noqa: PLC0415  # not on --help

    for one in found:
        put_json(question_to_json(one)) if as_json else put(_question(one))


def _line(one: "Entry") -> str:
    """An entry in a line."""
    priority = one.priority.value if one.priority else f"{one.proposed.priority.value} proposed"
    sent = f"  {minute(one.sent)}  {shown(one.reference)}" if one.sent else ""
    test = "  TEST" if one.sent and one.test else ""
    account = f"  account {shown(one.subject.words)}" if one.account else ""
    return f"{one.number:>6}  {one.state.value}  {priority}{sent}{test}  case {one.case}{account}"


def _question(one: "Question") -> str:
    """A question in a line."""
    when = f"answered {minute(one.answered)}" if one.answered else f"due {minute(one.due)}"
    return f"question {one.id}  entry {one.entry}  {when}  {shown(one.words)}"

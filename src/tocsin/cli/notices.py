"""`tocsin notices`: asking hosting providers to remove items, and what they answered."""

from typing import TYPE_CHECKING

import click

from tocsin.cli.admin_shell import new_password
from tocsin.cli.exits import FAILED
from tocsin.cli.lazy import LazyGroup
from tocsin.cli.notices_shell import open_notices
from tocsin.cli.output import home_option, json_option, put, put_json, say, say_rest
from tocsin.cli.times import minute, time_of
from tocsin.names import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.cli.notices_shell import NoticesShell
    from tocsin.filing.notice_model import Notice

COMMANDS = {
    "answer": "tocsin.cli.notices:answer_notice",
    "check": "tocsin.cli.notices:check_ways",
    "discard": "tocsin.cli.notices:discard_notice",
    "draft": "tocsin.cli.notices:draft_notice",
    "handed-in": "tocsin.cli.notices:hand_in",
    "list": "tocsin.cli.notices:list_notices",
    "password": "tocsin.cli.notices:set_password",
    "provider": "tocsin.cli.notices_providers:provider",
    "remind": "tocsin.cli.notices:remind",
    "send": "tocsin.cli.notices:send_notice",
    "show": "tocsin.cli.notices:show_notice",
    "urls": "tocsin.cli.notices:list_urls",
}
_STATES = click.Choice(
    ["drafted", "queued", "sent", "failed", "acknowledged", "removed", "refused", "discarded"]
)
_REFERENCE = click.option("--reference", default="", help="What the provider calls it.")


@click.group(cls=LazyGroup, commands_from=COMMANDS)
def notices() -> None:
    """Ask hosting providers to remove what was decided to be reported, and keep what they answer.

    A notice says where the item is and who asks, and nothing of what it shows. Until [notices] in tocsin.toml
    says `live = true`, every notice is a test.
    """


@click.command("urls")
@click.argument("case", type=int)
@json_option
@home_option
@click.pass_obj
def list_urls(home: str | None, *, case: int, as_json: bool) -> None:
    """List the URLs that the submissions of a CASE name, and which provider answers for each."""
    with open_notices(home) as shell:
        found = shell.notices.candidates(shell.me, case)
    for one in found:
        name = None if one.provider is None else one.provider.name
        numbers = [notice.number for notice in one.notices]
        if as_json:
            put_json(
                {"url": one.url, "found": one.found.isoformat(), "provider": name, "notices": [*numbers]}
            )
        else:
            there = f"  notices {', '.join(map(str, numbers))}" if numbers else ""
            put(f"{shown(one.url)}  {name or 'no provider is known'}{there}")
    if not found:
        say("No submission of the case names a URL.")


@click.command("draft")
@click.argument("case", type=int)
@click.argument("url")
@click.option("--provider", "name", help="To whom  [default: whoever answers for the URL's host]")
@click.option("--found", metavar="TIME", help="When it was there, with zone  [default: now]")
@click.option("--law", default="", help="One of the laws in the settings, by its name.")
@json_option
@home_option
@click.pass_obj
def draft_notice(  # noqa: PLR0913  # one for each option
    home: str | None, *, case: int, url: str, name: str | None, found: str | None, law: str, as_json: bool
) -> None:
    """Draft a notice about a URL of a CASE that was decided to be reported. Nothing is sent."""
    from tocsin.errors import UsageError  # noqa: PLC0415  # not on --help
    from tocsin.filing.notices import Wanted  # noqa: PLC0415

    with open_notices(home) as shell:
        provider = shell.notices.providers.of_url(url)
        if name is None and provider is None:
            message = "no provider is known for that host: name one with --provider"
            raise UsageError(message)
        named = name or (provider.name if provider else "")
        made = shell.notices.draft(shell.me, case, Wanted(url, named, time_of(found), law))
        _put([made], as_json=as_json)
        if not as_json:
            _put_text(shell, made)


@click.command("list")
@click.option("--state", "states", multiple=True, type=_STATES, help="Only those; may be repeated.")
@click.option("--case", type=int, help="Only those of a case.")
@click.option("--provider", default="", help="Only those to a provider.")
@click.option("--before", type=int, metavar="NUMBER", help="Older than the notice of that number.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="At most.")
@json_option
@home_option
@click.pass_obj
def list_notices(  # noqa: PLR0913  # one for each option
    home: str | None,
    *,
    states: tuple[str, ...],
    case: int | None,
    provider: str,
    before: int | None,
    limit: int,
    as_json: bool,
) -> None:
    """List notices, newest first."""
    from tocsin.filing.notice_model import NoticeState  # noqa: PLC0415  # not on --help
    from tocsin.filing.store_notices import WantedNotices  # noqa: PLC0415

    wanted = WantedNotices(frozenset(map(NoticeState, states)), case, provider)
    with open_notices(home) as shell:
        found = shell.notices.page(shell.me, wanted, before=before, limit=limit)
    _put(found, as_json=as_json)
    say_rest(found, limit, f"--before {found[-1].number}" if found else "")


@click.command("show")
@click.argument("number", type=int)
@json_option
@home_option
@click.pass_obj
def show_notice(home: str | None, *, number: int, as_json: bool) -> None:
    """Show the notice of that NUMBER: as its provider reads it, and what has happened to it."""
    from tocsin.filing.notice_objects import event_to_json, notice_to_json  # noqa: PLC0415  # not on --help

    with open_notices(home) as shell:
        notice = shell.notices.notice(shell.me, number)
        history = shell.notices.history(shell.me, number)
        if as_json:
            put_json({**notice_to_json(notice), "history": [event_to_json(one) for one in history]})
            return
        put(_line(notice))
        if notice.problem:
            put(f"  {shown(notice.problem)}")
        for one in history:
            words = f": {shown(one.words)}" if one.words else ""
            put(f"  {minute(one.time)}  {one.what}  ({shown(one.by)}){words}")
        _put_text(shell, notice)


@click.command("send")
@click.argument("number", type=int)
@json_option
@home_option
@click.pass_obj
def send_notice(home: str | None, *, number: int, as_json: bool) -> None:
    """Have the notice of that NUMBER sent, or sent again if it failed. A running server or worker does so."""
    with open_notices(home) as shell:
        seen = shell.notices.notice(shell.me, number)
        _put([shell.notices.send(shell.me, number, seen.revision)], as_json=as_json)


@click.command("handed-in")
@click.argument("number", type=int)
@_REFERENCE
@json_option
@home_option
@click.pass_obj
def hand_in(home: str | None, *, number: int, reference: str, as_json: bool) -> None:
    """Note that you have handed a notice in by the provider's own form."""
    with open_notices(home) as shell:
        seen = shell.notices.notice(shell.me, number)
        made = shell.notices.sent_by_hand(shell.me, number, seen.revision, reference)
        _put([made], as_json=as_json)


@click.command("answer")
@click.argument("number", type=int)
@click.argument("state", type=click.Choice(["acknowledged", "removed", "refused"]))
@click.option("--words", default="", help="What was said, or how you know.")
@_REFERENCE
@json_option
@home_option
@click.pass_obj
def answer_notice(  # noqa: PLR0913  # one for each option
    home: str | None, *, number: int, state: str, words: str, reference: str, as_json: bool
) -> None:
    """Note what a provider answered, or that the item is gone. Nothing here looks at its URL."""
    from tocsin.filing.notice_model import NoticeState  # noqa: PLC0415  # not on --help

    with open_notices(home) as shell:
        seen = shell.notices.notice(shell.me, number)
        made = shell.notices.answer(
            shell.me, number, seen.revision, NoticeState(state), words=words, their_reference=reference
        )
        _put([made], as_json=as_json)


@click.command("remind")
@click.argument("number", type=int)
@json_option
@home_option
@click.pass_obj
def remind(home: str | None, *, number: int, as_json: bool) -> None:
    """Have a reminder sent now; of a notice that was handed in by a form, note that you have sent one."""
    with open_notices(home) as shell:
        seen = shell.notices.notice(shell.me, number)
        _put([shell.notices.remind(shell.me, number, seen.revision)], as_json=as_json)


@click.command("discard")
@click.argument("number", type=int)
@click.option("--reason", default="", help="Why.")
@json_option
@home_option
@click.pass_obj
def discard_notice(home: str | None, *, number: int, reason: str, as_json: bool) -> None:
    """Give up a notice that was not sent."""
    with open_notices(home) as shell:
        seen = shell.notices.notice(shell.me, number)
        _put([shell.notices.discard(shell.me, number, seen.revision, reason)], as_json=as_json)


@click.command("password")
@click.option(
    "--password-stdin", is_flag=True, help="Take the password from the first line of standard input."
)
@home_option
@click.pass_obj
def set_password(home: str | None, *, password_stdin: bool) -> None:
    """Keep the mail server's password, sealed for that server and user alone; an empty one forgets it."""
    with open_notices(home) as shell:
        password = new_password(from_stdin=password_stdin)
        shell.notices.providers.set_mail_password(shell.me, password)
    say("the password is kept" if password else "the password is forgotten")


@click.command("check")
@home_option
@click.pass_obj
def check_ways(home: str | None) -> int | None:
    """Say whether notices can be made, and sign in to the mail server. Nothing is sent."""
    from tocsin.filing.notice_model import NotSentError  # noqa: PLC0415  # not on --help
    from tocsin.node.notices import mail_of  # noqa: PLC0415

    with open_notices(home) as shell:
        terms = shell.parts.terms
        put("live: providers are written to" if terms.live else "tests only (live = false)")
        if terms.lacks:
            put(f"[notices] lacks {' and '.join(terms.lacks)}: no notice can be made")
        mail = mail_of(shell.parts)
        if mail is None:
            put("no mail server: notices go by APIs and by hand")
            return FAILED if terms.lacks else None
        try:
            mail.check()
        except NotSentError as error:
            say(shown(error.message))
            return FAILED
        put("the mail server takes us")
    return FAILED if terms.lacks else None


def _put(found: "Sequence[Notice]", *, as_json: bool) -> None:
    from tocsin.filing.notice_objects import notice_to_json  # noqa: PLC0415  # not on --help

    for one in found:
        put_json(notice_to_json(one)) if as_json else put(_line(one))


def _line(one: "Notice") -> str:
    """A notice in a line."""
    test = "  TEST" if one.test else ""
    when = f" {minute(one.sent)}" if one.sent else ""
    reminded = f", reminded {one.reminders}" if one.reminders else ""
    return (
        f"{one.number:>6}  {one.state.value}{when}{reminded}{test}  case {one.case}  "
        f"{shown(one.provider)}  {one.reference}"
    )


def _put_text(shell: "NoticesShell", notice: "Notice") -> None:
    text = shell.notices.text(shell.me, notice.number)
    put("")
    put(f"Subject: {shown(text.subject)}")
    put("")
    for line in text.body.splitlines():
        put(shown(line))

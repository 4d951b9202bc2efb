"""The register of reports to the NCA: its form filled here, handed in by a person, and what followed."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from starlette.responses import PlainTextResponse, Response

from tocsin.access.model import Permission
from tocsin.errors import Error
from tocsin.filing.nca.exporting import as_text, form_from_text, form_to_text
from tocsin.filing.nca.form import ONLY_BY_PEOPLE
from tocsin.filing.nca.model import EntryState, InvalidEntryError
from tocsin.filing.nca.priorities import STAFFED, Priority
from tocsin.filing.nca.store_register import WantedEntries
from tocsin.web.console import register_words as words
from tocsin.web.console.asking import PAGE, again, needed_time, page_after, text
from tocsin.web.console.filing_draft import revision_of
from tocsin.web.console.filings import ACT, SEE, subject_of
from tocsin.web.console.pages import Pages
from tocsin.web.console.visit import Visit, whole

if TYPE_CHECKING:
    from tocsin.filing.nca.form import Form
    from tocsin.filing.nca.model import Entry

pages = Pages()
ITEM: Final = 20_000
"""Characters of one item."""


@pages.page("/register", needs=SEE)
def register_page(visit: Visit) -> Response:
    """The entries, the newest first, and the authority's questions that are open."""
    return visit.page("register.html", **_list(visit), refused=None)


@pages.action("/register", needs=ACT)
def prepare(visit: Visit) -> Response:
    """Begin a report about one account of a decided case."""
    case, follows = whole(visit.field("case")) or 0, whole(visit.field("follows"))
    try:
        who = subject_of(visit, case)
        made = visit.node.reporting.register.prepare(
            visit.person, case, who.account, platform=who.platform, follows=follows
        )
    except Error as error:
        return again(visit, error, "register.html", **_list(visit))
    return visit.go(f"/register/{made.number}", said="entry-prepared")


@pages.page("/register/{number}", needs=SEE)
def entry_page(visit: Visit) -> Response:
    """One entry: its priority, the form, handing it in, and questions about it."""
    return visit.page("register_entry.html", **_values(visit), refused=None)


@pages.action("/register/{number}/form.{shape}", needs=ACT)
def export(visit: Visit) -> Response:
    """The form as text or JSON, to be handed in; the ledger notes that it leaves."""
    register, number = visit.node.reporting.register, visit.number("number")
    shape = "json" if visit.request.path_params["shape"] == "json" else "txt"
    entry = register.exported(visit.person, number, shape)
    form = _form(visit, entry)
    made = form_to_text(form) if shape == "json" else as_text(entry, form)
    answer = PlainTextResponse(made)
    answer.headers["Content-Disposition"] = f'attachment; filename="nca-{number}.{shape}"'
    return answer


@pages.action("/register/{number}/answer", needs=ACT)
def answer(visit: Visit) -> Response:
    """Write one item of the form, say that it is not held, or take back what was written."""
    how, key = visit.field("how"), visit.field("key")

    def do(number: int) -> None:
        said = text(visit, "text", ITEM) if how == "held" else None
        if how == "held" and not said:
            _refuse("write what is held, or say that it is not held")
        visit.node.reporting.register.answer(
            visit.person, number, revision_of(visit), key, said, not_held=how == "not-held"
        )

    return _doing(visit, do)


@pages.action("/register/{number}/priority", needs=ACT)
def set_priority(visit: Visit) -> Response:
    """Choose the priority."""

    def do(number: int) -> None:
        if visit.field("priority") not in set(Priority):
            _refuse("choose a priority")
        visit.node.reporting.register.set_priority(
            visit.person, number, revision_of(visit), Priority(visit.field("priority")), text(visit, "reason")
        )

    return _doing(visit, do)


@pages.action("/register/{number}/record", needs=ACT)
def record(visit: Visit) -> Response:
    """Record that the form was handed in, with the portal's reference."""

    def do(number: int) -> None:
        kind = visit.field("kind")
        if kind not in {"real", "test"}:
            _refuse("say whether it was an exercise")
        visit.node.reporting.register.record(
            visit.person,
            number,
            revision_of(visit),
            text(visit, "reference"),
            _time(visit, "sent"),
            test=kind == "test",
        )

    return _doing(visit, do)


@pages.action("/register/{number}/acknowledge", needs=ACT)
def acknowledge(visit: Visit) -> Response:
    """Note that the authority has acknowledged it."""
    register = visit.node.reporting.register
    return _doing(
        visit,
        lambda number: register.acknowledge(
            visit.person, number, revision_of(visit), _time(visit, "when"), text(visit, "words")
        ),
    )


@pages.action("/register/{number}/ask", needs=ACT)
def ask(visit: Visit) -> Response:
    """Note what the authority asks."""
    register = visit.node.reporting.register
    return _doing(
        visit, lambda number: register.ask(visit.person, number, _time(visit, "asked"), text(visit, "words"))
    )


@pages.action("/register/{number}/reply", needs=ACT)
def reply(visit: Visit) -> Response:
    """Note that a question was answered, and what was said."""
    register, question = visit.node.reporting.register, whole(visit.field("question")) or 0
    return _doing(visit, lambda _number: register.reply(visit.person, question, text(visit, "words")))


@pages.action("/register/{number}/discard", needs=ACT)
def discard(visit: Visit) -> Response:
    """Give up what was not handed in."""
    register = visit.node.reporting.register
    return _doing(
        visit,
        lambda number: register.discard(visit.person, number, revision_of(visit), text(visit, "reason")),
    )


def _doing(visit: Visit, what: Callable[[int], object]) -> Response:
    number = visit.number("number")
    try:
        what(number)
    except Error as error:
        return again(visit, error, "register_entry.html", **_values(visit))
    return visit.go(f"/register/{number}", said="saved")


def _time(visit: Visit, name: str) -> datetime:
    """A time that the form names, in UTC. Raises InvalidEntryError."""
    return needed_time(visit.field(name), InvalidEntryError("say when that was"))


def _refuse(message: str) -> None:
    raise InvalidEntryError(message)


def _form(visit: Visit, entry: "Entry") -> "Form":
    """The form as it was handed in, or else as it is now."""
    return (
        form_from_text(entry.form)
        if entry.form
        else visit.node.reporting.register.form(visit.person, entry.number)
    )


def _values(visit: Visit) -> dict[str, object]:
    register, person = visit.node.reporting.register, visit.person
    entry = register.entry(person, visit.number("number"))
    form = _form(visit, entry)
    prepared = entry.state is EntryState.PREPARED
    return {
        "words": words,
        "entry": entry,
        "form": form,
        "proposal": register.proposal(person, entry.number) if prepared else entry.proposed,
        "priorities": [
            (one.value, f"{one.value}: {visit.texts.gettext(words.PRIORITIES[one])}") for one in Priority
        ],
        "staffed": STAFFED,
        "questions": register.questions(person, entry.number),
        "declared": ONLY_BY_PEOPLE,
        "changeable": prepared and person.may(Permission.FILE),
        "may": person.may(Permission.FILE),
        "now": datetime.now(UTC),
    }


def _list(visit: Visit) -> dict[str, object]:
    register, person = visit.node.reporting.register, visit.person
    case, before = whole(visit.asked("case")), page_after(visit)
    found = register.page(person, WantedEntries(case=case), before=before or None, limit=PAGE)
    return {
        "words": words,
        "case": case,
        "entries": found,
        "questions": register.open_questions(person),
        "may": person.may(Permission.FILE),
        "typed": {name: visit.field(name) or visit.asked(name) for name in ("case", "account", "platform")},
        "now": datetime.now(UTC),
        "first": before == 0,
        "following": found[-1].number if len(found) == PAGE else "",
    }

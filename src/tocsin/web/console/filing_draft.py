"""The draft of a filing: what it says and from where, what is missing, changing it, checking it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from tocsin.errors import Error
from tocsin.filing.errors import UnsuitableFilingError
from tocsin.filing.model import Filing, State
from tocsin.web.console import filing_words as words
from tocsin.web.console.asking import again, page_after
from tocsin.web.console.filing_fields import Field, Section, file_section, part_of, sections
from tocsin.web.console.filings import ACT, SEE, filing_values
from tocsin.web.console.pages import Pages
from tocsin.web.console.visit import Visit, whole

if TYPE_CHECKING:
    from tocsin.filing.cybertip.checks import Problem
    from tocsin.filing.draft import Draft

pages = Pages()
GIVEN: Final = "value-"
"""Before the path of a field, in a form."""
FILES: Final = 25
"""Files of a draft that one page shows."""
CHANGEABLE: Final = frozenset({State.DRAFTED, State.CHECKED})


@pages.page("/filings/{number}/draft", needs=SEE)
def draft_page(visit: Visit) -> Response:
    """What the draft says, from where, and what is missing."""
    return visit.page("filing_draft.html", **draft_values(visit), refused=None)


@pages.page("/filings/{number}/change", needs=ACT)
def change_page(visit: Visit) -> Response:
    """The form for one part of the draft."""
    filing, draft = _drafted(visit)
    section = _part(draft, visit.asked("part"))
    return visit.page("filing_change.html", **_change(filing, section), refused=None)


@pages.action("/filings/{number}/change", needs=ACT)
def change(visit: Visit) -> Response:
    """Change what one part of the draft says; what was not changed keeps its source."""
    filing, draft = _drafted(visit)
    section = _part(draft, visit.field("part"))
    edits = _edits(visit, section)
    try:
        if edits:
            visit.node.reporting.drafting.edit(visit.person, filing.number, revision_of(visit), edits)
    except Error as error:
        return again(visit, error, "filing_change.html", **_change(filing, _typed(visit, section)))
    return visit.go(f"/filings/{filing.number}/draft", said="saved")


@pages.action("/filings/{number}/include", needs=ACT)
def include(visit: Visit) -> Response:
    """Leave a file out, or take it in again."""
    number = visit.number("number")
    place, taken = whole(visit.field("place")) or 0, visit.field("include") == "1"
    try:
        visit.node.reporting.drafting.include(visit.person, number, revision_of(visit), place, taken)
    except Error as error:
        return again(visit, error, "filing_draft.html", **draft_values(visit))
    return visit.go(f"/filings/{number}/draft", said="saved")


@pages.action("/filings/{number}/redraft", needs=ACT)
def redraft(visit: Visit) -> Response:
    """Draft it anew from what is on record now; what people wrote into it stays."""
    number = visit.number("number")
    try:
        visit.node.reporting.drafting.redraft(visit.person, number, revision_of(visit))
    except Error as error:
        return again(visit, error, "filing_draft.html", **draft_values(visit))
    return visit.go(f"/filings/{number}/draft", said="drafted-anew")


@pages.action("/filings/{number}/check", needs=ACT)
def check(visit: Visit) -> Response:
    """Hold the draft against every rule; it can be confirmed once it keeps them."""
    number = visit.number("number")
    try:
        problems = visit.node.reporting.drafting.check(visit.person, number, revision_of(visit))
    except Error as error:
        return again(visit, error, "filing_draft.html", **draft_values(visit))
    if problems:
        return visit.page("filing_draft.html", 422, **draft_values(visit, problems), refused=None)
    return visit.go(f"/filings/{number}/confirm", said="checked")


@pages.page("/filings/{number}/preview", needs=SEE)
def preview_page(visit: Visit) -> Response:
    """The report as whoever receives it reads it, and its XML."""
    reporting = visit.node.reporting
    filing = reporting.filings.filing(visit.number("number"))
    preview = reporting.drafting.preview(filing.number)
    return visit.page("filing_preview.html", words=words, filing=filing, preview=preview)


def draft_values(visit: Visit, problems: "Sequence[Problem]" = ()) -> dict[str, object]:
    """What the page of a draft shows. Raises UnknownFilingError."""
    reporting = visit.node.reporting
    values = filing_values(visit)
    draft = reporting.filings.draft(visit.number("number"))
    after = page_after(visit)
    files = [one for one in draft.files if one.place > after][:FILES]
    return {
        **values,
        "draft": draft,
        "sections": sections(draft),
        "files": [(one, file_section(draft, one.place)) for one in files],
        "first": after == 0,
        "following": files[-1].place if files and files[-1].place < len(draft.files) else "",
        "part_of": partial(part_of, draft),
        "missing": reporting.drafting.completeness(draft),
        "problems": problems,
        "changeable": _changeable(visit, reporting.filings.filing(visit.number("number"))),
    }


def revision_of(visit: Visit) -> int:
    """The revision that a form was made of; none has 0."""
    return whole(visit.field("revision")) or 0


def _changeable(visit: Visit, filing: Filing) -> bool:
    return filing.state in CHANGEABLE and all(visit.person.may(one) for one in ACT)


def _drafted(visit: Visit) -> "tuple[Filing, Draft]":
    """A filing that can be changed. Raises UnknownFilingError, UnsuitableFilingError."""
    filings = visit.node.reporting.filings
    filing = filings.filing(visit.number("number"))
    if filing.state not in CHANGEABLE:
        raise UnsuitableFilingError
    return filing, filings.draft(filing.number)


def _part(draft: "Draft", path: str) -> Section:
    """The part of that path. Raises UnsuitableFilingError."""
    if any(path == f"file[{one.place}]" for one in draft.files):
        return file_section(draft, int(path.removeprefix("file[").removesuffix("]")))
    for one in sections(draft):
        if one.path == path:
            return one
    message = "the draft has no such part"
    raise UnsuitableFilingError(message)


def _change(filing: Filing, section: Section) -> dict[str, object]:
    return {"words": words, "filing": filing, "section": section, "given": GIVEN}


def _edits(visit: Visit, section: Section) -> Mapping[str, str | None]:
    """What the form says otherwise than the draft does; None takes a value out.

    Those come last and from the end, so that the numbers of what is repeated stay right meanwhile.
    """
    fields = (*section.fields, *section.others)
    given = {one.path: _given(visit, one) for one in fields}
    changed = [one.path for one in fields if given[one.path] != one.value]
    said = {path: given[path] for path in changed if given[path]}
    return said | {path: None for path in reversed(changed) if not given[path]}


def _given(visit: Visit, field: Field) -> str:
    """What was typed, with the line ends that the draft has; a field that was not sent is as it was."""
    name = f"{GIVEN}{field.path}"
    sent = field.kind == "flag" or name in visit.form
    return visit.field(name).replace("\r\n", "\n") if sent else field.value


def _typed(visit: Visit, section: Section) -> Section:
    """The part with what was typed in place of what the draft says."""
    return replace(
        section,
        fields=tuple(replace(one, value=_given(visit, one)) for one in section.fields),
        others=tuple(replace(one, value=_given(visit, one)) for one in section.others),
    )

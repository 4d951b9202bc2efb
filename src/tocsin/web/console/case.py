"""The case page: everything that is known of a case, one content at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.responses import Response

from tocsin.access.errors import NotSignedInError
from tocsin.access.model import Permission
from tocsin.cases.errors import HoldingError, NotHeldError, UnknownCaseError
from tocsin.cases.model import Case, State
from tocsin.cases.queue import LinkedCase
from tocsin.cases.sights import Sight
from tocsin.errors import Error
from tocsin.media.renditions import Rendition
from tocsin.web.console import case_words as words
from tocsin.web.console.case_content import Chosen, ContentView, content_view
from tocsin.web.console.case_decision import DecisionView, decision_view
from tocsin.web.console.case_observations import ObservationsView, about_words, observations_view
from tocsin.web.console.case_timeline import Line, has_looked, timeline
from tocsin.web.console.pages import Pages
from tocsin.web.console.problems import words_of
from tocsin.web.console.queue_words import Tag, grounds
from tocsin.web.console.visit import Visit, whole
from tocsin.web.problems import STATUS

if TYPE_CHECKING:
    from tocsin.cases.allowances import Allowance
    from tocsin.cases.store_cases import Joined
    from tocsin.web.console.texts import Texts

pages = Pages()
MOST_LISTED = 50
"""Contents of a case that are listed with what is known of them."""
MOST_JOINED = 1000
"""Submissions of a case: more than one has."""


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case for one reader."""

    case: Case
    reasons: tuple[Tag, ...]
    holding: bool
    """Whether the reader holds it now."""
    claim: int
    """The reader's; 0 where they do not hold it."""
    may_manage: bool
    contents: tuple[bytes, ...]
    content: ContentView | None
    """None while nothing is in the case."""
    observations: ObservationsView | None
    sights: tuple[Sight, ...]
    """What the reader knows of each content."""
    decision: DecisionView
    linked: tuple[LinkedCase, ...]
    joined: tuple["Joined", ...]
    timeline: tuple[Line, ...]
    older: bool
    """Whether there are events that are not listed."""
    warned: bool
    """Whether the reader has looked at an original of this case before."""
    allowance: "Allowance | None"
    """What the reader may still see; None for who does not review."""
    now: datetime

    may_claim: bool
    """Whether the reader could take it: it waits, and for no other."""

    @property
    def seconds_left(self) -> int:
        """Of the lease, for its holder."""
        until = self.case.lease_until
        return 0 if until is None or not self.holding else max(0, int((until - self.now).total_seconds()))


@dataclass(frozen=True, slots=True)
class Kept:
    """What was typed into a form that could not be done, for the form to show again."""

    visit: Visit | None = None

    def __call__(self, form: str, name: str, default: str = "") -> str:
        """What was typed into that field of that form, else the default."""
        if self.visit is None or self.visit.field("form") != form:
            return default
        return self.visit.field(name, default)


@pages.page("/cases/{number}", needs=Permission.READ_CASES, waits=True)
def case_page(visit: Visit) -> Response:
    """A case."""
    return show(visit, visit.number("number"))


def show(visit: Visit, number: int, trouble: Error | None = None) -> Response:
    """The page of a case; with `trouble`, of what could not be done, beside all that was typed.

    Raises UnknownCaseError, and `trouble` where it is nothing that a reader can do anything about.
    """
    status = 200
    if trouble is not None:
        status = STATUS.get(trouble.code, 500)
        if trouble.code not in STATUS or isinstance(trouble, UnknownCaseError | NotSignedInError):
            raise trouble
    view = case_view(visit, number)
    return visit.page(
        "case.html",
        status,
        view=view,
        words=words,
        about_words=about_words,
        refused=() if trouble is None else said_of(visit, trouble),
        other=trouble.number if isinstance(trouble, HoldingError) else 0,
        kept=Kept(visit if trouble is not None else None),
        typed=_typed(visit) if trouble is not None else (),
        left_words=left_words,
        most_listed=MOST_LISTED,
    )


def case_view(visit: Visit, number: int) -> CaseView:
    """The case of that number for the visitor. Raises UnknownCaseError."""
    review, person = visit.node.review, visit.person
    case = review.queue.case(person, number)
    holding = case.state is State.CLAIMED and case.holder == person.id and person.may(Permission.REVIEW)
    contents = tuple(review.queue.contents(number))
    joined = tuple(review.queue.members(person, number, limit=MOST_JOINED))
    lines, older = timeline(visit.node, person, number, contents)
    content = observations = None
    if contents:
        claim = case.claim if holding else 0
        content = content_view(visit, number, contents, _chosen(visit, contents), claim, joined)
        observations = observations_view(review, content.sha256, person.id)
    sights = tuple(review.deciding.sights(person.id, number))
    shown_place = content.chosen.place if content is not None and content.stills else 0
    return CaseView(
        case=case,
        reasons=grounds(case, visit.texts, datetime.now(UTC)),
        holding=holding,
        claim=case.claim if holding else 0,
        may_claim=(
            case.state is State.WAITING
            and person.may(Permission.REVIEW)
            and case.first_reviewer != person.id
            and case.reserved_for in {"", person.id}
        ),
        may_manage=person.may(Permission.MANAGE_CASES) and case.state is not State.DECIDED,
        contents=contents,
        content=content,
        observations=observations,
        sights=sights,
        decision=decision_view(visit, case, sights, holding=holding, shown=shown_place),
        linked=tuple(review.queue.linked(person, number)),
        joined=joined,
        timeline=lines,
        older=older,
        warned=has_looked(visit.node, number, person.id),
        allowance=review.viewing.allowance(person) if person.may(Permission.REVIEW) else None,
        now=datetime.now(UTC),
    )


def where(visit: Visit) -> dict[str, str]:
    """Which part of the case a form was sent from, for the page to show it again."""
    given = {name: visit.field(name) for name in ("content", "member", "preview")}
    return {name: value for name, value in given.items() if value and whole(value)}


def _chosen(visit: Visit, contents: Sequence[bytes]) -> Chosen:
    def number(name: str) -> int:
        return whole(visit.field(name) or visit.asked(name)) or 0

    wanted = visit.asked("rendition")
    return Chosen(
        max(1, min(number("content"), len(contents))),
        number("member"),
        bool(number("preview")),
        Rendition(wanted) if wanted in set(Rendition) else Rendition.BLUR,
    )


def left_words(texts: "Texts", allowance: "Allowance") -> str:
    """What is left to the reader today, in a sentence."""
    looks, seconds, minutes = allowance.reveals_left, allowance.seconds_left, allowance.minutes_left
    return texts.gettext(
        "Left today: %(looks)s, %(seconds)s, %(minutes)s.",
        looks=texts.ngettext("%(num)s look at originals", "%(num)s looks at originals", looks),
        seconds=texts.ngettext("%(num)s second of originals", "%(num)s seconds of originals", seconds),
        minutes=texts.ngettext("%(num)s minute of any material", "%(num)s minutes of any material", minutes),
    )


def _typed(visit: Visit) -> tuple[tuple[str, str], ...]:
    """The words that were typed into a form, for a page that has that form no more."""
    given = ((name, visit.field(name)) for name in ("note", "reason", "to", "queue", "code"))
    return tuple((name, text) for name, text in given if text)


def said_of(visit: Visit, trouble: Error) -> tuple[str, ...]:
    """What could not be done and what to do about it: in the reader's language, but for its details."""
    general, detail = words_of(trouble)
    advice = words.LOST if isinstance(trouble, NotHeldError) else general.advice
    own = (visit.texts.gettext(general.message), detail, visit.texts.gettext(advice))
    return tuple(sentence for sentence in own if sentence)

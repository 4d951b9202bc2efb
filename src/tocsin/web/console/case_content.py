"""One content of a case: what is known of it, and what stands in the place of a picture of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from tocsin.cases.model import Basis
from tocsin.cases.sights import PICTURES
from tocsin.errors import Error, Refusal
from tocsin.media.identify import READABLE_ARCHIVES
from tocsin.media.renditions import Rendition
from tocsin.provenance.answer import Explanation, explanation_of
from tocsin.web.console.case_matches import MatchCard, cards_of
from tocsin.web.problems import STATUS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tocsin.cases.model import Judgement
    from tocsin.cases.store_cases import Joined
    from tocsin.content.model import Content
    from tocsin.intake.model import Member, Submission
    from tocsin.web.console.visit import Visit

MOST_SUBMISSIONS: Final = 20
"""Submissions of one content that are shown, and whose matches are."""
MOST_MEMBERS: Final = 100
"""Files of an archive that are listed; where there are more, one names the number."""


class Place(StrEnum):
    """What stands in the place of a picture."""

    PREVIEW = "preview"
    JUDGED = "judged"
    """It was judged earlier: the judgement does."""
    KNOWN = "known"
    """It is the same file as a known one: what is known does, unless somebody asks for more."""
    NOT_HELD = "not_held"
    """Previews are for who holds the case."""
    NOTHING = "nothing"
    """There is nothing that could be shown."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which part of a case a page shows."""

    place: int = 1
    """The content's, from 1."""
    member: int = 0
    """Of an archive; 0 for the content itself."""
    preview: bool = False
    """Somebody asked for a preview of what can be decided without one."""
    rendition: Rendition = Rendition.BLUR


@dataclass(frozen=True, slots=True)
class ContentView:
    """One content of a case."""

    chosen: Chosen
    sha256: bytes
    submissions: tuple["Submission", ...]
    """Of this content, in this case: the first ones."""
    more: int
    """How many more submissions of it there are."""
    cards: tuple[MatchCard, ...]
    judgement: "Judgement | None"
    place: Place
    members: tuple["Member", ...]
    """Of an archive: those that could be shown, the first ones or from the chosen one on."""
    many_members: bool
    """Whether there may be more than these."""
    stills: tuple[float | None, ...]
    """When the stills of what is shown stand in it, in seconds; one None for a picture."""
    refusal: Refusal | None
    """Why there are no stills, or not all of them."""
    origin: Explanation | None
    """None where signs of origin were not looked for."""

    @property
    def content(self) -> "Content | None":
        """What examining it gave; None as long as that has not happened."""
        return next((one.content for one in self.submissions if one.content is not None), None)

    @property
    def reported(self) -> tuple[MatchCard, ...]:
        """Matches that count."""
        return tuple(one for one in self.cards if not one.suppressed)

    @property
    def suppressed(self) -> tuple[MatchCard, ...]:
        """Matches that allow banks suppressed, or their own."""
        return tuple(one for one in self.cards if one.suppressed)

    @property
    def trusted(self) -> tuple[MatchCard, ...]:
        """Matches by which it is known without a look."""
        return tuple(one for one in self.reported if one.trusted)

    @property
    def basis(self) -> str:
        """What an observation most likely rests on, for a form to begin with."""
        usual = {Place.PREVIEW: Basis.RENDITION, Place.KNOWN: Basis.LIST, Place.JUDGED: Basis.LIST}
        return usual.get(self.place, Basis.CONTEXT).value

    @property
    def categories(self) -> tuple[str, ...]:
        """What lists say of it, each as scheme and code: a warning before a look."""
        labels = (label for card in self.reported for label in card.labels)
        return tuple(dict.fromkeys(f"{label.scheme} {label.code}" for label in labels))


def content_view(  # noqa: PLR0913, PLR0917  # what a page is asked for
    visit: "Visit",
    number: int,
    contents: Sequence[bytes],
    chosen: Chosen,
    claim: int,
    joined: "Iterable[Joined]",
) -> ContentView:
    """The content of that place; `claim` is the visitor's, 0 where they do not hold the case.

    `joined`: the submissions of the case.
    """
    sha256 = contents[chosen.place - 1]
    ids = [one.submission for one in joined if one.sha256 == sha256]
    submissions = tuple(map(visit.node.submissions.submission, ids[:MOST_SUBMISSIONS]))
    cards = cards_of(visit.node, visit.person, ids[:MOST_SUBMISSIONS])
    content = next((one.content for one in submissions if one.content is not None), None)
    members, many = _members(visit, sha256, content, chosen.member)
    member = chosen.member or (members[0].number if members else 0)
    inside = next((one.content.sha256 for one in members if one.number == member), None)
    judgement = _judgement(visit, number, sha256, claim)
    if judgement is None and inside is not None:
        judgement = _judgement(visit, number, bytes.fromhex(inside), claim)
    place = _place(content, members, cards, judgement, chosen, claim)
    stills, refusal = _stills(visit, number, claim, sha256, member) if place is Place.PREVIEW else ((), None)
    return ContentView(
        chosen=replace(chosen, member=member),
        sha256=sha256,
        submissions=submissions,
        more=max(0, len(ids) - MOST_SUBMISSIONS),
        cards=cards,
        judgement=judgement,
        place=place,
        members=members,
        many_members=many,
        stills=stills,
        refusal=refusal,
        origin=_origin(content),
    )


def _judgement(visit: "Visit", number: int, sha256: bytes, claim: int) -> "Judgement | None":
    """What was decided earlier about a content, unless the visitor said why they look at it all the same."""
    review = visit.node.review
    again = claim and review.viewing.shown_again(visit.person, number, claim, sha256)
    return None if again else review.deciding.judgements([sha256]).get(sha256)


def _members(
    visit: "Visit", sha256: bytes, content: "Content | None", chosen: int
) -> tuple[tuple["Member", ...], bool]:
    """The first members that could be shown, and whether there may be more.

    From the chosen one on, where it is none of the first.
    """
    if content is None or content.format not in READABLE_ARCHIVES:
        return (), False
    submissions = visit.node.submissions
    first = submissions.pictures(sha256, limit=MOST_MEMBERS)
    if len(first) < MOST_MEMBERS or not chosen or any(one.number == chosen for one in first):
        return tuple(first), len(first) >= MOST_MEMBERS
    return tuple(submissions.pictures(sha256, since=chosen, limit=MOST_MEMBERS) or first), True


def _place(  # noqa: PLR0913, PLR0917  # all that it depends on
    content: "Content | None",
    members: Sequence["Member"],
    cards: Sequence[MatchCard],
    judgement: "Judgement | None",
    chosen: Chosen,
    claim: int,
) -> Place:
    if judgement is not None:
        return Place.JUDGED
    if content is None or not (members or content.kind in PICTURES):
        return Place.NOTHING
    if any(card.trusted for card in cards) and not chosen.preview:
        return Place.KNOWN
    return Place.PREVIEW if claim else Place.NOT_HELD


def _stills(
    visit: "Visit", number: int, claim: int, sha256: bytes, member: int
) -> tuple[tuple[float | None, ...], Refusal | None]:
    try:
        timeline = visit.node.review.viewing.stills(visit.person, number, claim, sha256, member=member)
    except Error as error:
        if error.code not in STATUS:
            raise
        return (), Refusal.of(error)
    return timeline.seconds, timeline.cut


def _origin(content: "Content | None") -> Explanation | None:
    if content is None or content.findings is None or content.format in READABLE_ARCHIVES:
        return None  # of archives, findings only name the commands that look inside
    return explanation_of(content.findings)

"""Decisions about a case as a page shows them, and what a form of one offers."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.access.model import Permission, Right
from tocsin.cases.model import Decision, Outcome, Proposal, Standpoint
from tocsin.web.bank_rights import decisions_known
from tocsin.web.console.case_matches import MatchCard, cards_of

if TYPE_CHECKING:
    from tocsin.cases.model import Case
    from tocsin.cases.sights import Sight
    from tocsin.web.console.visit import Visit

MOST_CONTENTS = 50
"""Contents that one form offers to publish."""
MOST_SUBMISSIONS = 100
"""Submissions of a case whose matches one form offers an opinion on."""

MOST_ENTRIES = 100
"""Known items that one form offers an opinion on: a form has 500 fields at most."""


@dataclass(frozen=True, slots=True)
class BankChoice:
    """A bank that a content may be published to."""

    name: str
    kind: str
    mine: bool
    """Whether the reader could confirm publishing there."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a decision can say."""

    key: str
    """Sending the form twice decides once."""
    seconds: Mapping[Outcome, tuple[str, ...]]
    """Why a second person would be needed for an outcome by itself."""
    entries: tuple[MatchCard, ...]
    """Known items that something in the case matched, each once, as far as the reader may know which."""
    contents: tuple[tuple[int, bytes], ...]
    """Contents by their place."""
    banks: tuple[BankChoice, ...]
    opinions: bool
    """Whether the reader may give opinions."""
    unseen: tuple[int, ...]
    """The places of contents that the reader has nothing to judge by."""
    judged: tuple[int, ...]
    """Those that were judged, and that they would have to look at to decide otherwise."""
    cut: bool
    """Whether the case has more contents or matches than are listed here."""


@dataclass(frozen=True, slots=True)
class DecisionView:
    """Where a case's decision stands."""

    decisions: tuple[tuple[Decision, int], ...]
    """Newest first, as far as the reader may know what they are about, and how much more each does."""
    proposed: tuple[Decision, int] | None
    """What waits for a second person, as far as the reader may know."""
    mine: bool
    """Whether the reader proposed it."""
    undo: Decision | None
    """What the reader can undo now."""
    take_back: bool
    """Whether the reader can take back that a second reviewer was asked for."""
    to_look_at: tuple[int, ...]
    """The places of contents that the reader has to look at before they confirm what waits."""
    choices: Choices | None
    """None where the reader is not to decide now."""


def decision_view(
    visit: "Visit", case: "Case", sights: "Sequence[Sight]", *, holding: bool, shown: int
) -> DecisionView:
    """The decisions about a case, and what whoever holds it may decide.

    `sights`: what the reader knows of its contents; `shown`: the place of the one that the page shows.
    """
    deciding, person = visit.node.review.deciding, visit.person
    decisions = tuple(reversed(decisions_known(visit.node, person, deciding.of_case(case.number))))
    proposed = next((one for one in decisions if one[0].standpoint is Standpoint.PROPOSED), None)
    return DecisionView(
        decisions=decisions,
        proposed=proposed,
        mine=proposed is not None and proposed[0].author == person.id,
        undo=deciding.undoable(person, case.number),
        take_back=deciding.may_take_back(person, case.number),
        to_look_at=_to_look_at(visit, proposed[0], shown) if holding and proposed is not None else (),
        choices=_choices(visit, case, sights, shown) if holding and proposed is None else None,
    )


def _to_look_at(visit: "Visit", pending: Decision, shown: int) -> tuple[int, ...]:
    places = visit.node.review.deciding.to_look_at(visit.person.id, pending)
    return tuple(sorted(places - {shown}))


def _choices(visit: "Visit", case: "Case", sights: "Sequence[Sight]", shown: int) -> Choices:
    deciding = visit.node.review.deciding
    submissions = visit.node.review.queue.submissions(case.number)
    cards = (
        one
        for one in cards_of(visit.node, visit.person, submissions[:MOST_SUBMISSIONS])
        if one.entry and not one.suppressed
    )
    first: dict[int, MatchCard] = {}
    for card in cards:
        first.setdefault(card.entry, card)
    lacking = [one for one in sights if one.lacking(None) and one.place != shown]
    return Choices(
        key=secrets.token_urlsafe(18),
        seconds={
            outcome: tuple(deciding.needs_second(visit.person, case.number, Proposal(outcome)))
            for outcome in Outcome
        },
        entries=tuple(first.values())[:MOST_ENTRIES],
        contents=tuple((one.place, one.sha256) for one in sights[:MOST_CONTENTS]),
        banks=tuple(_banks(visit)),
        opinions=visit.person.may(Permission.GIVE_OPINIONS),
        unseen=tuple(one.place for one in lacking if one.judged is None),
        judged=tuple(one.place for one in lacking if one.judged is not None),
        cut=len(sights) > MOST_CONTENTS or len(submissions) > MOST_SUBMISSIONS or len(first) > MOST_ENTRIES,
    )


def _banks(visit: "Visit") -> list[BankChoice]:
    """Banks that the reader knows of: who confirms needs the right to curate there, who proposes does not."""
    person = visit.person
    return [
        BankChoice(bank.name, bank.policy.kind.value, person.may_in(bank.name, Right.CURATE))
        for bank in visit.node.banks.banks()
        if person.may_in(bank.name, Right.READ) or person.may_in(bank.name, Right.CURATE)
    ]

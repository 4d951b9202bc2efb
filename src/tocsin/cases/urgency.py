"""The order in which cases are reviewed, and its reasons, which are one thing.

A case's reasons are worked out from its standing, and its order from its reasons alone: so what people are
shown is what put the case where it is. Nothing about artificial origin is among them (invariant 1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from tocsin.cases.model import Ground, Novelty, Reason, Standing

NEVER: Final = datetime.max.replace(tzinfo=UTC)
"""When what has no date falls due."""
NO_TURN: Final = (1 << 31) - 1
"""The turn of what is no danger: after all others."""
LEVELS: Final = (
    (Ground.CHILD,),
    (Ground.NEW, Ground.NEAR, Ground.KNOWN),
    (Ground.DISAGREED,),
)
"""What counts after danger, each level before the next; of a level's grounds the first one comes first, and
a case with none of them last. After these the date that is due, and then the time since which a case waits.

Anybody who submits can say that there is danger. So that one submitter who says it of everything does not
hold up the others, turns come before all that: the first case of each submitter, then the second of each.
"""
_NOVELTY: Final = {Novelty.NEW: Ground.NEW, Novelty.NEAR: Ground.NEAR, Novelty.KNOWN: Ground.KNOWN}


@dataclass(frozen=True, slots=True, order=True)
class Order:
    """A place in the queue: the smaller, the sooner."""

    turn: int
    """0 for danger that a reviewer recorded, then those of submitters, then NO_TURN."""
    rank: int
    due: datetime
    opened: datetime


def reasons(standing: Standing) -> tuple[Reason, ...]:
    """Why a case stands where it stands, in the order in which the reasons count."""
    found = [
        (standing.danger, Reason(Ground.DANGER, turn=standing.turn, by=standing.said_by)),
        (standing.child, Reason(Ground.CHILD)),
        (True, Reason(_NOVELTY[standing.novelty])),
        (standing.disagreed, Reason(Ground.DISAGREED)),
        (standing.due is not None, Reason(Ground.DUE, standing.due)),
        (True, Reason(Ground.AGE, standing.opened)),
    ]
    return tuple(reason for holds, reason in found if holds)


def order(standing: Standing) -> Order:
    """The place of a case."""
    return order_of(reasons(standing))


def order_of(given: Sequence[Reason]) -> Order:
    """The place that reasons give."""
    when = {reason.ground: reason.when for reason in given}
    turn = next((reason.turn for reason in given if reason.ground is Ground.DANGER), NO_TURN)
    rank = 0
    for level in LEVELS:
        place = next((place for place, ground in enumerate(level) if ground in when), len(level))
        rank = rank * (len(level) + 1) + place
    return Order(turn, rank, when.get(Ground.DUE) or NEVER, when.get(Ground.AGE) or NEVER)


def deciding(first: Standing, second: Standing) -> Reason | None:
    """Why the case of `first` comes before that of `second`: the first reason that tells them apart.

    None where `first` does not come before.
    """
    if not order(first) < order(second):
        return None
    ours, theirs = reasons(first), reasons(second)
    return next((reason for reason in ours if reason not in theirs), None)

"""What reviewers found of a bank's matches, by distance, and what another radius would have done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tocsin.hashing.signals import SignalType
from tocsin.web.bank_rights import may_see_figures

if TYPE_CHECKING:
    from tocsin.banks.model import Bank
    from tocsin.cases.figures import Figure, Figures, Totals
    from tocsin.web.console.visit import Visit

WIDTH: Final = 240
"""Of a bar for the distance with the most matches, in pixels."""


@dataclass(frozen=True, slots=True)
class Step:
    """One distance at which there were matches, and the radius that ends there."""

    distance: int
    matches: int
    false_matches: int
    right_width: int
    """Of the bar's part for matches that are not called wrong; at least a pixel where there are any."""
    false_width: int
    within: "Totals"
    """What a radius of this distance would have kept."""
    share: float | None
    """Which part of that is false, in per cent."""
    current: bool
    """The bank's radius reaches to here and not to the next."""


@dataclass(frozen=True, slots=True)
class BankFigures:
    """A bank's figures as a page draws them."""

    radius: int
    digests: "Sequence[tuple[SignalType, Totals]]"
    """Equal digests, which a radius says nothing about."""
    steps: Sequence[Step]

    def __bool__(self) -> bool:
        """Whether anything has been decided about a match of this bank."""
        return bool(self.digests or self.steps)


def figures_of(visit: "Visit", bank: "Bank") -> BankFigures | None:
    """The figures of a bank; None for whom they are not."""
    allowed = may_see_figures(visit.person, bank.name)
    return drawn(visit.node.review.deciding.figures(bank.name)) if allowed else None


def drawn(figures: "Figures") -> BankFigures:
    """Figures with their bars."""
    near = [one for one in figures.figures if one.type is SignalType.PDQ]
    most = max((one.matches for one in near), default=1)
    reached = max((one.distance for one in near if one.distance <= figures.radius), default=None)
    types = [kind for kind in SignalType if kind.exact]
    digests = [(kind, totals) for kind in types if (totals := figures.of_type(kind)).matches]
    steps = [_step(figures, one, most, current=one.distance == reached) for one in near]
    return BankFigures(figures.radius, digests, steps)


def _step(figures: "Figures", one: "Figure", most: int, *, current: bool) -> Step:
    false = _width(one.false_matches, most)
    right = _width(one.matches - one.false_matches, most)
    within = figures.within(one.distance)
    share = None if within.false_share is None else round(100 * within.false_share, 1)
    return Step(one.distance, one.matches, one.false_matches, right, false, within, share, current)


def _width(count: int, most: int) -> int:
    return max(1, round(WIDTH * count / most)) if count else 0

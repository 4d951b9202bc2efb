"""What reviewers found of a bank's matches: what a manager sets its radius by."""

from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.hashing.signals import SignalType


@dataclass(frozen=True, slots=True)
class Figure:
    """The matches of one signal type at one distance that decisions in force are about.

    A content counts once for each entry, however often it was submitted, by the newest decision about it.
    """

    type: SignalType
    distance: int
    """In bits; 0 for digests."""
    matches: int
    false_matches: int
    """Of those: called wrong."""
    reported: int
    """Of those: decided to be reported, and not called wrong."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of figures."""

    matches: int = 0
    false_matches: int = 0
    reported: int = 0

    @property
    def false_share(self) -> float | None:
        """Which part of the matches is false, 0 to 1; None where there are no matches."""
        return self.false_matches / self.matches if self.matches else None


@dataclass(frozen=True, slots=True)
class Figures:
    """A bank's figures."""

    bank: str
    radius: int
    """Of its policy, as it is now."""
    figures: tuple[Figure, ...]
    """By type, then distance; of the matches that were made under the radius that held then."""

    def of_type(self, kind: SignalType) -> Totals:
        """The sums of one signal type."""
        return _totals(one for one in self.figures if one.type is kind)

    def within(self, radius: int) -> Totals:
        """What would have been there with that radius: digests, and PDQ no farther than it in bits.

        A radius larger than those that held tells nothing of the matches that would have been added.
        """
        return _totals(one for one in self.figures if one.type.exact or one.distance <= radius)


def _totals(figures: Iterable[Figure]) -> Totals:
    several = list(figures)
    return Totals(
        sum(one.matches for one in several),
        sum(one.false_matches for one in several),
        sum(one.reported for one in several),
    )

"""What one person's observations of a content say against each other: told, never refused.

A person may be right about both, or in the middle of correcting one; so these are warnings.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from tocsin.cases.model import Observation, Observed
from tocsin.law.facts import AgeBand, Fact, Value

_Said = Fact | AgeBand
_YES, _NO = Value.YES, Value.NO
_RULES: Final[Sequence[tuple[_Said, Value, _Said, Value, str]]] = (
    (
        Fact.FULLY_SYNTHETIC,
        _YES,
        Fact.REAL_CHILD,
        _YES,
        "If nothing in it was recorded by a camera, no real child is depicted; a likeness is another fact.",
    ),
    (
        Fact.FULLY_SYNTHETIC,
        _YES,
        Fact.REAL_ALTERED,
        _YES,
        "If real material was altered, something in it was recorded by a camera.",
    ),
    (
        Fact.DRAWING,
        _YES,
        Fact.PHOTOREALISTIC,
        _YES,
        "A drawing that nobody takes for a photograph does not give the impression of one.",
    ),
    (
        Fact.REAL_CHILD,
        _NO,
        Fact.VICTIM_IDENTIFIED,
        _YES,
        "Whoever has been identified is real.",
    ),
    (
        Fact.REAL_CHILD,
        _YES,
        AgeBand.ADULT,
        _YES,
        "If a child is depicted, not everybody depicted is an adult; record the age of the youngest.",
    ),
)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two observations that do not go together."""

    first: str
    """What the one is about, as `Observed.about` says it."""
    second: str
    words: str


def contradictions(observed: Collection[Observed]) -> tuple[Contradiction, ...]:
    """What one person's observations of one content, the newest about each thing, say against each other."""
    said = {_subject(one): _answer(one) for one in observed if one.fact is not None or one.age is not None}
    return tuple(
        Contradiction(_about(first), _about(second), words)
        for first, answer, second, other, words in _RULES
        if said.get(first) is answer and said.get(second) is other
    )


def newest(observations: Sequence[Observation], author: str) -> list[Observed]:
    """What one person said last about each thing; `observations` are in the order of recording."""
    return list({one.observed.about: one.observed for one in observations if one.author == author}.values())


def _subject(observed: Observed) -> _Said | None:
    return observed.fact if observed.fact is not None else observed.age


def _answer(observed: Observed) -> Value | None:
    return observed.value if observed.fact is not None else Value.YES


def _about(said: _Said) -> str:
    return said.value if isinstance(said, Fact) else "age"

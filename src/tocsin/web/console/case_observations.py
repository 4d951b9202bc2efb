"""Observations of a content as a page shows them, and what each country's rules make of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from tocsin.law.deriving import Status
from tocsin.law.facts import Fact
from tocsin.web.console import case_words as words

if TYPE_CHECKING:
    from tocsin.cases.contradictions import Contradiction
    from tocsin.cases.model import Observation
    from tocsin.cases.service import Review
    from tocsin.law.model import Scheme

AGE: Final = "age"
SEVERITY: Final = "severity:"


@dataclass(frozen=True, slots=True)
class About:
    """All that was said about one thing."""

    current: "Observation | None"
    earlier: tuple["Observation", ...]
    """Newest first."""


NOTHING: Final = About(None, ())


@dataclass(frozen=True, slots=True)
class ObservationsView:
    """What was observed of a content."""

    facts: tuple[tuple[Fact, About], ...]
    age: About
    codes: tuple[tuple[str, About], ...]
    """By scheme with its version."""
    contradictions: tuple["Contradiction", ...]
    """What the reader's own observations say against each other."""
    statuses: tuple[Status, ...]
    schemes: tuple["Scheme", ...]

    @property
    def count(self) -> int:
        """How many facts somebody has spoken of."""
        return sum(about.current is not None for _, about in self.facts)


def observations_view(review: "Review", sha256: bytes, person: str) -> ObservationsView:
    """What was observed of a content so far."""
    by_thing = _by_thing(review.observing.of_content(sha256))
    codes = {
        thing.removeprefix(SEVERITY): about for thing, about in by_thing.items() if thing.startswith(SEVERITY)
    }
    return ObservationsView(
        facts=tuple((fact, by_thing.get(fact.value, NOTHING)) for fact in words.FACTS),
        age=by_thing.get(AGE, NOTHING),
        codes=tuple(codes.items()),
        contradictions=review.observing.contradictions(sha256, person),
        statuses=review.statuses(sha256, datetime.now(UTC).date()),
        schemes=tuple(review.packs.schemes.values()),
    )


def about_words(about: str) -> str:
    """What an observation is of, in words for people."""
    if about == AGE:
        return words.AGE
    return next((said for fact, said in words.FACTS.items() if fact == about), about.removeprefix(SEVERITY))


def _by_thing(observations: Sequence["Observation"]) -> Mapping[str, About]:
    """All observations, by what they are about."""
    told: dict[str, list[Observation]] = {}
    for one in observations:
        told.setdefault(one.observed.about, []).append(one)
    return {about: About(several[-1], tuple(reversed(several[:-1]))) for about, several in told.items()}

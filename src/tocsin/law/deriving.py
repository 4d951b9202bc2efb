"""The legal status of a content, derived from what was observed of it, as each country's rules are on a day.

A status is never a finding of law: it says that what was observed fits a rule, does not, or leaves it open.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from tocsin.law.conditions import Answer, Known, ask
from tocsin.law.facts import AgeBand, Facts, Value
from tocsin.law.model import Confidence, Rule
from tocsin.law.packs import Packs, shipped

_NO_CODES: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Because:
    """One thing that was observed and that an answer rests on."""

    about: str
    """A fact's name, `age`, or `severity:SCHEME`, as in an observation."""
    said: str


@dataclass(frozen=True, slots=True)
class Status:
    """What one rule says of a content."""

    jurisdiction: str
    rule: str
    version: int
    status: str
    """Code of the status."""
    title: str
    answer: Value
    """Yes: what was observed fits the rule, so it is a candidate. No: it does not. Else it is open."""
    because: tuple[Because, ...]
    missing: tuple[str, ...]
    """What to observe, as in `Because.about`, that could decide it; empty where it is decided."""
    questions: tuple[str, ...]
    """What would have to be decided as well, and not by observing."""
    duties: tuple[str, ...]
    """Ids of duties to look at if it holds; empty where it does not."""
    source: str
    confidence: Confidence
    reviewer: str
    words: str


def derive(
    facts: Facts,
    on: date,
    packs: Packs | None = None,
    *,
    age: AgeBand | None = None,
    codes: Mapping[str, str] = _NO_CODES,
) -> tuple[Status, ...]:
    """What each rule in force `on` that day says, in the order of the packs.

    `age` is the apparent age, `codes` what was graded, by scheme with version (`iwf:2024` -> `A`). A rule
    reads a code only within the scheme that it names. A fact that is left out is as one undetermined.
    """
    packs = shipped() if packs is None else packs
    known = Known(facts, age, codes, packs.has_code)
    return tuple(_status(rule, ask(rule.when, known)) for rule in packs.rules(on))


def _status(rule: Rule, answer: Answer) -> Status:
    provision = rule.provision
    return Status(
        jurisdiction=provision.jurisdiction,
        rule=provision.id,
        version=provision.version,
        status=rule.status,
        title=provision.title,
        answer=answer.value,
        because=tuple(Because(about, said) for about, said in answer.because),
        missing=answer.missing,
        questions=answer.questions,
        duties=() if answer.value is Value.NO else rule.duties,
        source=provision.source,
        confidence=provision.confidence,
        reviewer=provision.reviewer,
        words=_words(rule, answer),
    )


def _words(rule: Rule, answer: Answer) -> str:
    """What people read: no more than that observations fit a rule."""
    if answer.value is Value.YES:
        return f"Candidate: what was observed fits this rule. {rule.decides} decides."
    if answer.value is Value.NO:
        return "What was observed does not fit this rule. Another rule may still apply."
    if answer.missing:
        return "Open: what is missing could decide it."
    asked = "; ".join(answer.questions)
    fits = "Candidate at most: all that can be observed fits"
    return f"{fits}. Not to be observed: {asked}. {rule.decides} decides."

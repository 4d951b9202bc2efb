"""What a rule asks, as a tree, and what it answers from what is known: Kleene's strong three-valued logic.

In it an answer that has been determined stays what it is whatever else becomes known, because `all` and `any`
are monotone in knowledge (S. C. Kleene, Introduction to Metamathematics, 1952, section 64).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from tocsin.law.facts import About, AgeBand, Circumstances, Fact, Value


@dataclass(frozen=True, slots=True)
class FactIs:
    """A fact was observed, and as this value."""

    fact: Fact
    value: Value


@dataclass(frozen=True, slots=True)
class AgeIn:
    """The apparent age is in one of these bands."""

    bands: frozenset[AgeBand]


@dataclass(frozen=True, slots=True)
class CodeIn:
    """The scheme's own code is one of these. A code of any other scheme, or version, says nothing here."""

    scheme: str
    """Name and version, as in `iwf:2024`."""
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Has:
    """An organisation, or a case, has one of these. Only duties ask for it."""

    about: About
    any_of: frozenset[str]


@dataclass(frozen=True, slots=True)
class Beyond:
    """A question that no observation answers: a court or an authority does."""

    question: str


@dataclass(frozen=True, slots=True)
class All:
    """All of these hold."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Any:
    """At least one of these holds."""

    parts: "tuple[Condition, ...]"


Condition: TypeAlias = FactIs | AgeIn | CodeIn | Has | Beyond | All | Any


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one content: facts, apparent age, and codes by scheme (`iwf:2024`)."""

    facts: Mapping[Fact, Value]
    age: AgeBand | None
    codes: Mapping[str, str]
    is_code: Callable[[str, str], bool]
    """Whether a scheme has a code: one that it does not have says neither yes nor no."""
    circumstances: Circumstances = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a condition answers: `because` are (about, said) pairs, `missing` what could still decide it.

    `about` is as in an observation: a fact's name, `age`, `severity:SCHEME`.
    """

    value: Value
    because: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    """What is beyond observing."""


def ask(condition: Condition, known: Known) -> Answer:  # noqa: PLR0911  # one for each kind
    """What `condition` answers from what is known."""
    match condition:
        case FactIs(fact, value):
            said = known.facts.get(fact, Value.UNDETERMINED)
            settled = None if said is Value.UNDETERMINED else said is value
            return _leaf(fact.value, said.value, settled=settled)
        case AgeIn(bands):
            age = known.age
            return _leaf(
                "age", "" if age is None else age.value, settled=None if age is None else age in bands
            )
        case CodeIn(scheme, codes):
            code = known.codes.get(scheme, "")
            settled = code in codes if known.is_code(scheme, code) else None
            return _leaf(f"severity:{scheme}", code, settled=settled)
        case Has(about, any_of):
            there = known.circumstances.get(about)
            names = "" if there is None else ", ".join(sorted(there)) or "none"
            return _leaf(about.value, names, settled=None if there is None else bool(there & any_of))
        case Beyond(question):
            return Answer(Value.UNDETERMINED, questions=(question,))
        case All(parts):
            return _joined([ask(part, known) for part in parts], decisive=Value.NO)
        case Any(parts):
            return _joined([ask(part, known) for part in parts], decisive=Value.YES)


def _leaf(about: str, said: str, *, settled: bool | None) -> Answer:
    if settled is None:
        return Answer(Value.UNDETERMINED, missing=(about,))
    return Answer(Value.YES if settled else Value.NO, because=((about, said),))


def _joined(answers: list[Answer], *, decisive: Value) -> Answer:
    """`all` is decided by one no, `any` by one yes; else by all of them, or not at all."""
    deciding = [answer for answer in answers if answer.value is decisive]
    if deciding:
        return Answer(decisive, because=_once(deciding))
    open_ones = [answer for answer in answers if answer.value is Value.UNDETERMINED]
    missing = tuple(dict.fromkeys(about for answer in open_ones for about in answer.missing))
    questions = tuple(dict.fromkeys(one for answer in open_ones for one in answer.questions))
    if open_ones:
        return Answer(Value.UNDETERMINED, _once(answers), missing, questions)
    return Answer(Value.NO if decisive is Value.YES else Value.YES, because=_once(answers))


def _once(answers: list[Answer]) -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys(pair for answer in answers for pair in answer.because))


def leaves(condition: Condition) -> tuple[FactIs | AgeIn | CodeIn | Has | Beyond, ...]:
    """What a condition asks in the end."""
    if isinstance(condition, All | Any):
        return tuple(leaf for part in condition.parts for leaf in leaves(part))
    return (condition,)

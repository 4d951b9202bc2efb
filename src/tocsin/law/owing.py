"""What is owed whom for one case: each duty of the packs, by when, and whether something has met it already.

Nothing here finds law: a duty is owed as far as the packs say, and everything that is open is said to be so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from tocsin.law.conditions import Answer, Known, ask
from tocsin.law.duties import due
from tocsin.law.facts import About, AgeBand, Circumstances, Facts, Value
from tocsin.law.model import DECIDED, NOTICE, Confidence, Duty, Rule, Satisfaction
from tocsin.law.packs import Packs, shipped


class Standing(StrEnum):
    """Whether people have decided that a case is to be reported."""

    OPEN = "open"
    """It is not decided."""
    REPORT = "report"
    OTHER = "other"
    """It was decided otherwise."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is held of one content."""

    facts: Facts = field(default_factory=dict)
    age: AgeBand | None = None
    codes: Mapping[str, str] = field(default_factory=dict)
    """By scheme with its version: `iwf:2024` -> `A`."""


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that has happened in a case: a report that was received, a letter, a question."""

    event: str
    """As retention rules name it: `us.cybertipline_finished`."""
    time: datetime
    lacks: tuple[str, ...] = ()
    """Accounts of the case that it does not speak of; not empty: it meets no duty alone."""
    is_test: bool = False
    """It went to a system on which nobody acts: it meets nothing and begins nothing."""


@dataclass(frozen=True, slots=True)
class Situation:
    """All that duties depend on."""

    standing: Standing
    decided: datetime | None = None
    """When the decision to report came into force."""
    contents: tuple[Seen, ...] = ()
    circumstances: Circumstances = field(default_factory=dict)
    notices: Mapping[str, datetime] = field(default_factory=dict)
    """When notices came in, by the id of the duty that they name: the first of each."""
    events: tuple[Happened, ...] = ()


class State(StrEnum):
    """Whether a duty is owed."""

    OWED = "owed"
    SATISFIED = "satisfied"
    NOT_APPLICABLE = "not_applicable"
    UNDETERMINED = "undetermined"
    """Something is not known that could decide it; it is no leave to wait."""


@dataclass(frozen=True, slots=True)
class Owed:
    """One duty, as it stands for one case."""

    rule: str
    """Id of the duty."""
    version: int
    jurisdiction: str
    title: str
    who: str
    to: str
    what: str
    by: datetime | None
    """By when, in UTC. None: the law gives no number, or it has not begun."""
    words: str
    """By when, in the law's words."""
    state: State
    because: str
    """Why it stands so, in a sentence."""
    missing: tuple[str, ...]
    """What could decide it: facts, `age`, `severity:SCHEME`, settings of `[duties]`, or questions."""
    began: datetime | None
    met_by: str
    """The event that met it."""
    met_under: str
    """Id of the rule by which that event meets it."""
    source: str
    confidence: Confidence
    reviewer: str
    caveats: tuple[str, ...]


def owing(situation: Situation, on: datetime, packs: Packs | None = None) -> tuple[Owed, ...]:
    """Every duty of the packs, once, as it stands at a time.

    Raises ValueError for a time without its zone.
    """
    law = shipped() if packs is None else packs
    if on.utcoffset() is None:
        message = "a time without its zone"
        raise ValueError(message)
    ids = dict.fromkeys(one.provision.id for one in law.duties)
    return _only_one(tuple(_stands(one, situation, on.astimezone(UTC), law) for one in ids), law)


def _stands(rule: str, situation: Situation, on: datetime, law: Packs) -> Owed:
    versions = [one for one in law.duties if one.provision.id == rule]
    began = _began(versions[0], situation, on)
    day = (on if began is None else began).date()
    duty = next((one for one in versions if one.provision.in_force(day)), None)
    if duty is None:
        return _dormant(versions, situation, began)
    answer = _applies(duty, situation, law)
    if answer.value is Value.NO:
        said = ", ".join(f"{about} is {what}" for about, what in answer.because)
        return _owed(duty, State.NOT_APPLICABLE, f"What it asks for is not so: {said}.", began)
    if began is None:
        return _not_begun(duty, situation, answer)
    if (met := _met(duty, situation, began, on, law)) is not None:
        return met
    by = due(rule, began, law)
    against = _unmet(duty, situation, on, law)
    if answer.value is Value.UNDETERMINED:
        words = f"It is open whether it binds. {against}".strip()
        return replace(_owed(duty, State.UNDETERMINED, words, began), by=by, missing=_open(answer))
    return replace(_owed(duty, State.OWED, f"{_why(duty, answer)} {against}".strip(), began), by=by)


def _began(duty: Duty, situation: Situation, on: datetime) -> datetime | None:
    """When a duty began, in UTC; None where nothing has begun it."""
    if duty.begins == DECIDED:
        began = situation.decided if situation.standing is Standing.REPORT else None
    elif duty.begins == NOTICE:
        began = situation.notices.get(duty.provision.id)
    else:
        times = [one.time for one in situation.events if one.event == duty.begins and not one.is_test]
        began = max(times, default=None)
    return None if began is None or began > on else began.astimezone(UTC)


def _dormant(versions: Sequence[Duty], situation: Situation, began: datetime | None) -> Owed:
    """No version of it is known to be in force."""
    unknown = next((one for one in versions if one.provision.effective_from is None), None)
    if unknown is None:
        duty = versions[-1]
        since, until = duty.provision.effective_from, duty.provision.effective_to
        words = f"It is in force from {since}" + (f" until {until}" if until else "") + ", and was not then."
        return _owed(duty, State.NOT_APPLICABLE, words, began)
    if began is None:
        return _not_begun(unknown, situation, Answer(Value.UNDETERMINED))
    words = "It has been made, and from when it is in force could not be confirmed."
    missing = ("from when it is in force",)
    return replace(_owed(unknown, State.UNDETERMINED, words, began), missing=missing)


def _applies(duty: Duty, situation: Situation, law: Packs) -> Answer:
    """Whether it binds this organisation, and what was observed of any content fits a rule that names it."""

    def known(seen: Seen) -> Known:
        return Known(seen.facts, seen.age, seen.codes, law.has_code, situation.circumstances)

    binds = Answer(Value.YES) if duty.applies is None else ask(duty.applies, known(Seen()))
    if binds.value is Value.NO or duty.begins != DECIDED:
        return binds
    rules = _naming(duty, situation, law)
    if not rules:
        return binds
    fits = _any(ask(rule.when, known(seen)) for rule in rules for seen in situation.contents)
    return _both(binds, fits)


def _naming(duty: Duty, situation: Situation, law: Packs) -> list[Rule]:
    """The rules of status in force that name a duty."""
    if situation.decided is None:
        return []
    on = situation.decided.astimezone(UTC).date()
    return [rule for rule in law.rules(on) if duty.provision.id in rule.duties]


def _any(answers: Iterable[Answer]) -> Answer:
    """Yes if one is; no if all are, and there is one; else open."""
    given = list(answers)
    for answer in given:
        if answer.value is Value.YES:
            return answer
    because = tuple(dict.fromkeys(pair for one in given for pair in one.because))
    if given and all(one.value is Value.NO for one in given):
        return Answer(Value.NO, because)
    missing = tuple(dict.fromkeys(name for one in given for name in one.missing))
    questions = tuple(dict.fromkeys(name for one in given for name in one.questions))
    return Answer(Value.UNDETERMINED, because, missing, questions)


def _both(one: Answer, other: Answer) -> Answer:
    if Value.NO in (one.value, other.value):
        return one if one.value is Value.NO else other
    value = Value.YES if one.value is other.value is Value.YES else Value.UNDETERMINED
    missing, questions = (*one.missing, *other.missing), (*one.questions, *other.questions)
    return Answer(value, (*one.because, *other.because), missing, questions)


def _not_begun(duty: Duty, situation: Situation, answer: Answer) -> Owed:
    if duty.begins != DECIDED:
        what = "notice that names it" if duty.begins == NOTICE else f"event {duty.begins}"
        return _owed(duty, State.NOT_APPLICABLE, f"No {what} is on record.", None)
    if situation.standing is Standing.OTHER:
        words = "People decided that the case is not to be reported."
        return _owed(duty, State.NOT_APPLICABLE, words, None)
    waits = replace(
        _owed(duty, State.UNDETERMINED, "Nobody has decided the case.", None), missing=_open(answer)
    )
    return replace(waits, missing=("a decision", *waits.missing))


def _met(duty: Duty, situation: Situation, began: datetime, on: datetime, law: Packs) -> Owed | None:
    """The duty as met, if something has met it."""
    for rule, event in _meeting(duty, situation, on, law):
        # An answer is to the question; a report may have been made before people decided here.
        late_enough = duty.begins == DECIDED or event.time >= began
        if late_enough and not event.is_test and not event.lacks:
            when = f"{event.time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
            known = f"{rule.provision.source} ({rule.provision.confidence})"
            words = f"{event.event} on {when} meets it: {known}."
            met = _owed(duty, State.SATISFIED, words, began)
            return replace(met, met_by=event.event, met_under=rule.provision.id)
    return None


def _meeting(
    duty: Duty, situation: Situation, on: datetime, law: Packs
) -> list[tuple[Satisfaction, Happened]]:
    """The events that a rule says meet the duty, with that rule."""
    return [
        (rule, event)
        for rule in law.satisfactions
        if duty.provision.id in rule.duties
        for event in situation.events
        if event.event == rule.by
        and event.time <= on
        and rule.provision.in_force(event.time.astimezone(UTC).date())
    ]


def _unmet(duty: Duty, situation: Situation, on: datetime, law: Packs) -> str:
    """Why what was reported does not meet it."""
    found = [event for _, event in _meeting(duty, situation, on, law)]
    if any(event.is_test for event in found):
        return "What was sent to a test system meets nothing."
    lacks = [name for event in found for name in event.lacks]
    if lacks:
        return f"A report has been made, but not about: {', '.join(dict.fromkeys(lacks))}."
    reports = {one.provision.id for one in law.duties if one.begins == DECIDED}
    elsewhere = {one.event for one in situation.events if not one.is_test} & {
        one.by for one in law.satisfactions if reports.intersection(one.duties)
    }
    if elsewhere and duty.begins == DECIDED:
        return f"No rule says that {', '.join(sorted(elsewhere))} meets it."
    return ""


def _why(duty: Duty, answer: Answer) -> str:
    if duty.begins != DECIDED:
        return f"It began with {duty.begins}."
    said = ", ".join(f"{about} is {what}" for about, what in answer.because if about not in set(About))
    return "People decided to report." + (f" What was observed fits: {said}." if said else "")


def _open(answer: Answer) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*answer.missing, *answer.questions)))


def _only_one(found: tuple[Owed, ...], law: Packs) -> tuple[Owed, ...]:
    """Of duties that share `one_of`, one that is due at once and is owed takes the place of the others."""
    group = {one.provision.id: one.one_of for one in law.duties if one.one_of}
    at_once = {one.provision.id for one in law.duties if one.immediately}
    urgent = {
        group.get(one.rule, ""): one.rule for one in found if one.rule in at_once and one.state is State.OWED
    }

    def settled(one: Owed) -> Owed:
        first = urgent.get(group.get(one.rule, ""), one.rule) if one.rule in group else one.rule
        if first != one.rule and one.state in {State.OWED, State.UNDETERMINED}:
            return replace(
                one, state=State.NOT_APPLICABLE, because=f"{first} takes its place.", by=None, missing=()
            )
        if one.state is State.OWED and one.rule in group and first == one.rule and one.rule not in at_once:
            others = sorted(other for other, name in group.items() if name == group[one.rule])
            words = f"{one.because} An authorised person chooses which of {', '.join(others)} it is."
            return replace(one, because=words)
        return one

    return tuple(map(settled, found))


def _owed(duty: Duty, state: State, because: str, began: datetime | None) -> Owed:
    provision = duty.provision
    return Owed(
        rule=provision.id,
        version=provision.version,
        jurisdiction=provision.jurisdiction,
        title=provision.title,
        who=duty.who,
        to=duty.to,
        what=duty.what,
        by=None,
        words=duty.when,
        state=state,
        because=because,
        missing=(),
        began=began,
        met_by="",
        met_under="",
        source=provision.source,
        confidence=provision.confidence,
        reviewer=provision.reviewer,
        caveats=provision.caveats,
    )

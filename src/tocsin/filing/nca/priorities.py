"""Which priority a report to the National Crime Agency has: proposed from facts, chosen by a person.

SI 2026/268 has three: P1 at once where life or serious harm is threatened, P2 as soon as reasonably
practicable, P3 without undue delay. Nothing about artificial origin enters here (design.md 3.1): what lowers
a priority is only what people observed of the child, of every content.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tocsin.cases.model import Novelty, Observation
from tocsin.filing.record import CaseRecord, ContentRecord
from tocsin.law.facts import Fact, Value


class Priority(StrEnum):
    """How fast the authority has to look at a report."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"


HOW_FAST: Final = {
    Priority.P1: "Immediately: there is a threat to life or of serious harm. Call 999 as well.",
    Priority.P2: "As soon as reasonably practicable.",
    Priority.P3: "Without undue delay.",
}
STAFFED: Final = "The portal is staffed Monday to Friday, 07:00 to 17:00 UK time: at other times call for P1."


@dataclass(frozen=True, slots=True)
class Proposed:
    """A priority, and why."""

    priority: Priority
    reasons: tuple[str, ...]


def proposed(record: CaseRecord) -> Proposed:
    """The priority that the facts on record speak for. A person chooses."""
    if danger := (*_observed_danger(record), *_said_danger(record)):
        return Proposed(Priority.P1, danger)
    urgent = tuple(reason for content in record.contents for reason in _unfound(content))
    if urgent or not record.contents:
        reasons = urgent or ("nothing is known of a content that people could have looked at",)
        return Proposed(Priority.P2, (*reasons, *_novelty(record)))
    reason = "people recorded, of every content, that no real child is depicted or that they are identified"
    return Proposed(Priority.P3, (reason, *_novelty(record)))


def _observed_danger(record: CaseRecord) -> tuple[str, ...]:
    return tuple(
        f"{one.author} recorded of content {content.place} that a child may be in danger now"
        for content in record.contents
        for one in content.observations
        if _says(one, Fact.PRESENT_DANGER, Value.YES)
    )


def _said_danger(record: CaseRecord) -> tuple[str, ...]:
    """Submissions that say so, unless a person recorded of every content that it is not so."""
    if record.contents and all(_held(one, Fact.PRESENT_DANGER) is Value.NO for one in record.contents):
        return ()
    return tuple(
        f"submission {one.id} says that a child may be in danger now"
        for one in record.submissions
        if (one.context.given or {}).get("danger") is True
    )


def _unfound(content: ContentRecord) -> tuple[str, ...]:
    """Why a child in it may still have to be found."""
    if _held(content, Fact.REAL_CHILD) is Value.NO or _held(content, Fact.VICTIM_IDENTIFIED) is Value.YES:
        return ()
    real = _held(content, Fact.REAL_CHILD)
    if real is Value.YES:
        return (
            f"content {content.place} shows a real child of whom nobody recorded that they are identified",
        )
    return (f"nobody has ruled out that content {content.place} shows a real child who is to be found",)


def _novelty(record: CaseRecord) -> tuple[str, ...]:
    return {
        Novelty.NEW: ("no list knows a content of it",),
        Novelty.NEAR: ("a content of it resembles something known",),
        Novelty.KNOWN: (),
    }[record.case.standing.novelty]


def _held(content: ContentRecord, fact: Fact) -> Value | None:
    """What is held of a fact at present: the newest observation about it counts."""
    said = [one.observed.value for one in content.observations if one.observed.fact is fact]
    return said[-1] if said else None


def _says(one: Observation, fact: Fact, value: Value) -> bool:
    return one.observed.fact is fact and one.observed.value is value

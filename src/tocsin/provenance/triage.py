"""Why a file should be looked at sooner. There is no way to say "later" (design invariant 1).

A sign of artificial origin can be forged onto a photograph in a minute, and what is generated can be made
from a picture of a real child. So origin never lowers a priority: the only thing that this module can express
is a reason to look sooner, and more signs never make fewer reasons.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tocsin.provenance.model import Contradiction, Derivation, Direction, Failed, Item


class Reason(StrEnum):
    """Why somebody should look sooner."""

    MAY_DEPICT_A_PERSON = "may_depict_a_person"
    """Something real went in: a picture, a face, a model trained on a subject."""
    MAY_BE_CAPTURED = "may_be_captured"
    """A camera may have seen this."""
    CONTRADICTED = "contradicted"
    """Its signs do not fit together; somebody may have dressed it up."""
    UNREADABLE = "unreadable"
    """A reader failed, so what it would have said is not known."""


@dataclass(frozen=True, slots=True)
class Raise:
    """One reason, and what it rests on."""

    reason: Reason
    because: str


def raises(
    items: Sequence[Item],
    derivation: Sequence[Derivation],
    contradictions: Sequence[Contradiction],
    failed: Sequence[Failed],
) -> tuple[Raise, ...]:
    """All reasons that hold, each once. Whatever is added to the arguments, no reason goes away."""
    captured = [item for item in items if item.leans is Direction.CAPTURED]
    partly = [item for item in items if item.leans is Direction.PARTLY_GENERATED]
    found: list[Raise] = []
    if derivation or partly:
        signs = [*(one.kind.value for one in derivation), *(one.rule.id for one in partly)]
        found.append(Raise(Reason.MAY_DEPICT_A_PERSON, _listed(signs)))
    if captured:
        found.append(Raise(Reason.MAY_BE_CAPTURED, _listed([item.rule.id for item in captured])))
    if contradictions:
        found.append(Raise(Reason.CONTRADICTED, _listed([one.rule for one in contradictions])))
    if failed:
        found.append(Raise(Reason.UNREADABLE, _listed([one.reader for one in failed])))
    return tuple(found)


def _listed(words: Sequence[str]) -> str:
    return ", ".join(sorted(set(words)))
